"""What a policy document allows: decided exactly, by searching for a request that shows it."""

from .answer import Answer, Document, Identity, Trust
from .bucket import acl_grants, bucket_public, bucket_public_write
from .identity import admin, assumes_any_role, passes_any_role, reaches_any_bucket
from .questions import cross_account, public, public_write, readable, sse_kms_only, tls_only

__all__ = [
    "Answer",
    "Document",
    "Identity",
    "Trust",
    "acl_grants",
    "admin",
    "assumes_any_role",
    "bucket_public",
    "bucket_public_write",
    "cross_account",
    "passes_any_role",
    "public",
    "public_write",
    "reaches_any_bucket",
    "readable",
    "sse_kms_only",
    "tls_only",
]
