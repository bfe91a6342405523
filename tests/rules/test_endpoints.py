"""Edges of the rules on endpoint configurations."""

import pytest

from auditor.kinds import ENDPOINT, INSTANCE_TYPE, KEY
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{ID}"
ROLE = "arn:aws:iam::111122223333:role/inference"


def key(manager="CUSTOMER", state="Enabled", *names):
    return Other(KEY, {"KeyId": ID, "Arn": ARN, "KeyManager": manager, "KeyState": state}, names)


def kind(name, local):
    return Other(INSTANCE_TYPE, {"InstanceType": name, "InstanceStorageSupported": local})


M5, G5 = kind("m5.xlarge", False), kind("g5.xlarge", True)


def variant(name="main", instance="ml.m5.xlarge", count=2, **more):
    return {"VariantName": name, "ModelName": "m", "InstanceType": instance,
            "InitialInstanceCount": count, "InitialVariantWeight": 1.0, **more}


def less(one, *members):
    return {k: v for k, v in one.items() if k not in members}


def serves(*variants, **more):
    return {"EndpointConfigName": "c", "ProductionVariants": list(variants), **more}


SERVERLESS = {"VariantName": "free", "ModelName": "m", "InitialVariantWeight": 1.0,
              "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
POOLED = less(variant(), "InstanceType") | {"InstancePools": [
    {"InstanceType": "ml.g5.xlarge", "Priority": 1},
    {"InstanceType": "ml.m5.xlarge", "Priority": 2},
]}
COMPONENTS = less(variant(), "ModelName")
OVERRIDDEN = COMPONENTS | {"InstancePools": [{"InstanceType": "ml.m5.xlarge",
                                              "ModelNameOverride": "m", "Priority": 1}]}
CAPTURE = {"EnableCapture": True, "InitialSamplingPercentage": 20,
           "DestinationS3Uri": "s3://capture/x", "CaptureOptions": [{"CaptureMode": "Input"}]}
VPC = {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}


def scaled(low, count=None, status="ENABLED"):
    one = variant(count=count, ManagedInstanceScaling={
        "Status": status, "MinInstanceCount": low, "MaxInstanceCount": 8})
    return one if count is not None else less(one, "InitialInstanceCount")


CASES = [
    ("volume-kms", serves(variant(), KmsKeyId=ARN), [M5], "pass", ""),
    ("volume-kms", serves(variant(), KmsKeyId=ARN), [], "pass", ""),
    ("volume-kms", serves(variant()), [M5], "fail", "no customer-managed key"),
    ("volume-kms", serves(variant(), KmsKeyId=""), [M5], "fail", "no customer-managed key"),
    ("volume-kms", serves(variant(), KmsKeyId="alias/aws/ebs"), [M5], "pass", "AWS manages"),
    # a key may be set with local NVMe storage, but does not reach it
    ("volume-kms", serves(variant(instance="ml.g5.xlarge"), KmsKeyId=ARN), [G5], "pass",
     "does not encrypt the local NVMe storage of ml.g5.xlarge"),
    ("volume-kms", serves(variant(instance="ml.g5.xlarge")), [G5], "not_applicable", "NVMe"),
    ("volume-kms", serves(variant(instance="ml.g5.xlarge"), variant("b")), [G5, M5], "fail", ""),
    ("volume-kms", serves(variant(instance="ml.g5.xlarge"),
                          ShadowProductionVariants=[variant("s")]), [G5, M5], "fail", ""),
    ("volume-kms", serves(POOLED), [G5, M5], "fail", ""),
    ("volume-kms", serves(POOLED), [G5], "unknown", "ml.m5.xlarge"),
    ("volume-kms", serves(variant(instance="ml.new.large")), [], "unknown", "was not found"),
    ("volume-kms", serves(variant(instance="ml.new.large"), variant("b")), [M5], "fail", ""),
    ("volume-kms", serves(variant(instance="ml.g5.xlarge"), less(variant("b"), "InstanceType")),
     [G5], "unknown", "variant b"),
    ("volume-kms", serves(SERVERLESS), [], "not_applicable", "serverless"),
    ("volume-kms", serves(SERVERLESS, variant()), [M5], "fail", ""),
    ("volume-kms", serves(), [], "unknown", "ProductionVariants"),
    ("volume-kms", {}, [], "unknown", "ProductionVariants"),

    ("data-capture", serves(variant(), DataCaptureConfig=CAPTURE), [], "pass", "20 %"),
    ("data-capture", serves(variant()), [], "fail", "DataCaptureConfig is not set"),
    ("data-capture", serves(variant(), DataCaptureConfig=CAPTURE | {"EnableCapture": False}), [],
     "fail", "EnableCapture is false"),
    ("data-capture",
     serves(variant(), DataCaptureConfig=CAPTURE | {"InitialSamplingPercentage": 0}), [],
     "fail", "InitialSamplingPercentage is 0"),
    ("data-capture",
     serves(variant(), DataCaptureConfig=CAPTURE | {"InitialSamplingPercentage": 1}), [],
     "pass", "1 %"),
    ("data-capture", serves(variant(), DataCaptureConfig=less(CAPTURE, "EnableCapture")), [],
     "unknown", "does not say"),
    ("data-capture",
     serves(variant(), DataCaptureConfig=less(CAPTURE, "InitialSamplingPercentage")), [],
     "unknown", "does not say"),
    ("data-capture", serves(SERVERLESS), [], "not_applicable", "serverless"),
    ("data-capture", {}, [], "unknown", "ProductionVariants"),

    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {"KmsKeyId": ARN}),
     [key()], "pass", ""),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {"KmsKeyId": "alias/ml"}),
     [key("CUSTOMER", "Enabled", "alias/ml")], "pass", ""),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {"KmsKeyId": ARN}),
     [key("AWS")], "fail", "AWS manages"),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {"KmsKeyId": ARN}),
     [key("CUSTOMER", "Disabled")], "fail", "Disabled"),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {"KmsKeyId": ARN}),
     [], "fail", "does not exist"),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {
        "KmsKeyId": "arn:aws:kms:eu-west-1:444455556666:key/x"}), [], "unknown", "belongs to account"),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE), [], "fail",
     "no customer-managed key"),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {"KmsKeyId": ""}), [],
     "fail", "no customer-managed key"),
    # the key of the volumes is another one
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE, KmsKeyId=ARN), [key()],
     "fail", "DataCaptureConfig.KmsKeyId"),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {"EnableCapture": False}),
     [], "not_applicable", "off"),
    ("data-capture-cmk", serves(variant()), [], "not_applicable", "off"),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=less(CAPTURE, "EnableCapture")), [],
     "unknown", "does not say"),
    ("data-capture-cmk", serves(SERVERLESS, DataCaptureConfig=CAPTURE), [], "not_applicable",
     "serverless"),

    ("in-vpc", serves(COMPONENTS, ExecutionRoleArn=ROLE, **VPC), [], "pass", ""),
    ("in-vpc", serves(COMPONENTS, ExecutionRoleArn=ROLE), [], "fail", "VpcConfig"),
    ("in-vpc", serves(COMPONENTS, VpcConfig={"Subnets": []}), [], "fail", "VpcConfig"),
    ("in-vpc", serves(variant(), ExecutionRoleArn=ROLE), [], "fail", "VpcConfig"),
    ("in-vpc", serves(variant()), [], "not_applicable", "models"),
    ("in-vpc", serves(OVERRIDDEN), [], "not_applicable", "models"),
    ("in-vpc", serves(SERVERLESS), [], "not_applicable", "models"),
    ("in-vpc", {}, [], "unknown", "ProductionVariants"),

    ("network-isolation", serves(COMPONENTS, EnableNetworkIsolation=True), [], "pass", ""),
    ("network-isolation", serves(COMPONENTS, EnableNetworkIsolation=False), [], "fail", "false"),
    ("network-isolation", serves(COMPONENTS), [], "fail", "not set"),
    ("network-isolation", serves(variant()), [], "not_applicable", "models"),

    ("instance-count", serves(variant(count=2), variant("b", count=3)), [], "pass", ""),
    ("instance-count", serves(variant(), variant("b", count=1)), [], "fail", "b (1)"),
    ("instance-count", serves(SERVERLESS), [], "not_applicable", "serverless"),
    ("instance-count", serves(SERVERLESS, variant(count=2)), [], "pass", ""),
    ("instance-count", serves(SERVERLESS, variant(count=1)), [], "fail", "main (1)"),
    ("instance-count", serves(less(variant(), "InitialInstanceCount")), [], "unknown", "main"),
    ("instance-count", serves(less(variant(), "InitialInstanceCount"), variant("b", count=1)),
     [], "fail", "b (1)"),
    ("instance-count", serves(scaled(2)), [], "pass", ""),
    ("instance-count", serves(scaled(2, count=1)), [], "pass", ""),
    ("instance-count", serves(scaled(1, count=1)), [], "fail", "main (1)"),
    ("instance-count", serves(scaled(0)), [], "fail", "main (0)"),
    ("instance-count", serves(scaled(5, count=1, status="DISABLED")), [], "fail", "main (1)"),
    ("instance-count", serves(POOLED), [], "pass", ""),
    ("instance-count", serves(less(POOLED, "InitialInstanceCount")), [], "unknown", "main"),
    # a shadow variant answers nobody
    ("instance-count",
     serves(variant(), ShadowProductionVariants=[variant("s", count=1)]), [], "pass", ""),
    ("instance-count", serves(), [], "unknown", "ProductionVariants"),

    ("instance-type-consistent", serves(variant(), variant("b")), [], "pass", ""),
    ("instance-type-consistent", serves(variant(), variant("b", "ml.m5.2xlarge")), [], "fail",
     "b on ml.m5.2xlarge"),
    ("instance-type-consistent", serves(POOLED, POOLED | {"VariantName": "b"}), [], "pass", ""),
    ("instance-type-consistent", serves(variant(), POOLED | {"VariantName": "b"}), [], "fail",
     "ml.g5.xlarge"),
    ("instance-type-consistent", serves(variant()), [], "not_applicable", "no two"),
    ("instance-type-consistent", serves(variant(), SERVERLESS), [], "not_applicable", "no two"),
    ("instance-type-consistent", serves(variant(), less(variant("b"), "InstanceType")), [],
     "unknown", "variant b"),
    ("instance-type-consistent", serves(variant(), variant("b", "")), [], "unknown", "variant b"),

    ("variant-weights", serves(variant(), variant("b", InitialVariantWeight=0.01)), [], "pass",
     ""),
    ("variant-weights", serves(variant(), variant("b", InitialVariantWeight=0.0)), [], "fail",
     "InitialVariantWeight of b is 0"),
    ("variant-weights", serves(variant(), variant("b", InitialVariantWeight=0)), [], "fail", "b"),
    ("variant-weights", serves(variant(InitialVariantWeight=0.0)), [], "not_applicable", "one"),
    ("variant-weights", serves(variant(), less(variant("b"), "InitialVariantWeight")), [],
     "unknown", "of b"),
    ("variant-weights",
     serves(less(variant("a"), "InitialVariantWeight"), variant("b", InitialVariantWeight=0.0)),
     [], "fail", "b"),
    ("variant-weights",
     serves(variant(), ShadowProductionVariants=[variant("s", InitialVariantWeight=0.0)]), [],
     "not_applicable", "one"),

    ("safe-rollout", serves(variant(), variant("b")), [], "pass", ""),
    ("safe-rollout", serves(variant(), ShadowProductionVariants=[variant("s")]), [], "pass", ""),
    ("safe-rollout", serves(variant(), ShadowProductionVariants=[]), [], "fail", "only variant"),
    ("safe-rollout", serves(SERVERLESS), [], "not_applicable", "serverless"),
    ("safe-rollout", {}, [], "unknown", "ProductionVariants"),
]


@pytest.mark.parametrize(("rule", "data", "others", "status", "words"), CASES)
def test_edges(rule, data, others, status, words):
    finding = judge(f"sagemaker-endpoint-config-{rule}", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


REFUSED = [
    ("volume-kms", serves(variant()), "KmsKeyId"),
    ("volume-kms", serves(variant()), "ShadowProductionVariants"),
    ("data-capture", serves(variant()), "DataCaptureConfig"),
    ("data-capture-cmk", serves(variant()), "DataCaptureConfig"),
    ("in-vpc", serves(variant()), "ExecutionRoleArn"),
    ("in-vpc", serves(COMPONENTS), "VpcConfig"),
    ("network-isolation", serves(COMPONENTS), "EnableNetworkIsolation"),
    ("instance-count", {}, "ProductionVariants"),
    ("instance-type-consistent", {}, "ProductionVariants"),
    ("variant-weights", {}, "ProductionVariants"),
    ("safe-rollout", serves(variant()), "ShadowProductionVariants"),
]


@pytest.mark.parametrize(("rule", "data", "member"), REFUSED)
def test_what_was_refused_is_unknown(rule, data, member):
    for refused in (member, ""):
        finding = judge(f"sagemaker-endpoint-config-{rule}", data, unseen={refused: DENIED})
        assert finding.status == "unknown"
        assert DENIED in finding.message and finding.gap is not None


@pytest.mark.parametrize(("rule", "data", "refused"), [
    ("volume-kms", serves(variant()), INSTANCE_TYPE),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE | {"KmsKeyId": ARN}), KEY),
])
def test_what_it_points_at_was_refused(rule, data, refused):
    finding = judge(f"sagemaker-endpoint-config-{rule}", data, refused=[refused])
    assert finding.status == "unknown" and DENIED in finding.message


UNSOUND = [
    ("volume-kms", serves(variant()), "medium"),
    ("data-capture", serves(variant()), "low"),
    ("data-capture-cmk", serves(variant(), DataCaptureConfig=CAPTURE), "high"),
    ("in-vpc", serves(COMPONENTS), "high"),
    ("network-isolation", serves(COMPONENTS), "high"),
    ("instance-count", serves(variant(count=1)), "medium"),
    ("instance-type-consistent", serves(variant(), variant("b", "ml.c5.large")), "low"),
    ("variant-weights", serves(variant(), variant("b", InitialVariantWeight=0.0)), "low"),
    ("safe-rollout", serves(variant()), "info"),
]


@pytest.mark.parametrize(("rule", "data", "severity"), UNSOUND)
def test_a_configuration_that_no_endpoint_uses_is_informational(rule, data, severity):
    rule = f"sagemaker-endpoint-config-{rule}"
    alone = judge(rule, data, M5)
    assert (alone.status, alone.severity) == ("fail", "info")
    assert "no endpoint uses" in alone.message
    used = judge(rule, data, M5, Other(ENDPOINT, {"EndpointName": "e", "EndpointConfigName": "c"}))
    assert (used.status, used.severity) == ("fail", severity)
    other = judge(rule, data, M5, Other(ENDPOINT, {"EndpointName": "e", "EndpointConfigName": "d"}))
    assert other.severity == "info"
    # where endpoints were not seen, one may well use it
    unknown = judge(rule, data, M5, refused=[ENDPOINT])
    assert (unknown.status, unknown.severity) == ("fail", severity)
