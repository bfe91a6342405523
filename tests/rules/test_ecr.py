"""Image repositories and the images that serve models: edge cases by rule id."""

from __future__ import annotations

import json

import pytest

from auditor.kinds import KEY, REPOSITORY
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.testing import judge

RULES = [rule.id for rule in load_rules() if rule.on is REPOSITORY and rule.id.startswith("ecr-")]
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def repository(**members):
    return {"repositoryName": "serving", "registryId": "111122223333",
            "repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/serving", **members}


def encrypted(kind="KMS", **more):
    return {"encryptionConfiguration": {"encryptionType": kind, **more}}


def key(**members):
    return Other(KEY, {"KeyId": KEY_ARN.rpartition("/")[2], "Arn": KEY_ARN,
                       "AWSAccountId": "111122223333", "KeyManager": "CUSTOMER",
                       "KeyState": "Enabled", **members})


def policy(principal, action="ecr:BatchGetImage", **more):
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": action, **more}]})}


def scanning(frequency, on_push=None):
    return {"ScanningConfiguration": {"scanFrequency": frequency, "scanOnPush": on_push}}


def excluding(*filters):
    return {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": [
        {"filter": one, "filterType": "WILDCARD"} for one in filters]}


PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}


@pytest.mark.parametrize(("rule", "members", "others", "status", "says"), [
    ("ecr-cmk-encryption", encrypted(kmsKey=KEY_ARN), (key(),), "pass", ""),
    ("ecr-cmk-encryption", encrypted("KMS_DSSE", kmsKey=KEY_ARN), (key(),), "pass", ""),
    ("ecr-cmk-encryption", encrypted("AES256"), (), "fail", "AES256"),
    ("ecr-cmk-encryption", encrypted(kmsKey=KEY_ARN), (key(KeyState="Disabled"),), "fail",
     "Disabled"),
    ("ecr-cmk-encryption", encrypted(kmsKey=""), (), "unknown", "does not name"),
    ("ecr-cmk-encryption", encrypted(""), (), "unknown", ""),
    ("ecr-cmk-encryption", {}, (), "unknown", ""),
    ("ecr-lifecycle-policy", {}, (), "fail", "no lifecycle policy"),
    ("ecr-lifecycle-policy", {"LifecyclePolicy": ""}, (), "fail", "no lifecycle policy"),
    ("ecr-lifecycle-policy", {"LifecyclePolicy": '{"rules": []}'}, (), "fail", "no rules"),
    ("ecr-lifecycle-policy", {"LifecyclePolicy": '{"rules": [{}]}'}, (), "pass", ""),
    ("ecr-lifecycle-policy", {"LifecyclePolicy": "{"}, (), "unknown", "cannot be read"),
    ("ecr-lifecycle-policy", {"LifecyclePolicy": "[]"}, (), "unknown", "cannot be read"),
    ("ecr-lifecycle-policy", {"LifecyclePolicy": "{}"}, (), "unknown", "cannot be read"),
    ("ecr-public-policy", {}, (), "pass", "no policy"),
    ("ecr-public-policy", policy("*"), (), "fail", ""),
    ("ecr-public-policy", policy(PARTNER), (), "fail", "444455556666"),
    ("ecr-public-policy", policy({"AWS": "arn:aws:iam::111122223333:root"}), (), "pass", ""),
    ("ecr-public-policy", policy({"Service": "lambda.amazonaws.com"}), (), "pass", ""),
    ("ecr-public-policy", policy("*", Condition={
        "StringEquals": {"aws:PrincipalAccount": "111122223333"}}), (), "pass", ""),
    ("ecr-public-policy", policy("*", Condition={
        "StringLike": {"aws:UserAgent": "*"}}), (), "fail", ""),
    ("ecr-public-policy", {"Policy": "{"}, (), "unknown", ""),
])
def test_edges(rule, members, others, status, says):
    found = judge(rule, repository(**members), *others)
    assert found.status == status, found.message
    assert says in found.message


def test_strangers_are_critical_and_one_account_is_high():
    assert judge("ecr-public-policy", repository(**policy("*"))).severity == "critical"
    assert judge("ecr-public-policy", repository(**policy(PARTNER))).severity == "high"


def test_whom_a_team_trusts_may_come_in():
    assert judge("ecr-public-policy", repository(**policy(PARTNER)),
                 trusted_accounts=["444455556666"]).status == "pass"
    of_all = policy("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}})
    assert judge("ecr-public-policy", repository(**of_all)).status == "fail"
    assert judge("ecr-public-policy", repository(**of_all),
                 trusted_organizations=["o-abcdefghij"]).status == "pass"


@pytest.mark.parametrize(("members", "status", "says"), [
    (scanning("SCAN_ON_PUSH", True), "pass", "SCAN_ON_PUSH"),
    # the registry's rule decides, whatever the repository's own setting says
    (scanning("CONTINUOUS_SCAN", False) | {"imageScanningConfiguration": {"scanOnPush": False}},
     "pass", "CONTINUOUS_SCAN"),
    (scanning("MANUAL", False) | {"imageScanningConfiguration": {"scanOnPush": True}},
     "fail", "MANUAL"),
    (scanning(None, True), "pass", "scanOnPush"),
    (scanning("", False), "fail", "no scanning rule"),
    (scanning(None), "unknown", ""),
    (scanning("FutureValue", False), "fail", "FutureValue"),
    ({}, "unknown", "not seen"),
])
def test_pitfall_44_the_registry_decides_what_is_scanned(members, status, says):
    found = judge("ecr-image-scanning", repository(**members))
    assert found.status == status, found.message
    assert says in found.message


@pytest.mark.parametrize(("members", "allowed", "status", "says"), [
    ({"imageTagMutability": "IMMUTABLE"}, (), "pass", ""),
    ({"imageTagMutability": "MUTABLE"}, (), "fail", "MUTABLE"),
    ({"imageTagMutability": "MUTABLE_WITH_EXCLUSION"}, (), "fail", "MUTABLE_WITH"),
    ({"imageTagMutability": "FutureValue"}, (), "fail", "FutureValue"),
    (excluding("latest"), (), "fail", "latest"),
    (excluding("latest", "dev-*"), ("dev-*",), "fail", "of latest tags"),
    (excluding("dev-*"), ("dev-*",), "pass", ""),
    (excluding(), (), "unknown", ""),
    ({"imageTagMutability": ""}, (), "unknown", ""),
    ({}, (), "unknown", ""),
])
def test_pitfall_44_an_exclusion_lets_tags_be_moved(members, allowed, status, says):
    found = judge("ecr-tag-immutability", repository(**members), exclusions=allowed)
    assert found.status == status, found.message
    assert says in found.message


@pytest.mark.parametrize("rule", RULES)
def test_pitfall_44_what_lies_in_another_account_is_not_ours_to_judge(rule):
    theirs = repository(registryId="763104351884")
    found = judge(rule, theirs)
    assert found.status == "not_applicable" and "763104351884" in found.message


@pytest.mark.parametrize(("value", "others", "status"), [
    ("arn:aws:kms:eu-west-1:111122223333:alias/aws/ecr", (), "fail"),
    (KEY_ARN, (key(KeyManager="AWS"),), "fail"),
    (KEY_ARN, (), "fail"),  # KMS says that there is none
    ("arn:aws:kms:eu-west-1:444455556666:key/x", (), "unknown"),
])
def test_pitfall_4_a_key_that_is_named_need_not_be_the_customers(value, others, status):
    found = judge("ecr-cmk-encryption", repository(**encrypted(kmsKey=value)), *others)
    assert found.status == status, found.message


@pytest.mark.parametrize(("rule", "member"), [
    ("ecr-lifecycle-policy", "LifecyclePolicy"), ("ecr-public-policy", "Policy"),
    ("ecr-image-scanning", "ScanningConfiguration"),
])
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_call_that_was_refused_is_unknown(rule, member, code):
    assert judge(rule, repository(), unseen={member: code}).status == "unknown"


# -- images that run


def image(status="COMPLETE", at="2026-01-20T00:00:00Z", **counts):
    return {"repositoryName": "serving", "imageDigest": "sha256:" + "a1" * 32, "Scan": {
        "imageScanStatus": {"status": status},
        "imageScanFindings": {"findingSeverityCounts": counts, "imageScanCompletedAt": at}}}


def scan(**members):
    return {"repositoryName": "serving", "imageDigest": "sha256:" + "a1" * 32, "Scan": members}


@pytest.mark.parametrize(("data", "status", "says"), [
    (image(), "pass", "2026-01-20"),
    (image(at=None), "pass", ""),
    (image("ACTIVE", LOW=3), "pass", ""),
    (image(MEDIUM=9, INFORMATIONAL=2), "pass", ""),
    (image(HIGH=2, CRITICAL=1, LOW=4), "fail", "1 CRITICAL, 2 HIGH"),
    (image(HIGH=0, CRITICAL=0), "pass", ""),
    # what was found stays found, whatever becomes of the scan
    (image("SCAN_ELIGIBILITY_EXPIRED", CRITICAL=1), "fail", "1 CRITICAL"),
    (image("SCAN_ELIGIBILITY_EXPIRED"), "fail", "EXPIRED"),
    (image("UNSUPPORTED_IMAGE"), "fail", "UNSUPPORTED_IMAGE"),
    (image("FAILED"), "fail", "FAILED"),
    (image("FutureValue"), "fail", "FutureValue"),
    (image("IN_PROGRESS"), "unknown", "not ended"),
    (image("PENDING"), "unknown", "not ended"),
    (image(""), "unknown", ""),
    (scan(imageScanStatus={"status": "COMPLETE"}), "unknown", "what the scan"),
    (scan(imageScanStatus={"status": "COMPLETE"}, imageScanFindings={}), "unknown", ""),
    (scan(), "unknown", ""),
    ({"repositoryName": "serving", "imageDigest": "sha256:" + "a1" * 32}, "fail", "never scanned"),
])
def test_what_was_found_in_an_image_that_runs(data, status, says):
    found = judge("ecr-image-vulnerabilities", data)
    assert found.status == status, found.message
    assert says in found.message


def test_the_least_grade_is_a_setting():
    found = image(MEDIUM=1)
    assert judge("ecr-image-vulnerabilities", found, least="CRITICAL").status == "pass"
    assert judge("ecr-image-vulnerabilities", found, least="MEDIUM").status == "fail"
    assert judge("ecr-image-vulnerabilities", found, least="misspelt").status == "fail"


def test_a_scan_that_was_refused_is_unknown():
    found = judge("ecr-image-vulnerabilities", image(), unseen={"Scan": "AccessDeniedException"})
    assert found.status == "unknown"
