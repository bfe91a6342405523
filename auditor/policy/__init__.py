"""What a policy document allows: decided by searching for a request that shows it.

Every question is "is there a request by such a caller that this policy allows (or does not deny)?".
A yes comes with that request, which a second evaluator, written apart, has agreed to; a no means
that the search went through everything. Where neither can be said the answer is None: a document
that cannot be read, patterns too entangled to compare, a comparison no theory here covers.

    reading  a document becomes statements; what AWS would refuse is a fault, read so that nobody
             is thought safe for it                                        model · reading
    callers  which kinds of callers there are, and what each can have      keys · outside ·
                                                                           worlds · strangers
    search   a statement becomes literals, a witness is searched           globs · solve · encode ·
                                                                           variables · decide
    check    one request against the policy, and the sentence about it     concrete · explain
    ask      the questions                            questions · bucket · identity · actions

What it does not do: a multi-valued key is modelled with one value; actions and resources are
independent, so an action may be found on a resource it does not work on; of callers' keys, only
these hang together: address and endpoint, an organization and its paths, an ARN and its account.
Service control and resource control policies are not considered.

The dearest policies known take one to three seconds and end undecided (``benchmarks/policy.py``);
usual ones take less than a millisecond.
"""

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
