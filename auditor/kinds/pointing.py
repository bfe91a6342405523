"""What many rows say alike: links of one shape, and whose a SageMaker resource is."""

from __future__ import annotations

from typing import Any

from auditor.kind import Kind, Link

from .network import SECURITY_GROUP, SUBNET
from .storage import BUCKET, KEY


def to(kind: Kind[Any], *paths: str) -> tuple[Link, ...]:
    """Return a link to one kind for each path."""
    return tuple(Link(path, kind) for path in paths)


def vpc(*heads: str) -> tuple[Link, ...]:
    """Return the links of each ``VpcConfig`` that stands under one of these heads."""
    return tuple(
        link for head in heads or ("",) for link in (
            Link(f"{head}VpcConfig.Subnets[]", SUBNET),
            Link(f"{head}VpcConfig.SecurityGroupIds[]", SECURITY_GROUP),
        )
    )


def keys(*paths: str) -> tuple[Link, ...]:
    """Return links to KMS keys."""
    return to(KEY, *paths)


def buckets(*paths: str) -> tuple[Link, ...]:
    """Return links to the buckets in S3 addresses."""
    return to(BUCKET, *paths)


def owner_of(arn: str) -> str:
    """Return the account in an ARN of SageMaker's, ``aws`` in one of AWS's own; else ""."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[0] == "arn" else ""
