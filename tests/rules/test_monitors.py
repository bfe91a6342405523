"""Edges of the rules on monitoring schedules and the four definitions of their jobs.

Rows that begin with ``pitfall_`` are the traps of the service, by their numbers.
"""

import pytest

from auditor.kinds import (
    DATA_QUALITY_DEFINITION,
    INSTANCE_TYPE,
    MODEL_BIAS_DEFINITION,
    MODEL_EXPLAINABILITY_DEFINITION,
    MODEL_QUALITY_DEFINITION,
)
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EXPRESS = "s3://fast--euw1-az1--x-s3/out"
ENCRYPTED = {"EnableInterContainerTrafficEncryption": True}
PLAIN = {"EnableInterContainerTrafficEncryption": False}
ISOLATED = {"EnableNetworkIsolation": True}
ON_ITS_OWN = {"EnableNetworkIsolation": False}
M5 = Other(INSTANCE_TYPE, {"InstanceType": "m5.xlarge", "InstanceStorageSupported": False})
G5 = Other(INSTANCE_TYPE, {"InstanceType": "g5.xlarge", "InstanceStorageSupported": True})
OF_TYPE = {
    "DataQuality": DATA_QUALITY_DEFINITION, "ModelQuality": MODEL_QUALITY_DEFINITION,
    "ModelBias": MODEL_BIAS_DEFINITION, "ModelExplainability": MODEL_EXPLAINABILITY_DEFINITION,
}
DEFINITIONS = ("data-quality", "model-quality", "model-bias", "model-explainability")


def cluster(count=1, **more):
    return {"ClusterConfig": {"InstanceCount": count, "InstanceType": "ml.m5.xlarge",
                              "VolumeSizeInGB": 20, **more}}


def definition(network=None, count=1):
    found = {"JobDefinitionName": "daily", "JobResources": cluster(count)}
    return found if network is None else found | {"NetworkConfig": network}


# name of the row, question, document, status, a piece of the message
SHARED = [
    ("two", "intercontainer-encryption", definition(ENCRYPTED, 2), "pass", ""),
    ("two_plain", "intercontainer-encryption", definition(PLAIN, 2), "fail", "2 instances"),
    ("two_unset", "intercontainer-encryption", definition({}, 2), "fail", "not on"),
    ("two_absent", "intercontainer-encryption", definition(None, 2), "fail", "not on"),
    ("pitfall_7_one", "intercontainer-encryption", definition(PLAIN), "not_applicable",
     "1 instance"),
    ("pitfall_7_one_encrypted", "intercontainer-encryption", definition(ENCRYPTED),
     "not_applicable", "1 instance"),
    ("no_count", "intercontainer-encryption", {"NetworkConfig": ENCRYPTED, "JobResources": {}},
     "unknown", "InstanceCount"),
    ("no_resources", "intercontainer-encryption", {"NetworkConfig": PLAIN}, "unknown",
     "InstanceCount"),
    ("isolated", "network-isolation", definition(ISOLATED), "pass", ""),
    ("off", "network-isolation", definition(ON_ITS_OWN), "fail", "can call out"),
    ("absent", "network-isolation", definition(), "fail", "NetworkConfig"),
    ("pitfall_16_vpc", "network-isolation",
     definition({"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}), "fail",
     "not on"),
    ("isolated_alone", "network-isolation", {"NetworkConfig": ISOLATED}, "pass", ""),
]


@pytest.mark.parametrize("about", DEFINITIONS)
@pytest.mark.parametrize(("question", "data", "status", "said"), [row[1:] for row in SHARED],
                         ids=[f"{row[1]}-{row[0]}" for row in SHARED])
def test_definitions(about, question, data, status, said):
    finding = judge(f"sagemaker-{about}-{question}", data, name="daily")
    assert finding.status == status, finding.message
    assert said in finding.message
    if status == "fail":
        assert f"create-{about}-job-definition" in finding.fix
        assert f"delete-{about}-job-definition --job-definition-name daily" in finding.fix


@pytest.mark.parametrize("about", DEFINITIONS)
def test_a_refused_definition_is_unknown(about):
    for question, data, members in (
        ("intercontainer-encryption", definition(ENCRYPTED, 2), ("NetworkConfig", "JobResources")),
        ("network-isolation", definition(ISOLATED), ("NetworkConfig",)),
    ):
        for member in (*members, ""):
            finding = judge(f"sagemaker-{about}-{question}", data, unseen={member: DENIED})
            assert finding.status == "unknown", finding.message


# -- keys of data quality monitors


def output(*uris, key=None):
    config = {"MonitoringOutputs": [{"S3Output": {"S3Uri": uri, "LocalPath": "/o"}}
                                    for uri in uris]}
    return {"DataQualityJobOutputConfig": config if key is None else config | {"KmsKeyId": key}}


KEYS = [
    ("key", "output-kms", output("s3://b/o", key=ARN), [], "pass", ""),
    ("pitfall_5_default", "output-kms", output("s3://b/o"), [], "fail", "no customer-managed key"),
    ("blank", "output-kms", output("s3://b/o", key=""), [], "fail", ""),
    ("pitfall_4_aws_alias", "output-kms", output("s3://b/o", key="alias/aws/s3"), [], "pass",
     "AWS manages"),
    ("pitfall_5_express", "output-kms", output(EXPRESS), [], "not_applicable", "Express"),
    ("pitfall_5_one_express", "output-kms", output(EXPRESS, "s3://b/o"), [], "fail", ""),
    ("nowhere", "output-kms", output(), [], "fail", ""),
    ("pitfall_8_volume_key", "output-kms",
     output("s3://b/o") | {"JobResources": cluster(VolumeKmsKeyId=ARN)}, [], "fail", ""),
    ("absent", "output-kms", {}, [], "unknown", "DataQualityJobOutputConfig"),

    ("key", "volume-kms", {"JobResources": cluster(VolumeKmsKeyId=ARN)}, [], "pass", ""),
    ("none", "volume-kms", {"JobResources": cluster()}, [M5], "fail", "no customer-managed key"),
    ("blank", "volume-kms", {"JobResources": cluster(VolumeKmsKeyId="")}, [M5], "fail", ""),
    ("pitfall_1_nvme", "volume-kms", {"JobResources": cluster(InstanceType="ml.g5.xlarge")}, [G5],
     "not_applicable", "NVMe"),
    ("pitfall_1_new_type", "volume-kms", {"JobResources": cluster()}, [], "unknown",
     "was not found"),
    ("pitfall_8_output_key", "volume-kms",
     output("s3://b/o", key=ARN) | {"JobResources": cluster()}, [M5], "fail", "VolumeKmsKeyId"),
    ("no_cluster", "volume-kms", {"JobResources": {}}, [], "unknown", "ClusterConfig"),
    ("absent", "volume-kms", {}, [], "unknown", "ClusterConfig"),
]


@pytest.mark.parametrize(
    ("question", "data", "others", "status", "said"), [row[1:] for row in KEYS],
    ids=[f"{row[1]}-{row[0]}" for row in KEYS])
def test_keys_of_data_quality_monitors(question, data, others, status, said):
    finding = judge(f"sagemaker-data-quality-{question}", data, *others)
    assert finding.status == status, finding.message
    assert said in finding.message


def test_refused_keys_are_unknown():
    for question, data, member in (
        ("output-kms", output("s3://b/o", key=ARN), "DataQualityJobOutputConfig"),
        ("volume-kms", {"JobResources": cluster(VolumeKmsKeyId=ARN)}, "JobResources"),
    ):
        for refused in (member, ""):
            finding = judge(f"sagemaker-data-quality-{question}", data, unseen={refused: DENIED})
            assert finding.status == "unknown"
    types = judge("sagemaker-data-quality-volume-kms", {"JobResources": cluster()},
                  refused=[INSTANCE_TYPE])
    assert types.status == "unknown"


# -- schedules


def inline(network=None, count=2):
    found = {"MonitoringResources": cluster(count)}
    return {"MonitoringScheduleConfig": {"MonitoringJobDefinition":
            found if network is None else found | {"NetworkConfig": network}}}


def naming(of_type="ModelBias", at_top=True):
    """A schedule that names a definition, and tells its type as a whole or in its configuration."""
    config = {"MonitoringJobDefinitionName": "daily"}
    if at_top:
        return {"MonitoringType": of_type, "MonitoringScheduleConfig": config}
    return {"MonitoringScheduleConfig": config | {"MonitoringType": of_type}}


SCHEDULES = [
    ("inline", "network-isolation", inline(ISOLATED), "pass", ""),
    ("inline_off", "network-isolation", inline(ON_ITS_OWN), "fail",
     "MonitoringScheduleConfig.MonitoringJobDefinition"),
    ("inline_absent", "network-isolation", inline(), "fail", "not on"),
    ("stopped", "network-isolation", inline() | {"MonitoringScheduleStatus": "Stopped"}, "fail",
     ""),
    ("inline", "intercontainer-encryption", inline(ENCRYPTED), "pass", ""),
    ("inline_plain", "intercontainer-encryption", inline(PLAIN), "fail", "2 instances"),
    ("pitfall_7_one", "intercontainer-encryption", inline(PLAIN, 1), "not_applicable",
     "1 instance"),
    ("no_config", "network-isolation", {}, "unknown", "MonitoringScheduleConfig"),
    ("neither", "network-isolation", {"MonitoringScheduleConfig": {}}, "unknown", "no definition"),
    ("blank_name", "network-isolation",
     {"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": ""}}, "unknown",
     "no definition"),
    ("pitfall_17_gone", "network-isolation", naming(), "not_applicable", "no longer exists"),
    ("pitfall_17_no_type", "network-isolation",
     {"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "daily"}}, "unknown",
     "of which type"),
    ("pitfall_17_new_type", "network-isolation", naming("ModelFairness"), "unknown",
     "of which type"),
]


@pytest.mark.parametrize(("question", "data", "status", "said"), [row[1:] for row in SCHEDULES],
                         ids=[f"{row[1]}-{row[0]}" for row in SCHEDULES])
def test_schedules(question, data, status, said):
    finding = judge(f"sagemaker-monitoring-schedule-{question}", data)
    assert finding.status == status, finding.message
    assert said in finding.message


@pytest.mark.parametrize("at_top", [True, False])
@pytest.mark.parametrize("of_type", OF_TYPE)
def test_pitfall_17_a_schedule_is_judged_through_the_definition_that_it_names(of_type, at_top):
    for question, network, status in (
        ("network-isolation", ISOLATED, "pass"), ("network-isolation", None, "fail"),
        ("intercontainer-encryption", ENCRYPTED, "pass"),
        ("intercontainer-encryption", PLAIN, "fail"),
    ):
        named = Other(OF_TYPE[of_type], definition(network, 2))
        # one of the same name and another type is another definition
        namesakes = [Other(kind, definition(ON_ITS_OWN if status == "pass" else ISOLATED, 2))
                     for other, kind in OF_TYPE.items() if other != of_type]
        finding = judge(f"sagemaker-monitoring-schedule-{question}", naming(of_type, at_top),
                        named, *namesakes)
        assert finding.status == status, finding.message
        if status == "fail":
            assert "the definition daily" in finding.message
            assert len({evidence.arn for evidence in finding.evidence}) == 2


def test_pitfall_17_a_definition_that_was_refused_is_unknown():
    for rule in ("network-isolation", "intercontainer-encryption"):
        refused = judge(f"sagemaker-monitoring-schedule-{rule}", naming(),
                        refused=[MODEL_BIAS_DEFINITION])
        assert refused.status == "unknown"
        for member in ("MonitoringScheduleConfig", ""):
            finding = judge(f"sagemaker-monitoring-schedule-{rule}", inline(ISOLATED | ENCRYPTED),
                            unseen={member: DENIED})
            assert finding.status == "unknown"


def test_the_schedules_type_may_be_refused():
    finding = judge("sagemaker-monitoring-schedule-network-isolation", naming(),
                    Other(MODEL_BIAS_DEFINITION, definition(ISOLATED)), unseen={"": DENIED})
    assert finding.status == "unknown"
