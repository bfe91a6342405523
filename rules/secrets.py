"""Secrets that ML uses: git credentials, registry logins, connections of Canvas."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import KEY, SECRET, Secret
from auditor.policy import Trust, cross_account, public
from auditor.rule import Other, Sample, Setting, rule
from auditor.shape import when
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, ENCRYPTION, NIST, SECRETS
from ._keys import customer_managed
from ._status import Check

_ARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:git-a1b2c3"
_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_LATE = timedelta(days=2)  # a rotation may take its whole window of a day


def _secret(**members: Any) -> dict[str, Any]:
    return {"ARN": _ARN, "Name": "git", **members}


def _policy(principal: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": principal, "Action": "secretsmanager:GetSecretValue",
        "Resource": "*", **more}]})  # fmt: skip


def _kept(check: Check) -> Check:
    """Make a rule NotApplicable to a secret that is scheduled for deletion: nobody can read it."""

    @wraps(check)
    def judged(secret: Resource[Secret], **settings: Any) -> Verdict:
        if secret.data.DeletedDate:
            return NotApplicable("the secret is scheduled for deletion and cannot be read")
        return check(secret, **settings)

    return judged


def _with_key(state: str) -> Sample:
    return Sample(_secret(KmsKeyId=_KEY_ARN), (Other(KEY, {
        "KeyId": _KEY_ARN.rpartition("/")[2], "Arn": _KEY_ARN, "KeyManager": "CUSTOMER",
        "KeyState": state}),))  # fmt: skip


@rule(
    "secretsmanager-cmk",
    "The secret is encrypted with a key of your own",
    on=SECRET,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {"AWS Config": ["secretsmanager-using-cmk"]},
    fix="Let those who read the secret use the key, then `aws secretsmanager update-secret"
    " --secret-id {arn} --region {region} --kms-key-id KEY_ARN`.",
    good=_with_key("Enabled"),
    bad=[_secret(), _with_key("Disabled")],
)
@_kept
def secret_is_under_a_key(secret: Resource[Secret]) -> Verdict:
    """Every identity of the account may use aws/secretsmanager, so it keeps nobody out.

    With a key of your own, a role needs a permission on it as well, and the secret can be shared
    with another account, or taken back, by the key alone.
    """
    if not secret.data.KmsKeyId:
        return Fail("KmsKeyId is not set: the secret is encrypted with aws/secretsmanager, a key"
                    " that AWS manages")  # fmt: skip
    return customer_managed(secret, "KmsKeyId", "the secret")


@rule(
    "secretsmanager-policy",
    "The secret's policy lets nobody in but those you know",
    on=SECRET,
    severity=Severity.HIGH,
    controls=ACCESS | {NIST: ["AC-3", "AC-6", "IA-5(7)", "SC-7"], "CIS AWS v7.0": ["2.21"]},
    fix="Name your own roles as principals and put the policy again: `aws secretsmanager"
    " put-resource-policy --secret-id {arn} --region {region} --resource-policy file://policy.json"
    " --block-public-policy`, or `aws secretsmanager delete-resource-policy --secret-id {arn}"
    " --region {region}`. Accounts that are meant to read it belong into trusted_accounts.",
    good=[
        _secret(),
        _secret(Policy=_policy({"AWS": "arn:aws:iam::111122223333:role/training"})),
        Sample(
            _secret(Policy=_policy({"AWS": "arn:aws:iam::444455556666:root"})),
            settings={"trusted_accounts": ["444455556666"]},
        ),
    ],
    bad=[
        _secret(Policy=_policy("*")),
        _secret(Policy=_policy({"AWS": "arn:aws:iam::444455556666:root"})),
    ],
    settings=(
        Setting("trusted_accounts", (), "Ids of accounts that secrets' policies may let in."),
        Setting("trusted_organizations", (), "Ids of organizations (o-…) they may let in."),
    ),
)
@_kept
def secret_is_not_shared(
    secret: Resource[Secret],
    trusted_accounts: Collection[str],
    trusted_organizations: Collection[str],
) -> Verdict:
    """A git token reads and writes the code that training runs, a registry login its images.

    A policy that lets in another account, or any, gives these away with no trace in the account
    that meant to use them. Without a policy only identities of this account can be let in.
    """
    document = secret.data.Policy
    if not document:
        return Pass("the secret has no policy: only identities of this account can be let in")
    trust = Trust(
        account=secret.account, accounts=frozenset(trusted_accounts),
        organizations=frozenset(trusted_organizations),
    )
    answers = (
        public(document, service="secretsmanager"),
        cross_account(document, trust, service="secretsmanager"),
    )
    for found in answers:
        if found.answer:
            return Fail(found.because)
    for found in answers:
        if found.answer is None:
            raise Unseen(found.because)
    return Pass()


@rule(
    "secretsmanager-rotation",
    "The secret is changed by itself, and lately was",
    on=SECRET,
    severity=Severity.MEDIUM,
    controls=SECRETS | {
        NIST: ["AC-2(1)", "AC-3(15)"],
        "AWS FSBP": ["SecretsManager.1", "SecretsManager.2", "SecretsManager.4"],
        "AWS Config": [
            "secretsmanager-rotation-enabled-check",
            "secretsmanager-scheduled-rotation-success-check",
            "secretsmanager-secret-periodic-rotation",
        ],
    },
    fix="`aws secretsmanager rotate-secret --secret-id {arn} --region {region}"
    " --rotation-lambda-arn FUNCTION_ARN --rotation-rules AutomaticallyAfterDays=30` with a"
    " function that can get a new token where the old one is from; where rotation fails, the log"
    " of that function says why.",
    good=_secret(
        RotationEnabled=True, LastRotatedDate="2026-01-20T00:00:00+00:00",
        RotationRules={"AutomaticallyAfterDays": 30},
    ),
    bad=[
        _secret(RotationEnabled=False),
        _secret(),
        _secret(
            RotationEnabled=True, LastRotatedDate="2025-12-01T00:00:00+00:00",
            RotationRules={"AutomaticallyAfterDays": 30},
        ),
        _secret(RotationEnabled=True, LastRotatedDate="2025-09-01T00:00:00+00:00"),
    ],
    settings=(Setting("days", 90, "How many days ago the last change may be."),),
)
@_kept
def secret_is_changed(secret: Resource[Secret], days: float) -> Verdict:
    """A token that was copied is good until it is changed, and nobody knows that it was copied.

    Secrets of notebooks and training are read by many people and much code. A rotation that is
    configured and fails is worse than none, because everybody relies on it.
    """
    data = secret.data
    primary = data.PrimaryRegion
    if primary and primary != secret.region:
        return NotApplicable(f"a replica, which changes with its primary in {primary}")
    if not data.RotationEnabled:
        if data.OwningService:
            return NotApplicable(f"{data.OwningService} manages the secret and changes it")
        return Fail("RotationEnabled is not true: nothing changes the secret")
    last = data.LastRotatedDate or data.CreatedDate
    if last is None:
        raise Unseen(f"Secrets Manager does not say when {secret.name} was last rotated")
    now = when(secret.seen)
    every = data.RotationRules and data.RotationRules.AutomaticallyAfterDays
    due = data.NextRotationDate or (last + timedelta(days=every) if every else None)
    if due and now - due > _LATE:
        return Fail(f"rotation was due on {_day(due)} and did not happen: it was last on"
                    f" {_day(last)}")  # fmt: skip
    if now - last > timedelta(days=days):
        return Fail(f"LastRotatedDate is {_day(last)}, more than {days:g} days ago")
    return Pass(f"last rotated on {_day(last)}")


def _day(at: datetime) -> str:
    return at.date().isoformat()


@rule(
    "secretsmanager-unused",
    "The secret is read by somebody",
    on=SECRET,
    severity=Severity.MEDIUM,
    controls=SECRETS | {
        NIST: ["AC-2(1)", "AC-3(15)"],
        "AWS FSBP": ["SecretsManager.3"],
        "AWS Config": ["secretsmanager-secret-unused"],
    },
    fix="Ask its owner, revoke what it stands for, then `aws secretsmanager delete-secret"
    " --secret-id {arn} --region {region} --recovery-window-in-days 30`, and take it out of the"
    " code repository or connection that names it.",
    good=_secret(LastAccessedDate="2026-01-20T00:00:00+00:00"),
    bad=[
        _secret(LastAccessedDate="2025-10-01T00:00:00+00:00"),
        _secret(CreatedDate="2025-06-01T00:00:00+00:00"),
    ],
    settings=(Setting("days", 90, "How many days ago the last reading may be."),),
)
@_kept
def secret_is_read(secret: Resource[Secret], days: float) -> Verdict:
    """A token that nobody reads still works for whoever finds it.

    It belonged to a project that ended or a person who left, so nobody changes it and nobody
    would notice its use.
    """
    since = when(secret.seen) - timedelta(days=days)
    last, made = secret.data.LastAccessedDate, secret.data.CreatedDate
    if last is not None:
        if last < since:
            return Fail(f"LastAccessedDate is {_day(last)}, more than {days:g} days ago")
        return Pass(f"last read on {_day(last)}")
    # "This field is omitted if the secret has never been retrieved": DescribeSecret
    if made is None:
        raise Unseen(f"Secrets Manager does not say when {secret.name} was made")
    if made > since:
        return NotApplicable(f"made on {_day(made)}, less than {days:g} days ago, and not read yet")
    return Fail(f"never read since it was made on {_day(made)}")
