"""S3: buckets and the account's block."""

from auditor.kinds import ACCOUNT_BLOCK, BUCKET, MODEL
from auditor.rule import Other
from tests.replayed import differs, none, replay, row
from tests.replayed.keys import KEY_ID, OWN_KEY
from tests.replayed.policies import OWNER, policy

ARN, OBJECTS = "arn:aws:s3:::b", "arn:aws:s3:::b/*"
MEMBERS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
OFF = dict.fromkeys(MEMBERS, False)
ON = dict.fromkeys(MEMBERS, True)
OWN = {"Grantee": {"Type": "CanonicalUser", "ID": "owner"}, "Permission": "FULL_CONTROL"}
EVERYBODY = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}


def bucket(*grants, **more):
    return {"Name": "b", "Acl": {"Grants": [OWN, *grants]}, **more}


def account(block):
    return Other(ACCOUNT_BLOCK, {"PublicAccessBlockConfiguration": block})


def rules(*status):
    return {"LifecycleConfiguration": {"Rules": [
        {"ID": f"r{i}", "Status": s, "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
        for i, s in enumerate(status)]}}


PUT = policy("s3:PutObject", resource=OBJECTS)
UNENCRYPTED = policy(
    "s3:PutObject", resource=OBJECTS, effect="Deny",
    StringNotEquals=("s3:x-amz-server-side-encryption", "aws:kms"))


def plain(action):
    return policy(action, resource=OBJECTS, effect="Deny",
                  Bool=("aws:SecureTransport", "false"))


def encrypted(algorithm, key=None):
    return {"ServerSideEncryptionConfiguration": {"Rules": [{
        "ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}}]}}


WEIGHTS = Other(MODEL, {
    "ModelName": "m", "PrimaryContainer": {"ModelDataUrl": "s3://b/model.tar.gz"}})
LOCK = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}

ELSEWHERE = Other(BUCKET, {"Name": "copy", "Versioning": {"Status": "Enabled"}},
                  region="us-east-1")


def copied(status):
    return {"Versioning": {"Status": "Enabled"}, "ReplicationConfiguration": {
        "Role": "arn:aws:iam::111122223333:role/copy", "Rules": [
            {"ID": "r", "Status": status, "Prefix": "",
             "Destination": {"Bucket": "arn:aws:s3:::copy"}}]}}


def access_point(block):
    return {
        "Name": "p", "NetworkOrigin": "Internet", "Bucket": "b",
        "AccessPointArn": "arn:aws:s3:eu-west-1:111122223333:accesspoint/p",
        "Configuration": {"Name": "p", "NetworkOrigin": "Internet",
                          "PublicAccessBlockConfiguration": block}}


REPLAYS = [
    replay(
        "s3_bucket_kms_encryption", "s3-bucket-kms-encryption",
        none(),
        row("the keys of S3", bucket(**encrypted("AES256")), "fail"),
        row("KMS", bucket(**encrypted("aws:kms", KEY_ID)), "pass", OWN_KEY),
        row("KMS, in two layers", bucket(**encrypted("aws:kms:dsse", KEY_ID)), "pass", OWN_KEY),
        differs("a KMS key that is not there", bucket(**encrypted("aws:kms", "12345678")), "pass",
                "fail", "AWS", "Nothing can be encrypted with a key that does not exist."),
    ),
    replay(
        "s3_bucket_object_lock", "s3-bucket-object-lock",
        none(),
        row("no lock, models inside", bucket(), "fail", WEIGHTS),
        differs("no lock, nothing of machine learning inside", bucket(), "fail",
                "not_applicable", "scope",
                "Ours asks it of the buckets that hold what a model is loaded from."),
        row("a lock without a retention", bucket(**LOCK), "pass", WEIGHTS),
    ),
    replay(
        "s3_bucket_policy_public_write_access", "s3-bucket-public-write",
        row("no policy", bucket(), "pass"),
        row("a policy that only denies", bucket(Policy=UNENCRYPTED), "pass"),
        row("anyone may put objects",
            bucket(Policy=PUT, PolicyStatus={"IsPublic": True}), "fail"),
    ),
    replay(
        "s3_bucket_secure_transport_policy", "s3-bucket-tls-only",
        row("no policy", bucket(), "fail"),
        differs("plain HTTP denied for PutObject alone", bucket(Policy=plain("s3:PutObject")),
                "pass", "fail", "fuller",
                "Objects can still be read, and the bucket listed, without TLS."),
        row("plain HTTP denied for GetObject alone", bucket(Policy=plain("s3:GetObject")), "fail"),
    ),
    replay(
        "s3_bucket_cross_account_access", "s3-bucket-cross-account-sensitive-actions",
        none(),
        row("no policy", bucket(), "pass"),
        row("anyone may delete the policy",
            bucket(Policy=policy("s3:DeleteBucketPolicy", {"AWS": "*"}, "arn:aws:s3:::*")),
            "fail"),
        row("the owner's account may delete the policy",
            bucket(Policy=policy("s3:DeleteBucketPolicy", {"AWS": OWNER}, "arn:aws:s3:::*")),
            "pass"),
        row("a wildcard inside the principal's account number", bucket(Policy=policy(
            ["s3:PutEncryptionConfiguration", "s3:PutBucketPolicy"],
            {"AWS": "arn:aws:iam::*:root"}, "arn:aws:s3:::*")), "fail"),
    ),
    replay(
        "s3_bucket_public_access", "s3-bucket-public-read",
        none(),
        row("blocked at the account", bucket(), "pass", account(ON)),
        row("blocked at the bucket", bucket(PublicAccessBlockConfiguration=ON), "pass",
            account(OFF)),
        row("blocked at the bucket, the account not set",
            bucket(PublicAccessBlockConfiguration=ON), "pass"),
        row("the list says everyone may read, nothing blocks it",
            bucket({"Grantee": EVERYBODY, "Permission": "READ"},
                   PublicAccessBlockConfiguration=OFF), "fail", account(OFF)),
        differs("anyone may put objects, nothing blocks it", bucket(
            Policy=PUT, PolicyStatus={"IsPublic": True}, PublicAccessBlockConfiguration=OFF),
            "fail", "pass", "scope", "Nobody can read by it; the rule on public writing fails.",
            account(OFF)),
    ),
    replay(
        "s3_bucket_public_access", "s3-bucket-public-write",
        row("anyone may put objects, nothing blocks it", bucket(
            Policy=PUT, PolicyStatus={"IsPublic": True}, PublicAccessBlockConfiguration=OFF),
            "fail", account(OFF)),
    ),
    replay(
        "s3_bucket_lifecycle_enabled", "s3-bucket-lifecycle",
        none(),
        row("no lifecycle", bucket(), "fail"),
        row("one rule in force", bucket(**rules("Enabled")), "pass"),
        differs("one rule in force, one switched off", bucket(**rules("Enabled", "Disabled")),
                "fail", "pass", "AWS", "A rule switched off does nothing; the other still works."),
    ),
    replay(
        "s3_bucket_server_access_logging_enabled", "s3-bucket-access-logging",
        row("no logging", bucket(), "fail"),
        differs("the log goes into the bucket itself",
                bucket(LoggingEnabled={"TargetBucket": "b", "TargetPrefix": "b/"}), "pass", "fail",
                "fuller", "Each record of the log is then itself logged, and who may delete the"
                " data may delete the traces."),
    ),
    replay(
        "s3_bucket_acl_prohibited", "s3-bucket-acls-disabled",
        row("no ownership controls", bucket(), "fail"),
        row("the bucket's owner owns everything", bucket(
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}), "pass"),
    ),
    replay(
        "s3_bucket_level_public_access_block", "s3-bucket-public-access-block",
        none(),
        row("all four off", bucket(PublicAccessBlockConfiguration=OFF), "fail", account(OFF)),
        row("all four on", bucket(PublicAccessBlockConfiguration=ON), "pass", account(OFF)),
        row("the bucket's block was refused", bucket(), "none", account(OFF), ours="unknown",
            reason="unseen", why="Whether the bucket blocks anything was not seen; theirs leaves"
            " it out.", unseen={"PublicAccessBlockConfiguration": "AccessDenied"}),
    ),
    replay(
        "s3_account_level_public_access_blocks", "s3-account-public-access-block",
        row("all four on", {"PublicAccessBlockConfiguration": ON}, "pass"),
        row("all four off", {"PublicAccessBlockConfiguration": OFF}, "fail"),
    ),
    replay(
        "s3_bucket_event_notifications_enabled", "s3-bucket-event-notifications",
        none(),
        row("no notification", bucket(NotificationConfiguration={}), "fail"),
        row("to a function, a queue and a topic", bucket(NotificationConfiguration={
            f"{kind}Configurations": [{f"{arn}Arn": f"arn:aws:{to}", "Events": ["s3:ObjectCreated:*"]}]
            for kind, arn, to in (
                ("LambdaFunction", "LambdaFunction", "lambda:eu-west-1:111122223333:function:f"),
                ("Queue", "Queue", "sqs:eu-west-1:111122223333:q"),
                ("Topic", "Topic", "sns:eu-west-1:111122223333:t"))}), "pass"),
    ),
    replay(
        "s3_bucket_no_mfa_delete", "s3-bucket-mfa-delete",
        none(),
        differs("no versioning", bucket(), "fail", "not_applicable", "AWS",
                "MFA delete guards versions; a bucket that keeps none cannot have it."),
        row("versioning with MFA delete",
            bucket(Versioning={"Status": "Enabled", "MFADelete": "Enabled"}), "pass"),
    ),
    replay(
        "s3_bucket_cross_region_replication", "s3-bucket-replication",
        none(),
        row("no versioning", bucket(), "fail"),
        row("versioning, no replication", bucket(Versioning={"Status": "Enabled"}), "fail"),
        row("a replication that is off", bucket(**copied("Disabled")), "fail", ELSEWHERE),
        row("a replication into another region", bucket(**copied("Enabled")), "pass", ELSEWHERE),
        row("a replication into the same region", bucket(**copied("Enabled")), "fail",
            Other(BUCKET, {"Name": "copy", "Versioning": {"Status": "Enabled"}})),
    ),
    replay(
        "s3_access_point_public_access_block", "s3-access-point-public-access-block",
        none(),
        row("all four on", access_point(ON), "pass"),
        row("all four off", access_point(OFF), "fail"),
        row("one of them off", access_point(ON | {"IgnorePublicAcls": False}), "fail"),
    ),
    replay(
        "s3_bucket_object_versioning", "s3-bucket-versioning",
        row("no versioning", bucket(), "fail"),
        row("versioning", bucket(Versioning={"Status": "Enabled"}), "pass"),
    ),
    replay(
        "s3_bucket_public_list_acl", "s3-bucket-public-read",
        none(),
        row("blocked at the account", bucket(), "pass", account(ON)),
        row("blocked at the bucket", bucket(PublicAccessBlockConfiguration=ON), "pass",
            account(OFF)),
        row("the list says everyone may read", bucket(
            {"Grantee": EVERYBODY, "Permission": "READ"}, PublicAccessBlockConfiguration=OFF),
            "fail", account(OFF)),
        row("the list says everyone may read the list", bucket(
            {"Grantee": EVERYBODY, "Permission": "READ_ACP"}, PublicAccessBlockConfiguration=OFF),
            "fail", account(OFF)),
    ),
]
