"""The rest of the demo's account, as AWS answers about it: what moto cannot be told to create.

`RESOURCES` are SageMaker's by region and noun, each as its Describe operation answers it; what
begins with an underscore is said elsewhere (`_summary` in its list, `_tags` by the tagging API)
and another operation's name is that one's answer about it. `ANSWERS` are rows by service: region
or `*`, operation or `*`, the parameters it is for, the answer; the first that agrees counts.
A text `@key/ml-data` stands for an id as in `demo_world`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.aws import demo_world as world
from auditor.aws.demo_world import ACCOUNT, DATABASE_URL, EU, US, document, role_arn, tags

Data = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """An error that AWS answers."""

    code: str
    status: int
    message: str


def ago(days: float) -> datetime:
    """Return the time that many days ago."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)


def arn(service: str, what: str, region: str = EU) -> str:
    """Return an ARN in the account."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{what}"


def made(days: float) -> Data:
    """Return when a resource was made and last changed."""
    return {"CreationTime": ago(days), "LastModifiedTime": ago(days / 2)}


# --- SageMaker ----------------------------------------------------------------------------------

GIT_SECRET = arn("secretsmanager", "secret:churn/git-a1B2c3")
STUDIO, HOMES = "d-meridianstudio", "fs-0a1b2c3d4e5f60718"
CLUSTER_NODES: Data = {
    "InstanceGroupName": "trainers", "InstanceType": "ml.g5.12xlarge", "CurrentCount": 2,
    "TargetCount": 2, "ExecutionRole": role_arn("ForecastExecution"), "ThreadsPerCore": 1,
    "LifeCycleConfig": {
        "SourceS3Uri": f"s3://sagemaker-{US}-{ACCOUNT}/hyperpod/", "OnCreate": "on_create.sh",
    },
}  # fmt: skip
PROCESSING_MACHINE: Data = {
    "InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30,
}  # fmt: skip


def person(name: str, **settings: Any) -> Data:
    """Return a user profile of the studio."""
    return {
        "UserProfileName": name, "DomainId": STUDIO, "Status": "InService", **made(120),
        "UserProfileArn": arn("sagemaker", f"user-profile/{STUDIO}/{name}"),
        "HomeEfsFileSystemUid": "200005", "UserSettings": settings,
        "_tags": tags("churn", "dev"),
    }  # fmt: skip


def processing(name: str, role: str, bucket: str, **more: Any) -> Data:
    """Return a processing job that ended after a quarter of an hour."""
    return {
        "ProcessingJobName": name, "ProcessingJobStatus": "Completed", **made(6),
        "ProcessingJobArn": arn("sagemaker", f"processing-job/{name}"), "RoleArn": role_arn(role),
        "ProcessingResources": {"ClusterConfig": PROCESSING_MACHINE},
        "ProcessingStartTime": ago(6), "ProcessingEndTime": ago(5.99),
        "ProcessingInputs": [{"InputName": "raw", "S3Input": {
            "S3Uri": f"s3://{bucket}/raw/", "S3DataType": "S3Prefix", "S3InputMode": "File",
            "LocalPath": "/opt/ml/processing/input"}}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "clean", "S3Output": {
            "S3Uri": f"s3://{bucket}/clean/", "LocalPath": "/opt/ml/processing/output",
            "S3UploadMode": "EndOfJob"}}]},
        "AppSpecification": {"ImageUri": world.image("fraud", "training", "1.14")},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600}, **more,
    }  # fmt: skip


RESOURCES: dict[tuple[str, str], list[Data]] = {
    (EU, "Domain"): [{
        "DomainId": STUDIO, "DomainName": "meridian-studio", "Status": "InService", **made(420),
        "DomainArn": arn("sagemaker", f"domain/{STUDIO}"), "AuthMode": "IAM",
        "Url": f"https://{STUDIO}.studio.{EU}.sagemaker.aws", "HomeEfsFileSystemId": HOMES,
        "AppNetworkAccessType": "PublicInternetOnly", "VpcId": "@vpc",
        "SubnetIds": ["@subnet/private-a", "@subnet/private-b"],
        "DefaultUserSettings": {
            "ExecutionRole": role_arn("churn-sagemaker-admin"),
            "SharingSettings": {
                "NotebookOutputOption": "Allowed", "S3OutputPath": "s3://meridian-churn-exports/",
            },
        },
        "_tags": tags("platform"),
    }],
    (EU, "UserProfile"): [
        person("ana"),
        person("bruno", ExecutionRole=role_arn("MeridianFraudNotebook"),
               SecurityGroups=["@sg/ml-workloads"]),
    ],
    (EU, "Space"): [{
        "SpaceName": "churn-workshop", "DomainId": STUDIO, "Status": "InService", **made(40),
        "SpaceArn": arn("sagemaker", f"space/{STUDIO}/churn-workshop"),
        "SpaceSettings": {
            "AppType": "JupyterLab",
            "SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 20}},
        },
        "OwnershipSettings": {"OwnerUserProfileName": "ana"},
        "SpaceSharingSettings": {"SharingType": "Shared"},
        "_summary": {
            "SpaceSettingsSummary": {"AppType": "JupyterLab"},
            "SpaceSharingSettingsSummary": {"SharingType": "Shared"},
            "OwnershipSettingsSummary": {"OwnerUserProfileName": "ana"},
        },
        "_tags": tags("churn", "dev"),
    }],
    (EU, "CodeRepository"): [{
        "CodeRepositoryName": "churn-notebooks", **made(390),
        "CodeRepositoryArn": arn("sagemaker", "code-repository/churn-notebooks"),
        "GitConfig": {"RepositoryUrl": "https://git.meridian.example/churn/notebooks.git",
                      "Branch": "main", "SecretArn": GIT_SECRET},
        "_tags": tags("churn"),
    }],
    (EU, "ModelPackageGroup"): [{
        "ModelPackageGroupName": "credit-scorecard", "CreationTime": ago(300),
        "ModelPackageGroupArn": arn("sagemaker", "model-package-group/credit-scorecard"),
        "CreatedBy": {}, "ModelPackageGroupStatus": "Completed",
        "GetModelPackageGroupPolicy": {"ResourcePolicy": document({
            "Sid": "Everyone", "Effect": "Allow", "Principal": "*",
            "Action": ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
            "Resource": arn("sagemaker", "model-package/credit-scorecard/*"),
        })},
        "_tags": tags("credit"),
    }],
    (EU, "ModelPackage"): [{
        "ModelPackageName": "credit-scorecard", "ModelPackageGroupName": "credit-scorecard",
        "ModelPackageArn": arn("sagemaker", "model-package/credit-scorecard/7"),
        "ModelPackageVersion": 7, "CreationTime": ago(60), "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {"Containers": [{
            "Image": world.image("credit-scorecard", "inference", "2.3.1"),
            "ModelDataUrl": "s3://meridian-credit-risk/credit-scorecard/model.tar.gz"}]},
    }],
    (EU, "FeatureGroup"): [{
        "FeatureGroupName": "transactions", "FeatureGroupStatus": "Created",
        "FeatureGroupArn": arn("sagemaker", "feature-group/transactions"),
        "CreationTime": ago(200), "RoleArn": role_arn("MeridianFraudTraining"),
        "RecordIdentifierFeatureName": "id", "EventTimeFeatureName": "at", "NextToken": "",
        "FeatureDefinitions": [{"FeatureName": n, "FeatureType": "String"} for n in ("id", "at")],
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "OfflineStoreConfig": {"S3StorageConfig": {
            "S3Uri": "s3://meridian-fraud-training/features/", "KmsKeyId": "@key/ml-data"}},
        "_tags": tags("fraud"),
    }],
    (EU, "Pipeline"): [{
        "PipelineName": "fraud-nightly", "PipelineStatus": "Active", **made(90),
        "PipelineArn": arn("sagemaker", "pipeline/fraud-nightly"),
        "RoleArn": role_arn("MeridianFraudTraining"),
        "PipelineDefinition": json.dumps({"Version": "2020-12-01", "Steps": []}),
        "_tags": tags("fraud"),
    }],
    (EU, "ProcessingJob"): [
        processing(
            "fraud-features-0931", "MeridianFraudTraining", "meridian-fraud-training",
            NetworkConfig={
                "EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True,
                **world.IN_VPC,
            },
            ProcessingResources={"ClusterConfig": PROCESSING_MACHINE | {
                "VolumeKmsKeyId": "@key/ml-data"}},
            _tags=tags("fraud"),
        ),
        processing("churn-export-0412", "churn-sagemaker-admin", "meridian-churn-exports",
                   Environment={"WAREHOUSE": DATABASE_URL}, _tags=tags("churn")),
    ],
    (EU, "DataQualityJobDefinition"): [{
        "JobDefinitionName": "fraud-scorer-data-quality-definition", "CreationTime": ago(7),
        "JobDefinitionArn": arn(
            "sagemaker", "data-quality-job-definition/fraud-scorer-data-quality-definition"),
        "DataQualityAppSpecification": {"ImageUri": world.image("fraud", "training", "1.14")},
        "DataQualityJobInput": {"EndpointInput": {
            "EndpointName": "fraud-scorer", "LocalPath": "/opt/ml/processing/endpoint"}},
        "DataQualityJobOutputConfig": {
            "KmsKeyId": "@key/ml-capture",
            "MonitoringOutputs": [{"S3Output": {
                "S3Uri": "s3://meridian-inference-capture/reports/",
                "LocalPath": "/opt/ml/processing/output"}}],
        },
        "JobResources": {"ClusterConfig": PROCESSING_MACHINE | {"VolumeKmsKeyId": "@key/ml-data"}},
        "NetworkConfig": {"EnableNetworkIsolation": True, **world.IN_VPC},
        "RoleArn": role_arn("MeridianFraudTraining"),
        "_summary": {
            "MonitoringJobDefinitionName": "fraud-scorer-data-quality-definition",
            "MonitoringJobDefinitionArn": arn(
                "sagemaker", "data-quality-job-definition/fraud-scorer-data-quality-definition"),
            "EndpointName": "fraud-scorer",
        },
    }],
    (US, "Cluster"): [{
        "ClusterName": "forecast-hyperpod", "ClusterStatus": "InService", "CreationTime": ago(33),
        "ClusterArn": arn("sagemaker", "cluster/a1b2c3d4e5f6", US), "NodeRecovery": "Automatic",
        "InstanceGroups": [CLUSTER_NODES],
        "VpcConfig": {"SecurityGroupIds": ["@sg/forecast-jobs"], "Subnets": ["@subnet/private-a"]},
        "_tags": tags("demand"),
    }],
}  # fmt: skip

# --- what stands around it ----------------------------------------------------------------------


def images() -> list[tuple[str, str, str]]:
    """Return region, repository and tag of every image that a job or a model names."""
    text = json.dumps([[*world.TRAINING.values()], [*world.MODELS.values()]], default=str)
    found = set()
    for piece in text.split(f"{ACCOUNT}.dkr.ecr.")[1:]:
        region, _, rest = piece.partition(".amazonaws.com/")
        repository, _, tag = rest.partition('"')[0].partition(":")
        found.add((region, repository, tag))
    return sorted(found)


SCANNED = ("meridian/fraud-training", "meridian/fraud-inference")
"""The repositories that scan what is pushed, refuse to overwrite a tag, and use a key of ours."""
OPEN_REPOSITORY = "meridian/churn-inference"


def repository(region: str, name: str) -> Data:
    """Return a repository as ECR describes it."""
    sound = name in SCANNED
    return {
        "repositoryName": name, "repositoryArn": arn("ecr", f"repository/{name}", region),
        "registryId": ACCOUNT, "createdAt": ago(500),
        "repositoryUri": f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/{name}",
        "imageTagMutability": "IMMUTABLE" if sound else "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": sound},
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "@key/ml-data"} if sound
        else {"encryptionType": "AES256"},
    }  # fmt: skip


def image_detail(name: str, tag: str) -> Data:
    """Return an image as ECR describes it."""
    return {
        "registryId": ACCOUNT, "repositoryName": name, "imageTags": [tag],
        "imageDigest": "sha256:" + world.derived(f"{name}:{tag}", 64, "0123456789abcdef"),
        "imageSizeInBytes": 1_931_000_000, "imagePushedAt": ago(70),
    }  # fmt: skip


def _ecr() -> list[Row]:
    rows: list[Row] = []
    for region, name, tag in images():
        detail = image_detail(name, tag)
        scan = {
            "registryId": ACCOUNT, "repositoryName": name,
            "imageScanStatus": {"status": "COMPLETE"},
            "imageId": {"imageDigest": detail["imageDigest"]}, "imageScanFindings": {
                "imageScanCompletedAt": ago(2), "vulnerabilitySourceUpdatedAt": ago(3),
                "findingSeverityCounts": {"MEDIUM": 3}, "findings": []},
        }  # fmt: skip
        rows += [
            (region, "DescribeImages", {"repositoryName": name, "imageIds": tag},
             {"imageDetails": [detail]}),
            (region, "DescribeRepositories", {"repositoryNames": name},
             {"repositories": [repository(region, name)]}),
        ]  # fmt: skip
        pushed = name in SCANNED
        rows.append((region, "BatchGetRepositoryScanningConfiguration", {"repositoryNames": name}, {
            "failures": [], "scanningConfigurations": [{
                "repositoryArn": arn("ecr", f"repository/{name}", region), "repositoryName": name,
                "scanOnPush": pushed, "scanFrequency": "SCAN_ON_PUSH" if pushed else "MANUAL",
                "appliedScanFilters": []}],
        }))
        if pushed:
            rows.append((region, "DescribeImageScanFindings", {"repositoryName": name}, scan))
    everyone = document({
        "Effect": "Allow", "Principal": "*",
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    })  # fmt: skip
    everywhere = {region for region, *_ in images()}
    return [
        *rows,
        *((region, "DescribeRepositories", {"repositoryNames": None},
           {"repositories": [repository(region, n) for n in sorted(
               {name for at, name, _ in images() if at == region})]}) for region in everywhere),
        ("*", "DescribeRepositories", {},
         Refusal("RepositoryNotFoundException", 400, "The repository does not exist")),
        ("*", "DescribeImages", {},
         Refusal("ImageNotFoundException", 400, "There is no such image")),
        (EU, "GetRepositoryPolicy", {"repositoryName": OPEN_REPOSITORY},
         {"repositoryName": OPEN_REPOSITORY, "registryId": ACCOUNT, "policyText": everyone}),
        ("*", "GetRegistryScanningConfiguration", {},
         {"registryId": ACCOUNT, "scanningConfiguration": {"scanType": "BASIC", "rules": []}}),
    ]  # fmt: skip


Row = tuple[str, str, Data, Any]
PROXY, API = "credit-score-proxy", "mc4r8pz1qa"
SINCE = "2025-11-03T09:14:00Z"
DETECTOR = world.derived("detector", 32, "0123456789abcdef")
MACIE_ROLE = role_arn("aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie")


ELSEWHERE = [region for region in world.ENABLED_REGIONS if region != EU]
"""Where nothing watches."""


def inspector(*scanned: str) -> Data:
    """Return what Inspector says of the account where it scans some kinds of resource."""
    def state(on: bool) -> Data:
        return {
            "status": "ENABLED" if on else "DISABLED", "errorCode": "ALREADY_ENABLED",
            "errorMessage": "",
        }  # fmt: skip

    return {"failedAccounts": [], "accounts": [{
        "accountId": ACCOUNT, "state": state(bool(scanned)), "resourceState": {
            kind: state(kind in scanned) for kind in ("ec2", "ecr", "lambda", "lambdaCode")},
    }]}  # fmt: skip


def macie_bucket(name: str, region: str) -> Data:
    """Return what Macie says of a bucket."""
    watched = name not in world.MACIE_UNWATCHED
    return {
        "accountId": ACCOUNT, "bucketName": name, "bucketArn": f"arn:aws:s3:::{name}",
        "region": region,
        "automatedDiscoveryMonitoringStatus": "MONITORED" if watched else "NOT_MONITORED",
        "jobDetails": {"isDefinedInJob": "FALSE", "isMonitoredByJob": "FALSE"},
        **({"lastAutomatedDiscoveryTime": ago(1)} if watched else {}),
    }  # fmt: skip


ANSWERS: dict[str, list[Row]] = {
    # The index has not caught up with any of them: each is described by itself.
    "sagemaker": [
        ("*", "Search", {}, {"Results": []}),
        ("*", "GetSagemakerServicecatalogPortfolioStatus", {}, {"Status": "Disabled"}),
    ],
    "ecr": _ecr(),
    "lambda": [
        (EU, "ListFunctions", {}, {"Functions": [{
            "FunctionName": PROXY, "FunctionArn": arn("lambda", f"function:{PROXY}"),
            "Runtime": "python3.12", "Role": role_arn("MeridianCreditRisk"), "Handler": "app.score",
            "Timeout": 15, "MemorySize": 256, "LastModified": "2026-02-11T08:30:00.000+0000",
            "Version": "$LATEST", "PackageType": "Zip", "TracingConfig": {"Mode": "PassThrough"},
            "Environment": {"Variables": {"ENDPOINT": "credit-scorecard"}},
        }]}),
        (EU, "GetPolicy", {"FunctionName": PROXY}, {"RevisionId": "1", "Policy": document({
            "Sid": "url", "Effect": "Allow", "Principal": "*",
            "Action": "lambda:InvokeFunctionUrl",
            "Resource": arn("lambda", f"function:{PROXY}"),
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        })}),
        (EU, "ListFunctionUrlConfigs", {"FunctionName": PROXY}, {"FunctionUrlConfigs": [{
            "FunctionUrl": f"https://k3y7qexample.lambda-url.{EU}.on.aws/", "AuthType": "NONE",
            "FunctionArn": arn("lambda", f"function:{PROXY}"), "CreationTime": SINCE,
            "LastModifiedTime": SINCE, "InvokeMode": "BUFFERED",
        }]}),
        (EU, "GetFunctionConcurrency", {"FunctionName": PROXY}, {}),
    ],
    "apigateway": [
        (EU, "GetRestApis", {}, {"items": [{
            "id": API, "name": "fraud-scoring", "createdDate": ago(280),
            "apiKeySource": "HEADER", "endpointConfiguration": {"types": ["REGIONAL"]},
            "disableExecuteApiEndpoint": False,
        }]}),
        (EU, "GetResources", {"restApiId": API}, {"items": [
            {"id": "root01", "path": "/"},
            {"id": "score1", "parentId": "root01", "pathPart": "score", "path": "/score",
             "resourceMethods": {"POST": {
                 "httpMethod": "POST", "authorizationType": "NONE", "apiKeyRequired": False,
                 "methodIntegration": {
                     "type": "AWS", "httpMethod": "POST", "credentials":
                     role_arn("MeridianFraudInference"),
                     "uri": f"arn:aws:apigateway:{EU}:runtime.sagemaker:path/endpoints/"
                            "fraud-scorer/invocations"}}}},
        ]}),
        (EU, "GetStages", {"restApiId": API}, {"item": [{
            "stageName": "prod", "deploymentId": "d3p10y", "tracingEnabled": False,
            "cacheClusterEnabled": False, "createdDate": ago(280), "lastUpdatedDate": ago(30),
        }]}),
    ],
    "guardduty": [
        (EU, "ListDetectors", {}, {"DetectorIds": [DETECTOR]}),
        (EU, "GetDetector", {"DetectorId": DETECTOR}, {
            "CreatedAt": SINCE, "UpdatedAt": SINCE, "Status": "ENABLED",
            "FindingPublishingFrequency": "SIX_HOURS",
            "ServiceRole": role_arn(
                "aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"),
            "Features": [
                {"Name": name, "Status": status, "UpdatedAt": ago(300)} for name, status in (
                    ("CLOUD_TRAIL", "ENABLED"), ("DNS_LOGS", "ENABLED"),
                    ("FLOW_LOGS", "ENABLED"), ("S3_DATA_EVENTS", "DISABLED"))],
        }),
    ],
    "config": [
        (EU, "DescribeConfigurationRecorders", {}, {"ConfigurationRecorders": [{
            "name": "default", "roleARN": role_arn(
                "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }]}),
        (EU, "DescribeConfigurationRecorderStatus", {}, {"ConfigurationRecordersStatus": [{
            "name": "default", "recording": True, "lastStatus": "Success",
            "lastStartTime": ago(400),
        }]}),
    ],
    "securityhub": [
        (EU, "DescribeHub", {}, {
            "HubArn": arn("securityhub", "hub/default"), "SubscribedAt": SINCE,
            "AutoEnableControls": True, "ControlFindingGenerator": "SECURITY_CONTROL",
        }),
        *((at, "*", {}, Refusal("InvalidAccessException", 401,
                                f"Account {ACCOUNT} is not subscribed to AWS Security Hub"))
          for at in ELSEWHERE),
    ],
    "accessanalyzer": [
        (EU, "ListAnalyzers", {}, {"analyzers": [{
            "name": "meridian", "arn": arn("access-analyzer", "analyzer/meridian"),
            "type": "ACCOUNT", "status": "ACTIVE", "createdAt": ago(350),
        }]}),
    ],
    "inspector2": [
        (EU, "BatchGetAccountStatus", {}, inspector("ecr")),
        ("*", "BatchGetAccountStatus", {}, inspector()),
    ],
    "efs": [
        (EU, "DescribeFileSystems", {"FileSystemId": HOMES}, {"FileSystems": [{
            "OwnerId": ACCOUNT, "CreationToken": STUDIO, "FileSystemId": HOMES,
            "FileSystemArn": arn("elasticfilesystem", f"file-system/{HOMES}"),
            "CreationTime": ago(420), "LifeCycleState": "available", "NumberOfMountTargets": 1,
            "SizeInBytes": {"Value": 48_200_000}, "PerformanceMode": "generalPurpose",
            "Encrypted": True, "ThroughputMode": "bursting",
            "Tags": [{"Key": "ManagedByAmazonSageMakerResource",
                      "Value": arn("sagemaker", f"domain/{STUDIO}")}],
        }]}),
        (EU, "DescribeMountTargets", {"FileSystemId": HOMES}, {"MountTargets": [{
            "OwnerId": ACCOUNT, "MountTargetId": "fsmt-0a1b2c3d", "FileSystemId": HOMES,
            "SubnetId": "@subnet/private-a", "LifeCycleState": "available", "VpcId": "@vpc",
        }]}),
        (EU, "DescribeAccessPoints", {"FileSystemId": HOMES}, {"AccessPoints": []}),
    ],
    "secretsmanager": [
        (EU, "DescribeSecret", {"SecretId": GIT_SECRET}, {
            "ARN": GIT_SECRET, "Name": "churn/git", "RotationEnabled": False,
            "CreatedDate": ago(390), "LastChangedDate": ago(390),
        }),
        (EU, "GetResourcePolicy", {"SecretId": GIT_SECRET},
         {"ARN": GIT_SECRET, "Name": "churn/git"}),
    ],
    "macie2": [
        (EU, "GetMacieSession", {}, {
            "status": "ENABLED", "createdAt": ago(300), "updatedAt": ago(300),
            "findingPublishingFrequency": "FIFTEEN_MINUTES", "serviceRole": MACIE_ROLE,
        }),
        (EU, "GetAutomatedDiscoveryConfiguration", {}, {
            "status": "ENABLED", "firstEnabledAt": ago(300), "lastUpdatedAt": ago(300)}),
        (EU, "DescribeBuckets", {}, {"buckets": [
            macie_bucket(name, region) for name, region, *_ in world.BUCKETS if region == EU]}),
        (EU, "ListClassificationJobs", {}, {"items": []}),
        (EU, "ListClassificationScopes", {}, {"classificationScopes": [
            {"id": "scope1", "name": "automated-sensitive-data-discovery"}]}),
        (EU, "GetClassificationScope", {"id": "scope1"}, {
            "id": "scope1", "name": "automated-sensitive-data-discovery",
            "s3": {"excludes": {"bucketNames": list(world.MACIE_UNWATCHED)}}}),
        (EU, "GetClassificationExportConfiguration", {}, {"configuration": {}}),
        *((at, "*", {}, Refusal("AccessDeniedException", 403, "Macie is not enabled"))
          for at in ELSEWHERE),
    ],
    "cloudtrail": [("*", "ListEventDataStores", {}, {"EventDataStores": []})],
}  # fmt: skip
MISSING: dict[tuple[str, str], Refusal] = {
    # what AWS answers of something that is there and has no such thing
    ("sagemaker", "GetModelPackageGroupPolicy"): Refusal(
        "ValidationException", 400, "Cannot find resource policy for the model package group"),
    ("sagemaker", "GetEndpointPolicy"): Refusal(
        "ValidationException", 400, "Cannot find resource policy for the endpoint"),
    ("sagemaker", "GetLineageGroupPolicy"): Refusal(
        "ResourceNotFound", 400, "The lineage group has no resource policy"),
    ("ecr", "GetRepositoryPolicy"): Refusal(
        "RepositoryPolicyNotFoundException", 400, "Repository policy does not exist"),
    ("ecr", "GetLifecyclePolicy"): Refusal(
        "LifecyclePolicyNotFoundException", 400, "Lifecycle policy does not exist"),
    ("ecr", "GetRegistryPolicy"): Refusal(
        "RegistryPolicyNotFoundException", 400, "Registry policy does not exist"),
    ("ecr", "DescribeImageScanFindings"): Refusal(
        "ScanNotFoundException", 400, "Image scan does not exist"),
    ("lambda", "GetPolicy"): Refusal(
        "ResourceNotFoundException", 404, "The resource you requested does not exist."),
    ("lambda", "GetFunctionCodeSigningConfig"): Refusal(
        "CodeSigningConfigNotFoundException", 404, "There is no code signing configuration."),
    ("backup", "DescribeProtectedResource"): Refusal(
        "ResourceNotFoundException", 400, "Resource is not protected by AWS Backup"),
    ("efs", "DescribeFileSystems"): Refusal("FileSystemNotFound", 404, "there is none"),
    ("efs", "DescribeFileSystemPolicy"): Refusal("PolicyNotFound", 404, "there is no policy"),
    ("efs", "DescribeBackupPolicy"): Refusal("PolicyNotFound", 404, "there is no policy"),
    ("secretsmanager", "DescribeSecret"): Refusal(
        "ResourceNotFoundException", 400, "Secrets Manager can't find the specified secret."),
}  # fmt: skip


def inventory() -> Iterator[tuple[str, str, str]]:
    """Yield (kind, region, name) of what there is here, for tests and for people."""
    for (region, noun), resources in RESOURCES.items():
        for each in resources:
            name = each.get(f"{noun}Name") or each["JobDefinitionName"]
            yield noun, region, name
    yield from {("repository", region, name) for region, name, _ in images()}
    yield from (("function", EU, PROXY), ("API", EU, API), ("file system", EU, HOMES))
