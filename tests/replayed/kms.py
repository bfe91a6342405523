"""KMS: keys, their policies, rotation."""

from tests.replayed import differs, none, replay, row
from tests.replayed.policies import OWNER, policy

DENIED = "AccessDeniedException"


def key(state="Enabled", **more):
    return {
        "KeyId": "k", "Arn": "arn:aws:kms:eu-west-1:111122223333:key/k",
        "AWSAccountId": "111122223333", "KeyManager": "CUSTOMER", "KeyState": state,
        "Enabled": state == "Enabled", "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "Grants": [], **more}


def ruled(action, principal="*"):
    return key(Policy=policy(action, principal))


REPLAYS = [
    replay(
        "kms_key_not_publicly_accessible", "kms-key-public",
        none(),
        row("the policy a key has by default", ruled("kms:*", {"AWS": OWNER}), "pass"),
        row("anyone may do everything", ruled("kms:*"), "fail"),
        row("anyone may describe it", ruled("kms:DescribeKey", {"AWS": "*"}), "fail"),
        row("anyone may decrypt", ruled("kms:Decrypt"), "fail"),
        row("a statement without a principal", ruled("kms:*", None), "pass"),
        differs("the policy was refused", key(), "none", "unknown", "unseen",
                "A key whose policy was not read may be public; theirs leaves it out.",
                unseen={"Policy": DENIED}),
    ),
    replay(
        "kms_cmk_rotation_enabled", "kms-key-rotation",
        none(),
        row("rotation on", key(Rotation={"KeyRotationEnabled": True}), "pass"),
        row("rotation off", key(Rotation={"KeyRotationEnabled": False}), "fail"),
    ),
    replay(
        "kms_cmk_are_used", "kms-key-disabled",
        none(),
        row("enabled", key(), "pass"),
        row("disabled", key("Disabled"), "fail"),
        differs("scheduled for deletion", key("PendingDeletion"), "pass", "fail", "scope",
                "Ours asks whether what the key encrypts can be read, and now it cannot; theirs"
                " asks whether a key lies idle."),
        differs("the key's description was refused", key(), "none", "unknown", "unseen",
                "Its state was not seen; theirs leaves it out.", unseen={"": DENIED}),
    ),
    replay(
        "kms_cmk_not_deleted_unintentionally", "kms-key-pending-deletion",
        none(),
        row("enabled", key(), "pass"),
        row("disabled", key("Disabled"), "pass"),
        row("scheduled for deletion", key("PendingDeletion"), "fail"),
    ),
]
