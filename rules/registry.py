"""The model registry, model cards and hubs: what was approved, and what is written about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    HUB,
    HUB_CONTENT,
    INFERENCE_COMPONENT,
    MODEL,
    MODEL_CARD,
    MODEL_PACKAGE,
    MODEL_PACKAGE_GROUP,
    ModelPackageGroup,
)
from auditor.rule import Other, Sample, rule
from auditor.shapes.sagemaker import DescribeHubResponse as Hub
from auditor.shapes.sagemaker import DescribeModelOutput as Model
from auditor.shapes.sagemaker import DescribeModelPackageOutput as ModelPackage
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ATLAS, LENS, NIST, OWASP, RMF
from ._models import containers
from ._orphans import current
from ._status import unless

_APPROVAL = {
    NIST: ["CM-3", "SA-11"], LENS: ["MLSEC03-BP04"], ATLAS: ["AML.T0018"], OWASP: ["ML08"],
    RMF: ["MANAGE 1.1", "MEASURE 2.5"],
}
_CARDS = {NIST: ["SA-5"], LENS: ["MLSEC03-BP04"], RMF: ["MAP 4.1", "MEASURE 2.5"]}
_GROUP_ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/fraud"
_VERSION_ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/fraud/3"
_MODEL_ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model/fraud"
_VERSION = {"ModelPackageArn": _VERSION_ARN, "ModelPackageGroupName": "fraud",
            "ModelPackageVersion": 3, "ModelPackageStatus": "Completed"}
_GROUP = {"ModelPackageGroupName": "fraud", "ModelPackageGroupArn": _GROUP_ARN,
          "ModelPackageGroupStatus": "Completed"}
_RUNS = Other(MODEL, {"ModelName": "fraud", "ModelArn": _MODEL_ARN,
                      "PrimaryContainer": {"ModelPackageName": _VERSION_ARN}})


@rule(
    "sagemaker-model-package-approval",
    "Somebody has approved or rejected the model version",
    on=MODEL_PACKAGE,
    severity=Severity.MEDIUM,
    controls=_APPROVAL,
    fix="Look at its metrics and decide: `aws sagemaker update-model-package --region {region}"
    " --model-package-arn {arn} --model-approval-status Approved --approval-description 'WHY'`, or"
    " Rejected. Pipelines that deploy should ask for Approved.",
    good=_VERSION | {"ModelApprovalStatus": "Approved"},
    bad=Sample(_VERSION | {"ModelApprovalStatus": "PendingManualApproval"}, (_RUNS,)),
)
@unless("ModelPackageStatus", "Failed", "Deleting")
def is_decided(package: Resource[ModelPackage]) -> Verdict:
    """The approval is the one place where a person says that a version may go into production, and
    the first that an auditor asks for. A version that waits for ever was either forgotten or
    deployed past it. It is informational for versions that no model here is made from.
    """
    status = package.data.ModelApprovalStatus
    if status == "PendingManualApproval":
        because = "ModelApprovalStatus is PendingManualApproval: nobody has decided about it"
        try:
            used = package.used_by(MODEL)
        except Unseen:
            return Fail(because)
        if used:
            return Fail(f"{because}, and the model {used[0].name} is made from it")
        return Fail(f"{because} (no model is made from it)", Severity.INFO)
    if status in ("Approved", "Rejected"):
        return Pass(f"ModelApprovalStatus is {status}")
    if status:
        raise Unseen(f"ModelApprovalStatus is {status}, which nobody here knows")
    if package.data.ModelPackageVersion is None:
        return NotApplicable("it is no version of a group, and only versions are approved")
    if package.data.ModelPackageRegistrationType == "Logged":
        return NotApplicable("it is logged, not registered: nobody is asked to approve it")
    raise Unseen(f"AWS names no ModelApprovalStatus of {package.name}")


@rule(
    "sagemaker-model-registry-in-use",
    "The model group holds an approved version",
    on=MODEL_PACKAGE_GROUP,
    severity=Severity.INFO,
    controls=_APPROVAL,
    fix="Register what is deployed as a version of the group, and approve it: `aws sagemaker"
    " create-model-package --region {region} --model-package-group-name {name} --cli-input-json"
    " file://version.json`, `aws sagemaker update-model-package --region {region}"
    " --model-package-arn VERSION_ARN --model-approval-status Approved`. A group that nobody uses"
    " is deleted: `aws sagemaker delete-model-package-group --model-package-group-name {name}"
    " --region {region}`.",
    good=Sample(_GROUP, (
        Other(MODEL_PACKAGE, _VERSION | {"ModelApprovalStatus": "Approved"}),)),
    bad=[
        _GROUP,
        Sample(_GROUP, (Other(MODEL_PACKAGE, _VERSION | {"ModelApprovalStatus": "Rejected"}),)),
    ],
)
@unless("ModelPackageGroupStatus", "Deleting", "Failed")
def holds_an_approved_version(group: Resource[ModelPackageGroup]) -> Verdict:
    """A registry without approved versions is one that deployments go around: nobody can say
    afterwards which model was live, who let it pass and what it was made from. Whether to have a
    registry at all is for the team to decide, so this informs and no more.
    """
    # read first: the group itself may not have been seen
    name = group.data.ModelPackageGroupName or group.name
    versions = 0
    for package in group.used_by(MODEL_PACKAGE, "ModelPackageGroupName"):
        versions += 1
        if package.data.ModelApprovalStatus == "Approved":
            return Pass(f"version {package.data.ModelPackageVersion} is Approved")
    if versions:
        return Fail(f"none of the {versions} versions of {name} is Approved")
    return Fail(f"{name} holds no version")


def _card(**overview: str) -> Other:
    return Other(MODEL_CARD, {"ModelCardName": "fraud-card", "ModelCardStatus": "Approved",
                              "Content": json.dumps({"model_overview": overview})})


_LIVE = (
    Other(ENDPOINT_CONFIG, {"EndpointConfigName": "live", "ProductionVariants": [
        {"VariantName": "main", "ModelName": "fraud"}]}),
    Other(ENDPOINT, {"EndpointName": "live", "EndpointConfigName": "live"}),
)
_DEPLOYED = {"ModelName": "fraud", "ModelArn": _MODEL_ARN, "PrimaryContainer": {
    "Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/serving:v1"}}


@rule(
    "sagemaker-model-card-exists",
    "A model in production has a model card",
    on=MODEL,
    severity=Severity.INFO,
    controls=_CARDS,
    fix="Write one that names the model: `aws sagemaker create-model-card --region {region}"
    " --model-card-name NAME --model-card-status Draft --content '{\"model_overview\":"
    ' {"model_id": "ARN", "model_name": "NAME"}}\'`, ARN being {arn}; or put it into the model'
    " package that the model is made from.",
    good=Sample(_DEPLOYED, (*_LIVE, _card(model_id=_MODEL_ARN))),
    bad=Sample(_DEPLOYED, (*_LIVE, _card(model_name="another"))),
)
def has_a_card(model: Resource[Model]) -> Verdict:
    """A card says what a model is for, what it was trained on and how it was tested: regulators ask
    for it, and whoever must decide at night whether it may go on running needs it. Cards are
    matched by the model's ARN or name, or by the model package; archived ones do not count.
    Documenting models elsewhere is sound, so this informs and no more.
    """
    packages = {one.ModelPackageName for _, one in containers(model) if one.ModelPackageName}
    if not current(model) and not model.used_by(INFERENCE_COMPONENT):
        return NotApplicable("no endpoint uses this model")
    for package in model.edges(MODEL_PACKAGE):
        card = package.target.data.ModelCard if package.target else None
        if card and card.ModelCardContent and card.ModelCardStatus != "Archived":
            return Pass(f"its model package {package.value} carries a card")
    unread: Unseen | None = None
    for found in model.all(MODEL_CARD, model.region):
        if found.data.ModelCardStatus == "Archived" or found.data.ModelCardProcessingStatus:
            continue  # put away, or on its way out
        about = _about(found.data.Content or "")
        if about is None:
            unread = Unseen(f"what the model card {found.name} is about cannot be read")
        elif about & {model.arn, model.name, *packages}:
            return Pass(f"{found.name} is {found.data.ModelCardStatus}")
    if unread:
        raise unread
    return Fail("no model card names it")


@lru_cache(maxsize=4096)
def _about(content: str) -> frozenset[str] | None:
    """Return the models and packages that a card's content names; None where it is no JSON.

    Source: the model card JSON schema in the SageMaker developer guide.
    """
    try:
        card = json.loads(content)
    except ValueError:
        return None
    return frozenset(_named(card)) if isinstance(card, Mapping) else None


def _named(card: Mapping[str, Any]) -> Iterator[str]:
    for section, members in (
        ("model_overview", ("model_id", "model_name")),
        ("model_package_details", ("model_package_arn",)),
    ):
        part = card.get(section)
        if isinstance(part, Mapping):
            told = (part.get(member) for member in members)
            yield from (word for word in told if word and isinstance(word, str))


# -- hubs

_PUBLIC_ARN = "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/bert/1.0.0"


def _content(name: str, **more: Any) -> Other:
    arn = f"arn:aws:sagemaker:eu-west-1:111122223333:hub-content/team/ModelReference/{name}/1.0.0"
    return Other(HUB_CONTENT, {"HubContentArn": arn, "HubContentName": name, "HubName": "team",
                               "HubContentStatus": "Available", **more})


_HUB = {"HubName": "team", "HubStatus": "InService",
        "HubArn": "arn:aws:sagemaker:eu-west-1:111122223333:hub/team"}


@rule(
    "sagemaker-hub-public-content",
    "Public content in a private hub says what it is for",
    on=HUB,
    severity=Severity.MEDIUM,
    controls={
        NIST: ["SR-3", "SR-4"], LENS: ["MLSEC05-BP01"], ATLAS: ["AML.T0010"], OWASP: ["ML06"],
        RMF: ["GOVERN 6.1", "MAP 4.1"],
    },
    fix="Write down who let it in and for what: `aws sagemaker update-hub-content --region {region}"
    " --hub-name {name} --hub-content-name CONTENT --hub-content-type TYPE --hub-content-version"
    " VERSION --hub-content-description TEXT`. A reference takes no description of its own: import"
    " the content, or take it out with `aws sagemaker delete-hub-content-reference --region"
    " {region} --hub-name {name} --hub-content-type ModelReference --hub-content-name CONTENT`.",
    good=Sample(_HUB, (_content("bert", SageMakerPublicHubContentArn=_PUBLIC_ARN,
                                HubContentDescription="Approved for search, SEC-123"),)),
    bad=Sample(_HUB, (_content("bert", SageMakerPublicHubContentArn=_PUBLIC_ARN),)),
)
@unless("HubStatus", "Deleting", "CreateFailed")
def public_content_is_described(hub: Resource[Hub]) -> Verdict:
    """A private hub is the list of models that people here may use, so what stands in it counts as
    vetted. Of what was taken over from the public hub somebody should be able to say who looked at
    it, under which licence it comes and what it may be used for.
    """
    public, bare = 0, []
    for content in hub.used_by(HUB_CONTENT, "HubName"):
        data = content.data
        if data.HubContentStatus in ("Deleting", "ImportFailed", "PendingDelete"):
            continue
        if not data.SageMakerPublicHubContentArn:
            continue
        public += 1
        texts = (data.HubContentDescription, data.HubContentMarkdown)
        if not any((text or "").strip() for text in texts):
            bare.append(data.HubContentName or content.name)
    if not public:
        return NotApplicable("it holds nothing from the public hub")
    if bare:
        return Fail(f"from the public hub and without a description: {', '.join(sorted(bare))}")
    return Pass(f"{public} from the public hub, each with a description")
