"""HTTP and WebSocket APIs in front of models."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import HTTP_API, HttpApi
from auditor.rule import rule
from auditor.shapes.apigatewayv2 import Integration
from auditor.verdict import NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ATLAS, MONITORING, NIST, OWASP, TRAFFIC
from ._gateways import failed, sample_http

_WEBSOCKET = "WEBSOCKET"
_LINK = {
    "IntegrationId": "i1", "IntegrationType": "HTTP_PROXY", "ConnectionType": "VPC_LINK",
    "ConnectionId": "l1", "IntegrationUri":
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/models/1/2",
}  # fmt: skip


@rule(
    "apigatewayv2-private-integration-https",
    "Private integrations speak HTTPS to their backend",
    on=HTTP_API,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        "AWS FSBP": ["APIGateway.10"],
        "AWS Config": ["apigatewayv2-integration-private-https-enabled"],
    },
    fix="Give the load balancer a listener with a certificate, then `aws apigatewayv2"
    " update-integration --api-id {name} --region {region} --integration-id INTEGRATION_ID"
    " --integration-uri LISTENER_ARN --tls-config ServerNameToVerify=models.example.com`.",
    good=sample_http(Integrations=[
        _LINK | {"TlsConfig": {"ServerNameToVerify": "models.example.com"}}]),
    bad=sample_http(Integrations=[_LINK]),
)  # fmt: skip
def private_links_are_encrypted(api: Resource[HttpApi]) -> Verdict:
    """A VPC link is private, but what goes over it is readable along the way unless it is TLS.

    What goes over it to a model server are features and answers, and tokens of those who ask.
    """
    found = api.data.Integrations
    if found is None:
        raise Unseen(f"the integrations of the API {api.name} were not seen")
    private = [one for one in found if one.ConnectionType == "VPC_LINK"]
    if not private:
        return NotApplicable("no integration goes through a VPC link")
    web = api.data.ProtocolType == _WEBSOCKET
    plain = [one.IntegrationId or "?" for one in private if not _encrypted(one, web)]
    if not plain:
        return Pass()
    how = "IntegrationUri is not https" if web else "TlsConfig is not set"
    return failed(api, f"{how} for {', '.join(plain)}")


def _encrypted(one: Integration, web: bool) -> bool:
    """Tell whether a private integration speaks HTTPS.

    "If you specify a TLS configuration, private integration traffic uses the HTTPS protocol.
    Supported only for HTTP APIs" (TlsConfig, API Gateway V2 API Reference); the server's name in
    it is optional. A WebSocket API says it in the address.
    """
    if web:
        return (one.IntegrationUri or "").startswith("https://")
    return one.TlsConfig is not None


@rule(
    "apigatewayv2-route-authorization",
    "Every route asks who calls",
    on=HTTP_API,
    severity=Severity.MEDIUM,
    controls=ACCESS | {
        NIST: ["AC-3", "CM-2", "CM-2(2)"],
        ATLAS: ["AML.T0040"],
        OWASP: ["ML05"],
        "AWS FSBP": ["APIGateway.8"],
        "AWS Config": ["api-gwv2-authorization-type-configured"],
    },
    fix="For each route `aws apigatewayv2 update-route --api-id {name} --region {region} --route-id"
    " ROUTE_ID --authorization-type AWS_IAM` (or JWT or CUSTOM with --authorizer-id), and deploy"
    " where a stage does not do so by itself. A WebSocket API asks on the route $connect.",
    good=[
        sample_http(),
        sample_http(ProtocolType="WEBSOCKET", Routes=[
            {"RouteKey": "$connect", "AuthorizationType": "AWS_IAM"},
            {"RouteKey": "$default", "AuthorizationType": "NONE"}]),
    ],
    bad=[
        sample_http(Routes=[{"RouteKey": "POST /churn", "AuthorizationType": "NONE"}]),
        sample_http(ProtocolType="WEBSOCKET", Routes=[
            {"RouteKey": "$default", "AuthorizationType": "NONE"}]),
    ],
)  # fmt: skip
def routes_are_authorized(api: Resource[HttpApi]) -> Verdict:
    """A route without authorization is a public door, whatever stands behind it.

    Behind an API of an ML team stands a model: it can be copied by asking, probed for what it
    was trained on, and run at your cost. A WebSocket is asked once, when it connects.
    """
    routes = api.data.Routes
    if routes is None:
        raise Unseen(f"the routes of the API {api.name} were not seen")
    if not routes:
        return NotApplicable("the API has no route")
    if api.data.ProtocolType == _WEBSOCKET:
        # "You can only configure authorization on the $connect route": "Control and manage access
        # to WebSocket APIs", API Gateway Developer Guide
        routes = [route for route in routes if route.RouteKey == "$connect"]
        if not routes:
            return failed(api, "there is no route $connect, so nobody is asked who connects")
    # a browser asks with OPTIONS before it sends, and cannot sign that
    judged = [r for r in routes if not (r.RouteKey or "").startswith("OPTIONS ")]
    unsaid = [r.RouteKey or "?" for r in judged if not r.AuthorizationType]
    if unsaid:
        raise Unseen(f"API Gateway does not say which AuthorizationType {unsaid[0]} has")
    if not judged:
        return NotApplicable("the API has no route but OPTIONS")
    wrong = [r.RouteKey or "?" for r in judged if r.AuthorizationType == "NONE"]
    return failed(api, f"AuthorizationType is NONE for {', '.join(wrong)}") if wrong else Pass()


@rule(
    "apigatewayv2-access-logging",
    "Stages write access logs",
    on=HTTP_API,
    severity=Severity.MEDIUM,
    controls=MONITORING | {
        NIST: [
            "AC-4(26)", "AU-10", "AU-12", "AU-2", "AU-3", "AU-6(3)", "AU-6(4)", "CA-7", "SC-7(9)",
            "SI-7(8)",
        ],
        "AWS FSBP": ["APIGateway.9"],
        "PCI DSS v4.0": ["10.4.2"],
        "CIS AWS v7.0": ["4.10"],
        "AWS Config": ["api-gwv2-access-logs-enabled"],
    },
    fix="For each stage `aws apigatewayv2 update-stage --api-id {name} --region {region}"
    " --stage-name STAGE --access-log-settings DestinationArn=LOG_GROUP_ARN,Format=…` with"
    " $context.identity.sourceIp, $context.routeKey and $context.status in the format.",
    good=sample_http(Stages=[{"StageName": "$default", "AccessLogSettings": {
        "DestinationArn": "arn:aws:logs:eu-west-1:111122223333:log-group:churn"}}]),
    bad=[
        sample_http(),
        sample_http(Stages=[{"StageName": "$default", "AccessLogSettings": {"Format": "x"}}]),
    ],
)  # fmt: skip
def access_is_logged(api: Resource[HttpApi]) -> Verdict:
    """Access logs tell who asked for what, how often, and who was turned away.

    Invocations by the API's role all look alike in CloudTrail: only here does it show which of
    its callers copied the model.
    """
    stages = api.data.Stages
    if stages is None:
        raise Unseen(f"the stages of the API {api.name} were not seen")
    if not stages:
        return NotApplicable("the API has no stage, so nobody can call it")
    silent = [
        stage.StageName or "?" for stage in stages
        if not (stage.AccessLogSettings and stage.AccessLogSettings.DestinationArn)
    ]
    if silent:
        return failed(
            api, f"AccessLogSettings.DestinationArn is not set for stage {', '.join(silent)}"
        )
    return Pass()
