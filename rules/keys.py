"""KMS keys that ML data hangs on: whether they can be used, are rotated, and are the customer's."""

from __future__ import annotations

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import KEY, NOTEBOOK, Key
from auditor.rule import Other, Sample, rule
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import AVAILABILITY, ENCRYPTION, NIST
from ._kms import KEY_ARN, managed_by, ours, sample_key, state_of, user_of

# "Key states of AWS KMS keys", AWS KMS developer guide: in these a key encrypts and decrypts.
_USABLE = ("Enabled", "Updating")
_ENDING = ("PendingDeletion", "PendingReplicaDeletion")
_AWS_KEY = sample_key(KeyManager="AWS")


@rule(
    "kms-key-disabled",
    "A key that data hangs on is enabled",
    on=KEY,
    severity=Severity.HIGH,
    controls=AVAILABILITY | {NIST: ["SC-12", "SC-28", "CP-10"]},
    fix="`aws kms enable-key --key-id {arn} --region {region}`; one that waits to be deleted first"
    " needs `aws kms cancel-key-deletion --key-id {arn} --region {region}`, one that waits for its"
    " material `aws kms import-key-material`. If nothing needs the key any more, take it out of"
    " what still names it.",
    good=sample_key(),
    bad=[
        sample_key(KeyState="Disabled", Enabled=False),
        sample_key(KeyState="PendingImport", Enabled=False, Origin="EXTERNAL"),
    ],
)
def key_is_enabled(key: Resource[Key]) -> Verdict:
    """With a disabled key nothing that it encrypts can be read: notebooks do not start, endpoints
    do not scale out or recover, and jobs fail at their first object. It shows only when something
    restarts. Judged are the keys that something here points at.
    """
    state = state_of(key)
    if state in _USABLE:
        return Pass()
    if state == "Creating":
        return NotApplicable("KeyState is Creating")
    return Fail(f"KeyState is {state}: what the key encrypts cannot be read")


@rule(
    "kms-key-pending-deletion",
    "A key that data hangs on is not about to be deleted",
    on=KEY,
    severity=Severity.CRITICAL,
    controls=AVAILABILITY | {
        NIST: ["SC-12", "SC-12(2)"],
        "AWS FSBP": ["KMS.3"],
        "AWS Config": ["kms-cmk-not-scheduled-for-deletion"],
    },
    fix="`aws kms cancel-key-deletion --key-id {arn} --region {region}`, then `aws kms enable-key"
    " --key-id {arn} --region {region}`. Let a key go only once nothing is encrypted with it any"
    " more: encrypt buckets, volumes and file systems anew with another key first.",
    good=sample_key(),
    bad=sample_key(KeyState="PendingDeletion", Enabled=False,
                   DeletionDate="2026-02-07T00:00:00+00:00"),
)  # fmt: skip
def key_is_not_ending(key: Resource[Key]) -> Verdict:
    """When the waiting time is over the key is gone for good, and with it every data set, model and
    volume that was encrypted with it, backups included. Nobody can bring it back, AWS neither.
    Judged are the keys that something here points at.
    """
    state = state_of(key)
    if state not in _ENDING:
        return Pass()
    day = key.data.DeletionDate
    when = f" on {day:%Y-%m-%d}" if day else ""
    return Fail(f"KeyState is {state}: the key and all that it encrypts are lost{when}")


@rule(
    "kms-key-rotation",
    "The key is rotated automatically",
    on=KEY,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        NIST: ["SC-12", "SC-12(2)", "SC-28(3)"],
        "AWS FSBP": ["KMS.4"],
        "PCI DSS v4.0": ["3.7.4"],
        "CIS AWS v1.4": ["3.8"],
        "CIS AWS v3.0": ["3.6"],
        "CIS AWS v5.0": ["3.6"],
        "CIS AWS v6.0": ["4.6"],
        "CIS AWS v7.0": ["4.6"],
        "AWS Config": ["cmk-backing-key-rotation-enabled"],
    },
    fix="`aws kms enable-key-rotation --key-id {arn} --region {region}`. What was encrypted before"
    " stays readable; nothing has to be encrypted anew.",
    good=sample_key(Rotation={"KeyRotationEnabled": True}),
    bad=sample_key(Rotation={"KeyRotationEnabled": False}),
)
@ours
def key_is_rotated(key: Resource[Key]) -> Verdict:
    """Rotation limits how much hangs on one piece of key material, and costs nothing: KMS keeps the
    old material to read what is there. Only symmetric keys whose material KMS itself made can be
    rotated so; of multi-Region keys the primary decides for its replicas.
    """
    data = key.data
    state = state_of(key)
    if state in _ENDING or state == "Creating":
        return NotApplicable(f"KeyState is {state}")
    if data.KeySpec and data.KeySpec != "SYMMETRIC_DEFAULT":
        return NotApplicable(f"KeySpec is {data.KeySpec}: KMS rotates symmetric keys only")
    if data.CustomKeyStoreId:
        return NotApplicable("the key lies in a custom key store, whose keys KMS does not rotate")
    if data.Origin and data.Origin != "AWS_KMS":
        return NotApplicable(f"Origin is {data.Origin}: KMS rotates only material of its own")
    several = data.MultiRegionConfiguration
    if several is not None and several.MultiRegionKeyType == "REPLICA":
        primary = several.PrimaryKey.Region if several.PrimaryKey else None
        return NotApplicable(f"the key is a replica; its primary in {primary or 'another Region'}"
                             " decides")  # fmt: skip
    rotation = data.Rotation
    if rotation is None:
        return NotApplicable("KMS says that it cannot rotate the key")
    if rotation.KeyRotationEnabled is None:
        raise Unseen(f"KMS does not say whether {key.name} is rotated")
    if rotation.KeyRotationEnabled:
        return Pass()
    return Fail("Rotation.KeyRotationEnabled is false")


_NOTEBOOK = Other(NOTEBOOK, {"NotebookInstanceName": "lab", "KmsKeyId": KEY_ARN})


@rule(
    "kms-default-key-usage",
    "What protects ML data is a key of your own, not one that AWS manages",
    on=KEY,
    severity=Severity.LOW,
    controls=ENCRYPTION,
    fix="Make a key (`aws kms create-key --region {region}`), let the roles that need it use it,"
    " and name it in what names this one now: the finding says one. Notebooks, jobs and endpoint"
    " configurations are made anew with it; a bucket takes it with `aws s3api"
    " put-bucket-encryption`.",
    good=sample_key(),
    bad=Sample(_AWS_KEY, (_NOTEBOOK,)),
)
def key_is_customers(key: Resource[Key]) -> Verdict:
    """A key that AWS manages (aws/sagemaker, aws/s3) has a policy nobody can change: every role of
    the account may use it through the service, no other account ever can, and it can be neither
    disabled nor deleted when data must become unreadable.
    """
    if managed_by(key) != "AWS":
        return Pass()
    user = user_of(key)
    if user is None:
        return NotApplicable("AWS manages the key, and nothing of SageMaker's names it")
    return Fail(f"AWS manages the key that {user.kind.noun} {user.name} names")
