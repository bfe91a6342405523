"""Each endpoint of an ML VPC and each endpoint service: what they let through, and in which zones.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ENDPOINT_SERVICE, SUBNET, VPC, VPC_ENDPOINT, EndpointService, account_of
from auditor.policy import Trust, vpce_open
from auditor.rule import Other, Sample, Setting, rule
from auditor.shapes.ec2 import AllowedPrincipal, VpcEndpoint
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, AVAILABILITY, NIST
from ._edges import target
from ._vpc import USED, VPC_HERE, VPC_ID, aside, unused
from ._vpc_endpoints import S3_GATEWAY, sample_endpoint, service_of


def _skipped(endpoint: Resource[VpcEndpoint], *kinds: str) -> NotApplicable | None:
    """Return why an endpoint is not judged: of another kind, on its way out, somebody else's."""
    kind = endpoint.data.VpcEndpointType
    if not kind:
        raise Unseen(f"EC2 names no VpcEndpointType of {endpoint.name}")
    if kind not in kinds:
        return NotApplicable(f"VpcEndpointType is {kind}")
    state = (endpoint.data.State or "").lower()
    if state in ("deleting", "deleted", "rejected", "failed", "expired"):
        return NotApplicable(f"State is {state}")
    if endpoint.data.RequesterManaged:
        return NotApplicable("a service of AWS's made the endpoint and keeps it as it needs it")
    for edge in endpoint.edges(VPC, "VpcId"):
        return aside(target(edge, "VPC"))
    raise Unseen(f"EC2 names no VPC of {endpoint.name}")


def _subnet(name: str, zone: str) -> Other:
    return Other(SUBNET, {"SubnetId": name, "VpcId": VPC_ID, "AvailabilityZone": zone})


_TWO = (_subnet("subnet-a", "eu-west-1a"), _subnet("subnet-b", "eu-west-1b"))


@rule(
    "vpc-endpoint-multi-az",
    "Interface endpoints of an ML VPC are in at least two zones",
    on=VPC_ENDPOINT,
    severity=Severity.LOW,
    controls=AVAILABILITY,
    fix="`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {name} --add-subnet-ids"
        " SUBNET` with a subnet in another zone, if the service is offered there.",
    good=Sample(sample_endpoint("sagemaker.runtime", SubnetIds=["subnet-a", "subnet-b"]),
                (VPC_HERE, *USED, *_TWO)),
    bad=Sample(sample_endpoint("sagemaker.runtime", SubnetIds=["subnet-a"]),
               (VPC_HERE, *USED, *_TWO)),
)
def in_two_zones(endpoint: Resource[VpcEndpoint]) -> Verdict:
    """In a VPC without internet an endpoint is the only way to AWS. With one interface in one zone
    that way ends with the zone, and with it inference, logging and the start of every job in all
    the others.
    """
    skipped = _skipped(endpoint, "Interface")
    if skipped:
        return skipped
    placed = endpoint.data.SubnetIds
    if not placed:
        raise Unseen(f"EC2 names no SubnetIds of {endpoint.name}")
    if len(placed) == 1:
        return Fail(f"SubnetIds is {placed[0]} alone")
    zones = {
        target(edge, "subnet").data.AvailabilityZone for edge in endpoint.edges(SUBNET)
    }  # fmt: skip
    if None in zones or "" in zones:
        raise Unseen(f"EC2 does not say in which zones the subnets of {endpoint.name} are")
    if len(zones) < 2:
        return Fail(f"SubnetIds are all in {', '.join(sorted(zones))}")
    return Pass(", ".join(sorted(zones)))


# What ML data and models pass through, and the service that a policy names it by. Each takes an
# endpoint policy: the page on VPC endpoints in each service's own guide.
_CARRIES = {
    "s3": "s3", "sagemaker.api": "sagemaker", "sagemaker.runtime": "sagemaker",
    "sagemaker.runtime-fips": "sagemaker", "sagemaker.featurestore-runtime": "sagemaker",
    "sagemaker.metrics": "sagemaker", "sagemaker.notebook": "sagemaker",
    "sagemaker.studio": "sagemaker", "ecr.api": "ecr", "ecr.dkr": "ecr", "sts": "sts",
    "kms": "kms", "logs": "logs", "monitoring": "cloudwatch", "secretsmanager": "secretsmanager",
    "bedrock": "bedrock", "bedrock-runtime": "bedrock",
}  # fmt: skip


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


_FULL = _policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
_OWN = _policy({
    "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
    "Condition": {"StringEquals": {
        "aws:PrincipalAccount": "111122223333", "aws:ResourceAccount": "111122223333"}},
})  # fmt: skip


@rule(
    "vpc-endpoint-policy-default",
    "Endpoints of an ML VPC do not let everybody do everything",
    on=VPC_ENDPOINT,
    severity=Severity.MEDIUM,
    controls=ACCESS | {NIST: ["AC-3", "AC-4", "AC-6", "SC-7"]},
    fix=(
        "`aws ec2 modify-vpc-endpoint --region {region} --vpc-endpoint-id {name} --policy-document"
        " file://policy.json` with a policy that allows your own principals and resources only,"
        " say by the conditions aws:PrincipalOrgID and aws:ResourceOrgID. AWS's own buckets, from"
        " which ECR's layers, SageMaker's containers and JumpStart's models come, need a statement"
        " of their own in that of S3."
    ),
    good=Sample(sample_endpoint("sagemaker.api", PolicyDocument=_OWN), (VPC_HERE, *USED)),
    bad=[
        Sample(sample_endpoint("sagemaker.api", PolicyDocument=_FULL), (VPC_HERE, *USED)),
        Sample(S3_GATEWAY | {"PolicyDocument": _FULL}, (VPC_HERE, *USED)),
    ],
)
def policy_holds(endpoint: Resource[VpcEndpoint]) -> Verdict:
    """The policy that AWS gives an endpoint lets anybody's credentials do anything with anybody's
    resources. So a VPC without internet still has a way out: code in it brings keys of another
    account and copies the training data into a bucket there. Only the endpoint's policy can stop
    that, for the other account's own policies will not.
    """
    skipped = _skipped(endpoint, "Interface", "Gateway")
    if skipped:
        return skipped
    service = service_of(endpoint.data, endpoint.region)
    if service not in _CARRIES:
        return NotApplicable(f"no ML data passes through {endpoint.data.ServiceName}")
    document = endpoint.data.PolicyDocument
    if not document:
        raise Unseen(f"EC2 names no PolicyDocument of {endpoint.name}")
    found = vpce_open(document, Trust(endpoint.account), service=_CARRIES[service])
    if found.answer is None:
        raise Unseen(found.because)
    if found.answer:
        which = f" ({found.statement})" if found.statement else ""
        return Fail(f"PolicyDocument lets everybody do everything of {_CARRIES[service]}'s with"
                    f" everybody's resources{which}")
    return Pass()


# -- what the account itself offers


def _admits(*principals: str, **more: Any) -> dict[str, Any]:
    return {
        "ServiceId": "vpce-svc-0a1b2c3d", "ServiceState": "Available", "AcceptanceRequired": False,
        "AllowedPrincipals": [{"Principal": one} for one in principals], **more,
    }  # fmt: skip


@rule(
    "vpc-endpoint-service-principals",
    "Endpoint services beside ML admit only accounts that are trusted",
    on=ENDPOINT_SERVICE,
    severity=Severity.HIGH,
    controls=ACCESS | {NIST: ["AC-3", "AC-4", "AC-6", "SC-7"]},
    fix=(
        "`aws ec2 modify-vpc-endpoint-service-permissions --region {region} --service-id {name}"
        " --remove-allowed-principals PRINCIPAL`, or name its account in the rule's"
        " trusted_accounts; and `aws ec2 modify-vpc-endpoint-service-configuration --region"
        " {region} --service-id {name} --acceptance-required`, so that each connection waits until"
        " somebody accepts it. Those that are there stay until they are rejected."
    ),
    good=[
        Sample(_admits("arn:aws:iam::111122223333:root"), (VPC_HERE, *USED)),
        Sample(_admits("arn:aws:iam::444455556666:root"), (VPC_HERE, *USED),
               settings={"trusted_accounts": ["444455556666"]}),
    ],
    bad=[
        Sample(_admits("*"), (VPC_HERE, *USED)),
        Sample(_admits("arn:aws:iam::444455556666:root"), (VPC_HERE, *USED)),
    ],
    settings=(
        Setting("trusted_accounts", (), "Ids of accounts that endpoint services may admit."),
    ),
)  # fmt: skip
def admits_the_trusted(
    service: Resource[EndpointService], trusted_accounts: Collection[str]
) -> Verdict:
    """An endpoint service is a way into this network from somebody else's, past peerings and
    gateways: in front of an own inference server, say. Whom it admits is written nowhere else. If
    each connection waits to be accepted, a wrong principal can only ask, which is less grave.
    """
    state = (service.data.ServiceState or "").lower()
    if state in ("deleting", "deleted", "failed"):
        return NotApplicable(f"ServiceState is {state}")
    skipped = _no_network(service)
    if skipped:
        return skipped
    strangers = [
        one.Principal or one.PrincipalType or "a principal without a name"
        for one in service.data.AllowedPrincipals or ()
        if _is_stranger(one, {service.account, *trusted_accounts})
    ]  # fmt: skip
    if not strangers:
        return Pass()
    whom = "everybody" if "*" in strangers else ", ".join(strangers[:3])
    if service.data.AcceptanceRequired:
        return Fail(f"{whom} may ask to connect (AcceptanceRequired is true, so somebody decides)",
                    Severity.MEDIUM)
    if service.data.AcceptanceRequired is None:
        raise Unseen(f"EC2 does not say whether {service.name} waits to accept connections")
    return Fail(f"{whom} may connect, and AcceptanceRequired is false")


def _no_network(service: Resource[EndpointService]) -> NotApplicable | None:
    """Return why a Region's endpoint services are not judged: ML uses no VPC in it."""
    refused: Unseen | None = None
    for vpc in service.all(VPC, service.region):
        try:
            if unused(vpc) is None:
                return None
        except Unseen as unseen:
            refused = refused or unseen
    if refused:
        raise refused
    return NotApplicable(f"nothing of SageMaker that was seen is in a VPC of {service.region}")


def _is_stranger(principal: AllowedPrincipal, accounts: Collection[str]) -> bool:
    """Tell whether a principal is of no account that is known; those of AWS's services are."""
    if principal.PrincipalType == "Service":
        return False
    return account_of(principal.Principal or "") not in accounts
