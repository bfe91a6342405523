"""The networks and file systems of the account of ``ml``: one VPC that is sound, one that is not.

``FAILS`` says what is true of them.
"""

from __future__ import annotations

import json

from tests.fakeaws import EMPTY, By, Error
from tests.worlds.make import ACCOUNT, EU, OTHER, US, ago, arn, key_arn

ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]


def _policy(action="*", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": action, "Resource": "*", **more}]})


FULL = _policy()
OURS = _policy(Condition={"StringEquals": {
    "aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}})


def _vpc(name, default, mode):
    return {"VpcId": name, "IsDefault": default, "OwnerId": ACCOUNT, "State": "available",
            "CidrBlock": "10.0.0.0/16",
            "BlockPublicAccessStates": {"InternetGatewayBlockMode": mode}}


def _subnet(name, vpc, zone, public=False):
    return {"SubnetId": name, "VpcId": vpc, "SubnetArn": arn("ec2", f"subnet/{name}"),
            "OwnerId": ACCOUNT, "AvailabilityZone": zone, "MapPublicIpOnLaunch": public}


def _group(name, vpc, *cidrs, egress=(), called=""):
    return {"GroupId": name, "GroupName": called or name, "VpcId": vpc, "IpPermissions": [
        {"IpProtocol": protocol, "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr}]}
        for protocol, cidr in cidrs], "IpPermissionsEgress": list(egress)}


def _table(vpc, *subnets, **target):
    return {
        "RouteTableId": f"rtb-{vpc}", "VpcId": vpc,
        "Associations": [{"Main": True}, *({"Main": False, "SubnetId": s} for s in subnets)],
        "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"},
                   *([{"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **target}]
                     if target else ())]}


def _endpoint(service, *subnets, policy=OURS):
    return {"VpcEndpointId": f"vpce-{service}", "VpcId": "vpc-own", "State": "Available",
            "ServiceName": f"com.amazonaws.{EU}.{service}", "VpcEndpointType": "Interface",
            "PrivateDnsEnabled": True, "SubnetIds": list(subnets), "PolicyDocument": policy}


def _instance(name, vpc, tokens):
    return {"InstanceId": name, "VpcId": vpc, "State": {"Name": "running"},
            "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": tokens}}


NETWORK = {
    "DescribeVpcs": {"Vpcs": [
        _vpc("vpc-own", False, "block-ingress"), _vpc("vpc-default", True, "off"),
        _vpc("vpc-empty", True, "off")]},
    "DescribeSubnets": {"Subnets": [
        _subnet("subnet-own", "vpc-own", f"{EU}a"), _subnet("subnet-own-b", "vpc-own", f"{EU}b"),
        _subnet("subnet-default", "vpc-default", f"{EU}a", public=True),
        _subnet("subnet-empty", "vpc-empty", f"{EU}a", public=True)]},
    "DescribeSecurityGroups": {"SecurityGroups": [
        _group("sg-closed", "vpc-own", ("tcp", "10.0.0.0/16")),
        _group("sg-open", "vpc-default", ("-1", "0.0.0.0/0"),
               egress=[{"IpProtocol": "-1", "IpRanges": ANYWHERE}]),
        _group("sg-unused", "vpc-default", ("-1", "0.0.0.0/0")),
        _group("sg-own", "vpc-own", called="default"),
        _group("sg-default", "vpc-default", ("-1", "10.0.0.0/8"), called="default")]},
    "DescribeRouteTables": {"RouteTables": [
        _table("vpc-own", "subnet-own"), _table("vpc-default", GatewayId="igw-1")]},
    "DescribeFlowLogs": {"FlowLogs": [{
        "FlowLogId": "fl-1", "ResourceId": "vpc-own", "TrafficType": "REJECT",
        "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS"}]},
    "DescribeNatGateways": {"NatGateways": []},
    "DescribeVpcPeeringConnections": {"VpcPeeringConnections": [
        {"VpcPeeringConnectionId": name, "Status": {"Code": "active"},
         "RequesterVpcInfo": {"VpcId": one, "OwnerId": ACCOUNT},
         "AccepterVpcInfo": {"VpcId": other, "OwnerId": owner, "CidrBlock": "10.9.0.0/16"}}
        for name, one, other, owner in (("pcx-1", "vpc-default", "vpc-theirs", OTHER),
                                        ("pcx-2", "vpc-own", "vpc-empty", ACCOUNT))]},
    "DescribeVpcEndpoints": {"VpcEndpoints": [
        *(_endpoint(service, "subnet-own", "subnet-own-b")
          for service in ("ec2", "ecr.api", "ecr.dkr", "ssm", "sagemaker.runtime")),
        _endpoint("sagemaker.api", "subnet-own", policy=FULL),
        {"VpcEndpointId": "vpce-s3", "VpcId": "vpc-own", "State": "Available",
         "ServiceName": f"com.amazonaws.{EU}.s3", "VpcEndpointType": "Gateway",
         "RouteTableIds": ["rtb-vpc-own"], "PolicyDocument": OURS}]},
    "DescribeVpcEndpointServiceConfigurations": {"ServiceConfigurations": [
        {"ServiceId": f"vpce-svc-{name}", "ServiceState": "Available",
         "AcceptanceRequired": False} for name in ("shut", "open")]},
    "DescribeVpcEndpointServicePermissions": By("ServiceId", {
        "vpce-svc-shut": {"AllowedPrincipals": []},
        "vpce-svc-open": {"AllowedPrincipals": [{"Principal": "*", "PrincipalType": "All"}]}}),
    "DescribeInstances": {"Reservations": [{"Instances": [
        _instance("i-new", "vpc-own", "required"), _instance("i-old", "vpc-own", "optional"),
        _instance("i-elsewhere", "vpc-empty", "optional")]}]},
    "GetEbsEncryptionByDefault": {"EbsEncryptionByDefault": True},
    "DescribeVpcBlockPublicAccessOptions": {"VpcBlockPublicAccessOptions": {
        "InternetGatewayBlockMode": "block-ingress"}},
}
DNS_FIREWALL = {"ListFirewallRuleGroupAssociations": {"FirewallRuleGroupAssociations": [{
    "Id": "rslvr-frgassoc-1", "FirewallRuleGroupId": "rslvr-frg-1", "VpcId": "vpc-default",
    "Arn": arn("route53resolver", "firewall-rule-group-association/rslvr-frgassoc-1"),
    "Name": "names", "Status": "COMPLETE"}]}, "*": EMPTY}
ELSEWHERE = NETWORK | {  # a Region where nothing of ML names a network
    "GetEbsEncryptionByDefault": {"EbsEncryptionByDefault": False},
}


def _files(name, **more):
    return {"FileSystems": [{
        "FileSystemId": name, "FileSystemArn": arn("elasticfilesystem", f"file-system/{name}"),
        "OwnerId": ACCOUNT, "CreationToken": name, "CreationTime": ago(300),
        "LifeCycleState": "available", "NumberOfMountTargets": 1, "SizeInBytes": {"Value": 1},
        "PerformanceMode": "generalPurpose", "Tags": [], **more}]}


def _mount(name, subnet):
    return {"MountTargets": [{"MountTargetId": f"fsmt-{name}", "FileSystemId": name,
                              "SubnetId": subnet, "LifeCycleState": "available"}]}


def _point(name, **more):
    return {"AccessPoints": [{"AccessPointId": f"fsap-{name}", "FileSystemId": name,
                              "LifeCycleState": "available", **more}]}


FILES = {
    "DescribeFileSystems": By("FileSystemId", {
        "fs-sound": _files("fs-sound", Encrypted=True, KmsKeyId=key_arn("cmk-1")),
        "fs-flawed": _files("fs-flawed", Encrypted=False)}),
    "DescribeFileSystemPolicy": By("FileSystemId", {"fs-flawed": {
        "FileSystemId": "fs-flawed",
        "Policy": _policy("elasticfilesystem:*")}},
        Error("PolicyNotFound", "no policy", 404)),
    "DescribeBackupPolicy": By("FileSystemId", {
        "fs-sound": {"BackupPolicy": {"Status": "ENABLED"}}}, Error(
            "PolicyNotFound", "no policy", 404)),
    "DescribeMountTargets": By("FileSystemId", {
        "fs-sound": _mount("fs-sound", "subnet-own"),
        "fs-flawed": _mount("fs-flawed", "subnet-default")}),
    "DescribeAccessPoints": By("FileSystemId", {
        "fs-sound": _point("fs-sound", PosixUser={"Uid": 1, "Gid": 1},
                           RootDirectory={"Path": "/team"}),
        "fs-flawed": _point("fs-flawed", RootDirectory={"Path": "/"})}),
}
BACKUPS = {"DescribeProtectedResource": Error("ResourceNotFoundException", "not protected")}
SERVICES = {"efs": FILES, "backup": BACKUPS}

_EVERY = (
    "vpc-block-public-access", "vpc-default-security-group", "vpc-default-vpc-in-use",
    "vpc-egress-filtered", "vpc-flow-logs", "vpc-ml-subnet-no-nat", "vpc-peering-routes",
    "vpc-subnet-multi-az", "vpc-endpoint-ec2", "vpc-endpoint-ecr-api", "vpc-endpoint-ecr-dkr",
    "vpc-endpoint-s3", "vpc-endpoint-ssm",
)
FAILS = {
    **{rule: {"vpc-default"} for rule in _EVERY},
    **{f"ec2-security-group-{what}": {"sg-open"} for what in (
        "all-ports", "egress-all", "high-risk-ports", "ssh-open")},
    **{f"efs-{what}": {"fs-flawed"} for what in (
        "access-points", "backup", "encryption", "mount-target-public", "public-policy")},
    "ec2-ebs-encryption-by-default": {US},
    "ec2-imdsv2": {"i-old"},
    "vpc-endpoint-multi-az": {"vpce-sagemaker.api"},
    "vpc-endpoint-policy-default": {"vpce-sagemaker.api"},
    "vpc-endpoint-service-principals": {"vpce-svc-open"},
    "vpc-subnet-public-ip": {"subnet-default"},
}
