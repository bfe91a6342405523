"""What of machine learning is in a VPC, a subnet or behind a security group, and its ways out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Kind, Resource
from auditor.kinds import (
    DOMAIN,
    NOTEBOOK,
    ROUTE_TABLE,
    SAGEMAKER,
    SECURITY_GROUP,
    SUBNET,
    USER_PROFILE,
    VPC,
)
from auditor.rule import Other
from auditor.shape import Shape
from auditor.shapes.ec2 import RouteTable, Subnet, Vpc
from auditor.verdict import NotApplicable

USERS: dict[Kind[Any], tuple[Kind[Any], ...]] = {
    place: tuple(kind for kind in SAGEMAKER if any(link.to is place for link in kind.links))
    for place in (VPC, SUBNET, SECURITY_GROUP)
}
"""Which kinds of SageMaker's name a VPC, a subnet, a security group."""

# -- what the samples stand in

VPC_ID, SUBNET_ID, GROUP_ID = "vpc-0a1b2c3d", "subnet-0a1b2c3d", "sg-0a1b2c3d"
VPC_HERE = Other(VPC, {"VpcId": VPC_ID, "IsDefault": False})
SUBNET_HERE = Other(SUBNET, {"SubnetId": SUBNET_ID, "VpcId": VPC_ID})
NOTEBOOK_HERE = Other(NOTEBOOK, {
    "NotebookInstanceName": "churn", "SubnetId": SUBNET_ID, "SecurityGroups": [GROUP_ID],
    "DirectInternetAccess": "Disabled",
})  # fmt: skip
USED = (SUBNET_HERE, NOTEBOOK_HERE)
"""What makes the VPC of a sample one that ML uses."""


# -- who uses a place


def users(*places: Resource[Any]) -> Iterator[Resource[Any]]:
    """Yield what of SageMaker names any of these VPCs, subnets or security groups.

    After the last one, a kind that was refused raises :class:`Unseen`: whoever needs only one
    that was seen does not get so far.
    """
    refused: Unseen | None = None
    for place in places:
        for kind in USERS[place.kind]:
            try:
                found = place.used_by(kind)
            except Unseen as unseen:
                refused = refused or unseen
                continue
            yield from found
    if refused:
        raise refused


def inside(vpc: Resource[Vpc]) -> Iterator[Resource[Any]]:
    """Yield what of SageMaker is in a VPC; raises as :func:`users` does."""
    return users(vpc, *vpc.used_by(SUBNET, "VpcId"))


def subnets(vpc: Resource[Vpc], *, closed_only: bool = False) -> list[Resource[Subnet]]:
    """Return the subnets of a VPC that SageMaker uses, or those that closed things use."""
    return [
        subnet for subnet in vpc.used_by(SUBNET, "VpcId")
        if any(closed(user) or not closed_only for user in users(subnet))
    ]  # fmt: skip


def unused(place: Resource[Any]) -> NotApplicable | None:
    """Return why no question about a place arises: nothing of ML uses it."""
    if "" in place.unseen:
        raise Unseen(f"{place.name} was not seen: {place.unseen['']}", place.unseen[""])
    found = inside(place) if place.kind is VPC else users(place)
    if next(found, None) is not None:
        return None
    where = "behind it" if place.kind is SECURITY_GROUP else "in it"
    return NotApplicable(f"nothing of SageMaker that was seen is {where}")


def not_ours(vpc: Resource[Vpc]) -> NotApplicable | None:
    """Return why a VPC's owner is to be asked: the account only takes part in it.

    A participant sees the VPC, its subnets and route tables, but none of the owner's endpoints,
    peerings, flow logs and firewalls: "Share your VPC with other accounts", Amazon VPC User Guide.
    """
    owner = vpc.data.OwnerId
    if owner and owner != vpc.account:
        return NotApplicable(
            f"the VPC is shared by account {owner}, which alone sees and changes this"
        )
    return None


def aside(vpc: Resource[Vpc]) -> NotApplicable | None:
    """Return why a question that only its owner can answer does not arise for a VPC."""
    return not_ours(vpc) or unused(vpc)


def closed(user: Resource[Any]) -> bool:
    """Tell whether something was told to stay off the internet.

    A notebook by DirectInternetAccess, a domain and its users by AppNetworkAccessType, all else
    by network isolation. Where the words are absent AWS's defaults hold, which are open.
    """
    if user.kind is NOTEBOOK:
        return bool(user.data.DirectInternetAccess == "Disabled")
    if user.kind is DOMAIN:
        return bool(user.data.AppNetworkAccessType == "VpcOnly")
    if user.kind is USER_PROFILE:
        return any(closed(domain) for domain in user.to(DOMAIN))
    return _isolated(user.data)


_HOLDERS = (  # members under which EnableNetworkIsolation may stand
    "NetworkConfig", "TrainingJobDefinition", "TrainingJobDefinitions",
    "MonitoringScheduleConfig", "MonitoringJobDefinition",
)  # fmt: skip


def _isolated(data: Shape) -> bool:
    known = data.members()
    if "EnableNetworkIsolation" in known and data.EnableNetworkIsolation:
        return True
    for holder in _HOLDERS:
        inner = getattr(data, holder) if holder in known else None
        several = inner if isinstance(inner, list) else [inner]
        if any(one is not None and _isolated(one) for one in several):
            return True
    return False


# -- where a subnet's traffic goes


def tables(vpc: Resource[Vpc]) -> list[Resource[RouteTable]]:
    """Return the route tables of a VPC."""
    return list(vpc.used_by(ROUTE_TABLE, "VpcId"))


def table_of(subnet: Resource[Subnet]) -> Resource[RouteTable]:
    """Return the route table of a subnet: its own, else its VPC's main one.

    Raises :class:`Unseen` where neither was seen.
    """
    for table in subnet.used_by(ROUTE_TABLE, "Associations[].SubnetId"):
        return table
    for vpc in subnet.to(VPC):
        for table in tables(vpc):
            if any(one.Main for one in table.data.Associations or ()):
                return table
    raise Unseen(f"EC2 names no route table of {subnet.name}")
