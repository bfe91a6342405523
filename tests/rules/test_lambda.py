"""Functions in front of models: edge cases by rule id."""

from __future__ import annotations

import json

import botocore.session
import pytest

from auditor.kinds import ENDPOINT, KEY, POLICY, ROLE, SUBNET
from auditor.plugins import load_rules
from auditor.rule import Other
from auditor.testing import judge

RULES = {rule.id: rule for rule in load_rules() if rule.id.startswith("lambda-")}
ROLE_ARN = "arn:aws:iam::111122223333:role/score"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:score"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def function(**members):
    return {"FunctionName": "score", "FunctionArn": FUNCTION_ARN, "PackageType": "Zip",
            "Role": ROLE_ARN, **members}


def role(*statements, attached=(), **more):
    return Other(ROLE, {
        "RoleName": "score", "Arn": ROLE_ARN, "RolePolicyList": [{
            "PolicyName": "work",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}],
        "AttachedManagedPolicies": [{"PolicyName": "x", "PolicyArn": arn} for arn in attached],
        **more})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def variables(**named):
    return {"Environment": {"Variables": named}}


CALLER = role(allow("sagemaker:InvokeEndpoint"))
LOGGER = role(allow("logs:PutLogEvents"))
ENDPOINT_HERE = Other(ENDPOINT, {
    "EndpointName": "churn",
    "EndpointArn": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn"})
UNREADABLE = {"Environment": {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}}}

# -- which functions are judged


@pytest.mark.parametrize(("members", "others", "status"), [
    ({}, (CALLER,), "judged"),
    ({}, (role(allow("sagemaker:InvokeEndpointAsync")),), "judged"),
    ({}, (role(allow("sagemaker:Invoke*")),), "judged"),
    ({}, (role(allow("*")),), "judged"),
    ({}, (LOGGER,), "not_applicable"),
    # a Deny takes away what an Allow gave
    ({}, (role(allow("*"), {"Effect": "Deny", "Action": "sagemaker:Invoke*", "Resource": "*"}),),
     "not_applicable"),
    # a role that some other policy may extend is not known to the end
    ({}, (role(allow("logs:PutLogEvents"), attached=["arn:aws:iam::aws:policy/Unseen"]),),
     "unknown"),
    ({}, (role(allow("logs:PutLogEvents"), AttachedManagedPolicies=None),), "unknown"),
    # a variable that says endpoint names one that is there
    (variables(ENDPOINT="churn"), (LOGGER, ENDPOINT_HERE), "judged"),
    (variables(SAGEMAKER_ENDPOINT_NAME="churn"), (LOGGER, ENDPOINT_HERE), "judged"),
    (variables(MODEL="arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn"),
     (LOGGER, ENDPOINT_HERE), "judged"),
    (variables(MODEL_URL="https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/churn/"
               "invocations"), (LOGGER, ENDPOINT_HERE), "judged"),
    (variables(ENDPOINT="other"), (LOGGER, ENDPOINT_HERE), "not_applicable"),
    (variables(ENDPOINT=""), (LOGGER, ENDPOINT_HERE), "not_applicable"),
    (variables(STAGE="churn"), (LOGGER, ENDPOINT_HERE), "not_applicable"),
    (UNREADABLE, (LOGGER, ENDPOINT_HERE), "unknown"),
    (UNREADABLE, (CALLER,), "judged"),
    # the role was not seen, but the variable says it
    (variables(ENDPOINT="churn"), (ENDPOINT_HERE,), "judged"),
    ({}, (), "not_applicable"),  # a role that was deleted grants nothing
    ({"Role": "arn:aws:iam::444455556666:role/score"}, (), "unknown"),
    ({"Role": ""}, (), "unknown"),
    ({"Role": None}, (), "unknown"),
])
def test_functions_in_front_of_models_are_judged(members, others, status):
    found = judge("lambda-concurrency", function(**members), *others)
    assert found.status == ("fail" if status == "judged" else status), found.message


@pytest.mark.parametrize("rule", RULES)
def test_a_role_that_was_not_seen_says_nothing(rule):
    assert judge(rule, function(), refused=[ROLE]).status == "unknown"


def test_endpoints_that_were_not_listed_may_be_named():
    named = function(**variables(ENDPOINT="churn"))
    assert judge("lambda-xray", named, LOGGER, refused=[ENDPOINT]).status == "unknown"


@pytest.mark.parametrize("rule", RULES)
def test_other_functions_are_not_judged(rule):
    found = judge(rule, function(), LOGGER)
    assert found.status == "not_applicable" and "may not call an endpoint" in found.message


@pytest.mark.parametrize(("rule", "member"), [
    ("lambda-code-signing", "CodeSigningConfigArn"),
    ("lambda-concurrency", "ReservedConcurrentExecutions"),
    ("lambda-public-policy", "Policy"),
    ("lambda-url-auth", "FunctionUrlConfigs"),
])
@pytest.mark.parametrize("code", ["AccessDeniedException", "TooManyRequestsException"])
def test_a_call_that_was_refused_is_unknown(rule, member, code):
    assert judge(rule, function(), CALLER, unseen={member: code}).status == "unknown"


# -- each rule

SIGNING = "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-1"


def signing(policy):
    return {"CodeSigningConfigArn": SIGNING, "CodeSigningConfig": {
        "CodeSigningConfigArn": SIGNING,
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy}}}


def policy(principal, action="lambda:InvokeFunction", **more):
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "s", "Effect": "Allow", "Principal": principal, "Action": action,
         "Resource": FUNCTION_ARN, **more}]})}


def url(*auths, **more):
    return {"FunctionUrlConfigs": [
        {"FunctionUrl": f"https://{i}.lambda-url.eu-west-1.on.aws/", "AuthType": auth, **more}
        for i, auth in enumerate(auths)]}


def network(*subnets):
    return {"VpcConfig": {"VpcId": "vpc-1", "SubnetIds": list(subnets), "SecurityGroupIds": []}}


def subnet(name, zone):
    return Other(SUBNET, {"SubnetId": name, "AvailabilityZone": zone})


def key(**members):
    return Other(KEY, {"KeyId": KEY_ARN.rpartition("/")[2], "Arn": KEY_ARN,
                       "AWSAccountId": "111122223333", "KeyManager": "CUSTOMER",
                       "KeyState": "Enabled", **members}, names=("alias/ml",))


URL_FOR_ALL = policy("*", "lambda:InvokeFunctionUrl", Condition={
    "StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}})
A, B, C = subnet("a", "eu-west-1a"), subnet("b", "eu-west-1b"), subnet("c", "eu-west-1a")
SECRET = "[[secret:named-secret:0a0b0c0d]]"


@pytest.mark.parametrize(("rule", "members", "others", "status", "says"), [
    ("lambda-code-signing", signing("Enforce"), (), "pass", ""),
    ("lambda-code-signing", signing("Warn"), (), "fail", "Warn"),
    ("lambda-code-signing", {}, (), "fail", "no code signing"),
    ("lambda-code-signing", {"CodeSigningConfigArn": ""}, (), "fail", "no code signing"),
    ("lambda-code-signing", {"CodeSigningConfigArn": SIGNING}, (), "unknown", "csc-1"),
    ("lambda-code-signing", signing(""), (), "unknown", ""),
    ("lambda-code-signing", {"PackageType": "Image"}, (), "not_applicable", "image"),
    ("lambda-concurrency", {"ReservedConcurrentExecutions": 5}, (), "pass", "5"),
    ("lambda-concurrency", {"ReservedConcurrentExecutions": 0}, (), "pass", "0"),
    ("lambda-concurrency", {}, (), "fail", "no concurrency"),
    # the key behind the variables
    ("lambda-environment-cmk", variables(A="b") | {"KMSKeyArn": KEY_ARN}, (key(),), "pass", ""),
    ("lambda-environment-cmk", variables(A="b") | {"KMSKeyArn": ""}, (), "fail", "aws/lambda"),
    ("lambda-environment-cmk", {}, (), "not_applicable", "no variables"),
    ("lambda-environment-cmk", variables(), (), "not_applicable", "no variables"),
    ("lambda-environment-cmk", UNREADABLE, (), "unknown", "AccessDenied"),
    ("lambda-environment-cmk", variables(A="b") | {"KMSKeyArn": KEY_ARN},
     (key(KeyState="PendingDeletion"),), "fail", "PendingDeletion"),
    # secrets are masks by then
    ("lambda-environment-secrets", variables(A="b"), (), "pass", ""),
    ("lambda-environment-secrets", {}, (), "pass", ""),
    ("lambda-environment-secrets", variables(A="b", TOKEN=SECRET), (), "fail", "TOKEN: 1 named"),
    ("lambda-environment-secrets", variables(URL=f"postgres://u:{SECRET}@db/x"), (), "fail", "URL"),
    ("lambda-environment-secrets", UNREADABLE, (), "unknown", "AccessDenied"),
    # who may call it
    ("lambda-public-policy", {}, (), "pass", "no policy"),
    ("lambda-public-policy", policy("*"), (), "fail", ""),
    ("lambda-public-policy", policy({"AWS": "*"}), (), "fail", ""),
    ("lambda-public-policy", URL_FOR_ALL, (), "fail", ""),
    ("lambda-public-policy", policy("*", Condition={
        "StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}), (), "pass", ""),
    ("lambda-public-policy", policy("*", Condition={
        "StringEquals": {"aws:SourceAccount": "111122223333"}}), (), "pass", ""),
    ("lambda-public-policy", policy({"AWS": "arn:aws:iam::444455556666:root"}), (), "pass", ""),
    ("lambda-public-policy", policy({"Service": "apigateway.amazonaws.com"}), (), "fail", ""),
    ("lambda-public-policy", policy({"Service": "apigateway.amazonaws.com"}, Condition={"ArnLike": {
        "AWS:SourceArn": "arn:aws:execute-api:eu-west-1:111122223333:a1/*/POST/x"}}), (), "pass", ""),
    ("lambda-public-policy", policy({"Service": "s3.amazonaws.com"}, Condition={
        "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::ml-data"},
        "StringEquals": {"AWS:SourceAccount": "111122223333"}}), (), "pass", ""),
    ("lambda-public-policy", {"Policy": "{"}, (), "unknown", ""),
    # addresses
    ("lambda-url-auth", {"FunctionUrlConfigs": []}, (), "not_applicable", "no address"),
    ("lambda-url-auth", {}, (), "unknown", ""),
    ("lambda-url-auth", url("AWS_IAM"), (), "pass", ""),
    ("lambda-url-auth", url("AWS_IAM", "NONE"), (), "fail", "https://1."),
    ("lambda-url-auth", url("NONE", Cors={"AllowOrigins": ["*"]}), (), "fail", "every site"),
    ("lambda-url-auth", url("FutureValue"), (), "fail", "FutureValue"),
    ("lambda-url-auth", url(""), (), "unknown", ""),
    ("lambda-in-vpc", {"VpcConfig": {"VpcId": "vpc-1"}}, (), "pass", "vpc-1"),
    ("lambda-in-vpc", {"VpcConfig": {"VpcId": ""}}, (), "fail", ""),
    ("lambda-in-vpc", {}, (), "fail", ""),
    ("lambda-multi-az", network("a", "b"), (A, B), "pass", "eu-west-1a, eu-west-1b"),
    ("lambda-multi-az", network("a", "c"), (A, C), "fail", "all lie in eu-west-1a"),
    ("lambda-multi-az", network("a"), (A,), "fail", "a: fewer"),
    ("lambda-multi-az", network("a", ""), (A,), "fail", "a: fewer"),
    ("lambda-multi-az", network(), (), "fail", "none"),
    ("lambda-multi-az", {}, (), "not_applicable", "no VPC"),
    ("lambda-multi-az", {"VpcConfig": {"VpcId": ""}}, (), "not_applicable", "no VPC"),
    ("lambda-multi-az", network("a", "x"), (A,), "unknown", "x"),
    ("lambda-multi-az", network("a", "b", "x"), (A, B), "pass", ""),
    ("lambda-multi-az", network("a", "d"), (A, subnet("d", "")), "unknown", "AvailabilityZone"),
    ("lambda-xray", {"TracingConfig": {"Mode": "Active"}}, (), "pass", ""),
    ("lambda-xray", {"TracingConfig": {"Mode": "PassThrough"}}, (), "fail", "PassThrough"),
    ("lambda-xray", {"TracingConfig": {"Mode": ""}}, (), "unknown", ""),
    ("lambda-xray", {}, (), "unknown", "TracingConfig"),
])
def test_edges(rule, members, others, status, says):
    found = judge(rule, function(**members), CALLER, *others)
    assert found.status == status, found.message
    assert says in found.message


def test_a_stranger_is_critical_and_a_service_for_anybody_is_high():
    assert judge("lambda-public-policy", function(**policy("*")), CALLER).severity == "critical"
    deputy = function(**policy({"Service": "s3.amazonaws.com"}))
    assert judge("lambda-public-policy", deputy, CALLER).severity == "high"


def test_how_many_zones_is_a_setting():
    of_two = function(**network("a", "b", "c"))
    assert judge("lambda-multi-az", of_two, CALLER, A, B, C).status == "pass"
    assert judge("lambda-multi-az", of_two, CALLER, A, B, C, zones=3).status == "fail"


@pytest.mark.parametrize(("value", "others", "status"), [
    ("alias/aws/lambda", (), "fail"),
    ("alias/ml", (key(),), "pass"),
    (KEY_ARN, (key(KeyManager="AWS"),), "fail"),
    ("arn:aws:kms:eu-west-1:444455556666:key/x", (), "unknown"),
])
def test_pitfall_4_a_key_that_is_named_need_not_be_the_customers(value, others, status):
    named = function(**variables(A="b"), KMSKeyArn=value)
    assert judge("lambda-environment-cmk", named, CALLER, *others).status == status


# -- administrators


@pytest.mark.parametrize(("statements", "status"), [
    ([allow("*")], "fail"),
    ([allow("sagemaker:InvokeEndpoint")], "pass"),
    ([allow(["iam:*", "lambda:*", "sagemaker:*"])], "fail"),
    ([allow("*"), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}], "pass"),
])
def test_the_role_of_a_function(statements, status):
    found = judge("lambda-role-admin", function(), role(*statements))
    assert found.status == status, found.message


def test_a_managed_policy_makes_an_administrator():
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    managed = Other(POLICY, {"PolicyName": "AdministratorAccess", "Arn": arn, "PolicyVersionList": [
        {"VersionId": "v1", "IsDefaultVersion": True,
         "Document": {"Version": "2012-10-17", "Statement": [allow("*")]}}]})
    held = role(allow("logs:PutLogEvents"), attached=[arn])
    assert judge("lambda-role-admin", function(), held, managed).status == "fail"


# -- runtimes


@pytest.mark.parametrize(("members", "seen", "status", "says"), [
    ({"Runtime": "python3.12"}, "2026-01-31", "pass", "2028-10-31"),
    ({"Runtime": "python3.8"}, "2026-01-31", "fail", "2024-10-14"),
    ({"Runtime": "nodejs18.x"}, "2025-08-31", "pass", "2025-09-01"),
    ({"Runtime": "nodejs18.x"}, "2025-09-01", "fail", "2025-09-01"),
    ({"Runtime": "provided.al2"}, "2026-08-01", "fail", "2026-07-31"),
    ({"Runtime": "python3.99"}, "2040-01-01", "pass", "no end is known"),
    ({"Runtime": "custom"}, "2026-01-31", "pass", "no end is known"),
    ({"Runtime": ""}, "2026-01-31", "unknown", "Runtime"),
    ({}, "2026-01-31", "unknown", "Runtime"),
    ({"PackageType": "Image"}, "2026-01-31", "not_applicable", "container image"),
    ({"PackageType": None, "Runtime": "go1.x"}, "2026-01-31", "fail", ""),
])
def test_pitfall_22_runtimes_end_by_date_and_an_unknown_one_is_newer(members, seen, status, says):
    found = judge("lambda-runtime-supported", function(**members), CALLER,
                  seen=f"{seen}T12:00:00+00:00")
    assert found.status == status, found.message
    assert says in found.message


def test_the_runtimes_with_an_end_are_lambdas():
    ends = RULES["lambda-runtime-supported"].check.__wrapped__.__globals__["ENDS"]
    known = set(botocore.session.get_session().get_service_model("lambda")
                .shape_for("Runtime").enum)
    assert set(ends) <= known
    newer = known - set(ends)
    assert newer == {"custom", "java8.al2023", "java11.al2023", "java17.al2023", "nodejs26.x",
                     "python3.15"}, "look up when AWS stops mending what is new"
