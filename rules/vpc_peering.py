"""The VPCs that an ML VPC is joined to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ROUTE_TABLE, VPC, VPC_PEERING
from auditor.rule import Other, Sample, Setting, rule
from auditor.shapes.ec2 import (
    RouteTable,
    Vpc,
    VpcPeeringConnection,
    VpcPeeringConnectionVpcInfo,
)
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import NETWORK
from ._ranges import network
from ._vpc import USED, VPC_ID, aside, tables

_HERE = {"VpcId": VPC_ID}


def _peering(**more: Any) -> Other:
    return Other(VPC_PEERING, {
        "VpcPeeringConnectionId": "pcx-0a1b2c3d", "Status": {"Code": "active"},
        "RequesterVpcInfo": {"VpcId": VPC_ID, "OwnerId": "111122223333"},
        "AccepterVpcInfo": {"VpcId": "vpc-0e0e0e0e", "OwnerId": "111122223333",
                            "CidrBlock": "10.9.0.0/16"}, **more,
    })  # fmt: skip


def _to_peer(cidr: str) -> Other:
    return Other(ROUTE_TABLE, {
        "RouteTableId": "rtb-0a1b2c3d", "VpcId": VPC_ID, "Associations": [{"Main": True}],
        "Routes": [{"DestinationCidrBlock": cidr, "VpcPeeringConnectionId": "pcx-0a1b2c3d"}],
    })  # fmt: skip


@rule(
    "vpc-peering-routes",
    "Peers of an ML VPC are known, and no route leads to the whole of one",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        "CIS AWS v3.0": ["5.5"],
        "CIS AWS v5.0": ["5.6"],
        "CIS AWS v6.0": ["6.6"],
        "CIS AWS v7.0": ["6.6"],
    },
    fix=(
        "For a peer that is not known, `aws ec2 delete-vpc-peering-connection --region {region}"
        " --vpc-peering-connection-id PCX`, or name its account in the rule's trusted_accounts."
        " For a route that is too wide, `aws ec2 create-route --region {region} --route-table-id"
        " TABLE --destination-cidr-block NARROWER --vpc-peering-connection-id PCX` for the subnets"
        " or addresses that are needed, then `aws ec2 delete-route` for the wide one."
    ),
    good=Sample(_HERE, (*USED, _peering(), _to_peer("10.9.3.0/24"))),
    bad=[
        Sample(_HERE, (*USED, _peering(), _to_peer("10.9.0.0/16"))),
        Sample(_HERE, (*USED, _to_peer("10.9.3.0/24"), _peering(AccepterVpcInfo={
            "VpcId": "vpc-0e0e0e0e", "OwnerId": "444455556666", "CidrBlock": "10.9.0.0/16",
        }))),
    ],
    settings=(
        Setting("trusted_accounts", (), "Ids of accounts that ML VPCs may be peered with."),
    ),
)  # fmt: skip
def peers_are_known(vpc: Resource[Vpc], trusted_accounts: Collection[str]) -> Verdict:
    """A peering joins two networks as if they were one, and only routes and security groups keep
    them apart. Notebooks and training should reach the database they need, not everything in
    another VPC; and a peer in an account that nobody knows is a door that somebody else holds.
    """
    skipped = aside(vpc)
    if skipped:
        return skipped
    active = [one for one in vpc.used_by(VPC_PEERING) if _is_active(one)]
    if not active:
        return NotApplicable("the VPC has no active peering connection")
    for peering in active:
        for peer in _peers(vpc, peering):
            if not peer.OwnerId:
                raise Unseen(f"EC2 names no owner of a side of {peering.name}")
            if peer.OwnerId != vpc.account and peer.OwnerId not in trusted_accounts:
                return Fail(f"{peering.name} joins it to {peer.VpcId} of account {peer.OwnerId},"
                            " which is not among trusted_accounts")
    for peering in active:
        for table in tables(vpc):
            wide = _too_wide(vpc, peering, table)
            if wide:
                return Fail(wide, Severity.LOW)
    return Pass(f"{len(active)} active")


def _is_active(peering: Resource[VpcPeeringConnection]) -> bool:
    status = peering.data.Status
    if status is None or not status.Code:
        raise Unseen(f"EC2 names no status of {peering.name}")
    return status.Code == "active"


def _peers(
    vpc: Resource[Vpc], peering: Resource[VpcPeeringConnection]
) -> list[VpcPeeringConnectionVpcInfo]:
    """Return the other side of a peering."""
    sides = [peering.data.RequesterVpcInfo, peering.data.AccepterVpcInfo]
    found = [side for side in sides if side is not None and side.VpcId != vpc.name]
    if not found:
        raise Unseen(f"EC2 names no other side of {peering.name}")
    return found


def _too_wide(
    vpc: Resource[Vpc], peering: Resource[VpcPeeringConnection], table: Resource[RouteTable]
) -> str:
    """Return the route of a table that leads to a whole block of a peer, in words, or ""."""
    blocks = [
        network(cidr) for peer in _peers(vpc, peering) for cidr in (
            *((peer.CidrBlock,) if peer.CidrBlock else ()),
            *(one.CidrBlock for one in peer.CidrBlockSet or ()),
            *(one.Ipv6CidrBlock for one in peer.Ipv6CidrBlockSet or ()),
        )
    ]  # fmt: skip
    if table.data.Routes is None:
        raise Unseen(f"EC2 names no Routes of {table.name}")
    for route in table.data.Routes:
        if route.VpcPeeringConnectionId != peering.name or route.State == "blackhole":
            continue
        cidr = route.DestinationCidrBlock or route.DestinationIpv6CidrBlock
        if not cidr:
            continue  # a prefix list: what somebody wrote down one by one
        if not blocks:
            raise Unseen(f"EC2 names no addresses of the other side of {peering.name}")
        whole = network(cidr)
        for block in blocks:
            if whole.version == block.version and whole.prefixlen <= block.prefixlen and (
                block.network_address in whole
            ):
                return (f"{table.name} leads {cidr} to {peering.name}, which is all of {block} on"
                        " the other side")
    return ""
