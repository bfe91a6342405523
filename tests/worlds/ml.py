"""An account that does machine learning in two regions, well in some places and badly in others.

``FAILS`` and ``UNKNOWN`` say what is true of it: the resources that fail each rule, and those of
which AWS does not let us know. They are written from AWS's documentation and not from the rules;
where a rule says otherwise one of the two is wrong. ``DARK`` is the same account with nobody
watching or explaining and a stranger in possession of its default bucket in one region, but with
the account's block of public access, its root guarded and a DNS firewall.
"""

from __future__ import annotations

from tests.fakeaws import EMPTY, Chosen, Error
from tests.worlds import doors, front, identity, monitors, places, serving, studio, training, work
from tests.worlds.make import (
    ACCOUNT,
    ALL_ON,
    CMK,
    EU,
    OTHER,
    SECRET,
    US,
    access_points,
    ago,
    allow,
    bucket,
    invocations,
    key,
    key_arn,
    lifecycle,
    managed_policy,
    notebook,
    policy,
    public_acl,
    role,
    role_arn,
    scaling,
    sound_bucket,
    statement,
    tls_only,
    trail,
    training_logs,
)

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
CAP = f"arn:aws:iam::{ACCOUNT}:policy/cap"
OFF, DYING, AWS_OWN = "cmk-off", "cmk-dying", "aws-sagemaker"
_UNKNOWN_TYPE = Error("InvalidInstanceType", "The following supplied instance types do not exist")


def types(*named):
    """Return EC2's answer about instance types; each is a name and whether it has NVMe."""
    return Chosen(
        "InstanceTypes", "InstanceTypes", "InstanceType",
        [{"InstanceType": name, "InstanceStorageSupported": nvme} for name, nvme in named],
        _UNKNOWN_TYPE,
    )


# -- SageMaker

NOTEBOOKS = [
    notebook(
        "nb-sound", RootAccess="Disabled", DirectInternetAccess="Disabled", SubnetId="subnet-own",
        SecurityGroups=["sg-closed"], KmsKeyId=key_arn(CMK), NetworkInterfaceId="eni-1",
        NotebookInstanceLifecycleConfigName="lc-sound", PlatformIdentifier="notebook-al2023-v1",
        InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "2"},
        _tags={"team": "fraud"},
    ),
    notebook(  # nothing was set, and the old platform
        "nb-flawed", RootAccess="Enabled", DirectInternetAccess="Enabled",
        RoleArn=role_arn("admin"), PlatformIdentifier="notebook-al1-v1", LastModifiedTime=ago(900),
        InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "1"},
    ),
    notebook(  # looks sound, but for where its members lead
        "nb-subtle", RootAccess="Disabled", DirectInternetAccess="Disabled",
        SubnetId="subnet-default", SecurityGroups=["sg-closed", "sg-open"],
        KmsKeyId="alias/aws/sagemaker", RoleArn=role_arn("wide"),
        NotebookInstanceLifecycleConfigName="lc-secret", PlatformIdentifier="notebook-al2023-v1",
        InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "2"},
    ),
    notebook(  # a key that is off, named by its bare id; capped admin; all else sound
        "nb-key-off", RootAccess="Disabled", DirectInternetAccess="Disabled",
        SubnetId="subnet-own", SecurityGroups=["sg-closed"], KmsKeyId=OFF,
        RoleArn=role_arn("capped"), NotebookInstanceLifecycleConfigName="lc-sound",
        PlatformIdentifier="notebook-al2023-v1", NotebookInstanceStatus="Stopped",
        LastModifiedTime=ago(900),
        InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "2"},
    ),
    notebook(  # going away: nothing about it matters any more
        "nb-going", NotebookInstanceStatus="Deleting", RootAccess="Enabled",
        DirectInternetAccess="Enabled", RoleArn=role_arn("admin"),
    ),
]
LIFECYCLES = [
    lifecycle("lc-sound", "#!/bin/bash\npip install --user pandas\n"),
    lifecycle("lc-secret", f"#!/bin/bash\nexport DB_PASSWORD='{SECRET}'\n"),
]

# -- what it leans on

ROLES = [
    role("sound", allow("s3:GetObject", "s3:PutObject", on=[
        "arn:aws:s3:::ml-data/*", "arn:aws:s3:::ml-models/*"]),
        Tags=[{"Key": "team", "Value": "fraud"}]),
    role("admin", attached=[ADMIN]),
    role("wide", allow("s3:*"), allow("iam:PassRole", "sts:AssumeRole")),
    role("capped", attached=[ADMIN], boundary=CAP),
    role("unused", allow("*"), RoleLastUsed={}),
    *identity.ROLES,
]
POLICIES = [
    managed_policy(ADMIN, allow("*")),
    managed_policy(CAP, allow("s3:GetObject", on="arn:aws:s3:::ml-data/*")),
    *identity.POLICIES,
]
KEYS = [
    key(CMK, "alias/ml"), key(OFF, KeyState="Disabled", Enabled=False),
    key(DYING, "alias/dying", KeyState="PendingDeletion", Enabled=False),
    key(AWS_OWN, "alias/aws/sagemaker", "alias/aws/s3", KeyManager="AWS"),
]
BUCKETS = [
    sound_bucket("ml-data", EU, key_id=key_arn(CMK), logs_to="ml-logs", copies_to="ml-copies",
                 _tags={"class": "personal"}),
    sound_bucket("ml-models", EU, key_id=f"arn:aws:kms:{EU}:{ACCOUNT}:alias/ml",
                 logs_to="ml-logs", copies_to="ml-copies"),
    sound_bucket("ml-logs", EU, key_id=key_arn(CMK), logs_to="ml-copies", copies_to="ml-copies"),
    sound_bucket("ml-copies", US, key_id=key_arn("cmk-us", US), logs_to="us-logs",
                 copies_to="ml-data"),
    sound_bucket(  # nothing in it ends, nor can be ended without a second factor
        "us-logs", US, key_id=key_arn("cmk-us", US), logs_to="ml-copies", copies_to="ml-logs",
        GetBucketVersioning={"Status": "Enabled", "MFADelete": "Enabled"},
        GetBucketLifecycleConfiguration=Error("NoSuchLifecycleConfiguration", status=404)),
    bucket("plain-data", EU),  # as S3 makes it when nobody says anything, before April 2023
    bucket(
        "open-data", US,
        GetBucketPolicy=policy(
            statement("open-data", "Allow", ["s3:GetObject", "s3:PutObject"]),
            statement("open-data", "Allow", ["s3:PutBucketPolicy"],
                      {"AWS": f"arn:aws:iam::{OTHER}:root"})),
        GetBucketPolicyStatus={"PolicyStatus": {"IsPublic": True}},
        GetBucketAcl=public_acl(("AllUsers", "READ"), ("AuthenticatedUsers", "WRITE")),
        GetBucketWebsite={"IndexDocument": {"Suffix": "index.html"}},
        GetBucketVersioning={"Status": "Enabled"},
        GetBucketEncryption={"ServerSideEncryptionConfiguration": {"Rules": [{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}},
    ),
    sound_bucket(  # a policy that says "*", and means one VPC endpoint of a team we do not know
        "vpce-data", EU, key_id=key_arn(CMK), logs_to="ml-logs", copies_to="ml-copies",
        GetPublicAccessBlock={"PublicAccessBlockConfiguration": ALL_ON | {
            "RestrictPublicBuckets": False}},
        GetBucketPolicy=policy(tls_only("vpce-data"), statement(
            "vpce-data", "Allow", "s3:GetObject",
            Condition={"StringEquals": {"aws:SourceVpce": "vpce-12345678"}})),
    ),
]
TRAILS_EU = [trail(
    "everything", EU, "ml-logs", IsMultiRegionTrail=True, LogFileValidationEnabled=True,
    KmsKeyId=key_arn(CMK), HasInsightSelectors=True,
    CloudWatchLogsLogGroupArn=f"arn:aws:logs:{EU}:{ACCOUNT}:log-group:trail:*",
    CloudWatchLogsRoleArn=role_arn("sound"),
    GetTrailStatus={"IsLogging": True, "LatestDeliveryTime": ago(0),
                    "LatestCloudWatchLogsDeliveryTime": ago(0)},
    GetEventSelectors={"AdvancedEventSelectors": [
        {"Name": "management", "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Management"]}]},
        {"Name": "objects", "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]},
    GetInsightSelectors={"InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]},
)]
TRAILS_US = [trail("weak", US, "open-data", GetTrailStatus={"IsLogging": False})]
# An organization's trail whose home we do not scan, and of whose state a member learns nothing.
ORGANIZATION = trail(
    "organization", "eu-central-1", "their-data", account=OTHER, IsMultiRegionTrail=True,
    IsOrganizationTrail=True, LogFileValidationEnabled=True,
    KmsKeyId=key_arn("org", "eu-central-1", OTHER),
    **dict.fromkeys(
        ("GetTrailStatus", "GetEventSelectors", "GetInsightSelectors"),
        Error("AccessDeniedException", "not authorized: the trail is the organization's", 400)),
)

DOCUMENT = {
    ACCOUNT: {
        EU: {
            "sagemaker": {
                "NotebookInstance": NOTEBOOKS, "NotebookInstanceLifecycleConfig": LIFECYCLES,
                "CodeRepository": [*doors.REPOSITORIES, *studio.REPOSITORIES],
                "TrainingJob": training.JOBS, **serving.SAGEMAKER, **monitors.SAGEMAKER,
                **studio.SAGEMAKER, **work.SAGEMAKER, "*": EMPTY,
            },
            "application-autoscaling": scaling(serving.SCALED),
            "logs": doors.logs(training_logs("t-sound", "t-subtle", "t-foreign-key")),
            "cloudwatch": {**doors.ALARMS, "*": EMPTY, "MetricData": [
                invocations("e-sound", "green", 3, 1), invocations("e-sound", "blue"),
                invocations("e-components", "c", 2)]},
            "s3control": access_points(EU, "ml-data", {"shut": True, "ajar": False}) | {
                "MultiRegionAccessPoint": front.POINTS},
            "*": EMPTY,
            "kms": {"Key": KEYS},
            **places.SERVICES,
            **doors.SERVICES,
            **front.SERVICES,
            "ec2": places.NETWORK | {"*": EMPTY, "DescribeInstanceTypes": types(
                ("m5.large", False), ("m5.xlarge", False), ("c5.xlarge", False),
                ("g5.xlarge", True))},
            "cloudtrail": {"Trail": TRAILS_EU},
            **identity.ANALYZERS,
            "macie2": {
                "GetMacieSession": {"status": "ENABLED", "createdAt": ago(100)},
                "GetAutomatedDiscoveryConfiguration": {"status": "ENABLED"},
                "GetClassificationExportConfiguration": {"configuration": {}},
                "ListClassificationScopes": {"classificationScopes": []},
                "DescribeBuckets": {"buckets": [
                    {"bucketName": name, "automatedDiscoveryMonitoringStatus": status}
                    for name, status in (("ml-data", "MONITORED"), ("ml-models", "MONITORED"),
                                         ("plain-data", "NOT_MONITORED"))]},
            },
        },
        US: {
            "sagemaker": {
                "NotebookInstance": [notebook(  # AWS left out what AWS's own default says
                    "nb-us", US, PlatformIdentifier="notebook-al2-v1")],
                "*": EMPTY,
            },
            "*": EMPTY,
            "ec2": places.ELSEWHERE,
            **doors.ELSEWHERE,
            "kms": {"Key": [key("cmk-us", region=US, **identity.OPEN_KEY)]},
            "cloudtrail": {"Trail": TRAILS_US},
        },
        "eu-central-1": {
            "cloudtrail": {"Trail": [ORGANIZATION]},
            "kms": {"*": EMPTY},
        },
        "*": {
            "s3": {"Bucket": BUCKETS}, "iam": {"Role": ROLES, "Policy": POLICIES, **identity.IAM},
        },
    },
    OTHER: {
        US: {"s3": {"Bucket": [bucket("their-data", US)]}},
        EU: {"kms": {"Key": [key(training.FOREIGN, account=OTHER)]}},
        "eu-central-1": {"kms": {"Key": [key("org", region="eu-central-1", account=OTHER)]}},
    },
}

FAILS = {
    **identity.FAILS, **places.FAILS, **doors.FAILS, **front.FAILS,
    **training.FAILS, **serving.FAILS, **monitors.FAILS, **studio.FAILS, **work.FAILS,
    "cloudtrail-bucket-access-logging": {"weak"},
    "cloudtrail-bucket-object-lock": {"weak"},
    "cloudtrail-bucket-public": {"weak"},
    "cloudtrail-cloudwatch-logs": {"weak"},
    "cloudtrail-insights": {"weak"},
    "cloudtrail-kms-encryption": {"weak"},
    "cloudtrail-log-validation": {"weak"},
    "macie-automated-discovery": {US},
    "macie-enabled": {US},
    "s3-account-public-access-block": {ACCOUNT},
    "s3-bucket-access-logging": {"plain-data", "open-data"},
    "s3-bucket-acls-disabled": {"plain-data", "open-data"},
    "s3-bucket-authenticated-users-acl": {"open-data"},
    "s3-bucket-cross-account-sensitive-actions": {"open-data"},
    "s3-bucket-encryption-enforced": {"plain-data", "open-data", "vpce-data"},
    "s3-bucket-event-notifications": {"plain-data", "open-data"},
    "s3-bucket-kms-encryption": {"plain-data", "open-data"},
    "s3-bucket-lifecycle": {"plain-data", "open-data", "us-logs"},
    "s3-bucket-mfa-delete": {"open-data"},  # the others have lifecycle rules, or no versions
    "s3-bucket-multipart-abort": {"plain-data", "open-data", "us-logs"},
    "s3-bucket-object-lock": {"open-data"},  # the only one of evidence without
    "s3-bucket-policy-known-grantees": {"open-data", "vpce-data"},
    "s3-bucket-public-access-block": {"plain-data", "open-data", "vpce-data"},
    "s3-bucket-public-read": {"open-data"},
    "s3-bucket-public-write": {"open-data"},
    "s3-bucket-replication": {"plain-data", "open-data"},
    "s3-bucket-static-website": {"open-data"},
    "s3-bucket-tls-only": {"plain-data", "open-data"},
    "s3-bucket-version-lifecycle": {"open-data", "us-logs"},
    "s3-bucket-versioning": {"plain-data"},
    "sagemaker-endpoint-config-data-capture": {"ec-nvme"},
    "sagemaker-endpoint-config-data-capture-cmk": {"ec-flawed", "ec-mixed"},
    "sagemaker-endpoint-config-in-vpc": {"ec-components"},
    "sagemaker-endpoint-config-instance-count": {"ec-flawed"},
    "sagemaker-endpoint-config-instance-type-consistent": {"ec-mixed"},
    "sagemaker-endpoint-config-network-isolation": {"ec-components"},
    "sagemaker-endpoint-config-safe-rollout": {"ec-flawed"},
    "sagemaker-endpoint-config-variant-weights": {"ec-mixed"},
    "sagemaker-endpoint-config-volume-kms": {"ec-flawed"},
    "sagemaker-endpoint-role-s3-scope": {"e-flawed"},
    "sagemaker-notebook-direct-internet-access": {"nb-flawed", "nb-us"},
    "sagemaker-notebook-idle": {"nb-flawed"},
    "sagemaker-notebook-imdsv2": {"nb-flawed", "nb-us"},
    "sagemaker-notebook-in-custom-vpc": {"nb-flawed", "nb-subtle", "nb-us"},
    "sagemaker-notebook-lifecycle-attached": {"nb-flawed", "nb-us"},
    "sagemaker-notebook-lifecycle-secrets": {"lc-secret"},
    "sagemaker-notebook-role-admin": {"nb-flawed"},
    "sagemaker-notebook-role-assumerole": {"nb-flawed", "nb-subtle"},
    "sagemaker-notebook-role-passrole": {"nb-flawed", "nb-subtle"},
    "sagemaker-notebook-role-s3-scope": {"nb-flawed", "nb-subtle"},
    "sagemaker-notebook-root-access": {"nb-flawed", "nb-us"},
    "sagemaker-notebook-security-group-open": {"nb-subtle"},
    "sagemaker-notebook-supported-platform": {"nb-flawed", "nb-us"},
    "sagemaker-notebook-volume-cmk": {"nb-flawed", "nb-subtle", "nb-key-off", "nb-us"},
    "sagemaker-notebook-volume-kms": {"nb-flawed", "nb-us"},  # a key of AWS's is a key
    "s3-access-point-public-access-block": {"ajar"},
    "s3-bucket-macie-coverage": {"plain-data", "open-data"},  # Macie is off where the latter lies
    "sagemaker-endpoint-autoscaling": {"e-flawed", "e-components"},
    "sagemaker-endpoint-model-monitor": {"e-flawed", "e-components"},
    "sagemaker-endpoint-stale": {"e-flawed"},
}
UNKNOWN = training.UNKNOWN
HISTORICAL = {"t-old"}

_SAGEMAKER = DOCUMENT[ACCOUNT][EU]["sagemaker"]
SQUATTED = f"sagemaker-{US}-{ACCOUNT}"
DARK = {
    **DOCUMENT,
    OTHER: DOCUMENT[OTHER] | {US: {"s3": {"Bucket": [
        bucket("their-data", US), bucket(SQUATTED, US)]}}},
    ACCOUNT: DOCUMENT[ACCOUNT] | {
        EU: DOCUMENT[ACCOUNT][EU] | {
            "cloudtrail": {"Trail": []}, "route53resolver": places.DNS_FIREWALL, "sagemaker": {
                noun: of for noun, of in _SAGEMAKER.items() if noun not in monitors.EXPLAINING}},
        "eu-central-1": {},
        "*": DOCUMENT[ACCOUNT]["*"] | {
            "s3control": {"GetPublicAccessBlock": {"PublicAccessBlockConfiguration": ALL_ON}},
            "iam": DOCUMENT[ACCOUNT]["*"]["iam"] | identity.GUARDED},
    },
}
_CLOSED = (  # what is put right, or made harmless, or is not there any more
    "s3-access-point-public-access-block", "s3-multi-region-access-point-public-access-block",
    "cloudtrail-bucket-public", "s3-account-public-access-block",
    "s3-bucket-authenticated-users-acl", "s3-bucket-cross-account-sensitive-actions",
    "s3-bucket-public-access-block", "s3-bucket-public-read", "s3-bucket-public-write",
    "sagemaker-model-artifact-bucket-public", *monitors.OF_EXPLAINING,
    "iam-root-access-key", "iam-root-mfa", "vpc-egress-filtered",
)
DARK_IDLE = monitors.OF_EXPLAINING  # there is nothing for them to judge
DARK_FAILS = {
    **{rule: names for rule, names in FAILS.items() if rule not in _CLOSED},
    "cloudtrail-cloudwatch-logs": {"weak"},
    "cloudtrail-multi-region": {ACCOUNT},
    **doors.UNWATCHED,
    # public, but for the block, is who the policy lets in; one VPC endpoint is no public
    "s3-bucket-policy-known-grantees": {"vpce-data"},
    # those that jobs, models and endpoints name
    "s3-bucket-data-events": {"ml-data", "ml-models", "plain-data", "open-data"},
    "sagemaker-default-bucket-squatting": {ACCOUNT},
    "sagemaker-processing-clarify-exists": {ACCOUNT},
}
DARK_UNKNOWN = {r: names for r, names in UNKNOWN.items() if not r.startswith("cloudtrail-")}
