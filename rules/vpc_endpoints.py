"""The endpoints by which an ML VPC reaches AWS without the internet."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ROUTE_TABLE, VPC, VPC_ENDPOINT
from auditor.rule import Other, Sample, rule
from auditor.shapes.ec2 import Vpc, VpcEndpoint
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import NETWORK, NIST
from ._vpc import USED, VPC_ID, aside, subnets, table_of
from ._vpc_endpoints import S3_GATEWAY, in_service, sample_endpoint, service_of

_NIST = [
    "AC-21", "AC-3", "AC-3(7)", "AC-4", "AC-4(21)", "AC-6", "SC-7", "SC-7(11)", "SC-7(16)",
    "SC-7(20)", "SC-7(21)", "SC-7(3)", "SC-7(4)",
]  # fmt: skip
_HERE = {"VpcId": VPC_ID}


def _with(service: str, **more: Any) -> Sample:
    return Sample(_HERE, (*USED, Other(VPC_ENDPOINT, sample_endpoint(service, **more))))


def _fix(service: str) -> str:
    return (
        "`aws ec2 create-vpc-endpoint --region {region} --vpc-id {name} --vpc-endpoint-type"
        f" Interface --service-name com.amazonaws.{{region}}.{service} --subnet-ids SUBNETS"
        " --security-group-ids SG --private-dns-enabled`, with a group that admits port 443 from"
        " the subnets of the VPC. Where the VPC reaches the service by an endpoint of another VPC,"
        " waive the finding with that reason."
    )


def _has(vpc: Resource[Vpc], service: str) -> Verdict:
    """Judge whether a VPC has a working endpoint to a service."""
    skipped = aside(vpc)
    if skipped:
        return skipped
    broken: list[str] = []
    refused: Unseen | None = None
    for endpoint in vpc.used_by(VPC_ENDPOINT, "VpcId"):
        if service_of(endpoint.data, vpc.region) != service:
            continue
        try:
            if in_service(endpoint):
                private = endpoint.data.PrivateDnsEnabled
                return Pass(endpoint.name + ("" if private else ", without private DNS: callers"
                                             " must know its own name"))
        except Unseen as unseen:  # another may work for certain
            refused = unseen
            continue
        broken.append(f"{endpoint.name} is {endpoint.data.State}")
    if refused:
        raise refused
    if broken:
        return Fail(f"the endpoint for {service} does not work: {', '.join(broken)}")
    return Fail(f"the VPC has no endpoint for {service}")


@rule(
    "vpc-endpoint-ec2",
    "The VPC of ML workloads has an endpoint for EC2's API",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        NIST: _NIST,
        "AWS FSBP": ["EC2.10"],
        "AWS Config": ["vpc-endpoint-enabled", "service-vpc-endpoint-enabled"],
    },
    fix=_fix("ec2"),
    good=_with("ec2"),
    bad=[Sample(_HERE, USED), _with("ec2messages"), _with("ec2", State="failed")],
)
def has_ec2(vpc: Resource[Vpc]) -> Verdict:
    """Calls to EC2's API from the VPC carry credentials and say what is where. With an endpoint
    they stay on AWS's network, and subnets need no way to the internet for their sake.
    """
    return _has(vpc, "ec2")


@rule(
    "vpc-endpoint-ecr-api",
    "The VPC of ML workloads has an endpoint for ECR's API",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        NIST: _NIST, "AWS FSBP": ["EC2.55"], "AWS Config": ["vpc-endpoint-enabled"],
    },
    fix=_fix("ecr.api"),
    good=_with("ecr.api"),
    bad=[Sample(_HERE, USED), _with("ecr.dkr")],
)  # fmt: skip
def has_ecr_api(vpc: Resource[Vpc]) -> Verdict:
    """Who builds or pulls an image asks ECR's API for a token first. Without an endpoint that takes
    a way to the internet, by which anything else can go as well.
    """
    return _has(vpc, "ecr.api")


@rule(
    "vpc-endpoint-ecr-dkr",
    "The VPC of ML workloads has an endpoint for ECR's registry",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        NIST: _NIST, "AWS FSBP": ["EC2.56"], "AWS Config": ["vpc-endpoint-enabled"],
    },
    fix=_fix("ecr.dkr"),
    good=_with("ecr.dkr"),
    bad=[Sample(_HERE, USED), _with("ecr.api")],
)  # fmt: skip
def has_ecr_registry(vpc: Resource[Vpc]) -> Verdict:
    """Images are pulled from the registry's own address, beside the API's. With an endpoint they
    come from within AWS's network, and a subnet that runs them can do without the internet. The
    layers lie in S3, which wants an endpoint of its own.
    """
    return _has(vpc, "ecr.dkr")


@rule(
    "vpc-endpoint-ssm",
    "The VPC of ML workloads has an endpoint for Systems Manager",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        NIST: _NIST, "AWS FSBP": ["EC2.57"], "AWS Config": ["vpc-endpoint-enabled"],
    },
    fix=_fix("ssm"),
    good=_with("ssm"),
    bad=[Sample(_HERE, USED), _with("ssmmessages")],
)  # fmt: skip
def has_systems_manager(vpc: Resource[Vpc]) -> Verdict:
    """Systems Manager patches the instances beside the notebooks, opens sessions on them and hands
    out parameters, which often are secrets. With an endpoint none of it needs the internet.
    """
    return _has(vpc, "ssm")



_TABLE = Other(ROUTE_TABLE, {
    "RouteTableId": "rtb-0a1b2c3d", "VpcId": VPC_ID, "Associations": [{"Main": True}],
})  # fmt: skip


@rule(
    "vpc-endpoint-s3",
    "The subnets of ML workloads reach S3 by an endpoint",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK,
    fix=(
        "`aws ec2 create-vpc-endpoint --region {region} --vpc-id {name} --vpc-endpoint-type"
        " Gateway --service-name com.amazonaws.{region}.s3 --route-table-ids TABLES`, or where"
        " there is one: `aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id VPCE"
        " --add-route-table-ids TABLE` with the table that the finding names."
    ),
    good=[
        Sample(_HERE, (*USED, _TABLE, Other(VPC_ENDPOINT, S3_GATEWAY))),
        _with("s3"),
    ],
    bad=[
        Sample(_HERE, (*USED, _TABLE)),
        Sample(_HERE, (*USED, _TABLE, Other(VPC_ENDPOINT, S3_GATEWAY | {
            "RouteTableIds": ["rtb-0e0e0e0e"]}))),
        _with("s3", PrivateDnsEnabled=False),
    ],
)  # fmt: skip
def has_s3(vpc: Resource[Vpc]) -> Verdict:
    """Training data, models and image layers all come from S3. By a gateway endpoint, which costs
    nothing, they do without the internet, and its policy can say which buckets may be reached. It
    serves the subnets whose route tables it stands in, and no others.
    """
    skipped = aside(vpc)
    if skipped:
        return skipped
    served: set[str] = set()
    found = ""
    for endpoint in vpc.used_by(VPC_ENDPOINT, "VpcId"):
        if service_of(endpoint.data, vpc.region) != "s3" or not in_service(endpoint):
            continue
        found = endpoint.name
        if endpoint.data.VpcEndpointType == "Gateway":
            served.update(endpoint.data.RouteTableIds or ())
        elif _answers_for_s3(endpoint.data):
            return Pass(f"{endpoint.name} answers for S3's own names")
    if not found:
        return Fail("the VPC has no endpoint for S3 that works")
    if not served:
        return Fail(f"{found} neither stands in a route table nor answers for S3's own names")
    for subnet in subnets(vpc):
        table = table_of(subnet).name
        if table not in served:
            return Fail(f"no gateway endpoint for S3 stands in the route table {table} of"
                        f" {subnet.name}")
    return Pass(found)


def _answers_for_s3(endpoint: VpcEndpoint) -> bool:
    """Tell whether an interface endpoint takes the calls that go to S3's own names in the VPC."""
    options = endpoint.DnsOptions
    inbound_only = options is not None and options.PrivateDnsOnlyForInboundResolverEndpoint
    return bool(endpoint.PrivateDnsEnabled) and not inbound_only
