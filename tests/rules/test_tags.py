"""Edges of the rules on tags; numbers are those of the pitfalls in semantics.md."""

import pytest

from auditor.errors import Gap
from auditor.evaluate import evaluate
from auditor.kinds import APP_IMAGE_CONFIG, DOMAIN, ENDPOINT, NOTEBOOK, TRAINING_JOB
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.testing import ACCOUNT_ID, REGION, judge, world

DENIED = "AccessDeniedException"
OF = {
    "app-image-config": {"AppImageConfigName": "a"},
    "image": {"ImageName": "a", "ImageStatus": "CREATED"},
    "domain": {"DomainId": "a", "Status": "InService"},
    "feature-group": {"FeatureGroupName": "a", "FeatureGroupStatus": "Created"},
}
SYSTEM = {"aws:cloudformation:stack-name": "x"}
TAGS = [
    ("one", {"owner": "x"}, (), "pass", ""),
    ("pitfall_45_none", {}, (), "fail", "it has no tags"),
    ("pitfall_45_system_only", SYSTEM, (), "fail", "no tags but AWS's own"),
    ("pitfall_45_system_and_one", {**SYSTEM, "team": ""}, (), "pass", ""),
    ("required", {"owner": "x", "class": "y"}, ("owner", "class"), "pass", ""),
    ("one_missing", {"owner": "x"}, ("owner", "class"), "fail", "no tag class"),
    ("other_case", {"Owner": "x"}, ("owner",), "fail", "no tag owner"),
    ("system_is_not_required", SYSTEM, ("aws:cloudformation:stack-name",), "fail", "no tag"),
]


@pytest.mark.parametrize("kind", OF)
@pytest.mark.parametrize(("case", "tags", "required", "status", "words"), TAGS,
                         ids=[t[0] for t in TAGS])
def test_tagged(kind, case, tags, required, status, words):
    finding = judge(f"sagemaker-{kind}-tagged", OF[kind], tags=tags, required=required)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message
    if finding.status == "fail":
        told = {e.member: e for e in finding.evidence}
        assert told["Tags"].value == tags
        assert told["Tags"].call == "resourcegroupstaggingapi:GetResources"


@pytest.mark.parametrize("kind", OF)
def test_what_was_refused_is_unknown(kind):
    for member in ("Tags", ""):
        finding = judge(f"sagemaker-{kind}-tagged", OF[kind], unseen={member: DENIED},
                        tags={"owner": "x"})
        assert finding.status == "unknown" and DENIED in finding.message


@pytest.mark.parametrize(("kind", "member", "word"), [
    ("image", "ImageStatus", "DELETING"), ("image", "ImageStatus", "CREATE_FAILED"),
    ("domain", "Status", "Deleting"), ("feature-group", "FeatureGroupStatus", "CreateFailed"),
])
def test_pitfall_31_what_is_on_its_way_out_is_not_judged(kind, member, word):
    finding = judge(f"sagemaker-{kind}-tagged", OF[kind] | {member: word})
    assert finding.status == "not_applicable" and word in finding.message


def test_tags_that_were_refused_in_a_region_are_unknown_with_the_reason():
    inventory, _ = world([Other(APP_IMAGE_CONFIG, OF["app-image-config"])])
    inventory.gap(Gap(ACCOUNT_ID, REGION, "resourcegroupstaggingapi", "GetResources", DENIED, "no",
                      "tag:GetResources", "", "", "Tags"))
    inventory.put("tags_unseen", [REGION])
    inventory.commit()
    rule = next(r for r in load_rules() if r.id == "sagemaker-app-image-config-tagged")
    run = evaluate(inventory, [rule], version="x")
    (finding,) = run.findings
    assert finding.status == "unknown" and DENIED in finding.message
    assert run.gaps[finding.gap].action == "tag:GetResources"


# -- what a team asks for

RULE = "sagemaker-resource-required-tags"


def notebook(name, **tags):
    return Other(NOTEBOOK, {"NotebookInstanceName": name}, tags=tags)


REQUIRED = [
    ("not_asked_for", [notebook("a")], (), "not_applicable", "keys is not set"),
    ("all", [notebook("a", owner="x")], ("owner",), "pass", "each of 1"),
    ("one_without", [notebook("a", owner="x"), notebook("b")], ("owner",), "fail", "1 of 2"),
    ("another_kind", [notebook("a", owner="x"),
                      Other(ENDPOINT, {"EndpointName": "live"})], ("owner",), "fail",
     "endpoint/live has no tag owner"),
    ("other_region", [notebook("a", owner="x"), Other(
        DOMAIN, {"DomainId": "d"}, region="us-east-1")], ("owner",), "fail", "us-east-1"),
    ("jobs_do_not_count", [Other(TRAINING_JOB, {"TrainingJobName": "j"})], ("owner",),
     "not_applicable", "none of these"),
    ("nothing", [], ("owner",), "not_applicable", "none of these"),
    ("pitfall_31_deleting", [notebook("a", owner="x"), Other(
        NOTEBOOK, {"NotebookInstanceName": "b", "NotebookInstanceStatus": "Deleting"}), Other(
        DOMAIN, {"DomainId": "d", "Status": "Deleting"})], ("owner",), "pass", "each of 1"),
    ("pitfall_31_delete_failed", [Other(DOMAIN, {"DomainId": "d", "Status": "Delete_Failed"})],
     ("owner",), "fail", "1 of 1"),
]


@pytest.mark.parametrize(("case", "others", "keys", "status", "words"), REQUIRED,
                         ids=[r[0] for r in REQUIRED])
def test_required(case, others, keys, status, words):
    finding = judge(RULE, {}, *others, keys=keys)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def test_many_are_counted_and_ten_are_named():
    for many, more in ((10, ""), (13, "and 3 more")):
        finding = judge(RULE, {}, *(notebook(f"n{i}") for i in range(many)), keys=("owner",))
        assert f"{many} of {many}" in finding.message and more in finding.message
        assert finding.message.count("no tag owner") == 10
        assert ("more" in finding.message) == bool(more)


def test_a_kind_that_was_refused_is_unknown_unless_another_lacks_a_tag():
    sound, bare = notebook("a", owner="x"), notebook("b")
    assert judge(RULE, {}, sound, refused=[DOMAIN], keys=("owner",)).status == "unknown"
    assert judge(RULE, {}, bare, refused=[DOMAIN], keys=("owner",)).status == "fail"
