"""Who may use a KMS key: its policy, and the grants beside it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import KEY, ROLE, Key, account_of
from auditor.policy import Trust, cross_account, public
from auditor.policy.model import Statement
from auditor.policy.reading import read
from auditor.rule import Sample, Setting, rule
from auditor.shape import when
from auditor.shapes.kms import GrantListEntry
from auditor.verdict import Fail, Pass, Severity, Verdict

from ._controls import ACCESS, ATLAS, ENCRYPTION, NIST
from ._kms import STANDING, allow, ours, policy, sample_key, user_of
from ._trust import ROLE_ARN, admits_sagemaker, other_role

_ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
_PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}
_DEFAULT = allow(_ROOT, "kms:*")
_USE = allow({"AWS": ROLE_ARN}, "kms:Decrypt", "kms:GenerateDataKey")
_SOUND = policy(_DEFAULT, _USE)
_EDIT = (
    "`aws kms get-key-policy --key-id {arn} --policy-name default --region {region} --query Policy"
    " --output text > policy.json`, %s, then `aws kms put-key-policy --key-id {arn} --policy-name"
    " default --region {region} --policy file://policy.json`."
)
_GRANT = {
    "GrantId": "0c237476b39f8bc44e45212e08498fbe3151305030726c0590dd8d3e9f3d6a60",
    "GranteePrincipal": ROLE_ARN, "Operations": ["Decrypt"],
}  # fmt: skip


def _document(key: Resource[Key]) -> str:
    """Return the policy of a key, which every key has."""
    document = key.data.Policy
    if not document:
        raise Unseen(f"the policy of the key {key.name} was not seen")
    return document


@rule(
    "kms-key-policy-defined",
    "The key's policy says more than KMS's default",
    on=KEY,
    severity=Severity.LOW,
    controls=ACCESS,
    fix=_EDIT % (
        "name the roles that use the key and those that administer it, each with the actions it"
        " needs, and keep the account's own statement for IAM or narrow it to administration"
    ),
    good=sample_key(Policy=_SOUND),
    bad=sample_key(Policy=policy(_DEFAULT)),
)
@ours
def policy_is_defined(key: Resource[Key]) -> Verdict:
    """A key made without a policy gets one that hands it to the account: whoever has kms:Decrypt on
    everything in an IAM policy can read what it encrypts. Then the key adds nothing to S3's own
    permissions. A policy that names who uses it and who runs it keeps the two apart.
    """
    parsed = read(_document(key))
    if parsed.unreadable:
        raise Unseen(f"the policy of the key {key.name} cannot be read: {parsed.unreadable}")
    if all(_is_default(statement, key.account) for statement in parsed.statements):
        return Fail("the policy only hands the key to the account, as KMS does by default")
    return Pass()


def _is_default(statement: Statement, account: str) -> bool:
    """Tell whether a statement is KMS's own: the account as a whole may do everything."""
    principals = statement.principals or ()
    return (
        statement.allow and not statement.conditions and bool(principals)
        and all(one.kind == "account" and one.value == account for one in principals)
        and not statement.not_action
        and any(action.lower() in ("*", "kms:*") for action in statement.actions or ())
    )  # fmt: skip


@rule(
    "kms-key-public",
    "The key's policy lets in nobody at large",
    on=KEY,
    severity=Severity.CRITICAL,
    controls=ACCESS | {
        "AWS FSBP": ["KMS.5"],
        "CIS AWS v7.0": ["2.21"],
        "AWS Config": ["kms-key-policy-no-public-access"],
    },
    fix=_EDIT % "name the principals that need the key where the policy says * now",
    good=[
        sample_key(Policy=_SOUND),
        sample_key(Policy=policy(_DEFAULT, allow("*", "kms:Decrypt", Condition={
            "StringEquals": {"kms:CallerAccount": "111122223333"}}))),
    ],
    bad=[
        sample_key(Policy=policy(_DEFAULT, allow("*", "kms:Decrypt"))),
        sample_key(Policy=policy(allow({"AWS": "*"}, "kms:*"))),
    ],
)  # fmt: skip
@ours
def key_is_not_public(key: Resource[Key]) -> Verdict:
    """A key that any AWS account may use protects nothing: whoever gets hold of a snapshot or an
    object decrypts it from their own account, and whoever may change the key can lock you out. A
    condition such as kms:ViaService does not help, for strangers have that service too.
    """
    found = public(_document(key), service="kms")
    if found.answer is None:
        raise Unseen(found.because)
    return Fail(found.because) if found.answer else Pass()


@rule(
    "kms-key-foreign-account",
    "Key policy and grants give no other account use of the key",
    on=KEY,
    severity=Severity.HIGH,
    controls=ACCESS | {ATLAS: ["AML.T0012", "AML.T0035"]},
    fix="Put the account on the list under `[rules.kms-key-foreign-account]` of auditor.toml if it"
    " may use the key. If not, for the policy: " + _EDIT % "take its statement out"
    + " A grant goes with `aws kms revoke-grant --key-id {arn} --grant-id GRANT_ID --region"
    " {region}`.",
    good=[
        sample_key(Policy=_SOUND, Grants=[_GRANT]),
        Sample(sample_key(Policy=policy(_DEFAULT, allow(_PARTNER, "kms:Decrypt"))),
               settings={"trusted_accounts": ["444455556666"]}),
    ],
    bad=[
        sample_key(Policy=policy(_DEFAULT, allow(_PARTNER, "kms:Decrypt"))),
        sample_key(Policy=_SOUND, Grants=[
            _GRANT | {"GranteePrincipal": "arn:aws:iam::444455556666:role/reader"}]),
    ],
    settings=(
        Setting("trusted_accounts", (), "Ids of accounts that may use keys of this one."),
        Setting("trusted_organizations", (), "Ids of organizations (o-…) that may."),
        Setting("trusted_org_units", (), "Beginnings of aws:PrincipalOrgPaths that may."),
    ),
)  # fmt: skip
@ours
def key_stays_at_home(
    key: Resource[Key],
    trusted_accounts: Collection[str],
    trusted_organizations: Collection[str],
    trusted_org_units: Collection[str],
) -> Verdict:
    """Whoever may use the key reads the data wherever a copy of it turns up. Grants do it as well
    as the policy, and no console page of the policy shows them. The list of accounts that may is
    empty until you fill it, so everyone outside the account counts. It is an offer: the other
    account must allow it on its side too.
    """
    refused: Unseen | None = None
    trust = Trust(
        key.account, frozenset(trusted_accounts), frozenset(trusted_organizations),
        frozenset(trusted_org_units),
    )  # fmt: skip
    try:
        found = cross_account(_document(key), trust, service="kms")
        if found.answer:
            return Fail(found.because)
        if found.answer is None:
            refused = Unseen(found.because)
    except Unseen as unseen:  # a grant may be foreign for certain all the same
        refused = unseen
    for grant in _grants(key):
        owner = _account(grant)
        if owner not in ("", key.account, *trusted_accounts):
            return Fail(
                f"the grant {grant.GrantId} lets {grant.GranteePrincipal} of account {owner}"
                f" {', '.join(grant.Operations or ['use the key'])}"
            )
    if refused:
        raise refused
    return Pass()


def _grants(key: Resource[Key]) -> list[GrantListEntry]:
    grants = key.data.Grants
    if grants is None:
        raise Unseen(f"the grants of the key {key.name} were not seen")
    return grants


def _account(grant: GrantListEntry) -> str:
    """Return the account that a grant is for, "" where it is for an AWS service."""
    who = grant.GranteePrincipal
    if not who:
        if grant.GranteeServicePrincipal:
            return ""
        raise Unseen(f"KMS does not say whom the grant {grant.GrantId} is for")
    return who if who.isdigit() else account_of(who)


# -- grants that stay

_LONG_AGO, _LATELY = "2025-06-01T00:00:00+00:00", "2026-01-20T00:00:00+00:00"


@rule(
    "kms-grants-unretired",
    "No grants for SageMaker outlive the jobs they were made for",
    on=KEY,
    severity=Severity.LOW,
    controls=ENCRYPTION | {NIST: ["AC-2(3)", "AC-6", "SC-12"]},
    fix="Look at the grants with `aws kms list-grants --key-id {arn} --region {region}` and take"
    " those away that no running job needs: `aws kms revoke-grant --key-id {arn} --grant-id"
    " GRANT_ID --region {region}`.",
    good=[
        sample_key(Grants=[]),
        sample_key(Grants=[_GRANT | {"CreationDate": _LATELY}]),
    ],
    bad=[
        Sample(sample_key(Grants=[_GRANT | {"CreationDate": _LONG_AGO}]), (other_role(),)),
        sample_key(Grants=[_GRANT | {"GranteePrincipal": "sagemaker.amazonaws.com",
                                     "CreationDate": _LONG_AGO}]),
    ],
    settings=(Setting("days", 90, "Days after which no job can still need its grant."),),
)  # fmt: skip
@ours
def grants_are_retired(key: Resource[Key], days: int) -> Verdict:
    """SageMaker makes a grant for a job and retires it at its end; one that stays lets its holder
    decrypt for ever, whatever the key's policy says by then. Grants for SageMaker and its roles
    count as left behind once they are older than any job, unless something that lasts, such as a
    notebook or a domain, names the key and may need them.
    """
    since = when(key.seen) - timedelta(days=days)
    old = []
    for grant in _grants(key):
        if grant.CreationDate is None:
            raise Unseen(f"KMS does not say when the grant {grant.GrantId} was made")
        if grant.CreationDate < since:
            old.append(grant)
    left = _of_sagemaker(key, old)
    if not left:
        return Pass()
    user = user_of(key, STANDING)
    if user is not None:
        return Pass(f"{user.kind.noun} {user.name} names the key and may need its old grants")
    first = left[0]
    assert first.CreationDate is not None
    return Fail(
        f"{len(left)} grants for SageMaker are older than {days} days and nothing that lasts names"
        f" the key: {first.GrantId} of {first.CreationDate:%Y-%m-%d} for"
        f" {first.GranteePrincipal or first.GranteeServicePrincipal}"
    )


def _of_sagemaker(key: Resource[Key], grants: list[GrantListEntry]) -> list[GrantListEntry]:
    """Return the grants that are for SageMaker, or for a role that it can assume."""
    found = [grant for grant in grants if _for_service(grant)]
    others = [grant for grant in grants if not _for_service(grant)]
    named = {grant.GranteePrincipal for grant in others} - {None, ""}
    if named:
        roles = {role.arn for role in key.all(ROLE) if role.arn in named and admits_sagemaker(role)}
        found += [grant for grant in others if grant.GranteePrincipal in roles]
    return found


def _for_service(grant: GrantListEntry) -> bool:
    principals = (
        grant.GranteePrincipal, grant.GranteeServicePrincipal,
        grant.RetiringPrincipal, grant.RetiringServicePrincipal,
    )  # fmt: skip
    return any((one or "").startswith("sagemaker.") for one in principals)
