"""Endpoints of a VPC: to which service of AWS's, and whether they work."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.shapes.ec2 import VpcEndpoint

from ._vpc import SUBNET_ID, VPC_ID


def sample_endpoint(service: str, **more: Any) -> dict[str, Any]:
    """Return an interface endpoint of the samples' VPC to a service of AWS's."""
    return {
        "VpcEndpointId": "vpce-0a1b2c3d", "VpcId": VPC_ID, "VpcEndpointType": "Interface",
        "ServiceName": f"com.amazonaws.eu-west-1.{service}", "State": "available",
        "PrivateDnsEnabled": True, "SubnetIds": [SUBNET_ID], **more,
    }  # fmt: skip


S3_GATEWAY = sample_endpoint(
    "s3", VpcEndpointType="Gateway", RouteTableIds=["rtb-0a1b2c3d"], SubnetIds=[]
)


def service_of(endpoint: VpcEndpoint, region: str) -> str:
    """Return which of AWS's services an endpoint leads to, as ``ecr.api``; "" for anybody else's.

    Names are ``com.amazonaws.REGION.SERVICE``, in China with ``cn.`` before, and
    ``aws.sagemaker.REGION.studio`` for the apps of Studio: "AWS services that integrate with AWS
    PrivateLink". Those with FIPS say so at the end.
    """
    name = endpoint.ServiceName or ""
    head, _, service = name.partition(f".{region}.")
    if head == "aws.sagemaker":
        service = f"sagemaker.{service}"
    elif head.removeprefix("cn.") != "com.amazonaws":
        return ""
    return service.removesuffix("-fips")


def in_service(endpoint: Resource[VpcEndpoint]) -> bool:
    """Tell whether an endpoint works; EC2 writes ``available``, its model ``Available``."""
    state = endpoint.data.State
    if not state:
        raise Unseen(f"EC2 names no State of {endpoint.name}")
    return state.lower() == "available"
