"""Edges of the rules on VPCs, subnets, routes, peers, and on EC2 beside ML."""

from __future__ import annotations

import pytest

from auditor.kinds import (
    DNS_FIREWALL,
    DNS_PROFILE,
    DOMAIN,
    EC2_DEFAULTS,
    FLOW_LOG,
    MODEL,
    NAT_GATEWAY,
    NOTEBOOK,
    PREFIX_LIST,
    ROUTE_TABLE,
    SUBNET,
    TRAINING_JOB,
    VPC,
    VPC_PEERING,
)
from auditor.rule import Other
from auditor.testing import judge

HERE = {"VpcId": "vpc-1"}
DENIED = "UnauthorizedOperation"
OWNER = {"VpcId": "vpc-1", "OwnerId": "444455556666"}


def subnet(name="subnet-1", vpc="vpc-1", **more):
    return Other(SUBNET, {"SubnetId": name, "VpcId": vpc, **more})


def notebook(at="subnet-1", direct="Disabled"):
    return Other(NOTEBOOK, {
        "NotebookInstanceName": f"n-{at}", "SubnetId": at, "DirectInternetAccess": direct})


def table(*routes, name="rtb-1", subnets=(), main=True):
    return Other(ROUTE_TABLE, {
        "RouteTableId": name, "VpcId": "vpc-1", "Routes": list(routes), "Associations": [
            *([{"Main": True}] if main else []),
            *({"Main": False, "SubnetId": one} for one in subnets)]})


def out(cidr="0.0.0.0/0", **to):
    return {"DestinationIpv6CidrBlock" if ":" in cidr else "DestinationCidrBlock": cidr, **to}


USED = (subnet(), notebook())
NAT = Other(NAT_GATEWAY, {"NatGatewayId": "nat-1", "SubnetId": "subnet-9", "VpcId": "vpc-1"})
TO_NAT, TO_IGW = out(NatGatewayId="nat-1"), out(GatewayId="igw-1")
TO_FIREWALL = out(GatewayId="vpce-1")
LOCAL = out("10.0.0.0/16", GatewayId="local")
VPC_RULES = (
    "vpc-default-vpc-in-use", "vpc-subnet-multi-az", "vpc-block-public-access", "vpc-flow-logs",
    "vpc-ml-subnet-no-nat", "vpc-egress-filtered", "vpc-peering-routes",
)


# -- where ML is not


@pytest.mark.parametrize("rule", VPC_RULES)
def test_a_vpc_that_nothing_of_ml_is_in_is_not_judged(rule):
    """Nothing may be said, either, where what might be in it was not seen."""
    document = HERE | {"IsDefault": True}
    assert judge(rule, document).status == "not_applicable"
    assert judge(rule, document, subnet(), notebook("subnet-2")).status == "not_applicable"
    assert judge(rule, document, subnet(), refused=[TRAINING_JOB]).status == "unknown"
    assert judge(rule, document, refused=[SUBNET]).status == "unknown"
    assert judge(rule, document, *USED, unseen={"": DENIED}).status == "unknown"


@pytest.mark.parametrize("rule", [
    "vpc-block-public-access", "vpc-flow-logs", "vpc-egress-filtered", "vpc-peering-routes"])
def test_pitfall_18_a_shared_vpc_is_its_owners(rule):
    found = judge(rule, OWNER, *USED)
    assert found.status == "not_applicable" and "444455556666" in found.message


def test_a_vpc_of_our_own_says_so():
    ours = HERE | {"OwnerId": "111122223333"}
    assert judge("vpc-flow-logs", ours, *USED).status == "fail"


# -- VPCs


def test_pitfall_11_a_subnet_alone_does_not_make_a_vpc_of_ones_own():
    rule = "vpc-default-vpc-in-use"
    assert judge(rule, HERE | {"IsDefault": True}, *USED).status == "fail"
    assert judge(rule, HERE | {"IsDefault": False}, *USED).status == "pass"
    assert judge(rule, HERE, *USED).status == "unknown"
    domain = Other(DOMAIN, {"DomainId": "d-1", "VpcId": "vpc-1"})  # it names the VPC itself
    assert judge(rule, HERE | {"IsDefault": True}, domain).status == "fail"


def zones(*names):
    return [
        one for number, zone in enumerate(names)
        for one in (subnet(f"s-{number}", AvailabilityZone=zone), notebook(f"s-{number}"))]


@pytest.mark.parametrize(("others", "status"), [
    (zones("a", "b"), "pass"), (zones("a"), "fail"), (zones("a", "a"), "fail"),
    (zones("a", None), "unknown"), (zones("a", ""), "unknown"),
    ([*zones("a"), subnet("s-9", AvailabilityZone="b")], "fail"),  # nothing of ML is in that one
    ([Other(DOMAIN, {"DomainId": "d-1", "VpcId": "vpc-1"})], "unknown"),
])
def test_zones(others, status):
    assert judge("vpc-subnet-multi-az", HERE, *others).status == status


@pytest.mark.parametrize(("data", "others", "status"), [
    ({"MapPublicIpOnLaunch": False}, [notebook()], "pass"),
    ({"MapPublicIpOnLaunch": True}, [notebook()], "fail"), ({}, [notebook()], "unknown"),
    ({"MapPublicIpOnLaunch": True}, [], "not_applicable"),
    ({"MapPublicIpOnLaunch": True}, [notebook("subnet-2")], "not_applicable"),
    ({"MapPublicIpOnLaunch": True}, [Other(MODEL, {
        "ModelName": "m", "VpcConfig": {"Subnets": ["subnet-2", "subnet-1"]}})], "fail"),
])
def test_public_addresses(data, others, status):
    found = judge("vpc-subnet-public-ip", {"SubnetId": "subnet-1", **data}, *others)
    assert found.status == status
    assert judge("vpc-subnet-public-ip", {"SubnetId": "subnet-1", **data}, *others,
                 unseen={"": DENIED}).status == "unknown"


def blocked(mode):
    return HERE | {"BlockPublicAccessStates": {"InternetGatewayBlockMode": mode}}


def region(mode):
    return Other(EC2_DEFAULTS, {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": mode}})


@pytest.mark.parametrize(("data", "others", "status"), [
    (blocked("block-ingress"), [], "pass"), (blocked("block-bidirectional"), [], "pass"),
    (blocked("off"), [], "fail"), (blocked("of-the-future"), [], "unknown"),
    (blocked("off"), [region("block-ingress")], "fail"),  # the VPC is excluded
    (HERE, [region("off")], "fail"), (HERE, [], "unknown"),
    # an exclusion may lift it from this VPC, and nobody looked
    (HERE, [region("block-ingress")], "unknown"),
    (HERE, [Other(EC2_DEFAULTS, {"VpcBlockPublicAccessOptions": {
        "InternetGatewayBlockMode": "off"}}, region="us-east-1")], "unknown"),
])
def test_block_public_access(data, others, status):
    assert judge("vpc-block-public-access", data, *USED, *others).status == status


def log(at="vpc-1", name="fl-1", status="ACTIVE", traffic="ALL", **more):
    return Other(FLOW_LOG, {"FlowLogId": name, "ResourceId": at, "FlowLogStatus": status,
                            "TrafficType": traffic, **more})


@pytest.mark.parametrize(("logs", "status", "says"), [
    ([log()], "pass", ""), ([log(traffic="REJECT")], "pass", ""),  # pitfall 18: EC2.6 wants REJECT
    ([log(traffic="ACCEPT")], "fail", "ACCEPT"), ([log("vpc-2")], "fail", "neither"),
    ([log(DeliverLogsStatus="FAILED", DeliverLogsErrorMessage="Access error")], "fail", "Access"),
    # EC2 has answered an error without the status beside it
    ([log(DeliverLogsStatus=None, DeliverLogsErrorMessage="Access error")], "fail", "Access"),
    ([log(DeliverLogsStatus="SUCCESS", DeliverLogsErrorMessage="Rate limited")], "pass", ""),
    ([log(DeliverLogsStatus="SUCCESS")], "pass", ""), ([log(status=None)], "unknown", ""),
    ([log(status="")], "unknown", ""), ([log(traffic=None)], "unknown", ""),
    ([log(status=None), log(name="fl-2")], "pass", ""),
    ([log("subnet-1")], "pass", "each subnet"), ([log("subnet-2")], "fail", ""),
    ([log("eni-1")], "fail", ""),
    # pitfall 18: what Security Lake records is invisible
    ([], "fail", "Security Lake"),
])
def test_flow_logs(logs, status, says):
    found = judge("vpc-flow-logs", HERE, *USED, *logs)
    assert (found.status, says in found.message) == (status, True), found.message


def test_flow_logs_of_some_subnets_are_not_enough():
    two = (*USED, subnet("subnet-2"), notebook("subnet-2"))
    assert judge("vpc-flow-logs", HERE, *two, log("subnet-1")).status == "fail"
    assert judge("vpc-flow-logs", HERE, *two, log("subnet-1"),
                 log("subnet-2", "fl-2")).status == "pass"
    assert judge("vpc-flow-logs", HERE, *USED, refused=[FLOW_LOG]).status == "unknown"
    domain = Other(DOMAIN, {"DomainId": "d-1", "VpcId": "vpc-1"})
    assert judge("vpc-flow-logs", HERE, domain).status == "fail"  # no subnet, so none has a log


# -- the way out

PRIVATE_NAT = Other(NAT_GATEWAY, NAT.data | {"ConnectivityType": "private"})
WIDE_LIST = Other(PREFIX_LIST, {
    "PrefixListId": "pl-1", "Entries": [{"Cidr": "0.0.0.0/0"}],
    "PrefixListArn": "arn:aws:ec2:eu-west-1:111122223333:prefix-list/pl-1"}, ("pl-1",))
NARROW_LIST = Other(PREFIX_LIST, WIDE_LIST.data | {"Entries": [{"Cidr": "192.0.2.0/24"}]}, ("pl-1",))


@pytest.mark.parametrize(("others", "status", "says"), [
    ([table(LOCAL)], "pass", ""),
    # pitfall 11: Disabled still means internet through a NAT gateway
    ([table(LOCAL, TO_NAT), NAT], "fail", "nat-1"), ([table(LOCAL, TO_NAT)], "fail", "nat-1"),
    ([table(TO_IGW)], "fail", "igw-1"), ([table(out("::/0", GatewayId="igw-1"))], "fail", ""),
    ([table(out("::/0", EgressOnlyInternetGatewayId="eigw-1"))], "fail", "eigw-1"),
    ([table(out("128.0.0.0/1", GatewayId="igw-1"))], "fail", ""),
    ([table(out("52.0.0.0/8", GatewayId="igw-1"))], "pass", ""),  # no default route
    ([table({**TO_NAT, "State": "blackhole"}), NAT], "pass", ""),
    ([table(TO_NAT), PRIVATE_NAT], "pass", "nat-1"),
    ([table(out(TransitGatewayId="tgw-1"))], "pass", "tgw-1, behind which nobody looked"),
    ([table(TO_FIREWALL)], "pass", "vpce-1"),
    ([table({"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-2"})], "pass", ""),
    ([table({"DestinationPrefixListId": "pl-1", "GatewayId": "igw-1"}), WIDE_LIST], "fail", ""),
    ([table({"DestinationPrefixListId": "pl-1", "GatewayId": "igw-1"}), NARROW_LIST], "pass", ""),
    ([table({"DestinationPrefixListId": "pl-1", "GatewayId": "igw-1"})], "unknown", ""),
    # its own table, not the main one
    ([table(TO_IGW), table(LOCAL, name="rtb-2", subnets=["subnet-1"], main=False)], "pass", ""),
    ([table(LOCAL), table(TO_IGW, name="rtb-2", subnets=["subnet-1"], main=False)], "fail", "rtb-2"),
    ([table(LOCAL), table(TO_IGW, name="rtb-2", subnets=["subnet-2"], main=False)], "pass", ""),
    ([], "unknown", "no route table"), ([table(TO_IGW, main=False)], "unknown", ""),
    ([Other(ROUTE_TABLE, {"RouteTableId": "rtb-1", "VpcId": "vpc-1",
                          "Associations": [{"Main": True}]})], "unknown", "Routes"),
    ([table(out("", GatewayId="igw-1"))], "pass", ""),
])
def test_no_way_to_the_internet(others, status, says):
    found = judge("vpc-ml-subnet-no-nat", HERE, *USED, *others)
    assert (found.status, says in found.message) == (status, True), found.message


@pytest.mark.parametrize(("user", "status"), [
    (notebook(), "fail"), (notebook(direct="Enabled"), "not_applicable"),
    (notebook(direct=None), "not_applicable"),
    (Other(DOMAIN, {"DomainId": "d", "SubnetIds": ["subnet-1"],
                    "AppNetworkAccessType": "VpcOnly"}), "fail"),
    # pitfall 13: it has subnets, and its apps go past them all the same
    (Other(DOMAIN, {"DomainId": "d", "SubnetIds": ["subnet-1"]}), "not_applicable"),
    (Other(MODEL, {"ModelName": "m", "VpcConfig": {"Subnets": ["subnet-1"]},
                   "EnableNetworkIsolation": True}), "fail"),
    (Other(MODEL, {"ModelName": "m", "VpcConfig": {"Subnets": ["subnet-1"]}}), "not_applicable"),
])
def test_what_was_told_to_stay_off_the_internet(user, status):
    found = judge("vpc-ml-subnet-no-nat", HERE, subnet(), user, table(TO_IGW))
    assert found.status == status, found.message


def test_a_shared_vpc_shows_its_routes():
    assert judge("vpc-ml-subnet-no-nat", OWNER, *USED, table(TO_NAT), NAT).status == "fail"


DNS = Other(DNS_FIREWALL, {
    "Id": "a", "VpcId": "vpc-1", "Status": "COMPLETE", "FirewallRuleGroupId": "rslvr-frg-1",
    "Arn": "arn:aws:route53resolver:eu-west-1:111122223333:firewall-rule-group-association/a"})
PROFILE = Other(DNS_PROFILE, {"Id": "p", "ProfileId": "rp-1", "ResourceId": "vpc-1"})
OUTER = subnet("subnet-9")


def outer(route):
    return table(route, name="rtb-9", subnets=["subnet-9"], main=False)


ACTIVE = {"IgwFirewall": {"Status": "active"}}
ENFORCED = HERE | {"NetworkFirewallAssociations": [{"FirewallMode": "enforce"}]}
WATCHED = HERE | {"NetworkFirewallAssociations": [{"FirewallMode": "monitor"}]}
PROXIED = Other(NAT_GATEWAY, NAT.data | {"AttachedAppliances": [
    {"Type": "network-firewall-proxy", "AttachmentState": "attached"}]})


@pytest.mark.parametrize(("data", "others", "status", "says"), [
    (HERE, [table(TO_FIREWALL)], "pass", "firewall"),
    (HERE, [table(TO_NAT), NAT, OUTER, outer(TO_FIREWALL)], "pass", ""),
    (HERE, [table(TO_NAT), NAT, OUTER, outer(TO_IGW)], "fail", "past any firewall"),
    (HERE, [table(TO_NAT), NAT, OUTER, outer(TO_IGW), DNS], "pass", "rslvr-frg-1"),
    (HERE, [table(TO_NAT), NAT, OUTER, outer(TO_IGW),
            Other(DNS_FIREWALL, DNS.data | {"Status": "DELETING"})], "fail", ""),
    (HERE, [table(TO_NAT), NAT, OUTER, outer(TO_IGW),
            Other(DNS_FIREWALL, DNS.data | {"VpcId": "vpc-2"})], "fail", ""),
    (HERE, [table(TO_NAT), NAT, OUTER, outer(TO_IGW), PROFILE], "unknown", "rp-1"),
    (HERE, [table(TO_NAT), PROXIED, OUTER, outer(TO_IGW)], "pass", ""),
    (HERE, [table(TO_NAT)], "unknown", "nat-1"), (HERE, [table(TO_NAT), NAT], "unknown", ""),
    (HERE, [table(TO_IGW)], "fail", ""), (HERE, [table(TO_IGW | ACTIVE)], "fail", ""),
    (ENFORCED, [table(TO_IGW | ACTIVE)], "pass", ""), (WATCHED, [table(TO_IGW | ACTIVE)], "fail", ""),
    (ENFORCED, [table(TO_IGW | {"IgwFirewall": {"Status": "pending"}})], "fail", ""),
    (HERE, [table(LOCAL)], "not_applicable", "no way out"),
    (HERE, [table(out(TransitGatewayId="tgw-1"))], "not_applicable", "tgw-1"),
    (HERE, [table(out(TransitGatewayId="tgw-1")), DNS], "pass", ""),
    (HERE, [], "unknown", ""), (HERE, [DNS], "pass", ""),
])
def test_egress_is_filtered(data, others, status, says):
    found = judge("vpc-egress-filtered", data, *USED, *others)
    assert (found.status, says in found.message) == (status, True), found.message


def test_a_subnet_that_its_firewall_leaves_out_is_not_filtered():
    left_out = subnet(NetworkFirewallConnectivityType="exclude")
    found = judge("vpc-egress-filtered", ENFORCED, left_out, notebook(), table(TO_IGW | ACTIVE))
    assert found.status == "fail"


def test_refusals_on_the_way_out():
    rule = "vpc-egress-filtered"
    others = (*USED, table(TO_IGW))
    for kind in (DNS_FIREWALL, DNS_PROFILE, ROUTE_TABLE):
        left = [o for o in others if o.kind is not kind]
        assert judge(rule, HERE, *left, refused=[kind]).status == "unknown"
    assert judge(rule, HERE, *USED, table(TO_NAT), refused=[NAT_GATEWAY]).status == "unknown"
    assert judge(rule, HERE, subnet(), notebook(direct="Enabled"),
                 table(TO_IGW)).status == "not_applicable"


# -- peers


def peering(code="active", owner="111122223333", block="10.9.0.0/16", **more):
    return Other(VPC_PEERING, {
        "VpcPeeringConnectionId": "pcx-1", "Status": {"Code": code},
        "RequesterVpcInfo": {"VpcId": "vpc-1", "OwnerId": "111122223333"},
        "AccepterVpcInfo": {"VpcId": "vpc-9", "OwnerId": owner,
                            **({"CidrBlock": block} if block else {}), **more}})


def to_peer(cidr, **more):
    return table(out(cidr, VpcPeeringConnectionId="pcx-1", **more))


@pytest.mark.parametrize(("others", "status", "says"), [
    ([], "not_applicable", ""), ([peering("pending-acceptance")], "not_applicable", ""),
    ([peering("deleted", "444455556666")], "not_applicable", ""),
    ([peering()], "pass", ""), ([peering(), to_peer("10.9.3.0/24")], "pass", ""),
    ([peering(), to_peer("10.9.0.0/16")], "fail", "all of 10.9.0.0/16"),
    ([peering(), to_peer("10.0.0.0/8")], "fail", ""), ([peering(), to_peer("0.0.0.0/0")], "fail", ""),
    ([peering(), to_peer("10.9.0.0/16", State="blackhole")], "pass", ""),
    ([peering(CidrBlockSet=[{"CidrBlock": "10.8.0.0/16"}]), to_peer("10.8.0.0/16")], "fail", ""),
    ([peering(Ipv6CidrBlockSet=[{"Ipv6CidrBlock": "2001:db8::/56"}]), to_peer("2001:db8::/56")],
     "fail", ""),
    ([peering(owner="444455556666")], "fail", "444455556666"), ([peering(owner=None)], "unknown", ""),
    ([peering(None)], "unknown", "status"), ([peering(block=None), to_peer("10.9.0.0/16")],
                                             "unknown", ""),
])
def test_peers(others, status, says):
    found = judge("vpc-peering-routes", HERE, *USED, *others)
    assert (found.status, says in found.message) == (status, True), found.message


def test_peers_that_are_trusted_and_how_grave_a_wide_route_is():
    theirs = peering(owner="444455556666")
    rule = "vpc-peering-routes"
    assert judge(rule, HERE, *USED, theirs, trusted_accounts=["444455556666"]).status == "pass"
    assert judge(rule, HERE, *USED, theirs).severity == "medium"
    assert judge(rule, HERE, *USED, peering(), to_peer("10.9.0.0/16")).severity == "low"
    assert judge(rule, HERE, *USED, refused=[VPC_PEERING]).status == "unknown"
    assert judge(rule, HERE, *USED, peering(), refused=[ROUTE_TABLE]).status == "unknown"
    # seen from the side that accepted
    ours = Other(VPC_PEERING, theirs.data | {
        "RequesterVpcInfo": theirs.data["AccepterVpcInfo"],
        "AccepterVpcInfo": theirs.data["RequesterVpcInfo"]})
    assert judge(rule, HERE, *USED, ours).status == "fail"


# -- EC2


@pytest.mark.parametrize(("data", "others", "status"), [
    ({"EbsEncryptionByDefault": True}, [notebook()], "pass"),
    ({"EbsEncryptionByDefault": False}, [notebook()], "fail"), ({}, [notebook()], "unknown"),
    ({"EbsEncryptionByDefault": False}, [], "not_applicable"),
    ({"EbsEncryptionByDefault": False},
     [Other(NOTEBOOK, {"NotebookInstanceName": "n"}, region="us-east-1")], "not_applicable"),
])
def test_encryption_by_default(data, others, status):
    rule = "ec2-ebs-encryption-by-default"
    assert judge(rule, data, *others).status == status
    assert judge(rule, data, refused=[TRAINING_JOB]).status == "unknown"
    assert judge(rule, data, notebook(), refused=[TRAINING_JOB],
                 unseen={"EbsEncryptionByDefault": DENIED}).status == "unknown"


VPC_HERE = Other(VPC, HERE)


def instance(state="running", vpc="vpc-1", **options):
    return {"InstanceId": "i-1", "State": {"Name": state}, **({"VpcId": vpc} if vpc else {}),
            **({"MetadataOptions": options} if options else {})}


@pytest.mark.parametrize(("data", "status"), [
    (instance(HttpTokens="required"), "pass"), (instance(HttpTokens="optional"), "fail"),
    (instance(HttpTokens="optional", HttpEndpoint="disabled"), "pass"),
    (instance(HttpTokens="optional", HttpEndpoint="enabled"), "fail"),
    (instance(HttpTokens=""), "unknown"), (instance(HttpEndpoint="enabled"), "unknown"),
    (instance(), "unknown"),  # pitfall 21 is of notebooks: EC2 always tells
    (instance("stopped", HttpTokens="optional"), "fail"),  # pitfall 31: it starts again as it is
    (instance("terminated", HttpTokens="optional"), "not_applicable"),
    (instance("shutting-down", HttpTokens="optional"), "not_applicable"),
    (instance(vpc="", HttpTokens="optional"), "unknown"),
])
def test_metadata(data, status):
    found = judge("ec2-imdsv2", data, VPC_HERE, *USED)
    assert found.status == status, found.message


def test_instances_elsewhere_are_not_judged():
    rule, data = "ec2-imdsv2", instance(HttpTokens="optional")
    assert judge(rule, data, VPC_HERE).status == "not_applicable"
    assert judge(rule, data, VPC_HERE, subnet(), refused=[NOTEBOOK]).status == "unknown"
    assert judge(rule, data, *USED, refused=[VPC]).status == "unknown"
    assert judge(rule, data, VPC_HERE, *USED, unseen={"MetadataOptions": DENIED}).status == "unknown"
