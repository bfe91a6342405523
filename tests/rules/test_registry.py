"""Edges of the rules on the model registry, model cards and hubs."""

import json

import pytest

from auditor.kinds import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    HUB,
    HUB_CONTENT,
    INFERENCE_COMPONENT,
    MODEL,
    MODEL_CARD,
    MODEL_PACKAGE,
)
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/g/1"
MODEL_ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model/m"
USES = Other(MODEL, {"ModelName": "m", "PrimaryContainer": {"ModelPackageName": ARN}})


def version(approval=None, number=1, status="Completed", **more):
    found = {"ModelPackageArn": ARN.removesuffix("1") + str(number), "ModelPackageGroupName": "g",
             "ModelPackageVersion": number, "ModelPackageStatus": status, **more}
    return found | ({"ModelApprovalStatus": approval} if approval is not None else {})


APPROVAL = [
    ("approved", version("Approved"), "pass", "Approved"),
    ("rejected", version("Rejected"), "pass", "Rejected"),
    ("pending", version("PendingManualApproval"), "fail", "nobody has decided"),
    ("pitfall_31_failed", version("PendingManualApproval", status="Failed"), "not_applicable",
     "Failed"),
    ("pitfall_31_deleting", version("PendingManualApproval", status="Deleting"),
     "not_applicable", "Deleting"),
    ("unversioned", {"ModelPackageArn": ARN, "ModelPackageStatus": "Completed"},
     "not_applicable", "no version"),
    ("logged", version(ModelPackageRegistrationType="Logged"), "not_applicable", "logged"),
    ("absent", version(), "unknown", "ModelApprovalStatus"),
    ("new_word", version("Postponed"), "unknown", "Postponed"),
    ("blank", version(""), "unknown", "ModelApprovalStatus"),
]


@pytest.mark.parametrize(("case", "data", "status", "words"), APPROVAL, ids=[a[0] for a in APPROVAL])
def test_approval(case, data, status, words):
    finding = judge("sagemaker-model-package-approval", data)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def test_pitfall_30_a_version_that_no_model_is_made_from_is_informational():
    rule, pending = "sagemaker-model-package-approval", version("PendingManualApproval")
    assert judge(rule, pending).severity == "info"
    used = judge(rule, pending, USES)
    assert used.severity == "medium" and "model m" in used.message
    assert judge(rule, pending, refused=[MODEL]).severity == "medium"


GROUP = {"ModelPackageGroupName": "g", "ModelPackageGroupStatus": "Completed",
         "ModelPackageGroupArn": "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/g"}
GROUPS = [
    ("approved", GROUP, [version("Approved", 1), version("Rejected", 2)], "pass", "version 1"),
    ("none_approved", GROUP, [version("PendingManualApproval", 1), version("Rejected", 2)],
     "fail", "none of the 2"),
    ("empty", GROUP, [], "fail", "holds no version"),
    ("of_another_group", GROUP, [version("Approved", ModelPackageGroupName="h")], "fail", ""),
    ("deleting", GROUP | {"ModelPackageGroupStatus": "Deleting"}, [], "not_applicable", ""),
]


@pytest.mark.parametrize(("case", "data", "others", "status", "words"), GROUPS,
                         ids=[g[0] for g in GROUPS])
def test_registry_in_use(case, data, others, status, words):
    others = [Other(MODEL_PACKAGE, one) for one in others]
    finding = judge("sagemaker-model-registry-in-use", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and finding.severity == "info"


DEPLOYED = {"ModelName": "m", "ModelArn": MODEL_ARN,
            "PrimaryContainer": {"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1"}}
MADE = DEPLOYED | {"PrimaryContainer": {"ModelPackageName": ARN}}
CONFIG = Other(ENDPOINT_CONFIG, {"EndpointConfigName": "c", "ProductionVariants": [
    {"VariantName": "v", "ModelName": "m"}]})
LIVE = [CONFIG, Other(ENDPOINT, {"EndpointName": "e", "EndpointConfigName": "c"})]
COMPONENT = Other(INFERENCE_COMPONENT, {
    "InferenceComponentName": "ic", "Specification": {"ModelName": "m"},
    "InferenceComponentArn": "arn:aws:sagemaker:eu-west-1:111122223333:inference-component/ic"})


def card(content, status="Approved", **more):
    text = content if isinstance(content, str) else json.dumps(content)
    return Other(MODEL_CARD, {"ModelCardName": "card", "ModelCardStatus": status,
                              "Content": text, **more})


def overview(**of):
    return {"model_overview": of}


def inline(status="Approved"):
    return Other(MODEL_PACKAGE, version("Approved", ModelCard={
        "ModelCardContent": "{}", "ModelCardStatus": status}))


CARDS = [
    ("by_arn", DEPLOYED, [*LIVE, card(overview(model_id=MODEL_ARN))], "pass", "card is Approved"),
    ("by_name", DEPLOYED, [*LIVE, card(overview(model_name="m"))], "pass", ""),
    ("draft", DEPLOYED, [*LIVE, card(overview(model_name="m"), "Draft")], "pass", "Draft"),
    ("archived", DEPLOYED, [*LIVE, card(overview(model_name="m"), "Archived")], "fail", ""),
    ("being_deleted", DEPLOYED,
     [*LIVE, card(overview(model_name="m"), ModelCardProcessingStatus="DeletePending")], "fail",
     ""),
    ("by_package", MADE,
     [*LIVE, card({"model_package_details": {"model_package_arn": ARN}})], "pass", ""),
    ("in_the_package", MADE, [*LIVE, inline()], "pass", "carries a card"),
    ("in_the_package_archived", MADE, [*LIVE, inline("Archived")], "fail", ""),
    ("another_package", DEPLOYED,
     [*LIVE, card({"model_package_details": {"model_package_arn": ARN}})], "fail", ""),
    ("none", DEPLOYED, LIVE, "fail", "no model card"),
    ("blank", DEPLOYED, [*LIVE, card(overview(model_name="", model_id=None))], "fail", ""),
    ("odd", DEPLOYED, [*LIVE, card({"model_overview": ["m"]})], "fail", ""),
    ("no_json", DEPLOYED, [*LIVE, card("{")], "unknown", "cannot be read"),
    ("a_list", DEPLOYED, [*LIVE, card("[]")], "unknown", "cannot be read"),
    ("no_json_beside", DEPLOYED, [*LIVE, card("{"), Other(MODEL_CARD, {
        "ModelCardName": "b", "ModelCardStatus": "Approved",
        "Content": json.dumps(overview(model_name="m"))})], "pass", "b is Approved"),
    ("pitfall_30_no_endpoint", DEPLOYED, [CONFIG], "not_applicable", "no endpoint"),
    ("component", DEPLOYED, [COMPONENT], "fail", "no model card"),
]


@pytest.mark.parametrize(("case", "data", "others", "status", "words"), CARDS,
                         ids=[c[0] for c in CARDS])
def test_model_card(case, data, others, status, words):
    finding = judge("sagemaker-model-card-exists", data, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message
    assert finding.severity == "info"


PUBLIC = "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/bert/1.0.0"


def content(name="bert", public=PUBLIC, status="Available", of="team", **more):
    arn = f"arn:aws:sagemaker:eu-west-1:111122223333:hub-content/{of}/Model/{name}/1.0.0"
    data = {"HubContentArn": arn, "HubContentName": name, "HubName": of,
            "HubContentStatus": status, **more}
    return Other(HUB_CONTENT, data | ({"SageMakerPublicHubContentArn": public} if public else {}))


def hub(status="InService", name="team"):
    return {"HubName": name, "HubStatus": status,
            "HubArn": f"arn:aws:sagemaker:eu-west-1:111122223333:hub/{name}"}


HUBS = [
    ("described", [content(HubContentDescription="for search")], "pass", "1 from"),
    ("markdown", [content(HubContentMarkdown="# for search")], "pass", ""),
    ("bare", [content()], "fail", "bert"),
    ("blank", [content(HubContentDescription=" ", HubContentMarkdown="\n")], "fail", "bert"),
    ("one_of_two", [content(HubContentDescription="x"), content("gpt")], "fail", "gpt"),
    ("our_own", [content(public="")], "not_applicable", "nothing from the public hub"),
    ("empty", [], "not_applicable", "nothing from the public hub"),
    ("on_its_way_out", [content(status="Deleting")], "not_applicable", ""),
    ("import_failed", [content(status="ImportFailed")], "not_applicable", ""),
    ("of_another_hub", [content(of="b"), Other(HUB, hub(name="b"))], "not_applicable", ""),
]


@pytest.mark.parametrize(("case", "others", "status", "words"), HUBS, ids=[h[0] for h in HUBS])
def test_hub_content(case, others, status, words):
    finding = judge("sagemaker-hub-public-content", hub(), *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def test_a_hub_on_its_way_out_is_not_judged():
    for status in ("Deleting", "CreateFailed"):
        assert judge("sagemaker-hub-public-content", hub(status), content()).status == (
            "not_applicable")
    assert judge("sagemaker-hub-public-content", hub("DeleteFailed"), content()).status == "fail"


@pytest.mark.parametrize(("rule", "data", "member"), [
    ("model-package-approval", version("Approved"), "ModelApprovalStatus"),
    ("model-package-approval", version("Approved"), "ModelPackageStatus"),
    ("model-registry-in-use", GROUP, "ModelPackageGroupStatus"),
    ("model-card-exists", DEPLOYED, "PrimaryContainer"),
    ("hub-public-content", hub(), "HubStatus"),
])
def test_what_was_refused_is_unknown(rule, data, member):
    for refused in (member, ""):
        finding = judge(f"sagemaker-{rule}", data, unseen={refused: DENIED})
        assert finding.status == "unknown" and DENIED in finding.message


@pytest.mark.parametrize(("rule", "data", "others", "refused"), [
    ("model-registry-in-use", GROUP, [], MODEL_PACKAGE),
    ("model-card-exists", DEPLOYED, LIVE, MODEL_CARD),
    ("model-card-exists", DEPLOYED, [CONFIG], ENDPOINT),
    ("hub-public-content", hub(), [], HUB_CONTENT),
])
def test_what_it_looks_at_was_refused(rule, data, others, refused):
    finding = judge(f"sagemaker-{rule}", data, *others, refused=[refused])
    assert finding.status == "unknown" and DENIED in finding.message
