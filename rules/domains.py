"""Studio domains: their network, their sign-in, their keys and what Docker may do in them."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import DOMAIN, KEY
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeDomainResponse as Domain
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ENCRYPTION, ENVIRONMENT, NETWORK, NIST
from ._domains import REPLACE, living, update, user_settings
from ._keys import customer_managed

_SHARED_KEY = "DefaultUserSettings.SharingSettings.S3KmsKeyId"
_KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
_KEY_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{_KEY_ID}"


def _key(manager: str) -> tuple[Other, ...]:
    """Return the key of the samples, managed by the customer or by AWS."""
    return (Other(KEY, {"KeyId": _KEY_ID, "Arn": _KEY_ARN, "KeyManager": manager,
                        "KeyState": "Enabled"}),)


def _shares(**more: Any) -> dict[str, Any]:
    """Return a domain in which notebooks are shared with their output."""
    return {"DefaultUserSettings": {"SharingSettings": {
        "NotebookOutputOption": "Allowed", "S3OutputPath": "s3://studio/shared", **more}}}


def _docker(**settings: Any) -> dict[str, Any]:
    return {"DomainSettings": {"DockerSettings": settings}}


@rule(
    "sagemaker-domain-vpc-only",
    "Studio reaches everything through your VPC only",
    on=DOMAIN,
    severity=Severity.HIGH,
    controls=NETWORK | {"AWS Config": ["sagemaker-domain-in-vpc"]},
    fix=update("--app-network-access-type VpcOnly")
    + ", once no app runs; the subnets then need VPC endpoints (SageMaker API and runtime, S3, STS,"
    " CloudWatch Logs) or a NAT gateway, and the profiles security groups.",
    good={"AppNetworkAccessType": "VpcOnly", "VpcId": "vpc-0a1b2c3d",
          "SubnetIds": ["subnet-0a1b2c3d"]},
    bad={"AppNetworkAccessType": "PublicInternetOnly", "VpcId": "vpc-0a1b2c3d",
         "SubnetIds": ["subnet-0a1b2c3d"]},
)
@living
def vpc_only(domain: Resource[Domain]) -> Verdict:
    """A domain always names a VPC, but unless it is VpcOnly just its file system lies there: apps
    reach the internet through a network of SageMaker's, past your firewalls, flow logs and endpoint
    policies. A notebook can then send a training set anywhere and nobody sees it leave.
    """
    access = domain.data.AppNetworkAccessType
    if access == "VpcOnly":
        return Pass("what its subnets let out to the internet is not part of this")
    told = f"is {access}" if access else "is not set, which AWS takes as PublicInternetOnly"
    settings = domain.data.DomainSettings
    unified = " (Unified Studio made this domain; change it there)" if (
        settings and settings.UnifiedStudioSettings
    ) else ""
    return Fail(f"AppNetworkAccessType {told}: apps reach the internet past your VPC{unified}")


@rule(
    "sagemaker-domain-sso",
    "People sign in to Studio through IAM Identity Center",
    on=DOMAIN,
    severity=Severity.MEDIUM,
    controls=ACCESS | {NIST: ["AC-2(1)", "AC-3", "IA-2"]},
    fix=REPLACE + " The new one has `\"AuthMode\": \"SSO\"`.",
    good={"AuthMode": "SSO",
          "SingleSignOnApplicationArn": "arn:aws:sso::111122223333:application/ssoins-1/apl-1"},
    bad={"AuthMode": "IAM"},
)
@living
def signs_in_by_identity_center(domain: Resource[Domain]) -> Verdict:
    """With IAM sign-in, whoever may call CreatePresignedDomainUrl for a profile becomes that user,
    and the address works for anybody it is passed to. Identity Center signs in the person, with the
    company's second factor, and takes the access away with the account.
    """
    mode = domain.data.AuthMode
    if not mode:
        raise Unseen(f"AWS names no AuthMode of {domain.name}")
    if mode != "SSO":
        return Fail(f"AuthMode is {mode}: people enter by presigned addresses that IAM hands out")
    # An older domain has SingleSignOnManagedApplicationInstanceId, a newer one
    # SingleSignOnApplicationArn; in either the mode lets nobody in by another way.
    return Pass()


@rule(
    "sagemaker-domain-cmk",
    "Studio's home volumes are encrypted with a key of the customer's",
    on=DOMAIN,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=REPLACE + " The new one has `\"KmsKeyId\": \"KEY_ARN\"`.",
    good=Sample({"KmsKeyId": _KEY_ARN}, _key("CUSTOMER")),
    bad=[{}, Sample({"KmsKeyId": _KEY_ARN}, _key("AWS"))],
)
@living
def home_key_is_ours(domain: Resource[Domain]) -> Verdict:
    """Everybody's home lies on the domain's file system and volumes: notebooks, samples of data,
    credentials in configuration files. With a key of yours you decide who can read them, see each
    use in CloudTrail, and can shut all of it with one switch.
    """
    # HomeEfsFileSystemKmsKeyId is the old name of KmsKeyId (CreateDomain); either may be filled
    for member in ("KmsKeyId", "HomeEfsFileSystemKmsKeyId"):
        if getattr(domain.data, member):
            return customer_managed(domain, member, "the home file system")
    return Fail("KmsKeyId is not set: no customer-managed key is named for the home file system and"
                " volumes")


@rule(
    "sagemaker-domain-sharing-cmk",
    "Shared notebook snapshots are encrypted with a key of the customer's",
    on=DOMAIN,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION,
    fix=update("--default-user-settings 'SharingSettings={NotebookOutputOption=Allowed,"
               "S3OutputPath=s3://BUCKET/PREFIX,S3KmsKeyId=KEY_ARN}'")
    + ", or NotebookOutputOption=Disabled if nobody shares output. Snapshots made before keep their"
    " old key until they are copied onto themselves.",
    good=Sample(_shares(S3KmsKeyId=_KEY_ARN), _key("CUSTOMER")),
    bad=[_shares(), Sample(_shares(S3KmsKeyId=_KEY_ARN), _key("AWS"))],
)
@living
def shared_key_is_ours(domain: Resource[Domain]) -> Verdict:
    """A snapshot that is shared with its output carries what the cells printed: rows of data,
    plots, sometimes a token. It lies in a bucket that every user of the domain can read; a key of
    yours keeps it from all others with access to the bucket.
    """
    sharing = user_settings(domain).SharingSettings
    option = sharing.NotebookOutputOption if sharing else None
    if sharing is None or not option or option == "Disabled":
        told = f"is {option}" if option else "is not set, which AWS takes as Disabled"
        return NotApplicable(f"SharingSettings.NotebookOutputOption {told}: no output is shared")
    if not sharing.S3KmsKeyId:
        return Fail("SharingSettings.S3KmsKeyId is not set: no customer-managed key is named for"
                    f" shared snapshots in {sharing.S3OutputPath or 'their bucket'}")
    return customer_managed(domain, _SHARED_KEY, "what is shared")


@rule(
    "sagemaker-domain-rootless-docker",
    "Docker in Studio runs without root",
    on=DOMAIN,
    severity=Severity.MEDIUM,
    controls=ENVIRONMENT,
    fix=update("--domain-settings-for-update 'DockerSettings={EnableDockerAccess=ENABLED,"
               "RootlessDocker=ENABLED}'")
    + ", with the other DockerSettings that are to stay.",
    good=_docker(EnableDockerAccess="ENABLED", RootlessDocker="ENABLED"),
    bad=[_docker(EnableDockerAccess="ENABLED", RootlessDocker="DISABLED"),
         _docker(EnableDockerAccess="ENABLED")],
)
@living
def docker_is_rootless(domain: Resource[Domain]) -> Verdict:
    """Whoever starts a container as root on the host of a Studio app is root there: one mounted
    directory away from the files of the instance and the credentials that it holds. Rootless Docker
    gives a container no more than its user has.
    """
    settings = domain.data.DomainSettings
    docker = settings.DockerSettings if settings else None
    enabled = docker.EnableDockerAccess if docker else None
    if docker is None or not enabled or enabled == "DISABLED":
        told = f"is {enabled}" if enabled else "is not set, which AWS takes as DISABLED"
        return NotApplicable(f"DockerSettings.EnableDockerAccess {told}: there is no Docker")
    if docker.RootlessDocker == "ENABLED":
        return Pass()
    return Fail(f"DockerSettings.RootlessDocker is {docker.RootlessDocker or 'not set'}:"
                " containers are started as root")
