"""Edges of the rules on file systems."""

from __future__ import annotations

import json

import pytest

from auditor.kinds import FILE_SYSTEM, SUBNET, TRAINING_JOB, TUNING_JOB
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
RULES = {
    "efs-encryption": {"Encrypted": False}, "efs-backup": {"BackupPolicy": {"Status": "DISABLED"}},
    "efs-mount-target-public": {"MountTargets": [{"SubnetId": "subnet-1"}]},
    "efs-access-points": {"AccessPoints": [{"AccessPointId": "fsap-1"}]},
    "efs-public-policy": {"Policy": json.dumps({"Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "*"}]})},
}
PUBLIC = Other(SUBNET, {"SubnetId": "subnet-1", "MapPublicIpOnLaunch": True})
PRIVATE = Other(SUBNET, {"SubnetId": "subnet-1", "MapPublicIpOnLaunch": False})


@pytest.mark.parametrize(("rule", "data"), RULES.items())
def test_what_is_on_its_way_out_is_not_judged(rule, data):
    assert judge(rule, data, PUBLIC).status == "fail"
    for state, status in (("available", "fail"), ("updating", "fail"), ("creating", "fail"),
                          ("deleting", "not_applicable"), ("deleted", "not_applicable"),
                          ("error", "not_applicable")):
        assert judge(rule, data | {"LifeCycleState": state}, PUBLIC).status == status
    (member,) = data
    assert judge(rule, data, PUBLIC, unseen={member: DENIED}).status == "unknown"
    assert judge(rule, data, PUBLIC, unseen={"": DENIED}).status == "unknown"


@pytest.mark.parametrize(("data", "status"), [
    ({"Encrypted": True}, "pass"), ({"Encrypted": False}, "fail"), ({}, "unknown"),
    ({"Encrypted": False, "KmsKeyId": "k"}, "fail"),
])
def test_encryption(data, status):
    assert judge("efs-encryption", data).status == status


def copied(when):
    return {"ProtectedResource": {"LastBackupTime": when}}


@pytest.mark.parametrize(("data", "status", "says"), [
    ({"BackupPolicy": {"Status": "ENABLED"}}, "pass", ""),
    ({"BackupPolicy": {"Status": "ENABLING"}}, "pass", ""),
    ({"BackupPolicy": {"Status": "DISABLED"}}, "fail", "DISABLED"),
    ({"BackupPolicy": {"Status": "DISABLING"}}, "fail", ""),
    ({"BackupPolicy": {"Status": ""}}, "fail", "no BackupPolicy"), ({}, "fail", "no BackupPolicy"),
    (copied("2026-01-30T00:00:00Z"), "pass", "2026-01-30"),
    (copied("2025-12-01T00:00:00Z"), "fail", "2025-12-01"), ({"ProtectedResource": {}}, "unknown", ""),
    ({"BackupPolicy": {"Status": "DISABLED"}, **copied("2026-01-30T00:00:00Z")}, "pass", ""),
])
def test_backup(data, status, says):
    found = judge("efs-backup", data)
    assert (found.status, says in found.message) == (status, True), found.message


def test_backup_where_aws_backup_could_not_be_asked():
    unseen = {"ProtectedResource": DENIED}
    assert judge("efs-backup", {"BackupPolicy": {"Status": "ENABLED"}}, unseen=unseen).status == "pass"
    assert judge("efs-backup", {}, unseen=unseen).status == "unknown"
    assert judge("efs-backup", copied("2026-01-20T00:00:00Z"), days=5).status == "fail"


def mounted(*subnets, **more):
    return {"MountTargets": [{"SubnetId": one, **more} for one in subnets]}


SECOND = Other(SUBNET, {"SubnetId": "subnet-2", "MapPublicIpOnLaunch": False})


@pytest.mark.parametrize(("data", "others", "status"), [
    (mounted("subnet-1"), [PUBLIC], "fail"), (mounted("subnet-1"), [PRIVATE], "pass"),
    (mounted(), [], "not_applicable"), ({}, [], "not_applicable"),
    (mounted("subnet-1", LifeCycleState="deleting"), [PUBLIC], "not_applicable"),
    (mounted("subnet-2", "subnet-1"), [PUBLIC, SECOND], "fail"),
    (mounted("subnet-2", "subnet-1"), [PRIVATE, SECOND], "pass"),
    (mounted("subnet-1"), [], "unknown"), (mounted("subnet-3", "subnet-1"), [PRIVATE], "unknown"),
    (mounted("subnet-3", "subnet-1"), [PUBLIC], "fail"), (mounted(None), [], "unknown"),
    (mounted("subnet-1"), [Other(SUBNET, {"SubnetId": "subnet-1"})], "unknown"),
])
def test_mount_targets(data, others, status):
    found = judge("efs-mount-target-public", data, *others)
    assert found.status == status, found.message


def test_mount_targets_whose_subnets_were_refused():
    found = judge("efs-mount-target-public", mounted("subnet-1"), refused=[SUBNET])
    assert found.status == "unknown"


USER = {"PosixUser": {"Uid": 1, "Gid": 1}}


def points(*each):
    return {"AccessPoints": [{"AccessPointId": f"fsap-{i}", **one} for i, one in enumerate(each)]}


@pytest.mark.parametrize(("data", "status", "says"), [
    (points({**USER, "RootDirectory": {"Path": "/a"}}), "pass", ""),
    (points({**USER, "RootDirectory": {"Path": "/"}}), "fail", "root directory"),
    (points({**USER, "RootDirectory": {}}), "fail", ""), (points(USER), "fail", ""),
    (points({**USER, "RootDirectory": {"Path": ""}}), "fail", ""),
    (points({"RootDirectory": {"Path": "/a"}}), "fail", "PosixUser"),
    (points({"PosixUser": {"Uid": 0, "Gid": 0}, "RootDirectory": {"Path": "/a"}}), "pass", ""),
    (points({**USER, "RootDirectory": {"Path": "/a"}}, {}), "fail", "fsap-1"),
    (points({"LifeCycleState": "deleting"}), "not_applicable", ""), (points(), "not_applicable", ""),
])
def test_access_points(data, status, says):
    found = judge("efs-access-points", data)
    assert (found.status, says in found.message) == (status, True), found.message


def policy(**more):
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount",
        **more}]})}


@pytest.mark.parametrize(("data", "status", "says"), [
    ({}, "pass", "no policy"), ({"Policy": ""}, "pass", "no policy"), (policy(), "fail", ""),
    # what EFS's own guide calls not public: "The meaning of 'public'"
    (policy(Condition={"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}), "pass", ""),
    (policy(Condition={"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}}), "fail", ""),
    (policy(Condition={"Bool": {"aws:SecureTransport": "true"}}), "fail", ""),
    (policy(Principal={"AWS": "arn:aws:iam::111122223333:role/x"}), "pass", ""),
    # pitfall 39: a condition may make * less than everybody
    (policy(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}), "pass", ""),
    (policy(Effect="Deny"), "pass", ""), ({"Policy": "{"}, "unknown", ""),
])
def test_policies(data, status, says):
    found = judge("efs-public-policy", data)
    assert (found.status, says in found.message) == (status, True), found.message


def test_the_file_systems_that_jobs_read_are_those_of_efs():
    """Lustre's are called alike, and are no file systems of EFS."""
    def source(kind, name):
        return {"DataSource": {"FileSystemDataSource": {
            "FileSystemType": kind, "FileSystemId": name}}}

    channels = {"InputDataConfig": [
        source("EFS", "fs-1"), source("FSxLustre", "fs-2"), {"DataSource": {}}, source("EFS", "fs-3")]}
    for kind, data in (
        (TRAINING_JOB, channels), (TUNING_JOB, {"TrainingJobDefinition": channels}),
        (TUNING_JOB, {"TrainingJobDefinitions": [channels]}),
    ):
        found = [value for link, _, value in kind.values(data) if link.to is FILE_SYSTEM]
        assert found == ["fs-1", "fs-3"]
