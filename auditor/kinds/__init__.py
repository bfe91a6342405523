"""The table of kinds: every kind of resource the auditor knows, one row each."""

from __future__ import annotations

from typing import Any

from auditor.kind import Kind

from .identity import POLICY, ROLE
from .network import INSTANCE_TYPE, ROUTE_TABLE, SECURITY_GROUP, SUBNET, VPC
from .sagemaker import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    MODEL,
    NOTEBOOK,
    NOTEBOOK_LIFECYCLE,
    TRAINING_JOB,
)
from .storage import ACCOUNT_BLOCK, BUCKET, KEY, AccountBlock, Bucket
from .values import account_of, bucket_of, ec2_type
from .watch import ACCOUNT, MACIE, TRAIL, Account, Macie, Trail

__all__ = [
    "ACCOUNT", "ACCOUNT_BLOCK", "BUCKET", "ENDPOINT", "ENDPOINT_CONFIG", "INSTANCE_TYPE", "KEY",
    "MACIE", "ML", "MODEL", "NOTEBOOK", "NOTEBOOK_LIFECYCLE", "POLICY", "ROLE", "ROUTE_TABLE",
    "SECURITY_GROUP", "SUBNET", "TABLE", "TRAIL", "TRAINING_JOB", "VPC", "Account",
    "AccountBlock", "Bucket", "Macie", "Trail", "account_of", "bucket_of", "ec2_type",
]  # fmt: skip

TABLE: tuple[Kind[Any], ...] = (
    NOTEBOOK, NOTEBOOK_LIFECYCLE, MODEL, ENDPOINT_CONFIG, ENDPOINT, TRAINING_JOB,
    BUCKET, ACCOUNT_BLOCK, KEY, ROLE, POLICY, TRAIL, MACIE, VPC, SUBNET, SECURITY_GROUP,
    ROUTE_TABLE, INSTANCE_TYPE, ACCOUNT,
)
ML: tuple[Kind[Any], ...] = (
    NOTEBOOK, MODEL, ENDPOINT_CONFIG, ENDPOINT, TRAINING_JOB,
)  # a region where one of these exists is one where ML is used
