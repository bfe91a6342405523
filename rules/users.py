"""The root user and the users of the account: passwords, devices, and keys that last."""

from __future__ import annotations

from datetime import timedelta

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ACCOUNT, USER, Account, User
from auditor.rule import Setting, rule
from auditor.shape import when
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ACCESS, NIST

_MFA = ["AC-2(1)", "AC-3(15)", "IA-2(1)", "IA-2(2)", "IA-2(6)", "IA-2(8)"]


def _count(account: Resource[Account], name: str) -> int:
    """Return one of IAM's counts of the account; raises :class:`Unseen` where IAM left it out."""
    counts = account.data.SummaryMap
    if counts is None or name not in counts:
        raise Unseen(f"IAM's summary of the account does not say {name}")
    return counts[name]


@rule(
    "iam-root-access-key",
    "The root user has no access keys",
    on=ACCOUNT,
    severity=Severity.CRITICAL,
    controls=ACCESS | {
        NIST: ["AC-2(1)", "AC-3(15)", "AC-3(7)", "AC-6", "AC-6(10)", "AC-6(2)"],
        "AWS FSBP": ["IAM.4"],
        "CIS AWS v1.4": ["1.4"],
        "CIS AWS v3.0": ["1.4"],
        "CIS AWS v5.0": ["1.3"],
        "CIS AWS v6.0": ["2.3"],
        "CIS AWS v7.0": ["2.4"],
        "AWS Config": ["iam-root-access-key-check"],
    },
    fix="Sign in as the root user of account {account}, open Security credentials and delete the"
    " access keys; what uses them gets a role instead. In an organization the management account"
    " deletes them for its members with `aws sts assume-root` and the task policy"
    " IAMDeleteRootUserCredentials.",
    good={"SummaryMap": {"AccountAccessKeysPresent": 0}},
    bad={"SummaryMap": {"AccountAccessKeysPresent": 1}},
)
def root_has_no_keys(account: Resource[Account]) -> Verdict:
    """A key of the root user does anything in the account, from anywhere, without a second factor;
    no policy of the account narrows it. Nothing needs one: whatever runs with it can run with a
    role.
    """
    if _count(account, "AccountAccessKeysPresent"):
        return Fail("SummaryMap.AccountAccessKeysPresent is 1: the root user has access keys")
    return Pass()


@rule(
    "iam-root-mfa",
    "The root user signs in with a second factor",
    on=ACCOUNT,
    severity=Severity.CRITICAL,
    controls=ACCESS | {
        NIST: _MFA,
        "AWS FSBP": ["IAM.9", "IAM.6"],
        "CIS AWS v1.4": ["1.5", "1.6"],
        "CIS AWS v3.0": ["1.5", "1.6"],
        "CIS AWS v5.0": ["1.4", "1.5"],
        "CIS AWS v6.0": ["2.4", "2.5"],
        "CIS AWS v7.0": ["2.5", "2.6"],
        "AWS Config": ["root-account-mfa-enabled", "root-account-hardware-mfa-enabled"],
    },
    fix="Sign in as the root user of account {account}, open Security credentials and assign an MFA"
    " device, best a hardware one. In an organization the members' root credentials can be taken"
    " away altogether: `aws iam enable-organizations-root-credentials-management` and `aws iam"
    " enable-organizations-root-sessions` in the management account.",
    good=[
        {"SummaryMap": {"AccountMFAEnabled": 1}},
        {"SummaryMap": {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0,
                        "AccountAccessKeysPresent": 0}},
    ],
    bad={"SummaryMap": {"AccountMFAEnabled": 0}},
)  # fmt: skip
def root_has_mfa(account: Resource[Account]) -> Verdict:
    """The root user can close the account and undo every guard in it. With a password alone one
    phished mailbox is enough, since the password is reset by mail. A member of an organization
    whose root user has neither password nor keys has nothing to sign in with and is sound. Whether
    the device is hardware, as some standards ask, the summary does not tell.
    """
    if account.partition == "aws-us-gov":
        # "AWS Identity and Access Management", AWS GovCloud (US) user guide
        return NotApplicable("in AWS GovCloud (US) a root user cannot sign in or have a device")
    if _count(account, "AccountMFAEnabled"):
        return Pass()
    counts = account.data.SummaryMap or {}
    if counts.get("AccountPasswordPresent") == 0 and counts.get("AccountAccessKeysPresent") == 0:
        return Pass("the root user has neither a password nor access keys to sign in with")
    return Fail("SummaryMap.AccountMFAEnabled is 0: the root user has no MFA device")


@rule(
    "iam-user-mfa",
    "Users with a password have a second factor",
    on=USER,
    severity=Severity.MEDIUM,
    controls=ACCESS | {
        NIST: _MFA,
        "AWS FSBP": ["IAM.5", "IAM.19"],
        "CIS AWS v1.4": ["1.10"],
        "CIS AWS v3.0": ["1.10"],
        "CIS AWS v5.0": ["1.9"],
        "CIS AWS v6.0": ["2.9"],
        "CIS AWS v7.0": ["2.10"],
        "AWS Config": ["mfa-enabled-for-iam-console-access", "iam-user-mfa-enabled"],
    },
    fix="Let the user add a device under Security credentials in the console (`aws iam"
    " enable-mfa-device --user-name {name}` does it for a virtual one), or take the password away:"
    " `aws iam delete-login-profile --user-name {name}`.",
    good={"UserName": "ann", "LoginProfile": {"UserName": "ann"},
          "MFADevices": [{"UserName": "ann", "SerialNumber": "arn:aws:iam::111122223333:mfa/ann"}]},
    bad={"UserName": "ann", "LoginProfile": {"UserName": "ann"}, "MFADevices": []},
)  # fmt: skip
def user_has_mfa(user: Resource[User]) -> Verdict:
    """A password that leaks opens the console, and from there every notebook and data set the user
    may see. A second factor makes the password alone worth nothing. Users without a password
    cannot sign in to the console; for them the question is one of keys.
    """
    if user.data.LoginProfile is None:
        return NotApplicable("the user has no password for the console")
    devices = user.data.MFADevices
    if devices is None:
        raise Unseen(f"the MFA devices of {user.name} were not seen")
    if devices:
        return Pass()
    return Fail("the user has a password and MFADevices is empty")


_OLD, _NEW = "2025-09-01T00:00:00+00:00", "2026-01-10T00:00:00+00:00"


def _with_key(status: str, made: str) -> dict[str, object]:
    """Return a user with one access key, for the samples."""
    return {"UserName": "ann", "AccessKeys": [{
        "UserName": "ann", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": status,
        "CreateDate": made}]}  # fmt: skip


@rule(
    "iam-user-access-key-rotation",
    "Access keys are no older than 90 days",
    on=USER,
    severity=Severity.MEDIUM,
    controls=ACCESS | {
        NIST: ["AC-2(1)", "AC-2(3)", "AC-3(15)"],
        "AWS FSBP": ["IAM.3"],
        "CIS AWS v1.4": ["1.14"],
        "CIS AWS v3.0": ["1.14"],
        "CIS AWS v5.0": ["1.13"],
        "CIS AWS v6.0": ["2.13"],
        "CIS AWS v7.0": ["2.12"],
        "AWS Config": ["access-keys-rotated"],
    },
    fix="`aws iam create-access-key --user-name {name}`, give the new key to what used the old one,"
    " then `aws iam update-access-key --user-name {name} --access-key-id KEY_ID --status Inactive`"
    " and, once nothing misses it, `aws iam delete-access-key --user-name {name} --access-key-id"
    " KEY_ID`. A role needs no key at all.",
    good=_with_key("Active", _NEW),
    bad=_with_key("Active", _OLD),
    settings=(Setting("days", 90, "Days after which an access key is too old."),),
)
def keys_are_young(user: Resource[User], days: int) -> Verdict:
    """Access keys end up in notebooks, images and repositories, and work there until somebody
    deletes them. Changing them bounds how long one that was copied works, and shows whether anyone
    still knows where they are used. Inactive keys open nothing and do not count.
    """
    keys = user.data.AccessKeys
    if keys is None:
        raise Unseen(f"the access keys of {user.name} were not seen")
    since = when(user.seen) - timedelta(days=days)
    active, unseen, old = 0, "", []
    for key in keys:
        if key.Status == "Inactive" or key.Status == "Expired":
            continue
        active += 1
        if not key.Status or key.CreateDate is None:
            unseen = key.AccessKeyId or "one"
        elif key.CreateDate < since:
            age = (when(user.seen) - key.CreateDate).days
            old.append(f"{key.AccessKeyId} is {age} days old")
    if old:
        return Fail(f"active access keys older than {days} days: {', '.join(old)}")
    if unseen:
        raise Unseen(f"IAM does not say whether the access key {unseen} is active, or since when")
    if not active:
        return NotApplicable("the user has no active access key")
    return Pass()
