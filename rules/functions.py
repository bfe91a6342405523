"""Functions in front of models: their code, their runtime, their variables, their limits."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import FUNCTION, KEY, Function
from auditor.rule import Other, Sample, rule
from auditor.shape import when
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ATLAS, ENCRYPTION, LENS, MONITORING, NIST, OWASP, RMF, SECRETS
from ._functions import before_models, function, variables
from ._keys import customer_managed
from ._kms import KEY_ARN, sample_key
from ._runtimes import ENDS
from ._secrets import secrets_in

_CODE = {
    NIST: ["SR-3", "SR-4", "SI-7"],
    LENS: ["MLSEC05-BP01"],
    ATLAS: ["AML.T0010"],
    OWASP: ["ML06"],
    RMF: ["MAP 4.1"],
}
_COST = {
    NIST: ["SC-5", "AC-3"],
    LENS: ["MLSEC06-BP01"],
    ATLAS: ["AML.T0024", "AML.T0029", "AML.T0034"],
    OWASP: ["ML03", "ML05"],
    RMF: ["MEASURE 2.7"],
}
_CONFIGURE = "`aws lambda update-function-configuration --function-name {name} --region {region} "
_SIGNING = "arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdef0"
_VARIABLES = {"Variables": {"ENDPOINT": "churn"}}


def _signing(policy: str) -> Sample:
    """Return a function with a code signing configuration of that policy."""
    return function(CodeSigningConfigArn=_SIGNING, CodeSigningConfig={
        "CodeSigningConfigArn": _SIGNING,
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy},
    })


@rule(
    "lambda-code-signing",
    "The function in front of a model takes signed code only",
    on=FUNCTION, severity=Severity.LOW, controls=_CODE,
    fix="Make a signing profile (`aws signer put-signing-profile`) and a configuration that"
    " enforces it: `aws lambda create-code-signing-config --region {region} --allowed-publishers"
    " SigningProfileVersionArns=PROFILE_VERSION_ARN --code-signing-policies"
    " UntrustedArtifactOnDeployment=Enforce`. Then `aws lambda put-function-code-signing-config"
    " --function-name {name} --region {region} --code-signing-config-arn CONFIG_ARN`, and deploy"
    " signed packages.",
    good=_signing("Enforce"),
    bad=[function(), _signing("Warn")],
)
@before_models
def signed_code(function: Resource[Function]) -> Verdict:
    """Whoever may update the function's code sees every request to the model and every answer, and
    may change both. With code signing, Lambda refuses a package that the release process did not
    sign. A configuration that only warns stops nobody. Lambda verifies no signatures of container
    images.
    """
    data = function.data
    if data.PackageType == "Image":
        return NotApplicable("it is a container image, of which Lambda verifies no signature")
    if not data.CodeSigningConfigArn:
        return Fail("the function has no code signing configuration")
    config = data.CodeSigningConfig
    policies = config.CodeSigningPolicies if config else None
    policy = policies.UntrustedArtifactOnDeployment if policies else None
    if not policy:
        raise Unseen(f"Lambda does not say what {data.CodeSigningConfigArn} does with other code")
    if policy == "Enforce":
        return Pass()
    return Fail(f"UntrustedArtifactOnDeployment is {policy}: unsigned code is taken all the same")


@rule(
    "lambda-concurrency",
    "The function in front of a model has a limit of its own on how much runs at once",
    on=FUNCTION, severity=Severity.MEDIUM,
    controls=_COST | {"AWS Config": ["lambda-concurrency-check"]},
    fix="`aws lambda put-function-concurrency --function-name {name} --region {region}"
    " --reserved-concurrent-executions NUMBER`, NUMBER being what the endpoint can take.",
    good=function(ReservedConcurrentExecutions=20),
    bad=function(),
)
@before_models
def limited(function: Resource[Function]) -> Verdict:
    """Each call of the function costs a call of the model. Without a limit of its own a flood runs
    as wide as the account's quota: it drives up the bill, queries the model as often as it takes to
    copy it, and leaves no room for every other function of the Region.
    """
    limit = function.data.ReservedConcurrentExecutions
    if limit is None:
        return Fail("no concurrency is reserved: only the account's quota limits the function")
    return Pass(f"ReservedConcurrentExecutions is {limit}")


@rule(
    "lambda-environment-cmk",
    "The variables of a function in front of a model are encrypted with a key of your own",
    on=FUNCTION, severity=Severity.MEDIUM, controls=ENCRYPTION,
    fix=_CONFIGURE + "--kms-key-arn KEY_ARN`, and let the function's role use the key"
    " (kms:Decrypt).",
    good=function(Other(KEY, sample_key()), Environment=_VARIABLES, KMSKeyArn=KEY_ARN),
    bad=[
        function(Environment=_VARIABLES),
        function(
            Other(KEY, sample_key(KeyManager="AWS")), Environment=_VARIABLES, KMSKeyArn=KEY_ARN
        ),
    ],
)
@before_models
def variables_under_own_key(function: Resource[Function]) -> Verdict:
    """Lambda decrypts the variables for whoever may read the function's configuration. Under a key
    of your own they must be allowed to use that key as well, so that a role which reads everything
    does not read these.
    """
    if not variables(function):
        return NotApplicable("the function has no variables")
    if not function.data.KMSKeyArn:
        return Fail("KMSKeyArn is not set: AWS's own key aws/lambda encrypts the variables")
    return customer_managed(function, "KMSKeyArn", "the environment")


@rule(
    "lambda-environment-secrets",
    "The variables of a function in front of a model hold no secrets",
    on=FUNCTION, severity=Severity.HIGH, controls=SECRETS,
    fix="Take the secret back where it was issued: it counts as known. Put the new one into Secrets"
    " Manager, let the code read it there, and take the variable out: "
    + _CONFIGURE + "--environment Variables={{NAME=VALUE}}` sets all that shall remain.",
    good=function(Environment=_VARIABLES),
    bad=function(Environment={"Variables": {"API_KEY": "[[secret:openai-key:0a1b2c3d]]"}}),
)
@before_models
def no_secrets_in_variables(function: Resource[Function]) -> Verdict:
    """Variables show in the console, in every answer of GetFunction and in each published version.
    Whoever may read the configuration has the secret, and nothing tells when it was read.
    """
    held = {name: kinds for name, value in variables(function).items()
            if (kinds := secrets_in(value))}
    if held:
        told = "; ".join(f"{name}: {kinds}" for name, kinds in sorted(held.items()))
        return Fail(f"Environment.Variables hold secrets: {told}")
    return Pass()


@rule(
    "lambda-runtime-supported",
    "The function in front of a model runs on a runtime that AWS still mends",
    on=FUNCTION, severity=Severity.MEDIUM,
    controls=_CODE | {
        NIST: ["CA-9(1)", "CM-2", "SI-2", "SI-2(2)", "SI-2(4)", "SI-2(5)"],
        "AWS FSBP": ["Lambda.2"],
        "PCI DSS v4.0": ["12.3.4"],
        "AWS Config": ["lambda-function-settings-check"],
    },
    fix="Try the code on a newer runtime, then " + _CONFIGURE + "--runtime RUNTIME`.",
    good=[
        function(Runtime="python3.13"),
        function(Runtime="python3.99"),
    ],
    bad=function(Runtime="python3.8"),
)
@before_models
def mended_runtime(function: Resource[Function]) -> Verdict:
    """After its end a runtime gets no patches, neither for the language nor for the system below
    it, while functions go on to run on it unnoticed. Judged by the dates that AWS names; a runtime
    that is on no list is newer than the list. What is in a container image is its owner's to mend.
    """
    data = function.data
    if data.PackageType == "Image":
        return NotApplicable("it is a container image, which brings a runtime of its own")
    if not data.Runtime:
        raise Unseen(f"AWS names no Runtime of the function {function.name}")
    end = ENDS.get(data.Runtime)
    if end is None:
        return Pass(f"Runtime is {data.Runtime}, of which no end is known")
    if when(function.seen).date() >= end:
        return Fail(f"Runtime is {data.Runtime}, whose support ended on {end}")
    return Pass(f"support of {data.Runtime} ends on {end}")


@rule(
    "lambda-xray",
    "The function in front of a model is traced with X-Ray",
    on=FUNCTION, severity=Severity.LOW,
    controls=MONITORING | {
        NIST: ["CA-7"],
        "AWS FSBP": ["Lambda.7"],
        "AWS Config": ["lambda-function-xray-enabled"],
    },
    fix=_CONFIGURE + "--tracing-config Mode=Active`; the role needs xray:PutTraceSegments and"
    " xray:PutTelemetryRecords.",
    good=function(TracingConfig={"Mode": "Active"}),
    bad=function(TracingConfig={"Mode": "PassThrough"}),
)
@before_models
def traced(function: Resource[Function]) -> Verdict:
    """A trace ties a request at the front to the call of the endpoint behind it: it shows who waits
    for whom, and which calls come from where when somebody probes the model. With PassThrough
    only requests that carry a sampled trace already are recorded.
    """
    tracing = function.data.TracingConfig
    if tracing is None or not tracing.Mode:
        raise Unseen(f"AWS tells no TracingConfig of the function {function.name}")
    if tracing.Mode == "Active":
        return Pass()
    return Fail(f"TracingConfig.Mode is {tracing.Mode}")
