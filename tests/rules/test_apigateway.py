"""The edges of the API Gateway rules: what stands behind an API, its methods and its stages."""

from __future__ import annotations

import json

import pytest

from auditor.kinds import ENDPOINT, FUNCTION, ROLE
from auditor.masks import Masker
from auditor.rule import Other
from auditor.testing import judge

MODEL_URI = "arn:aws:apigateway:eu-west-1:runtime.sagemaker:path//endpoints/churn/invocations"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111122223333:function:invoke"
FUNCTION_URI = ("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
                f"{FUNCTION_ARN}/invocations")
ENDPOINT_HERE = Other(ENDPOINT, {"EndpointName": "churn", "EndpointStatus": "InService"})


def integration(uri=MODEL_URI, kind="AWS"):
    return {"type": kind, "uri": uri}


def api(*, method=None, verb="POST", path="/churn", stage=None, stages=None, uri=MODEL_URI, **more):
    one = {"httpMethod": verb, "authorizationType": "AWS_IAM",
           "methodIntegration": integration(uri), **(method or {})}
    return {"id": "a1", "name": "churn", "endpointConfiguration": {"types": ["REGIONAL"]},
            "Resources": [{"id": "r1", "path": path, "resourceMethods": {verb: one}}],
            "Stages": [{"stageName": "live", **(stage or {})}] if stages is None else stages,
            "Authorizers": [], "RequestValidators": [], **more}


def role(*actions):
    return Other(ROLE, {"RoleName": "lambda", "Arn": "arn:aws:iam::111122223333:role/lambda",
                        "AttachedManagedPolicies": [], "RolePolicyList": [{
                            "PolicyName": "p", "PolicyDocument": json.dumps({
                                "Version": "2012-10-17", "Statement": [{
                                    "Effect": "Allow", "Action": list(actions), "Resource": "*"}]})}]})


FUNCTION_HERE = Other(FUNCTION, {"FunctionName": "invoke", "FunctionArn": FUNCTION_ARN,
                                 "Role": "arn:aws:iam::111122223333:role/lambda"})


def check(rule, data, *others, status, says="", severity=None, **more):
    found = judge(rule, data, *others, **more)
    assert (found.status, says in found.message) == (status, True), found.message
    if severity:
        assert found.severity == severity


# -- what stands behind an API decides how grave a finding is


@pytest.mark.parametrize(("uri", "others", "severity"), [
    (MODEL_URI, (), "low"),
    ("arn:aws:apigateway:eu-west-1:sagemaker:action/CreateTrainingJob", (), "low"),
    ("arn:aws:apigateway:eu-west-1:featurestore-runtime.sagemaker:path//FeatureGroup/f", (), "low"),
    ("https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/churn/invocations", (), "low"),
    ("arn:aws:apigateway:eu-west-1:s3:path/bucket", (), "info"),
    ("https://example.com/sagemaker/eu-west-1.amazonaws.com", (), "info"),
    (FUNCTION_URI, (FUNCTION_HERE, role("sagemaker:InvokeEndpoint")), "low"),
    (FUNCTION_URI, (FUNCTION_HERE, role("logs:*")), "info"),
    (FUNCTION_URI, (FUNCTION_HERE, role("sagemaker:Describe*", "sagemaker:Invoke*")), "low"),
    (FUNCTION_URI, (), "info"),  # the function was deleted
    (FUNCTION_URI, (FUNCTION_HERE,), "info"),  # and so was its role
    # another account's function, and one that a variable names: it cannot be told
    (FUNCTION_URI.replace(":111122223333:", ":444455556666:"), (), "low"),
    (FUNCTION_URI.replace("invoke/", "${stageVariables.fn}/"), (), "low"),
])
def test_what_stands_behind_it(uri, others, severity):
    check("apigateway-stage-xray", api(uri=uri), ENDPOINT_HERE, *others, status="fail",
          severity=severity, says="tracingEnabled")


@pytest.mark.parametrize("kind", [FUNCTION, ROLE])
def test_what_stands_behind_it_and_was_refused_counts_in_full(kind):
    others = [o for o in (FUNCTION_HERE, role("logs:*")) if o.kind is not kind]
    check("apigateway-stage-xray", api(uri=FUNCTION_URI), *others, status="fail", severity="low",
          refused=[kind])


# -- the domain


@pytest.mark.parametrize(("policy", "status"), [
    ("TLS_1_0", "fail"), ("TLS_1_2", "pass"), ("SecurityPolicy_TLS13_1_2_PQ_2025_09", "pass"),
    ("SecurityPolicy_TLS12_2018_EDGE", "pass"), ("", "unknown"), (None, "unknown"),
])
def test_domain(policy, status):
    check("apigateway-domain-tls", {"domainName": "ml", "securityPolicy": policy}, status=status)


# -- bodies


VALIDATED = {"requestValidatorId": "v", "requestModels": {"application/json": "Features"}}


@pytest.mark.parametrize(("data", "validators", "status", "says"), [
    (api(method=VALIDATED), [{"id": "v", "validateRequestBody": True}], "pass", ""),
    (api(method=VALIDATED), [{"id": "v", "validateRequestBody": False}], "fail", "not look"),
    (api(method=VALIDATED), [{"id": "v"}], "fail", "not look"),
    (api(method=VALIDATED), [{"id": "w", "validateRequestBody": True}], "unknown", "v was not seen"),
    (api(method=VALIDATED | {"requestModels": {}}), [{"id": "v", "validateRequestBody": True}],
     "fail", "requestModels"),
    (api(method=VALIDATED | {"requestModels": {"application/json": "Empty"}}),
     [{"id": "v", "validateRequestBody": True}], "fail", "requestModels"),
    (api(), [], "fail", "POST /churn has no requestValidatorId"),
    (api(method={"requestValidatorId": ""}), [], "fail", "has no"),
    (api(verb="ANY"), [], "fail", "ANY"),
    (api(verb="GET"), [], "not_applicable", "no method"),
    (api(verb="OPTIONS"), [], "not_applicable", ""),
    (api(method={"methodIntegration": {"type": "MOCK"}}), [], "not_applicable", ""),
    (api(Resources=[]), [], "not_applicable", ""),
    (api(Resources=None), [], "unknown", ""),
])
def test_bodies(data, validators, status, says):
    check("apigateway-request-validation", data | {"RequestValidators": validators}, status=status,
          says=says)


@pytest.mark.parametrize("member", ["Resources", "RequestValidators"])
def test_bodies_refused(member):
    check("apigateway-request-validation", api(method=VALIDATED), status="unknown",
          unseen={member: "AccessDeniedException"})


# -- who calls, and from where


def policy(escaped=True, **more):
    text = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*",
        **more}]})
    return json.dumps(text)[1:-1] if escaped else text


NONE = {"authorizationType": "NONE"}
OFFICE = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
OUR_ENDPOINT = {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}
PRIVATE = {"endpointConfiguration": {"types": ["PRIVATE"]}}


@pytest.mark.parametrize(("data", "status", "severity", "says"), [
    (api(), "pass", None, ""),
    (api(method={"authorizationType": "CUSTOM"}), "pass", None, ""),
    (api(method={"authorizationType": "COGNITO_USER_POOLS"}), "pass", None, ""),
    (api(method=NONE), "fail", "medium", "POST /churn"),
    (api(method=NONE | {"apiKeyRequired": True}), "fail", "medium", "an API key aside"),
    (api(method=NONE, verb="OPTIONS"), "not_applicable", None, "no method"),
    (api(method={"authorizationType": None}), "unknown", None, "authorizationType"),
    (api(method={"authorizationType": ""}), "unknown", None, ""),
    (api(method=NONE, **PRIVATE), "fail", "low", "private"),
    (api(method=NONE, policy=policy(**OFFICE)), "fail", "low", "no stranger"),
    (api(method=NONE, policy=policy(escaped=False, **OFFICE)), "fail", "low", "no stranger"),
    (api(method=NONE, policy=policy()), "fail", "medium", ""),
    (api(method=NONE, policy="{"), "fail", "medium", ""),
    (api(method=NONE, uri="arn:aws:apigateway:eu-west-1:s3:path/b"), "fail", "info", "SageMaker"),
    (api(Resources=[]), "not_applicable", None, ""),
])
def test_callers(data, status, severity, says):
    check("apigateway-rest-authorizer", data, status=status, says=says, severity=severity)


@pytest.mark.parametrize(("data", "status", "severity", "says"), [
    (api(), "fail", "medium", "REGIONAL"),
    (api(endpointConfiguration={"types": ["EDGE"]}), "fail", "medium", "EDGE"),
    (api(policy=policy(**OFFICE)), "fail", "low", "no stranger"),
    (api(policy=policy()), "fail", "medium", ""),
    (api(**PRIVATE), "pass", None, "nobody can call it"),
    (api(**PRIVATE, policy=policy(**OUR_ENDPOINT)), "pass", None, ""),
    (api(**PRIVATE, policy=policy(escaped=False, **OUR_ENDPOINT)), "pass", None, ""),
    (api(**PRIVATE, policy=policy()), "fail", "medium", "whatever account"),
    (api(**PRIVATE, policy="{"), "unknown", None, "cannot be read"),
    (api(endpointConfiguration={}), "unknown", None, "type"),
    (api(endpointConfiguration=None), "unknown", None, ""),
])
def test_from_where(data, status, severity, says):
    check("apigateway-rest-private", data, status=status, says=says, severity=severity)


# -- stages


ALL = "*/*"


@pytest.mark.parametrize(("stage", "status", "says"), [
    ({}, "not_applicable", "no stage has a cache"),
    ({"cacheClusterEnabled": False, "methodSettings": {ALL: {"cachingEnabled": True}}},
     "not_applicable", ""),
    ({"cacheClusterEnabled": True, "methodSettings": {
        ALL: {"cachingEnabled": True, "cacheDataEncrypted": True}}}, "pass", ""),
    ({"cacheClusterEnabled": True, "methodSettings": {
        ALL: {"cachingEnabled": True, "cacheDataEncrypted": True},
        "churn/GET": {"cachingEnabled": True, "cacheDataEncrypted": False}}}, "fail", "churn/GET"),
    ({"cacheClusterEnabled": True, "methodSettings": {
        ALL: {"cachingEnabled": False, "cacheDataEncrypted": False}}}, "pass", ""),
    ({"cacheClusterEnabled": True}, "fail", "no setting"),
])
def test_caches(stage, status, says):
    check("apigateway-stage-cache-encrypted", api(stage=stage), status=status, says=says)


@pytest.mark.parametrize(("data", "status", "says"), [
    (api(method={"methodIntegration": integration("https://b", "HTTP")}), "fail", "live"),
    (api(method={"methodIntegration": integration("https://b", "HTTP_PROXY")}), "fail", ""),
    (api(method={"methodIntegration": integration("https://b", "HTTP")},
         stage={"clientCertificateId": "c"}), "pass", ""),
    (api(method={"methodIntegration": integration("https://b", "HTTP")},
         stage={"clientCertificateId": ""}), "fail", ""),
    (api(), "not_applicable", "over HTTP"),  # AWS's services know a caller by its signature
    (api(Resources=[]), "not_applicable", ""),
])
def test_client_certificates(data, status, says):
    check("apigateway-stage-client-certificate", data, status=status, says=says)


@pytest.mark.parametrize(("stage", "status", "says"), [
    ({}, "pass", ""),
    ({"methodSettings": {ALL: {"dataTraceEnabled": False}}}, "pass", ""),
    ({"methodSettings": {ALL: {"dataTraceEnabled": False},
                         "churn/POST": {"dataTraceEnabled": True}}}, "fail", "churn/POST"),
])
def test_data_trace(stage, status, says):
    check("apigateway-stage-data-trace", api(stage=stage), status=status, says=says)


@pytest.mark.parametrize(("stage", "status", "says"), [
    ({}, "fail", ALL),
    ({"methodSettings": {}}, "fail", ALL),
    ({"methodSettings": {ALL: {}}}, "fail", ALL),
    ({"methodSettings": {ALL: {"loggingLevel": "INFO"}}}, "pass", ""),
    ({"methodSettings": {ALL: {"loggingLevel": "ERROR"}}}, "pass", ""),
    ({"methodSettings": {ALL: {"loggingLevel": "INFO"}, "churn/POST": {"loggingLevel": "OFF"}}},
     "fail", "churn/POST"),
    # each method for itself, its path written either way
    ({"methodSettings": {"churn/POST": {"loggingLevel": "INFO"}}}, "pass", ""),
    ({"methodSettings": {"~1churn/POST": {"loggingLevel": "INFO"}}}, "pass", ""),
    ({"methodSettings": {"other/GET": {"loggingLevel": "INFO"}}}, "fail", "churn/POST"),
    ({"accessLogSettings": {"destinationArn": "arn:aws:logs:eu-west-1:1:log-group:a"}}, "fail", ""),
])
def test_logging(stage, status, says):
    check("apigateway-stage-logging", api(stage=stage), status=status, says=says)


def masked(**variables):
    return Masker(b"salt").suspect(variables)


SECRET = "Zk7xQ2mP9wLr4TvB8nHs"


@pytest.mark.parametrize(("stage", "status", "says"), [
    ({}, "pass", ""),
    ({"variables": masked(endpoint="churn", url="https://x.example.com")}, "pass", ""),
    ({"variables": masked(apiToken=SECRET)}, "fail", "variables.apiToken holds 1 named-secret"),
    ({"canarySettings": {"stageVariableOverrides": masked(apiToken=SECRET)}}, "fail", "Overrides"),
])
def test_variables(stage, status, says):
    check("apigateway-stage-variable-secrets", api(stage=stage), status=status, says=says)
    assert SECRET not in judge("apigateway-stage-variable-secrets", api(stage=stage)).message


STAGE_RULES = {
    "apigateway-stage-cache-encrypted", "apigateway-stage-data-trace", "apigateway-stage-logging",
    "apigateway-stage-variable-secrets", "apigateway-stage-waf", "apigateway-stage-xray",
}


@pytest.mark.parametrize("rule", sorted(STAGE_RULES))
def test_no_stage_and_none_seen(rule):
    check(rule, api(stages=[]), status="not_applicable", says="no stage")
    check(rule, api(Stages=None), status="unknown")
    check(rule, api(), status="unknown", unseen={"Stages": "TooManyRequestsException"})


@pytest.mark.parametrize(("rule", "sound", "unsound"), [
    ("apigateway-stage-waf", {"webAclArn": "arn:aws:wafv2:eu-west-1:1:regional/webacl/a/1"},
     {"webAclArn": ""}),
    ("apigateway-stage-xray", {"tracingEnabled": True}, {"tracingEnabled": False}),
])
def test_each_stage_counts_and_is_named(rule, sound, unsound):
    check(rule, api(stage=sound), status="pass")
    two = [{"stageName": "live", **sound}, {"stageName": "test", **unsound}]
    check(rule, api(stages=two), status="fail", says="stage test")
    assert "live" not in judge(rule, api(stages=two)).message


# -- HTTP and WebSocket APIs


def http(**more):
    return {"ApiId": "h1", "Name": "churn", "ProtocolType": "HTTP", "Routes": [],
            "Integrations": [{"IntegrationId": "i1", "IntegrationType": "AWS_PROXY",
                              "IntegrationUri": FUNCTION_ARN}], "Stages": [], **more}


def websocket(**more):
    return http(ProtocolType="WEBSOCKET", **more)


def link(uri="arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/a/1/2", **more):
    return {"IntegrationId": "i1", "ConnectionType": "VPC_LINK", "IntegrationUri": uri, **more}


@pytest.mark.parametrize(("data", "status", "says"), [
    (http(Integrations=[link(TlsConfig={"ServerNameToVerify": "m.example.com"})]), "pass", ""),
    (http(Integrations=[link(TlsConfig={})]), "pass", ""),  # the name is optional
    (http(Integrations=[link()]), "fail", "i1"),
    (http(Integrations=[link("https://models.internal")]), "fail", "TlsConfig"),
    (http(), "not_applicable", "VPC link"),
    (http(Integrations=[{"IntegrationId": "i", "ConnectionType": "INTERNET"}]), "not_applicable", ""),
    (http(Integrations=None), "unknown", ""),
    (websocket(Integrations=[link("https://models.internal")]), "pass", ""),
    (websocket(Integrations=[link("http://models.internal")]), "fail", "https"),
])
def test_private_integrations(data, status, says):
    check("apigatewayv2-private-integration-https", data, status=status, says=says)


def route(key, kind="NONE"):
    return {"RouteKey": key, "AuthorizationType": kind}


@pytest.mark.parametrize(("data", "status", "says"), [
    (http(Routes=[route("POST /a", "JWT"), route("GET /b", "AWS_IAM")]), "pass", ""),
    (http(Routes=[route("POST /a", "JWT"), route("GET /b")]), "fail", "GET /b"),
    (http(Routes=[route("$default")]), "fail", "$default"),
    (http(Routes=[route("OPTIONS /a"), route("POST /a", "CUSTOM")]), "pass", ""),
    (http(Routes=[route("OPTIONS /a")]), "not_applicable", "OPTIONS"),
    (http(Routes=[route("POST /a", None)]), "unknown", "AuthorizationType"),
    (http(Routes=[route("POST /a", "")]), "unknown", ""),
    (http(), "not_applicable", "no route"),
    (http(Routes=None), "unknown", ""),
    # a WebSocket is asked when it connects, and at no other time
    (websocket(Routes=[route("$connect", "AWS_IAM"), route("send")]), "pass", ""),
    (websocket(Routes=[route("$connect"), route("send")]), "fail", "$connect"),
    (websocket(Routes=[route("send")]), "fail", "nobody is asked"),
])
def test_routes(data, status, says):
    check("apigatewayv2-route-authorization", data, status=status, says=says)


def test_what_stands_behind_a_vpc_link_cannot_be_told_and_counts_in_full():
    check("apigatewayv2-private-integration-https", http(Integrations=[link()]), status="fail",
          severity="medium")
    elsewhere = http(Routes=[route("$default")], Integrations=[
        {"IntegrationId": "i", "IntegrationUri": "https://example.com"}])
    check("apigatewayv2-route-authorization", elsewhere, status="fail", severity="info")
    data = api(method={"methodIntegration": {**integration("http://nlb", "HTTP"),
                                             "connectionType": "VPC_LINK"}})
    check("apigateway-stage-xray", data, status="fail", severity="low")


def test_a_websocket_leads_straight_to_an_endpoint():
    data = websocket(Routes=[route("$connect")], Integrations=[
        {"IntegrationId": "i", "IntegrationUri": MODEL_URI}])
    check("apigatewayv2-route-authorization", data, ENDPOINT_HERE, status="fail", severity="medium")


LOGGED = {"AccessLogSettings": {"DestinationArn": "arn:aws:logs:eu-west-1:1:log-group:a"}}


@pytest.mark.parametrize(("stages", "status", "says"), [
    ([{"StageName": "$default", **LOGGED}], "pass", ""),
    ([{"StageName": "$default", **LOGGED}, {"StageName": "test"}], "fail", "test"),
    ([{"StageName": "$default", "AccessLogSettings": {}}], "fail", ""),
    ([{"StageName": "$default", "AccessLogSettings": {"DestinationArn": ""}}], "fail", ""),
    ([], "not_applicable", "no stage"),
    (None, "unknown", ""),
])
def test_access_logs(stages, status, says):
    check("apigatewayv2-access-logging", http(Stages=stages), status=status, says=says)


@pytest.mark.parametrize(("rule", "member"), [
    ("apigatewayv2-private-integration-https", "Integrations"),
    ("apigatewayv2-route-authorization", "Routes"), ("apigatewayv2-access-logging", "Stages"),
])
def test_pitfall_34_a_refused_part_is_unknown(rule, member):
    for code in ("AccessDeniedException", "TooManyRequestsException"):
        check(rule, http(), status="unknown", unseen={member: code})
