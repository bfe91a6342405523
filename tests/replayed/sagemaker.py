"""SageMaker: notebooks, models, endpoints, jobs, domains."""

import base64

from auditor.kinds import (
    BUCKET,
    DEFAULT_BUCKET,
    INSTANCE_TYPE,
    MODEL,
    MODEL_PACKAGE,
    MONITORING_SCHEDULE,
    NOTEBOOK,
    PROCESSING_JOB,
    SUBNET,
)
from auditor.kinds import VPC as VPC_KIND
from auditor.rule import Other
from tests.replayed import differs, none, replay, row
from tests.replayed.keys import KEY_ID, OWN_KEY

ARN = "arn:aws:sagemaker:eu-west-1:111122223333"
M5 = Other(INSTANCE_TYPE, {"InstanceType": "m5.large", "InstanceStorageSupported": False})
VPC = {"VpcConfig": {"Subnets": ["subnet-1"]}}
MODEL_ONE = {"ModelName": "m", "PrimaryContainer": {"Image": "img"}}


def notebook(**more):
    return {"NotebookInstanceName": "n", **more}


def config(*counts, **more):
    return {"EndpointConfigName": "c", **more, "ProductionVariants": [
        {"VariantName": f"v{i}", "ModelName": "m", "InstanceType": "ml.m5.large",
         "InitialInstanceCount": count} for i, count in enumerate(counts)]}


def script(text):
    return {"NotebookInstanceLifecycleConfigName": "setup",
            "OnCreate": [{"Content": base64.b64encode(text.encode()).decode()}]}


def schedule(status):
    return Other(MONITORING_SCHEDULE, {
        "MonitoringScheduleName": "s", "EndpointName": "e", "MonitoringScheduleStatus": status,
        "MonitoringScheduleArn": f"{ARN}:monitoring-schedule/s"})


def package(approval):
    return Other(MODEL_PACKAGE, {
        "ModelPackageArn": f"{ARN}:model-package/g/1", "ModelPackageGroupName": "g",
        "ModelPackageVersion": 1, "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": approval})


def processing(image):
    return Other(PROCESSING_JOB, {
        "ProcessingJobName": "p", "AppSpecification": {
            "ImageUri": f"111122223333.dkr.ecr.us-east-1.amazonaws.com/{image}:1.0"}})


DEFAULT = Other(DEFAULT_BUCKET, {"BucketName": "sagemaker-eu-west-1-111122223333"})
GROUP = {"ModelPackageGroupName": "g", "ModelPackageGroupArn": f"{ARN}:model-package-group/g"}
TRAINING = {"TrainingJobName": "t"}
LIVE = {"EndpointName": "e", "EndpointStatus": "InService", "ProductionVariants": [
    {"VariantName": "v", "CurrentInstanceCount": 2, "DesiredInstanceCount": 2}]}

REPLAYS = [
    replay(
        "sagemaker_models_network_isolation_enabled", "sagemaker-model-network-isolation",
        none(),
        row("isolated", MODEL_ONE | {"EnableNetworkIsolation": True}, "pass"),
        row("not isolated", MODEL_ONE | {"EnableNetworkIsolation": False}, "fail"),
    ),
    replay(
        "sagemaker_models_vpc_settings_configured", "sagemaker-model-in-vpc",
        none(),
        row("one subnet", MODEL_ONE | VPC, "pass"),
        row("no VPC settings", MODEL_ONE, "fail"),
    ),
    replay(
        "sagemaker_models_monitor_enabled", "sagemaker-endpoint-model-monitor",
        differs("no schedule in the region, and no endpoint", None, "fail", "none", "scope",
                "Where no endpoint serves there is nothing to monitor; ours is asked of each"
                " endpoint, theirs of the region."),
        row("a schedule that runs", LIVE, "pass", schedule("Scheduled")),
        row("a schedule still pending", LIVE, "fail", schedule("Pending")),
        row("a schedule stopped", LIVE, "fail", schedule("Stopped")),
        row("a schedule failed", LIVE, "fail", schedule("Failed")),
    ),
    replay(
        "sagemaker_models_registry_in_use", "sagemaker-model-registry-in-use",
        differs("no group in the region", None, "fail", "none", "scope",
                "That nobody uses a product is no weakness; ours is asked of each group there is."),
        row("a group without an approved version", GROUP, "fail",
            package("PendingManualApproval")),
        row("a group with an approved version", GROUP, "pass", package("Approved")),
    ),
    replay(
        "sagemaker_endpoint_config_prod_variant_instances", "sagemaker-endpoint-config-instance-count",
        none(),
        row("variants of one and two instances", config(1, 2), "fail"),
        row("variants of two instances each", config(2, 2), "pass"),
    ),
    replay(
        "sagemaker_endpoint_config_kms_encryption_enabled", "sagemaker-endpoint-config-volume-kms",
        none(),
        row("no key", config(1), "fail", M5),
        row("a key of one's own", config(1, KmsKeyId=KEY_ID), "pass", M5, OWN_KEY),
    ),
    replay(
        "sagemaker_notebook_instance_without_direct_internet_access_configured",
        "sagemaker-notebook-direct-internet-access",
        none(),
        row("direct access off", notebook(DirectInternetAccess="Disabled"), "pass"),
        row("direct access on", notebook(DirectInternetAccess="Enabled"), "fail"),
    ),
    replay(
        "sagemaker_notebook_instance_no_secrets", "sagemaker-notebook-lifecycle-secrets",
        none(),
        differs("a notebook without a lifecycle configuration", None, "pass", "none", "scope",
                "Ours judges the configuration, once, not each notebook that may have it.",
                Other(NOTEBOOK, {"NotebookInstanceName": "n"})),
        row("a script that only greets", script("echo hello"), "pass"),
        differs("a script that sets API_KEY to 12345", script("echo API_KEY=12345"), "fail",
                "pass", "fuller", "The other test puts a scanner in place that always finds;"
                " five digits are no key that anybody gives out."),
        row("a script that could not be read", {"NotebookInstanceLifecycleConfigName": "setup"},
            "manual", ours="unknown", unseen={"": "AccessDeniedException"}),
    ),
    replay(
        "sagemaker_training_jobs_intercontainer_encryption_enabled",
        "sagemaker-training-intercontainer-encryption",
        none(),
        row("traffic encrypted, two instances", TRAINING | {
            "EnableInterContainerTrafficEncryption": True,
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}}, "pass"),
        row("traffic not encrypted, two instances", TRAINING | {
            "EnableInterContainerTrafficEncryption": False,
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}}, "fail"),
        differs("traffic not encrypted, number of instances not given", TRAINING | {
            "EnableInterContainerTrafficEncryption": False}, "fail", "unknown", "unseen",
                "Between containers of one instance there is no traffic to encrypt; without the"
                " count nobody can tell."),
    ),
    replay(
        "sagemaker_training_jobs_volume_and_output_encryption_enabled",
        "sagemaker-training-volume-kms",
        none(),
        row("a key for the volume", TRAINING | {"ResourceConfig": {
            "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeKmsKeyId": KEY_ID}},
            "pass", M5, OWN_KEY),
        row("no key", TRAINING | {"ResourceConfig": {
            "InstanceType": "ml.m5.large", "InstanceCount": 1}}, "fail", M5),
    ),
    replay(
        "sagemaker_training_jobs_volume_and_output_encryption_enabled",
        "sagemaker-training-output-kms",
        differs("a key for the volume, none for the output", TRAINING | {
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1,
                               "VolumeKmsKeyId": KEY_ID},
            "OutputDataConfig": {"S3OutputPath": "s3://b/o"}}, "pass", "fail", "fuller",
                "The check names the output but never reads its key; volume and output are two"
                " facts.", M5, OWN_KEY),
    ),
    replay(
        "sagemaker_notebook_instance_vpc_settings_configured", "sagemaker-notebook-in-custom-vpc",
        none(),
        row("a subnet of a VPC made for it", notebook(SubnetId="subnet-1"), "pass",
            Other(SUBNET, {"SubnetId": "subnet-1", "VpcId": "vpc-1"}),
            Other(VPC_KIND, {"VpcId": "vpc-1", "IsDefault": False})),
        differs("a subnet of which nothing else is told", notebook(SubnetId="subnet-1"), "pass",
                "unknown", "fuller", "A subnet of the default VPC would not do; ours looks which"
                " VPC it is.", refused=[SUBNET]),
        row("no subnet", notebook(RootAccess="Enabled"), "fail"),
    ),
    replay(
        "sagemaker_notebook_instance_root_access_disabled", "sagemaker-notebook-root-access",
        none(),
        row("root off", notebook(RootAccess="Disabled"), "pass"),
        row("root on", notebook(RootAccess="Enabled"), "fail"),
    ),
    replay(
        "sagemaker_notebook_instance_encryption_enabled", "sagemaker-notebook-volume-kms",
        none(),
        row("a key", notebook(KmsKeyId=KEY_ID), "pass", OWN_KEY),
        row("no key", notebook(), "fail"),
    ),
    replay(
        "sagemaker_training_jobs_network_isolation_enabled", "sagemaker-training-network-isolation",
        none(),
        row("isolated", TRAINING | {"EnableNetworkIsolation": True}, "pass"),
        row("not isolated", TRAINING, "fail"),
    ),
    replay(
        "sagemaker_training_jobs_vpc_settings_configured", "sagemaker-training-in-vpc",
        none(),
        row("one subnet", TRAINING | VPC, "pass"),
        row("no VPC settings", TRAINING, "fail"),
    ),
    replay(
        "sagemaker_domain_sso_configured", "sagemaker-domain-sso",
        none(),
        row("IAM Identity Center", {
            "DomainId": "d-1", "DomainName": "d", "AuthMode": "SSO",
            "SingleSignOnApplicationArn": "arn:aws:sso::111122223333:application/i/a"}, "pass"),
        row("IAM", {"DomainId": "d-1", "DomainName": "d", "AuthMode": "IAM"}, "fail"),
    ),
    replay(
        "sagemaker_clarify_exists", "sagemaker-processing-clarify-exists",
        row("a Clarify job", {}, "pass", processing("sagemaker-clarify-processing")),
        row("jobs of another image only", {}, "fail", processing("sagemaker-xgboost"),
            Other(MODEL, MODEL_ONE)),
        differs("no job, and no model either", {}, "fail", "not_applicable", "scope",
                "Without a model there is nothing to explain; ours asks it of accounts that have"
                " one."),
        row("the region could not be listed", {}, "none", ours="unknown", reason="unseen",
            why="The list was refused; silence would look like a clean account.",
            refused=[PROCESSING_JOB]),
    ),
    replay(
        "s3_bucket_shadow_resource_vulnerability", "sagemaker-default-bucket-squatting",
        row("the default bucket is the account's", {}, "pass", DEFAULT, Other(BUCKET, {
            "Name": "sagemaker-eu-west-1-111122223333"})),
        row("the default bucket is another account's", {}, "fail", DEFAULT, Other(
            BUCKET, {"Name": "sagemaker-eu-west-1-111122223333"}, owner="444455556666",
            names=("sagemaker-eu-west-1-111122223333",))),
        differs("a bucket that Glue would use is another account's", {}, "fail", "pass", "scope",
                "Ours looks at the bucket that SageMaker uses.", DEFAULT, Other(
                    BUCKET, {"Name": "aws-glue-assets-111122223333-us-east-1"},
                    owner="444455556666", names=("aws-glue-assets-111122223333-us-east-1",))),
    ),
]
