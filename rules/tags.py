"""Tags: whose a resource is, so that somebody answers for it and policies can tell it apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Kind, Resource
from auditor.kinds import (
    ACCOUNT,
    APP_IMAGE_CONFIG,
    CLUSTER,
    DOMAIN,
    ENDPOINT,
    FEATURE_GROUP,
    MLFLOW_SERVER,
    MODEL_PACKAGE_GROUP,
    NOTEBOOK,
    PIPELINE,
    STUDIO_IMAGE,
    Account,
)
from auditor.rule import Other, Sample, Setting, rule
from auditor.shapes.sagemaker import DescribeAppImageConfigResponse as AppImageConfig
from auditor.shapes.sagemaker import DescribeDomainResponse as Domain
from auditor.shapes.sagemaker import DescribeFeatureGroupResponse as FeatureGroup
from auditor.shapes.sagemaker import DescribeImageResponse as StudioImage
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._domains import living as living_domain
from ._status import unless
from ._tags import FIX, REQUIRED, TAGGED, lacks, tagged
from .feature_store import living as living_group

_OWNER = {"owner": "fraud-team"}
_SYSTEM = {"aws:cloudformation:stack-name": "studio"}
_MANY = 10  # are named in a message


@rule(
    "sagemaker-app-image-config-tagged",
    "The app image configuration carries a tag",
    on=APP_IMAGE_CONFIG, severity=Severity.LOW, fix=FIX, settings=(REQUIRED,),
    controls=TAGGED | {
        "AWS FSBP": ["SageMaker.6"],
        "AWS Config": ["sagemaker-app-image-config-tagged"],
    },
    good=Sample({"AppImageConfigName": "torch"}, tags=_OWNER),
    bad=[{"AppImageConfigName": "torch"},
         Sample({"AppImageConfigName": "torch"}, tags=_SYSTEM)],
)
def app_image_config_tagged(config: Resource[AppImageConfig], required: Iterable[str]) -> Verdict:
    """The configuration says which image starts with which user and which files. Without a tag
    nobody knows whom to ask before it is changed, and no policy can keep other teams' hands off it.
    Tags that AWS itself puts on do not count.
    """
    return tagged(config, required)


@rule(
    "sagemaker-image-tagged",
    "The Studio image carries a tag",
    on=STUDIO_IMAGE, severity=Severity.LOW, fix=FIX, settings=(REQUIRED,),
    controls=TAGGED | {
        "AWS FSBP": ["SageMaker.7"],
        "AWS Config": ["sagemaker-image-tagged"],
    },
    good=Sample({"ImageName": "torch", "ImageStatus": "CREATED"}, tags=_OWNER),
    bad=[{"ImageName": "torch", "ImageStatus": "CREATED"},
         Sample({"ImageName": "torch", "ImageStatus": "CREATED"}, tags=_SYSTEM)],
)
@unless("ImageStatus", "DELETING", "CREATE_FAILED")
def image_tagged(image: Resource[StudioImage], required: Iterable[str]) -> Verdict:
    """People's notebooks run in this image. When something is found in it, the tag says whose it is
    and what is built on it; without one it stays in use because nobody knows. Tags that AWS itself
    puts on do not count.
    """
    return tagged(image, required)


@rule(
    "sagemaker-domain-tagged",
    "The Studio domain carries a tag",
    on=DOMAIN, severity=Severity.LOW, fix=FIX, settings=(REQUIRED,),
    controls=TAGGED | {"AWS Config": ["sagemaker-domain-tagged"]},
    good=Sample({"DomainId": "d-example", "Status": "InService"}, tags=_OWNER),
    bad=[{"DomainId": "d-example", "Status": "InService"},
         Sample({"DomainId": "d-example", "Status": "InService"}, tags=_SYSTEM)],
)
@living_domain
def domain_tagged(domain: Resource[Domain], required: Iterable[str]) -> Verdict:
    """A domain is a door to the account for many people. Its tag says who runs it, passes on to
    the bill, and lets policies tell one team's domain from another's. Tags that AWS itself puts on
    do not count.
    """
    return tagged(domain, required)


@rule(
    "sagemaker-feature-group-tagged",
    "The feature group carries a tag",
    on=FEATURE_GROUP, severity=Severity.LOW, fix=FIX, settings=(REQUIRED,),
    controls=TAGGED | {"AWS Config": ["sagemaker-feature-group-tagged"]},
    good=Sample({"FeatureGroupName": "clicks", "FeatureGroupStatus": "Created"}, tags=_OWNER),
    bad=[{"FeatureGroupName": "clicks", "FeatureGroupStatus": "Created"},
         Sample({"FeatureGroupName": "clicks", "FeatureGroupStatus": "Created"}, tags=_SYSTEM)],
)
@living_group
def feature_group_tagged(group: Resource[FeatureGroup], required: Iterable[str]) -> Verdict:
    """A feature group is data, often about people. A tag says who answers for it and how far it may
    be spread, and access can be granted by it. Tags that AWS itself puts on do not count.
    """
    return tagged(group, required)


# What stands for long and is somebody's, with the member that says whether it is on its way out;
# jobs come by the thousand and carry what started them.
_STANDING: tuple[tuple[Kind[Any], str], ...] = (
    (NOTEBOOK, "NotebookInstanceStatus"), (DOMAIN, "Status"), (ENDPOINT, "EndpointStatus"),
    (FEATURE_GROUP, "FeatureGroupStatus"), (PIPELINE, "PipelineStatus"),
    (CLUSTER, "ClusterStatus"), (MODEL_PACKAGE_GROUP, "ModelPackageGroupStatus"),
    (MLFLOW_SERVER, "TrackingServerStatus"),
)


@rule(
    "sagemaker-resource-required-tags",
    "Standing ML resources carry the tags that the team asks for",
    on=ACCOUNT, severity=Severity.LOW,
    fix="For each that the finding names: `aws sagemaker add-tags --region REGION --resource-arn"
    " ARN --tags Key=KEY,Value=VALUE`. A domain with `TagPropagation` ENABLED passes its tags on to"
    " what people make in it.",
    controls=TAGGED,
    settings=(Setting(
        "keys", (), "Keys of the tags that each must carry, such as owner and classification; with"
        " none, the rule does not apply.",
    ),),
    good=Sample({}, (Other(NOTEBOOK, {"NotebookInstanceName": "lab"}, tags=_OWNER),),
                settings={"keys": ("owner",)}),
    bad=Sample({}, (Other(NOTEBOOK, {"NotebookInstanceName": "lab"}, tags={"Owner": "x"}),),
               settings={"keys": ("owner",)}),
)
def required_tags(account: Resource[Account], keys: Iterable[str]) -> Verdict:
    """Who answers for a resource and what data it holds is asked in every incident, and only tags
    tell. Looked at are notebooks, domains, endpoints, feature groups, pipelines, clusters, model
    groups and MLflow servers of the whole account; the finding is the account's and names those
    that lack a tag. Which tags to ask for is the team's to say.
    """
    # One finding for the account, because a rule judges one kind: eight rules would say the same.
    if "" in account.unseen:
        raise Unseen(f"the account was not seen: {account.unseen['']}", account.unseen[""])
    required = tuple(keys)
    if not required:
        return NotApplicable("no tags are asked for: keys is not set under"
                             " [rules.sagemaker-resource-required-tags] of auditor.toml")
    unseen: Unseen | None = None
    looked, wrong = 0, []
    for kind, status in _STANDING:
        try:
            for one in account.all(kind):
                lacking = lacks(one, required)
                if lacking and getattr(one.data, status) == "Deleting":
                    continue
                looked += 1
                if lacking:
                    wrong.append(f"{one.arn} has {lacking}")
        except Unseen as why:
            unseen = why  # others may lack one for certain
    if wrong:
        more = f", and {len(wrong) - _MANY} more" if len(wrong) > _MANY else ""
        return Fail(f"{len(wrong)} of {looked}: {'; '.join(wrong[:_MANY])}{more}")
    if unseen:
        raise unseen
    if not looked:
        return NotApplicable("the account has none of these resources")
    return Pass(f"each of {looked} carries {', '.join(required)}")
