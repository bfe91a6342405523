"""Edges of the rules on feature groups; numbers are those of the pitfalls in semantics.md."""

import pytest

from auditor.testing import judge

DENIED = "AccessDeniedException"
ARN = "arn:aws:kms:eu-west-1:111122223333:key/x"


def offline(**storage):
    return {"FeatureGroupName": "g", "FeatureGroupStatus": "Created",
            "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://f/x", **storage}}}


def online(**more):
    return {"FeatureGroupName": "g", "FeatureGroupStatus": "Created",
            "OnlineStoreConfig": {"EnableOnlineStore": True, **more}}


def keyed(**more):
    return online(SecurityConfig={"KmsKeyId": ARN}, **more)


def status(word, **more):
    return offline() | {"OfflineStoreStatus": {"Status": word, **more}}


CASES = [
    ("offline-kms", "key", offline(KmsKeyId=ARN), "pass", ARN),
    ("offline-kms", "pitfall_5_none", offline(), "fail", "no customer-managed key"),
    ("offline-kms", "pitfall_5_blank", offline(KmsKeyId=""), "fail", "no customer-managed key"),
    ("offline-kms", "aws_alias", offline(KmsKeyId="alias/aws/s3"), "pass", "AWS manages"),
    ("offline-kms", "pitfall_9_online_only", online(), "not_applicable", "no offline store"),
    # the key of the other store does not count
    ("offline-kms", "other_key", offline() | {k: v for k, v in keyed().items() if "Online" in k},
     "fail", "S3StorageConfig.KmsKeyId"),
    ("offline-kms", "absent", {"OfflineStoreConfig": {}}, "unknown", "S3StorageConfig"),
    ("offline-kms", "pitfall_31_deleting", offline() | {"FeatureGroupStatus": "Deleting"},
     "not_applicable", "Deleting"),
    ("offline-kms", "pitfall_31_failed", offline() | {"FeatureGroupStatus": "CreateFailed"},
     "not_applicable", "CreateFailed"),
    ("offline-kms", "pitfall_31_delete_failed",
     offline() | {"FeatureGroupStatus": "DeleteFailed"}, "fail", ""),

    ("online-kms", "key", keyed(), "pass", ARN),
    ("online-kms", "none", online(), "fail", "no customer-managed key"),
    ("online-kms", "blank", online(SecurityConfig={"KmsKeyId": ""}), "fail", ""),
    ("online-kms", "empty", online(SecurityConfig={}), "fail", ""),
    ("online-kms", "standard", online(StorageType="Standard"), "fail", ""),
    ("online-kms", "standard_2", online(StorageType="Standard_V2"), "fail", ""),
    ("online-kms", "pitfall_9_in_memory", online(StorageType="InMemory"), "not_applicable",
     "InMemory"),
    ("online-kms", "pitfall_9_offline_only", offline(KmsKeyId=ARN), "not_applicable",
     "no online store"),
    ("online-kms", "off", online() | {"OnlineStoreConfig": {"EnableOnlineStore": False}},
     "not_applicable", "no online store"),
    ("online-kms", "unset", {"OnlineStoreConfig": {"SecurityConfig": {"KmsKeyId": ARN}}},
     "not_applicable", "takes as false"),

    ("offline-rollback", "there", offline(), "pass", ""),
    ("offline-rollback", "active", status("Active"), "pass", ""),
    ("offline-rollback", "none", online(), "fail", "OfflineStoreConfig is not set"),
    ("offline-rollback", "blocked", status("Blocked", BlockedReason="no access"), "fail",
     "Blocked (no access)"),
    ("offline-rollback", "disabled", status("Disabled"), "fail", "Disabled"),
    ("offline-rollback", "deleting", online() | {"FeatureGroupStatus": "Deleting"},
     "not_applicable", ""),
]


@pytest.mark.parametrize(("rule", "case", "data", "status", "words"), CASES,
                         ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_edges(rule, case, data, status, words):
    finding = judge(f"sagemaker-feature-group-{rule}", data)
    assert finding.status == status, finding.message
    assert words in finding.message and "the rule broke" not in finding.message


@pytest.mark.parametrize(("rule", "data", "member"), [
    ("offline-kms", offline(KmsKeyId=ARN), "OfflineStoreConfig"),
    ("online-kms", keyed(), "OnlineStoreConfig"),
    ("offline-rollback", offline(), "OfflineStoreConfig"),
    ("offline-rollback", offline(), "OfflineStoreStatus"),
])
def test_what_was_refused_is_unknown(rule, data, member):
    for refused in (member, "", "FeatureGroupStatus"):
        finding = judge(f"sagemaker-feature-group-{rule}", data, unseen={refused: DENIED})
        assert finding.status == "unknown" and DENIED in finding.message
