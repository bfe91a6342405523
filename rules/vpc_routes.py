"""Where the traffic of ML subnets goes: the internet, a firewall, another VPC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import (
    DNS_FIREWALL,
    DNS_PROFILE,
    NAT_GATEWAY,
    PREFIX_LIST,
    ROUTE_TABLE,
    SUBNET,
    VPC,
)
from auditor.rule import Other, Sample, rule
from auditor.shapes.ec2 import (
    Route,
    RouteTable,
    Subnet,
    Vpc,
)
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import NETWORK
from ._edges import target
from ._ranges import entries, everywhere, network
from ._vpc import USED, VPC_ID, aside, subnets, table_of, unused

INTERNET, FILTER, ELSEWHERE = "internet", "filter", "elsewhere"


@dataclass(frozen=True, slots=True)
class Way:
    """A default route of a subnet: from which table, what it leads to, and what that is."""

    table: Resource[RouteTable]
    route: Route
    to: str
    leads: str


def ways(subnet: Resource[Subnet]) -> Iterator[Way]:
    """Yield the default routes of a subnet. Raises :class:`Unseen` where its table was not seen."""
    table = table_of(subnet)
    routes = table.data.Routes
    if routes is None:
        raise Unseen(f"EC2 names no Routes of {table.name}")
    for route in routes:
        if route.State != "blackhole" and _is_default(table, route):
            to, leads = _leads(table, route)
            yield Way(table, route, to, leads)


def _is_default(table: Resource[RouteTable], route: Route) -> bool:
    """Tell whether a route is for the whole of the internet, or one of the pieces that make it."""
    if route.DestinationPrefixListId:
        if not _leads(table, route)[1]:
            return False  # the route of a gateway endpoint
        for edge in table.edges(PREFIX_LIST, "Routes[].DestinationPrefixListId"):
            if edge.value == route.DestinationPrefixListId:
                return bool(everywhere(entries(target(edge, "prefix list"))))
    cidr = route.DestinationCidrBlock or route.DestinationIpv6CidrBlock
    return bool(cidr) and bool(everywhere([network(cidr)]))


def _leads(table: Resource[RouteTable], route: Route) -> tuple[str, str]:
    """Return the target of a route, and whether that is the internet, a filter or elsewhere."""
    nat = route.NatGatewayId
    if nat:
        found = table.named(NAT_GATEWAY, nat)
        private = found is not None and found.data.ConnectivityType == "private"
        return nat, ELSEWHERE if private else INTERNET
    gateway = route.GatewayId or ""
    if gateway.startswith("vpce-"):
        # what a route may lead to is a Gateway Load Balancer endpoint, as firewalls have it; the
        # gateway endpoints of S3 and DynamoDB stand at prefix lists of theirs
        return gateway, "" if route.DestinationPrefixListId else FILTER
    if gateway.startswith("igw-"):
        return gateway, INTERNET
    out = route.EgressOnlyInternetGatewayId or route.CarrierGatewayId
    if out:
        return out, INTERNET
    other = (
        gateway or route.TransitGatewayId or route.VpcPeeringConnectionId or route.CoreNetworkArn
        or route.LocalGatewayId or route.InstanceId or route.NetworkInterfaceId or "nowhere known"
    )
    return other, "" if other == "local" else ELSEWHERE


# -- the samples' routes


def _table(**target: str) -> Other:
    """Return the main route table of the samples' VPC with a default route, if one is given."""
    routes: list[dict[str, Any]] = [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}]
    if target:
        routes.append({"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **target})
    return Other(ROUTE_TABLE, {
        "RouteTableId": "rtb-0a1b2c3d", "VpcId": VPC_ID, "Associations": [{"Main": True}],
        "Routes": routes,
    })  # fmt: skip


_VPC = Other(VPC, {"VpcId": VPC_ID})
_NAT = Other(NAT_GATEWAY, {
    "NatGatewayId": "nat-0a1b2c3d", "VpcId": VPC_ID, "SubnetId": "subnet-0e0e0e0e",
    "ConnectivityType": "public",
})  # fmt: skip
_HERE = {"VpcId": VPC_ID}


@rule(
    "vpc-ml-subnet-no-nat",
    "Subnets of isolated ML resources have no default route to the internet",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK | {
        "AWS Config": ["no-unrestricted-route-to-igw", "internet-gateway-authorized-vpc-only"],
    },
    fix=(
        "Make VPC endpoints for what is needed (`aws ec2 create-vpc-endpoint --region {region}"
        " --vpc-id {name} …` for S3, ECR, STS, CloudWatch Logs and SageMaker), then `aws ec2"
        " delete-route --region {region} --route-table-id TABLE --destination-cidr-block"
        " 0.0.0.0/0` in the table that the finding names, or give the subnets a table of their"
        " own: `aws ec2 associate-route-table --region {region} --subnet-id SUBNET"
        " --route-table-id TABLE`."
    ),
    good=Sample(_HERE, (*USED, _table())),
    bad=[
        Sample(_HERE, (*USED, _table(NatGatewayId="nat-0a1b2c3d"), _NAT)),
        Sample(_HERE, (*USED, _table(GatewayId="igw-0a1b2c3d"))),
    ],
)  # fmt: skip
def no_way_to_the_internet(vpc: Resource[Vpc]) -> Verdict:
    """DirectInternetAccess Disabled, a VPC-only domain and network isolation say that nothing here
    should reach the internet. In a subnet with a NAT gateway a notebook reaches it all the same,
    and so does whatever its user installed. What is needed from AWS comes through endpoints.
    """
    skipped = unused(vpc)
    if skipped:
        return skipped
    meant = subnets(vpc, closed_only=True)
    if not meant:
        return NotApplicable("nothing in the VPC was told to stay off the internet")
    refused: Unseen | None = None
    elsewhere = []
    for subnet in meant:
        try:
            for way in ways(subnet):
                if way.leads == INTERNET:
                    return Fail(f"the route table {way.table.name} of {subnet.name} leads to the"
                                f" internet by {way.to}")
                elsewhere.append(f"{subnet.name} leads on to {way.to}, behind which nobody looked")
        except Unseen as unseen:  # another subnet may be open for certain
            refused = refused or unseen
    if refused:
        raise refused
    return Pass("; ".join(elsewhere))


_DNS = Other(DNS_FIREWALL, {
    "Id": "rslvr-frgassoc-1", "VpcId": VPC_ID, "Status": "COMPLETE",
    "FirewallRuleGroupId": "rslvr-frg-1",
    "Arn": "arn:aws:route53resolver:eu-west-1:111122223333:firewall-rule-group-association/1",
})  # fmt: skip


@rule(
    "vpc-egress-filtered",
    "What isolated ML subnets send out goes through a firewall or a DNS firewall",
    on=VPC,
    severity=Severity.MEDIUM,
    controls=NETWORK,
    fix=(
        "`aws route53resolver associate-firewall-rule-group --region {region}"
        " --creator-request-id ID --firewall-rule-group-id GROUP --vpc-id {name} --priority 101"
        " --name ml` lets only the names through that a rule group lists; or `aws"
        " network-firewall create-firewall --region {region} --vpc-id {name} …` and `aws ec2"
        " replace-route --region {region} --route-table-id TABLE --destination-cidr-block 0.0.0.0/0"
        " --vpc-endpoint-id FIREWALL_ENDPOINT` in the tables of the ML subnets or of the NAT"
        " gateway's. A firewall past which the routes lead filters nothing."
    ),
    good=[
        Sample(_HERE, (*USED, _DNS)),
        Sample(_HERE, (*USED, _table(GatewayId="vpce-0f0f0f0f"))),
    ],
    bad=Sample(_HERE, (
        *USED, _table(NatGatewayId="nat-0a1b2c3d"), _NAT, _VPC,
        Other(SUBNET, {"SubnetId": "subnet-0e0e0e0e", "VpcId": VPC_ID}),
        Other(ROUTE_TABLE, {
            "RouteTableId": "rtb-0e0e0e0e", "VpcId": VPC_ID,
            "Associations": [{"Main": False, "SubnetId": "subnet-0e0e0e0e"}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0a1b2c3d"}],
        }),
    )),
)  # fmt: skip
def egress_is_filtered(vpc: Resource[Vpc]) -> Verdict:
    """Where something that should stay off the internet has a way there, for packages say, the way
    should end at a list of names. Otherwise one poisoned package posts the training data to
    wherever it likes, and the flow log shows an address of some cloud.
    """
    skipped = aside(vpc)
    if skipped:
        return skipped
    meant = subnets(vpc, closed_only=True)
    if not meant:
        return NotApplicable("nothing in the VPC was told to stay off the internet")
    bare, other, refused = "", "", None
    out = False
    for subnet in meant:
        try:
            for way in ways(subnet):
                out = True
                if way.leads == ELSEWHERE:
                    other = other or f"{subnet.name} leads on to {way.to}"
                elif way.leads == INTERNET and not _filtered(vpc, subnet, way):
                    bare = bare or f"{way.table.name} leads {subnet.name} to {way.to}"
        except Unseen as unseen:
            refused = refused or unseen
    if bare or other or refused:
        name = _names_filtered(vpc)
        if name:
            return Pass(name)
    if bare:
        return Fail(f"{bare} and from there to the internet past any firewall, and no DNS firewall"
                    " is associated with the VPC")
    if refused:
        raise refused
    if other:
        return NotApplicable(f"{other}: whether that is filtered is decided outside the VPC")
    if not out:
        return NotApplicable("the subnets have no way out that could be filtered")
    return Pass("every way to the internet leads through a firewall")


def _names_filtered(vpc: Resource[Vpc]) -> str:
    """Return the DNS firewall of a VPC in words, "" where it has none.

    Raises :class:`Unseen` where a Route 53 profile may bring one.
    """
    for one in vpc.used_by(DNS_FIREWALL):
        if one.data.Status in ("COMPLETE", "UPDATING"):
            return f"DNS Firewall applies {one.data.FirewallRuleGroupId}"
    for profile in vpc.used_by(DNS_PROFILE):
        raise Unseen(f"the Route 53 profile {profile.data.ProfileId} is associated with the VPC;"
                     " whether it brings a DNS firewall was not looked at")
    return ""


def _filtered(vpc: Resource[Vpc], subnet: Resource[Subnet], way: Way) -> bool:
    """Tell whether a way to the internet goes through a firewall after all.

    Through the firewall that a NAT gateway's own subnet routes to, a proxy attached to the NAT
    gateway, or the Automated Internet Firewall between the VPC and its gateway.
    """
    if way.route.IgwFirewall is not None:
        return _automated(vpc, subnet, way.route)
    if not way.route.NatGatewayId:
        return False
    nat = vpc.named(NAT_GATEWAY, way.route.NatGatewayId)
    if nat is None:
        raise Unseen(f"the NAT gateway {way.route.NatGatewayId} was not seen")
    if any(one.AttachmentState == "attached" for one in nat.data.AttachedAppliances or ()):
        return True
    for edge in nat.edges(SUBNET, "SubnetId"):
        outer = target(edge, "subnet")
        found = list(ways(outer))
        return bool(found) and all(
            one.leads == FILTER
            or (one.route.IgwFirewall is not None and _automated(vpc, outer, one.route))
            for one in found
        )
    raise Unseen(f"EC2 names no subnet of {nat.name}")


def _automated(vpc: Resource[Vpc], subnet: Resource[Subnet], route: Route) -> bool:
    """Tell whether the Automated Internet Firewall blocks on a route: Vpc, Subnet and Route of the
    EC2 API Reference.
    """
    if route.IgwFirewall is None or route.IgwFirewall.Status != "active":
        return False
    if subnet.data.NetworkFirewallConnectivityType in ("exclude", "az-unsupported"):
        return False
    return any(
        one.FirewallMode == "enforce" for one in vpc.data.NetworkFirewallAssociations or ()
    )
