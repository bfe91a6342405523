"""The file systems behind domains, and the secrets behind code repositories."""

from __future__ import annotations

from auditor.kind import Kind, Link, Part
from auditor.shapes import backup, efs, secretsmanager

from .network import SUBNET
from .storage import KEY
from .values import account_of


class FileSystem(efs.FileSystemDescription):
    """A file system, its policies, where it can be mounted and through which access points.

    ``Policy`` and ``BackupPolicy`` are None where EFS answers that there is none, and
    ``ProtectedResource`` where AWS Backup never made a copy of it.
    """

    Policy: str | None
    BackupPolicy: efs.BackupPolicy | None
    MountTargets: list[efs.MountTargetDescription] | None
    AccessPoints: list[efs.AccessPointDescription] | None
    ProtectedResource: backup.DescribeProtectedResourceOutput | None


def _efs(member: str, *absent: str, operation: str = "") -> Part:
    return Part(member, f"efs.{operation or 'Describe' + member}", member, absent,
                {"FileSystemId": "{name}"})


FILE_SYSTEM: Kind[FileSystem] = Kind(
    "AWS::EFS::FileSystem", FileSystem, service="efs", lists="", describes="DescribeFileSystems",
    key="FileSystemId", answer="FileSystems[0]", id="FileSystemId", arn="FileSystemArn",
    gone=("FileSystemNotFound",), foreign=account_of,
    parts=(
        _efs("Policy", "PolicyNotFound", operation="DescribeFileSystemPolicy"),
        _efs("BackupPolicy", "PolicyNotFound"),
        _efs("MountTargets"),
        _efs("AccessPoints"),
        Part("ProtectedResource", "backup.DescribeProtectedResource",
             absent=("ResourceNotFoundException",), given={"ResourceArn": "{arn}"}),
    ),
    links=(Link("KmsKeyId", KEY), Link("MountTargets[].SubnetId", SUBNET)),
)


class Secret(secretsmanager.DescribeSecretResponse):
    """What Secrets Manager says about a secret; the secret itself is never asked for."""

    Policy: str | None


SECRET: Kind[Secret] = Kind(
    "AWS::SecretsManager::Secret", Secret, service="secretsmanager", lists="",
    describes="DescribeSecret", key="SecretId", id="Name", arn="ARN",
    gone=("ResourceNotFoundException",), foreign=account_of,
    parts=(
        # the answer leaves the policy out where there is none
        Part("Policy", "secretsmanager.GetResourcePolicy", "ResourcePolicy",
             given={"SecretId": "{arn}"}),
    ),
    links=(Link("KmsKeyId", KEY),),
)
