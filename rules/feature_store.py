"""Feature groups: the keys of their stores, and whether what they held before is kept."""

from __future__ import annotations

from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import FEATURE_GROUP
from auditor.rule import rule
from auditor.shapes.sagemaker import DescribeFeatureGroupResponse as FeatureGroup
from auditor.verdict import Fail, NotApplicable, Pass, Severity, Verdict

from ._controls import ENCRYPTION, INTEGRITY, NIST
from ._keys import named
from ._status import unless

living = unless("FeatureGroupStatus", "Deleting", "CreateFailed")

_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _replace(change: str) -> str:
    """Return the fix for what is settled when a feature group is made; ``change`` is jq's."""
    return (
        "This is settled when the group is made. Make another: `aws sagemaker"
        " describe-feature-group --feature-group-name {name} --region {region} | jq"
        " '{RecordIdentifierFeatureName, EventTimeFeatureName, FeatureDefinitions,"
        " OnlineStoreConfig, OfflineStoreConfig, RoleArn} | .FeatureGroupName = \"NEW_NAME\" |"
        f" {change} | del(.. | nulls)' > group.json`, `aws sagemaker create-feature-group --region"
        " {region} --cli-input-json file://group.json`; ingest the records again, and then `aws"
        " sagemaker delete-feature-group --feature-group-name {name} --region {region}`."
    )


def _offline(**storage: Any) -> dict[str, Any]:
    return {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://features/x", **storage}}}


def _online(**more: Any) -> dict[str, Any]:
    return {"OnlineStoreConfig": {"EnableOnlineStore": True, **more}}


@rule(
    "sagemaker-feature-group-offline-kms",
    "The offline feature store names a KMS key",
    on=FEATURE_GROUP,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        "AWS FSBP": ["SageMaker.17"], "AWS Config": ["sagemaker-featuregroup-encryption-at-rest"],
    },
    fix=_replace('.OfflineStoreConfig.S3StorageConfig |= (.KmsKeyId = "KEY_ARN" |'
                 ' del(.ResolvedOutputS3Uri))'),
    good=_offline(KmsKeyId=_KEY_ARN),
    bad=_offline(),
)
@living
def offline_names_key(group: Resource[FeatureGroup]) -> Verdict:
    """The offline store is the whole history of every feature, in a bucket that pipelines and
    analysts read. Without a key of yours S3 encrypts it with its own, which opens for whoever may
    read the object.
    """
    offline = group.data.OfflineStoreConfig
    if offline is None:
        return NotApplicable("it has no offline store")
    if offline.S3StorageConfig is None:
        raise Unseen(f"AWS names no OfflineStoreConfig.S3StorageConfig of {group.name}")
    return named(offline.S3StorageConfig.KmsKeyId, "OfflineStoreConfig.S3StorageConfig.KmsKeyId",
                 "the offline store")


@rule(
    "sagemaker-feature-group-online-kms",
    "The online feature store names a KMS key",
    on=FEATURE_GROUP,
    severity=Severity.MEDIUM,
    controls=ENCRYPTION | {
        "AWS FSBP": ["SageMaker.18"],
        NIST: ["AU-9", "CA-9(1)", "CM-3(6)", "SC-12(2)", "SC-13", "SC-28", "SC-28(1)", "SC-7(10)",
               "SI-7(6)"],
        "AWS Config": ["sagemaker-featuregroup-online-store-encryption"],
    },
    fix=_replace('.OnlineStoreConfig.SecurityConfig.KmsKeyId = "KEY_ARN"'),
    good=_online(SecurityConfig={"KmsKeyId": _KEY_ARN}),
    bad=[_online(), _online(StorageType="Standard")],
)
@living
def online_names_key(group: Resource[FeatureGroup]) -> Verdict:
    """The online store holds what a model is told about each customer at this moment. Without a key
    of yours it is encrypted with one that AWS owns, outside your key policies and your audit trail.
    In-memory stores are another product and not judged.
    """
    online = group.data.OnlineStoreConfig
    if online is None or not online.EnableOnlineStore:
        told = " (EnableOnlineStore is not set, which AWS takes as false)" if (
            online and online.EnableOnlineStore is None
        ) else ""
        return NotApplicable(f"it has no online store{told}")
    if online.StorageType == "InMemory":
        return NotApplicable("StorageType is InMemory")
    return named(online.SecurityConfig.KmsKeyId if online.SecurityConfig else None,
                 "OnlineStoreConfig.SecurityConfig.KmsKeyId", "the online store")


@rule(
    "sagemaker-feature-group-offline-rollback",
    "The feature group keeps its history in an offline store",
    on=FEATURE_GROUP,
    severity=Severity.MEDIUM,
    controls=INTEGRITY | {NIST: ["CP-9", "SI-7"]},
    fix=_replace('.OfflineStoreConfig = {S3StorageConfig: {S3Uri: "s3://BUCKET/PREFIX", KmsKeyId:'
                 ' "KEY_ARN"}} | .RoleArn = "ROLE_ARN"')
    + " One that is Blocked says why: `aws sagemaker describe-feature-group --feature-group-name"
    " {name} --region {region} --query OfflineStoreStatus`; mend that, usually the role's access to"
    " the bucket or its key.",
    good=_offline() | {"OfflineStoreStatus": {"Status": "Active"}},
    bad=_online(),
)
@living
def keeps_history(group: Resource[FeatureGroup]) -> Verdict:
    """The online store knows only the newest value of each feature. When wrong or poisoned values
    were written, only the offline store tells what stood there before, and what a model was trained
    on at the time.
    """
    if group.data.OfflineStoreConfig is None:
        return Fail("OfflineStoreConfig is not set: values that are overwritten are gone")
    status = group.data.OfflineStoreStatus
    if status and status.Status in ("Blocked", "Disabled"):
        why = f" ({status.BlockedReason})" if status.BlockedReason else ""
        return Fail(f"OfflineStoreStatus is {status.Status}{why}: new values do not reach the"
                    " offline store")
    return Pass()
