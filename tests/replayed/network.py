"""EC2 and VPC."""

from auditor.kinds import (
    FLOW_LOG,
    NOTEBOOK,
    ROUTE_TABLE,
    SECURITY_GROUP,
    SUBNET,
    VPC_ENDPOINT,
    VPC_PEERING,
)
from auditor.kinds import VPC as VPC_KIND
from auditor.rule import Other
from tests.replayed import differs, none, replay, row
from tests.replayed.policies import OWNER, policy

VPC = {"VpcId": "vpc-1"}
# ours judges the networks that machine learning runs in
NOTEBOOK_IN = Other(NOTEBOOK, {"NotebookInstanceName": "n", "SubnetId": "subnet-1"})
OWN_VPC = Other(VPC_KIND, {"VpcId": "vpc-1", "IsDefault": False})
USED = (
    Other(SUBNET, {
        "SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "eu-west-1a"}),
    NOTEBOOK_IN,
)
PEERING = Other(VPC_PEERING, {
    "VpcPeeringConnectionId": "pcx-1", "Status": {"Code": "active"},
    "RequesterVpcInfo": {"VpcId": "vpc-1", "OwnerId": "111122223333", "CidrBlock": "10.0.0.0/16",
                         "CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}]},
    "AccepterVpcInfo": {"VpcId": "vpc-2", "OwnerId": "111122223333", "CidrBlock": "11.0.0.0/16",
                        "CidrBlockSet": [{"CidrBlock": "11.0.0.0/16"}]}})


def route(to):
    return Other(ROUTE_TABLE, {
        "RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}],
        "Routes": [{"DestinationCidrBlock": to, "VpcPeeringConnectionId": "pcx-1"}]})


def instance(tokens, endpoint):
    return {"InstanceId": "i-1", "VpcId": "vpc-1", "State": {"Name": "running"}, "MetadataOptions": {
        "HttpTokens": tokens, "HttpEndpoint": endpoint, "State": "applied"}}


def gateway(principal):
    return {
        "VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "VpcEndpointType": "Gateway",
        "ServiceName": "com.amazonaws.eu-west-1.s3", "State": "available",
        "RouteTableIds": ["rtb-1"], "PolicyDocument": policy("*", principal)}


def interface(*subnets):
    return {
        "VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "VpcEndpointType": "Interface",
        "ServiceName": "com.amazonaws.eu-west-1.sagemaker.runtime", "State": "available",
        "SubnetIds": list(subnets)}


WEARS = Other(NOTEBOOK, {
    "NotebookInstanceName": "n", "SubnetId": "subnet-1", "SecurityGroups": ["sg-1"]})


def reaches(service):
    return Other(VPC_ENDPOINT, {
        "VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "VpcEndpointType": "Interface",
        "ServiceName": f"com.amazonaws.eu-west-1.{service}", "State": "available",
        "PrivateDnsEnabled": True, "SubnetIds": ["subnet-1"]})


def open_to(source):
    return {"GroupId": "sg-1", "GroupName": "g", "VpcId": "vpc-1", "IpPermissions": [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": source}]}]}


def group(*sources):
    return {"GroupId": "sg-1", "GroupName": "g", "VpcId": "vpc-1", "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": source}]}
        for source in sources]}


def default_group(**allowed):
    return Other(SECURITY_GROUP, {
        "GroupId": "sg-1", "GroupName": "default", "VpcId": "vpc-1",
        "IpPermissions": [], "IpPermissionsEgress": [], **allowed})


ALL = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]

REPLAYS = [
    replay(
        "ec2_securitygroup_default_restrict_traffic", "vpc-default-security-group",
        row("no rule either way", VPC, "pass", *USED, default_group()),
        row("everything may come in", VPC, "fail", *USED, default_group(IpPermissions=ALL)),
        row("everything may go out", VPC, "fail", *USED, default_group(IpPermissionsEgress=ALL)),
        row("everything may come in, nothing runs in the VPC", VPC, "none",
            default_group(IpPermissions=ALL), ours="not_applicable"),
    ),
    replay(
        "vpc_peering_routing_tables_with_least_privilege", "vpc-peering-routes",
        none("no peering"),
        row("a route to one address of the peer", VPC, "pass", *USED, PEERING,
            route("11.0.4.5/32")),
        row("a route to the whole of the peer", VPC, "fail", *USED, PEERING,
            route("11.0.0.0/16")),
    ),
    replay(
        "vpc_flow_logs_enabled", "vpc-flow-logs",
        row("a flow log of everything", VPC, "pass", *USED, Other(FLOW_LOG, {
            "FlowLogId": "fl-1", "ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE",
            "TrafficType": "ALL", "DeliverLogsStatus": "SUCCESS",
            "LogDestinationType": "cloud-watch-logs", "LogGroupName": "logs"})),
        row("no flow log", VPC, "fail", *USED),
    ),
    replay(
        "ec2_instance_imdsv2_enabled", "ec2-imdsv2",
        none(),
        row("tokens required", instance("required", "enabled"), "pass", *USED, OWN_VPC),
        differs("tokens optional, and the service switched off", instance("optional", "disabled"),
                "fail", "pass", "AWS", "With the endpoint off there is no metadata to fetch,"
                " with a token or without.", *USED, OWN_VPC),
    ),
    replay(
        "ec2_ebs_default_encryption", "ec2-ebs-encryption-by-default",
        row("on", {"EbsEncryptionByDefault": True}, "pass", *USED),
        row("off", {"EbsEncryptionByDefault": False}, "fail", *USED),
        row("off, in a region that nothing uses", {"EbsEncryptionByDefault": False}, "none",
            ours="not_applicable"),
    ),
    replay(
        "vpc_subnet_no_public_ip_by_default", "vpc-subnet-public-ip",
        row("public addresses given out", {"SubnetId": "subnet-1", "VpcId": "vpc-1",
            "MapPublicIpOnLaunch": True}, "fail", NOTEBOOK_IN),
        row("none given out", {"SubnetId": "subnet-1", "VpcId": "vpc-1",
            "MapPublicIpOnLaunch": False}, "pass", NOTEBOOK_IN),
        row("public addresses given out, nothing runs there", {"SubnetId": "subnet-1",
            "VpcId": "vpc-1", "MapPublicIpOnLaunch": True}, "none", ours="not_applicable"),
    ),
    replay(
        "vpc_endpoint_connections_trust_boundaries", "vpc-endpoint-policy-default",
        none(),
        row("everyone may do everything", gateway("*"), "fail", *USED, OWN_VPC),
        row("the account, by its ARN", gateway({"AWS": OWNER}), "pass", *USED, OWN_VPC),
        row("the account, by its number", gateway({"AWS": "111122223333"}), "pass", *USED,
            OWN_VPC),
        differs("another account", gateway({"AWS": "arn:aws:iam::444455556666:root"}), "fail",
                "pass", "scope", "Ours asks whether the endpoint is still open to everybody, as"
                " AWS makes it; somebody wrote this account's number into the policy.", *USED,
                OWN_VPC),
    ),
    replay(
        "vpc_endpoint_multi_az_enabled", "vpc-endpoint-multi-az",
        none(),
        row("one subnet", interface("subnet-1"), "fail", *USED, OWN_VPC),
        row("two subnets", interface("subnet-1", "subnet-2"), "pass", *USED, OWN_VPC, Other(
            SUBNET, {"SubnetId": "subnet-2", "VpcId": "vpc-1",
                     "AvailabilityZone": "eu-west-1b"})),
    ),
    replay(
        "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
        "ec2-security-group-ssh-open",
        row("nothing comes in from outside", group(), "pass", WEARS),
        row("port 22 from everywhere", group("0.0.0.0/0"), "fail", WEARS),
        row("port 22 from one address", group("123.123.123.123/32"), "pass", WEARS),
        differs("port 22 from everywhere, on a group that nothing wears", group("0.0.0.0/0"),
                "fail", "not_applicable", "scope",
                "Ours judges the groups that machine learning wears."),
    ),
    replay(
        "vpc_endpoint_for_ec2_enabled", "vpc-endpoint-ec2",
        row("no endpoint", VPC, "fail", *USED),
        row("an endpoint of S3", VPC, "fail", *USED, reaches("s3")),
        row("an endpoint of EC2", VPC, "pass", *USED, reaches("ec2")),
    ),
    replay(
        "ec2_securitygroup_allow_ingress_from_internet_to_all_ports",
        "ec2-security-group-all-ports",
        row("everything from everywhere", open_to("0.0.0.0/0"), "fail", WEARS),
        row("everything from one address", open_to("123.123.123.123/32"), "pass", WEARS),
        row("one port from everywhere", group("0.0.0.0/0"), "pass", WEARS),
        row("nothing from outside", group(), "pass", WEARS),
    ),
    replay(
        "ec2_securitygroup_allow_wide_open_public_ipv4", "ec2-security-group-all-ports",
        row("everything from one address", open_to("192.0.2.15/32"), "pass", WEARS),
        differs("everything from 65,536 public addresses", open_to("82.122.0.0/16"), "fail",
                "pass", "scope", "Ours asks whether everybody may come in; whose this range is"
                " nobody can tell from the group.", WEARS),
    ),
]
