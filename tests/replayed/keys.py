"""A key of the account's own, for what is encrypted with one."""

from auditor.kinds import KEY
from auditor.rule import Other

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}"
OWN_KEY = Other(KEY, {
    "KeyId": KEY_ID, "Arn": KEY_ARN, "KeyManager": "CUSTOMER", "KeyState": "Enabled"})
