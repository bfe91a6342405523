"""The file systems that domains, spaces and jobs mount."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import FILE_SYSTEM, SUBNET, FileSystem
from auditor.policy import public
from auditor.rule import Other, Sample, Setting, rule
from auditor.shape import when
from auditor.shapes.efs import AccessPointDescription
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ENCRYPTION, NETWORK, NIST
from ._edges import target
from ._status import unless

living = unless("LifeCycleState", "deleting", "deleted", "error")
_GOING = ("deleting", "deleted", "error")


@rule(
    "efs-encryption",
    "File systems of ML are encrypted",
    on=FILE_SYSTEM,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        NIST: ["CA-9(1)", "CM-3(6)", "SC-13", "SC-28", "SC-28(1)", "SC-7(10)", "SI-7(6)"],
        "AWS FSBP": ["EFS.1", "EFS.8"],
        "CIS AWS v3.0": ["2.4.1"],
        "CIS AWS v5.0": ["2.3.1"],
        "CIS AWS v6.0": ["3.3.1"],
        "CIS AWS v7.0": ["3.3.1"],
        "AWS Config": ["efs-encrypted-check"],
    },
    fix=(
        "This is settled when a file system is made: `aws efs create-file-system --region {region}"
        " --encrypted --kms-key-id KEY_ARN`, copy the files with DataSync, mount the new one"
        " instead, then `aws efs delete-file-system --region {region} --file-system-id {name}`."
    ),
    good={"Encrypted": True},
    bad={"Encrypted": False},
)
@living
def is_encrypted(system: Resource[FileSystem]) -> Verdict:
    """Home directories hold notebooks, copies of data and the tokens that people leave behind. An
    EFS file system is encrypted when it is made or never, with no setting that mends it later.
    """
    encrypted = system.data.Encrypted
    if encrypted is None:
        raise Unseen(f"EFS does not say whether {system.name} is encrypted")
    return Pass() if encrypted else Fail("Encrypted is false")


@rule(
    "efs-backup",
    "File systems of ML are backed up",
    on=FILE_SYSTEM,
    severity=Severity.MEDIUM,
    controls={
        NIST: ["CP-10", "CP-6", "CP-6(1)", "CP-6(2)", "CP-9", "SC-5(2)", "SI-12", "SI-13(5)"],
        "AWS FSBP": ["EFS.2", "EFS.7"],
        "AWS Config": ["efs-in-backup-plan", "efs-automatic-backups-enabled",
                       "efs-resources-protected-by-backup-plan"],
    },
    fix="`aws efs put-backup-policy --region {region} --file-system-id {name} --backup-policy"
        " Status=ENABLED`, or name {arn} in a plan of AWS Backup.",
    good=[
        {"BackupPolicy": {"Status": "ENABLED"}},
        {"BackupPolicy": {"Status": "DISABLED"},
         "ProtectedResource": {"LastBackupTime": "2026-01-29T05:00:00+00:00"}},
    ],
    bad=[
        {"BackupPolicy": {"Status": "DISABLED"}},
        {"ProtectedResource": {"LastBackupTime": "2025-10-01T05:00:00+00:00"}},
    ],
    settings=(
        Setting("days", 35, "How old the last copy of AWS Backup may be, in days."),
    ),
)  # fmt: skip
@living
def is_backed_up(system: Resource[FileSystem], days: float) -> Verdict:
    """A home directory is where the only copy of somebody's work lies, and everybody who is root
    on one of its mounts can delete everybody's. What counts is EFS's own daily backup, or that AWS
    Backup copied the file system lately by whatever plan.
    """
    policy = system.data.BackupPolicy
    status = policy.Status if policy is not None else None
    if status in ("ENABLED", "ENABLING"):
        return Pass(f"BackupPolicy.Status is {status}")
    said = f"BackupPolicy.Status is {status}" if status else "there is no BackupPolicy"
    copied = system.data.ProtectedResource
    if copied is None:
        return Fail(f"{said}, and AWS Backup never copied the file system")
    last = copied.LastBackupTime
    if last is None:
        raise Unseen(f"AWS Backup does not say when it last copied {system.name}")
    if when(system.seen) - last > timedelta(days=days):
        return Fail(f"{said}, and AWS Backup last copied the file system on"
                    f" {last.date().isoformat()}")
    return Pass(f"AWS Backup copied it on {last.date().isoformat()}")


def _mounted(**subnet: Any) -> Sample:
    """Return a file system that is mounted in one subnet."""
    return Sample(
        {"MountTargets": [{"MountTargetId": "fsmt-1", "SubnetId": "subnet-0a1b2c3d",
                           "LifeCycleState": "available"}]},
        (Other(SUBNET, {"SubnetId": "subnet-0a1b2c3d", **subnet}),),
    )  # fmt: skip


@rule(
    "efs-mount-target-public",
    "File systems of ML are mounted only where no public addresses are given out",
    on=FILE_SYSTEM,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        "AWS FSBP": ["EFS.6"], "AWS Config": ["efs-mount-target-public-accessible"],
    },
    fix=(
        "`aws ec2 modify-subnet-attribute --region {region} --subnet-id SUBNET"
        " --no-map-public-ip-on-launch` for the subnet that the finding names, or make a mount"
        " target in another subnet of the zone: `aws efs delete-mount-target --region {region}"
        " --mount-target-id TARGET`, then `aws efs create-mount-target --region {region}"
        " --file-system-id {name} --subnet-id SUBNET`."
    ),
    good=_mounted(MapPublicIpOnLaunch=False),
    bad=_mounted(MapPublicIpOnLaunch=True),
)  # fmt: skip
@living
def is_not_mounted_in_public(system: Resource[FileSystem]) -> Verdict:
    """NFS asks no password: who reaches a mount target over the network is let in. In a subnet that
    gives out public addresses, one security group that is opened too far puts the file system
    beside machines that the whole internet reaches.
    """
    wanted = [
        mount.SubnetId for mount in system.data.MountTargets or ()
        if mount.LifeCycleState not in _GOING
    ]  # fmt: skip
    if not wanted:
        return NotApplicable("the file system has no mount target")
    refused: Unseen | None = None
    found = {edge.value: edge for edge in system.edges(SUBNET, "MountTargets[].SubnetId")}
    for name in wanted:
        try:
            if not name or name not in found:
                raise Unseen(f"EFS names no subnet of a mount target of {system.name}")
            gives = target(found[name], "subnet").data.MapPublicIpOnLaunch
            if gives is None:
                raise Unseen(f"EC2 does not say whether {name} gives out public addresses")
        except Unseen as unseen:  # another may be public for certain
            refused = refused or unseen
            continue
        if gives:
            return Fail(f"it is mounted in {name}, whose MapPublicIpOnLaunch is true")
    if refused:
        raise refused
    return Pass()


@rule(
    "efs-access-points",
    "Access points hold their users to a directory and an identity",
    on=FILE_SYSTEM,
    severity=Severity.MEDIUM,
    controls=ACCESS | {
        NIST: ["AC-6(10)", "AC-6(2)"],
        "AWS FSBP": ["EFS.3", "EFS.4"],
        "AWS Config": ["efs-access-point-enforce-root-directory",
                       "efs-access-point-enforce-user-identity"],
    },
    fix=(
        "Both are settled when an access point is made: `aws efs create-access-point --region"
        " {region} --file-system-id {name} --posix-user Uid=UID,Gid=GID --root-directory"
        " Path=/DIRECTORY,CreationInfo={OwnerUid=UID,OwnerGid=GID,Permissions=750}`, mount that one"
        " instead, then `aws efs delete-access-point --region {region} --access-point-id POINT`."
    ),
    good={"AccessPoints": [{
        "AccessPointId": "fsap-1", "PosixUser": {"Uid": 1001, "Gid": 1001},
        "RootDirectory": {"Path": "/team"},
    }]},
    bad=[
        {"AccessPoints": [{"AccessPointId": "fsap-1", "PosixUser": {"Uid": 1001, "Gid": 1001},
                           "RootDirectory": {"Path": "/"}}]},
        {"AccessPoints": [{"AccessPointId": "fsap-1", "RootDirectory": {"Path": "/team"}}]},
    ],
)  # fmt: skip
@living
def access_points_hold(system: Resource[FileSystem]) -> Verdict:
    """An access point is made to give one team one directory as one user. Without a directory of
    its own it shows everybody's files, and without an identity its client says who it is: as any
    user id it likes, that of a colleague included.
    """
    points = [p for p in system.data.AccessPoints or () if p.LifeCycleState not in _GOING]
    if not points:
        return NotApplicable("the file system has no access point")
    wrong = [f"{point.AccessPointId} {fault}" for point in points if (fault := _fault(point))]
    if wrong:
        return Fail("; ".join(wrong))
    return Pass()


def _fault(point: AccessPointDescription) -> str:
    """Return what an access point leaves open, "" where nothing."""
    path = point.RootDirectory.Path if point.RootDirectory else None
    faults = []
    if not path or path.strip("/") == "":
        faults.append("shows the root directory /")
    if point.PosixUser is None:
        faults.append("sets no PosixUser")
    return " and ".join(faults)


def _policy(**condition: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:Client*",
        **({"Condition": condition} if condition else {}),
    }]})  # fmt: skip


@rule(
    "efs-public-policy",
    "File system policies of ML let nobody in who is not known",
    on=FILE_SYSTEM,
    severity=Severity.MEDIUM,
    controls=ACCESS,
    fix=(
        "`aws efs put-file-system-policy --region {region} --file-system-id {name} --policy"
        " file://policy.json` with the condition elasticfilesystem:AccessedViaMountTarget true, or"
        " with the principals that may mount in place of *; `aws efs delete-file-system-policy"
        " --region {region} --file-system-id {name}` returns to EFS's own default, which is not"
        " public."
    ),
    good=[
        {"Policy": _policy(Bool={"elasticfilesystem:AccessedViaMountTarget": "true"})},
        {},
    ],
    bad={"Policy": _policy()},
)
@living
def policy_is_not_public(system: Resource[FileSystem]) -> Verdict:
    """A policy that lets everybody in without saying by which way takes the file system out of the
    network that protects it: what counts is then any credentials of any account. EFS itself calls
    such a policy public, and services that would mount across accounts refuse it.
    """
    document = system.data.Policy
    if not document:
        return Pass("there is no policy: who reaches a mount target over the network is let in")
    found = public(document, service="elasticfilesystem")
    if found.answer is None:
        raise Unseen(found.because)
    return Fail(found.because) if found.answer else Pass()
