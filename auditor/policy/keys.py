"""The condition keys: who has them, what they hold, and whether they say who calls.

References: [KEYS] "AWS global condition context keys" and [VAR] "Policy elements: variables" of the
IAM user guide; [BPA] "Blocking public access to your Amazon S3 storage", whose list of keys makes
a policy not public when they are fixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

NEVER, ALWAYS, MAYBE = "never", "always", "maybe"


class Row(NamedTuple):
    """One condition key: who has it, what it holds, and why it does or does not say who calls."""

    anonymous: str
    principal: str
    service: str
    holds: str
    note: str
    reference: str


SAYS_WHO: Final = "says who calls"
_FREE = "the caller chooses it"
_ANYONE = "anyone can meet it"

# Keys that are not here may be there or not, with any value, for every caller.
KEYS: Final[Mapping[str, Row]] = {
    "aws:principalarn": Row(NEVER, ALWAYS, NEVER, "principal", SAYS_WHO, "[KEYS] PrincipalArn"),
    "aws:principalaccount": Row(
        ALWAYS, ALWAYS, NEVER, "account", SAYS_WHO, "[KEYS] PrincipalAccount"
    ),
    "kms:calleraccount": Row(NEVER, ALWAYS, NEVER, "account", SAYS_WHO, "KMS guide, CallerAccount"),
    "aws:principalorgid": Row(
        NEVER, MAYBE, NEVER, "organization", SAYS_WHO, "[KEYS] PrincipalOrgID"
    ),
    "aws:principalorgpaths": Row(NEVER, MAYBE, NEVER, "path", SAYS_WHO, "[KEYS] PrincipalOrgPaths"),
    "aws:principaltag/*": Row(
        NEVER, MAYBE, NEVER, "text", "every account tags its own principals", "[KEYS] PrincipalTag"
    ),
    "aws:principaltype": Row(ALWAYS, ALWAYS, NEVER, "type", _ANYONE, "[VAR] PrincipalType"),
    "aws:principalisawsservice": Row(
        NEVER, ALWAYS, ALWAYS, "isservice", SAYS_WHO, "[KEYS] PrincipalIsAWSService"
    ),
    "aws:principalservicename": Row(
        NEVER, NEVER, ALWAYS, "servicename", SAYS_WHO, "[KEYS] PrincipalServiceName"
    ),
    "aws:principalservicenameslist": Row(
        NEVER, NEVER, ALWAYS, "servicename", SAYS_WHO, "[KEYS] PrincipalServiceNamesList"
    ),
    "aws:userid": Row(ALWAYS, ALWAYS, NEVER, "userid", SAYS_WHO, "[VAR] userid"),
    "aws:username": Row(
        NEVER, MAYBE, NEVER, "text", "every account may have a user of that name", "[VAR] username"
    ),
    "aws:tokenissuetime": Row(NEVER, MAYBE, NEVER, "issued", _ANYONE, "[KEYS] TokenIssueTime"),
    "aws:multifactorauthpresent": Row(
        NEVER, MAYBE, NEVER, "flag", "every account has users with MFA", "[KEYS] MFAPresent"
    ),
    "aws:multifactorauthage": Row(
        NEVER, MAYBE, NEVER, "text", "every account has users with MFA", "[KEYS] MFAAge"
    ),
    "aws:federatedprovider": Row(NEVER, MAYBE, NEVER, "text", _ANYONE, "[KEYS] FederatedProvider"),
    "aws:calledvia": Row(NEVER, MAYBE, NEVER, "text", "any account calls via it", "[KEYS]"),
    "aws:calledviafirst": Row(
        NEVER, MAYBE, NEVER, "text", "any account calls via it", "[KEYS] CalledViaFirst"
    ),
    "aws:calledvialast": Row(
        NEVER, MAYBE, NEVER, "text", "any account calls via it", "[KEYS] CalledViaLast"
    ),
    "aws:viaawsservice": Row(
        MAYBE, MAYBE, MAYBE, "flag", "any account calls via a service", "[KEYS] ViaAWSService"
    ),
    "aws:sourceip": Row(MAYBE, MAYBE, NEVER, "ip", "the network is not fixed", "[KEYS] SourceIp"),
    "aws:vpcsourceip": Row(
        MAYBE, MAYBE, NEVER, "vpcip", "every VPC may use these addresses", "[KEYS] VpcSourceIp"
    ),
    "aws:sourcevpc": Row(MAYBE, MAYBE, NEVER, "vpc", SAYS_WHO, "[KEYS] SourceVpc"),
    "aws:sourcevpce": Row(MAYBE, MAYBE, NEVER, "vpc", SAYS_WHO, "[KEYS] SourceVpce"),
    "aws:sourcevpcarn": Row(MAYBE, MAYBE, NEVER, "vpc", SAYS_WHO, "[KEYS] SourceVpcArn"),
    "aws:vpceaccount": Row(MAYBE, MAYBE, NEVER, "vpc", SAYS_WHO, "[KEYS] VpceAccount"),
    "aws:vpceorgid": Row(MAYBE, MAYBE, NEVER, "vpc", SAYS_WHO, "[KEYS] VpceOrgID"),
    "aws:vpceorgpaths": Row(MAYBE, MAYBE, NEVER, "vpc", SAYS_WHO, "[KEYS] VpceOrgPaths"),
    "aws:sourcearn": Row(NEVER, NEVER, ALWAYS, "source", SAYS_WHO, "[KEYS] SourceArn"),
    "aws:sourceaccount": Row(NEVER, NEVER, ALWAYS, "account", SAYS_WHO, "[KEYS] SourceAccount"),
    "aws:sourceowner": Row(NEVER, MAYBE, ALWAYS, "account", SAYS_WHO, "[KEYS] SourceOwner"),
    "aws:sourceorgid": Row(NEVER, NEVER, MAYBE, "organization", SAYS_WHO, "[KEYS] SourceOrgID"),
    "aws:sourceorgpaths": Row(NEVER, NEVER, MAYBE, "path", SAYS_WHO, "[KEYS] SourceOrgPaths"),
    "aws:securetransport": Row(
        ALWAYS, ALWAYS, ALWAYS, "transport", "it says how, not who", "[KEYS] SecureTransport"
    ),
    "s3:tlsversion": Row(ALWAYS, ALWAYS, ALWAYS, "tls", "it says how, not who", "S3 keys"),
    "aws:currenttime": Row(ALWAYS, ALWAYS, ALWAYS, "time", "it says when, not who", "[KEYS]"),
    "aws:epochtime": Row(ALWAYS, ALWAYS, ALWAYS, "time", "it says when, not who", "[KEYS]"),
    "aws:resourceaccount": Row(
        ALWAYS, ALWAYS, ALWAYS, "owner", "it is always the owner's", "[KEYS] ResourceAccount"
    ),
    "s3:resourceaccount": Row(
        ALWAYS, ALWAYS, ALWAYS, "owner", "it is always the owner's", "S3 keys, ResourceAccount"
    ),
    "aws:resourceorgid": Row(
        MAYBE, MAYBE, MAYBE, "ownerorg", "it is always the owner's", "[KEYS] ResourceOrgID"
    ),
    "aws:resourceorgpaths": Row(
        MAYBE, MAYBE, MAYBE, "ownerorg", "it is always the owner's", "[KEYS] ResourceOrgPaths"
    ),
    "s3:dataaccesspointarn": Row(MAYBE, MAYBE, MAYBE, "accesspoint", SAYS_WHO, "[BPA]"),
    "s3:dataaccesspointaccount": Row(MAYBE, MAYBE, MAYBE, "accesspoint", SAYS_WHO, "[BPA]"),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": Row(
        MAYBE, MAYBE, MAYBE, "fixed", SAYS_WHO, "[BPA]"
    ),
    "elasticfilesystem:accessedviamounttarget": Row(
        MAYBE, MAYBE, MAYBE, "mounted", SAYS_WHO, 'EFS guide, "The meaning of public"'
    ),
    # SageMaker guide, "Inference routers": an endpoint's policy names the router that calls it.
    "sagemaker:sourceinferencerouterarn": Row(
        NEVER, MAYBE, MAYBE, "fixed", SAYS_WHO, "SageMaker guide"
    ),
    "lambda:eventsourcetoken": Row(MAYBE, MAYBE, MAYBE, "fixed", SAYS_WHO, "Lambda guide"),
    "kms:*": Row(NEVER, MAYBE, MAYBE, "text", "any account meets it", "KMS guide, condition keys"),
    "kms:viaservice": Row(NEVER, MAYBE, MAYBE, "text", "any account calls via it", "KMS guide"),
    "aws:referer": Row(MAYBE, MAYBE, MAYBE, "text", "the caller writes this header", "[KEYS]"),
    "aws:useragent": Row(MAYBE, MAYBE, MAYBE, "text", "the caller writes this header", "[KEYS]"),
    "aws:requestedregion": Row(MAYBE, MAYBE, MAYBE, "text", _FREE, "[KEYS] RequestedRegion"),
    "sts:externalid": Row(NEVER, MAYBE, NEVER, "text", _FREE, "STS guide, ExternalId"),
}

_ANYTHING: Final = Row(MAYBE, MAYBE, MAYBE, "text", _ANYONE, "")
_FAMILIES: Final = {k[:-1]: row for k, row in KEYS.items() if k.endswith("*")}


def row(key: str) -> Row:
    """Return what is known of a key."""
    if key in KEYS:
        return KEYS[key]
    return next((r for head, r in _FAMILIES.items() if key.startswith(head)), _ANYTHING)


ACCOUNT_KEYS: Final = frozenset({
    "aws:principalaccount", "kms:calleraccount", "aws:sourceaccount", "aws:sourceowner",
    "s3:dataaccesspointaccount", "aws:vpceaccount", "aws:resourceaccount", "s3:resourceaccount",
})
ARN_KEYS: Final = frozenset({
    "aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn", "aws:sourcevpcarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id", "sagemaker:sourceinferencerouterarn",
})
ORGANIZATION_KEYS: Final = frozenset({
    "aws:principalorgid", "aws:sourceorgid", "aws:vpceorgid", "aws:resourceorgid",
    "aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths", "aws:resourceorgpaths",
})
FIXED_KEYS: Final = frozenset({
    "aws:sourcevpc", "aws:sourcevpce", "aws:principalservicename", "aws:principalisawsservice",
    "aws:principalservicenameslist", "lambda:eventsourcetoken",
    "elasticfilesystem:accessedviamounttarget",
    "s3:x-amz-server-side-encryption-aws-kms-key-id", "aws:sourcearn",
    "sagemaker:sourceinferencerouterarn",
})
# Keys that vary with the network a call comes from; without any of them one network stands for all.
NETWORK_KEYS: Final = frozenset(k for k, r in KEYS.items() if r.holds in ("ip", "vpcip", "vpc"))
SOURCE_KEYS: Final = frozenset({
    "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid",
    "aws:sourceorgpaths",
})
# Keys by which users, roles and roots differ; without any of them a user stands for all.
SELF_KEYS: Final = frozenset({
    "aws:principalarn", "aws:userid", "aws:username", "aws:principaltype", "aws:tokenissuetime",
    "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:federatedprovider",
})

# Providers whose users are everybody, and how the claim ``sub`` begins with the owner there.
# IAM user guide, "Creating OpenID Connect identity providers"; GitHub, GitLab, HashiCorp docs.
PUBLIC_PROVIDERS: Final[Mapping[str, tuple[str, str]]] = {
    "graph.facebook.com": ("", ""),
    "accounts.google.com": ("", ""),
    "www.amazon.com": ("", ""),
    "cognito-identity.amazonaws.com": ("", ""),
    "token.actions.githubusercontent.com": ("repo:", "/"),
    "gitlab.com": ("project_path:", "/"),
    "app.terraform.io": ("organization:", ":"),
    "agent.buildkite.com": ("organization:", ":"),
}
# A GitHub owner may make ``sub`` of other claims, which then say nothing of whose they are.
# GitHub docs, "Customizing the token claims".
OWNERLESS_SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "token.actions.githubusercontent.com": (
        "environment:", "ref:", "workflow:", "context:", "head_ref:", "base_ref:", "event_name:",
    ),
}
# Claims that any workflow can have. IAM user guide, "Available keys for AWS OIDC federation".
FREE_CLAIMS: Final = frozenset({"amr", "ref", "environment", "workflow"})


def owner_in(key: str, value: str) -> str:
    """Return the beginning of a ``sub`` that names the owner ("repo:ours/"), or ""."""
    head, end = PUBLIC_PROVIDERS.get(key.rpartition(":")[0], ("", ""))
    if not head or not key.endswith(":sub") or not value.startswith(head):
        return ""
    owner, found, _ = value.removeprefix(head).partition(end)
    fixed = found and owner and not any(sign in owner for sign in "*?")
    return f"{head}{owner}{end}" if fixed else ""


def is_claim(key: str) -> bool:
    """Say whether a key is a claim of an identity provider: accounts.google.com:aud."""
    return "." in key.rpartition(":")[0]


def provider(name: str) -> str:
    """Return the host of a provider given by host or by ARN, or "" for one that is not OIDC."""
    host = name.partition("oidc-provider/")[2] if name.startswith("arn:") else name
    return host.lower().removeprefix("https://")
