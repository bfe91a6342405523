"""Edges of the rules on processing, transform, tuning, AutoML and compilation jobs, and others.

Rows that begin with ``pitfall_`` are the traps of the service, by their numbers.
"""

import pytest

from auditor import kinds
from auditor.kinds import (
    INSTANCE_TYPE,
    MODEL,
    MODEL_BIAS_DEFINITION,
    MODEL_EXPLAINABILITY_DEFINITION,
    PROCESSING_JOB,
    TRAINING_JOB,
)
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{ID}"
MASK = "[[secret:named-secret:0a1b2c3d]]"
EXPRESS = "s3://fast--euw1-az1--x-s3/out"


def kind(name, local):
    return Other(INSTANCE_TYPE, {"InstanceType": name, "InstanceStorageSupported": local})


M5, G5 = kind("m5.xlarge", False), kind("g5.xlarge", True)
ON_M5 = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}
ON_G5 = {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}
OFFERED = {"InstancePreferences": [{"InstanceType": "ml.m5.xlarge"},
                                   {"InstanceType": "ml.g5.xlarge"}]}
KEY = {"VolumeKmsKeyId": ARN}


def processing(**cluster):
    return {"ProcessingResources": {"ClusterConfig": cluster}}


def transform(**resources):
    return {"TransformResources": resources}


def outputs(*uris, key=None, **more):
    config = {"Outputs": [{"OutputName": f"o{i}", "S3Output": {"S3Uri": uri}}
                          for i, uri in enumerate(uris)], **more}
    return {"ProcessingOutputConfig": config if key is None else config | {"KmsKeyId": key}}


def one(member="ResourceConfig", **config):
    return {"TrainingJobDefinition": {member: config}}


def several(*configs, member="ResourceConfig"):
    return {"TrainingJobDefinitions": [
        {"DefinitionName": f"d{i}", **({member: config} if config is not None else {})}
        for i, config in enumerate(configs)]}


TUNED = "HyperParameterTuningResourceConfig"
POOL = {"InstanceConfigs": [{"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}]}
MIXED = {"InstanceConfigs": [{"InstanceType": "ml.m5.xlarge"}, {"InstanceType": "ml.g5.xlarge"}]}
FEATURES = {"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "g"}, "AppManaged": True}
VPC = {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}


def variants(*types):
    return {"ModelVariants": [
        {"ModelName": f"m{i}", "VariantName": f"v{i}", "Status": "InService",
         "InfrastructureConfig": {"InfrastructureType": "RealTimeInference",
                                  "RealTimeInferenceConfig": {"InstanceType": t,
                                                              "InstanceCount": 1}}}
        for i, t in enumerate(types)]}


M5S, MIX, G5S = (variants("ml.m5.xlarge", "ml.m5.xlarge"),
                 variants("ml.g5.xlarge", "ml.m5.xlarge"), variants("ml.g5.xlarge"))

# name of the row, rule, document, what else there is, status, a piece of the message
CASES = [
    ("key", "processing-volume-kms", processing(**ON_M5, **KEY), [], "pass", ""),
    ("blank", "processing-volume-kms", processing(**ON_M5, VolumeKmsKeyId=""), [M5], "fail",
     "no customer-managed key"),
    ("pitfall_1_nvme", "processing-volume-kms", processing(**ON_G5), [G5], "not_applicable",
     "ml.g5.xlarge"),
    ("pitfall_1_new_type", "processing-volume-kms", processing(InstanceType="ml.new9.xlarge"), [],
     "unknown", "was not found"),
    ("pitfall_1_not_told", "processing-volume-kms", processing(InstanceType="ml.c6i.large"),
     [kind("c6i.large", None)], "unknown", "does not say"),
    ("pitfall_4_aws_alias", "processing-volume-kms",
     processing(**ON_M5, VolumeKmsKeyId="alias/aws/ebs"), [M5], "pass", "AWS manages"),
    ("chosen", "processing-volume-kms",
     processing(**OFFERED, SelectedInstanceType="ml.m5.xlarge"), [M5, G5], "fail", ""),
    ("pitfall_1_offered", "processing-volume-kms", processing(**OFFERED), [M5, G5],
     "not_applicable", "g5"),
    ("no_type", "processing-volume-kms", processing(InstanceCount=1), [], "unknown",
     "InstanceType"),
    ("blank_type", "processing-volume-kms",
     processing(InstancePreferences=[{"InstanceType": ""}]), [], "unknown", "InstanceType"),
    ("no_cluster", "processing-volume-kms", {"ProcessingResources": {}}, [], "unknown",
     "ClusterConfig"),
    ("absent", "processing-volume-kms", {}, [], "unknown", "ClusterConfig"),
    ("pitfall_29_finished", "processing-volume-kms",
     processing(**ON_M5) | {"ProcessingJobStatus": "Completed"}, [M5], "fail", ""),
    ("pitfall_31_failed", "processing-volume-kms",
     processing(**ON_M5) | {"ProcessingJobStatus": "Failed"}, [M5], "fail", ""),

    ("key", "processing-output-kms", outputs("s3://b/o", key=ARN), [], "pass", ""),
    ("blank", "processing-output-kms", outputs("s3://b/o", key=""), [], "fail", "KmsKeyId"),
    ("pitfall_5_default", "processing-output-kms", outputs("s3://b/o"), [], "fail",
     "no customer-managed key"),
    ("pitfall_5_express", "processing-output-kms", outputs(EXPRESS), [], "not_applicable",
     "Express"),
    ("pitfall_5_one_express", "processing-output-kms", outputs(EXPRESS, "s3://b/o"), [], "fail",
     ""),
    ("pitfall_8_volume_key", "processing-output-kms",
     outputs("s3://b/o") | processing(**ON_M5, **KEY), [], "fail", ""),
    ("pitfall_8_output_key", "processing-volume-kms",
     outputs("s3://b/o", key=ARN) | processing(**ON_M5), [M5], "fail", "VolumeKmsKeyId"),
    ("no_output", "processing-output-kms", {}, [], "not_applicable", "no output"),
    ("empty_output", "processing-output-kms", {"ProcessingOutputConfig": {"Outputs": []}}, [],
     "not_applicable", "no output"),
    ("features", "processing-output-kms", {"ProcessingOutputConfig": {"Outputs": [FEATURES]}}, [],
     "not_applicable", "Feature Store"),
    ("features_too", "processing-output-kms",
     {"ProcessingOutputConfig": {"Outputs": [FEATURES, {"S3Output": {"S3Uri": "s3://b/o"}}]}}, [],
     "fail", ""),
    ("nowhere", "processing-output-kms", {"ProcessingOutputConfig": {"Outputs": [{}]}}, [], "fail",
     ""),
    ("no_uri", "processing-output-kms",
     {"ProcessingOutputConfig": {"Outputs": [{"S3Output": {"S3Uri": ""}}]}}, [], "fail", ""),

    ("vpc", "processing-in-vpc", {"NetworkConfig": VPC}, [], "pass", ""),
    ("pitfall_16_isolated", "processing-in-vpc",
     {"NetworkConfig": {"EnableNetworkIsolation": True}}, [], "fail", "no subnet"),
    ("no_subnet", "processing-in-vpc", {"NetworkConfig": {"VpcConfig": {"Subnets": []}}}, [],
     "fail", ""),
    ("absent", "processing-in-vpc", {}, [], "fail", "VpcConfig"),
    ("isolated", "processing-network-isolation",
     {"NetworkConfig": {"EnableNetworkIsolation": True}}, [], "pass", ""),
    ("pitfall_16_vpc", "processing-network-isolation", {"NetworkConfig": VPC}, [], "fail",
     "not set"),
    ("off", "processing-network-isolation",
     {"NetworkConfig": {"EnableNetworkIsolation": False}}, [], "fail", "is false"),
    ("absent", "processing-network-isolation", {}, [], "fail", "not set"),

    ("plain", "processing-environment-secrets", {"Environment": {"STAGE": "x", "E": ""}}, [],
     "pass", ""),
    ("named", "processing-environment-secrets", {"Environment": {"DB_PASSWORD": MASK}}, [], "fail",
     "Environment.DB_PASSWORD holds 1 named-secret"),
    ("inside", "processing-environment-secrets", {"Environment": {"ARGS": f"--token {MASK}"}}, [],
     "fail", "Environment.ARGS"),
    ("empty", "processing-environment-secrets", {"Environment": {}}, [], "not_applicable", ""),
    ("absent", "processing-environment-secrets", {}, [], "not_applicable", ""),

    ("key", "transform-volume-kms", transform(**ON_M5, **KEY), [], "pass", ""),
    ("none", "transform-volume-kms", transform(**ON_M5), [M5], "fail", "TransformResources"),
    ("pitfall_1_nvme", "transform-volume-kms", transform(**ON_G5), [G5], "not_applicable", "NVMe"),
    ("pitfall_8_output_key", "transform-volume-kms",
     transform(**ON_M5) | {"TransformOutput": {"S3OutputPath": "s3://b/o", "KmsKeyId": ARN}}, [M5],
     "fail", ""),
    ("absent", "transform-volume-kms", {}, [], "unknown", "TransformResources"),
    ("no_type", "transform-volume-kms", transform(), [], "unknown", "InstanceType"),

    ("pitfall_33_one", "tuning-volume-kms", one(**ON_M5, **KEY), [], "pass", ""),
    ("pitfall_33_one", "tuning-volume-kms", one(**ON_M5), [M5], "fail",
     "TrainingJobDefinition.ResourceConfig.VolumeKmsKeyId"),
    ("pitfall_33_tuned", "tuning-volume-kms", one(TUNED, **POOL, **KEY), [], "pass", ""),
    ("pitfall_33_tuned", "tuning-volume-kms", one(TUNED, **POOL), [M5], "fail", TUNED),
    ("pitfall_33_tuned_one", "tuning-volume-kms", one(TUNED, **ON_M5), [M5], "fail", TUNED),
    ("pitfall_33_several", "tuning-volume-kms", several(ON_M5 | KEY, ON_M5 | KEY), [], "pass", ""),
    ("pitfall_33_second", "tuning-volume-kms", several(ON_M5 | KEY, ON_M5), [M5], "fail",
     "TrainingJobDefinitions[1]"),
    ("pitfall_33_tuned_second", "tuning-volume-kms", several(POOL | KEY, POOL, member=TUNED), [M5],
     "fail", "TrainingJobDefinitions[1]"),
    ("pitfall_1_nvme", "tuning-volume-kms", one(**ON_G5), [G5], "not_applicable", "NVMe"),
    ("pitfall_1_mixed", "tuning-volume-kms", one(TUNED, **MIXED), [M5, G5], "not_applicable",
     "ml.g5.xlarge"),
    # each definition has its own types: the NVMe of one does not excuse another
    ("pitfall_1_other", "tuning-volume-kms", several(ON_G5, ON_M5), [M5, G5], "fail",
     "TrainingJobDefinitions[1]"),
    ("pitfall_1_and_key", "tuning-volume-kms", several(ON_G5, ON_M5 | KEY), [M5, G5], "pass", ""),
    ("groups", "tuning-volume-kms",
     one(InstanceGroups=[{"InstanceGroupName": "g", "InstanceType": "ml.m5.xlarge"}]), [M5],
     "fail", ""),
    ("fail_settles", "tuning-volume-kms", several({"InstanceType": "ml.new9.xlarge"}, ON_M5), [M5],
     "fail", "[1]"),
    ("new_type", "tuning-volume-kms", several({"InstanceType": "ml.new9.xlarge"}, ON_M5 | KEY),
     [M5], "unknown", "was not found"),
    ("no_resources", "tuning-volume-kms", several(ON_M5 | KEY, None), [M5], "unknown",
     "TrainingJobDefinitions[1]"),
    ("absent", "tuning-volume-kms", {}, [], "unknown", "TrainingJobDefinition"),
    ("pitfall_31_deleting", "tuning-volume-kms",
     one(**ON_M5) | {"HyperParameterTuningJobStatus": "Deleting"}, [M5], "not_applicable",
     "Deleting"),
    ("pitfall_31_delete_failed", "tuning-volume-kms",
     one(**ON_M5) | {"HyperParameterTuningJobStatus": "DeleteFailed"}, [M5], "fail", ""),

    ("pitfall_3_serverless", "training-volume-kms",
     {"ServerlessJobConfig": {"JobType": "FineTuning"}}, [], "not_applicable", "serverless"),
    ("blank_group", "training-volume-kms", {"ResourceConfig": {"InstanceGroups": [
        {"InstanceType": "ml.m5.xlarge"}, {"InstanceType": ""}]}}, [M5], "unknown",
     "InstanceType"),

    ("on", "automl-intercontainer-encryption",
     {"SecurityConfig": {"EnableInterContainerTrafficEncryption": True}}, [], "pass", ""),
    ("off", "automl-intercontainer-encryption",
     {"SecurityConfig": {"EnableInterContainerTrafficEncryption": False}}, [], "fail", "is false"),
    # AutoML tells no number of instances, so that none excuses it
    ("pitfall_7_not_told", "automl-intercontainer-encryption", {"SecurityConfig": {}}, [], "fail",
     "not set"),
    ("pitfall_33_first_version", "automl-intercontainer-encryption", {}, [], "fail", "not set"),

    ("key", "compilation-output-kms",
     {"OutputConfig": {"S3OutputLocation": "s3://b/o", "KmsKeyId": ARN}}, [], "pass", ""),
    ("pitfall_4_aws_alias", "compilation-output-kms",
     {"OutputConfig": {"S3OutputLocation": "s3://b/o", "KmsKeyId": "alias/aws/s3"}}, [], "pass",
     "AWS manages"),
    ("pitfall_5_default", "compilation-output-kms",
     {"OutputConfig": {"S3OutputLocation": "s3://b/o"}}, [], "fail", "no customer-managed key"),
    ("pitfall_5_express", "compilation-output-kms", {"OutputConfig": {"S3OutputLocation": EXPRESS}},
     [], "not_applicable", "Express"),
    ("absent", "compilation-output-kms", {}, [], "unknown", "OutputConfig"),

    ("key", "flow-definition-output-kms",
     {"OutputConfig": {"S3OutputPath": "s3://b/o", "KmsKeyId": ARN}}, [], "pass", ""),
    ("blank", "flow-definition-output-kms",
     {"OutputConfig": {"S3OutputPath": "s3://b/o", "KmsKeyId": ""}}, [], "fail", "OutputConfig"),
    ("pitfall_31_deleting", "flow-definition-output-kms",
     {"FlowDefinitionStatus": "Deleting", "OutputConfig": {"S3OutputPath": "s3://b/o"}}, [],
     "not_applicable", "Deleting"),
    ("pitfall_31_failed", "flow-definition-output-kms",
     {"FlowDefinitionStatus": "Failed", "OutputConfig": {"S3OutputPath": "s3://b/o"}}, [],
     "not_applicable", "Failed"),
    ("active", "flow-definition-output-kms",
     {"FlowDefinitionStatus": "Active", "OutputConfig": {"S3OutputPath": "s3://b/o"}}, [], "fail",
     ""),
    ("absent", "flow-definition-output-kms", {}, [], "unknown", "OutputConfig"),

    ("key", "inference-experiment-data-kms",
     {"DataStorageConfig": {"Destination": "s3://b/o", "KmsKey": ARN}}, [], "pass", ""),
    ("pitfall_4_aws_alias", "inference-experiment-data-kms",
     {"DataStorageConfig": {"Destination": "s3://b/o", "KmsKey": "alias/aws/s3"}}, [], "pass",
     "AWS manages"),
    ("pitfall_5_express", "inference-experiment-data-kms",
     {"DataStorageConfig": {"Destination": EXPRESS}}, [], "not_applicable", "Express"),
    # the key of the instances says nothing about the data
    ("pitfall_8_instance_key", "inference-experiment-data-kms",
     {"DataStorageConfig": {"Destination": "s3://b/o"}, "KmsKey": ARN}, [], "fail", ""),
    ("nothing_captured", "inference-experiment-data-kms", {}, [], "not_applicable",
     "captures no data"),
    ("no_destination", "inference-experiment-data-kms", {"DataStorageConfig": {}}, [], "fail", ""),

    ("key", "inference-experiment-instance-kms", M5S | {"KmsKey": ARN}, [M5], "pass", ""),
    ("none", "inference-experiment-instance-kms", M5S, [M5], "fail", "no customer-managed key"),
    ("pitfall_8_data_key", "inference-experiment-instance-kms",
     M5S | {"DataStorageConfig": {"Destination": "s3://b/o", "KmsKey": ARN}}, [M5], "fail", ""),
    ("pitfall_2_all_nvme", "inference-experiment-instance-kms", G5S, [G5], "not_applicable",
     "NVMe"),
    ("pitfall_2_key_and_nvme", "inference-experiment-instance-kms", G5S | {"KmsKey": ARN}, [G5],
     "pass", "does not encrypt the local NVMe storage of ml.g5.xlarge"),
    ("pitfall_2_one_nvme", "inference-experiment-instance-kms", MIX, [M5, G5], "fail", ""),
    ("new_type", "inference-experiment-instance-kms",
     variants("ml.g5.xlarge", "ml.new9.xlarge"), [G5], "unknown", "was not found"),
    ("pitfall_3_no_instances", "inference-experiment-instance-kms",
     {"ModelVariants": [{"VariantName": "v", "InfrastructureConfig": {}}]}, [], "unknown",
     "InstanceType"),
    ("absent", "inference-experiment-instance-kms", {}, [], "unknown", "ModelVariants"),
    ("blank", "inference-experiment-instance-kms", M5S | {"KmsKey": ""}, [M5], "fail", ""),
]


@pytest.mark.parametrize(
    ("rule", "data", "others", "status", "said"), [row[1:] for row in CASES],
    ids=[f"{row[1]}-{row[0]}-{row[4]}" for row in CASES])
def test_edges(rule, data, others, status, said):
    finding = judge(f"sagemaker-{rule}", data, *others)
    assert finding.status == status, finding.message
    assert said in finding.message
    assert "the rule broke" not in finding.message


READS = {
    "processing-volume-kms": "ProcessingResources", "processing-output-kms":
    "ProcessingOutputConfig", "processing-in-vpc": "NetworkConfig",
    "processing-network-isolation": "NetworkConfig", "processing-environment-secrets":
    "Environment", "transform-volume-kms": "TransformResources",
    "automl-intercontainer-encryption": "SecurityConfig", "compilation-output-kms": "OutputConfig",
    "flow-definition-output-kms": "OutputConfig", "tuning-volume-kms": "TrainingJobDefinitions",
    "inference-experiment-data-kms": "DataStorageConfig",
    "inference-experiment-instance-kms": "KmsKey",
}


@pytest.mark.parametrize(("rule", "member"), READS.items())
def test_what_was_refused_is_unknown(rule, member):
    passing = next(row for row in CASES if row[1] == rule and row[4] == "pass")
    for refused in (member, ""):
        finding = judge(f"sagemaker-{rule}", passing[2], *passing[3], unseen={refused: DENIED})
        assert finding.status == "unknown", finding.message


@pytest.mark.parametrize(("rule", "data"), [
    ("processing-volume-kms", processing(**ON_M5)), ("transform-volume-kms", transform(**ON_M5)),
    ("tuning-volume-kms", one(**ON_M5)), ("inference-experiment-instance-kms", M5S),
])
def test_types_that_ec2_did_not_tell_are_unknown(rule, data):
    assert judge(f"sagemaker-{rule}", data, refused=[INSTANCE_TYPE]).status == "unknown"


def test_pitfall_29_what_cannot_be_deleted_becomes_historical():
    old = transform(**ON_M5) | {"TransformJobStatus": "Completed",
                                "TransformEndTime": "2025-08-01T00:00:00Z"}
    finding = judge("sagemaker-transform-volume-kms", old, M5)
    assert finding.status == "fail" and finding.historical
    assert "delete-transform-job" not in finding.fix and "nothing deletes it" in finding.fix
    recent = old | {"TransformEndTime": "2026-01-20T00:00:00Z"}
    assert not judge("sagemaker-transform-volume-kms", recent, M5).historical
    automl = judge("sagemaker-automl-intercontainer-encryption", {"EndTime": "2025-08-01"})
    assert automl.historical and "delete-auto-ml-job" not in automl.fix
    assert "create-auto-ml-job-v2" in automl.fix and "An AutoML job" in automl.fix


@pytest.mark.parametrize(("rule", "data", "verb"), [
    ("processing-in-vpc", {}, "delete-processing-job --processing-job-name nightly"),
    ("tuning-volume-kms", one(**ON_M5),
     "delete-hyper-parameter-tuning-job --hyper-parameter-tuning-job-name nightly"),
    ("compilation-output-kms", {"OutputConfig": {}},
     "delete-compilation-job --compilation-job-name nightly"),
])
def test_pitfall_29_a_job_is_replaced_not_changed(rule, data, verb):
    fix = judge(f"sagemaker-{rule}", data, M5, name="nightly").fix
    assert "cannot be changed" in fix and verb in fix


def test_a_secret_is_told_by_its_kind_only():
    finding = judge("sagemaker-processing-environment-secrets", {"Environment": {"TOKEN": MASK}})
    assert finding.status == "fail" and "0a1b2c3d" not in finding.message


@pytest.mark.parametrize(("tags", "status"), [
    ({"team": "fraud"}, "pass"), ({}, "fail"), ({"aws:cloudformation:stack-name": "ml"}, "fail"),
])
def test_pitfall_45_tags_of_an_experiment(tags, status):
    finding = judge("sagemaker-inference-experiment-tagged", {"Name": "x"}, tags=tags)
    assert finding.status == status, finding.message


# -- Clarify

CLARIFY = "205585389593.dkr.ecr.us-east-1.amazonaws.com/sagemaker-clarify-processing"


def runs(image):
    return Other(PROCESSING_JOB, {"ProcessingJobName": "j", "AppSpecification": {"ImageUri": image}})


@pytest.mark.parametrize(("others", "status"), [
    ([runs(f"{CLARIFY}:1.0")], "pass"),
    ([runs(f"{CLARIFY}@sha256:0123")], "pass"),
    ([runs(CLARIFY)], "pass"),
    ([runs("111122223333.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1")], "pass"),
    ([Other(MODEL_BIAS_DEFINITION, {"JobDefinitionName": "b"})], "pass"),
    ([Other(MODEL_EXPLAINABILITY_DEFINITION, {"JobDefinitionName": "e"})], "pass"),
    ([runs("111122223333.dkr.ecr.eu-west-1.amazonaws.com/clarify:1"),
      Other(MODEL, {"ModelName": "m"})], "fail"),
    ([runs(""), Other(TRAINING_JOB, {"TrainingJobName": "t"})], "fail"),
    ([], "not_applicable"),
])
def test_clarify_is_used_or_not(others, status):
    finding = judge("sagemaker-processing-clarify-exists", {}, *others)
    assert finding.status == status, finding.message
    if status == "fail":
        assert finding.severity == "info"  # to use no product is a decision


@pytest.mark.parametrize(("others", "refused", "status"), [
    ([], [PROCESSING_JOB], "unknown"),
    ([], [MODEL_BIAS_DEFINITION], "unknown"),
    ([runs(f"{CLARIFY}:1")], [MODEL_BIAS_DEFINITION], "pass"),
    ([Other(MODEL_BIAS_DEFINITION, {"JobDefinitionName": "b"})], [PROCESSING_JOB], "pass"),
    ([], [MODEL], "unknown"),
    ([Other(TRAINING_JOB, {"TrainingJobName": "t"})], [MODEL], "fail"),
])
def test_clarify_where_a_list_was_refused(others, refused, status):
    finding = judge("sagemaker-processing-clarify-exists", {}, *others, refused=refused)
    assert finding.status == status, finding.message


def test_clarify_where_the_account_was_not_seen():
    finding = judge("sagemaker-processing-clarify-exists", {}, runs(f"{CLARIFY}:1"),
                    unseen={"": DENIED})
    assert finding.status == "unknown" and kinds.ACCOUNT.name == finding.resource.kind
