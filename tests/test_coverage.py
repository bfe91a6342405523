"""Every SageMaker operation that reads is planned by the table, or left out for a reason."""

from __future__ import annotations

import json
import random
import re

import botocore.session
import jmespath
import pytest

from auditor.aws.models import model
from auditor.aws.plan import calls, permissions, plan
from auditor.kinds import SAGEMAKER, TABLE
from tests.fakeaws import legal

READS = re.compile(r"(List|Describe|Get|Search|BatchDescribe|Query|Render)[A-Z]|Search$")
EXPERIMENTS = "experiment tracking: what people noted of their runs, no setting of AWS's"
LINEAGE = "lineage entities: derived from the jobs and models that are themselves collected"
HISTORY = "what ran, not what is configured; the jobs it started are collected"
QUOTAS = "shares of a cluster's capacity between teams"
CAPACITY = "what capacity was bought and how it is used"
PUBLIC = "a public catalogue, the same for everybody"
ITEMS = "the list's items are the whole document, member for member (checked below)"
LEFT_OUT = {
    "BatchDescribeModelPackage": "carries less than DescribeModelPackage: no key, no metadata",
    "DescribeAppImageConfig": ITEMS, "DescribeCodeRepository": ITEMS,
    "DescribeWorkforce": ITEMS, "DescribeWorkteam": ITEMS,
    "DescribeAutoMLJob": "DescribeAutoMLJobV2 answers for the jobs of both versions",
    "ListCandidatesForAutoMLJob": "models that a job tried; the best of them is in the job",
    "ListTrainingJobsForHyperParameterTuningJob": "ListTrainingJobs lists them too",
    "ListInferenceRecommendationsJobSteps": "measurements of a job",
    "GetScalingConfigurationRecommendation": "advice on scaling, computed when asked for",
    "GetSearchSuggestions": "completions for a search box",
    "ListTags": "the tagging API tells them a hundred resources at a time",
    "ListAliases": "second names of image versions",
    "ListHubContentVersions": "ListHubContents tells the newest of each, which is what is served",
    "ListModelCardVersions": "DescribeModelCard answers the newest",
    "ListModelCardExportJobs": "a call for each card, to learn where a copy of it once went",
    "DescribeModelCardExportJob": "as ListModelCardExportJobs",
    "DescribeFeatureMetadata": "one feature's description; the group carries what is configured",
    "ListMonitoringAlertHistory": HISTORY, "ListMonitoringExecutions": HISTORY,
    "ListPipelineExecutions": HISTORY, "DescribePipelineExecution": HISTORY,
    "ListPipelineExecutionSteps": HISTORY, "ListPipelineParametersForExecution": HISTORY,
    "DescribePipelineDefinitionForExecution": HISTORY,
    "ListPipelineVersions": "DescribePipeline answers the newest, which is what runs next",
    "ListJobSchemaVersions": PUBLIC, "DescribeJobSchemaVersion": PUBLIC,
    "ListModelMetadata": PUBLIC, "ListClusterExtensionVersions": PUBLIC,
    "ListResourceCatalogs": "names of catalogues of features; no settings",
    "ListClusterNodes": "every instance of a cluster; its groups carry what is configured",
    "DescribeClusterNode": "as ListClusterNodes",
    "ListClusterEvents": HISTORY, "DescribeClusterEvent": HISTORY,
    "ListClusterOperations": HISTORY, "DescribeClusterOperation": HISTORY,
    "ListClusterExtensions": "which add-ons run in a cluster, a call for each cluster",
    "DescribeClusterExtension": "as ListClusterExtensions",
    "ListClusterSchedulerConfigs": QUOTAS, "DescribeClusterSchedulerConfig": QUOTAS,
    "ListComputeQuotas": QUOTAS, "DescribeComputeQuota": QUOTAS,
    "ListTrainingPlans": CAPACITY, "DescribeTrainingPlan": CAPACITY,
    "DescribeTrainingPlanExtensionHistory": CAPACITY, "SearchTrainingPlanOfferings": CAPACITY,
    "DescribeReservedCapacity": CAPACITY, "ListUltraServersByReservedCapacity": CAPACITY,
    "ListInferenceGateways": "which clusters a global gateway reaches; no settings",
    "ListDevices": "devices at the edge; their fleet carries role, key and bucket",
    "DescribeDevice": "as ListDevices", "GetDeviceFleetReport": "counts of a fleet's devices",
    "ListEdgeDeploymentPlans": "which model goes to which devices, in which order",
    "DescribeEdgeDeploymentPlan": "as ListEdgeDeploymentPlans",
    "ListStageDevices": "as ListEdgeDeploymentPlans",
    "ListHumanTaskUis": "a template's address and digest: nothing about who sees what",
    "DescribeHumanTaskUi": "as ListHumanTaskUis",
    "RenderUiTemplate": "renders a template, and needs a role to pass",
    "ListLabelingJobsForWorkteam": "ListLabelingJobs lists them too",
    "ListSubscribedWorkteams": "vendors' teams: who sold the work, not what they see",
    "DescribeSubscribedWorkteam": "as ListSubscribedWorkteams",
    "ListExperiments": EXPERIMENTS, "DescribeExperiment": EXPERIMENTS,
    "ListTrials": EXPERIMENTS, "DescribeTrial": EXPERIMENTS,
    "ListTrialComponents": EXPERIMENTS, "DescribeTrialComponent": EXPERIMENTS,
    "ListActions": LINEAGE, "DescribeAction": LINEAGE, "ListArtifacts": LINEAGE,
    "DescribeArtifact": LINEAGE, "ListContexts": LINEAGE, "DescribeContext": LINEAGE,
    "ListAssociations": LINEAGE, "QueryLineage": LINEAGE,
}


def test_every_operation_that_reads_is_planned_or_left_out_for_a_reason():
    planned = {c.operation for c in calls(TABLE) if c.service == "sagemaker"}
    whole = botocore.session.get_session().get_service_model("sagemaker")
    reads = {name for name in whole.operation_names if READS.match(name)}
    assert sorted(reads - planned - LEFT_OUT.keys()) == []
    assert sorted(LEFT_OUT.keys() & planned) == []
    assert sorted(LEFT_OUT.keys() - reads) == []
    assert all(LEFT_OUT.values())


def test_nothing_of_sagemaker_is_asked_that_is_no_read():
    asked = {c.operation for c in calls(TABLE) if c.service == "sagemaker"}
    assert [name for name in asked if not READS.match(name)] == []
    assert not [a for a in permissions(SAGEMAKER)["Statement"][0]["Action"] if "*" in a]


@pytest.mark.parametrize("kind", [
    k for k in SAGEMAKER if k.describes == "" and not k.single
], ids=lambda k: k.noun)
def test_a_list_that_is_not_followed_by_descriptions_tells_all(kind):
    listing = plan(kind).listing
    output = model("sagemaker").operation_model(listing.call.operation).output_shape
    listed = set(output.members[listing.items].member.members)
    described = model("sagemaker").operation_model(f"Describe{kind.noun}").output_shape
    whole = described.members.get(kind.noun, described)
    assert set(whole.members) == listed == set(kind.shape.members())


@pytest.mark.parametrize("kind", SAGEMAKER, ids=lambda k: k.noun)
def test_every_row_says_where_secrets_links_and_ends_are(kind):
    for path in (*(link.path for link in kind.links), *kind.secrets, kind.ended or "@",
                 kind.settled or "@", kind.keep or "@", kind.created):
        jmespath.compile(path)
    assert all(link.to in TABLE for link in kind.links)
    assert len({(link.path, link.to.name) for link in kind.links}) == len(kind.links)


@pytest.mark.parametrize("kind", [k for k in SAGEMAKER if not k.single], ids=lambda k: k.noun)
def test_each_resource_has_an_arn_of_its_own(kind):
    documents = [_document(kind, seed, fill=1.0) for seed in range(4)]
    arns = {kind.identity(d, "111122223333", "aws", "eu-west-1")[0] for d in documents}
    assert len(arns) == len(documents)
    bare = [{k: v for k, v in d.items() if not k.endswith("Arn")} for d in documents]
    if kind.id is None or not kind.id.endswith("Arn"):  # a name alone, as a list may tell it
        told = {kind.identity(d, "111122223333", "aws", "eu-west-1")[0] for d in bare}
        assert len(told) == len(documents) and all(arn.startswith("arn:aws:") for arn in told)


@pytest.mark.parametrize("kind", SAGEMAKER, ids=lambda k: k.noun)
def test_links_and_conditions_can_be_asked_of_any_answer(kind):
    for seed in range(6):
        document = {} if kind.single else json.loads(json.dumps(_document(kind, seed), default=str))
        assert all(value for _, _, value in kind.values(document))
        for path in filter(None, (kind.ended, kind.settled)):
            jmespath.search(path, document)
    list(kind.values({}))
    for path in filter(None, (kind.ended, kind.settled)):
        assert not jmespath.search(path, {})


# Members of Describe answers that hold what people wrote to be run, or handed to what runs.
SECRET = re.compile(
    r"(Environment|EnvironmentVariables|OverrideEnvironment|OptimizationEnvironment"
    r"|(?<!Supported)HyperParameters|StaticHyperParameters|ContainerArguments|ContainerEntrypoint"
    r"|PipelineDefinition|JobConfigDocument|HubContentDocument|StudioLifecycleConfigContent"
    r"|RuleParameters|HookParameters|QueryString|Content|ModelCardContent|RepositoryUrl)$"
)


@pytest.mark.parametrize("kind", [k for k in SAGEMAKER if not k.single], ids=lambda k: k.noun)
def test_what_people_wrote_is_masked(kind):
    masked = tuple(path.replace("[]", "") for path in kind.secrets)
    structure = _structure(kind)
    found = {p for p in _paths(structure, "", ()) if SECRET.search(p)}
    assert {p for p in found if not p.startswith(masked or ("-",))} == set()


def _paths(shape, at, above):
    """Yield the path to every member below a shape, without brackets."""
    match shape.type_name:
        case "structure" if shape.name not in above:
            for name, member in shape.members.items():
                path = f"{at}.{name}" if at else name
                yield path
                yield from _paths(member, path, (*above, shape.name))
        case "list":
            yield from _paths(shape.member, at, above)
        case "map":
            yield from _paths(shape.value, at, above)


def _structure(kind):
    """Return botocore's structure of a kind's document."""
    way = plan(kind)
    sagemaker = model("sagemaker")
    if way.describe is None:
        output = sagemaker.operation_model(way.listing.call.operation).output_shape
        return output.members[way.listing.items].member
    output = sagemaker.operation_model(way.describe.operation).output_shape
    return output.members[kind.answer] if kind.answer else output


def _document(kind, seed, fill=0.6):
    """Return an answer as AWS may give it, with that share of what is optional."""
    return legal.value(_structure(kind), random.Random(seed), fill=fill)
