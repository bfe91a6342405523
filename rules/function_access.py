"""Functions in front of models: who may call them, what they may do, and from which network."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import FUNCTION, ROLE, SUBNET, Function
from auditor.policy import Trust, admin, confused_deputy, public
from auditor.rule import Other, Sample, Setting, rule
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ATLAS, AVAILABILITY, LENS, NETWORK, NIST
from ._edges import target
from ._functions import before_models, caller, function
from ._roles import roles_may

_PUBLIC = [
    "AC-3", "AC-3(7)", "AC-4", "AC-4(21)", "AC-6", "AC-21", "SC-7", "SC-7(3)", "SC-7(4)",
    "SC-7(9)", "SC-7(11)", "SC-7(16)", "SC-7(20)", "SC-7(21)",
]  # fmt: skip
_DOOR = ACCESS | {
    NIST: _PUBLIC,
    LENS: ["MLSEC03-BP01", "MLSEC06-BP01"],
    ATLAS: ["AML.T0024", "AML.T0040", "AML.T0049"],
}
_CONFIGURE = "`aws lambda update-function-configuration --function-name {name} --region {region} "
_VPC = {"VpcId": "vpc-1", "SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": ["sg-1"]}


def _policy(principal: Any, action: str = "lambda:InvokeFunction", **more: Any) -> str:
    """Return a policy of the function as Lambda answers it, with one statement."""
    statement = {
        "Sid": "call", "Effect": "Allow", "Principal": principal, "Action": action,
        "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:score", **more,
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _url(auth: str) -> dict[str, Any]:
    """Return an address of the function."""
    return {
        "FunctionUrl": "https://abcdefg.lambda-url.eu-west-1.on.aws/", "AuthType": auth,
        "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:score",
    }  # fmt: skip


def _subnet(name: str, zone: str) -> Other:
    """Return a subnet in a zone."""
    return Other(SUBNET, {"SubnetId": name, "AvailabilityZone": zone})


@rule(
    "lambda-public-policy",
    "The policy of a function in front of a model lets in no stranger",
    on=FUNCTION, severity=Severity.CRITICAL,
    controls=_DOOR | {
        "AWS FSBP": ["Lambda.1"],
        "PCI DSS v4.0": ["7.2.1"],
        "CIS AWS v7.0": ["2.21"],
        "AWS Config": ["lambda-function-public-access-prohibited"],
    },
    fix="`aws lambda get-policy --function-name {name} --region {region}` shows the statements;"
    " take the one that the finding names away with `aws lambda remove-permission --function-name"
    " {name} --region {region} --statement-id SID`, and let in whom you mean with `aws lambda"
    " add-permission`, a service with --source-arn and --source-account.",
    good=[
        function(Policy=_policy({"AWS": "arn:aws:iam::111122223333:role/web"})),
        function(),
    ],
    bad=[
        function(Policy=_policy("*")),
        function(Policy=_policy({"Service": "s3.amazonaws.com"})),
    ],
)
@before_models
def no_stranger_calls(function: Resource[Function]) -> Verdict:
    """The function lends its role to whoever may call it. If its policy lets in anyone, the model
    behind it is free to use, to probe and to copy. A service without a condition on whom it acts
    for is nearly as open: anybody's bucket, topic or API in any account may call the function.
    Judged is the policy of the function itself; aliases and versions may have others.
    """
    document = function.data.Policy
    found = public(document, service="lambda")
    if found.answer:
        return Fail(found.because)
    deputy = confused_deputy(document, Trust(function.account), service="lambda")
    if deputy.answer:
        return Fail(deputy.because, Severity.HIGH)
    for answer in (found, deputy):
        if answer.answer is None:
            raise Unseen(answer.because)
    return Pass(found.because)


@rule(
    "lambda-url-auth",
    "The address of a function in front of a model asks who is calling",
    on=FUNCTION, severity=Severity.HIGH, controls=_DOOR,
    fix="`aws lambda update-function-url-config --function-name {name} --region {region}"
    " --auth-type AWS_IAM` (with --qualifier ALIAS for that of an alias), and take the statement"
    " for everybody out of the policy: `aws lambda remove-permission --function-name {name}"
    " --region {region} --statement-id SID`.",
    good=function(FunctionUrlConfigs=[_url("AWS_IAM")]),
    bad=function(FunctionUrlConfigs=[_url("AWS_IAM"), _url("NONE")]),
)
@before_models
def address_asks(function: Resource[Function]) -> Verdict:
    """A function's address is on the internet. With the auth type NONE Lambda asks nobody who they
    are, and the function's own code alone stands between strangers and the model. Each alias may
    have an address of its own.
    """
    addresses = function.data.FunctionUrlConfigs
    if addresses is None:
        raise Unseen(f"the addresses of the function {function.name} were not seen")
    if not addresses:
        return NotApplicable("the function has no address on the internet")
    open_ = []
    for address in addresses:
        if not address.AuthType:
            raise Unseen(f"AWS names no AuthType of {address.FunctionUrl}")
        if address.AuthType != "AWS_IAM":
            origins = (address.Cors.AllowOrigins if address.Cors else None) or ()
            pages = ", for scripts of every site" if "*" in origins else ""
            open_.append(f"{address.FunctionUrl} has the AuthType {address.AuthType}{pages}")
    return Fail("; ".join(open_)) if open_ else Pass()


@rule(
    "lambda-role-admin",
    "The role of a function in front of a model is no administrator",
    on=FUNCTION, severity=Severity.HIGH,
    controls=ACCESS | {NIST: ["AC-2(1)", "AC-3", "AC-5", "AC-6", "AC-6(10)"]},
    fix="Give the function a role of its own that may call the endpoint and write its log: "
    + _CONFIGURE + "--role ROLE_ARN`. Or take the policy that the finding names away: `aws iam"
    " detach-role-policy --role-name ROLE --policy-arn POLICY_ARN` (an inline one: `aws iam"
    " delete-role-policy --role-name ROLE --policy-name NAME`).",
    good=function(),
    bad=Sample(function().data, (
        caller({"Effect": "Allow", "Action": "*", "Resource": "*"}),
    )),
)
@before_models
def no_administrator(function: Resource[Function]) -> Verdict:
    """The function takes requests from outside, and a fault in how it reads them is a way in. With
    an administrator's role that is the whole account. Inline and managed policies and the
    permissions boundary are put together; service control policies, which may still forbid it,
    are not considered.
    """
    if not function.data.Role:
        raise Unseen(f"AWS names no Role of the function {function.name}")
    return roles_may([(edge, "") for edge in function.edges(ROLE, "Role")], admin)


@rule(
    "lambda-in-vpc",
    "The function in front of a model runs in a VPC",
    on=FUNCTION, severity=Severity.LOW,
    controls=NETWORK | {
        NIST: _PUBLIC,
        "AWS FSBP": ["Lambda.3"],
        "AWS Config": ["lambda-inside-vpc"],
    },
    fix=_CONFIGURE + "--vpc-config SubnetIds=SUBNET_1,SUBNET_2,SecurityGroupIds=GROUP`. The role"
    " needs the permissions of AWSLambdaVPCAccessExecutionRole, and the VPC an endpoint for"
    " sagemaker.runtime, or else a way out.",
    good=function(VpcConfig=_VPC),
    bad=[function(), function(VpcConfig={"VpcId": "", "SubnetIds": [], "SecurityGroupIds": []})],
)
@before_models
def in_a_vpc(function: Resource[Function]) -> Verdict:
    """Outside of a VPC the function reaches the whole internet, so what it is made to leak goes
    anywhere, and policies that let in a network only cannot tell its calls from others'. In a VPC
    its security groups and the endpoints' policies say where it may go.
    """
    network = function.data.VpcConfig
    if network is not None and network.VpcId:
        return Pass(f"VpcConfig.VpcId is {network.VpcId}")
    return Fail("VpcConfig names no VPC")


@rule(
    "lambda-multi-az",
    "The function in front of a model has subnets in several zones",
    on=FUNCTION, severity=Severity.MEDIUM,
    controls=AVAILABILITY | {
        NIST: ["CP-6(2)", "CP-10", "SC-5(2)", "SC-36", "SI-13(5)"],
        "AWS FSBP": ["Lambda.5"],
        "AWS Config": ["lambda-vpc-multi-az-check"],
    },
    fix=_CONFIGURE + "--vpc-config SubnetIds=SUBNET_1,SUBNET_2,SecurityGroupIds=GROUP`, with"
    " subnets of different Availability Zones.",
    good=function(
        _subnet("subnet-a", "eu-west-1a"), _subnet("subnet-b", "eu-west-1b"), VpcConfig=_VPC
    ),
    bad=[
        function(VpcConfig=_VPC | {"SubnetIds": ["subnet-a"]}),
        function(
            _subnet("subnet-a", "eu-west-1a"), _subnet("subnet-b", "eu-west-1a"), VpcConfig=_VPC
        ),
    ],
    settings=(Setting("zones", 2, "How many Availability Zones there shall be at least."),),
)
@before_models
def several_zones(function: Resource[Function], zones: int) -> Verdict:
    """A function in a VPC runs in the zones of its subnets only. When the one zone is down the
    function is, and with it the model, however many instances the endpoint has elsewhere. Outside
    of a VPC Lambda itself spreads over the zones.
    """
    network = function.data.VpcConfig
    if network is None or not network.VpcId:
        return NotApplicable("the function runs in no VPC, so Lambda chooses the zones")
    subnets = [subnet for subnet in network.SubnetIds or () if subnet]
    if len(subnets) < zones:
        told = ", ".join(subnets) or "none"
        return Fail(f"VpcConfig.SubnetIds is {told}: fewer subnets than the {zones} zones wanted")
    found, unseen = _zones(function)
    if len(found) >= zones:
        return Pass(f"its subnets lie in {', '.join(sorted(found))}")
    if unseen is not None:
        raise unseen
    return Fail(f"its subnets all lie in {', '.join(sorted(found))}")


def _zones(function: Resource[Function]) -> tuple[Collection[str], Unseen | None]:
    """Return the zones of a function's subnets, and why some of them were not seen."""
    found: set[str] = set()
    unseen: Unseen | None = None
    for edge in function.edges(SUBNET):
        try:
            zone = target(edge, "subnet").data.AvailabilityZone
        except Unseen as why:
            unseen = why
            continue
        if zone:
            found.add(zone)
        else:
            unseen = Unseen(f"AWS names no AvailabilityZone of {edge.value}")
    return found, unseen
