"""Edges of the rules on VPC endpoints, their policies, and the endpoint services we offer."""

from __future__ import annotations

import json

import pytest

from auditor.kinds import (
    DOMAIN,
    ENDPOINT_SERVICE,
    NOTEBOOK,
    ROUTE_TABLE,
    SUBNET,
    TRAINING_JOB,
    VPC,
    VPC_ENDPOINT,
)
from auditor.rule import Other
from auditor.testing import judge

HERE = {"VpcId": "vpc-1"}
SHARED = {"VpcId": "vpc-1", "OwnerId": "444455556666"}
VPC_HERE = Other(VPC, HERE)
SUBNET_HERE = Other(SUBNET, {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "a"})
USED = (SUBNET_HERE, Other(NOTEBOOK, {"NotebookInstanceName": "n", "SubnetId": "subnet-1"}))
SERVICES = {"ec2": "ec2", "ecr-api": "ecr.api", "ecr-dkr": "ecr.dkr", "ssm": "ssm"}
RULES = [f"vpc-endpoint-{name}" for name in (*SERVICES, "s3")]
DENIED = "UnauthorizedOperation"


def endpoint(service, prefix="com.amazonaws.eu-west-1.", **more):
    return {
        "VpcEndpointId": "vpce-1", "VpcId": "vpc-1", "VpcEndpointType": "Interface",
        "ServiceName": prefix + service, "State": "available", "PrivateDnsEnabled": True, **more}


def there(*args, **more):
    return Other(VPC_ENDPOINT, endpoint(*args, **more))


# -- whether there is one


@pytest.mark.parametrize(("name", "service"), SERVICES.items())
def test_there_is_an_endpoint(name, service):
    rule = f"vpc-endpoint-{name}"
    for others, status in (
        ([there(service)], "pass"), ([], "fail"), ([there("sts")], "fail"),
        ([there(service, State="Available")], "pass"),  # as the model writes it
        ([there(service, State="pendingAcceptance")], "fail"),
        ([there(service, State="failed")], "fail"), ([there(service, State=None)], "unknown"),
        ([there(service, State="")], "unknown"),
        ([there(service, State=None), there(service, VpcEndpointId="vpce-2")], "pass"),
        ([there(service, VpcId="vpc-2")], "fail"), ([there(f"{service}messages")], "fail"),
        ([there(f"{service}-fips")], "pass"), ([there(service, PrivateDnsEnabled=False)], "pass"),
        ([there(service, "cn.com.amazonaws.eu-west-1.")], "pass"),
        ([there(service, "com.amazonaws.eu-west-2.")], "fail"),  # of another Region
        ([there(service, "com.amazonaws.vpce.eu-west-1.")], "fail"),
        ([there(service, ServiceName=None)], "fail"),
    ):
        found = judge(rule, HERE, *USED, *others)
        assert found.status == status, (others, found.message)


@pytest.mark.parametrize("rule", RULES)
def test_pitfall_18_the_endpoints_of_a_shared_vpc_are_its_owners(rule):
    """The participant sees none of them, which says nothing of what there is."""
    found = judge(rule, SHARED, *USED)
    assert found.status == "not_applicable" and "444455556666" in found.message


@pytest.mark.parametrize("rule", RULES)
def test_where_ml_is_not(rule):
    assert judge(rule, HERE).status == "not_applicable"
    assert judge(rule, HERE, SUBNET_HERE).status == "not_applicable"
    assert judge(rule, HERE, SUBNET_HERE, refused=[TRAINING_JOB]).status == "unknown"
    assert judge(rule, HERE, refused=[SUBNET]).status == "unknown"
    assert judge(rule, HERE, *USED, refused=[VPC_ENDPOINT]).status == "unknown"
    assert judge(rule, HERE, *USED, unseen={"": DENIED}).status == "unknown"
    # pitfall 13: a domain names a VPC even if its apps go past it; its files and roles are there
    assert judge(rule, HERE, Other(DOMAIN, {"DomainId": "d", **HERE})).status == "fail"


MAIN = Other(ROUTE_TABLE, {
    "RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}]})
OWN = Other(ROUTE_TABLE, {
    "RouteTableId": "rtb-2", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-1"}]})


def gateway(*tables, **more):
    return there("s3", VpcEndpointType="Gateway", RouteTableIds=list(tables),
                 PrivateDnsEnabled=False, **more)


@pytest.mark.parametrize(("others", "status", "says"), [
    ([MAIN], "fail", "no endpoint"), ([MAIN, gateway("rtb-1")], "pass", ""),
    ([MAIN, gateway("rtb-9")], "fail", "rtb-1"), ([MAIN, gateway()], "fail", ""),
    ([MAIN, OWN, gateway("rtb-1")], "fail", "rtb-2"), ([MAIN, OWN, gateway("rtb-2")], "pass", ""),
    ([MAIN, gateway("rtb-9"), gateway("rtb-1", VpcEndpointId="vpce-2")], "pass", ""),
    ([MAIN, gateway("rtb-1", State="deleting")], "fail", ""),
    ([MAIN, gateway("rtb-1", State=None)], "unknown", ""),
    ([gateway("rtb-1")], "unknown", "route table"),
    ([there("s3")], "pass", ""), ([there("s3", PrivateDnsEnabled=False)], "fail", "S3's own names"),
    # for what comes from on premises alone: calls from the VPC itself go another way
    ([there("s3", DnsOptions={"PrivateDnsOnlyForInboundResolverEndpoint": True})], "fail", ""),
    ([there("s3", DnsOptions={"PrivateDnsOnlyForInboundResolverEndpoint": False})], "pass", ""),
    ([there("s3express", VpcEndpointType="Gateway")], "fail", ""),
])
def test_s3(others, status, says):
    found = judge("vpc-endpoint-s3", HERE, *USED, *others)
    assert (found.status, says in found.message) == (status, True), found.message


def test_s3_by_a_table_that_was_not_seen():
    found = judge("vpc-endpoint-s3", HERE, *USED, gateway("rtb-1"), refused=[ROUTE_TABLE])
    assert found.status == "unknown"


# -- each of them


def zone(name, zone):
    return Other(SUBNET, {"SubnetId": name, "VpcId": "vpc-1", "AvailabilityZone": zone})


@pytest.mark.parametrize(("data", "others", "status"), [
    (endpoint("sts", SubnetIds=["s-a", "s-b"]), [zone("s-a", "a"), zone("s-b", "b")], "pass"),
    (endpoint("sts", SubnetIds=["s-a"]), [zone("s-a", "a")], "fail"),
    (endpoint("sts", SubnetIds=["s-a"]), [], "fail"),  # one is one, wherever it is
    (endpoint("sts", SubnetIds=["s-a", "s-b"]), [zone("s-a", "a"), zone("s-b", "a")], "fail"),
    (endpoint("sts", SubnetIds=["s-a", "s-b"]), [zone("s-a", "a")], "unknown"),
    (endpoint("sts", SubnetIds=["s-a", "s-b"]), [zone("s-a", "a"), zone("s-b", "")], "unknown"),
    (endpoint("sts"), [], "unknown"), (endpoint("sts", SubnetIds=[]), [], "unknown"),
    (endpoint("s3", VpcEndpointType="Gateway"), [], "not_applicable"),
    (endpoint("x", VpcEndpointType="GatewayLoadBalancer"), [], "not_applicable"),
    (endpoint("sts", VpcEndpointType=None), [], "unknown"),
    (endpoint("sts", SubnetIds=["s-a"], State="deleted"), [], "not_applicable"),
    (endpoint("sts", SubnetIds=["s-a"], RequesterManaged=True), [], "not_applicable"),
    (endpoint("sts", SubnetIds=["s-a"], VpcId=None), [], "unknown"),
])
def test_zones(data, others, status):
    found = judge("vpc-endpoint-multi-az", data, VPC_HERE, *USED, *others)
    assert found.status == status, found.message


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **one}
        for one in statements]})


FULL = policy({})
OURS = {"aws:PrincipalAccount": "111122223333"}


@pytest.mark.parametrize(("data", "status"), [
    (endpoint("sagemaker.api", PolicyDocument=FULL), "fail"),
    (endpoint("sagemaker.runtime", PolicyDocument=FULL), "fail"),
    (endpoint("s3", VpcEndpointType="Gateway", PolicyDocument=FULL), "fail"),
    (endpoint("studio", "aws.sagemaker.eu-west-1.", PolicyDocument=FULL), "fail"),
    (endpoint("ecr.dkr", PolicyDocument=FULL), "fail"),
    (endpoint("s3", PolicyDocument=policy({"Action": "s3:*"})), "fail"),
    (endpoint("s3", PolicyDocument=policy({"Action": "s3:*", "Resource": "arn:aws:s3:::data/*"})),
     "pass"),
    (endpoint("s3", PolicyDocument=policy({"Condition": {"StringEquals": OURS}})), "pass"),
    (endpoint("s3", PolicyDocument=policy({"Condition": {
        "StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}})), "fail"),
    (endpoint("s3", PolicyDocument=policy({}, {"Effect": "Deny"})), "pass"),
    # pitfall 18: who sets no policy has AWS's, and EC2 shows it; nothing shown is nothing seen
    (endpoint("s3"), "unknown"), (endpoint("s3", PolicyDocument=""), "unknown"),
    (endpoint("s3", PolicyDocument="{"), "unknown"),
    (endpoint("xray", PolicyDocument=FULL), "not_applicable"),
    (endpoint("vpce-svc-1", "com.amazonaws.vpce.eu-west-1.", PolicyDocument=FULL), "not_applicable"),
    (endpoint("s3", PolicyDocument=FULL, State="deleting"), "not_applicable"),
    (endpoint("s3", PolicyDocument=FULL, RequesterManaged=True), "not_applicable"),
    (endpoint("s3", PolicyDocument=FULL, VpcEndpointType="GatewayLoadBalancer"), "not_applicable"),
])
def test_policies(data, status):
    found = judge("vpc-endpoint-policy-default", data, VPC_HERE, *USED)
    assert found.status == status, found.message


@pytest.mark.parametrize("rule", ["vpc-endpoint-multi-az", "vpc-endpoint-policy-default"])
def test_endpoints_of_vpcs_that_ml_is_not_in(rule):
    data = endpoint("s3", PolicyDocument=FULL, SubnetIds=["s-a"])
    assert judge(rule, data, VPC_HERE).status == "not_applicable"
    assert judge(rule, data, Other(VPC, SHARED), *USED).status == "not_applicable"
    assert judge(rule, data, VPC_HERE, SUBNET_HERE, refused=[NOTEBOOK]).status == "unknown"
    assert judge(rule, data, *USED, refused=[VPC]).status == "unknown"
    assert judge(rule, data, VPC_HERE, *USED, unseen={"": DENIED}).status == "unknown"


# -- what we offer


def service(*principals, **more):
    return {"ServiceId": "vpce-svc-1", "AcceptanceRequired": False, "AllowedPrincipals": [
        {"Principal": one} for one in principals], **more}


THEM = "arn:aws:iam::444455556666:root"


@pytest.mark.parametrize(("data", "status", "severity"), [
    (service(), "pass", ""), (service("arn:aws:iam::111122223333:role/x"), "pass", ""),
    (service("*"), "fail", "high"), (service(THEM), "fail", "high"),
    (service("arn:aws:iam::111122223333:root", THEM), "fail", "high"),
    (service("*", AcceptanceRequired=True), "fail", "medium"),
    (service(THEM, AcceptanceRequired=True), "fail", "medium"),
    (service("*", AcceptanceRequired=None), "unknown", ""),
    (service("arn:aws-cn:iam::111122223333:root"), "pass", ""), (service(""), "fail", "high"),
    (service("*", ServiceState="Deleting"), "not_applicable", ""),
    (service(AllowedPrincipals=[{"Principal": "ecs.amazonaws.com", "PrincipalType": "Service"}]),
     "pass", ""),
])
def test_who_is_admitted(data, status, severity):
    found = judge("vpc-endpoint-service-principals", data, VPC_HERE, *USED)
    assert found.status == status, found.message
    assert found.severity == severity or not severity


def test_who_is_trusted_and_what_was_denied():
    rule = "vpc-endpoint-service-principals"
    beside = (VPC_HERE, *USED)
    them = {"trusted_accounts": ["444455556666"]}
    assert judge(rule, service(THEM), *beside, **them).status == "pass"
    assert judge(rule, service("*"), *beside, **them).status == "fail"
    assert judge(rule, service(), *beside, unseen={"AllowedPrincipals": DENIED}).status == "unknown"
    assert judge(rule, service("*")).status == "not_applicable"
    assert judge(rule, service("*"), VPC_HERE).status == "not_applicable"
    assert judge(rule, service("*"), VPC_HERE, SUBNET_HERE, refused=[NOTEBOOK]).status == "unknown"
    assert judge(rule, service("*"), *USED, refused=[VPC]).status == "unknown"
    two = (Other(VPC, {"VpcId": "vpc-0"}), *beside)
    assert judge(rule, service("*"), *two, refused=[TRAINING_JOB]).status == "fail"
    assert ENDPOINT_SERVICE.on_demand == "network"
