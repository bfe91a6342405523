"""The table of kinds: every kind of resource the auditor knows, one row each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from auditor.inventory import Kind, Link, Part
from auditor.shape import Shape
from auditor.shapes import cloudtrail, ec2, iam, kms, macie2, s3, s3control, sagemaker

# -- what the values of links mean


def bucket_of(uri: str) -> str:
    """Return the bucket's name in ``s3://bucket/key``, an https S3 address, an ARN or a name."""
    if uri.startswith("s3://"):
        return uri[5:].partition("/")[0]
    if uri.startswith("arn:"):
        return uri.partition(":::")[2].partition("/")[0]
    if uri.startswith("https://"):
        host, _, path = uri[8:].partition("/")
        if host.startswith(("s3.", "s3-")):
            return path.partition("/")[0]
        return host.partition(".s3")[0]
    return uri


def account_of(arn: str) -> str:
    """Return the account in an ARN, or "" where the value is none or names none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else ""


def ec2_type(instance_type: str) -> str:
    """Return EC2's name of a SageMaker instance type: ``ml.m5.large`` is ``m5.large``."""
    return instance_type.removeprefix("ml.")


# -- kinds that are found by what points at them

KEY = Kind(
    "AWS::KMS::Key", kms.KeyMetadata, service="kms", lists="", describes="DescribeKey",
    key="KeyId", answer="KeyMetadata", id="KeyId", arn="Arn", foreign=account_of,
    gone=("NotFoundException",),
)
POLICY = Kind(
    "AWS::IAM::ManagedPolicy", iam.ManagedPolicyDetail, service="iam", scope="account", lists="",
    describes="GetPolicy", key="PolicyArn", answer="Policy", id="PolicyName", arn="Arn",
    gone=("NoSuchEntity",), foreign=account_of,
    parts=(
        Part("PolicyVersionList", "iam.GetPolicyVersion", answer="[PolicyVersion]",
             given={"PolicyArn": "{arn}", "VersionId": "{DefaultVersionId}"}),
    ),
)
ROLE = Kind(
    "AWS::IAM::Role", iam.RoleDetail, service="iam", scope="account", lists="",
    describes="GetRole", key="RoleName", answer="Role", id="RoleName", arn="Arn",
    gone=("NoSuchEntity",), foreign=account_of,
    parts=(
        Part("RolePolicyList", "iam.GetRolePolicy", answer="@",
             each=("iam.ListRolePolicies", "PolicyNames"),
             given={"RoleName": "{name}", "PolicyName": "{each}"}),
        Part("AttachedManagedPolicies", "iam.ListAttachedRolePolicies",
             answer="AttachedPolicies", given={"RoleName": "{name}"}),
    ),
    links=(
        Link("AttachedManagedPolicies[].PolicyArn", POLICY),
        Link("PermissionsBoundary.PermissionsBoundaryArn", POLICY),
    ),
)
INSTANCE_TYPE = Kind(
    "AWS::EC2::InstanceType", ec2.InstanceTypeInfo, service="ec2", lists="",
    describes="DescribeInstanceTypes", key="InstanceTypes", answer="InstanceTypes[0]",
    id="InstanceType", arn="arn:{partition}:ec2:{region}::instance-type/{name}", canon=ec2_type,
    gone=("InvalidInstanceType",),
)

# -- the network behind any VPC setting

VPC = Kind(
    "AWS::EC2::VPC", ec2.Vpc, service="ec2", lists="DescribeVpcs", items="Vpcs", describes="",
    id="VpcId", arn="arn:{partition}:ec2:{region}:{account}:vpc/{name}", on_demand="network",
)
SUBNET = Kind(
    "AWS::EC2::Subnet", ec2.Subnet, service="ec2", lists="DescribeSubnets", items="Subnets",
    describes="", id="SubnetId", arn="SubnetArn", on_demand="network",
    links=(Link("VpcId", VPC),),
)
SECURITY_GROUP = Kind(
    "AWS::EC2::SecurityGroup", ec2.SecurityGroup, service="ec2",
    lists="DescribeSecurityGroups", items="SecurityGroups", describes="", id="GroupId",
    arn="arn:{partition}:ec2:{region}:{account}:security-group/{name}", on_demand="network",
    links=(Link("VpcId", VPC),),
)
ROUTE_TABLE = Kind(
    "AWS::EC2::RouteTable", ec2.RouteTable, service="ec2", lists="DescribeRouteTables",
    items="RouteTables", describes="", id="RouteTableId",
    arn="arn:{partition}:ec2:{region}:{account}:route-table/{name}", on_demand="network",
    links=(Link("Associations[].SubnetId", SUBNET), Link("VpcId", VPC)),
)

# -- S3


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

# -- the account and the services that watch it


class Account(Shape):
    """The account as a whole, for questions that no one resource answers."""


ACCOUNT: Kind[Account] = Kind(
    "AWS::::Account", Account, service="sts", scope="account", lists="", describes="",
    single=True, arn="arn:{partition}:iam::{account}:root",
)


class Trail(cloudtrail.Trail):
    """A trail as DescribeTrails lists it, and what else CloudTrail says of it."""

    Status: cloudtrail.GetTrailStatusResponse | None
    Selectors: cloudtrail.GetEventSelectorsResponse | None
    Insights: cloudtrail.GetInsightSelectorsResponse | None


TRAIL: Kind[Trail] = Kind(
    "AWS::CloudTrail::Trail", Trail, service="cloudtrail", lists="DescribeTrails",
    items="trailList", describes="", id="Name", arn="TrailARN",
    parts=(
        Part("Status", "cloudtrail.GetTrailStatus", given={"Name": "{arn}"}),
        Part("Selectors", "cloudtrail.GetEventSelectors", given={"TrailName": "{arn}"}),
        Part("Insights", "cloudtrail.GetInsightSelectors", "", ("InsightNotEnabledException",),
             {"TrailName": "{arn}"}),
    ),
    links=(Link("S3BucketName", BUCKET), Link("KmsKeyId", KEY)),
)


class Macie(Shape):
    """Macie in one region; ``Session`` is None where Macie is off."""

    Session: macie2.GetMacieSessionResponse | None
    AutomatedDiscovery: macie2.GetAutomatedDiscoveryConfigurationResponse | None


MACIE: Kind[Macie] = Kind(
    "AWS::Macie::Session", Macie, service="macie2", lists="", describes="", single=True,
    arn="arn:{partition}:macie2:{region}:{account}:session",
    parts=(
        # Macie says "off" with the error code of a denial; only the message tells them apart.
        Part("Session", "macie2.GetMacieSession",
             absent=("AccessDeniedException:Macie is not enabled",)),
        Part("AutomatedDiscovery", "macie2.GetAutomatedDiscoveryConfiguration",
             absent=("AccessDeniedException:Macie is not enabled",), where="Session"),
    ),
)

# -- SageMaker

_VPC_LINKS = (
    Link("VpcConfig.Subnets[]", SUBNET), Link("VpcConfig.SecurityGroupIds[]", SECURITY_GROUP),
)
NOTEBOOK_LIFECYCLE = Kind(
    "AWS::SageMaker::NotebookInstanceLifecycleConfig",
    sagemaker.DescribeNotebookInstanceLifecycleConfigOutput,
    secrets=("OnCreate[].Content", "OnStart[].Content"),
)
NOTEBOOK = Kind(
    "AWS::SageMaker::NotebookInstance", sagemaker.DescribeNotebookInstanceOutput,
    links=(
        Link("RoleArn", ROLE), Link("KmsKeyId", KEY), Link("SubnetId", SUBNET),
        Link("SecurityGroups[]", SECURITY_GROUP),
        Link("NotebookInstanceLifecycleConfigName", NOTEBOOK_LIFECYCLE),
    ),
)
MODEL = Kind(
    "AWS::SageMaker::Model", sagemaker.DescribeModelOutput,
    links=(
        Link("ExecutionRoleArn", ROLE), *_VPC_LINKS,
        Link("PrimaryContainer.ModelDataUrl", BUCKET),
        Link("PrimaryContainer.ModelDataSource.S3DataSource.S3Uri", BUCKET),
        Link("Containers[].ModelDataUrl", BUCKET),
        Link("Containers[].ModelDataSource.S3DataSource.S3Uri", BUCKET),
    ),
    secrets=("PrimaryContainer.Environment", "Containers[].Environment"),
)
ENDPOINT_CONFIG = Kind(
    "AWS::SageMaker::EndpointConfig", sagemaker.DescribeEndpointConfigOutput,
    links=(
        Link("ProductionVariants[].ModelName", MODEL),
        Link("ShadowProductionVariants[].ModelName", MODEL),
        Link("ExecutionRoleArn", ROLE), Link("KmsKeyId", KEY),
        Link("DataCaptureConfig.KmsKeyId", KEY),
        Link("DataCaptureConfig.DestinationS3Uri", BUCKET),
        Link("AsyncInferenceConfig.OutputConfig.S3OutputPath", BUCKET),
        Link("AsyncInferenceConfig.OutputConfig.KmsKeyId", KEY),
        Link("ProductionVariants[].InstanceType", INSTANCE_TYPE),
        Link("ShadowProductionVariants[].InstanceType", INSTANCE_TYPE),
        Link("ProductionVariants[].InstancePools[].ModelNameOverride", MODEL),
        Link("ShadowProductionVariants[].InstancePools[].ModelNameOverride", MODEL),
        Link("ProductionVariants[].InstancePools[].InstanceType", INSTANCE_TYPE),
        Link("ShadowProductionVariants[].InstancePools[].InstanceType", INSTANCE_TYPE),
        *_VPC_LINKS,
    ),
)
ENDPOINT = Kind(
    "AWS::SageMaker::Endpoint", sagemaker.DescribeEndpointOutput,
    links=(
        Link("EndpointConfigName", ENDPOINT_CONFIG),
        Link("DataCaptureConfig.KmsKeyId", KEY),
        Link("DataCaptureConfig.DestinationS3Uri", BUCKET),
    ),
)
TRAINING_JOB = Kind(
    "AWS::SageMaker::TrainingJob", sagemaker.DescribeTrainingJobResponse,
    links=(
        Link("RoleArn", ROLE), Link("ResourceConfig.VolumeKmsKeyId", KEY),
        Link("OutputDataConfig.KmsKeyId", KEY),
        Link("InputDataConfig[].DataSource.S3DataSource.S3Uri", BUCKET),
        Link("OutputDataConfig.S3OutputPath", BUCKET),
        Link("CheckpointConfig.S3Uri", BUCKET),
        Link("ResourceConfig.InstanceType", INSTANCE_TYPE),
        Link("ResourceConfig.InstanceGroups[].InstanceType", INSTANCE_TYPE),
        Link("ResourceConfig.InstancePreferences[].InstanceType", INSTANCE_TYPE),
        Link("ResourceConfig.SelectedInstanceType", INSTANCE_TYPE),
        *_VPC_LINKS,
    ),
    ended="TrainingEndTime",
    secrets=("HyperParameters", "Environment"),
)

TABLE: tuple[Kind[Any], ...] = (
    NOTEBOOK, NOTEBOOK_LIFECYCLE, MODEL, ENDPOINT_CONFIG, ENDPOINT, TRAINING_JOB,
    BUCKET, ACCOUNT_BLOCK, KEY, ROLE, POLICY, TRAIL, MACIE, VPC, SUBNET, SECURITY_GROUP,
    ROUTE_TABLE, INSTANCE_TYPE, ACCOUNT,
)
ML: tuple[Kind[Any], ...] = (
    NOTEBOOK, MODEL, ENDPOINT_CONFIG, ENDPOINT, TRAINING_JOB,
)  # a region where one of these exists is one where ML is used
