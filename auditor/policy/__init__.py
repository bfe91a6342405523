"""What a policy document allows: decided by searching for a request that shows it.

Every question is "is there a request by such a caller that this policy allows (or does not deny)?".
A yes comes with that request, which a second evaluator, written apart, has agreed to; a no means
that the search went through everything. Where neither can be said the answer is None: a document
that cannot be read, patterns too entangled to compare, a comparison no theory here covers.

    reading  a document becomes statements; what AWS would refuse is a fault, read so that nobody
             is thought safe for it                                        model · reading
    callers  which kinds of callers there are, and what each can have      keys · outside ·
                                                                           worlds · claims ·
                                                                           strangers
    search   a statement becomes literals, a witness is searched           globs · solve · encode ·
                                                                           variables · decide
    check    one request against the policy, and the sentence about it     concrete · explain
    ask      of a resource's policy       questions · trusts · endpoints · shares · denials ·
                                          perimeter · services · bucket · asking
             of an identity               identity · reach · escalation · actions

What it does not do: a multi-valued key is modelled with one value; actions and resources are
independent, so an action may be found on a resource it does not work on; of callers' keys, only
these hang together: address and endpoint, an organization and its paths, an ARN and its account.
Service control and resource control policies are not considered.

What a question may spend is counted in steps, not seconds (``globs.Budget``): the dearest policies
known take about two seconds and end undecided (``benchmarks/policy.py``), usual ones less than a
millisecond.
"""

from .answer import Answer, Document, Identity, Trust
from .bucket import (
    AccessPoint,
    access_point_public,
    acl_foreigners,
    acl_grants,
    bucket_cross_account,
    bucket_public,
    bucket_public_write,
)
from .denials import sse_kms_only, tls_only
from .endpoints import vpce_open, vpce_own_principals, vpce_own_resources
from .escalation import Path, privesc, privesc_paths
from .identity import admin, assumes_any_role, passes_any_role, reaches_any_bucket
from .perimeter import account_perimeter, network_perimeter, organization_perimeter
from .questions import (
    cross_account,
    public,
    public_list,
    public_write,
    readable,
)
from .reach import (
    DELETES_LOGS,
    STOPS_MONITORS,
    STOPS_TRAILS,
    STOPS_WATCHING,
    data_wildcard,
    decrypts_any_key,
    exfiltrates,
    full_access,
    may,
    service_wildcard,
    tampers_logs,
)
from .services import anonymous_clients, file_system_open, function_url_open
from .shares import Share, Shared, grants_shared, shared
from .trusts import confused_deputy, oidc_trust_open, trust_foreign, trust_public

__all__ = [
    "DELETES_LOGS",
    "STOPS_MONITORS",
    "STOPS_TRAILS",
    "STOPS_WATCHING",
    "AccessPoint",
    "Answer",
    "Document",
    "Identity",
    "Path",
    "Share",
    "Shared",
    "Trust",
    "access_point_public",
    "account_perimeter",
    "acl_foreigners",
    "acl_grants",
    "admin",
    "anonymous_clients",
    "assumes_any_role",
    "bucket_cross_account",
    "bucket_public",
    "bucket_public_write",
    "confused_deputy",
    "cross_account",
    "data_wildcard",
    "decrypts_any_key",
    "exfiltrates",
    "file_system_open",
    "full_access",
    "function_url_open",
    "grants_shared",
    "may",
    "network_perimeter",
    "oidc_trust_open",
    "organization_perimeter",
    "passes_any_role",
    "privesc",
    "privesc_paths",
    "public",
    "public_list",
    "public_write",
    "reaches_any_bucket",
    "readable",
    "service_wildcard",
    "shared",
    "sse_kms_only",
    "tampers_logs",
    "tls_only",
    "trust_foreign",
    "trust_public",
    "vpce_open",
    "vpce_own_principals",
    "vpce_own_resources",
]
