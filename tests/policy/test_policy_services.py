"""The same questions at other services: keys, images, functions, queues, file systems (C9)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from auditor.policy import (
    Answer,
    Trust,
    anonymous_clients,
    confused_deputy,
    cross_account,
    file_system_open,
    function_url_open,
    public,
    public_list,
    public_write,
    tls_only,
)

OWN, OTHER = "111122223333", "777788889999"
TRUST = Trust(account=OWN, organizations=frozenset({"o-ours"}))
ROOT = {"AWS": f"arn:aws:iam::{OWN}:root"}


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, condition: Any = None, principal: Any = "*", **more: Any) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}
    if condition is not None:
        one["Condition"] = condition
    return {key: value for key, value in one.items() if value is not None}


def deny(action: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    return allow(action, condition, **{"Effect": "Deny", **more})


def string(key: str, value: Any) -> dict[str, Any]:
    return {"StringEquals": {key: value}}


LINK = f"arn:aws:sns:eu-west-1:{OWN}:topic"
# name, service, policy, public, public write, cross account, confused deputy, why
ROWS: list[tuple[str, str, dict[str, Any], bool, bool, bool, bool, str]] = [
    # KMS
    ("key default", "kms", policy(allow("kms:*", principal=ROOT)), False, False, False, False, "own"),
    ("key everyone", "kms", policy(allow("kms:Decrypt")), True, True, True, False, "any account"),
    ("key describe", "kms", policy(allow(["kms:DescribeKey", "kms:List*"])), True, False, True, False,
     "only reads"),
    ("key managed", "kms", policy(allow("kms:*", {"StringEquals": {
        "kms:CallerAccount": OWN, "kms:ViaService": "s3.eu-west-1.amazonaws.com"}})), False, False, False,
     False, "an AWS managed key's policy"),
    ("key via", "kms", policy(allow("kms:Decrypt", string(
        "kms:ViaService", "s3.eu-west-1.amazonaws.com"))), True, True, True, False, "any account's S3"),
    ("key caller like", "kms", policy(allow("kms:Decrypt", {"StringLike": {"kms:CallerAccount": "*"}})),
     True, True, True, False, "any account"),
    ("key other", "kms", policy(allow("kms:Decrypt", principal={"AWS": OTHER})), False, False, True, False,
     "another account"),
    ("key other caller", "kms", policy(allow("kms:*", string("kms:CallerAccount", OTHER))), False, False,
     True, False, "another account"),
    ("key context", "kms", policy(allow("kms:Decrypt", string("kms:EncryptionContext:app", "x"))), True,
     True, True, False, "the caller writes the context"),
    ("key grants", "kms", policy(allow("kms:CreateGrant", {"Bool": {"kms:GrantIsForAWSResource": "true"}},
                                       principal=ROOT)), False, False, False, False, "own"),
    ("key service", "kms", policy(allow("kms:GenerateDataKey*", principal={
        "Service": "cloudtrail.amazonaws.com"})), False, False, False, True, "any account's trail"),
    ("key service held", "kms", policy(allow("kms:GenerateDataKey*", string("aws:SourceArn", LINK),
                                             principal={"Service": "sns.amazonaws.com"})), False, False,
     False, False, "one topic"),
    ("key org", "kms", policy(allow("kms:Decrypt", string("aws:PrincipalOrgID", "o-ours"))), False, False,
     False, False, "ours"),
    ("key not action", "kms", policy(allow(None, NotAction="s3:*")), True, True, True, False, "all of KMS"),
    ("key all but kms", "kms", policy(allow(None, NotAction="kms:*")), False, False, False, False, "none"),
    ("key pattern", "kms", policy(allow("kms:*", principal={"AWS": "arn:aws:iam::*:root"})), True, True,
     True, False, "fails closed"),
    # ECR: repositories' policies have no Resource
    ("image pull", "ecr", policy(allow("ecr:BatchGetImage", Resource=None)), True, False, True, False,
     "any account pulls"),
    ("image push", "ecr", policy(allow(["ecr:PutImage", "ecr:InitiateLayerUpload"], Resource=None)), True,
     True, True, False, "any account pushes"),
    ("image org", "ecr", policy(allow("ecr:*", string("aws:PrincipalOrgID", "o-ours"), Resource=None)),
     False, False, False, False, "ours"),
    ("image other", "ecr", policy(allow("ecr:*", principal={"AWS": OTHER}, Resource=None)), False, False,
     True, False, "another account"),
    ("image lambda", "ecr", policy(allow("ecr:BatchGetImage", {"StringLike": {
        "aws:sourceArn": f"arn:aws:lambda:eu-west-1:{OWN}:function:*"}},
        principal={"Service": "lambda.amazonaws.com"}, Resource=None)), False, False, False, False, "held"),
    ("image lambda bare", "ecr", policy(allow("ecr:BatchGetImage", principal={
        "Service": "lambda.amazonaws.com"}, Resource=None)), False, False, False, True, "any function"),
    ("registry", "ecr", policy(allow(["ecr:CreateRepository", "ecr:ReplicateImage"], principal={
        "AWS": f"arn:aws:iam::{OTHER}:root"}, Resource=f"arn:aws:ecr:eu-west-1:{OWN}:repository/*")),
     False, False, True, False, "another account replicates"),
    # Lambda
    ("function", "lambda", policy(allow("lambda:InvokeFunction")), True, True, True, False, "any account"),
    ("function aws", "lambda", policy(allow("lambda:InvokeFunction", principal={"AWS": "*"})), True, True,
     True, False, "any account"),
    ("function org", "lambda", policy(allow("lambda:InvokeFunction", string(
        "aws:PrincipalOrgID", "o-ours"))), False, False, False, False, "ours"),
    ("function other org", "lambda", policy(allow("lambda:InvokeFunction", string(
        "aws:PrincipalOrgID", "o-theirs"))), False, False, True, False, "theirs"),
    ("function url", "lambda", policy(allow("lambda:InvokeFunctionUrl", string(
        "lambda:FunctionUrlAuthType", "NONE"))), True, True, True, False, "anyone"),
    ("function url iam", "lambda", policy(allow("lambda:InvokeFunctionUrl", string(
        "lambda:FunctionUrlAuthType", "AWS_IAM"))), True, True, True, False, "any account signs"),
    ("function account", "lambda", policy(allow("lambda:InvokeFunction", string(
        "AWS:SourceAccount", OWN))), False, False, False, False, "for our resources"),
    ("function token", "lambda", policy(allow("lambda:InvokeFunction", string(
        "lambda:EventSourceToken", "secret"), principal={"Service": "alexa-appkit.amazon.com"})), False,
     False, False, False, "one skill"),
    ("function bucket", "lambda", policy(allow("lambda:InvokeFunction", {"ArnLike": {
        "AWS:SourceArn": "arn:aws:s3:::b"}}, principal={"Service": "s3.amazonaws.com"})), False, False,
     False, True, "whoever has the bucket's name"),
    ("function bucket account", "lambda", policy(allow("lambda:InvokeFunction", {
        "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}, **string("AWS:SourceAccount", OWN)},
        principal={"Service": "s3.amazonaws.com"})), False, False, False, False, "both keys"),
    ("layer", "lambda", policy(allow("lambda:GetLayerVersion")), True, False, True, False, "any account"),
    # Secrets Manager, SageMaker, logs
    ("secret", "secretsmanager", policy(allow("secretsmanager:GetSecretValue")), True, False, True, False,
     "any account"),
    ("secret other", "secretsmanager", policy(allow("secretsmanager:*", principal={"AWS": OTHER})), False,
     False, True, False, "another account"),
    ("secret vpce", "secretsmanager", policy(
        allow("secretsmanager:GetSecretValue"),
        deny("secretsmanager:GetSecretValue", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})), False,
     False, True, False, "one endpoint, not among ours"),
    ("models", "sagemaker", policy(allow(["sagemaker:DescribeModelPackage",
                                          "sagemaker:ListModelPackages"])), True, False, True, False,
     "any account reads"),
    ("models other", "sagemaker", policy(allow("sagemaker:CreateModelPackage", principal={
        "AWS": f"arn:aws:iam::{OTHER}:root"})), False, False, True, False, "another account"),
    ("endpoint router", "sagemaker", policy(allow("sagemaker:InvokeEndpoint", {"ArnEquals": {
        "sagemaker:SourceInferenceRouterArn":
            f"arn:aws:sagemaker:eu-west-1:{OTHER}:inference-router/r"}})), False, False, True, False,
     "one router, another account's"),
    ("endpoint own router", "sagemaker", policy(allow("sagemaker:InvokeEndpoint", {"ArnEquals": {
        "sagemaker:SourceInferenceRouterArn": f"arn:aws:sagemaker:eu-west-1:{OWN}:inference-router/r"}})),
     False, False, False, False, "a router of ours"),
    ("endpoint any router", "sagemaker", policy(allow("sagemaker:InvokeEndpoint", {"ArnLike": {
        "sagemaker:SourceInferenceRouterArn": "arn:aws:sagemaker:*:*:inference-router/*"}})), True, False,
     True, False, "any router"),
    ("lineage", "sagemaker", policy(allow(["sagemaker:DescribeContext", "sagemaker:AddAssociation"],
                                          principal={"AWS": OTHER})), False, False, True, False, "theirs"),
    ("logs", "logs", policy(allow(["logs:CreateLogStream", "logs:PutLogEvents"], principal={
        "Service": "route53.amazonaws.com"})), False, False, False, True, "any account's zone"),
    ("logs everyone", "logs", policy(allow("logs:PutLogEvents")), True, True, True, False, "any account"),
    # SNS and SQS
    ("topic default", "sns", policy(allow(["sns:Publish", "sns:Subscribe"], string(
        "AWS:SourceOwner", OWN), {"AWS": "*"})), False, False, False, False, "AWS's default"),
    ("topic account", "sns", policy(allow("sns:Publish", string("AWS:SourceAccount", OWN), {"AWS": "*"})),
     False, False, False, False, "for our resources"),
    ("topic endpoint", "sns", policy(allow("sns:Subscribe", {"StringLike": {"sns:Endpoint": "*@x.org"}})),
     True, True, True, False, "says where to, not who"),
    ("topic bucket", "sns", policy(allow("sns:Publish", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:b"}},
                                         {"AWS": "*"})), True, True, True, False, "any account's"),
    ("queue", "sqs", policy(allow("sqs:*")), True, True, True, False, "anyone"),
    ("queue topic", "sqs", policy(allow("sqs:SendMessage", {"ArnEquals": {"aws:SourceArn": LINK}})), False,
     False, False, False, "one topic of ours"),
    ("queue their topic", "sqs", policy(allow("sqs:SendMessage", {"ArnEquals": {
        "aws:SourceArn": LINK.replace(OWN, OTHER)}})), False, False, True, False, "one topic of theirs"),
    ("queue events", "sqs", policy(allow("SQS:SendMessage", principal={"Service": "events.amazonaws.com"})),
     False, False, False, True, "any rule"),
    ("queue network", "sqs", policy(allow("sqs:*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
     False, False, True, False, "a network, not among ours"),
    ("queue attributes", "sqs", policy(allow("sqs:GetQueueUrl")), True, False, True, False, "reads"),
    # EFS
    ("files", "elasticfilesystem", policy(allow([
        "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], principal={"AWS": "*"})), True,
     True, True, False, "anyone"),
    ("files read", "elasticfilesystem", policy(allow("elasticfilesystem:ClientMount", principal={
        "AWS": "*"})), True, False, True, False, "reads"),
    ("files point", "elasticfilesystem", policy(allow("elasticfilesystem:ClientMount", string(
        "elasticfilesystem:AccessPointArn", f"arn:aws:elasticfilesystem:eu-west-1:{OWN}:access-point/a"))),
     True, False, True, False, "says where to, not who"),
    ("files own", "elasticfilesystem", policy(allow("elasticfilesystem:*", principal=ROOT)), False, False,
     False, False, "ours"),
]


def check(answer: Answer, expected: bool | None, why: str) -> None:
    assert answer.answer is expected, f"{why}: {answer.because}"


@pytest.mark.parametrize(
    ("name", "service", "document", "anyone", "writes", "foreign", "deputy", "why"), ROWS,
    ids=[row[0] for row in ROWS],
)
def test_service(
    name: str, service: str, document: dict[str, Any], anyone: bool, writes: bool, foreign: bool,
    deputy: bool, why: str,
) -> None:
    check(public(document, service=service), anyone, f"public: {why}")
    check(public_write(document, service=service), writes, f"public_write: {why}")
    check(cross_account(document, TRUST, service=service), foreign, f"cross_account: {why}")
    check(confused_deputy(document, TRUST, service=service), deputy, f"confused_deputy: {why}")
    if isinstance(document["Statement"][0].get("Action"), str | list):
        # The policy itself says of which service it is.
        check(public(document), anyone, f"public, service not told: {why}")
        check(cross_account(document, TRUST), foreign, f"cross_account, service not told: {why}")


def test_signed_only_services_have_no_anonymous_callers() -> None:
    assert public(policy(allow("kms:*")), service="kms").because.startswith("any AWS account may ")
    assert public(policy(allow("sqs:*")), service="sqs").because.startswith("anyone on the internet ")
    assert public(policy(allow("kms:*", {"Null": {"aws:PrincipalArn": "true"}})),
                  service="kms").answer is False


LISTS: list[tuple[str, str, Any, bool]] = [
    ("bucket", "s3", "s3:ListBucket", True), ("all", "s3", "s3:*", True),
    ("get", "s3", "s3:GetObject", False), ("versions", "s3", "s3:ListBucketVersions", True),
    ("lower", "s3", "s3:list*", True), ("not list", "s3", ["s3:Get*", "s3:Put*"], False),
    ("queues", "sqs", "sqs:ListQueues", True), ("grants", "kms", "kms:ListGrants", True),
]


@pytest.mark.parametrize(("name", "service", "action", "expected"), LISTS, ids=[r[0] for r in LISTS])
def test_public_list(name: str, service: str, action: Any, expected: bool) -> None:
    check(public_list(policy(allow(action)), service=service), expected, name)
    assert public_list(None, service=service).answer is False


URL = policy(allow("lambda:InvokeFunctionUrl", string("lambda:FunctionUrlAuthType", "NONE")))
URLS: list[tuple[str, Any, str | None, bool | None]] = [
    ("open", URL, "NONE", True), ("signed", URL, "AWS_IAM", False), ("no url", URL, None, False),
    ("no policy", None, "NONE", False), ("unreadable", "{", "NONE", None),
    ("other action", policy(allow("lambda:InvokeFunction")), "NONE", False),
    ("all actions", policy(allow("lambda:*")), "NONE", True),
    ("one account", policy(allow("lambda:InvokeFunctionUrl", principal={"AWS": OTHER})), "NONE", False),
]


@pytest.mark.parametrize(("name", "document", "auth", "expected"), URLS, ids=[row[0] for row in URLS])
def test_function_urls(name: str, document: Any, auth: str | None, expected: bool | None) -> None:
    check(function_url_open(document, auth), expected, name)


MOUNTED = {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}
CLIENTS = "elasticfilesystem:Client*"
FILES: list[tuple[str, Any, bool | None, bool | None, str]] = [
    ("none", None, False, True, "the default: whoever reaches a mount target"),
    ("mounted", policy(allow(CLIENTS, MOUNTED)), False, True, "from its VPC only, but unsigned"),
    ("not mounted", policy(allow(CLIENTS, {"Bool": {
        "elasticfilesystem:AccessedViaMountTarget": "false"}})), True, True, "from elsewhere"),
    ("everyone", policy(allow(CLIENTS)), True, True, "anyone"),
    ("signed", policy(allow(CLIENTS, principal=ROOT)), False, False, "our principals"),
    ("our org", policy(allow(CLIENTS, string("aws:PrincipalOrgID", "o-ours"))), False, False, "ours"),
    ("tls", policy(allow(CLIENTS), deny("*", {"Bool": {"aws:SecureTransport": "false"}})), True, True,
     "over TLS"),
    ("unreadable", "[]", None, None, "no object"),
]


@pytest.mark.parametrize(("name", "document", "anyone", "anonymous", "why"), FILES,
                         ids=[row[0] for row in FILES])
def test_file_systems(
    name: str, document: Any, anyone: bool | None, anonymous: bool | None, why: str
) -> None:
    check(file_system_open(document), anyone, why)
    check(anonymous_clients(document, TRUST), anonymous, why)


QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:q"
HTTP = {"Bool": {"aws:SecureTransport": "false"}}
OVER_TLS: list[tuple[str, dict[str, Any], str, bool]] = [
    ("queue", policy(deny("sqs:*", HTTP, Resource=QUEUE)), "sqs", True),
    ("queue, not told", policy(deny("sqs:*", HTTP, Resource=QUEUE)), "s3", True),
    ("queue, everything", policy(deny("*", HTTP)), "sqs", True),
    ("queue, one action", policy(deny("sqs:SendMessage", HTTP, Resource=QUEUE)), "sqs", False),
    ("queue, one of two", policy(deny("sqs:*", HTTP, Resource=QUEUE), allow(
        "sqs:*", Resource=QUEUE + "2")), "sqs", False),
    ("topic", policy(deny("sns:Publish", HTTP)), "sns", False),
    ("files", policy(deny("elasticfilesystem:*", HTTP)), "elasticfilesystem", True),
    ("bucket", policy(deny("sqs:*", HTTP), allow("s3:*", Resource="arn:aws:s3:::b/*")), "s3", False),
]


@pytest.mark.parametrize(("name", "document", "service", "expected"), OVER_TLS,
                         ids=[row[0] for row in OVER_TLS])
def test_tls_elsewhere(name: str, document: dict[str, Any], service: str, expected: bool) -> None:
    check(tls_only(document, service=service), expected, name)


def test_a_document_may_be_text_or_url_encoded() -> None:
    document = policy(allow("s3:GetObject"))
    for text in (json.dumps(document), f"  {json.dumps(document)}\n", quote(json.dumps(document)),
                 quote(json.dumps(document), safe="")):
        assert public(text).answer is True
    assert public("%7Bnot json").answer is None
