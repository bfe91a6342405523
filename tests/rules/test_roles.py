"""Edges of the rules on execution roles."""

import json

import pytest

from auditor import kinds
from auditor.kinds import ENDPOINT_CONFIG, MODEL, POLICY, ROLE
from auditor.rule import Other
from auditor.testing import judge

DENIED = "AccessDeniedException"
ARN = "arn:aws:iam::111122223333:role/service-role/work"
OURS = "arn:aws:iam::111122223333:policy/ours"
CAP = "arn:aws:iam::111122223333:policy/cap"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
OF_ROLE = {"RoleArn": ARN}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def role(*statements, attached=(), boundary="", name="work", arn=ARN, **more):
    capped = {"PermissionsBoundary": {"PermissionsBoundaryArn": boundary}} if boundary else {}
    return Other(ROLE, {
        "RoleName": name, "Arn": arn,
        "RolePolicyList": [{"PolicyName": f"p{i}", "PolicyDocument": document(s)}
                           for i, s in enumerate(statements)],
        "AttachedManagedPolicies": [{"PolicyName": a.rpartition("/")[2], "PolicyArn": a}
                                    for a in attached],
        **capped, **more,
    })


def policy(arn, *statements, **old):
    """A managed policy: its default version, and others that are not in force."""
    versions = [{"VersionId": "v2", "IsDefaultVersion": True, "Document": document(*statements)}]
    versions += [{"VersionId": v, "IsDefaultVersion": False, "Document": document(s)}
                 for v, s in old.items()]
    return Other(POLICY, {"PolicyName": arn.rpartition("/")[2], "Arn": arn,
                          "DefaultVersionId": "v2", "PolicyVersionList": versions})


READ = allow("s3:GetObject", "arn:aws:s3:::ours/*")
ANYTHING = allow("*")
PASS_ANY = allow("iam:PassRole")
TO_SAGEMAKER = {"Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}

# question, the role and what else there is, status
CASES = [
    ("admin", [role(READ)], "pass"),
    ("admin", [role()], "pass"),
    ("admin", [role(ANYTHING)], "fail"),
    ("admin", [role(attached=[ADMINISTRATOR]), policy(ADMINISTRATOR, ANYTHING)], "fail"),
    ("admin", [role(READ, attached=[OURS]), policy(OURS, READ)], "pass"),
    # what counts is the version in force, whatever else is kept
    ("admin", [role(attached=[OURS]), policy(OURS, READ, v1=ANYTHING)], "pass"),
    ("admin", [role(attached=[OURS]), policy(OURS, ANYTHING, v1=READ)], "fail"),
    ("admin", [role(ANYTHING, boundary=CAP), policy(CAP, READ)], "pass"),
    ("admin", [role(ANYTHING, boundary=CAP), policy(CAP, ANYTHING)], "fail"),
    # a name says nothing
    ("admin", [role(READ, attached=[OURS]), policy(OURS, allow(["iam:*", "ec2:*"]))], "fail"),
    # what was not seen may allow or deny anything
    ("admin", [role(READ, attached=[OURS])], "unknown"),
    ("admin", [role(ANYTHING, attached=[OURS])], "unknown"),
    ("admin", [role(ANYTHING, boundary=CAP)], "unknown"),
    ("admin", [role(READ, attached=[OURS]),
               Other(POLICY, {"PolicyName": "ours", "Arn": OURS, "PolicyVersionList": []})],
     "unknown"),
    ("admin", [role(READ, RolePolicyList=None)], "unknown"),
    ("admin", [role(READ, AttachedManagedPolicies=None)], "unknown"),
    ("admin", [role(READ, AttachedManagedPolicies=[{"PolicyName": "ours"}])], "unknown"),
    ("admin", [role(READ, PermissionsBoundary={})], "unknown"),
    ("admin", [role(RolePolicyList=[{"PolicyName": "p"}])], "unknown"),
    ("admin", [role(RolePolicyList=[{"PolicyName": "p", "PolicyDocument": "{"}])], "unknown"),
    # IAM's answers carry a document as a structure or as text
    ("admin", [role(RolePolicyList=[{"PolicyName": "p",
                                     "PolicyDocument": json.dumps(document(ANYTHING))}])], "fail"),
    ("admin", [], "not_applicable"),

    ("passrole", [role(allow("iam:PassRole", ARN))], "pass"),
    ("passrole", [role(allow("iam:PassRole", "arn:aws:iam::111122223333:role/ml-*"))], "pass"),
    ("passrole", [role(PASS_ANY)], "fail"),
    ("passrole", [role(allow("iam:Pass*", "arn:aws:iam::*:role/*"))], "fail"),
    ("passrole", [role(allow("iam:PassRole", "*", **TO_SAGEMAKER))], "fail"),
    ("passrole", [role(PASS_ANY, boundary=CAP), policy(CAP, READ)], "pass"),
    ("passrole", [role(PASS_ANY, deny("iam:PassRole"))], "pass"),
    ("passrole", [role(PASS_ANY, attached=[OURS])], "unknown"),
    ("passrole", [role(READ)], "pass"),

    ("s3-scope", [role(READ)], "pass"),
    ("s3-scope", [role(allow("s3:*", ["arn:aws:s3:::ml-*", "arn:aws:s3:::ml-*/*"]))], "pass"),
    ("s3-scope", [role(allow("s3:*"))], "fail"),
    ("s3-scope", [role(allow("s3:GetObject", "arn:aws:s3:::*/*"))], "fail"),
    ("s3-scope", [role(attached=[OURS]), policy(OURS, allow("s3:PutObject"))], "fail"),
    ("s3-scope", [role(allow("s3:ListAllMyBuckets"))], "pass"),
    ("s3-scope", [role(allow("s3:*"), boundary=CAP), policy(CAP, READ)], "pass"),
]
NOTEBOOK_ONLY = [
    ("assumerole", [role(allow("sts:AssumeRole", ARN))], "pass"),
    ("assumerole", [role(allow("sts:AssumeRole"))], "fail"),
    ("assumerole", [role(allow("sts:*", "arn:aws:iam::444455556666:role/reader"))], "pass"),
    ("assumerole", [role(allow("sts:AssumeRole"), attached=[OURS])], "unknown"),
    ("assumerole", [role(READ)], "pass"),
]
TABLE = [(f"{of}-role-{q}", w, s) for of in ("notebook", "training") for q, w, s in CASES]
TABLE += [(f"notebook-role-{q}", w, s) for q, w, s in NOTEBOOK_ONLY]
IDS = sorted({rule for rule, _, _ in TABLE})


@pytest.mark.parametrize(("rule", "others", "status"), TABLE)
def test_edges(rule, others, status):
    finding = judge(f"sagemaker-{rule}", OF_ROLE, *others)
    assert finding.status == status, finding.message
    assert "the rule broke" not in finding.message
    if status == "fail":
        assert "work" in finding.message
        assert {e.arn for e in finding.evidence} >= {ARN}


def test_the_policy_is_named():
    inline = judge("sagemaker-notebook-role-admin", OF_ROLE, role(READ, ANYTHING))
    assert "p1" in inline.message
    managed = judge("sagemaker-notebook-role-admin", OF_ROLE,
                    role(READ, attached=[ADMINISTRATOR]), policy(ADMINISTRATOR, ANYTHING))
    assert "AdministratorAccess" in managed.message
    blank = judge("sagemaker-notebook-role-admin", OF_ROLE,
                  role(RolePolicyList=[{"PolicyName": "p", "PolicyDocument": ""}]))
    assert "the document of the policy p of work was not seen" in blank.message


@pytest.mark.parametrize("rule", IDS)
def test_what_was_not_seen_is_unknown(rule):
    rule = f"sagemaker-{rule}"
    for refused in ("RoleArn", ""):
        assert judge(rule, OF_ROLE, role(READ), unseen={refused: DENIED}).status == "unknown"
    assert judge(rule, OF_ROLE, refused=[ROLE]).status == "unknown"
    assert judge(rule, OF_ROLE, role(READ, attached=[OURS]), refused=[POLICY]).status == "unknown"
    assert judge(rule, {}).status == judge(rule, {"RoleArn": ""}).status == "unknown"
    foreign = judge(rule, {"RoleArn": "arn:aws:iam::444455556666:role/x"})
    assert foreign.status == "unknown"
    assert "belongs to account 444455556666" in foreign.message
    gone = judge(rule, OF_ROLE)
    assert gone.status == "not_applicable" and "no longer exists" in gone.message


@pytest.mark.parametrize(("of", "member", "states"), [
    ("notebook-role-admin", "NotebookInstanceStatus", ("Deleting", "Failed")),
    ("training-role-admin", "TrainingJobStatus", ("Deleting",)),
])
def test_what_is_on_its_way_out_is_not_judged(of, member, states):
    for state in states:
        data = OF_ROLE | {member: state}
        assert judge(f"sagemaker-{of}", data, role(ANYTHING)).status == "not_applicable"
    for state in ("Stopped", "InService", "Completed"):
        assert judge(f"sagemaker-{of}", OF_ROLE | {member: state}, role(ANYTHING)).status == "fail"


# -- endpoints

SCOPE = "sagemaker-endpoint-role-s3-scope"
ENDPOINT = {"EndpointName": "e", "EndpointConfigName": "c"}
WIDE_ARN = "arn:aws:iam::111122223333:role/wide"
WIDE = role(allow("s3:*"), name="wide", arn=WIDE_ARN)


def config(*models, **more):
    variants = [{"VariantName": f"v{i}", "ModelName": m} if m else {"VariantName": f"v{i}"}
                for i, m in enumerate(models)]
    return Other(ENDPOINT_CONFIG, {"EndpointConfigName": "c", "ProductionVariants": variants,
                                   **more})


def model(name, arn=ARN):
    return Other(MODEL, {"ModelName": name, **({"ExecutionRoleArn": arn} if arn else {})})


@pytest.mark.parametrize(("others", "status", "words"), [
    ([config("m"), model("m"), role(READ)], "pass", ""),
    ([config("m"), model("m", WIDE_ARN), WIDE], "fail", "role wide of the model m"),
    ([config("m", "n"), model("m"), model("n", WIDE_ARN), role(READ), WIDE], "fail", "model n"),
    ([config(None, ExecutionRoleArn=WIDE_ARN), WIDE], "fail",
     "role wide of the endpoint configuration c"),
    ([config(None, ExecutionRoleArn=ARN), role(READ)], "pass", ""),
    ([config("m", ShadowProductionVariants=[{"VariantName": "s", "ModelName": "n"}]),
      model("m"), model("n", WIDE_ARN), role(READ), WIDE], "fail", "model n"),
    ([config("m", ProductionVariants=[{"VariantName": "v", "InstancePools": [
        {"InstanceType": "ml.m5.large", "ModelNameOverride": "n", "Priority": 1}]}]),
      model("n", WIDE_ARN), WIDE], "fail", "model n"),
    # a model that was deleted goes on running, with a role that nothing tells any more
    ([config("m")], "unknown", "model m was not found"),
    ([config("m", "n"), model("m"), role(READ)], "unknown", "model n was not found"),
    ([config("m", "n"), model("m", WIDE_ARN), WIDE], "fail", "model m"),
    # what is gone, foreign or not seen hides nothing of what comes after it
    ([config("m", "n"), model("m"), model("n", WIDE_ARN), WIDE], "fail", "model n"),
    ([config("m", "n"), model("m", "arn:aws:iam::444455556666:role/x"), model("n", WIDE_ARN),
      WIDE], "fail", "model n"),
    ([], "unknown", "endpoint configuration c was not found"),
    ([config(None)], "unknown", "neither role nor model"),
    ([config("m"), model("m", "")], "not_applicable", "no role"),
    ([config("m"), model("m")], "not_applicable", "no longer exists"),
    ([config("m"), model("m", "arn:aws:iam::444455556666:role/x")], "unknown", "444455556666"),
    ([config("m"), model("m"), role(READ, attached=[OURS])], "unknown", "ours"),
])
def test_endpoints(others, status, words):
    finding = judge(SCOPE, ENDPOINT, *others)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


def test_endpoints_that_were_not_seen():
    whole = [config("m"), model("m"), role(READ)]
    for refused in ("EndpointConfigName", "EndpointStatus", ""):
        assert judge(SCOPE, ENDPOINT, *whole, unseen={refused: DENIED}).status == "unknown"
    assert judge(SCOPE, {"EndpointName": "e"}, *whole).status == "unknown"
    for kind, left in (("ENDPOINT_CONFIG", whole[1:]), ("MODEL", [whole[0], whole[2]]),
                       ("ROLE", whole[:2])):
        finding = judge(SCOPE, ENDPOINT, *left, refused=[getattr(kinds, kind)])
        assert finding.status == "unknown" and DENIED in finding.message
    for state in ("Deleting", "Failed"):
        data = ENDPOINT | {"EndpointStatus": state}
        assert judge(SCOPE, data, *whole).status == "not_applicable"
