"""Edges of the rules on models; numbers are those of the pitfalls in semantics.md."""

import json

import pytest

from auditor.kinds import (
    BUCKET,
    DEFAULT_BUCKET,
    ENDPOINT,
    ENDPOINT_CONFIG,
    INFERENCE_COMPONENT,
    MODEL,
    MODEL_PACKAGE,
    TRANSFORM_JOB,
)
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.scan import choose
from auditor.testing import judge

DENIED = "AccessDeniedException"
HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
IMAGE = f"{HOST}/serving:v1"
AWS_IMAGE = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.1"
ALGORITHM = "438346466558.dkr.ecr.eu-west-1.amazonaws.com/xgboost:1"
THEIRS = "444455556666.dkr.ecr.eu-west-1.amazonaws.com/serving:v1"
PACKAGE = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/fraud/3"
VENDOR = "arn:aws:sagemaker:eu-west-1:444455556666:model-package/sold/1"
VPC = {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}


def one(image=IMAGE, **more):
    return {"ModelName": "m", "PrimaryContainer": {"Image": image, **more}}


def many(*containers, **more):
    return {"ModelName": "m", "Containers": list(containers), **more}


def image(address=IMAGE, mode=None, **more):
    config = {"ImageConfig": {"RepositoryAccessMode": mode}} if mode else {}
    return {"Image": address, **config, **more}


def packaged(arn=PACKAGE):
    return {"ModelPackageName": arn}


def config(name="c", **variant):
    return Other(ENDPOINT_CONFIG, {"EndpointConfigName": name, "ProductionVariants": [
        {"VariantName": "main", "ModelName": "m", "InstanceType": "ml.m5.large", **variant}]})


FREE = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
LIVE = Other(ENDPOINT, {"EndpointName": "e", "EndpointConfigName": "c"})
COMPONENT = Other(INFERENCE_COMPONENT, {
    "InferenceComponentName": "ic", "EndpointName": "e", "Specification": {"ModelName": "m"},
    "InferenceComponentArn": "arn:aws:sagemaker:eu-west-1:111122223333:inference-component/ic"})
BATCH = Other(TRANSFORM_JOB, {"TransformJobName": "t", "ModelName": "m"})

NETWORK = [
    ("in-vpc", "vpc", one() | VPC, [], "pass", ""),
    ("in-vpc", "absent", one(), [], "fail", "VpcConfig"),
    ("in-vpc", "empty", one() | {"VpcConfig": {}}, [], "fail", "VpcConfig"),
    ("in-vpc", "blank", one() | {"VpcConfig": {"Subnets": [""]}}, [], "fail", "VpcConfig"),
    ("in-vpc", "no_subnet", one() | {"VpcConfig": {"Subnets": []}}, [], "fail", "VpcConfig"),
    ("in-vpc", "pitfall_15_components_only", one(), [COMPONENT], "not_applicable",
     "endpoint configuration"),
    ("in-vpc", "pitfall_15_and_a_model_endpoint", one(), [COMPONENT, config()], "fail", ""),
    ("in-vpc", "pitfall_15_and_batch", one(), [COMPONENT, BATCH], "fail", ""),
    ("in-vpc", "pitfall_3_serverless", one(), [config(**FREE)], "not_applicable", "serverless"),
    ("in-vpc", "pitfall_3_serverless_and_instances", one(),
     [config(**FREE), config("d")], "fail", ""),
    ("in-vpc", "pitfall_3_serverless_of_another_model", one(),
     [config(), config("d", ModelName="n", **FREE)], "fail", ""),
    ("network-isolation", "on", one() | {"EnableNetworkIsolation": True}, [], "pass", ""),
    ("network-isolation", "off", one() | {"EnableNetworkIsolation": False}, [], "fail", "false"),
    ("network-isolation", "absent", one(), [], "fail", "not set"),
    # isolation is not what a VPC gives, and the other way round
    ("network-isolation", "pitfall_16_vpc_alone", one() | VPC, [], "fail", "not set"),
    ("in-vpc", "pitfall_16_isolation_alone", one() | {"EnableNetworkIsolation": True}, [], "fail",
     "VpcConfig"),
    ("network-isolation", "pitfall_16_both", one() | VPC | {"EnableNetworkIsolation": True}, [],
     "pass", ""),
    ("network-isolation", "pitfall_15_components_only", one(), [COMPONENT], "not_applicable", ""),
    ("network-isolation", "pitfall_3_serverless", one(), [config(**FREE)], "not_applicable", ""),
]
REGISTRY = [
    ("single", "vpc", one(ImageConfig={"RepositoryAccessMode": "Vpc"}), "pass", ""),
    ("single", "pitfall_14_platform_is_ecr",
     one(ImageConfig={"RepositoryAccessMode": "Platform"}), "fail", "is Platform"),
    ("single", "absent", one(), "fail", "not set"),
    ("single", "empty", one(ImageConfig={}), "fail", "not set"),
    ("single", "pitfall_14_package", {"ModelName": "m", "PrimaryContainer": packaged()},
     "not_applicable", "model package"),
    ("single", "pitfall_33_containers", many(image()), "not_applicable", "multi"),
    ("single", "pitfall_33_neither", {"ModelName": "m"}, "unknown", "no container"),
    ("single", "pitfall_33_empty_primary", {"ModelName": "m", "PrimaryContainer": {}}, "unknown",
     "no container"),
    ("multi", "vpc", many(image(mode="Vpc"), image(mode="Vpc")), "pass", ""),
    ("multi", "one_platform", many(image(mode="Vpc"), image(mode="Platform")), "fail",
     "Containers[1].ImageConfig.RepositoryAccessMode is Platform"),
    ("multi", "one_absent", many(image(), image(mode="Vpc")), "fail", "Containers[0]"),
    ("multi", "pitfall_14_one_package", many(packaged(), image(mode="Vpc")), "pass", ""),
    ("multi", "pitfall_14_all_packages", many(packaged(), packaged()), "not_applicable",
     "model package"),
    ("multi", "blank_image", many(image(""), image(mode="Vpc")), "unknown", "Containers[0]"),
    ("multi", "pitfall_33_primary", one(), "not_applicable", "single"),
    ("multi", "pitfall_33_empty_primary_beside",
     many(image(mode="Vpc")) | {"PrimaryContainer": {}}, "pass", ""),
]
IMAGES = [
    ("ours", one(), (), "pass", ""),
    ("pitfall_44_aws", one(AWS_IMAGE), (), "pass", ""),
    ("pitfall_44_algorithm", one(ALGORITHM), (), "pass", ""),
    ("foreign", one(THEIRS), (), "fail", "account 444455556666"),
    ("trusted", one(THEIRS), ("444455556666",), "pass", ""),
    ("docker_hub", one("python:3.12"), (), "fail", "docker.io"),
    ("public_ecr", one("public.ecr.aws/x/y:1"), (), "fail", "public.ecr.aws"),
    ("look_alike", one("111122223333.dkr.ecr.eu-west-1.amazonaws.example.com/x:1"), (), "fail",
     "which is not ECR"),
    ("dual_stack", one("111122223333.dkr-ecr.eu-west-1.on.aws/x:1"), (), "pass", ""),
    ("china", one("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/x:1"), (), "pass", ""),
    ("trusted_host", one("registry.example.com/x:1"), ("*.example.com",), "pass", ""),
    ("host", one("registry.example.com/x:1"), ("444455556666",), "fail", "registry.example.com"),
    ("pitfall_33_second_container", many(image(), image(THEIRS)), (), "fail",
     "Containers[1].Image"),
    ("pitfall_33_pipeline", many(image(), image(AWS_IMAGE)), (), "pass", ""),
    ("pitfall_14_package", {"ModelName": "m", "PrimaryContainer": packaged()}, (),
     "not_applicable", "package"),
    ("pitfall_14_package_beside", many(packaged(), image(THEIRS)), (), "fail", "Containers[1]"),
    ("absent", {"ModelName": "m"}, (), "unknown", "no container"),
    ("blank", one(""), (), "unknown", "no container"),
    ("blank_beside", many(image(), image("")), (), "unknown", "Containers[1]"),
]


@pytest.mark.parametrize(("rule", "case", "data", "others", "status", "words"), NETWORK,
                         ids=[f"{n[0]}-{n[1]}" for n in NETWORK])
def test_network(rule, case, data, others, status, words):
    finding = judge(f"sagemaker-model-{rule}", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


@pytest.mark.parametrize(("rule", "case", "data", "status", "words"), REGISTRY,
                         ids=[f"{r[0]}-{r[1]}" for r in REGISTRY])
def test_private_registry(rule, case, data, status, words):
    finding = judge(f"sagemaker-model-private-registry-{rule}", data)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message
    assert finding.severity == "info"


def test_pitfall_14_the_registry_rules_judge_only_where_they_are_selected():
    rules = load_rules()
    off = {"sagemaker-model-private-registry-single", "sagemaker-model-private-registry-multi"}
    chosen = {rule.id for rule in choose(rules)}
    assert not off & chosen and "sagemaker-model-in-vpc" in chosen
    assert {rule.id for rule in choose(rules, [*off])} == off
    assert off <= {rule.id for rule in choose(rules, ["sagemaker-model-*"])}


@pytest.mark.parametrize(("case", "data", "trusted", "status", "words"), IMAGES,
                         ids=[i[0] for i in IMAGES])
def test_image_source(case, data, trusted, status, words):
    finding = judge("sagemaker-model-image-source-trusted", data, trusted_registries=trusted)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


@pytest.mark.parametrize(("rule", "data", "severity"), [
    ("in-vpc", one(), "medium"), ("network-isolation", one(), "medium"),
    ("image-source-trusted", one(THEIRS), "medium"),
    ("data-url-valid", one(ModelDataUrl="s3://models"), "medium"),
])
def test_pitfall_30_a_model_that_nothing_uses_is_informational(rule, data, severity):
    rule = f"sagemaker-model-{rule}"
    alone = judge(rule, data)
    assert (alone.status, alone.severity) == ("fail", "info") and "nothing uses" in alone.message
    old = judge(rule, data, config(), Other(ENDPOINT, {
        "EndpointName": "e", "EndpointConfigName": "newer"}))
    assert old.severity == "info"  # the endpoint has moved to another configuration
    for used in ((config(), LIVE), (BATCH,)):
        assert judge(rule, data, *used).severity == severity
    # where endpoints were not seen, one may well use it
    assert judge(rule, data, config(), refused=[ENDPOINT]).severity == severity


# -- artifacts

URLS = [
    ("s3", one(ModelDataUrl="s3://models/m/model.tar.gz"), "pass", ""),
    ("https", one(ModelDataUrl="https://s3.eu-west-1.amazonaws.com/models/m.tar.gz"), "pass", ""),
    ("https_host", one(ModelDataUrl="https://models.s3.eu-west-1.amazonaws.com/m.tar.gz"), "pass",
     ""),
    ("https_dual", one(ModelDataUrl="https://models.s3-eu-west-1.amazonaws.com.cn/m.tar.gz"),
     "pass", ""),
    ("https_bucket_only", one(ModelDataUrl="https://s3.amazonaws.com/models"), "fail",
     "no object"),
    ("elsewhere", one(ModelDataUrl="https://example.com/m.tar.gz"), "fail", "no address of S3"),
    ("look_alike", one(ModelDataUrl="https://models.s3.example.com/m.tar.gz"), "fail",
     "no address of S3"),
    ("plain", one(ModelDataUrl="models/m.tar.gz"), "fail", "no address of S3"),
    ("http", one(ModelDataUrl="http://models.s3.amazonaws.com/m.tar.gz"), "fail", ""),
    ("template", one(ModelDataUrl="s3://${bucket}/m.tar.gz"), "fail", "names no bucket"),
    ("no_bucket", one(ModelDataUrl="s3:///m.tar.gz"), "fail", "names no bucket"),
    ("short", one(ModelDataUrl="s3://ab/m.tar.gz"), "fail", "names no bucket"),
    ("three", one(ModelDataUrl="s3://abc/m.tar.gz"), "pass", ""),
    ("no_key", one(ModelDataUrl="s3://models"), "fail", "no object"),
    ("no_key_slash", one(ModelDataUrl="s3://models/"), "fail", "no object"),
    ("pitfall_27_prefix", one(ModelDataUrl="s3://models/", Mode="MultiModel"), "pass", ""),
    ("pitfall_27_prefix_of_one_model", one(ModelDataUrl="s3://models/", Mode="SingleModel"),
     "fail", "no object"),
    ("old_name", one(ModelDataUrl="s3://Old_Models/m.tar.gz"), "pass", ""),
    ("access_point", one(ModelDataUrl="s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/p/m"),
     "pass", ""),
    ("access_point_alone",
     one(ModelDataUrl="s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/p"), "fail",
     "no object"),
    ("source", one(ModelDataSource={"S3DataSource": {"S3Uri": "s3://models/m/",
                                                     "S3DataType": "S3Prefix"}}), "pass", ""),
    ("source_bucket", one(ModelDataSource={"S3DataSource": {"S3Uri": "s3://models",
                                                            "S3DataType": "S3Object"}}), "fail",
     "PrimaryContainer.ModelDataSource.S3DataSource.S3Uri"),
    ("additional", one(ModelDataUrl="s3://models/m.tar.gz", AdditionalModelDataSources=[
        {"ChannelName": "a", "S3DataSource": {"S3Uri": "s3://x/y", "S3DataType": "S3Object"}}]),
     "fail", "AdditionalModelDataSources"),
    ("pitfall_33_second", many(image(ModelDataUrl="s3://models/m.tar.gz"),
                               image(ModelDataUrl="s3://models")), "fail", "Containers[1]"),
    ("none", one(), "not_applicable", "no artifact"),
    ("blank", one(ModelDataUrl=""), "not_applicable", "no artifact"),
    ("pitfall_14_package", {"ModelName": "m", "PrimaryContainer": packaged()}, "not_applicable",
     ""),
    ("absent", {"ModelName": "m"}, "unknown", "no container"),
]


@pytest.mark.parametrize(("case", "data", "status", "words"), URLS, ids=[u[0] for u in URLS])
def test_data_url(case, data, status, words):
    finding = judge("sagemaker-model-data-url-valid", data)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def bucket(name, *statements, **more):
    data = {"Name": name, "Acl": {"Grants": []}, **more}
    if statements:
        data["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return Other(BUCKET, data)


def public(name, action="s3:GetObject", **more):
    return bucket(name, {"Effect": "Allow", "Principal": "*", "Action": action,
                         "Resource": f"arn:aws:s3:::{name}/*", **more})


def lies(name, **more):
    return one(ModelDataUrl=f"s3://{name}/m.tar.gz", **more)


def source(name):
    return {"S3DataSource": {"S3Uri": f"s3://{name}/m/", "S3DataType": "S3Prefix"}}


ONLY_VPC = {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}}
ALL_ON = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                        "RestrictPublicBuckets"), True)
BUCKETS = [
    ("private", lies("models"), [bucket("models")], "pass", "models"),
    ("public_read", lies("models"), [public("models")], "fail", "models"),
    ("public_write", lies("models"), [public("models", "s3:PutObject")], "fail", "models"),
    ("pitfall_39_in_a_vpc", lies("models"), [public("models", **ONLY_VPC)], "pass", ""),
    ("pitfall_37_blocked", lies("models"), [
        Other(BUCKET, dict(public("models").data)
              | {"PublicAccessBlockConfiguration": ALL_ON})], "pass", ""),
    ("source", one(ModelDataSource=source("models")), [public("models")], "fail", ""),
    ("additional", lies("models", AdditionalModelDataSources=[
        {"ChannelName": "a", **source("adapters")}]), [bucket("models"), public("adapters")],
     "fail", "adapters"),
    ("pitfall_33_second", many(image(ModelDataUrl="s3://models/a"),
                               image(ModelDataUrl="s3://others/b")),
     [bucket("models"), public("others")], "fail", "others"),
    # whoever invokes it reaches every model under the prefix, whichever the address names
    ("pitfall_27_another_model", one(ModelDataUrl="s3://models/a/", Mode="MultiModel"), [bucket(
        "models", {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
                   "Resource": "arn:aws:s3:::models/a/other.tar.gz"})], "fail", "models"),
    ("pitfall_40_foreign", lies("theirs"),
     [Other(BUCKET, {"Name": "theirs"}, ("s3://theirs/m.tar.gz",), owner="444455556666")],
     "unknown", "another account"),
    ("pitfall_40_ghost", lies("gone"), [], "not_applicable", "does not exist"),
    ("pitfall_40_foreign_and_public", lies("theirs", AdditionalModelDataSources=[
        {"ChannelName": "a", **source("models")}]),
     [Other(BUCKET, {"Name": "theirs"}, ("s3://theirs/m.tar.gz",), owner="444455556666"),
      public("models")], "fail", "models"),
    ("jumpstart", lies("jumpstart-cache-prod-eu-west-1"), [], "not_applicable", "AWS's"),
    ("jumpstart_of_elsewhere", lies("jumpstart-cache-prod-eu-west-9"), [], "not_applicable",
     "does not exist"),
    ("none", one(), [], "not_applicable", "no artifact"),
    ("package", {"ModelName": "m", "PrimaryContainer": packaged()}, [
        Other(MODEL_PACKAGE, {"ModelPackageArn": PACKAGE, "InferenceSpecification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://models/m.tar.gz"}]}}),
        public("models")], "fail", "models"),
    ("package_unseen", {"ModelName": "m", "PrimaryContainer": packaged(VENDOR)}, [], "unknown",
     "444455556666"),
    ("absent", {"ModelName": "m"}, [], "unknown", "no container"),
]


@pytest.mark.parametrize(("case", "data", "others", "status", "words"), BUCKETS,
                         ids=[b[0] for b in BUCKETS])
def test_artifact_bucket(case, data, others, status, words):
    finding = judge("sagemaker-model-artifact-bucket-public", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message
    assert finding.severity == "critical"


def test_a_trusted_bucket_is_not_judged():
    theirs = Other(BUCKET, {"Name": "theirs"}, ("s3://theirs/m.tar.gz",), owner="444455556666")
    finding = judge("sagemaker-model-artifact-bucket-public", lies("theirs"), theirs,
                    trusted_buckets=("their*",))
    assert finding.status == "not_applicable" and "trusted" in finding.message


def test_buckets_that_were_refused_are_unknown():
    finding = judge("sagemaker-model-artifact-bucket-public", lies("models"), refused=[BUCKET])
    assert finding.status == "unknown" and DENIED in finding.message


# -- configurations without their model


def serves(*names, shadows=(), **more):
    def variants(of):
        return [{"VariantName": n, "InstanceType": "ml.m5.large", **({"ModelName": n} if n else {})}
                for n in of]

    return {"EndpointConfigName": "c", "ProductionVariants": variants(names),
            "ShadowProductionVariants": variants(shadows), **more}


def model(name):
    return Other(MODEL, {"ModelName": name})


POOLED = {"EndpointConfigName": "c", "ProductionVariants": [{"VariantName": "v", "InstancePools": [
    {"InstanceType": "ml.m5.large", "ModelNameOverride": "a", "Priority": 1}]}]}
GHOSTS = [
    ("there", serves("a", "b"), [model("a"), model("b")], "pass", ""),
    ("gone", serves("a", "b"), [model("a")], "fail", "the model b does not exist"),
    ("pitfall_33_shadow", serves("a", shadows=["b"]), [model("a")], "fail", "b"),
    ("pool", POOLED, [], "fail", "a"),
    ("pool_there", POOLED, [model("a")], "pass", ""),
    ("pitfall_15_components", serves(""), [], "not_applicable", "inference components"),
    ("absent", {"EndpointConfigName": "c"}, [], "unknown", "ProductionVariants"),
]


@pytest.mark.parametrize(("case", "data", "others", "status", "words"), GHOSTS,
                         ids=[g[0] for g in GHOSTS])
def test_ghost_reference(case, data, others, status, words):
    finding = judge("sagemaker-model-ghost-reference", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def test_pitfall_30_ghosts_of_a_configuration_that_no_endpoint_uses_are_informational():
    rule = "sagemaker-model-ghost-reference"
    assert judge(rule, serves("a")).severity == "info"
    assert judge(rule, serves("a"), LIVE).severity == "high"


def test_models_that_were_refused_are_unknown():
    finding = judge("sagemaker-model-ghost-reference", serves("a"), refused=[MODEL])
    assert finding.status == "unknown" and DENIED in finding.message


# -- SageMaker's default bucket

NAME = "sagemaker-eu-west-1-111122223333"
HERE = Other(DEFAULT_BUCKET, {"BucketName": NAME})
THERE = Other(DEFAULT_BUCKET, {"BucketName": "sagemaker-us-east-1-111122223333"}, region="us-east-1")
SQUATTED = Other(BUCKET, {"Name": NAME}, (NAME,), owner="444455556666")
SQUATTING = [
    ("ours", [HERE, Other(BUCKET, {"Name": NAME})], "pass", "is ours"),
    ("pitfall_40_404_is_free", [HERE], "pass", f"nobody has {NAME}"),
    ("pitfall_40_403_is_foreign", [HERE, SQUATTED], "fail", "another account"),
    ("one_of_two_regions", [THERE, HERE, SQUATTED], "fail", NAME),
    ("no_ml", [], "not_applicable", "no region"),
]


@pytest.mark.parametrize(("case", "others", "status", "words"), SQUATTING,
                         ids=[s[0] for s in SQUATTING])
def test_default_bucket(case, others, status, words):
    finding = judge("sagemaker-default-bucket-squatting", {}, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def test_a_default_bucket_of_unknown_owner_is_unknown_unless_another_is_squatted():
    rule = "sagemaker-default-bucket-squatting"
    assert judge(rule, {}, HERE, refused=[BUCKET]).status == "unknown"
    assert judge(rule, {}, THERE, HERE, SQUATTED, refused=[BUCKET]).status == "fail"


@pytest.mark.parametrize(("rule", "data", "member"), [
    ("in-vpc", one() | VPC, "VpcConfig"),
    ("network-isolation", one(), "EnableNetworkIsolation"),
    ("private-registry-single", one(), "PrimaryContainer"),
    ("private-registry-multi", many(image()), "Containers"),
    ("image-source-trusted", one(), "PrimaryContainer"),
    ("data-url-valid", one(), "PrimaryContainer"),
    ("artifact-bucket-public", one(), "PrimaryContainer"),
    ("ghost-reference", serves("a"), "ProductionVariants"),
    ("ghost-reference", serves("a"), "ShadowProductionVariants"),
])
def test_what_was_refused_is_unknown(rule, data, member):
    for refused in (member, ""):
        finding = judge(f"sagemaker-model-{rule}", data, unseen={refused: DENIED})
        assert finding.status == "unknown" and DENIED in finding.message
