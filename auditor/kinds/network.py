"""The network behind any VPC setting, what filters it, and what EC2 says of instance types."""

from __future__ import annotations

from auditor.kind import IN_USE, Kind, Link, Part
from auditor.shape import Shape
from auditor.shapes import ec2, route53profiles, route53resolver

from .values import ec2_type

INSTANCE_TYPE = Kind(
    "AWS::EC2::InstanceType", ec2.InstanceTypeInfo, service="ec2", lists="",
    describes="DescribeInstanceTypes", key="InstanceTypes", answer="InstanceTypes[0]",
    id="InstanceType", arn="arn:{partition}:ec2:{region}::instance-type/{name}", canon=ec2_type,
    gone=("InvalidInstanceType",),
)


VPC = Kind(
    "AWS::EC2::VPC", ec2.Vpc, service="ec2", lists="DescribeVpcs", items="Vpcs", describes="",
    id="VpcId", arn="arn:{partition}:ec2:{region}:{account}:vpc/{name}", on_demand="network",
)
SUBNET = Kind(
    "AWS::EC2::Subnet", ec2.Subnet, service="ec2", lists="DescribeSubnets", items="Subnets",
    describes="", id="SubnetId", arn="SubnetArn", on_demand="network",
    links=(Link("VpcId", VPC),),
)


class PrefixList(ec2.ManagedPrefixList):
    """A list of address ranges that rules and routes name as one, with what is in it."""

    Entries: list[ec2.PrefixListEntry] | None


# AWS's own lists and those shared with us are read like ours.
PREFIX_LIST: Kind[PrefixList] = Kind(
    "AWS::EC2::PrefixList", PrefixList, service="ec2", lists="",
    describes="DescribeManagedPrefixLists", key="PrefixListIds", answer="PrefixLists[0]",
    id="PrefixListId", arn="PrefixListArn", abroad=True,
    gone=("InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound"),
    parts=(
        Part("Entries", "ec2.GetManagedPrefixListEntries", "Entries",
             given={"PrefixListId": "{name}"}),
    ),
)
SECURITY_GROUP = Kind(
    "AWS::EC2::SecurityGroup", ec2.SecurityGroup, service="ec2",
    lists="DescribeSecurityGroups", items="SecurityGroups", describes="", id="GroupId",
    arn="arn:{partition}:ec2:{region}:{account}:security-group/{name}", on_demand="network",
    links=(
        Link("VpcId", VPC), Link("IpPermissions[].PrefixListIds[].PrefixListId", PREFIX_LIST),
        Link("IpPermissionsEgress[].PrefixListIds[].PrefixListId", PREFIX_LIST),
    ),
)
ROUTE_TABLE = Kind(
    "AWS::EC2::RouteTable", ec2.RouteTable, service="ec2", lists="DescribeRouteTables",
    items="RouteTables", describes="", id="RouteTableId",
    arn="arn:{partition}:ec2:{region}:{account}:route-table/{name}", on_demand="network",
    links=(
        Link("Associations[].SubnetId", SUBNET), Link("VpcId", VPC),
        Link("Routes[].DestinationPrefixListId", PREFIX_LIST),
    ),
)
VPC_ENDPOINT = Kind(
    "AWS::EC2::VPCEndpoint", ec2.VpcEndpoint, service="ec2", lists="DescribeVpcEndpoints",
    items="VpcEndpoints", describes="", id="VpcEndpointId",
    arn="arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{name}", on_demand="network",
    links=(
        Link("VpcId", VPC), Link("SubnetIds[]", SUBNET), Link("RouteTableIds[]", ROUTE_TABLE),
        Link("Groups[].GroupId", SECURITY_GROUP),
    ),
)
FLOW_LOG = Kind(
    "AWS::EC2::FlowLog", ec2.FlowLog, service="ec2", lists="DescribeFlowLogs", items="FlowLogs",
    describes="", id="FlowLogId",
    arn="arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{name}", on_demand="network",
    links=(  # a flow log is of a VPC, a subnet or an interface
        Link("[ResourceId][?@ && starts_with(@, 'vpc-')]", VPC),
        Link("[ResourceId][?@ && starts_with(@, 'subnet-')]", SUBNET),
    ),
)
NAT_GATEWAY = Kind(
    "AWS::EC2::NatGateway", ec2.NatGateway, service="ec2", lists="DescribeNatGateways",
    items="NatGateways", describes="", id="NatGatewayId",
    arn="arn:{partition}:ec2:{region}:{account}:natgateway/{name}", on_demand="network",
    links=(Link("VpcId", VPC), Link("SubnetId", SUBNET)),
)
VPC_PEERING = Kind(
    "AWS::EC2::VPCPeeringConnection", ec2.VpcPeeringConnection, service="ec2",
    lists="DescribeVpcPeeringConnections", items="VpcPeeringConnections", describes="",
    id="VpcPeeringConnectionId",
    arn="arn:{partition}:ec2:{region}:{account}:vpc-peering-connection/{name}",
    on_demand="network",
    links=(Link("RequesterVpcInfo.VpcId", VPC), Link("AccepterVpcInfo.VpcId", VPC)),
)
# A thousand in a page: an account may have 10,000, and those that are gone stay listed an hour.
INSTANCE = Kind(
    "AWS::EC2::Instance", ec2.Instance, service="ec2", lists="DescribeInstances",
    list_given={
        "MaxResults": 1000,
        "Filters": [{
            "Name": "instance-state-name",
            "Values": ["pending", "running", "stopping", "stopped"],
        }],
    },
    items="Reservations[].Instances", describes="", id="InstanceId",
    arn="arn:{partition}:ec2:{region}:{account}:instance/{name}", on_demand="network",
    created="LaunchTime", links=(Link("VpcId", VPC), Link("SubnetId", SUBNET)),
)


class EndpointService(ec2.ServiceConfiguration):
    """A service that this account offers through PrivateLink, and who may ask to connect."""

    AllowedPrincipals: list[ec2.AllowedPrincipal] | None


ENDPOINT_SERVICE: Kind[EndpointService] = Kind(
    "AWS::EC2::VPCEndpointService", EndpointService, service="ec2",
    lists="DescribeVpcEndpointServiceConfigurations", items="ServiceConfigurations",
    describes="", id="ServiceId", on_demand="network",
    arn="arn:{partition}:ec2:{region}:{account}:vpc-endpoint-service/{name}",
    parts=(
        Part("AllowedPrincipals", "ec2.DescribeVpcEndpointServicePermissions",
             "AllowedPrincipals", given={"ServiceId": "{name}"}),
    ),
)
DNS_FIREWALL = Kind(
    "AWS::Route53Resolver::FirewallRuleGroupAssociation",
    route53resolver.FirewallRuleGroupAssociation, service="route53resolver",
    lists="ListFirewallRuleGroupAssociations", describes="", id="Id", arn="Arn",
    on_demand="network", links=(Link("VpcId", VPC),),
)
# A profile may bring a VPC rule groups that no association of its own tells of.
DNS_PROFILE = Kind(
    "AWS::Route53Profiles::ProfileAssociation", route53profiles.ProfileAssociation,
    service="route53profiles", lists="ListProfileAssociations", describes="", id="Id",
    arn="arn:{partition}:route53profiles:{region}:{account}:profile-association/{name}",
    on_demand="network", links=(Link("ResourceId", VPC),),
)


class Ec2Defaults(Shape):
    """What EC2 does in a region unless told otherwise."""

    EbsEncryptionByDefault: bool | None
    VpcBlockPublicAccessOptions: ec2.VpcBlockPublicAccessOptions | None


EC2_DEFAULTS: Kind[Ec2Defaults] = Kind(
    "AWS::EC2::Region", Ec2Defaults, service="ec2", lists="", describes="", single=True,
    arn="arn:{partition}:ec2:{region}:{account}:defaults", on_demand=IN_USE,
    parts=(
        Part("EbsEncryptionByDefault", "ec2.GetEbsEncryptionByDefault", "EbsEncryptionByDefault",
             always=True),
        Part("VpcBlockPublicAccessOptions", "ec2.DescribeVpcBlockPublicAccessOptions",
             "VpcBlockPublicAccessOptions", always=True),
    ),
)
