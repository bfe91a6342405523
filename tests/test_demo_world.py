"""The demo's AWS answers as AWS would, can be changed by nobody, and dies with its parent."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from auditor.aws import demo_estate as estate
from auditor.aws import demo_world as world
from auditor.aws.demo_services import plural
from auditor.aws.models import model
from tests.fakeaws.document import _as_served

EU, US, ELSEWHERE = "eu-west-1", "us-east-1", "sa-east-1"
ACCOUNT = world.ACCOUNT
TRAIL = f"arn:aws:cloudtrail:{EU}:{ACCOUNT}:trail/meridian-trail"
LEGACY = f"arn:aws:cloudtrail:{US}:{ACCOUNT}:trail/legacy-audit"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def start(**environment):
    return subprocess.Popen(
        [sys.executable, "-m", "auditor.aws.demo"], env=os.environ | environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


class Aws:
    """Clients of the demo's AWS."""

    def __init__(self, ready):
        self.ready, self._clients, self._session = ready, {}, boto3.session.Session("x", "y")

    def __call__(self, service, region=EU):
        if (service, region) not in self._clients:
            made = self._session.client(
                service, region_name=region, endpoint_url=self.ready["url"],
                config=Config(retries={"max_attempts": 0}, proxies={}),
            )  # fmt: skip
            made.meta.events.register("before-sign.s3-control", self._bare)
            self._clients[service, region] = made
        return self._clients[service, region]

    @staticmethod
    def _bare(request, **_):
        request.url = request.url.replace(f"//{ACCOUNT}.", "//")

    def close(self):
        for client in self._clients.values():
            client.close()


@pytest.fixture(scope="module")
def aws():
    # What the machine says about AWS must reach neither the server nor these clients.
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, os.devnull)
        with start(AWS_PROFILE="nobody", HTTP_PROXY="http://127.0.0.1:1") as server:
            found = Aws(json.loads(server.stdout.readline()))
            yield found
            found.close()
            rest, noise = server.communicate(timeout=10)
    assert (server.returncode, rest, noise) == (0, "", "")


def test_it_says_where_it_is(aws):
    assert aws.ready["url"].startswith("http://127.0.0.1:")
    assert (aws.ready["account"], aws.ready["regions"]) == (ACCOUNT, [EU, US])


SAGEMAKER = [
    ("NotebookInstance", "NotebookInstances"),
    ("NotebookInstanceLifecycleConfig", "NotebookInstanceLifecycleConfigs"),
    ("Model", "Models"), ("EndpointConfig", "EndpointConfigs"), ("Endpoint", "Endpoints"),
    ("TrainingJob", "TrainingJobSummaries"), ("MonitoringSchedule", "MonitoringScheduleSummaries"),
]  # fmt: skip
BUCKET = {"Bucket": "meridian-fraud-models"}
PLAIN = {"Bucket": "meridian-churn-exports"}
KEY = {"KeyId": "alias/ml-data"}

ANSWERS = [
    ("sts", "GetCallerIdentity", {}), ("ec2", "DescribeRegions", {}), ("account", "ListRegions", {}),
    ("iam", "GetAccountAuthorizationDetails", {}),
    ("iam", "GetRole", {"RoleName": "churn-sagemaker-admin"}),
    ("iam", "ListAttachedRolePolicies", {"RoleName": "churn-sagemaker-admin"}),
    ("iam", "ListRolePolicies", {"RoleName": "ForecastExecution"}),
    ("iam", "GetRolePolicy", {"RoleName": "ForecastExecution", "PolicyName": "work"}),
    ("iam", "GetPolicy", {"PolicyArn": ADMIN}),
    ("iam", "GetPolicyVersion", {"PolicyArn": ADMIN, "VersionId": "v1"}),
    ("s3", "ListBuckets", {}),
    *(("s3", name, BUCKET) for name in (
        "HeadBucket", "GetBucketLocation", "GetBucketAcl", "GetBucketPolicy", "GetBucketPolicyStatus",
        "GetBucketEncryption", "GetBucketVersioning", "GetBucketLogging",
        "GetBucketOwnershipControls", "GetBucketLifecycleConfiguration", "GetBucketReplication",
        "GetObjectLockConfiguration", "GetBucketNotificationConfiguration", "GetBucketTagging",
        "GetPublicAccessBlock")),
    ("s3", "GetBucketWebsite", {"Bucket": "meridian-research-datasets"}),
    ("s3control", "GetPublicAccessBlock", {"AccountId": ACCOUNT}),
    ("s3control", "ListAccessPoints", {"AccountId": ACCOUNT}),
    ("s3control", "GetAccessPoint", {"AccountId": ACCOUNT, "Name": "churn-handover"}),
    ("kms", "DescribeKey", KEY), ("kms", "ListKeys", {}), ("kms", "ListAliases", {}),
    ("cloudtrail", "DescribeTrails", {}), ("cloudtrail", "GetTrailStatus", {"Name": TRAIL}),
    ("cloudtrail", "GetEventSelectors", {"TrailName": TRAIL}),
    ("cloudtrail", "GetInsightSelectors", {"TrailName": TRAIL}),
    ("macie2", "GetMacieSession", {}), ("macie2", "GetAutomatedDiscoveryConfiguration", {}),
    ("macie2", "DescribeBuckets", {}), ("macie2", "ListClassificationJobs", {}),
    ("ec2", "DescribeSubnets", {}), ("ec2", "DescribeVpcs", {}), ("ec2", "DescribeSecurityGroups", {}),
    ("ec2", "DescribeRouteTables", {}),
    ("ec2", "DescribeInstanceTypes", {"InstanceTypes": ["g4dn.12xlarge"]}),
    ("application-autoscaling", "DescribeScalableTargets", {"ServiceNamespace": "sagemaker"}),
    ("logs", "DescribeLogStreams", {"logGroupName": "/aws/sagemaker/TrainingJobs"}),
]  # fmt: skip


def snake(operation):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()


def ask(client, operation, parameters):
    answer = getattr(client, snake(operation))(**parameters)
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    return answer


def code(client, operation, parameters):
    with pytest.raises(ClientError) as refused:
        ask(client, operation, parameters)
    return refused.value.response["Error"]["Code"]


@pytest.mark.parametrize(("service", "operation", "parameters"), ANSWERS)
def test_every_operation_of_a_scan_answers(aws, service, operation, parameters):
    assert ask(aws(service), operation, parameters)


@pytest.mark.parametrize(("operation", "said"), [
    ("GetBucketPolicy", "NoSuchBucketPolicy"), ("GetBucketPolicyStatus", "NoSuchBucketPolicy"),
    ("GetBucketOwnershipControls", "OwnershipControlsNotFoundError"),
    ("GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration"),
    ("GetBucketReplication", "ReplicationConfigurationNotFoundError"),
    ("GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"),
    ("GetBucketWebsite", "NoSuchWebsiteConfiguration"),
    ("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration")])  # fmt: skip
def test_what_a_bucket_has_not_is_said_as_s3_says_it(aws, operation, said):
    assert code(aws("s3"), operation, PLAIN) == said


@pytest.mark.parametrize("region", [EU, US])
@pytest.mark.parametrize(("noun", "items"), SAGEMAKER)
def test_everything_listed_is_described_and_tagged(aws, region, noun, items):
    api = aws("sagemaker", region)
    listed = ask(api, f"List{noun}s", {})[items]
    assert listed or (noun, region) == ("MonitoringSchedule", US)
    for item in listed:
        one = ask(api, f"Describe{noun}", {f"{noun}Name": item[f"{noun}Name"]})
        assert one[f"{noun}Arn"] == item[f"{noun}Arn"]
        assert one["CreationTime"] == item["CreationTime"]
        assert {} not in one.values()
        ask(api, "ListTags", {"ResourceArn": item[f"{noun}Arn"]})


@pytest.mark.parametrize(("table", "noun"), [
    (world.NOTEBOOKS, "NotebookInstance"), (world.TRAINING, "TrainingJob"),
    (world.MODELS, "Model"), (world.ENDPOINT_CONFIGS, "EndpointConfig")])  # fmt: skip
def test_what_was_created_is_what_is_described(aws, table, noun):
    """moto drops members; the answer must have every one that the table gives."""
    shape = aws("sagemaker").meta.service_model.operation_model(f"Describe{noun}").output_shape
    for (region, name), given in table.items():
        one = ask(aws("sagemaker", region), f"Describe{noun}", {f"{noun}Name": name})
        wanted = {member for member, value in given.items() if value is not None}
        assert wanted & set(shape.members) <= set(one), name


def test_there_is_nothing_in_a_region_that_is_not_used(aws):
    api = aws("sagemaker", ELSEWHERE)
    assert [ask(api, f"List{noun}s", {})[items] for noun, items in SAGEMAKER] == [[]] * 7
    trails = ask(aws("cloudtrail", ELSEWHERE), "DescribeTrails", {})["trailList"]
    assert [trail["HomeRegion"] for trail in trails] == [EU]


def test_a_kind_that_moto_does_not_know_is_empty(aws):
    for noun in ("Apps", "StudioLifecycleConfigs", "InferenceComponents", "Images"):
        assert ask(aws("sagemaker"), f"List{noun}", {}) == {noun: []}


def test_an_operation_that_nobody_knows_is_refused_and_not_retried(aws):
    wanted = {"DomainId": "d-x", "AppType": "JupyterServer", "AppName": "default"}
    assert code(aws("sagemaker"), "DescribeApp", wanted) == "UnknownOperationException"


@pytest.mark.parametrize("region", [US, ELSEWHERE])
def test_macie_is_off_in_all_regions_but_one(aws, region):
    with pytest.raises(ClientError) as refused:
        aws("macie2", region).get_macie_session()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert refused.value.response["Error"]["Message"] == "Macie is not enabled"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_macie_looks_at_the_buckets_of_its_region_but_one(aws):
    buckets = ask(aws("macie2"), "DescribeBuckets", {})["buckets"]
    assert {bucket["region"] for bucket in buckets} == {EU}
    states = [bucket["automatedDiscoveryMonitoringStatus"] for bucket in buckets]
    assert states.count("NOT_MONITORED") == 1 < states.count("MONITORED")


def test_only_enabled_regions_are_listed_unless_all_are_asked_for(aws):
    names = {each["RegionName"] for each in ask(aws("ec2"), "DescribeRegions", {})["Regions"]}
    assert names == set(world.ENABLED_REGIONS)
    every = ask(aws("ec2"), "DescribeRegions", {"AllRegions": True})["Regions"]
    assert len(every) > len(names)
    on = {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]}
    regions = ask(aws("account"), "ListRegions", on)["Regions"]
    assert {each["RegionName"] for each in regions} == names


def test_keys_say_who_manages_them_and_how_they_are(aws):
    def key(alias, region=EU):
        one = ask(aws("kms", region), "DescribeKey", {"KeyId": f"alias/{alias}"})["KeyMetadata"]
        turns = ask(aws("kms", region), "GetKeyRotationStatus", {"KeyId": one["Arn"]})
        assert ask(aws("kms", region), "GetKeyPolicy", {"KeyId": one["KeyId"], "PolicyName": "default"})
        return one["KeyManager"], one["KeyState"], turns["KeyRotationEnabled"]

    assert key("ml-data") == ("CUSTOMER", "Enabled", True)
    assert key("ml-capture") == ("CUSTOMER", "Enabled", False)
    assert key("credit-legacy") == ("CUSTOMER", "Disabled", False)
    assert key("credit-poc") == ("CUSTOMER", "PendingDeletion", False)
    assert key("aws/s3") == ("AWS", "Enabled", True)
    assert key("aws/sagemaker", US) == ("AWS", "Enabled", True)


def test_buckets_are_encrypted_even_where_nothing_is_set(aws):
    def algorithm(name):
        rule = ask(aws("s3"), "GetBucketEncryption", {"Bucket": name})[
            "ServerSideEncryptionConfiguration"]["Rules"][0]  # fmt: skip
        return rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]

    assert algorithm("meridian-churn-exports") == "AES256"
    assert algorithm("meridian-fraud-models") == "aws:kms"


def test_public_buckets_are_public_and_conditions_are_not(aws):
    def public(name):
        return ask(aws("s3"), "GetBucketPolicyStatus", {"Bucket": name})["PolicyStatus"]["IsPublic"]

    assert public("meridian-research-datasets") and public("meridian-legacy-audit")
    assert not public("meridian-credit-risk") and not public("meridian-fraud-training")
    grants = ask(aws("s3"), "GetBucketAcl", {"Bucket": "meridian-churn-uploads"})["Grants"]
    everyone = "http://acs.amazonaws.com/groups/global/AllUsers"
    assert {g["Permission"] for g in grants if g["Grantee"].get("URI") == everyone} == {"READ", "WRITE"}
    block = ask(aws("s3control"), "GetPublicAccessBlock", {"AccountId": ACCOUNT})
    assert block["PublicAccessBlockConfiguration"] == world.ACCOUNT_BLOCK


def test_what_moto_drops_of_a_bucket_is_there(aws):
    s3 = aws("s3")
    told = {"EventBridgeConfiguration": {}}
    assert ask(s3, "GetBucketNotificationConfiguration", BUCKET) == told
    assert ask(s3, "GetBucketNotificationConfiguration", PLAIN) == {}
    versions = ask(s3, "GetBucketVersioning", {"Bucket": "meridian-cloudtrail-logs"})
    assert versions == {"Status": "Enabled", "MFADelete": "Enabled"}


def test_buckets_of_others_are_forbidden_and_ghosts_are_missing(aws):
    assert code(aws("s3"), "HeadBucket", {"Bucket": world.FOREIGN_BUCKETS[0]}) == "403"
    assert code(aws("s3"), "HeadBucket", {"Bucket": "meridian-credit-archive-2023"}) == "404"


def test_access_points_are_in_their_region(aws):
    here = ask(aws("s3control"), "ListAccessPoints", {"AccountId": ACCOUNT})["AccessPointList"]
    assert [point["AccessPointArn"].split(":")[3] for point in here] == [EU, EU]
    assert ask(aws("s3control", US), "ListAccessPoints", {"AccountId": ACCOUNT})["AccessPointList"] == []
    wanted = {"AccountId": ACCOUNT, "Name": "fraud-features"}
    assert code(aws("s3control", US), "GetAccessPoint", wanted) == "NoSuchAccessPoint"


def test_one_trail_is_sound_and_one_is_not(aws):
    sound, flawed = aws("cloudtrail"), aws("cloudtrail", US)
    status = ask(sound, "GetTrailStatus", {"Name": TRAIL})
    assert status["IsLogging"] and status["LatestCloudWatchLogsDeliveryTime"]
    assert not ask(flawed, "GetTrailStatus", {"Name": LEGACY})["IsLogging"]
    assert "EventSelectors" not in ask(sound, "GetEventSelectors", {"TrailName": TRAIL})
    default = ask(flawed, "GetEventSelectors", {"TrailName": LEGACY})["EventSelectors"]
    assert default[0]["IncludeManagementEvents"]
    assert code(flawed, "GetInsightSelectors", {"TrailName": LEGACY}) == "InsightNotEnabledException"
    trails = ask(flawed, "DescribeTrails", {})["trailList"]
    assert {t["Name"]: t["HasInsightSelectors"] for t in trails} == {
        "meridian-trail": True, "legacy-audit": False}  # fmt: skip


def test_roles_carry_policies_of_every_sort(aws):
    said = ask(aws("iam"), "GetAccountAuthorizationDetails", {})
    roles = {role["RoleName"]: role for role in said["RoleDetailList"]}
    assert set(roles) == set(world.ROLES)
    assert roles["MeridianFraudTraining"]["PermissionsBoundary"]
    assert [p["PolicyArn"] for p in roles["churn-sagemaker-admin"]["AttachedManagedPolicies"]] == [ADMIN]
    assert len(said["Policies"]) == len(world.POLICIES) + len(world.AWS_POLICIES)
    assert all(policy["PolicyVersionList"] for policy in said["Policies"])


def test_endpoints_of_inference_components_name_no_model(aws):
    config = ask(aws("sagemaker"), "DescribeEndpointConfig",
                 {"EndpointConfigName": "credit-assistant-components"})  # fmt: skip
    assert "ModelName" not in config["ProductionVariants"][0]
    assert config["ExecutionRoleArn"] and config["VpcConfig"] and config["EnableNetworkIsolation"]


def test_some_things_are_old_and_some_are_not_done(aws):
    jobs = ask(aws("sagemaker"), "ListTrainingJobs", {})["TrainingJobSummaries"]
    age = {job["TrainingJobName"]: time.time() - job["CreationTime"].timestamp() for job in jobs}
    assert age["churn-lightgbm-0161"] > 90 * 86400 > age["fraud-xgboost-0412"]
    busy = ask(aws("sagemaker", US), "DescribeTrainingJob",
               {"TrainingJobName": "demand-forecast-deepar-0302"})  # fmt: skip
    assert busy["TrainingJobStatus"] == "InProgress" and "TrainingEndTime" not in busy
    assert busy["LastModifiedTime"].timestamp() <= time.time()


def test_the_lifecycle_script_holds_a_key_that_the_repository_does_not(aws):
    config = ask(aws("sagemaker"), "DescribeNotebookInstanceLifecycleConfig",
                 {"NotebookInstanceLifecycleConfigName": "churn-setup"})  # fmt: skip
    script = base64.b64decode(config["OnCreate"][0]["Content"]).decode()
    assert re.search(r"AKIA[A-Z2-7]{16}\n", script)
    source = Path(world.__file__).read_text(encoding="utf-8")
    assert not re.search(r"A(KI|SI)A[A-Z0-9]{16}|ghp_\w{36}|://\w+:\w{8,}@", source)


def test_tags_hold_what_a_report_must_not_run(aws):
    def values(region, kind, name):
        arn = f"arn:aws:sagemaker:{region}:{ACCOUNT}:{kind}/{name}"
        return [tag["Value"] for tag in ask(aws("sagemaker", region), "ListTags", {"ResourceArn": arn})["Tags"]]

    assert any("<script>" in v for v in values(EU, "notebook-instance", "churn-dashboards"))
    assert any(v.startswith("=HYPERLINK(") for v in values(US, "training-job", "demand-forecast-tft-0008"))


@pytest.mark.parametrize(("service", "operation", "parameters"), [
    ("sagemaker", "StopNotebookInstance", {"NotebookInstanceName": "fraud-research"}),
    ("sagemaker", "DeleteModel", {"ModelName": "churn-ranker-v4"}),
    ("s3", "CreateBucket", {"Bucket": "meridian-credit-archive-2023"}),
    ("s3", "PutBucketPolicy", {**PLAIN, "Policy": "{}"}),
    ("s3control", "DeletePublicAccessBlock", {"AccountId": ACCOUNT}),
    ("iam", "DeleteRole", {"RoleName": "SecurityAudit"}), ("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}),
    ("kms", "EnableKeyRotation", KEY), ("cloudtrail", "StopLogging", {"Name": "meridian-trail"}),
    ("macie2", "DisableMacie", {})])  # fmt: skip
def test_nobody_can_change_the_world(aws, service, operation, parameters):
    region = US if service == "s3" else EU
    said = code(aws(service, region), operation, parameters)
    assert said in ("AccessDeniedException", "UnknownOperationException")


def test_it_is_large_enough_and_uneven():
    things = [*world.inventory(), *estate.inventory()]
    assert len(things) == len(set(things)) and 90 <= len(things) <= 160
    regions = [region for _, region, _ in things]
    assert regions.count(EU) > 1.5 * regions.count(US) > 0


def test_a_signal_ends_it_even_while_it_starts():
    with start() as server:
        time.sleep(1)
        server.send_signal(signal.SIGTERM)
        assert server.communicate(timeout=10)[0] == ""
    assert server.returncode == 0


def test_without_moto_it_says_what_to_install(tmp_path):
    (tmp_path / "moto.py").write_text("raise ModuleNotFoundError('moto')")
    with start(PYTHONPATH=str(tmp_path)) as server:
        said, noise = server.communicate(timeout=10)
    assert (server.returncode, said) == (2, "")
    assert noise == "auditor demo needs moto: pip install 'sagemaker-auditor[demo]'\n"


@pytest.mark.parametrize("noun", sorted({noun for _, noun in estate.RESOURCES}))
def test_what_moto_does_not_have_is_listed_and_described_as_aws_would(aws, noun):
    of = model("sagemaker").operation_model(f"Describe{noun}").output_shape
    for (region, kind), resources in estate.RESOURCES.items():
        if kind != noun:
            continue
        listed = ask(aws("sagemaker", region), f"List{plural(noun)}", {})
        (items,) = [v for v in listed.values() if isinstance(v, list)]
        assert len(items) == len(resources)
        for each in resources:
            given = {name: each[name] for name in model("sagemaker").operation_model(
                f"Describe{noun}").input_shape.required_members}
            told = ask(aws("sagemaker", region), f"Describe{noun}", given)
            own = {k for k in each if k[0] != "_" and not k.startswith("Get")}
            assert set(told) == own
            assert wrong_in(of, told) == []
            missing = code(aws("sagemaker", region), f"Describe{noun}",
                           dict.fromkeys(given, "nothing-of-that-name"))
            assert missing == "ResourceNotFound"


@pytest.mark.parametrize(("service", "operation", "given", "answer"), [
    (service, operation, given, answer) for service, rows in estate.ANSWERS.items()
    for region, operation, given, answer in rows if region == EU and operation != "*"
    and isinstance(answer, dict)])
def test_the_table_of_answers_comes_out_as_it_is_written(aws, service, operation, given, answer):
    shape = model(service).operation_model(operation)
    required = {k: v for k, v in given.items() if v is not None}
    for name in shape.input_shape.required_members if shape.input_shape else ():
        required.setdefault(name, "x")
    if "imageIds" in required:
        required["imageIds"] = [{"imageTag": required["imageIds"]}]
    if "repositoryNames" in required:
        required["repositoryNames"] = [required["repositoryNames"]]
    if operation == "DescribeImageScanFindings":
        required["imageId"] = {"imageTag": "1.14"}
    told = ask(aws(service, EU), operation, required)
    assert set(told) == set(answer)
    assert wrong_in(shape.output_shape, told) == []


def test_the_tags_of_what_moto_does_not_have_are_told(aws):
    tagging = aws("resourcegroupstaggingapi", EU)
    domain = estate.arn("sagemaker", f"domain/{estate.STUDIO}")
    for given in ({"ResourceARNList": [domain]}, {"ResourceTypeFilters": ["sagemaker:domain"]}):
        (found,) = ask(tagging, "GetResources", given)["ResourceTagMappingList"]
        assert (found["ResourceARN"], found["Tags"]) == (domain, world.tags("platform"))


def test_off_is_said_in_each_services_own_words(aws):
    assert code(aws("securityhub", US), "DescribeHub", {}) == "InvalidAccessException"
    assert ask(aws("guardduty", US), "ListDetectors", {}) == {"DetectorIds": []}
    assert ask(aws("config", US), "DescribeConfigurationRecorders", {}) == {
        "ConfigurationRecorders": []}
    assert ask(aws("accessanalyzer", US), "ListAnalyzers", {}) == {"analyzers": []}
    (account,) = ask(aws("inspector2", US), "BatchGetAccountStatus", {})["accounts"]
    assert account["state"]["status"] == "DISABLED"
    assert code(aws("ecr", US), "GetRegistryPolicy", {}) == "RegistryPolicyNotFoundException"
    assert code(aws("lambda"), "GetPolicy", {"FunctionName": "x"}) == "ResourceNotFoundException"
    group = {"ModelPackageGroupName": "credit-scorecard"}
    assert '"Principal": "*"' in ask(
        aws("sagemaker"), "GetModelPackageGroupPolicy", group)["ResourcePolicy"]


def wrong_in(shape, value):
    """Return what AWS's model does not allow in an answer."""
    wrong = []
    _as_served(shape, value, shape.name, wrong)
    return wrong
