"""The stages of a REST API: what is logged, cached, traced and filtered on the way to a model."""

from __future__ import annotations

from auditor.inventory import Resource
from auditor.kinds import REST_API, RestApi
from auditor.rule import rule
from auditor.shapes.apigateway import MethodSetting, Stage
from auditor.verdict import NotApplicable, Pass, Severity, Verdict

from ._controls import ATLAS, ENCRYPTION, LENS, MONITORING, NIST, OWASP, SECRETS, TRAFFIC
from ._gateways import every_stage, methods, sample_api
from ._secrets import secrets_in

_ALL = "*/*"  # the settings of every method that has none of its own
_WRITTEN = ("ERROR", "INFO")
_HTTP = {"type": "HTTP", "uri": "https://models.internal/churn"}


def _settings(stage: Stage) -> dict[str, MethodSetting]:
    return stage.methodSettings or {}


@rule(
    "apigateway-stage-cache-encrypted",
    "What a stage caches is encrypted",
    on=REST_API,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        NIST: ["CA-9(1)", "CM-3(6)", "SC-13", "SC-28", "SC-28(1)", "SC-7(10)", "SI-7(6)"],
        "AWS FSBP": ["APIGateway.5"],
        "AWS Config": ["api-gw-cache-enabled-and-encrypted"],
    },
    fix="For each stage `aws apigateway update-stage --rest-api-id {name} --region {region}"
    " --stage-name STAGE --patch-operations"
    " op=replace,path=/*/*/caching/dataEncrypted,value=true`, and the same for each method with"
    " settings of its own; the cache is emptied by it.",
    good=sample_api({"cacheClusterEnabled": True, "methodSettings": {
        "*/*": {"cachingEnabled": True, "cacheDataEncrypted": True}}}),
    bad=sample_api({"cacheClusterEnabled": True, "methodSettings": {
        "*/*": {"cachingEnabled": True, "cacheDataEncrypted": False}}}),
)  # fmt: skip
def caches_are_encrypted(api: Resource[RestApi]) -> Verdict:
    """A cache keeps the answers of a model, and in their keys what was asked about whom.

    It lies on a cluster that API Gateway runs, and unencrypted unless a setting of each method
    says otherwise.
    """
    found = every_stage(api, _plain_cache)
    if not isinstance(found, Pass):
        return found
    if not any(stage.cacheClusterEnabled for stage in api.data.Stages or []):
        return NotApplicable("no stage has a cache")
    return found


def _plain_cache(stage: Stage) -> str:
    if not stage.cacheClusterEnabled:
        return ""
    settings = _settings(stage)
    if not settings:
        # "When you enable caching for a stage, only GET methods have caching enabled by default"
        # (API Gateway Developer Guide, "Cache settings for REST APIs"), and encryption is not
        return "cacheClusterEnabled is true and no setting encrypts what is cached"
    plain = [
        name for name, one in settings.items()
        if one.cachingEnabled and not one.cacheDataEncrypted
    ]
    return f"cacheDataEncrypted is not true for {', '.join(plain)}" if plain else ""


@rule(
    "apigateway-stage-client-certificate",
    "Stages show a certificate to the backends that they call over HTTP",
    on=REST_API,
    severity=Severity.MEDIUM,
    controls=TRAFFIC | {
        NIST: [
            "AC-17(2)", "AC-4", "IA-5(1)", "SC-12(3)", "SC-13", "SC-23", "SC-23(3)", "SC-7(4)",
            "SC-8", "SC-8(1)", "SC-8(2)", "SI-7(6)",
        ],
        "AWS FSBP": ["APIGateway.2"],
        "AWS Config": ["api-gw-ssl-enabled"],
    },
    fix="`aws apigateway generate-client-certificate --region {region}`, for each stage `aws"
    " apigateway update-stage --rest-api-id {name} --region {region} --stage-name STAGE"
    " --patch-operations op=replace,path=/clientCertificateId,value=CERTIFICATE_ID`, and let the"
    " backend refuse who does not show it.",
    good=sample_api({"clientCertificateId": "a1b2c3"}, methodIntegration=_HTTP),
    bad=sample_api(methodIntegration=_HTTP),
)
def backends_can_tell(api: Resource[RestApi]) -> Verdict:
    """A model server behind an API is guarded by the API's checks only if all come through it.

    With the certificate the server can tell API Gateway from whoever found its address. It is
    shown to HTTP backends alone; AWS's own services know their caller by its signature.
    """
    # "verify that HTTP requests to your backend system are from API Gateway": "Generate and
    # configure an SSL certificate for backend authentication", API Gateway Developer Guide
    if not any(
        (method.methodIntegration.type or "").startswith("HTTP")
        for _, method in methods(api) if method.methodIntegration
    ):
        return NotApplicable("no method calls a backend over HTTP, the only ones to be shown one")
    return every_stage(
        api, lambda s: "" if s.clientCertificateId else "clientCertificateId is not set"
    )


@rule(
    "apigateway-stage-data-trace",
    "Stages do not log what models are asked and answer",
    on=REST_API,
    severity=Severity.MEDIUM,
    controls=MONITORING | {NIST: ["AU-3(3)", "SI-12"], ATLAS: ["AML.T0024"]},
    fix="For each stage `aws apigateway update-stage --rest-api-id {name} --region {region}"
    " --stage-name STAGE --patch-operations"
    " op=replace,path=/*/*/logging/dataTrace,value=false`, and the same for each method with"
    " settings of its own; then delete what was logged.",
    good=[sample_api(), sample_api({"methodSettings": {"*/*": {"dataTraceEnabled": False}}})],
    bad=sample_api({"methodSettings": {"*/*": {"dataTraceEnabled": True, "loggingLevel": "INFO"}}}),
)
def payloads_are_not_logged(api: Resource[RestApi]) -> Verdict:
    """A data trace writes requests and answers whole: prompts, features, people's records.

    They land in a log group whose readers were chosen for reading logs, and stay for as long as
    that keeps anything. Access logs tell who asked without telling what.
    """
    return every_stage(api, _traces)


def _traces(stage: Stage) -> str:
    on = [name for name, one in _settings(stage).items() if one.dataTraceEnabled]
    return f"dataTraceEnabled is true for {', '.join(on)}" if on else ""


@rule(
    "apigateway-stage-logging",
    "Stages log how requests are handled",
    on=REST_API,
    severity=Severity.MEDIUM,
    controls=MONITORING | {
        NIST: [
            "AC-4(26)", "AU-10", "AU-12", "AU-2", "AU-3", "AU-6(3)", "AU-6(4)", "CA-7", "SC-7(9)",
            "SI-7(8)",
        ],
        "AWS FSBP": ["APIGateway.1"],
        "CIS AWS v7.0": ["4.10"],
        "AWS Config": ["api-gw-execution-logging-enabled"],
    },
    fix="Give API Gateway a role that may write logs (`aws apigateway update-account`), then for"
    " each stage `aws apigateway update-stage --rest-api-id {name} --region {region} --stage-name"
    " STAGE --patch-operations op=replace,path=/*/*/logging/loglevel,value=ERROR`.",
    good=sample_api({"methodSettings": {"*/*": {"loggingLevel": "ERROR"}}}),
    bad=[sample_api(), sample_api({"methodSettings": {"*/*": {"loggingLevel": "OFF"}}})],
)
def requests_are_logged(api: Resource[RestApi]) -> Verdict:
    """Whoever copies a model by asking it must ask often, and refused callers try again.

    Execution logs show both, with the reason for each refusal. Without them the only trace of
    an attack on the front door is the bill.
    """
    return every_stage(api, lambda stage: _unlogged(api, stage))


def _unlogged(api: Resource[RestApi], stage: Stage) -> str:
    """Return which methods of a stage are not logged, "" where all are."""
    settings = {
        name.replace("~1", "/").strip("/"): one.loggingLevel or "OFF"
        for name, one in _settings(stage).items()
    }
    silent = [name for name, level in settings.items() if level not in _WRITTEN]
    if not settings:
        silent = [_ALL]
    elif _ALL not in settings:  # then each method must have a setting of its own: "churn/POST"
        parts = [name.partition(" ") for name, _ in methods(api)]
        wanted = {f"{path.strip('/')}/{verb}".lstrip("/") for verb, _, path in parts}
        silent += sorted(wanted - settings.keys())
    return f"loggingLevel is not ERROR or INFO for {', '.join(silent)}" if silent else ""


@rule(
    "apigateway-stage-variable-secrets",
    "Stage variables hold no secrets",
    on=REST_API,
    severity=Severity.HIGH,
    controls=SECRETS,
    fix="Put the secret into Secrets Manager and read it where it is used, change it, since it was"
    " readable to all who may list stages, and take the variable away: `aws apigateway"
    " update-stage --rest-api-id {name} --region {region} --stage-name STAGE --patch-operations"
    " op=remove,path=/variables/NAME`.",
    good=sample_api({"variables": {"endpoint": "churn"}}),
    bad=[
        sample_api({"variables": {"apiToken": "[[secret:named-secret:0a0b0c0d]]"}}),
        sample_api({"canarySettings": {
            "stageVariableOverrides": {"apiToken": "[[secret:named-secret:0a0b0c0d]]"}}}),
    ],
)
def variables_hold_no_secrets(api: Resource[RestApi]) -> Verdict:
    """Stage variables are settings that anyone may read who may look at the API, as auditors may.

    They are copied into exports and deployments. A password or token among them is known to many
    more people and programs than the one that needs it.
    """
    return every_stage(api, _secrets)


def _secrets(stage: Stage) -> str:
    canary = stage.canarySettings
    places = (
        ("variables", stage.variables),
        ("stageVariableOverrides", canary.stageVariableOverrides if canary else None),
    )
    found = [
        f"{place}.{name} holds {what}"
        for place, variables in places
        for name, text in (variables or {}).items() if (what := secrets_in(text))
    ]
    return ", ".join(found)


@rule(
    "apigateway-stage-waf",
    "Stages stand behind a web ACL",
    on=REST_API,
    severity=Severity.MEDIUM,
    controls={
        NIST: ["AC-4(21)"],
        ATLAS: ["AML.T0029", "AML.T0034", "AML.T0024"],
        OWASP: ["ML05"],
        LENS: ["MLSEC06-BP01"],
        "AWS FSBP": ["APIGateway.4"],
        "AWS Config": ["api-gw-associated-with-waf"],
    },
    fix="`aws wafv2 associate-web-acl --region {region} --web-acl-arn WEB_ACL_ARN --resource-arn"
    " STAGE_ARN` for each stage, with a web ACL that limits the rate of one address.",
    good=sample_api({"webAclArn": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/ml/1"}),
    bad=sample_api(),
)
def traffic_is_filtered(api: Resource[RestApi]) -> Verdict:
    """Each request to a model costs money and tells something about the model.

    A web ACL slows down one address that asks a thousand times, keeps out countries and bots,
    and refuses oversized bodies before anything is computed.
    """
    return every_stage(api, lambda stage: "" if stage.webAclArn else "webAclArn is not set")


@rule(
    "apigateway-stage-xray",
    "Stages trace requests with X-Ray",
    on=REST_API,
    severity=Severity.LOW,
    controls=MONITORING | {
        NIST: ["CA-7"],
        "AWS FSBP": ["APIGateway.3"],
        "AWS Config": ["api-gw-xray-enabled"],
    },
    fix="For each stage `aws apigateway update-stage --rest-api-id {name} --region {region}"
    " --stage-name STAGE --patch-operations op=replace,path=/tracingEnabled,value=true`.",
    good=sample_api({"tracingEnabled": True}),
    bad=[sample_api(), sample_api({"tracingEnabled": False})],
)
def requests_are_traced(api: Resource[RestApi]) -> Verdict:
    """A trace shows which part of a request went where and took how long.

    When answers change or slow down, it tells a model that was swapped or starved from a gateway
    or function in front of it.
    """
    return every_stage(
        api, lambda stage: "" if stage.tracingEnabled else "tracingEnabled is not true"
    )
