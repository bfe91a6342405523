"""The edges of the bucket rules: what AWS leaves out, refuses, and means by it."""

from __future__ import annotations

import json

import pytest

from auditor.kinds import (
    ACCOUNT_BLOCK,
    BUCKET,
    ENDPOINT_CONFIG,
    KEY,
    MODEL,
    TRAIL,
    TRAINING_JOB,
    VPC,
)
from auditor.rule import Other
from auditor.testing import judge

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ALL_ON = dict.fromkeys(SETTINGS, True)
KILLING = {"IgnorePublicAcls": True, "RestrictPublicBuckets": True}
WORTHLESS = {"BlockPublicAcls": True, "BlockPublicPolicy": True}
OWNER = {"Grantee": {"Type": "CanonicalUser", "ID": "o"}, "Permission": "FULL_CONTROL"}
PRIVATE = {"Grants": [OWNER]}
ENFORCED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
PREFERRED = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
PARTNER = {"AWS": "arn:aws:iam::444455556666:root"}
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY_ID}"
FOREIGN_KEY = f"arn:aws:kms:eu-west-1:444455556666:key/{KEY_ID}"


def on_account(**settings):
    return Other(ACCOUNT_BLOCK, {"PublicAccessBlockConfiguration": settings})


def to_group(group, permission="READ"):
    uri = f"http://acs.amazonaws.com/groups/{group}"
    return {"Grants": [OWNER, {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}]}


EVERYONE = to_group("global/AllUsers")
EVERY_USER = to_group("global/AuthenticatedUsers")


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal, *actions, **more):
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions),
            "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], **more}


PUBLIC = policy(allow("*", "s3:GetObject"))
SHARED = policy(allow(PARTNER, "s3:GetObject"))


def check(rule, members, *others, status, says="", **more):
    """Judge the bucket ``b`` with these members."""
    found = judge(rule, {"Name": "b", **members}, *others, **more)
    assert (found.status, says in found.message) == (status, True), found.message
    again = judge(rule, {"Name": "b", **members}, *others, **more)
    assert again == found
    return found


def rows(*table):
    return pytest.mark.parametrize(("members", "others", "status", "says"), table)


# -- blocks


@rows(
    ({"PublicAccessBlockConfiguration": ALL_ON}, (), "pass", "bucket"),
    ({}, (on_account(**ALL_ON),), "pass", "account"),
    # setting by setting: what one level lacks the other supplies
    ({"PublicAccessBlockConfiguration": WORTHLESS}, (on_account(**KILLING),), "pass",
     "account and the bucket"),
    ({}, (), "fail", "public ACLs that exist stay in force"),
    ({"PublicAccessBlockConfiguration": {}}, (), "fail", "off"),
    ({"PublicAccessBlockConfiguration": WORTHLESS}, (), "fail",
     "IgnorePublicAcls, RestrictPublicBuckets are off"),
    ({"PublicAccessBlockConfiguration": KILLING}, (), "fail", "would not take effect"),
    ({"PublicAccessBlockConfiguration": ALL_ON | {"IgnorePublicAcls": False}}, (), "fail",
     "IgnorePublicAcls is off"),
)
def test_blocks_count_together(members, others, status, says):
    check("s3-bucket-public-access-block", members, *others, status=status, says=says)


@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "ReadTimeout"])
def test_a_refused_block_is_unknown(code):
    check("s3-bucket-public-access-block", {}, status="unknown",
          unseen={"PublicAccessBlockConfiguration": code})


def test_a_refused_block_of_the_account_is_unknown():
    check("s3-bucket-public-access-block", {"PublicAccessBlockConfiguration": ALL_ON},
          status="unknown", refused=[ACCOUNT_BLOCK])


@pytest.mark.parametrize(("data", "status"), [
    ({"PublicAccessBlockConfiguration": ALL_ON}, "pass"),
    ({}, "fail"),
    ({"PublicAccessBlockConfiguration": {}}, "fail"),
    ({"PublicAccessBlockConfiguration": ALL_ON | {"BlockPublicPolicy": False}}, "fail"),
])
def test_the_block_of_the_account(data, status):
    assert judge("s3-account-public-access-block", data).status == status


def test_the_refused_block_of_the_account():
    found = judge("s3-account-public-access-block", {},
                  unseen={"PublicAccessBlockConfiguration": "AccessDenied"})
    assert found.status == "unknown" and "AccessDenied" in found.message


# -- ACLs


@rows(
    ({"OwnershipControls": ENFORCED}, (), "pass", ""),
    ({"OwnershipControls": PREFERRED}, (), "fail", "BucketOwnerPreferred"),
    ({}, (), "fail", "ObjectWriter"),  # an old bucket: no controls means ACLs on
    ({"OwnershipControls": {"Rules": []}}, (), "fail", ""),
    # the owner's own FULL_CONTROL in the ACL says nothing
    ({"OwnershipControls": ENFORCED, "Acl": PRIVATE}, (), "pass", ""),
)
def test_acls_disabled(members, others, status, says):
    check("s3-bucket-acls-disabled", members, *others, status=status, says=says)


@pytest.mark.parametrize("acl", [PRIVATE, EVERYONE, EVERY_USER])
def test_pitfall_38_ownership_and_not_the_acl_decides_whether_acls_count(acl):
    """GetBucketAcl answers the owner's FULL_CONTROL, and old grants, where ACLs are off too."""
    rule = "s3-bucket-acls-disabled"
    check(rule, {"Acl": acl, "OwnershipControls": ENFORCED}, status="pass")
    check(rule, {"Acl": acl, "OwnershipControls": PREFERRED}, status="fail")
    check(rule, {"Acl": acl}, status="fail", says="ObjectWriter")  # the old default: they are on
    for other in ("authenticated-users-acl", "public-read", "public-write"):
        check(f"s3-bucket-{other}", {"Acl": acl, "OwnershipControls": ENFORCED}, status="pass")


@rows(
    ({"Acl": PRIVATE}, (), "pass", ""),
    ({"Acl": {}}, (), "pass", ""),
    ({"Acl": EVERY_USER}, (), "fail", "READ"),
    ({"Acl": EVERYONE}, (), "pass", ""),  # another rule's
    ({"Acl": to_group("s3/LogDelivery", "WRITE")}, (), "pass", ""),
    ({"Acl": EVERY_USER, "OwnershipControls": ENFORCED}, (), "pass", "BucketOwnerEnforced"),
    ({"Acl": EVERY_USER, "OwnershipControls": PREFERRED}, (), "fail", ""),
    ({"Acl": EVERY_USER}, (on_account(**KILLING),), "pass", "IgnorePublicAcls"),
    # it only rejects new ones: no evidence that there is none
    ({"Acl": EVERY_USER}, (on_account(**WORTHLESS),), "fail", ""),
    ({}, (), "unknown", "not seen"),  # every bucket has an ACL
)
def test_authenticated_users(members, others, status, says):
    check("s3-bucket-authenticated-users-acl", members, *others, status=status, says=says)


# -- public


@rows(
    ({"Acl": PRIVATE}, (), "pass", "single objects may be public"),
    ({"Acl": PRIVATE, "OwnershipControls": ENFORCED}, (), "pass", ""),
    ({"Acl": EVERYONE}, (), "fail", ""),
    ({"Acl": EVERY_USER}, (), "fail", ""),
    ({"Acl": to_group("global/AllUsers", "WRITE")}, (), "pass", ""),  # the other rule's
    ({"Acl": to_group("s3/LogDelivery")}, (), "pass", ""),
    ({"Acl": EVERYONE, "OwnershipControls": ENFORCED}, (), "pass", ""),
    ({"Acl": EVERYONE}, (on_account(**KILLING),), "pass", ""),
    ({"Acl": EVERYONE, "PublicAccessBlockConfiguration": KILLING}, (), "pass", ""),
    # only two settings change what exists
    ({"Acl": EVERYONE}, (on_account(**WORTHLESS),), "fail", ""),
    ({"Acl": PRIVATE, "Policy": PUBLIC, "PolicyStatus": {"IsPublic": True}},
     (on_account(**WORTHLESS),), "fail", ""),
    ({"Acl": PRIVATE, "Policy": PUBLIC, "PolicyStatus": {"IsPublic": True}}, (), "fail", ""),
    ({"Acl": PRIVATE, "Policy": PUBLIC, "PolicyStatus": {"IsPublic": True}},
     (on_account(**KILLING),), "pass", ""),
    # RestrictPublicBuckets shuts the policy's door, not the ACL's
    ({"Acl": EVERYONE}, (on_account(RestrictPublicBuckets=True),), "fail", ""),
    ({"Acl": PRIVATE, "Policy": PUBLIC, "PolicyStatus": {"IsPublic": True}},
     (on_account(IgnorePublicAcls=True),), "fail", ""),
    # a condition that only our organization meets: not public, whatever the "*" says
    ({"Acl": PRIVATE, "PolicyStatus": {"IsPublic": False}, "Policy": policy(allow(
        "*", "s3:GetObject", Condition={"StringEquals": {"aws:SourceVpce": "vpce-0a1b"}}))},
     (), "pass", ""),
    # the witnesses differ: the worse one counts, both are shown
    ({"Acl": PRIVATE, "Policy": SHARED, "PolicyStatus": {"IsPublic": True}}, (), "fail",
     "S3 calls the policy public"),
    ({"Acl": PRIVATE, "Policy": PUBLIC, "PolicyStatus": {"IsPublic": False}}, (), "fail", ""),
    ({"Acl": PRIVATE, "Policy": "{", "PolicyStatus": {"IsPublic": False}}, (), "unknown", ""),
    ({}, (), "unknown", "ACL"),
)
def test_public_read(members, others, status, says):
    check("s3-bucket-public-read", members, *others, status=status, says=says)


@rows(
    ({"Acl": PRIVATE}, (), "pass", ""),
    ({"Acl": EVERYONE}, (), "pass", ""),
    ({"Acl": to_group("global/AllUsers", "WRITE")}, (), "fail", ""),
    ({"Acl": to_group("global/AuthenticatedUsers", "WRITE_ACP")}, (), "fail", ""),
    ({"Acl": to_group("global/AllUsers", "FULL_CONTROL"), "OwnershipControls": ENFORCED}, (),
     "pass", ""),
    ({"Acl": PRIVATE, "Policy": PUBLIC, "PolicyStatus": {"IsPublic": True}}, (), "pass", ""),
    ({"Acl": PRIVATE, "Policy": policy(allow("*", "s3:*")), "PolicyStatus": {"IsPublic": True}},
     (), "fail", ""),
    ({"Acl": PRIVATE, "Policy": policy(allow("*", "s3:PutBucketPolicy")),
      "PolicyStatus": {"IsPublic": True}}, (), "fail", ""),
    ({"Acl": PRIVATE, "Policy": policy(allow("*", "s3:DeleteObject")),
      "PolicyStatus": {"IsPublic": True}}, (on_account(**KILLING),), "pass", ""),
    # S3 calls public what we do not, but nobody outside is given any writing at all
    ({"Acl": PRIVATE, "Policy": SHARED, "PolicyStatus": {"IsPublic": True}}, (), "pass", ""),
    ({"Acl": PRIVATE, "Policy": policy(allow(PARTNER, "s3:PutObject")),
      "PolicyStatus": {"IsPublic": True}}, (), "fail", "S3 calls the policy public"),
)
def test_public_write(members, others, status, says):
    check("s3-bucket-public-write", members, *others, status=status, says=says)


BOTH_PUBLIC = ("s3-bucket-public-read", "s3-bucket-public-write")
OPEN = {"Policy": policy(allow("*", "s3:*")), "PolicyStatus": {"IsPublic": True},
        "Acl": to_group("global/AllUsers", "FULL_CONTROL")}
SOUND = {"Acl": PRIVATE, "Policy": SHARED, "PolicyStatus": {"IsPublic": False}}


@pytest.mark.parametrize("rule", BOTH_PUBLIC)
@pytest.mark.parametrize("member", [
    "Policy", "PolicyStatus", "Acl", "OwnershipControls", "PublicAccessBlockConfiguration", ""])
def test_what_was_refused_is_never_sound(rule, member):
    check(rule, SOUND, status="unknown", unseen={member: "AccessDenied"})


@pytest.mark.parametrize("rule", BOTH_PUBLIC)
@pytest.mark.parametrize("member", ["Policy", "Acl"])
def test_one_open_door_is_enough(rule, member):
    check(rule, OPEN, status="fail", unseen={member: "AccessDenied"})


@pytest.mark.parametrize("rule", BOTH_PUBLIC)
def test_what_the_account_makes_moot_need_not_be_seen(rule):
    check(rule, {}, on_account(**ALL_ON), status="pass",
          unseen={"Policy": "AccessDenied", "Acl": "AccessDenied"})
    check(rule, SOUND, status="unknown", refused=[ACCOUNT_BLOCK])


# -- what the policy offers


@rows(
    ({}, (), "pass", ""),
    ({"Policy": SHARED}, (), "pass", ""),
    ({"Policy": policy(allow(PARTNER, "s3:PutBucketPolicy"))}, (), "fail", ""),
    ({"Policy": policy(allow(PARTNER, "s3:*"))}, (), "fail", ""),
    ({"Policy": policy(allow(PARTNER, "s3:PutObjectAcl"))}, (), "fail", ""),
    ({"Policy": policy(allow({"AWS": "arn:aws:iam::111122223333:role/r"}, "s3:*"))}, (), "pass", ""),
    ({"Policy": policy(allow("*", "s3:*"))}, (), "fail", ""),
    # cut off while the policy is public ...
    ({"Policy": policy(allow("*", "s3:*"))}, (on_account(**ALL_ON),), "pass", "RestrictPublic"),
    # ... but not when it names its grantees
    ({"Policy": policy(allow(PARTNER, "s3:*"))}, (on_account(**ALL_ON),), "fail", ""),
    ({"Policy": "no JSON"}, (), "unknown", ""),
)
def test_sensitive_actions(members, others, status, says):
    check("s3-bucket-cross-account-sensitive-actions", members, *others, status=status, says=says)


IN_VPC = policy(allow("*", "s3:GetObject", Condition={"StringEquals": {"aws:SourceVpc": "vpc-01"}}))


@pytest.mark.parametrize(("document", "settings", "status"), [
    (None, {}, "pass"),
    (SHARED, {}, "fail"),
    (SHARED, {"trusted_accounts": ["444455556666"]}, "pass"),
    (SHARED, {"trusted_accounts": ["777788889999"]}, "fail"),
    (policy(allow("*", "s3:GetObject",
                  Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})), {}, "fail"),
    (policy(allow("*", "s3:GetObject",
                  Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})),
     {"trusted_organizations": ["o-a1b2c3d4e5"]}, "pass"),
    (IN_VPC, {}, "fail"),
    (IN_VPC, {"trusted_vpcs": ["vpc-01"]}, "pass"),
    (PUBLIC, {"trusted_accounts": ["444455556666"]}, "fail"),
])
def test_known_grantees(document, settings, status):
    check("s3-bucket-policy-known-grantees", {"Policy": document}, status=status, **settings)


def test_the_account_s_own_vpc_is_known():
    rule = "s3-bucket-policy-known-grantees"
    check(rule, {"Policy": IN_VPC}, Other(VPC, {"VpcId": "vpc-01"}), status="pass")
    check(rule, {"Policy": IN_VPC}, status="unknown", refused=[VPC])
    check(rule, {"Policy": SHARED}, status="fail", refused=[VPC])


def deny(condition, *, action="s3:*", resource=("arn:aws:s3:::b", "arn:aws:s3:::b/*"), **more):
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": list(resource),
            "Condition": condition, **more}


PLAIN = {"Bool": {"aws:SecureTransport": "false"}}


@rows(
    ({}, (), "fail", "no policy"),
    ({"Policy": policy(deny(PLAIN))}, (), "pass", ""),
    ({"Policy": policy(deny(PLAIN, resource=["arn:aws:s3:::b/*"]))}, (), "fail", ""),
    ({"Policy": policy(deny(PLAIN, action="s3:GetObject"))}, (), "fail", ""),
    # an Allow over TLS proves nothing: another policy may allow without it
    ({"Policy": policy(allow("*", "s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}))},
     (), "fail", ""),
    ({"Policy": policy(deny(PLAIN | {"StringEquals": {"aws:PrincipalAccount": "1"}}))}, (),
     "fail", ""),
    ({"Policy": "{"}, (), "unknown", ""),
)
def test_tls(members, others, status, says):
    check("s3-bucket-tls-only", members, *others, status=status, says=says)


NO_KMS = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
NO_KMS_IF_SAID = NO_KMS | {"Null": {"s3:x-amz-server-side-encryption": "false"}}
IF_EXISTS = {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}}
OWN_KEYS = {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}
PUT = {"action": "s3:PutObject", "resource": ["arn:aws:s3:::b/*"]}


def default(algorithm, **more):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **more}}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@rows(
    ({}, (), "fail", "no policy"),
    ({"Policy": policy(deny(NO_KMS, **PUT))}, (), "pass", ""),
    ({"Policy": policy(deny(NO_KMS, **PUT)), **default("AES256")}, (), "pass", ""),
    # a Deny with a negated operator holds where the header is missing, …IfExists or not
    ({"Policy": policy(deny(IF_EXISTS, **PUT)), **default("AES256")}, (), "pass", ""),
    # an upload that names nothing takes the default, which must then be KMS
    ({"Policy": policy(deny(NO_KMS_IF_SAID, **PUT), deny(OWN_KEYS, **PUT)), **default("AES256")},
     (), "fail", ""),
    ({"Policy": policy(deny(NO_KMS_IF_SAID, **PUT), deny(OWN_KEYS, **PUT)), **default("aws:kms")},
     (), "pass", ""),
    # a key of the caller's own counts as none of KMS's
    ({"Policy": policy(deny(NO_KMS_IF_SAID, **PUT)), **default("aws:kms")}, (), "fail", ""),
    ({"Policy": SHARED}, (), "fail", ""),
)
def test_encryption_enforced(members, others, status, says):
    check("s3-bucket-encryption-enforced", members, *others, status=status, says=says)


@pytest.mark.parametrize("rule", [
    "s3-bucket-tls-only", "s3-bucket-encryption-enforced", "s3-bucket-policy-known-grantees",
    "s3-bucket-cross-account-sensitive-actions"])
def test_a_refused_policy_is_unknown(rule):
    check(rule, {}, status="unknown", says="AccessDenied", unseen={"Policy": "AccessDenied"})


# -- encryption


def key(state="Enabled", manager="CUSTOMER", names=()):
    return Other(KEY, {"KeyId": KEY_ID, "Arn": KEY_ARN, "KeyManager": manager, "KeyState": state},
                 names=names)


@rows(
    ({}, (), "fail", "AES256"),
    (default("AES256"), (), "fail", "AES256"),  # what every bucket has since 2023
    (default("aws:kms"), (), "pass", "aws/s3"),  # no key named: AWS's own
    (default("aws:kms", KMSMasterKeyID=""), (), "pass", "aws/s3"),
    (default("aws:kms", KMSMasterKeyID="alias/aws/s3"), (), "pass", "AWS manages"),
    (default("aws:kms", KMSMasterKeyID=KEY_ARN), (key(),), "pass", "customer manages"),
    (default("aws:kms:dsse", KMSMasterKeyID=KEY_ARN), (key(),), "pass", "aws:kms:dsse"),
    (default("aws:kms", KMSMasterKeyID="alias/ml"), (key(names=("alias/ml",)),), "pass", ""),
    (default("aws:kms", KMSMasterKeyID=KEY_ARN), (key(manager="AWS"),), "pass", "AWS manages"),
    (default("aws:kms", KMSMasterKeyID=KEY_ARN), (key("Disabled"),), "fail", "Disabled"),
    (default("aws:kms", KMSMasterKeyID=KEY_ARN), (key("PendingDeletion"),), "fail", ""),
    (default("aws:kms", KMSMasterKeyID=KEY_ARN), (key(None),), "unknown", "KeyState"),
    (default("aws:kms", KMSMasterKeyID=KEY_ARN), (), "fail", "does not exist"),
    (default("aws:kms", KMSMasterKeyID=FOREIGN_KEY), (), "unknown", ""),
)
def test_kms(members, others, status, says):
    check("s3-bucket-kms-encryption", members, *others, status=status, says=says)


@pytest.mark.parametrize("members", [{}, default("AES256")])
def test_pitfall_36_that_s3_encrypts_everything_itself_says_nothing(members):
    """No configuration is S3's own AES256: neither unencrypted nor a key of anybody's."""
    found = check("s3-bucket-kms-encryption", members, status="fail", says="under no KMS key")
    assert "unencrypted" not in found.message and "not encrypted" not in found.message


def test_refused_encryption_and_refused_key():
    check("s3-bucket-kms-encryption", {}, status="unknown",
          unseen={"ServerSideEncryptionConfiguration": "AccessDenied"})
    check("s3-bucket-kms-encryption", default("aws:kms", KMSMasterKeyID=KEY_ARN),
          status="unknown", refused=[KEY])


# -- versions and lifecycle

ON = {"Versioning": {"Status": "Enabled"}}
SUSPENDED = {"Versioning": {"Status": "Suspended"}}


def tidy(*rules):
    return {"LifecycleConfiguration": {"Rules": list(rules)}}


def life(status="Enabled", **more):
    return {"ID": "r", "Status": status, **more}


OLD = {"NoncurrentVersionExpiration": {"NoncurrentDays": 30}}
ABORT = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
EXPIRE = {"Expiration": {"Days": 30}}
PREFIX = {"Filter": {"Prefix": "logs/"}}


@rows(
    (ON, (), "pass", ""),
    (SUSPENDED, (), "fail", "Suspended"),
    ({"Versioning": {}}, (), "fail", "never"),
    ({}, (), "fail", ""),
)
def test_versioning(members, others, status, says):
    check("s3-bucket-versioning", members, *others, status=status, says=says)


@rows(
    ({"Versioning": {"Status": "Enabled", "MFADelete": "Enabled"}}, (), "pass", ""),
    ({"Versioning": {"Status": "Enabled", "MFADelete": "Disabled"}}, (), "fail", ""),
    (ON, (), "fail", ""),
    # S3 allows one or the other, not both
    (ON | tidy(life(**EXPIRE)), (), "not_applicable", "lifecycle"),
    (ON | tidy(life("Disabled", **EXPIRE)), (), "not_applicable", "lifecycle"),
    (ON | tidy(), (), "fail", ""),
    ({"Versioning": {}}, (), "not_applicable", "absent"),
    (SUSPENDED, (), "not_applicable", "Suspended"),
)
def test_mfa_delete(members, others, status, says):
    check("s3-bucket-mfa-delete", members, *others, status=status, says=says)


@rows(
    (ON | tidy(life(**OLD)), (), "pass", ""),
    (ON | tidy(life(**OLD, Filter={})), (), "pass", ""),
    (ON | tidy(life(**OLD, Prefix="")), (), "pass", ""),
    (ON | tidy(life("Disabled", **OLD)), (), "fail", ""),
    (ON | tidy(life(**EXPIRE)), (), "fail", ""),
    (ON | tidy(life(**OLD, **PREFIX)), (), "fail", "logs/"),
    (ON | tidy(life(**OLD, Prefix="old/")), (), "fail", "old/"),
    (ON | tidy(life(**OLD, Filter={"Tag": {"Key": "k", "Value": "v"}})), (), "fail", "tags"),
    (ON | tidy(life(**OLD, Filter={"ObjectSizeGreaterThan": 1})), (), "fail", "sizes"),
    (ON | tidy(life(**OLD, **PREFIX), life(**OLD)), (), "pass", ""),
    (ON, (), "fail", ""),
    (tidy(life(**OLD)), (), "not_applicable", ""),
    (SUSPENDED, (), "not_applicable", ""),
)
def test_version_lifecycle(members, others, status, says):
    check("s3-bucket-version-lifecycle", members, *others, status=status, says=says)


@rows(
    (tidy(life(**EXPIRE)), (), "pass", ""),
    (tidy(life(Transitions=[{"Days": 9, "StorageClass": "GLACIER"}])), (), "pass", ""),
    (tidy(life(**EXPIRE, **PREFIX)), (), "pass", "logs/"),
    (tidy(life("Disabled", **EXPIRE)), (), "fail", "Enabled"),
    (tidy(life(**ABORT)), (), "fail", "abort"),
    ({}, (), "fail", ""),
    ({"LifecycleConfiguration": {}}, (), "fail", ""),
)
def test_lifecycle(members, others, status, says):
    check("s3-bucket-lifecycle", members, *others, status=status, says=says)


@rows(
    (tidy(life(**ABORT)), (), "pass", ""),
    (tidy(life("Disabled", **ABORT)), (), "fail", ""),
    (tidy(life(**ABORT, **PREFIX)), (), "fail", "logs/"),
    (tidy(life(**EXPIRE)), (), "fail", ""),
    ({}, (), "fail", ""),
)
def test_multipart(members, others, status, says):
    check("s3-bucket-multipart-abort", members, *others, status=status, says=says)


@pytest.mark.parametrize(("rule", "member"), [
    ("s3-bucket-versioning", "Versioning"), ("s3-bucket-mfa-delete", "Versioning"),
    ("s3-bucket-mfa-delete", "LifecycleConfiguration"),
    ("s3-bucket-version-lifecycle", "Versioning"),
    ("s3-bucket-version-lifecycle", "LifecycleConfiguration"),
    ("s3-bucket-lifecycle", "LifecycleConfiguration"),
    ("s3-bucket-multipart-abort", "LifecycleConfiguration"),
    ("s3-bucket-access-logging", "LoggingEnabled"), ("s3-bucket-static-website", "Website"),
    ("s3-bucket-replication", "ReplicationConfiguration"),
    ("s3-bucket-object-lock", "ObjectLockConfiguration"),
    ("s3-bucket-event-notifications", "NotificationConfiguration"),
    ("s3-bucket-acls-disabled", "OwnershipControls"), ("s3-bucket-authenticated-users-acl", "Acl"),
])
@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown"])
def test_a_refused_member_is_unknown(rule, member, code):
    check(rule, ON, status="unknown", says=code, unseen={member: code})


# -- copies, locks, websites


def replicated(*destinations, status="Enabled"):
    return {"ReplicationConfiguration": {"Role": "r", "Rules": [
        {"ID": d, "Status": status, "Destination": {"Bucket": f"arn:aws:s3:::{d}"}}
        for d in destinations]}}


FAR = Other(BUCKET, {"Name": "far"}, region="us-east-1")
NEAR = Other(BUCKET, {"Name": "near"})


@rows(
    (replicated("far"), (FAR,), "pass", "far"),
    (replicated("near"), (NEAR,), "fail", "near"),
    (replicated("near", "far"), (NEAR, FAR), "pass", ""),
    (replicated("far", status="Disabled"), (FAR,), "fail", "Enabled"),
    ({}, (), "fail", ""),
    # somebody else's, or nobody's: its Region is not known, and so is not assumed
    (replicated("theirs"), (), "unknown", "theirs"),
    (replicated("theirs", "far"), (FAR,), "pass", "far"),
    (replicated("theirs", "near"), (NEAR,), "unknown", "theirs"),
)
def test_replication(members, others, status, says):
    check("s3-bucket-replication", members, *others, status=status, says=says)


def test_replication_from_a_bucket_whose_region_was_refused():
    check("s3-bucket-replication", replicated("far"), FAR, status="unknown", says="Region",
          unseen={"LocationConstraint": "AccessDenied"})


def named(kind, noun, **more):
    return Other(kind, {f"{noun}Name": "x", f"{noun}Arn": f"arn:aws:sagemaker:eu-west-1:1:{noun}/x",
                        **more})


LOADED = named(MODEL, "Model", PrimaryContainer={"ModelDataUrl": "s3://b/model.tar.gz"})
WRITTEN = named(TRAINING_JOB, "TrainingJob", OutputDataConfig={"S3OutputPath": "s3://b/out"})
TRAINED_ON = named(TRAINING_JOB, "TrainingJob", InputDataConfig=[
    {"ChannelName": "t", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/in", "S3DataType": "S3Prefix"}}}])
CAPTURED = named(ENDPOINT_CONFIG, "EndpointConfig", DataCaptureConfig={
    "DestinationS3Uri": "s3://b/capture"})


def trail(name="t", logging=True, region="eu-west-1", multi=True, **more):
    return Other(TRAIL, {
        "Name": name, "TrailARN": f"arn:aws:cloudtrail:{region}:111122223333:trail/{name}",
        "HomeRegion": region, "IsMultiRegionTrail": multi, "Status": {"IsLogging": logging}, **more,
    }, region=region)


LOCK = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {
    "DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}}}


@rows(
    (LOCK, (LOADED,), "pass", ""),
    ({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}, (LOADED,), "pass",
     "DefaultRetention"),
    ({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {
        "Mode": "GOVERNANCE", "Days": 1}}}}, (), "pass", "BypassGovernanceRetention"),
    ({}, (LOADED,), "fail", "Model x"),
    ({}, (WRITTEN,), "fail", "TrainingJob x"),
    ({}, (trail(S3BucketName="b"),), "fail", "Trail t"),
    ({"ObjectLockConfiguration": {}}, (LOADED,), "fail", ""),
    ({}, (TRAINED_ON,), "not_applicable", ""),  # read from, neither model nor evidence
    ({}, (), "not_applicable", ""),
)
def test_object_lock(members, others, status, says):
    check("s3-bucket-object-lock", members, *others, status=status, says=says)


def test_object_lock_where_the_users_were_refused():
    check("s3-bucket-object-lock", {}, status="unknown", refused=[TRAINING_JOB])
    check("s3-bucket-object-lock", {}, LOADED, status="fail", refused=[TRAINING_JOB])


@rows(
    ({}, (), "pass", ""),
    ({"Website": {"IndexDocument": {"Suffix": "index.html"}}}, (), "fail", ""),
    ({"Website": {"RedirectAllRequestsTo": {"HostName": "example.com"}}}, (), "pass", "Redirect"),
    ({"Website": {}}, (), "fail", ""),
)
def test_website(members, others, status, says):
    check("s3-bucket-static-website", members, *others, status=status, says=says)


# -- logs, notifications, data events


def logs_to(target):
    return {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": ""}}


@rows(
    (logs_to("logs"), (Other(BUCKET, {"Name": "logs"}),), "pass", "logs"),
    (logs_to("b"), (), "fail", "itself"),
    (logs_to("gone"), (), "fail", "does not exist"),
    (logs_to(""), (), "fail", "off"),
    ({}, (), "fail", "off"),
    # the bucket that takes the logs of others needs none
    ({}, (Other(BUCKET, {"Name": "data", **logs_to("b")}),), "not_applicable", "data"),
    (logs_to("b"), (Other(BUCKET, {"Name": "data", **logs_to("b")}),), "fail", "itself"),
)
def test_access_logging(members, others, status, says):
    check("s3-bucket-access-logging", members, *others, status=status, says=says)


@pytest.mark.parametrize("member", [
    {"EventBridgeConfiguration": {}},  # empty, and yet it says that it is on
    {"TopicConfigurations": [{"TopicArn": "t", "Events": ["s3:ObjectCreated:*"]}]},
    {"QueueConfigurations": [{"QueueArn": "q", "Events": ["s3:ObjectCreated:*"]}]},
    {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": "f", "Events": ["s3:ObjectCreated:*"]}]},
])
def test_notifications(member):
    check("s3-bucket-event-notifications", {"NotificationConfiguration": member}, status="pass")


@rows(
    ({"NotificationConfiguration": {}}, (), "fail", ""),
    ({"NotificationConfiguration": {"TopicConfigurations": []}}, (), "fail", ""),
    ({}, (), "fail", ""),
)
def test_no_notifications(members, others, status, says):
    check("s3-bucket-event-notifications", members, *others, status=status, says=says)


def classic(*values, which="All", type_="AWS::S3::Object"):
    return {"EventSelectors": [{"ReadWriteType": which, "IncludeManagementEvents": True,
                                "DataResources": [{"Type": type_, "Values": list(values)}]}]}


def advanced(*fields, category="Data", kind="AWS::S3::Object"):
    return {"AdvancedEventSelectors": [{"Name": "n", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": [category]},
        *([{"Field": "resources.type", "Equals": [kind]}] if kind else []), *fields]}]}


def arn(**operators):
    return {"Field": "resources.ARN", **operators}


@pytest.mark.parametrize(("selectors", "status"), [
    (classic("arn:aws:s3"), "pass"),
    (classic("arn:aws:s3:::"), "pass"),
    (classic("arn:aws:s3:::b/"), "pass"),
    (classic("arn:aws:s3:::other/", "arn:aws:s3:::b/"), "pass"),
    (classic("arn:aws:s3:::b/train/"), "fail"),  # a prefix covers a prefix
    (classic("arn:aws:s3:::bb/"), "fail"),
    (classic("arn:aws:s3", which="ReadOnly"), "fail"),
    (classic("arn:aws:s3", which="WriteOnly"), "fail"),
    (classic("arn:aws:lambda", type_="AWS::Lambda::Function"), "fail"),
    (classic(), "fail"),
    (classic(""), "fail"),
    (advanced(), "pass"),
    (advanced(arn(StartsWith=["arn:aws:s3:::b/"])), "pass"),
    (advanced(arn(StartsWith=["arn:aws:s3:::"])), "pass"),
    (advanced(arn(StartsWith=["arn:aws:s3:::b/train/"])), "fail"),
    (advanced(arn(StartsWith=["arn:aws:s3:::other/"])), "fail"),
    (advanced(arn(Equals=["arn:aws:s3:::b/"])), "fail"),  # the name of one object
    (advanced(arn(EndsWith=[".csv"])), "fail"),
    (advanced(arn(NotStartsWith=["arn:aws:s3:::logs/"])), "pass"),
    (advanced(arn(NotStartsWith=["arn:aws:s3:::b/"])), "fail"),
    (advanced(arn(NotStartsWith=["arn:aws:s3:::b/tmp/"])), "fail"),
    (advanced(arn(NotEquals=["arn:aws:s3:::other/key"])), "pass"),
    (advanced(arn(NotEquals=["arn:aws:s3:::b/key"])), "fail"),
    (advanced(arn(NotEndsWith=[".tmp"])), "fail"),
    (advanced({"Field": "readOnly", "Equals": ["true"]}), "fail"),
    (advanced({"Field": "readOnly", "Equals": ["false"]}), "fail"),
    (advanced({"Field": "eventName", "Equals": ["GetObject"]}), "fail"),
    (advanced({"Field": "eventSource", "Equals": ["s3.amazonaws.com"]}), "pass"),
    (advanced(category="Management", kind=""), "fail"),
    (advanced(kind="AWS::S3::AccessPoint"), "fail"),
    (advanced(kind=""), "fail"),
    ({}, "fail"),
])
def test_data_events(selectors, status):
    check("s3-bucket-data-events", {}, LOADED, trail(Selectors=selectors), status=status)


SAGEMAKER = ("AWS::SageMaker::Endpoint", "AWS::SageMaker::FeatureGroup",
             "AWS::SageMaker::ExperimentTrialComponent", "AWS::SageMaker::MlflowTrackingServer")


@pytest.mark.parametrize("kind", SAGEMAKER)
def test_pitfall_42_data_events_of_sagemaker_are_of_another_type(kind):
    """Those that a trail records of endpoints and stores say nothing of objects."""
    rule = "s3-bucket-data-events"
    one = advanced(kind=kind)
    check(rule, {}, LOADED, trail(Selectors=one), status="fail")
    both = {"AdvancedEventSelectors": [
        *one["AdvancedEventSelectors"], *advanced()["AdvancedEventSelectors"]]}
    check(rule, {}, LOADED, trail(Selectors=both), status="pass")


READS = classic("arn:aws:s3", which="ReadOnly")
WRITES = classic("arn:aws:s3", which="WriteOnly")
ALL = classic("arn:aws:s3")


@pytest.mark.parametrize(("trails", "status", "says"), [
    ((trail("r", Selectors=READS), trail("w", Selectors=WRITES)), "pass", ""),
    ((trail(logging=False, Selectors=ALL),), "fail", "no trail that is logging"),
    ((trail(region="us-east-1", Selectors=ALL),), "pass", ""),
    ((trail(region="us-east-1", multi=False, Selectors=ALL),), "fail", "eu-west-1"),
    ((trail(multi=False, Selectors=ALL),), "pass", ""),
    ((trail(IsOrganizationTrail=True, Selectors=ALL),), "pass", ""),
    ((trail(Selectors=READS),), "fail", "writes"),
    ((), "fail", "reads or writes"),
])
def test_which_trails_count(trails, status, says):
    check("s3-bucket-data-events", {}, WRITTEN, *trails, status=status, says=says)


@pytest.mark.parametrize("user", [LOADED, WRITTEN, TRAINED_ON, CAPTURED])
def test_who_makes_a_bucket_one_of_ml(user):
    check("s3-bucket-data-events", {}, user, status="fail", says=user.kind.noun)


def test_data_events_of_other_buckets_and_refusals():
    rule = "s3-bucket-data-events"
    check(rule, {}, trail(Selectors=ALL), status="not_applicable")
    check(rule, {}, status="unknown", refused=[MODEL])
    check(rule, {}, WRITTEN, status="fail", refused=[MODEL])
    check(rule, {}, WRITTEN, status="unknown", refused=[TRAIL])
    check(rule, {}, WRITTEN, trail(Selectors=ALL), status="unknown",
          unseen={"LocationConstraint": "AccessDenied"})
