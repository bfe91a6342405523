"""Edges of the rules on training jobs."""

from functools import cache

import pytest

from auditor import evaluate as engine
from auditor.errors import Gap
from auditor.inventory import GLOBAL
from auditor.kinds import BUCKET, INSTANCE_TYPE, KEY, TRAINING_JOB
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.shape import when
from auditor.testing import ACCOUNT_ID, REGION, judge, world

DENIED = "AccessDeniedException"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{ID}"
MASK = "[[secret:named-secret:0a1b2c3d]]"


def key(manager="CUSTOMER", state="Enabled", *names):
    return Other(KEY, {"KeyId": ID, "Arn": ARN, "KeyManager": manager, "KeyState": state}, names)


def kind(name, local):
    return Other(INSTANCE_TYPE, {"InstanceType": name, "InstanceStorageSupported": local})


M5, G5, C6 = kind("m5.xlarge", False), kind("g5.xlarge", True), kind("c6i.large", None)


def on(*types, count=1, **more):
    """A job on one instance type, or on a group for each of several."""
    if len(types) == 1:
        config = {"InstanceType": types[0], "InstanceCount": count, **more}
    else:
        config = {"InstanceGroups": [
            {"InstanceGroupName": t, "InstanceType": t, "InstanceCount": count} for t in types
        ], **more}
    return {"ResourceConfig": config}


def output(path="s3://models/out", **more):
    return {"OutputDataConfig": {"S3OutputPath": path, **more}}


def reads(*buckets, **more):
    return {"InputDataConfig": [
        {"ChannelName": f"c{i}", "DataSource": {"S3DataSource": {"S3Uri": f"s3://{b}/x", **more}}}
        for i, b in enumerate(buckets)
    ]}


def bucket(name="data", **more):
    return Other(BUCKET, {"Name": name, **more})


def versions(status, name="data"):
    return bucket(name, Versioning={"Status": status} if status else {})


def encrypts(*algorithms):
    return bucket(ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": a}} for a in algorithms]})


FILES = {"InputDataConfig": [{"ChannelName": "c", "DataSource": {"FileSystemDataSource": {
    "FileSystemId": "fs-12345678901", "FileSystemAccessMode": "ro", "FileSystemType": "EFS",
    "DirectoryPath": "/x"}}}]}
SERVERLESS = {"ServerlessJobConfig": {"JobType": "FineTuning"}}
LONG = {"StoppingCondition": {"MaxRuntimeInSeconds": 86400}}
SPOT = {"EnableManagedSpotTraining": True}
SAVED = {"CheckpointConfig": {"S3Uri": "s3://models/checkpoints"}}
VPC = {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
PREFERENCES = {"InstancePreferences": [{"InstanceType": "ml.m5.xlarge", "InstanceCount": 2},
                                       {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}]}
ENCRYPTED = {"EnableInterContainerTrafficEncryption": True}
PLAIN = {"EnableInterContainerTrafficEncryption": False}

CASES = [
    ("volume-kms", on("ml.m5.xlarge", VolumeKmsKeyId=ARN), [], "pass", ""),
    ("volume-kms", on("ml.m5.xlarge"), [M5], "fail", "no customer-managed key"),
    ("volume-kms", on("ml.m5.xlarge", VolumeKmsKeyId=""), [M5], "fail", "VolumeKmsKeyId"),
    ("volume-kms", on("ml.m5.xlarge", VolumeKmsKeyId="alias/aws/ebs"), [M5], "pass",
     "AWS manages"),
    ("volume-kms", on("ml.m5.xlarge") | {"TrainingJobStatus": "Failed"}, [M5], "fail", ""),
    # local NVMe storage takes no key: one such group is enough
    ("volume-kms", on("ml.g5.xlarge"), [G5], "not_applicable", "ml.g5.xlarge"),
    ("volume-kms", on("ml.m5.xlarge", "ml.g5.xlarge"), [M5, G5], "not_applicable", "NVMe"),
    ("volume-kms", on("ml.g5.xlarge", "ml.new.xlarge"), [G5], "not_applicable", "NVMe"),
    ("volume-kms", on("ml.m5.xlarge", "ml.m5.2xlarge"), [M5, kind("m5.2xlarge", False)],
     "fail", ""),
    # one that EC2 does not know is never guessed
    ("volume-kms", on("ml.new.xlarge"), [], "unknown", "was not found"),
    ("volume-kms", on("ml.m5.xlarge", "ml.new.xlarge"), [M5], "unknown", "ml.new.xlarge"),
    ("volume-kms", on("ml.c6i.large"), [C6], "unknown", "does not say"),
    ("volume-kms", {"ResourceConfig": PREFERENCES | {"SelectedInstanceType": "ml.m5.xlarge"}},
     [M5, G5], "fail", ""),
    ("volume-kms", {"ResourceConfig": PREFERENCES}, [M5, G5], "not_applicable", "g5"),
    ("volume-kms", SERVERLESS, [], "not_applicable", "serverless"),
    ("volume-kms", SERVERLESS | {"ResourceConfig": {}}, [], "not_applicable", "serverless"),
    ("volume-kms", {}, [], "unknown", "ResourceConfig"),
    ("volume-kms", {"ResourceConfig": {}}, [], "unknown", "InstanceType"),
    ("volume-kms", on("ml.m5.xlarge") | {"TrainingJobStatus": "Deleting"}, [M5],
     "not_applicable", "Deleting"),

    ("output-kms", output(KmsKeyId=ARN), [], "pass", ""),
    ("output-kms", output(KmsKeyId=""), [], "fail", "no customer-managed key"),
    ("output-kms", output(), [], "fail", "OutputDataConfig.KmsKeyId is not set"),
    ("output-kms", output(KmsKeyId="arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"), [],
     "pass", "AWS manages"),
    ("output-kms", output("s3://fast--euw1-az1--x-s3/out"), [], "not_applicable", "Express"),
    # the volume's key says nothing about the output
    ("output-kms", output(KmsKeyId="") | on("ml.m5.xlarge", VolumeKmsKeyId=ARN), [], "fail", ""),
    ("output-kms", {}, [], "unknown", "S3OutputPath"),
    ("output-kms", {"OutputDataConfig": {"S3OutputPath": ""}}, [], "unknown", "S3OutputPath"),

    ("output-cmk", output(KmsKeyId=ARN), [key()], "pass", ""),
    ("output-cmk", output(KmsKeyId="alias/ml"), [key("CUSTOMER", "Enabled", "alias/ml")],
     "pass", ""),
    ("output-cmk", output(KmsKeyId="alias/ml"), [key("AWS", "Enabled", "alias/ml")], "fail",
     "AWS manages"),
    ("output-cmk", output(KmsKeyId="alias/aws/s3"), [], "fail", "AWS manages"),
    ("output-cmk", output(KmsKeyId=ARN), [key("CUSTOMER", "PendingDeletion")], "fail",
     "PendingDeletion"),
    ("output-cmk", output(KmsKeyId=ARN), [], "fail", "does not exist"),
    ("output-cmk", output(KmsKeyId="arn:aws:kms:eu-west-1:444455556666:key/x"), [], "unknown",
     "belongs to account"),
    ("output-cmk", output(KmsKeyId=""), [], "fail", "no customer-managed key"),
    ("output-cmk", output("s3://fast--euw1-az1--x-s3/out"), [], "not_applicable", "Express"),
    ("output-cmk", {}, [], "unknown", "S3OutputPath"),

    ("intercontainer-encryption", on("ml.m5.xlarge", count=2) | ENCRYPTED, [], "pass", ""),
    ("intercontainer-encryption", on("ml.m5.xlarge", count=2) | PLAIN, [], "fail", "2 instances"),
    ("intercontainer-encryption", on("ml.m5.xlarge", count=2), [], "fail", "not set"),
    ("intercontainer-encryption", on("ml.m5.xlarge") | PLAIN, [], "not_applicable", "1 instance"),
    ("intercontainer-encryption", on("ml.m5.xlarge", "ml.g5.xlarge") | PLAIN, [], "fail",
     "2 instances"),
    ("intercontainer-encryption", {"ResourceConfig": PREFERENCES} | PLAIN, [], "unknown",
     "InstanceCount"),
    ("intercontainer-encryption",
     {"ResourceConfig": PREFERENCES | {"SelectedInstanceCount": 2}} | PLAIN, [], "fail", "2"),
    ("intercontainer-encryption", {"ResourceConfig": PREFERENCES | {"InstanceCount": 1}} | PLAIN,
     [], "not_applicable", "1 instance"),
    ("intercontainer-encryption",
     {"ResourceConfig": {"InstancePreferences": [{"InstanceType": t, "InstanceCount": 4}
                                                 for t in ("ml.m5.xlarge", "ml.g5.xlarge")]}},
     [], "fail", "4 instances"),
    ("intercontainer-encryption", {"ResourceConfig": {"InstanceType": "ml.m5.xlarge"}}, [],
     "unknown", "InstanceCount"),
    ("intercontainer-encryption", PLAIN, [], "unknown", "ResourceConfig"),
    ("intercontainer-encryption", PLAIN | SERVERLESS, [], "not_applicable", "serverless"),

    ("in-vpc", VPC, [], "pass", ""),
    ("in-vpc", {"VpcConfig": {"Subnets": [], "SecurityGroupIds": []}}, [], "fail", "VpcConfig"),
    ("in-vpc", {"VpcConfig": {}}, [], "fail", "VpcConfig"),
    ("in-vpc", {"EnableNetworkIsolation": True}, [], "fail", "VpcConfig"),

    ("network-isolation", {"EnableNetworkIsolation": True}, [], "pass", ""),
    ("network-isolation", {"EnableNetworkIsolation": False} | VPC, [], "fail", "is false"),
    ("network-isolation", {}, [], "fail", "not set"),

    ("data-bucket-versioned", reads("data"), [versions("Enabled")], "pass", ""),
    ("data-bucket-versioned", reads("data"), [versions("Suspended")], "fail", "Suspended"),
    ("data-bucket-versioned", reads("data"), [versions("")], "fail", "never enabled"),
    ("data-bucket-versioned", reads("data"), [bucket()], "unknown", "versioning"),
    ("data-bucket-versioned", reads("data", "more"), [versions("Enabled"), versions("", "more")],
     "fail", "more"),
    ("data-bucket-versioned", reads("gone"), [], "not_applicable", "no longer exist"),
    ("data-bucket-versioned", FILES, [], "not_applicable", "S3"),
    ("data-bucket-versioned", {}, [], "not_applicable", "S3"),
    ("data-bucket-versioned", reads("x--euw1-az1--x-s3"), [], "not_applicable", "directory"),
    ("data-bucket-versioned", reads("ap-x-s3alias"), [], "unknown", "access point"),
    ("data-bucket-versioned", {"InputDataConfig": [{"ChannelName": "c"}]}, [], "unknown", "c"),
    ("data-bucket-versioned", {"InputDataConfig": [{"ChannelName": "c", "DataSource": {}}]}, [],
     "unknown", "c"),
    ("data-bucket-versioned",
     {"InputDataConfig": [{"ChannelName": "c", "DataSource": {"S3DataSource": {"S3Uri": ""}}}]},
     [], "unknown", "c"),

    ("data-unencrypted", reads("data"), [encrypts("aws:kms")], "pass", ""),
    ("data-unencrypted", reads("data"), [encrypts("aws:kms:dsse")], "pass", ""),
    ("data-unencrypted", reads("data"), [encrypts("AES256")], "fail", "AES256, not with KMS"),
    # pitfall 36: where nobody says how, S3 does it itself
    ("data-unencrypted", reads("data"), [encrypts()], "fail", "AES256, not with KMS"),
    ("data-unencrypted", reads("data"), [bucket()], "fail", "AES256, not with KMS"),
    ("data-unencrypted", reads("gone"), [], "not_applicable", "no longer exist"),
    ("data-unencrypted", FILES, [], "not_applicable", "S3"),

    ("data-cross-account", reads("data"), [bucket()], "pass", ""),
    ("data-cross-account", reads("data", S3DataType="ManifestFile"), [bucket()], "pass",
     "manifest of c0"),
    ("data-cross-account", reads("gone"), [], "fail", "does not exist"),
    ("data-cross-account", reads("data", "gone"), [bucket()], "fail", "gone"),
    ("data-cross-account", reads("ap-x-s3alias"), [], "unknown", "access point"),
    ("data-cross-account", reads("ap-x.mrap"), [], "unknown", "access point"),
    ("data-cross-account", reads("x--euw1-az1--x-s3"), [], "unknown", "directory bucket"),
    ("data-cross-account", FILES, [], "not_applicable", "S3"),
    ("data-cross-account", {"InputDataConfig": []}, [], "not_applicable", "S3"),

    ("output-ghost-bucket", output(), [bucket("models")], "pass", ""),
    ("output-ghost-bucket", output(), [], "fail", "does not exist"),
    ("output-ghost-bucket", output("https://s3.eu-west-1.amazonaws.com/models/out"),
     [bucket("models")], "pass", ""),
    ("output-ghost-bucket", output("s3://ap-x-s3alias/out"), [], "unknown", "access point"),
    ("output-ghost-bucket", {}, [], "unknown", "S3OutputPath"),
    ("output-ghost-bucket", output(""), [], "unknown", "S3OutputPath"),

    ("hyperparameter-secrets", {"HyperParameters": {"epochs": "3", "x": ""}}, [], "pass", ""),
    ("hyperparameter-secrets", {"HyperParameters": {"epochs": "3", "db_password": MASK}}, [],
     "fail", "HyperParameters.db_password holds 1 named-secret"),
    ("hyperparameter-secrets", {"HyperParameters": {"args": f"--token {MASK} --lr 1"}}, [],
     "fail", "HyperParameters.args"),
    ("hyperparameter-secrets", {"HyperParameters": {}}, [], "not_applicable", ""),
    ("hyperparameter-secrets", {}, [], "not_applicable", ""),

    ("checkpoint", SPOT | SAVED, [], "pass", ""),
    ("checkpoint", SPOT, [], "fail", "managed spot"),
    ("checkpoint", SPOT | {"CheckpointConfig": {"S3Uri": ""}}, [], "fail", "CheckpointConfig"),
    ("checkpoint", LONG, [], "fail", "4 hours"),
    ("checkpoint", LONG | SAVED, [], "pass", ""),
    ("checkpoint", {"StoppingCondition": {"MaxRuntimeInSeconds": 14400}}, [], "not_applicable",
     "14400"),
    ("checkpoint", {"StoppingCondition": {"MaxRuntimeInSeconds": 14401}}, [], "fail", "4 hours"),
    # the limit is a day by default; a job that has ended is as long as it was
    ("checkpoint", LONG | {"TrainingTimeInSeconds": 300, "TrainingEndTime": 1767225600}, [],
     "not_applicable", "300"),
    ("checkpoint", LONG | {"TrainingTimeInSeconds": 300}, [], "fail", "4 hours"),
    ("checkpoint", LONG | {"TrainingStartTime": 1767225000, "TrainingEndTime": 1767225600}, [],
     "not_applicable", "600 s"),
    ("checkpoint", LONG | {"TrainingEndTime": 1767225600}, [], "fail", "4 hours"),
    ("checkpoint", {}, [], "unknown", "StoppingCondition"),
    ("checkpoint", SERVERLESS, [], "not_applicable", "serverless"),
]


@pytest.mark.parametrize(("rule", "data", "others", "status", "words"), CASES)
def test_edges(rule, data, others, status, words):
    finding = judge(f"sagemaker-training-{rule}", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


REFUSED = [
    ("volume-kms", "ResourceConfig"),
    ("output-kms", "OutputDataConfig"),
    ("output-cmk", "OutputDataConfig"),
    ("intercontainer-encryption", "ResourceConfig"),
    ("in-vpc", "VpcConfig"),
    ("network-isolation", "EnableNetworkIsolation"),
    ("data-bucket-versioned", "InputDataConfig"),
    ("data-unencrypted", "InputDataConfig"),
    ("data-cross-account", "InputDataConfig"),
    ("output-ghost-bucket", "TrainingJobStatus"),
    ("hyperparameter-secrets", "HyperParameters"),
    ("checkpoint", "EnableManagedSpotTraining"),
]


@pytest.mark.parametrize(("rule", "member"), REFUSED)
def test_what_was_refused_is_unknown(rule, member):
    for refused in (member, ""):
        finding = judge(f"sagemaker-training-{rule}", {}, unseen={refused: DENIED})
        assert finding.status == "unknown"
        assert DENIED in finding.message and finding.gap is not None


@pytest.mark.parametrize(("rule", "data", "refused"), [
    ("volume-kms", on("ml.m5.xlarge"), INSTANCE_TYPE),
    ("output-cmk", output(KmsKeyId=ARN), KEY),
    ("data-bucket-versioned", reads("data"), BUCKET),
    ("data-unencrypted", reads("data"), BUCKET),
    ("data-cross-account", reads("data"), BUCKET),
    ("output-ghost-bucket", output(), BUCKET),
])
def test_what_it_points_at_was_refused(rule, data, refused):
    finding = judge(f"sagemaker-training-{rule}", data, refused=[refused])
    assert finding.status == "unknown" and DENIED in finding.message


# -- buckets of others


@cache
def rules():
    return {rule.id: rule for rule in load_rules()}


def among(rule, data, *others, states, **settings):
    """Judge a job whose buckets S3 has told about: ``states`` maps a URI to what it said."""
    one = rules()[f"sagemaker-training-{rule}"]
    inventory, arn = world([Other(TRAINING_JOB, data), *others])
    for uri, state in states.items():
        gap = None
        if state == "unseen":
            gap = inventory.gap(Gap(ACCOUNT_ID, REGION, "s3", "HeadBucket", DENIED, "", "x",
                                    BUCKET.name, uri))
        inventory.named(BUCKET, ACCOUNT_ID, GLOBAL, uri, state, gap=gap)
    job = inventory.find(TRAINING_JOB, arn)
    return engine.judge(one, job, now=when("2026-01-31"), settings=settings)


THEIRS = "s3://theirs/x"


@pytest.mark.parametrize(("rule", "others", "state", "status"), [
    ("data-cross-account", [], "foreign", "fail"),
    ("data-cross-account", [], "unseen", "unknown"),
    ("data-bucket-versioned", [], "foreign", "unknown"),
    ("data-bucket-versioned", [], "unseen", "unknown"),
    ("data-unencrypted", [], "foreign", "unknown"),
    ("data-bucket-versioned", [versions("Enabled")], "foreign", "unknown"),
    ("data-bucket-versioned", [versions("")], "foreign", "fail"),  # one of ours settles it
    ("data-unencrypted", [encrypts("AES256")], "unseen", "fail"),
])
def test_input_buckets_of_others(rule, others, state, status):
    data = reads("theirs", *(["data"] if others else []))
    finding = among(rule, data, *others, states={THEIRS: state})
    assert finding.status == status and finding.message


def test_a_foreign_or_denied_output_bucket():
    data = output("s3://theirs/x")
    foreign = among("output-ghost-bucket", data, states={THEIRS: "foreign"})
    assert foreign.status == "fail" and "another account" in foreign.message
    assert among("output-ghost-bucket", data, states={THEIRS: "unseen"}).status == "unknown"


@pytest.mark.parametrize("rule", ["data-cross-account", "output-ghost-bucket"])
def test_trusted_buckets_are_the_teams(rule):
    data = reads("theirs") | output("s3://theirs/x")
    for trusted, status in ((["theirs"], "pass"), (["the*"], "pass"), (["their"], "fail")):
        for state in ("foreign", "unseen"):
            finding = among(rule, data, states={THEIRS: state}, trusted_buckets=trusted)
            assert finding.status == (
                "unknown" if (status, state) == ("fail", "unseen") else status)


def test_a_trusted_bucket_does_not_hide_another():
    states = {THEIRS: "foreign", "s3://others/x": "foreign"}
    finding = among("data-cross-account", reads("theirs", "others"), states=states,
                    trusted_buckets=["theirs"])
    assert finding.status == "fail" and "others" in finding.message


def test_only_a_manifest_is_mentioned():
    finding = judge("sagemaker-training-data-cross-account",
                    reads("data", S3DataType="S3Prefix"), bucket())
    assert (finding.status, finding.message) == ("pass", "")


def test_a_fail_settles_what_another_bucket_leaves_open():
    data = reads("theirs", "gone")
    assert among("data-cross-account", data, states={THEIRS: "unseen"}).status == "fail"


def test_a_long_job_is_what_the_team_says():
    data = {"StoppingCondition": {"MaxRuntimeInSeconds": 7200}}
    assert judge("sagemaker-training-checkpoint", data).status == "not_applicable"
    assert judge("sagemaker-training-checkpoint", data, long_hours=1).status == "fail"


def test_a_secret_is_told_by_its_kind_only():
    finding = judge("sagemaker-training-hyperparameter-secrets",
                    {"HyperParameters": {"token": MASK}})
    assert "0a1b2c3d" not in finding.message
