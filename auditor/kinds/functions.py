"""Lambda functions: code that may stand in front of an endpoint."""

from __future__ import annotations

from auditor.kind import IN_USE, Kind, Link, Part
from auditor.shapes import aws_lambda

from .identity import ROLE
from .network import SECURITY_GROUP, SUBNET
from .storage import KEY
from .values import function_of, function_owner


class Function(aws_lambda.FunctionConfiguration):
    """A function as ListFunctions has it, who may call it and how often, its addresses on the
    internet, and whose code it takes.

    ``Policy``, ``ReservedConcurrentExecutions`` and ``CodeSigningConfigArn`` are None where Lambda
    answers that the function has none; there may be one address for the function and one for each
    alias. Code in container images cannot be signed for Lambda, so nobody asks about it.
    """

    Policy: str | None
    FunctionUrlConfigs: list[aws_lambda.FunctionUrlConfig] | None
    ReservedConcurrentExecutions: int | None
    CodeSigningConfigArn: str | None
    CodeSigningConfig: aws_lambda.CodeSigningConfig | None


# Whether a function calls an endpoint shows in its role's policies at most, not in its name or
# environment; so every function of a region where ML is used is asked who may call it.
FUNCTION: Kind[Function] = Kind(
    "AWS::Lambda::Function", Function, service="lambda", lists="ListFunctions", items="Functions",
    describes="", id="FunctionName", arn="FunctionArn", on_demand=IN_USE,
    parts=(
        Part("Policy", "lambda.GetPolicy", "Policy", ("ResourceNotFoundException",),
             {"FunctionName": "{name}"}),
        Part("FunctionUrlConfigs", "lambda.ListFunctionUrlConfigs", "FunctionUrlConfigs",
             given={"FunctionName": "{name}"}),
        Part("ReservedConcurrentExecutions", "lambda.GetFunctionConcurrency",
             "ReservedConcurrentExecutions", given={"FunctionName": "{name}"}),
        Part("CodeSigningConfigArn", "lambda.GetFunctionCodeSigningConfig",
             "CodeSigningConfigArn", ("CodeSigningConfigNotFoundException",),
             {"FunctionName": "{name}"}, where="PackageType != 'Image'"),
        Part("CodeSigningConfig", "lambda.GetCodeSigningConfig", "CodeSigningConfig",
             given={"CodeSigningConfigArn": "{CodeSigningConfigArn}"},
             where="CodeSigningConfigArn", always=True),
    ),
    links=(
        Link("Role", ROLE), Link("KMSKeyArn", KEY), Link("VpcConfig.SubnetIds[]", SUBNET),
        Link("VpcConfig.SecurityGroupIds[]", SECURITY_GROUP),
    ),
    canon=function_of, foreign=function_owner, secrets=("Environment.Variables",),
)
