"""API Gateway: the public doors that may lead to an endpoint."""

from __future__ import annotations

from auditor.kind import IN_USE, Kind, Link, Part
from auditor.shapes import apigateway, apigatewayv2

from .functions import FUNCTION
from .identity import ROLE
from .sagemaker_serving import ENDPOINT


class RestApi(apigateway.RestApi):
    """A REST API: its resources with their methods and integrations, its stages, its checks."""

    Resources: list[apigateway.Resource] | None
    Stages: list[apigateway.Stage] | None
    Authorizers: list[apigateway.Authorizer] | None
    RequestValidators: list[apigateway.RequestValidator] | None


_INTEGRATIONS = "Resources[].resourceMethods.* | [].methodIntegration"
REST_API: Kind[RestApi] = Kind(
    "AWS::ApiGateway::RestApi", RestApi, service="apigateway", lists="GetRestApis", items="items",
    describes="", id="id", arn="arn:{partition}:apigateway:{region}::/restapis/{name}",
    on_demand=IN_USE,
    parts=(
        # with "methods" embedded each resource carries its methods, and these their integrations
        Part("Resources", "apigateway.GetResources", "items",
             given={"restApiId": "{name}", "embed": ["methods"], "limit": 500}),
        Part("Stages", "apigateway.GetStages", "item", given={"restApiId": "{name}"}),
        Part("Authorizers", "apigateway.GetAuthorizers", "items",
             given={"restApiId": "{name}", "limit": 500}),
        Part("RequestValidators", "apigateway.GetRequestValidators", "items",
             given={"restApiId": "{name}", "limit": 500}),
    ),
    links=(
        Link(f"{_INTEGRATIONS}.credentials | [?contains(@, ':role/')]", ROLE),
        Link(f"{_INTEGRATIONS}.uri | [?contains(@, ':lambda:path/')]", FUNCTION),
        Link(f"{_INTEGRATIONS}.uri | [?contains(@, ':runtime.sagemaker:path/')]", ENDPOINT),
    ),
    secrets=("Stages[].variables", "Stages[].canarySettings.stageVariableOverrides"),
)
DOMAIN_NAME = Kind(
    "AWS::ApiGateway::DomainName", apigateway.DomainName, service="apigateway",
    lists="GetDomainNames", items="items", describes="", id="domainName",
    arn="arn:{partition}:apigateway:{region}::/domainnames/{name}", on_demand=IN_USE,
)
USAGE_PLAN = Kind(
    "AWS::ApiGateway::UsagePlan", apigateway.UsagePlan, service="apigateway",
    lists="GetUsagePlans", items="items", describes="", id="id",
    arn="arn:{partition}:apigateway:{region}::/usageplans/{name}", on_demand=IN_USE,
)


class HttpApi(apigatewayv2.Api):
    """An HTTP or WebSocket API, with its routes, integrations, stages and authorizers."""

    Routes: list[apigatewayv2.Route] | None
    Integrations: list[apigatewayv2.Integration] | None
    Stages: list[apigatewayv2.Stage] | None
    Authorizers: list[apigatewayv2.Authorizer] | None


def _v2(member: str) -> Part:
    return Part(member, f"apigatewayv2.Get{member}", "Items", given={"ApiId": "{name}"})


HTTP_API: Kind[HttpApi] = Kind(
    "AWS::ApiGatewayV2::Api", HttpApi, service="apigatewayv2", lists="GetApis", items="Items",
    describes="", id="ApiId", arn="arn:{partition}:apigateway:{region}::/apis/{name}",
    on_demand=IN_USE,
    parts=tuple(map(_v2, ("Routes", "Integrations", "Stages", "Authorizers"))),
    links=(
        Link("Integrations[].CredentialsArn | [?contains(@, ':role/')]", ROLE),
        Link("Integrations[].IntegrationUri | [?contains(@, ':function:')]", FUNCTION),
        # of a WebSocket API
        Link("Integrations[].IntegrationUri | [?contains(@, ':runtime.sagemaker:path/')]",
             ENDPOINT),
    ),
    secrets=("Stages[].StageVariables",),
)
