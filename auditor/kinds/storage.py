"""Where data lies and what it is encrypted with: buckets, the account's block, keys."""

from __future__ import annotations

from datetime import datetime

from auditor.kind import Kind, Link, Part
from auditor.shape import Shape
from auditor.shapes import kms, s3, s3control

from .values import account_of, bucket_of


class Key(kms.KeyMetadata):
    """A key, and of those that customers manage its policy, grants and rotation.

    AWS's own keys have none of these for us to judge: all three are None. ``Rotation`` is None
    too for keys of which AWS KMS cannot rotate the material.
    """

    Policy: str | None
    Grants: list[kms.GrantListEntry] | None
    Rotation: kms.GetKeyRotationStatusResponse | None


_CUSTOMERS = "KeyManager == 'CUSTOMER'"
KEY: Kind[Key] = Kind(
    "AWS::KMS::Key", Key, service="kms", lists="", describes="DescribeKey",
    key="KeyId", answer="KeyMetadata", id="KeyId", arn="Arn", foreign=account_of, abroad=True,
    gone=("NotFoundException",),
    parts=(
        Part("Policy", "kms.GetKeyPolicy", "Policy", given={"KeyId": "{Arn}"}, where=_CUSTOMERS,
             always=True),
        Part("Grants", "kms.ListGrants", "Grants", given={"KeyId": "{Arn}"}, where=_CUSTOMERS),
        Part("Rotation", "kms.GetKeyRotationStatus", "", ("UnsupportedOperationException",),
             {"KeyId": "{Arn}"},
             where=f"{_CUSTOMERS} && KeySpec == 'SYMMETRIC_DEFAULT' && Origin == 'AWS_KMS'"),
    ),
)


class Bucket(Shape):
    """A bucket: its name, and the answer of each S3 call about it under that call's noun.

    A member is None where S3 answered that there is no such configuration.
    """

    Name: str | None
    CreationDate: datetime | None
    Acl: s3.GetBucketAclOutput | None
    Policy: str | None
    PolicyStatus: s3.PolicyStatus | None
    PublicAccessBlockConfiguration: s3.PublicAccessBlockConfiguration | None
    ServerSideEncryptionConfiguration: s3.ServerSideEncryptionConfiguration | None
    Versioning: s3.GetBucketVersioningOutput | None
    LoggingEnabled: s3.LoggingEnabled | None
    OwnershipControls: s3.OwnershipControls | None
    LifecycleConfiguration: s3.GetBucketLifecycleConfigurationOutput | None
    ReplicationConfiguration: s3.ReplicationConfiguration | None
    ObjectLockConfiguration: s3.ObjectLockConfiguration | None
    Website: s3.GetBucketWebsiteOutput | None
    NotificationConfiguration: s3.NotificationConfiguration | None


def _s3(member: str, operation: str, *absent: str, answer: str = "") -> Part:
    return Part(member, f"s3.{operation}", answer, absent, {"Bucket": "{name}"})


BUCKET: Kind[Bucket] = Kind(
    "AWS::S3::Bucket", Bucket, service="s3", scope="account", lists="ListBuckets",
    items="Buckets", describes="", id="Name", arn="arn:{partition}:s3:::{name}",
    canon=bucket_of, gone=("NoSuchBucket", "404"),
    parts=(
        _s3("Acl", "GetBucketAcl"),
        _s3("Policy", "GetBucketPolicy", "NoSuchBucketPolicy", answer="Policy"),
        _s3("PolicyStatus", "GetBucketPolicyStatus", "NoSuchBucketPolicy",
            answer="PolicyStatus"),
        _s3("PublicAccessBlockConfiguration", "GetPublicAccessBlock",
            "NoSuchPublicAccessBlockConfiguration", answer="PublicAccessBlockConfiguration"),
        _s3("ServerSideEncryptionConfiguration", "GetBucketEncryption",
            "ServerSideEncryptionConfigurationNotFoundError",
            answer="ServerSideEncryptionConfiguration"),
        _s3("Versioning", "GetBucketVersioning"),
        _s3("LoggingEnabled", "GetBucketLogging", answer="LoggingEnabled"),
        _s3("OwnershipControls", "GetBucketOwnershipControls",
            "OwnershipControlsNotFoundError", answer="OwnershipControls"),
        _s3("LifecycleConfiguration", "GetBucketLifecycleConfiguration",
            "NoSuchLifecycleConfiguration"),
        _s3("ReplicationConfiguration", "GetBucketReplication",
            "ReplicationConfigurationNotFoundError", answer="ReplicationConfiguration"),
        _s3("ObjectLockConfiguration", "GetObjectLockConfiguration",
            "ObjectLockConfigurationNotFoundError", answer="ObjectLockConfiguration"),
        _s3("Website", "GetBucketWebsite", "NoSuchWebsiteConfiguration"),
        _s3("NotificationConfiguration", "GetBucketNotificationConfiguration"),
    ),
)
# A bucket that logs elsewhere points at that bucket; the row cannot name itself above.
object.__setattr__(BUCKET, "links", (Link("LoggingEnabled.TargetBucket", BUCKET),
                                     Link("ServerSideEncryptionConfiguration.Rules[]."
                                          "ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
                                          KEY)))


class AccountBlock(Shape):
    """The account's own block of public access to S3; None where there is none."""

    PublicAccessBlockConfiguration: s3control.PublicAccessBlockConfiguration | None


ACCOUNT_BLOCK: Kind[AccountBlock] = Kind(
    "AWS::S3::AccountPublicAccessBlock", AccountBlock, service="s3control", scope="account",
    lists="", describes="", single=True,
    arn="arn:{partition}:s3::{account}:account-public-access-block",
    parts=(
        Part("PublicAccessBlockConfiguration", "s3control.GetPublicAccessBlock",
             "PublicAccessBlockConfiguration", ("NoSuchPublicAccessBlockConfiguration",),
             {"AccountId": "{account}"}),
    ),
)


class AccessPoint(s3control.AccessPoint):
    """An access point as ListAccessPoints has it, how it is set, and its policy.

    ``Policy`` and ``PolicyStatus`` are None where S3 answers that there is no policy.
    """

    Configuration: s3control.GetAccessPointResult | None
    Policy: str | None
    PolicyStatus: s3control.PolicyStatus | None


def _point(member: str, operation: str, *absent: str, answer: str = "") -> Part:
    return Part(member, f"s3control.{operation}", answer, absent,
                {"AccountId": "{account}", "Name": "{name}"})


ACCESS_POINT: Kind[AccessPoint] = Kind(
    "AWS::S3::AccessPoint", AccessPoint, service="s3control", lists="ListAccessPoints",
    list_given={"AccountId": "{account}"}, items="AccessPointList", describes="", id="Name",
    arn="AccessPointArn",
    parts=(
        _point("Configuration", "GetAccessPoint"),
        _point("Policy", "GetAccessPointPolicy", "NoSuchAccessPointPolicy", answer="Policy"),
        _point("PolicyStatus", "GetAccessPointPolicyStatus", "NoSuchAccessPointPolicy",
               answer="PolicyStatus"),
    ),
    links=(Link("Bucket", BUCKET),),
)
# Source: "Multi-Region Access Point restrictions and limitations" in the S3 user guide: what asks
# about all of them goes to us-west-2, and an ARN has the alias in it, not the name.
MULTI_REGION_POINT = Kind(
    "AWS::S3::MultiRegionAccessPoint", s3control.MultiRegionAccessPointReport,
    service="s3control", scope="account", only="us-west-2", lists="ListMultiRegionAccessPoints",
    list_given={"AccountId": "{account}"}, items="AccessPoints", describes="", id="Alias",
    arn="arn:{partition}:s3::{account}:accesspoint/{name}", created="CreatedAt",
)
