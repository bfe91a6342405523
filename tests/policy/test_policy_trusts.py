"""Whom a policy lets in on another's behalf: services (C10), web identities (B4), roles (C11)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from auditor.policy import (
    Answer,
    Trust,
    confused_deputy,
    cross_account,
    oidc_trust_open,
    public,
    trust_foreign,
    trust_public,
)

OWN, FRIEND, OTHER = "111122223333", "444455556666", "777788889999"
SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def assume(principal: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    if condition is not None:
        one["Condition"] = condition
    return one


def check(answer: Answer, expected: bool | None, why: str) -> None:
    assert answer.answer is expected, f"{why}: {answer.because}"
    assert answer.because
    if expected:
        assert answer.statement
        assert answer.witness
        assert answer.witness["action"]


DEPUTIES: list[tuple[str, Any, bool, str]] = [
    ("bare", None, True, "AWS's default, whoever the service works for"),
    ("account", {"StringEquals": {"aws:SourceAccount": OWN}}, False, "held to an account"),
    ("account case", {"StringEquals": {"AWS:SOURCEACCOUNT": OWN}}, False, "keys ignore case"),
    ("account list", {"StringEquals": {"aws:SourceAccount": [OWN, FRIEND]}}, False, "to two accounts"),
    ("account like", {"StringLike": {"aws:SourceAccount": OWN}}, False, "a pattern without wildcard"),
    ("account fold", {"StringEqualsIgnoreCase": {"aws:SourceAccount": OWN}}, False, "digits"),
    ("account star", {"StringLike": {"aws:SourceAccount": "*"}}, True, "any account"),
    ("account literal star", {"StringEquals": {"aws:SourceAccount": "*"}}, False, "no account is a star"),
    ("account prefix", {"StringLike": {"aws:SourceAccount": "1111*"}}, True, "accounts like that"),
    ("account ifexists", {"StringEqualsIfExists": {"aws:SourceAccount": OWN}}, True, "IfExists"),
    ("account forall", {"ForAllValues:StringEquals": {"aws:SourceAccount": OWN}}, True, "missing key"),
    ("account forany", {"ForAnyValue:StringEquals": {"aws:SourceAccount": OWN}}, False, "must be there"),
    ("account null", {"Null": {"aws:SourceAccount": "false"}}, True, "present, but anyone's"),
    ("account absent", {"Null": {"aws:SourceAccount": "true"}}, True, "services that send none"),
    ("account not", {"StringNotEquals": {"aws:SourceAccount": OTHER}}, True, "all but one account"),
    ("arn", {"ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:eu-west-1:{OWN}:*"}}, False, "account"),
    ("arn equals", {"ArnEquals": {"aws:SourceArn": f"arn:aws:sagemaker:*:{OWN}:*"}}, False, "account"),
    ("arn string", {"StringLike": {"aws:SourceArn": f"arn:aws:sagemaker:*:{OWN}:*"}}, False, "account"),
    ("arn exact", {"StringEquals": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{OWN}:t"}}, False, "one"),
    ("arn literal", {"StringEquals": {"aws:SourceArn": "arn:aws:sns:*:*:*"}}, False, "literal stars"),
    ("arn open", {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:*"}}, True, "account left open"),
    ("arn open name", {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:*:my-topic"}}, True,
     "a topic of that name in any account"),
    ("arn all", {"ArnLike": {"aws:SourceArn": "*"}}, True, "anything"),
    ("arn ifexists", {"ArnLikeIfExists": {"aws:SourceArn": f"arn:aws:sns:*:{OWN}:*"}}, True, "IfExists"),
    ("arn any service", {"ArnLike": {"aws:SourceArn": f"arn:aws:*:*:{OWN}:*"}}, False, "account"),
    ("arn partition", {"ArnLike": {"aws:SourceArn": f"arn:*:sns:*:{OWN}:*"}}, False, "account"),
    ("arn two", {"ArnLike": {"aws:SourceArn": [f"arn:aws:sns:*:{OWN}:*", "arn:aws:sns:*:*:x"]}}, True,
     "one of the two is open"),
    ("bucket", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::my-bucket"}}, True, "no account in it"),
    ("bucket exact", {"StringEquals": {"aws:SourceArn": "arn:aws:s3:::my-bucket"}}, True, "no account"),
    ("bucket and account", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::my-bucket"},
                            "StringEquals": {"aws:SourceAccount": OWN}}, False, "both keys"),
    ("bucket and account open", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::my-bucket"},
                                 "StringLike": {"aws:SourceAccount": "*"}}, True, "either is open"),
    ("arn open and account", {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:*"},
                              "StringEquals": {"aws:SourceAccount": OWN}}, False, "the account holds"),
    ("org", {"StringEquals": {"aws:SourceOrgID": "o-1"}}, False, "an organization"),
    ("org star", {"StringLike": {"aws:SourceOrgID": "o-*"}}, True, "any organization"),
    ("org ifexists", {"StringEqualsIfExists": {"aws:SourceOrgID": "o-1"}}, True, "IfExists"),
    ("org paths", {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-1/r-1/ou-1/*"}}, False, "a unit"),
    ("org paths open", {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "*/ou-1/*"}}, True, "any"),
    ("owner org", {"StringEquals": {"aws:SourceOrgID": "${aws:ResourceOrgID}"}}, False, "the owner's"),
    ("owner account", {"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}, False, "own"),
    ("resource account", {"StringEquals": {"aws:ResourceAccount": OWN}}, True, "always the owner's"),
    ("resource org", {"StringEquals": {"aws:ResourceOrgID": "o-1"}}, True, "always the owner's"),
    ("principal org", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False, "services have none"),
    ("principal org ifexists", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, True, "none"),
    ("principal account", {"StringEquals": {"aws:PrincipalAccount": OWN}}, False, "services have none"),
    ("principal arn not", {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:*"}}, True, "none"),
    ("is service", {"Bool": {"aws:PrincipalIsAWSService": "true"}}, True, "they are all"),
    ("is no service", {"Bool": {"aws:PrincipalIsAWSService": "false"}}, False, "they never are"),
    ("vpc", {"StringEquals": {"aws:SourceVpc": "vpc-1"}}, False, "services come from no VPC"),
    ("vpc not", {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, True, "services come from no VPC"),
    ("tls", {"Bool": {"aws:SecureTransport": "true"}}, True, "says how, not for whom"),
    ("acl", {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}, True, "a header"),
    ("region", {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, True, "any account's there"),
    ("date", {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False, "over"),
    ("tag", {"StringEquals": {"aws:RequestTag/team": "ml"}}, True, "anyone's request"),
    ("unknown operator", {"StringMatches": {"aws:SourceAccount": OWN}}, True, "fails closed"),
    ("no value", {"StringEquals": {"aws:SourceAccount": []}}, True, "fails closed"),
]


@pytest.mark.parametrize(("name", "condition", "expected", "why"), DEPUTIES,
                         ids=[row[0] for row in DEPUTIES])
def test_confused_deputy(name: str, condition: Any, expected: bool, why: str) -> None:
    check(confused_deputy(policy(assume(SAGEMAKER, condition))), expected, why)


def deny(condition: Any, **more: Any) -> dict[str, Any]:
    return assume("*", condition, **{"Effect": "Deny", "Action": "*", **more})


NOT_US = {"aws:SourceAccount": OWN}
DEPUTY_POLICIES: list[tuple[str, dict[str, Any], bool, str]] = [
    ("deny", policy(assume(SAGEMAKER), deny({"StringNotEquals": NOT_US})), False, "as a Deny"),
    ("deny ifexists", policy(assume(SAGEMAKER), deny({"StringNotEqualsIfExists": NOT_US})), False,
     "IfExists denies also without the key"),
    ("deny present", policy(assume(SAGEMAKER), deny({
        "StringNotEquals": NOT_US, "Null": {"aws:SourceAccount": "false"}})), True,
     "a service that sends no account is spared"),
    ("deny forall", policy(assume(SAGEMAKER), deny({"ForAllValues:StringNotEquals": NOT_US})), False,
     "ForAllValues holds without the key"),
    ("deny forany", policy(assume(SAGEMAKER), deny({"ForAnyValue:StringNotEquals": NOT_US})), True,
     "ForAnyValue spares who has no key"),
    ("deny services", policy(assume(SAGEMAKER), deny({
        "StringNotEqualsIfExists": {"aws:SourceOrgID": "o-1"},
        "Bool": {"aws:PrincipalIsAWSService": "true"}})), False, "services of another organization"),
    ("deny others", policy(assume(SAGEMAKER), deny({
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}})), True, "services are spared"),
    ("deny action", policy(assume(SAGEMAKER, Action=["sts:AssumeRole", "sts:TagSession"]),
                           deny({"StringNotEquals": NOT_US}, Action="sts:TagSession")), True,
     "only one action is denied"),
    ("deny arn", policy(assume(SAGEMAKER), deny({
        "ArnNotLike": {"aws:SourceArn": f"arn:aws:sagemaker:*:{OWN}:*"}})), False, "as a Deny"),
    ("deny everybody", policy(assume(SAGEMAKER), deny(None)), False, "nothing is left"),
    ("deny another service", policy(assume(SAGEMAKER), deny(
        {"StringNotEquals": NOT_US}, Principal={"Service": "lambda.amazonaws.com"})), True, "another"),
    ("two services", policy(assume(
        {"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]})), True, "each"),
    ("one of two", policy(assume(SAGEMAKER, {"StringEquals": NOT_US}),
                          assume({"Service": "lambda.amazonaws.com"})), True, "the second is open"),
    ("two statements", policy(assume(SAGEMAKER, {"StringEquals": NOT_US}), assume(SAGEMAKER)), True,
     "the second is open"),
    ("with accounts", policy(assume({"AWS": FRIEND, "Service": "ec2.amazonaws.com"})), True, "both"),
    ("account only", policy(assume({"AWS": FRIEND})), False, "no service"),
    ("everyone", policy(assume("*")), False, "public, but not by a service's name"),
    ("everyone as service", policy(assume("*", {"StringEquals": {
        "aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}})), True, "a service by its key"),
    ("everyone as service held", policy(assume("*", {"StringEquals": {
        "aws:PrincipalServiceName": "cloudtrail.amazonaws.com", **NOT_US}})), False, "held"),
    ("everyone as services", policy(assume("*", {
        "Bool": {"aws:PrincipalIsAWSService": "true"}})), True, "every service"),
    ("any service", policy(assume({"Service": "*"})), True, "every service"),
    ("services like", policy(assume({"Service": "*.amazonaws.com"}, {"StringEquals": NOT_US})), False,
     "held to an account"),
    ("saml", policy(assume({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"})), False, "no service"),
    ("none", policy(), False, "no statement"),
    ("only deny", policy(deny(None, Principal=SAGEMAKER)), False, "no Allow"),
    ("cloudtrail", policy(
        assume({"Service": "cloudtrail.amazonaws.com"}, Action="s3:GetBucketAcl",
               Resource="arn:aws:s3:::b"),
        assume({"Service": "cloudtrail.amazonaws.com"},
               {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
               Action="s3:PutObject", Resource=f"arn:aws:s3:::b/AWSLogs/{OWN}/*")), True,
     "AWS's older example: any account's trail"),
    ("cloudtrail held", policy(
        assume({"Service": "cloudtrail.amazonaws.com"},
               {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{OWN}:trail/t"}},
               Action=["s3:GetBucketAcl", "s3:PutObject"], Resource="*")), False, "one trail"),
    ("logs", policy(assume(
        {"Service": "delivery.logs.amazonaws.com"},
        {"StringEquals": NOT_US, "ArnLike": {"aws:SourceArn": f"arn:aws:logs:eu-west-1:{OWN}:*"}},
        Action="s3:PutObject", Resource="*")), False, "both keys"),
    ("log group key", policy(assume(
        {"Service": "logs.eu-west-1.amazonaws.com"},
        {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-1:{OWN}:*"}},
        Action="kms:Decrypt", Resource="*")), True, "an encryption context is no Source key"),
    ("gateway", policy(assume(
        {"Service": "apigateway.amazonaws.com"},
        {"ArnLike": {"AWS:SourceArn": f"arn:aws:execute-api:eu-west-1:{OWN}:abc/*/GET/x"}},
        Action="lambda:InvokeFunction", Resource="*")), False, "one API"),
    ("alexa", policy(assume(
        {"Service": "alexa-appkit.amazon.com"},
        {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.1"}},
        Action="lambda:InvokeFunction", Resource="*")), False, "one skill"),
    ("cognito", policy(assume(
        {"Service": "cognito-idp.amazonaws.com"},
        {"StringEquals": {"sts:ExternalId": "x"}})), False, "an id that only the owner gave"),
    ("events to queue", policy(assume(
        {"Service": "events.amazonaws.com"}, Action="sqs:SendMessage", Resource="*")), True, "any rule"),
    ("cloudfront", policy(assume(
        {"Service": "cloudfront.amazonaws.com"},
        {"StringEquals": {"AWS:SourceArn": f"arn:aws:cloudfront::{OWN}:distribution/E"}},
        Action="s3:GetObject", Resource="arn:aws:s3:::b/*")), False, "one distribution"),
]


@pytest.mark.parametrize(("name", "document", "expected", "why"), DEPUTY_POLICIES,
                         ids=[row[0] for row in DEPUTY_POLICIES])
def test_confused_deputy_of_a_policy(
    name: str, document: dict[str, Any], expected: bool, why: str
) -> None:
    check(confused_deputy(document), expected, why)
    check(confused_deputy(document, Trust(account=OWN)), expected, why)


def test_who_is_the_deputy() -> None:
    answer = confused_deputy(policy(assume(SAGEMAKER)))
    assert answer.because.startswith("sagemaker.amazonaws.com acting for any account may ")
    held = confused_deputy(policy(assume(SAGEMAKER, {"StringEquals": NOT_US})))
    assert held.because.startswith("what statement 1 grants to services is held to the accounts")
    assert confused_deputy(None).answer is False
    assert confused_deputy("{").answer is None


# -- web identities


def provider(host: str) -> str:
    return f"arn:aws:iam::{OWN}:oidc-provider/{host}"


GITHUB, GITLAB, EKS, OKTA = (
    "token.actions.githubusercontent.com", "gitlab.com", "oidc.eks.eu-west-1.amazonaws.com/id/ABC",
    "acme.okta.com",
)
COGNITO, GOOGLE = "cognito-identity.amazonaws.com", "accounts.google.com"


def like(host: str, value: Any, claim: str = "sub") -> dict[str, Any]:
    return {"StringLike": {f"{host}:{claim}": value}}


def equal(host: str, value: Any, claim: str = "sub") -> dict[str, Any]:
    return {"StringEquals": {f"{host}:{claim}": value}}


WEB: list[tuple[str, str, Any, bool, str]] = [
    ("github", GITHUB, None, True, "every GitHub user"),
    ("github aud", GITHUB, equal(GITHUB, "sts.amazonaws.com", "aud"), True, "all ask for it"),
    ("github own aud", GITHUB, equal(GITHUB, "acme", "aud"), True, "a workflow asks for what it likes"),
    ("github repo", GITHUB, equal(GITHUB, "repo:acme/app:ref:refs/heads/main"), False, "one branch"),
    ("github repo like", GITHUB, like(GITHUB, "repo:acme/app:*"), False, "one repository"),
    ("github owner", GITHUB, like(GITHUB, "repo:acme/*"), False, "one owner"),
    ("github owner and aud", GITHUB, {"StringLike": {f"{GITHUB}:sub": "repo:acme/*"}, "StringEquals": {
        f"{GITHUB}:aud": "sts.amazonaws.com"}}, False, "one owner"),
    ("github owner prefix", GITHUB, like(GITHUB, "repo:acme*"), True, "acme-evil"),
    ("github owner prefix repo", GITHUB, like(GITHUB, "repo:acme*/app:*"), True, "acme-evil"),
    ("github any repo", GITHUB, like(GITHUB, "repo:*"), True, "every repository"),
    ("github any", GITHUB, like(GITHUB, "*"), True, "every subject"),
    ("github any owner", GITHUB, like(GITHUB, "repo:*/app:*"), True, "app of any owner"),
    ("github branch only", GITHUB, like(GITHUB, "*:ref:refs/heads/main"), True, "anyone's branch"),
    ("github environment", GITHUB, like(GITHUB, "*:environment:prod"), True, "anyone's environment"),
    ("github custom environment", GITHUB, equal(GITHUB, "environment:prod"), True,
     "an owner may leave the repository out of sub"),
    ("github star literal", GITHUB, equal(GITHUB, "repo:acme/*"), False, "a literal star: nobody"),
    ("github two", GITHUB, like(GITHUB, ["repo:acme/*", "repo:*"]), True, "one is open"),
    ("github two owners", GITHUB, like(GITHUB, ["repo:acme/*", "repo:other/*"]), False, "both fixed"),
    ("github question", GITHUB, like(GITHUB, "repo:acm?/app:*"), True, "owners like that"),
    ("github not", GITHUB, {"StringNotLike": {f"{GITHUB}:sub": "repo:evil/*"}}, True, "all but one"),
    ("github null", GITHUB, {"Null": {f"{GITHUB}:sub": "false"}}, True, "everyone has a subject"),
    ("github ifexists", GITHUB, {"StringLikeIfExists": {f"{GITHUB}:sub": "repo:acme/*"}}, False,
     "a token always has a subject"),
    ("github forall", GITHUB, {"ForAllValues:StringLike": {f"{GITHUB}:sub": "repo:acme/*"}}, False,
     "a token always has a subject"),
    ("github forall typo", GITHUB, {"ForAllValues:StringLike": {f"{GITHUB}:subject": "repo:acme/*"}},
     True, "no token has that claim"),
    ("github ifexists typo", GITHUB, {"StringLikeIfExists": {f"{GITHUB}:subject": "repo:acme/*"}},
     True, "no token has that claim"),
    ("github forany", GITHUB, {"ForAnyValue:StringLike": {f"{GITHUB}:sub": "repo:acme/*"}}, False, "one"),
    ("github fold", GITHUB, {"StringEqualsIgnoreCase": {f"{GITHUB}:sub": "repo:acme/app:x"}}, False,
     "one repository"),
    ("github repository", GITHUB, equal(GITHUB, "acme/app", "repository"), False, "one repository"),
    ("github repositories", GITHUB, like(GITHUB, "acme/*", "repository"), False, "one owner's"),
    ("github repository any", GITHUB, like(GITHUB, "*/app", "repository"), True, "any owner's"),
    ("github reusable", GITHUB, like(GITHUB, "acme/ci/.github/*", "job_workflow_ref"), False, "ours"),
    ("github repository id", GITHUB, equal(GITHUB, "42", "repository_id"), False, "one repository"),
    ("github workflow", GITHUB, equal(GITHUB, "deploy", "workflow"), True, "any workflow of that name"),
    ("github ref", GITHUB, equal(GITHUB, "refs/heads/main", "ref"), True, "anyone's branch"),
    ("github network", GITHUB, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False, "our network"),
    ("github region", GITHUB, {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, True, "no claim"),
    ("github typo", GITHUB, {"StringLikes": {f"{GITHUB}:sub": "repo:acme/*"}}, True, "fails closed"),
    ("github of google", GITHUB, equal(GOOGLE, "1", "aud"), False, "no such claim: nobody"),
    ("gitlab", GITLAB, None, True, "every GitLab user"),
    ("gitlab group", GITLAB, like(GITLAB, "project_path:acme/app:*"), False, "one group"),
    ("gitlab any", GITLAB, like(GITLAB, "project_path:*/app:*"), True, "any group"),
    ("gitlab aud", GITLAB, equal(GITLAB, "https://gitlab.com", "aud"), True, "all have it"),
    ("terraform", "app.terraform.io", like("app.terraform.io", "organization:acme:project:*"), False,
     "one organization"),
    ("terraform any", "app.terraform.io", like("app.terraform.io", "organization:*:workspace:prod:*"),
     True, "any organization"),
    ("cognito", COGNITO, None, True, "any identity pool"),
    ("cognito pool", COGNITO, equal(COGNITO, "eu-west-1:1", "aud"), False, "one pool"),
    ("cognito pool amr", COGNITO, {
        "StringEquals": {f"{COGNITO}:aud": "eu-west-1:1"},
        "ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"}}, False, "one pool"),
    ("cognito amr", COGNITO, {"ForAnyValue:StringLike": {f"{COGNITO}:amr": "unauthenticated"}}, True,
     "any pool"),
    ("cognito pool like", COGNITO, like(COGNITO, "eu-west-1:*", "aud"), True, "any pool there"),
    ("cognito sub", COGNITO, equal(COGNITO, "eu-west-1:7"), False, "one identity"),
    ("google", GOOGLE, None, True, "every Google account"),
    ("google aud", GOOGLE, equal(GOOGLE, "66677788899900pro0", "aud"), False, "one application"),
    ("google sub", GOOGLE, equal(GOOGLE, "1234"), False, "one user"),
    ("google sub any", GOOGLE, like(GOOGLE, "*"), True, "every user"),
    ("facebook", "graph.facebook.com", None, True, "every Facebook account"),
    ("facebook app", "graph.facebook.com", equal("graph.facebook.com", "1", "app_id"), False, "one"),
    ("amazon app", "www.amazon.com", equal("www.amazon.com", "amzn1.application", "app_id"), False, "one"),
    ("eks", EKS, None, True, "every pod of the cluster"),
    ("eks aud", EKS, equal(EKS, "sts.amazonaws.com", "aud"), True, "every pod asks for it"),
    ("eks account", EKS, equal(EKS, "system:serviceaccount:ml:train"), False, "one service account"),
    ("eks namespace", EKS, like(EKS, "system:serviceaccount:ml:*"), False, "one namespace"),
    ("eks any", EKS, like(EKS, "system:serviceaccount:*:*"), True, "every service account"),
    ("eks any name", EKS, like(EKS, "system:serviceaccount:*:train"), True, "of any namespace"),
    ("eks star", EKS, like(EKS, "*"), True, "every subject"),
    ("okta", OKTA, None, True, "every user"),
    ("okta aud", OKTA, equal(OKTA, "0oa1", "aud"), False, "one application"),
]


@pytest.mark.parametrize(("name", "host", "condition", "expected", "why"), WEB,
                         ids=[row[0] for row in WEB])
def test_web_identities(name: str, host: str, condition: Any, expected: bool, why: str) -> None:
    name = host if host in (COGNITO, GOOGLE, "graph.facebook.com", "www.amazon.com") else provider(host)
    one = assume({"Federated": name}, condition, Action="sts:AssumeRoleWithWebIdentity")
    check(oidc_trust_open(policy(one)), expected, why)
    check(oidc_trust_open(json.dumps(policy(one)), Trust(account=OWN)), expected, why)


WITH_WEB = "sts:AssumeRoleWithWebIdentity"
TRUSTS: list[tuple[str, Any, bool | None, str]] = [
    ("saml", policy(assume({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"},
                           Action="sts:AssumeRoleWithSAML")), False, "the provider gives out roles"),
    ("service", policy(assume(SAGEMAKER)), False, "no provider"),
    ("any provider", policy(assume({"Federated": "*"}, Action=WITH_WEB)), True, "fails closed"),
    ("everyone", policy(assume("*", Action=WITH_WEB)), True, "every provider's users"),
    ("everyone of ours", policy(assume("*", like(GITHUB, "repo:acme/*"), Action=WITH_WEB)), False,
     "the claim holds them"),
    ("everyone else's action", policy(assume({"AWS": "*"})), False, "AssumeRole takes no web identity"),
    ("all actions", policy(assume({"Federated": provider(GITHUB)}, Action="sts:*")), True, "all"),
    ("wrong action", policy(assume({"Federated": provider(GITHUB)})), False, "AssumeRole does not"),
    ("two providers", policy(assume({"Federated": [provider(EKS), provider(GITHUB)]},
                                    like(GITHUB, "repo:acme/*"), Action=WITH_WEB)), False,
     "the cluster's tokens lack GitHub's claim"),
    ("two statements", policy(
        assume({"Federated": provider(GITHUB)}, like(GITHUB, "repo:acme/*"), Action=WITH_WEB),
        assume({"Federated": provider(GITHUB)}, Action=WITH_WEB)), True, "the second is open"),
    ("denied", policy(
        assume({"Federated": provider(GITHUB)}, Action=WITH_WEB),
        deny({"StringNotLike": {f"{GITHUB}:sub": "repo:acme/*"}})), False, "others are denied"),
    ("denied in part", policy(
        assume({"Federated": provider(GITHUB)}, Action=WITH_WEB),
        deny({"StringLike": {f"{GITHUB}:sub": "repo:evil/*"}})), True, "one owner is denied"),
    ("upper", policy(assume({"Federated": provider(GITHUB)},
                            {"StringLike": {f"{GITHUB.upper()}:SUB": "repo:acme/*"}}, Action=WITH_WEB)),
     False, "keys ignore case"),
    ("no document", None, False, "nobody"),
    ("no json", "{", None, "unreadable"),
    ("encoded", quote(json.dumps(policy(assume({"Federated": provider(GITHUB)}, Action=WITH_WEB)))),
     True, "as IAM sends it"),
]


@pytest.mark.parametrize(("name", "document", "expected", "why"), TRUSTS, ids=[r[0] for r in TRUSTS])
def test_trust_policies(name: str, document: Any, expected: bool | None, why: str) -> None:
    check(oidc_trust_open(document), expected, why)


# -- roles

ROLES: list[tuple[str, dict[str, Any], bool, bool, str]] = [
    ("own root", policy(assume({"AWS": f"arn:aws:iam::{OWN}:root"})), False, False, "ours"),
    ("own role", policy(assume({"AWS": f"arn:aws:iam::{OWN}:role/x"})), False, False, "ours"),
    ("everyone", policy(assume("*")), True, True, "any account"),
    ("aws everyone", policy(assume({"AWS": "*"})), True, True, "any account"),
    ("pattern", policy(assume({"AWS": "arn:aws:iam::*:root"})), True, True, "fails closed"),
    ("friend", policy(assume({"AWS": FRIEND})), False, False, "trusted"),
    ("other", policy(assume({"AWS": OTHER})), False, True, "another account"),
    ("other with id", policy(assume({"AWS": OTHER}, {"StringEquals": {"sts:ExternalId": "x"}})), False,
     True, "still another account"),
    ("everyone with id", policy(assume({"AWS": "*"}, {"StringEquals": {"sts:ExternalId": "x"}})), True,
     True, "the caller chooses it"),
    ("our org", policy(assume({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}})), False,
     False, "trusted"),
    ("other org", policy(assume({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}})), False,
     True, "not trusted"),
    ("mfa", policy(assume({"AWS": "*"}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})), True, True,
     "every account has MFA"),
    ("service", policy(assume(SAGEMAKER)), False, False, "confused_deputy tells"),
    ("session", policy(assume({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/x/y"})), False, True, "theirs"),
    ("own saml", policy(assume({"Federated": f"arn:aws:iam::{OWN}:saml-provider/x"},
                               Action="sts:AssumeRoleWithSAML")), False, False, "ours"),
    ("other saml", policy(assume({"Federated": f"arn:aws:iam::{OTHER}:saml-provider/x"},
                                 Action="sts:AssumeRoleWithSAML")), False, True, "theirs"),
    ("github", policy(assume({"Federated": provider(GITHUB)}, Action=WITH_WEB)), True, True, "everyone"),
    ("deleted", policy(assume({"AWS": "AROAEXAMPLE4567890123"})), False, False, "nobody"),
    ("other denied", policy(assume({"AWS": OTHER}), deny(
        {"StringNotEquals": {"aws:PrincipalAccount": OWN}})), False, False, "denied"),
]
TRUST = Trust(account=OWN, accounts=frozenset({FRIEND}), organizations=frozenset({"o-ours"}))


@pytest.mark.parametrize(("name", "document", "anyone", "foreign", "why"), ROLES,
                         ids=[row[0] for row in ROLES])
def test_roles(name: str, document: dict[str, Any], anyone: bool, foreign: bool, why: str) -> None:
    check(trust_public(document), anyone, why)
    check(trust_foreign(document, TRUST), foreign, why)
    assert public(document, service="sts").answer is anyone
    assert cross_account(document, TRUST, service="sts").answer is foreign


def test_an_external_id_is_told() -> None:
    one = assume({"AWS": OTHER}, {"StringEquals": {"sts:ExternalId": "x"}})
    assert "the external id only keeps out" in trust_foreign(policy(one), TRUST).because
    assert "external id" not in trust_foreign(policy(assume({"AWS": OTHER})), TRUST).because


def test_tagging_a_session_alone_assumes_nothing() -> None:
    only = policy(assume({"AWS": "*"}, Action=["sts:TagSession", "sts:SetSourceIdentity"]))
    assert trust_public(only).answer is False
    assert trust_foreign(only, TRUST).answer is False
