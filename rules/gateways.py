"""REST APIs and domain names: who may call, from where, and what is let through to a model."""

from __future__ import annotations

import json
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import DOMAIN_NAME, REST_API, RestApi
from auditor.policy import public
from auditor.rule import rule
from auditor.shapes.apigateway import DomainName, Method
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ATLAS, INTEGRITY, NETWORK, NIST, OWASP, TRAFFIC
from ._gateways import failed, methods, resource_policy, sample_api

_FRONT_DOOR = {ATLAS: ["AML.T0040"], OWASP: ["ML05"]}
# What carries a body that a model would read; API Gateway's ANY is every one of them.
_WITH_BODY = ("POST", "PUT", "PATCH", "ANY")
_VALIDATOR = {"id": "v1", "name": "body", "validateRequestBody": True}
_ANYONE = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}


def _policy(**more: Any) -> str:
    """Return a resource policy for the samples, with the quotes escaped as API Gateway does."""
    statement = {**_ANYONE, **more}
    return json.dumps(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))[1:-1]


_FROM_OUR_VPC = _policy(Condition={"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}})


@rule(
    "apigateway-domain-tls",
    "The API's domain name refuses TLS older than 1.2",
    on=DOMAIN_NAME,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        "AWS FSBP": ["APIGateway.11"],
        "AWS Config": ["apigateway-domain-name-tls-check"],
    },
    fix="`aws apigateway update-domain-name --domain-name {name} --region {region}"
    " --patch-operations op=replace,path=/securityPolicy,value=TLS_1_2`; tell clients that speak"
    " older TLS only, which cannot connect from then on.",
    good=[
        {"domainName": "ml.example.com", "securityPolicy": "TLS_1_2"},
        {"domainName": "ml.example.com", "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"},
    ],
    bad={"domainName": "ml.example.com", "securityPolicy": "TLS_1_0"},
)
def speaks_modern_tls(domain: Resource[DomainName]) -> Verdict:
    """Whoever sits between client and server can talk both down to the oldest TLS that both allow.

    TLS 1.0 and 1.1 are broken in known ways, and what goes over them to a model are people's
    records and the credentials of those who ask. Every policy but TLS_1_0 refuses them.
    """
    policy = domain.data.securityPolicy
    if not policy:
        raise Unseen(f"API Gateway does not say which securityPolicy {domain.name} has")
    if policy == "TLS_1_0":
        return Fail("securityPolicy is TLS_1_0: clients may speak TLS 1.0 and 1.1")
    return Pass(f"securityPolicy is {policy}")


@rule(
    "apigateway-request-validation",
    "Methods check the body of a request before a model sees it",
    on=REST_API,
    severity=Severity.LOW,
    controls=INTEGRITY | {NIST: ["SI-10"]},
    fix="`aws apigateway create-request-validator --rest-api-id {name} --region {region} --name"
    " body --validate-request-body`, `aws apigateway create-model` with a JSON schema of the"
    " features, then for each method `aws apigateway update-method --rest-api-id {name} --region"
    " {region} --resource-id RESOURCE_ID --http-method POST --patch-operations"
    " op=replace,path=/requestValidatorId,value=VALIDATOR_ID"
    " op=add,path=/requestModels/application~1json,value=MODEL_NAME`, and deploy each stage again.",
    good={
        **sample_api(requestValidatorId="v1", requestModels={"application/json": "Features"}),
        "RequestValidators": [_VALIDATOR],
    },
    bad=[
        sample_api(),
        {
            **sample_api(requestValidatorId="v1", requestModels={"application/json": "Features"}),
            "RequestValidators": [{"id": "v1", "name": "names", "validateRequestParameters": True}],
        },
        {
            **sample_api(requestValidatorId="v1", requestModels={"application/json": "Empty"}),
            "RequestValidators": [_VALIDATOR],
        },
    ],
)
def bodies_are_checked(api: Resource[RestApi]) -> Verdict:
    """A model reads whatever it is given: a list ten thousand long, text where a number belongs.

    A schema at the gateway turns away what is no request before it costs an inference, crashes a
    container or reaches a parser that trusts its input. It needs a validator that looks at
    bodies and a model that says more than the built-in Empty, which allows everything.
    """
    wrong, looked = [], False
    for name, method in methods(api):
        integration = method.methodIntegration
        if not name.startswith(_WITH_BODY) or (integration and integration.type == "MOCK"):
            continue
        looked = True
        why = _unchecked(api, method)
        if why:
            wrong.append(f"{name} {why}")
    if wrong:
        return failed(api, "; ".join(wrong))
    return Pass() if looked else NotApplicable("no method takes a body and does anything with it")


def _unchecked(api: Resource[RestApi], method: Method) -> str:
    """Return why a method does not check bodies, "" where it does."""
    if not method.requestValidatorId:
        return "has no requestValidatorId"
    validators = api.data.RequestValidators
    if validators is None:
        raise Unseen(f"the request validators of the API {api.name} were not seen")
    one = next((v for v in validators if v.id == method.requestValidatorId), None)
    if one is None:
        raise Unseen(f"the request validator {method.requestValidatorId} was not seen")
    if not one.validateRequestBody:
        return f"has the validator {one.name or one.id}, which does not look at bodies"
    # the model that every API is made with: a schema without a word, "Models for REST APIs"
    if not any(name != "Empty" for name in (method.requestModels or {}).values()):
        return "names no model in requestModels that a body could fail"
    return ""


@rule(
    "apigateway-rest-authorizer",
    "Every method of the REST API asks who calls",
    on=REST_API,
    severity=Severity.MEDIUM,
    controls=ACCESS | _FRONT_DOOR,
    fix="For each method `aws apigateway update-method --rest-api-id {name} --region {region}"
    " --resource-id RESOURCE_ID --http-method POST --patch-operations"
    " op=replace,path=/authorizationType,value=AWS_IAM` (or CUSTOM or COGNITO_USER_POOLS together"
    " with /authorizerId), then `aws apigateway create-deployment --rest-api-id {name} --region"
    " {region} --stage-name STAGE` for each stage. An API key is no authorization: it counts, it"
    " does not identify.",
    good=sample_api(),
    bad=[sample_api(authorizationType="NONE"),
         sample_api(authorizationType="NONE", apiKeyRequired=True)],
)
def callers_are_known(api: Resource[RestApi]) -> Verdict:
    """An endpoint asks for a signature, and the API before it signs for everybody who comes.

    A method without authorization makes the model public: it can be copied by asking, probed for
    what it was trained on, and run up to its quota at your cost. Where the API is private or its
    policy lets no stranger in, only the network stands between, and the finding is low.
    """
    open_to_all, looked = [], False
    for name, method in methods(api):
        if name.startswith("OPTIONS "):
            continue  # a browser asks before it sends, and cannot sign that
        looked = True
        kind = method.authorizationType
        if not kind:
            raise Unseen(f"API Gateway does not say which authorizationType {name} has")
        if kind == "NONE":
            keyed = ", an API key aside" if method.apiKeyRequired else ""
            open_to_all.append(f"{name}{keyed}")
    if not open_to_all:
        return Pass() if looked else NotApplicable("the API has no method")
    fenced = _fence(api)
    return failed(
        api, f"authorizationType is NONE for {', '.join(open_to_all)}{fenced}",
        Severity.LOW if fenced else None,
    )


def _fence(api: Resource[RestApi]) -> str:
    """Return in words what else keeps strangers out, "" where nothing is seen to."""
    where = api.data.endpointConfiguration
    private = where is not None and "PRIVATE" in (where.types or [])
    try:
        policy = resource_policy(api)
    except Unseen:
        policy = None
    if policy and public(policy, service="execute-api").answer is False:
        return "; the API's policy lets no stranger in"
    return "; the API is private" if private else ""


@rule(
    "apigateway-rest-private",
    "The REST API is private",
    on=REST_API,
    severity=Severity.MEDIUM,
    controls=NETWORK | _FRONT_DOOR | {
        "AWS Config": ["api-gw-endpoint-type-check"],
    },
    fix="`aws apigateway update-rest-api --rest-api-id {name} --region {region} --patch-operations"
    " op=replace,path=/endpointConfiguration/types/REGIONAL,value=PRIVATE` (types/EDGE where it is"
    " that), with a resource policy that names your VPC endpoints in aws:SourceVpce, then deploy"
    " each stage again.",
    good={
        **sample_api(), "endpointConfiguration": {"types": ["PRIVATE"]}, "policy": _FROM_OUR_VPC,
    },
    bad=[
        sample_api(),
        {**sample_api(), "endpointConfiguration": {"types": ["PRIVATE"]}, "policy": _policy()},
    ],
)
def only_from_the_network(api: Resource[RestApi]) -> Verdict:
    """A model for the company's own applications need not have an address on the internet.

    A private API is reached through VPC endpoints only, so a stolen key or a forgotten method is
    of no use outside. Its policy must say which: one that lets everybody in opens it to the VPC
    endpoints of all accounts. Where a public one's policy lets no stranger in, the finding is low.
    """
    where = api.data.endpointConfiguration
    types = (where.types or []) if where else []
    if not types:
        raise Unseen(f"API Gateway does not say of which type the endpoint of {api.name} is")
    policy = resource_policy(api)
    found = public(policy, service="execute-api") if policy else None
    kind = "/".join(types)
    if kind != "PRIVATE":
        if found and found.answer is False:
            return failed(
                api, f"endpointConfiguration.types is {kind}; its policy lets no stranger in",
                Severity.LOW,
            )
        return failed(api, f"endpointConfiguration.types is {kind}: it has a public address")
    if found is None:
        return Pass("private, and without a policy nobody can call it")
    if found.answer is None:
        raise Unseen(found.because)
    if found.answer:
        return failed(
            api, f"private, but through a VPC endpoint of whatever account: {found.because}"
        )
    return Pass()
