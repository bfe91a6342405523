"""The network behind any VPC setting, and what EC2 says of instance types."""

from __future__ import annotations

from auditor.kind import Kind, Link
from auditor.shapes import ec2

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
SECURITY_GROUP = Kind(
    "AWS::EC2::SecurityGroup", ec2.SecurityGroup, service="ec2",
    lists="DescribeSecurityGroups", items="SecurityGroups", describes="", id="GroupId",
    arn="arn:{partition}:ec2:{region}:{account}:security-group/{name}", on_demand="network",
    links=(Link("VpcId", VPC),),
)
ROUTE_TABLE = Kind(
    "AWS::EC2::RouteTable", ec2.RouteTable, service="ec2", lists="DescribeRouteTables",
    items="RouteTables", describes="", id="RouteTableId",
    arn="arn:{partition}:ec2:{region}:{account}:route-table/{name}", on_demand="network",
    links=(Link("Associations[].SubnetId", SUBNET), Link("VpcId", VPC)),
)
