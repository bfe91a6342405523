"""APIs in front of models: their methods, their stages, and whether SageMaker stands behind them.

API Gateway is judged wherever machine learning is used, since an API may lead to an endpoint in
ways that nobody sees from outside. What is wrong with one that is seen to lead elsewhere is told
with the severity info.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import FUNCTION, HTTP_API, REST_API, HttpApi, RestApi
from auditor.shapes.apigateway import Method, Stage
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._edges import target
from ._functions import calls_models

# "arn:aws:apigateway:REGION:{subdomain.service|service}:{path|action}/…" (Integration.uri, API
# Gateway API Reference), and the addresses of SageMaker's own API.
_SAGEMAKER = re.compile(
    r":(?:[\w-]+\.)?sagemaker:(?:path|action)/"
    r"|[/.]sagemaker\.[a-z0-9-]+\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)"
)
_LAMBDA = re.compile(r":lambda:path/|:function:")
# Stage variables name the function only once a stage is called.
_VARIABLE = re.compile(r"\$\{?stageVariables\.")


def uri(address: str = "runtime.sagemaker:path//endpoints/churn/invocations") -> str:
    """Return the address of an integration with an AWS service, for the samples."""
    return f"arn:aws:apigateway:eu-west-1:{address}"


def sample_api(stage: dict[str, Any] | None = None, **method: Any) -> dict[str, Any]:
    """Return a REST API before an endpoint, as the samples have it: one method, one stage."""
    return {
        "id": "a1b2c3", "name": "churn", "endpointConfiguration": {"types": ["REGIONAL"]},
        "Resources": [{"id": "r1", "path": "/churn", "resourceMethods": {"POST": {
            "httpMethod": "POST", "authorizationType": "AWS_IAM",
            "methodIntegration": {"type": "AWS", "uri": uri()}, **method}}}],
        "Stages": [{"stageName": "live", **(stage or {})}],
    }  # fmt: skip


def sample_http(**members: Any) -> dict[str, Any]:
    """Return an HTTP API as the samples have it."""
    return {
        "ApiId": "h1", "Name": "churn", "ProtocolType": "HTTP",
        "Routes": [{"RouteKey": "POST /churn", "AuthorizationType": "JWT"}],
        "Integrations": [], "Stages": [{"StageName": "$default"}], **members,
    }  # fmt: skip


def methods(api: Resource[RestApi]) -> Iterator[tuple[str, Method]]:
    """Yield the methods of a REST API with what they are called: ``POST /churn``.

    Raises :class:`Unseen` where its resources were not seen.
    """
    if api.data.Resources is None:
        raise Unseen(f"the resources of the API {api.name} were not seen")
    for resource in api.data.Resources:
        for verb, method in (resource.resourceMethods or {}).items():
            yield f"{verb} {resource.path or '?'}", method


def every_stage(api: Resource[RestApi], check: Callable[[Stage], str]) -> Verdict:
    """Judge each stage of a REST API; ``check`` says what is wrong with one, "" for nothing."""
    stages = api.data.Stages
    if stages is None:
        raise Unseen(f"the stages of the API {api.name} were not seen")
    if not stages:
        return NotApplicable("the API has no stage, so nobody can call it")
    wrong = [f"stage {s.stageName or '?'}: {why}" for s in stages if (why := check(s))]
    return failed(api, "; ".join(wrong)) if wrong else Pass()


def failed(
    api: Resource[RestApi] | Resource[HttpApi], because: str, severity: Severity | None = None
) -> Fail:
    """Return a fail, of the severity info where the API is seen to lead to no model."""
    if may_lead_to_models(api):
        return Fail(because, severity)
    return Fail(f"{because} (no integration that was seen leads to SageMaker)", Severity.INFO)


def _integrations(api: Resource[Any]) -> list[tuple[str, str]]:
    """Return the address and the kind of connection of each integration of an API, of either kind.
    """
    if api.kind is REST_API:
        rest = [method.methodIntegration for _, method in methods(api)]
        return [(one.uri or "", one.connectionType or "") for one in rest if one]
    found = api.data.Integrations
    if api.kind is not HTTP_API or found is None:
        raise Unseen(f"the integrations of the API {api.name} were not seen")
    return [(one.IntegrationUri or "", one.ConnectionType or "") for one in found]


def may_lead_to_models(api: Resource[RestApi] | Resource[HttpApi]) -> bool:
    """Tell whether SageMaker stands behind an API, directly or behind one of its functions.

    What cannot be told counts as yes, a server behind a VPC link for one: this only chooses a
    severity.
    """
    try:
        found = _integrations(api)
    except Unseen:
        return True
    for address, connection in found:
        if _SAGEMAKER.search(address) or connection == "VPC_LINK":
            return True
        if _LAMBDA.search(address) and _VARIABLE.search(address):
            return True
    for edge in api.edges(FUNCTION):
        if edge.state == "missing":
            continue
        try:
            if calls_models(target(edge, "function")):
                return True
        except Unseen:
            return True
    return False


def resource_policy(api: Resource[RestApi]) -> str | None:
    """Return the resource policy of a REST API as JSON text, None where it has none.

    API Gateway answers with the document as the inside of a JSON string: each quote with a
    backslash before it. Raises :class:`Unseen` where it is neither that nor JSON.
    """
    text = api.data.policy
    if not text:
        return None
    for candidate in (text, f'"{text}"'):
        try:
            found = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(found, str):
            return found
        return text
    raise Unseen(f"the resource policy of the API {api.name} cannot be read")
