"""The kinds of SageMaker that are not as regular as the rest: under parents, with several keys."""

from __future__ import annotations

import base64
import json
from collections import Counter

import pytest

from auditor import scan
from auditor.aws.pace import Pace
from auditor.aws.plan import plan, reach
from auditor.aws.session import Session
from auditor.errors import Unseen
from auditor.kinds import (
    APP,
    AUTOML_JOB,
    CODE_REPOSITORY,
    DATA_QUALITY_DEFINITION,
    DOMAIN,
    ENDPOINT,
    FEATURE_GROUP,
    HUB,
    HUB_CONTENT,
    INFERENCE_COMPONENT,
    INFERENCE_ROUTER,
    JOB,
    LINEAGE_GROUP,
    MODEL_BIAS_DEFINITION,
    MODEL_PACKAGE,
    MODEL_PACKAGE_GROUP,
    MONITORING_SCHEDULE,
    NOTEBOOK,
    PIPELINE,
    PROCESSING_JOB,
    SAGEMAKER,
    SPACE,
    STUDIO_IMAGE,
    STUDIO_IMAGE_VERSION,
    STUDIO_LIFECYCLE,
    TRAINING_SESSION,
    USER_PROFILE,
    WORKFORCE,
    WORKTEAM,
)
from tests.conftest import point_at
from tests.fakeaws import EMPTY, By, Error, Fake, Fault
from tests.worlds import make
from tests.worlds.make import ACCOUNT, EU, US, ago, arn

SECRET = "hunter2-Zq81xvTT"


@pytest.fixture
def collect(monkeypatch, tmp_path):
    """Collect SageMaker's resources of eu-west-1 (and of ``us``); gives inventory and fake."""
    opened = []
    monkeypatch.setattr("auditor.scan.TABLE", reach(SAGEMAKER))

    def start(*faults, page=100, us=None, **sagemaker):
        regions = {EU: sagemaker} | ({US: us} if us else {})
        document = {ACCOUNT: {
            region: {"sagemaker": said, "*": EMPTY} for region, said in regions.items()
        } | {"*": {"*": EMPTY}}}
        fake = Fake(document, page=page, faults=faults)
        fake.__enter__()
        point_at(monkeypatch, fake.url)
        monkeypatch.setattr(
            "auditor.aws.collect.Pace", lambda *a, **k: Pace(*a, **k | {"sleep": lambda _: None}))
        session = Session()
        way = scan.Plan(session, session.caller(), list(regions), 0.0)
        inventory = scan.collect(way, tmp_path / f"inventory{len(opened)}")
        opened.extend((inventory.close, lambda: fake.__exit__(None, None, None)))
        assert fake.not_modelled == []
        return inventory, fake

    yield start
    for close in opened:
        close()


def sm(rest):
    return arn("sagemaker", rest)


def asked(fake, operation):
    return [
        {k: v for k, v in c.params.items() if k not in ("MaxResults", "SortBy", "SortOrder")}
        for c in fake.calls if c.operation == operation
    ]


def names(inventory, kind):
    return [one.name for one in inventory.resources(kind)]


def only(inventory, kind):
    (found,) = inventory.resources(kind)
    return found


# -- Studio

DOMAINS = [
    {"DomainId": f"d-{i}", "DomainArn": sm(f"domain/d-{i}"), "DomainName": "ds",
     "AuthMode": "IAM", "VpcId": "vpc-1", "SubnetIds": ["subnet-1"]}
    for i in (1, 2)
]
PROFILES = [
    {"DomainId": d["DomainId"], "UserProfileName": "ann",
     "UserProfileArn": sm(f"user-profile/{d['DomainId']}/ann")}
    for d in DOMAINS
]
SPACES = [
    {"DomainId": "d-2", "SpaceName": "desk", "SpaceArn": sm("space/d-2/desk"),
     "OwnershipSettings": {"OwnerUserProfileName": "ann"},
     "SpaceSharingSettings": {"SharingType": "Private"}},
]
APPS = [
    {"DomainId": "d-1", "UserProfileName": "ann", "AppType": "JupyterServer",
     "AppName": "default", "Status": "InService",
     "AppArn": sm("app/d-1/ann/jupyterserver/default")},
    {"DomainId": "d-2", "SpaceName": "desk", "AppType": "JupyterLab", "AppName": "default",
     "Status": "InService", "AppArn": sm("app/d-2/desk/jupyterlab/default")},
    {"DomainId": "d-2", "SpaceName": "desk", "AppType": "JupyterLab", "AppName": "old",
     "Status": "Deleted", "AppArn": sm("app/d-2/desk/jupyterlab/old")},
]
STUDIO = {"Domain": DOMAINS, "UserProfile": PROFILES, "Space": SPACES, "App": APPS}


def test_a_name_that_two_domains_give_is_two_profiles(collect):
    inventory, _ = collect(**STUDIO)
    assert names(inventory, USER_PROFILE) == ["d-1/ann", "d-2/ann"]
    space = only(inventory, SPACE)
    assert [p.name for p in space.to(USER_PROFILE)] == ["d-2/ann"]
    assert [d.name for d in space.to(DOMAIN)] == ["d-2"]
    assert [s.name for s in inventory.find(USER_PROFILE, PROFILES[0]["UserProfileArn"]).used_by(
        SPACE)] == []


def test_an_app_is_described_by_all_its_keys_and_a_deleted_one_is_not(collect):
    inventory, fake = collect(**STUDIO)
    assert names(inventory, APP) == [
        "d-1/ann/JupyterServer/default", "d-2/desk/JupyterLab/default"]
    assert sorted(asked(fake, "DescribeApp"), key=str) == [
        {"DomainId": "d-1", "AppType": "JupyterServer", "AppName": "default",
         "UserProfileName": "ann"},
        {"DomainId": "d-2", "AppType": "JupyterLab", "AppName": "default", "SpaceName": "desk"},
    ]
    of_user, of_space = inventory.resources(APP)
    assert [p.name for p in of_user.to(USER_PROFILE)] == ["d-1/ann"]
    assert of_user.to(SPACE) == [] and [s.name for s in of_space.to(SPACE)] == ["d-2/desk"]


def test_what_was_refused_has_its_own_arn_too(collect):
    denied = [Fault("AccessDenied", "sagemaker", f"Describe{noun}")
              for noun in ("UserProfile", "Space", "App")]
    inventory, _ = collect(*denied, **STUDIO)
    assert [p.arn for p in inventory.resources(USER_PROFILE)] == [
        p["UserProfileArn"] for p in PROFILES]
    assert only(inventory, SPACE).arn == SPACES[0]["SpaceArn"]
    assert len({a.arn for a in inventory.resources(APP)}) == 2
    for kind in (USER_PROFILE, SPACE, APP):
        for one in inventory.resources(kind):
            with pytest.raises(Unseen):
                _ = one.data.DomainId


def test_secrets_in_the_addresses_of_repositories_are_masked(collect):
    address = f"https://ann:{SECRET}@git.example.com/x.git"
    inventory, fake = collect(
        CodeRepository=[{
            "CodeRepositoryName": "ours", "CodeRepositoryArn": sm("code-repository/ours"),
            "CreationTime": ago(5), "LastModifiedTime": ago(5),
            "GitConfig": {"RepositoryUrl": address}}],
        NotebookInstance=[make.notebook(
            "book", DefaultCodeRepository="ours", AdditionalCodeRepositories=[address])],
    )
    assert SECRET not in json.dumps(only(inventory, CODE_REPOSITORY).data.raw())
    book = only(inventory, NOTEBOOK)
    assert SECRET not in json.dumps(book.data.raw())
    assert [e.state for e in book.edges(CODE_REPOSITORY)] == ["here"]  # an address names none
    assert asked(fake, "DescribeCodeRepository") == []


# -- kinds under others

IMAGES = [
    {"ImageName": name, "ImageArn": sm(f"image/{name}"), "ImageStatus": "CREATED",
     "CreationTime": ago(9), "LastModifiedTime": ago(9)}
    for name in ("one", "two")
]
VERSIONS = [
    {"ImageArn": sm(f"image/{name}"), "ImageVersionArn": sm(f"image-version/{name}/{version}"),
     "Version": version, "ImageVersionStatus": "CREATED", "CreationTime": ago(8),
     "LastModifiedTime": ago(8), "BaseImage": f"{ACCOUNT}.dkr.ecr.{EU}.amazonaws.com/base:{name}",
     "_of": {"ImageName": name}}
    for name, version in (("one", 0), ("one", 1), ("two", 1))
]


def test_image_versions_are_listed_under_each_image(collect):
    inventory, fake = collect(Image=IMAGES, ImageVersion=VERSIONS)
    assert names(inventory, STUDIO_IMAGE_VERSION) == ["one/0", "one/1", "two/1"]
    under = sorted(given["ImageName"] for given in asked(fake, "ListImageVersions"))
    assert under == ["one", "two"]
    assert {"ImageName": "one", "Version": 0} in asked(fake, "DescribeImageVersion")
    one = inventory.find(STUDIO_IMAGE, IMAGES[0]["ImageArn"])
    assert [v.data.Version for v in one.used_by(STUDIO_IMAGE_VERSION)] == [0, 1]


def test_without_images_no_version_is_asked_for_and_yet_they_were_looked_for(collect):
    inventory, fake = collect()
    assert asked(fake, "ListImageVersions") == []
    assert inventory.listed(STUDIO_IMAGE_VERSION, ACCOUNT)


def test_where_nothing_is_each_kind_costs_one_call(collect):
    _, fake = collect()
    counts = Counter(c.operation for c in fake.calls if c.service == "sagemaker")
    expected = {
        plan(kind).listing.call.operation: len(plan(kind).lists)
        for kind in SAGEMAKER if not kind.single and kind.parent is None
    }
    assert counts == expected | {"GetSagemakerServicecatalogPortfolioStatus": 1}
    assert [name for name, count in expected.items() if count > 1] == ["ListJobs"]


def test_where_images_cannot_be_listed_their_versions_are_unseen(collect):
    inventory, _ = collect(
        Fault("AccessDenied", "sagemaker", "ListImages"), Image=IMAGES, ImageVersion=VERSIONS)
    with pytest.raises(Unseen, match="ListImages"):
        inventory.demand(STUDIO_IMAGE_VERSION, ACCOUNT, EU)


def test_where_one_image_keeps_its_versions_to_itself_they_are_unseen(collect):
    inventory, _ = collect(
        Fault("AccessDenied", "sagemaker", "ListImageVersions", params={"ImageName": "two"}),
        Image=IMAGES, ImageVersion=VERSIONS)
    assert names(inventory, STUDIO_IMAGE_VERSION) == ["one/0", "one/1"]
    with pytest.raises(Unseen, match="ListImageVersions"):
        inventory.demand(STUDIO_IMAGE_VERSION, ACCOUNT, EU)
    assert [state for kind, _, _, state, _ in inventory.looks()
            if kind == STUDIO_IMAGE_VERSION.name] == ["refused"]


def test_versions_of_an_image_that_may_not_be_described_are_listed(collect):
    inventory, _ = collect(
        Fault("AccessDenied", "sagemaker", "DescribeImage"), Image=IMAGES, ImageVersion=VERSIONS)
    assert names(inventory, STUDIO_IMAGE_VERSION) == ["one/0", "one/1", "two/1"]


def test_contents_are_listed_under_our_own_hubs_by_each_type(collect):
    hub = {"HubName": "ours", "HubArn": sm("hub/ours"), "HubStatus": "InService",
           "CreationTime": ago(3), "LastModifiedTime": ago(3)}
    public = hub | {"HubName": "SageMakerPublicHub",
                    "HubArn": f"arn:aws:sagemaker:{EU}:aws:hub/SageMakerPublicHub"}
    contents = [
        {"HubContentName": "net", "HubContentVersion": "1.0.0", "HubContentType": type_,
         "HubContentArn": sm(f"hub-content/ours/{type_}/net/1.0.0"), "HubName": "ours",
         "HubArn": hub["HubArn"], "DocumentSchemaVersion": "1.0.0", "CreationTime": ago(2),
         "HubContentStatus": "Available",
         "HubContentDocument": json.dumps({"api_key": SECRET})}
        for type_ in ("Model", "Notebook")
    ]
    inventory, fake = collect(Hub=[hub, public], HubContent=contents)
    assert names(inventory, HUB) == ["ours"]
    assert names(inventory, HUB_CONTENT) == ["ours/Model/net/1.0.0", "ours/Notebook/net/1.0.0"]
    assert {p["HubName"] for p in asked(fake, "ListHubContents")} == {"ours"}
    assert {"Model", "Notebook", "ModelReference"} <= {
        p["HubContentType"] for p in asked(fake, "ListHubContents")}
    for content in inventory.resources(HUB_CONTENT):
        assert [h.name for h in content.to(HUB)] == ["ours"]
        assert SECRET not in json.dumps(content.data.raw())


# -- the registry and its policies

GROUP = {
    "ModelPackageGroupName": "churn", "ModelPackageGroupArn": sm("model-package-group/churn"),
    "CreationTime": ago(40), "CreatedBy": {}, "ModelPackageGroupStatus": "Completed",
}
PACKAGES = [
    {"ModelPackageName": "churn", "ModelPackageGroupName": "churn", "ModelPackageVersion": 3,
     "ModelPackageArn": sm("model-package/churn/3"), "CreationTime": ago(4),
     "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": []}},
    {"ModelPackageName": "alone", "ModelPackageArn": sm("model-package/alone"),
     "CreationTime": ago(4), "ModelPackageStatus": "Completed",
     "ModelPackageStatusDetails": {"ValidationStatuses": []}},
]


def test_packages_with_and_without_a_group_are_described_by_arn(collect):
    inventory, fake = collect(ModelPackageGroup=[GROUP], ModelPackage=PACKAGES)
    assert names(inventory, MODEL_PACKAGE) == ["alone", "churn/3"]
    assert {p["ModelPackageName"] for p in asked(fake, "DescribeModelPackage")} == {
        p["ModelPackageArn"] for p in PACKAGES}
    assert asked(fake, "ListModelPackages") == [{"ModelPackageType": "Both"}]
    version = inventory.find(MODEL_PACKAGE, PACKAGES[0]["ModelPackageArn"])
    assert [g.name for g in version.to(MODEL_PACKAGE_GROUP)] == ["churn"]


POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})
POLICIES = [
    (ENDPOINT, "Endpoint", "GetEndpointPolicy", make.endpoint("live", "gone"),
     Error("ValidationException", "whatever words", 400)),
    (MODEL_PACKAGE_GROUP, "ModelPackageGroup", "GetModelPackageGroupPolicy", GROUP,
     Error("ValidationException", "Cannot find resource policy for: churn", 400)),
    (LINEAGE_GROUP, "LineageGroup", "GetLineageGroupPolicy",
     {"LineageGroupName": "all", "LineageGroupArn": sm("lineage-group/all")},
     Error("ResourceNotFound", "no policy", 400)),
]


@pytest.mark.parametrize(("kind", "noun", "call", "resource", "none"), POLICIES,
                         ids=[p[1] for p in POLICIES])
def test_a_policy_is_there_or_not_or_refused(collect, kind, noun, call, resource, none):
    inventory, _ = collect(**{noun: [resource | {call: {"ResourcePolicy": POLICY}}]})
    assert only(inventory, kind).data.ResourcePolicy == POLICY
    inventory, _ = collect(**{noun: [resource | {call: none}]})
    assert only(inventory, kind).data.ResourcePolicy is None
    denied = Error("AccessDeniedException", "not authorized", 400)
    inventory, _ = collect(**{noun: [resource | {call: denied}]})
    with pytest.raises(Unseen, match=call):
        _ = only(inventory, kind).data.ResourcePolicy


# -- jobs, monitoring, people


def test_automl_is_described_by_its_second_version(collect):
    job = {
        "AutoMLJobName": "auto", "AutoMLJobArn": sm("automl-job/auto"), "RoleArn": "r",
        "AutoMLJobInputDataConfig": [], "OutputDataConfig": {"S3OutputPath": "s3://out/x"},
        "CreationTime": ago(2), "LastModifiedTime": ago(1), "AutoMLJobStatus": "Completed",
        "AutoMLJobSecondaryStatus": "Completed", "EndTime": ago(1),
    }
    listed = {k: job[k] for k in ("AutoMLJobName", "AutoMLJobArn", "AutoMLJobStatus",
                                  "AutoMLJobSecondaryStatus", "CreationTime", "LastModifiedTime")}
    inventory, fake = collect(
        ListAutoMLJobs={"AutoMLJobSummaries": [listed]},
        DescribeAutoMLJobV2=By("AutoMLJobName", {"auto": job}),
    )
    assert only(inventory, AUTOML_JOB).data.OutputDataConfig.S3OutputPath == "s3://out/x"
    assert asked(fake, "DescribeAutoMLJob") == []


def test_jobs_of_every_category_and_sessions_known_by_arn_only(collect):
    job = {"JobName": "tune", "JobArn": sm("job/tune"), "RoleArn": "r", "JobCategory": "AgentRFT",
           "JobConfigSchemaVersion": "1", "JobConfigDocument": json.dumps({"password": SECRET}),
           "CreationTime": ago(1), "LastModifiedTime": ago(1), "JobStatus": "InProgress",
           "SecondaryStatus": "Training", "SecondaryStatusTransitions": [],
           "_summary": {"JobSecondaryStatus": "Training"}}
    said = {"TrainingSessionArn": sm("training-session/sit"), "TrainingSessionName": "sit",
            "CreationTime": ago(1), "LastModifiedTime": ago(1),
            "TrainingSessionStatus": "Running"}
    shape = {"TrainingSessionArn", "TrainingSessionStatus", "CreationTime", "LastModifiedTime"}
    inventory, fake = collect(
        Job=[job],
        ListTrainingSessions={"TrainingSessionSummaries": [
            {k: v for k, v in said.items() if k in shape}]},
        DescribeTrainingSession=By("TrainingSessionName", {
            "sit": {"TrainingSessionDetail": said}}),
    )
    assert asked(fake, "DescribeJob") == [{"JobName": "tune", "JobCategory": "AgentRFT"}]
    assert len(asked(fake, "ListJobs")) == 5
    assert SECRET not in json.dumps(only(inventory, JOB).data.raw())
    assert names(inventory, TRAINING_SESSION) == ["sit"]


def test_a_schedule_leads_to_the_definition_of_its_own_type(collect):
    def definition(about):
        return {
            "JobDefinitionName": "daily", "JobDefinitionArn": sm(f"{about}-job-definition/daily"),
            "CreationTime": ago(9), "RoleArn": "r",
            "JobResources": {"ClusterConfig": {
                "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
        }

    output = {"MonitoringOutputs": []}
    schedule = {
        "MonitoringScheduleName": "watch", "MonitoringScheduleArn": sm("monitoring-schedule/watch"),
        "MonitoringScheduleStatus": "Scheduled", "MonitoringType": "ModelBias",
        "CreationTime": ago(9), "LastModifiedTime": ago(1),
        "MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "daily"},
        "ListMonitoringAlerts": {"MonitoringAlertSummaries": [
            {"MonitoringAlertName": "a", "CreationTime": ago(1), "LastModifiedTime": ago(1),
             "AlertStatus": "InAlert", "DatapointsToAlert": 1, "EvaluationPeriod": 1,
             "Actions": {}}]},
    }
    described, listed = {}, {}
    for about, kind, more in (
        ("data-quality", DATA_QUALITY_DEFINITION, {
            "DataQualityAppSpecification": {"ImageUri": "i", "Environment": {"PASSWORD": SECRET}},
            "DataQualityJobInput": {}, "DataQualityJobOutputConfig": output}),
        ("model-bias", MODEL_BIAS_DEFINITION, {
            "ModelBiasAppSpecification": {"ImageUri": "i", "ConfigUri": "s3://c/x"},
            "ModelBiasJobInput": {"GroundTruthS3Input": {}},
            "ModelBiasJobOutputConfig": output}),
    ):
        whole = definition(about) | more
        described[f"Describe{kind.noun}"] = By("JobDefinitionName", {"daily": whole})
        listed[f"List{kind.noun}s"] = {"JobDefinitionSummaries": [{
            "MonitoringJobDefinitionName": "daily", "CreationTime": ago(9), "EndpointName": "e",
            "MonitoringJobDefinitionArn": whole["JobDefinitionArn"]}]}
    inventory, _ = collect(MonitoringSchedule=[schedule], **described, **listed)
    watch = only(inventory, MONITORING_SCHEDULE)
    assert [d.arn for d in watch.to(MODEL_BIAS_DEFINITION)] == [sm("model-bias-job-definition/daily")]
    assert watch.edges(DATA_QUALITY_DEFINITION) == []
    assert [a.AlertStatus for a in watch.data.Alerts] == ["InAlert"]
    assert SECRET not in json.dumps(only(inventory, DATA_QUALITY_DEFINITION).data.raw())
    denied = Fault("AccessDenied", "sagemaker", "DescribeModelBiasJobDefinition")
    inventory, _ = collect(denied, MonitoringSchedule=[schedule], **described, **listed)
    assert only(inventory, MODEL_BIAS_DEFINITION).arn == sm("model-bias-job-definition/daily")


def test_lists_that_carry_whole_documents_are_not_followed_by_descriptions(collect):
    force = {"WorkforceName": "default", "WorkforceArn": sm("workforce/default"),
             "SourceIpConfig": {"Cidrs": ["10.0.0.0/8"]}}
    team = {"WorkteamName": "us", "WorkteamArn": sm("workteam/private-crowd/us"),
            "MemberDefinitions": [], "Description": "d", "WorkforceArn": force["WorkforceArn"]}
    inventory, fake = collect(
        ListWorkforces={"Workforces": [force]}, ListWorkteams={"Workteams": [team]})
    assert only(inventory, WORKFORCE).data.SourceIpConfig.Cidrs == ["10.0.0.0/8"]
    assert [w.name for w in only(inventory, WORKTEAM).to(WORKFORCE)] == ["default"]
    assert asked(fake, "DescribeWorkforce") == asked(fake, "DescribeWorkteam") == []


def test_every_page_of_a_feature_groups_definitions_is_read(collect):
    group = {
        "FeatureGroupName": "f", "FeatureGroupArn": sm("feature-group/f"),
        "RecordIdentifierFeatureName": "id", "EventTimeFeatureName": "t", "CreationTime": ago(3),
        "FeatureDefinitions": [{"FeatureName": f"f{i}", "FeatureType": "String"}
                               for i in range(5)],
    }
    inventory, fake = collect(page=2, FeatureGroup=[group])
    assert inventory.gaps() == []
    data = only(inventory, FEATURE_GROUP).data
    assert [d.FeatureName for d in data.FeatureDefinitions] == [f"f{i}" for i in range(5)]
    assert len(asked(fake, "DescribeFeatureGroup")) == 3 and not data.raw().get("NextToken")


def test_a_routers_destinations_are_endpoints_and_components_of_any_account(collect):
    theirs = f"arn:aws:sagemaker:{EU}:999988887777:endpoint/theirs"
    component = {
        "InferenceComponentName": "part", "InferenceComponentArn": sm("inference-component/part"),
        "EndpointName": "live", "EndpointArn": sm("endpoint/live"), "CreationTime": ago(1),
        "LastModifiedTime": ago(1), "VariantName": "all",
        "Specification": {"Container": {"Environment": {"API_TOKEN": SECRET}}},
    }
    router = {
        "InferenceRouterName": "door", "InferenceRouterArn": sm("inference-router/door"),
        "CreationTime": ago(1), "LastModifiedTime": ago(1), "Status": "InService",
        "RoutingTargets": [{"Name": "t", "Destinations": [
            {"ResourceArn": sm("endpoint/live")}, {"ResourceArn": theirs},
            {"ResourceArn": component["InferenceComponentArn"]}]}],
    }
    none = Error("ValidationException", "no policy", 400)
    inventory, _ = collect(
        Endpoint=[make.endpoint("live", "gone") | {"GetEndpointPolicy": none}],
        InferenceComponent=[component], InferenceRouter=[router],
    )
    door = only(inventory, INFERENCE_ROUTER)
    assert [(e.state, e.owner) for e in door.edges(ENDPOINT)] == [
        ("here", ""), ("foreign", "999988887777")]
    assert [c.name for c in door.to(INFERENCE_COMPONENT)] == ["part"]
    assert SECRET not in json.dumps(only(inventory, INFERENCE_COMPONENT).data.raw())


def test_a_destination_in_another_region_is_there_missing_or_out_of_sight(collect):
    def router(*regions):
        return {
            "InferenceRouterName": "door", "InferenceRouterArn": sm("inference-router/door"),
            "CreationTime": ago(1), "LastModifiedTime": ago(1), "Status": "InService",
            "RoutingTargets": [{"Name": "t", "Destinations": [
                {"ResourceArn": arn("sagemaker", f"endpoint/{name}", region)}
                for region, name in regions]}],
        }

    places = ((EU, "gone"), (US, "live"), (US, "gone"), ("ap-south-1", "live"))
    live = make.endpoint("live", "c", US) | {
        "GetEndpointPolicy": Error("ValidationException", "no policy", 400)}
    inventory, _ = collect(
        us={"Endpoint": [live]}, InferenceRouter=[router(*places)])
    assert [e.state for e in only(inventory, INFERENCE_ROUTER).edges(ENDPOINT)] == [
        "missing", "here", "missing", "unseen"]


def test_scripts_definitions_and_arguments_are_masked(collect):
    script = base64.b64encode(f"export DB_PASSWORD={SECRET}\n".encode()).decode()
    inventory, _ = collect(
        StudioLifecycleConfig=[{
            "StudioLifecycleConfigName": "s", "StudioLifecycleConfigArn":
            sm("studio-lifecycle-config/s"), "StudioLifecycleConfigContent": script}],
        Pipeline=[{
            "PipelineName": "p", "PipelineArn": sm("pipeline/p"), "PipelineDefinition":
            json.dumps({"Steps": [{"Environment": {"DB_PASSWORD": SECRET}}]})}],
        ProcessingJob=[{
            "ProcessingJobName": "j", "ProcessingJobArn": sm("processing-job/j"),
            "ProcessingJobStatus": "Completed", "CreationTime": ago(1), "LastModifiedTime": ago(1),
            "ProcessingResources": {"ClusterConfig": {
                "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
            "AppSpecification": {"ImageUri": "i", "ContainerArguments": [
                "--db-password", SECRET, f"--api-token={SECRET}", "--epochs", "10"]}}],
    )
    for kind in (PIPELINE, PROCESSING_JOB):
        assert SECRET not in json.dumps(only(inventory, kind).data.raw())
    stored = base64.b64decode(only(inventory, STUDIO_LIFECYCLE).data.StudioLifecycleConfigContent)
    assert b"DB_PASSWORD=[[secret:" in stored and SECRET.encode() not in stored
    job = only(inventory, PROCESSING_JOB)
    assert job.data.AppSpecification.ContainerArguments[-2:] == ["--epochs", "10"]
    assert only(inventory, PIPELINE).data.PipelineDefinition.startswith('{"Steps"')
