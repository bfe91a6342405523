"""What SageMaker leans on: a region where all of it is there, and one where it is off.

Each is services of a region, to be put beside SageMaker's own.
"""

from __future__ import annotations

import json

from tests.fakeaws import By, Error
from tests.worlds.make import ACCOUNT, EU, OTHER, SECRET, ago, allow, arn, key_arn, role_arn

HOST = f"{ACCOUNT}.dkr.ecr.{EU}.amazonaws.com"
DIGEST = f"sha256:{'a1' * 32}"
IMAGE = f"{HOST}/serving@{DIGEST}"
TAGGED = f"{HOST}/serving:v1"
FOREIGN = f"763104351884.dkr.ecr.{EU}.amazonaws.com/pytorch-inference:2.1"
ELSEWHERE = "docker.io/library/python:3.12"
SIGNING = arn("lambda", "code-signing-config:csc-0123456789abcdef0")
SECRET_ARN = arn("secretsmanager", "secret:git-a1b2c3")
FILES = "fs-0123456789abcdef0"
STORE = arn("cloudtrail", "eventdatastore/11111111-2222-3333-4444-555555555555")
MACIE_OFF = Error("AccessDeniedException", "Macie is not enabled.", 403)
HUB_OFF = Error(
    "InvalidAccessException", f"Account {ACCOUNT} is not subscribed to AWS Security Hub", 401)


def document(text):
    """Return a policy as those services give it that answer with text."""
    return json.dumps(text)


CONTAINERS = {
    "DescribeRepositories": {"repositories": [{
        "repositoryArn": arn("ecr", "repository/serving"), "registryId": ACCOUNT,
        "repositoryName": "serving", "repositoryUri": f"{HOST}/serving", "createdAt": ago(200),
        "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": key_arn("cmk")}}]},
    "GetRepositoryPolicy": {"policyText": document(allow("ecr:BatchGetImage"))},
    "GetLifecyclePolicy": Error("LifecyclePolicyNotFoundException", "no lifecycle policy"),
    "BatchGetRepositoryScanningConfiguration": {"scanningConfigurations": [{
        "repositoryArn": arn("ecr", "repository/serving"), "repositoryName": "serving",
        "scanOnPush": True, "scanFrequency": "SCAN_ON_PUSH", "appliedScanFilters": [
            {"filter": "*", "filterType": "WILDCARD"}]}], "failures": []},
    "GetRegistryPolicy": Error("RegistryPolicyNotFoundException", "no registry policy"),
    "GetRegistryScanningConfiguration": {"registryId": ACCOUNT, "scanningConfiguration": {
        "scanType": "BASIC", "rules": [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [
            {"filter": "*", "filterType": "WILDCARD"}]}]}},
    "DescribeImages": {"imageDetails": [{
        "registryId": ACCOUNT, "repositoryName": "serving", "imageDigest": DIGEST,
        "imageTags": ["v1"], "imagePushedAt": ago(20)}]},
    "DescribeImageScanFindings": {
        "registryId": ACCOUNT, "repositoryName": "serving", "imageId": {"imageDigest": DIGEST},
        "imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {
            "imageScanCompletedAt": ago(19), "vulnerabilitySourceUpdatedAt": ago(19),
            "findings": [{"name": "CVE-2026-1", "severity": "HIGH"},
                         {"name": "CVE-2026-2", "severity": "HIGH"}],
            "findingSeverityCounts": {"HIGH": 2}}},
}
FUNCTIONS = {
    "ListFunctions": {"Functions": [
        {"FunctionName": "invoke", "FunctionArn": arn("lambda", "function:invoke"),
         "Runtime": "python3.12", "PackageType": "Zip", "Role": role_arn("sound"),
         "Environment": {"Variables": {"ENDPOINT": "churn", "API_TOKEN": SECRET}}},
        {"FunctionName": "plain", "FunctionArn": arn("lambda", "function:plain"),
         "PackageType": "Image", "Role": role_arn("sound")}]},
    "GetPolicy": By("FunctionName", {"invoke": {"Policy": document(
        allow("lambda:InvokeFunctionUrl"))}}),
    "ListFunctionUrlConfigs": By("FunctionName", {"invoke": {"FunctionUrlConfigs": [{
        "FunctionUrl": "https://abc.lambda-url.eu-west-1.on.aws/", "AuthType": "NONE",
        "FunctionArn": arn("lambda", "function:invoke"), "CreationTime": "2026-01-01T00:00:00Z",
        "LastModifiedTime": "2026-01-01T00:00:00Z"}]}}, {"FunctionUrlConfigs": []}),
    "GetFunctionConcurrency": By("FunctionName", {"invoke": {
        "ReservedConcurrentExecutions": 5}}, {}),
    "GetFunctionCodeSigningConfig": {"FunctionName": "invoke", "CodeSigningConfigArn": SIGNING},
    "GetCodeSigningConfig": {"CodeSigningConfig": {
        "CodeSigningConfigId": "csc-0123456789abcdef0", "CodeSigningConfigArn": SIGNING,
        "AllowedPublishers": {"SigningProfileVersionArns": [
            arn("signer", "/signing-profiles/ml/a1b2c3d4e5")]},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
        "LastModified": "2026-01-01T00:00:00Z"}},
}
REST = {
    "GetRestApis": {"items": [{"id": "rest1", "name": "churn", "createdDate": ago(50),
                               "endpointConfiguration": {"types": ["REGIONAL"]}}]},
    "GetResources": {"items": [{"id": "res1", "path": "/churn", "resourceMethods": {"POST": {
        "httpMethod": "POST", "authorizationType": "NONE", "apiKeyRequired": False,
        "methodIntegration": {
            "type": "AWS", "credentials": role_arn("sound"),
            "uri": f"arn:aws:apigateway:{EU}:runtime.sagemaker:path//endpoints/churn/invocations"},
    }}}]},
    "GetStages": {"item": [{"stageName": "live", "deploymentId": "d1", "variables": {
        "apiToken": SECRET}, "tracingEnabled": False}]},
    "GetAuthorizers": {"items": []},
    "GetRequestValidators": {"items": [{"id": "v1", "name": "params",
                                        "validateRequestParameters": True}]},
    "GetDomainNames": {"items": [{"domainName": "ml.example.com", "securityPolicy": "TLS_1_0"}]},
    "GetUsagePlans": {"items": [{"id": "plan1", "name": "free", "throttle": {
        "burstLimit": 10, "rateLimit": 5.0}}]},
}
HTTP = {
    "GetApis": {"Items": [{"ApiId": "http1", "Name": "churn", "ProtocolType": "HTTP",
                           "RouteSelectionExpression": "$request.method $request.path"}]},
    "GetRoutes": {"Items": [{"RouteId": "r1", "RouteKey": "POST /churn",
                             "AuthorizationType": "NONE", "Target": "integrations/i1"}]},
    "GetIntegrations": {"Items": [{"IntegrationId": "i1", "IntegrationType": "AWS_PROXY",
                                   "IntegrationUri": arn("lambda", "function:invoke")}]},
    "GetStages": {"Items": [{"StageName": "$default", "StageVariables": {"apiToken": SECRET}}]},
    "GetAuthorizers": {"Items": []},
}
LOGS = {
    "DescribeLogGroups": {"logGroups": [{
        "logGroupName": "/aws/sagemaker/Endpoints/churn", "kmsKeyId": key_arn("cmk"),
        "arn": arn("logs", "log-group:/aws/sagemaker/Endpoints/churn:*"),
        "retentionInDays": 30}]},
    "DescribeResourcePolicies": {"resourcePolicies": [{
        "policyName": "open", "policyDocument": document(allow("logs:PutLogEvents"))}]},
    "DescribeMetricFilters": {"metricFilters": [{
        "filterName": "unauthorized", "logGroupName": "trail",
        "filterPattern": '{ $.errorCode = "AccessDenied*" }', "metricTransformations": [{
            "metricName": "Unauthorized", "metricNamespace": "CIS", "metricValue": "1"}]}]},
}
ALARMS = {"DescribeAlarms": {"MetricAlarms": [{
    "AlarmName": "unauthorized", "AlarmArn": arn("cloudwatch", "alarm:unauthorized"),
    "MetricName": "Unauthorized", "Namespace": "CIS", "ActionsEnabled": True,
    "AlarmActions": [arn("sns", "security")]}]}}
RULES = {"ListRules": {"Rules": [{
    "Name": "jobs", "Arn": arn("events", "rule/jobs"), "State": "ENABLED",
    "EventPattern": document({"source": ["aws.sagemaker"]})}]}}
SCALING = {
    "DescribeScalableTargets": {"ScalableTargets": [{
        "ServiceNamespace": "sagemaker", "ResourceId": "endpoint/churn/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "MinCapacity": 1,
        "MaxCapacity": 4, "RoleARN": role_arn("sound"), "CreationTime": ago(10)}]},
    "DescribeScalingPolicies": {"ScalingPolicies": [{
        "PolicyARN": arn("autoscaling", "scalingPolicy:1"), "PolicyName": "track",
        "ServiceNamespace": "sagemaker", "ResourceId": "endpoint/churn/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "PolicyType": "TargetTrackingScaling", "CreationTime": ago(10)}]},
}
MACIE = {
    "GetMacieSession": {"status": "ENABLED", "createdAt": ago(100)},
    "GetAutomatedDiscoveryConfiguration": {"status": "ENABLED"},
    "ListClassificationScopes": {"classificationScopes": [{"id": "scope1", "name": "automated"}]},
    "GetClassificationScope": {"id": "scope1", "name": "automated", "s3": {
        "excludes": {"bucketNames": ["ml-data"]}}},
    "GetClassificationExportConfiguration": {"configuration": {"s3Destination": {
        "bucketName": "findings", "kmsKeyArn": key_arn("cmk")}}},
    "DescribeBuckets": {"buckets": [{
        "bucketName": "ml-data", "bucketArn": "arn:aws:s3:::ml-data", "accountId": ACCOUNT,
        "automatedDiscoveryMonitoringStatus": "NOT_MONITORED"}]},
}
DETECTIVES = {
    "guardduty": {
        "ListDetectors": {"DetectorIds": ["d1"]},
        "GetDetector": {"Status": "ENABLED", "ServiceRole": role_arn("sound"), "Features": [
            {"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]}},
    "config": {
        "DescribeConfigurationRecorders": {"ConfigurationRecorders": [{
            "name": "default", "roleARN": role_arn("sound"), "recordingGroup": {
                "allSupported": False, "exclusionByResourceTypes": {
                    "resourceTypes": ["AWS::SageMaker::Model"]}}}]},
        "DescribeConfigurationRecorderStatus": {"ConfigurationRecordersStatus": [
            {"name": "default", "recording": True}]}},
    "securityhub": {"DescribeHub": {
        "HubArn": arn("securityhub", "hub/default"), "AutoEnableControls": True}},
    "accessanalyzer": {"ListAnalyzers": {"analyzers": [{
        "arn": arn("access-analyzer", "analyzer/a"), "name": "a", "type": "ACCOUNT",
        "createdAt": ago(90), "status": "ACTIVE"}]}},
    "inspector2": {"BatchGetAccountStatus": {"accounts": [{
        "accountId": ACCOUNT, "state": {"status": "ENABLED", "errorCode": "ALREADY_ENABLED",
                                        "errorMessage": ""},
        "resourceState": {
            part: {"status": "ENABLED", "errorCode": "ALREADY_ENABLED", "errorMessage": ""}
            for part in ("ec2", "ecr")}}]}},
}
FILE_SYSTEMS = {
    "DescribeFileSystems": {"FileSystems": [{
        "FileSystemId": FILES, "FileSystemArn": arn("elasticfilesystem", f"file-system/{FILES}"),
        "OwnerId": ACCOUNT, "CreationToken": "d-1", "CreationTime": ago(300),
        "LifeCycleState": "available", "NumberOfMountTargets": 1, "SizeInBytes": {"Value": 1},
        "PerformanceMode": "generalPurpose", "Tags": [], "Encrypted": True,
        "KmsKeyId": key_arn("cmk")}]},
    "DescribeFileSystemPolicy": Error("PolicyNotFound", "no policy", 404),
    "DescribeBackupPolicy": {"BackupPolicy": {"Status": "DISABLED"}},
    "DescribeMountTargets": {"MountTargets": [{
        "MountTargetId": "fsmt-1", "FileSystemId": FILES, "SubnetId": "subnet-own",
        "LifeCycleState": "available"}]},
    "DescribeAccessPoints": {"AccessPoints": [{
        "AccessPointId": "fsap-1", "FileSystemId": FILES, "RootDirectory": {"Path": "/"}}]},
}
BACKUPS = {"DescribeProtectedResource": Error(
    "ResourceNotFoundException", "Resource is not protected", 400)}
FIREWALLS = {"ListFirewallRuleGroupAssociations": {"FirewallRuleGroupAssociations": [{
    "Id": "rslvr-frgassoc-1", "VpcId": "vpc-own", "Status": "COMPLETE",
    "FirewallRuleGroupId": "rslvr-frg-1",
    "Arn": arn("route53resolver", "firewall-rule-group-association/rslvr-frgassoc-1")}]}}
PROFILES = {"ListProfileAssociations": {"ProfileAssociations": [{
    "Id": "rpassoc-1", "ProfileId": "rp-1", "ResourceId": "vpc-own", "Status": "COMPLETE"}]}}
SECRETS = {
    "DescribeSecret": {"ARN": SECRET_ARN, "Name": "git", "KmsKeyId": key_arn("cmk"),
                       "RotationEnabled": False},
    "GetResourcePolicy": {"ARN": SECRET_ARN, "Name": "git"},
}
STORES = {
    "ListEventDataStores": {"EventDataStores": [{"EventDataStoreArn": STORE, "Name": "lake"}]},
    "GetEventDataStore": {
        "EventDataStoreArn": STORE, "Name": "lake", "Status": "ENABLED",
        "KmsKeyId": key_arn("cmk"), "MultiRegionEnabled": True, "AdvancedEventSelectors": [{
            "Name": "endpoints", "FieldSelectors": [
                {"Field": "resources.type", "Equals": ["AWS::SageMaker::Endpoint"]}]}]},
}
POINTS = {
    "ListAccessPoints": {"AccessPointList": [{
        "Name": "team", "NetworkOrigin": "Internet", "Bucket": "ml-data",
        "AccessPointArn": arn("s3", "accesspoint/team"), "BucketAccountId": ACCOUNT}]},
    "GetAccessPoint": {"Name": "team", "Bucket": "ml-data", "NetworkOrigin": "Internet",
                       "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
    "GetAccessPointPolicy": {"Policy": document(allow("s3:GetObject"))},
    "GetAccessPointPolicyStatus": {"PolicyStatus": {"IsPublic": False}},
}
MULTI_REGION_POINTS = [{
    "Name": "everywhere", "Alias": "mfzwi23gnjvgw.mrap", "CreatedAt": ago(40), "Status": "READY",
    "PublicAccessBlock": {"BlockPublicAcls": True, "IgnorePublicAcls": True,
                          "BlockPublicPolicy": True, "RestrictPublicBuckets": False},
    "Regions": [{"Bucket": "ml-data", "Region": EU, "BucketAccountId": ACCOUNT}]}]
NETWORK = {
    "DescribeVpcEndpoints": {"VpcEndpoints": [{
        "VpcEndpointId": "vpce-1", "VpcId": "vpc-own", "VpcEndpointType": "Interface",
        "ServiceName": f"com.amazonaws.{EU}.sagemaker.api", "SubnetIds": ["subnet-own"],
        "PolicyDocument": document(allow("*"))}]},
    "DescribeFlowLogs": {"FlowLogs": [{
        "FlowLogId": "fl-1", "ResourceId": "vpc-own", "TrafficType": "REJECT",
        "FlowLogStatus": "ACTIVE"}]},
    "DescribeNatGateways": {"NatGateways": [{
        "NatGatewayId": "nat-1", "VpcId": "vpc-own", "SubnetId": "subnet-own"}]},
    "DescribeVpcPeeringConnections": {"VpcPeeringConnections": [{
        "VpcPeeringConnectionId": "pcx-1", "AccepterVpcInfo": {"OwnerId": OTHER}}]},
    "DescribeSecurityGroups": {"SecurityGroups": [{
        "GroupId": "sg-1", "GroupName": "offices", "VpcId": "vpc-own", "IpPermissions": [{
            "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
            "PrefixListIds": [{"PrefixListId": "pl-1"}]}]}]},
    "DescribeManagedPrefixLists": {"PrefixLists": [{
        "PrefixListId": "pl-1", "PrefixListName": "offices", "AddressFamily": "IPv4",
        "OwnerId": ACCOUNT, "PrefixListArn": arn("ec2", "prefix-list/pl-1")}]},
    "GetManagedPrefixListEntries": {"Entries": [{"Cidr": "192.0.2.0/24"}]},
    "DescribeInstances": {"Reservations": [
        {"ReservationId": "r-1", "OwnerId": ACCOUNT, "Instances": [{
            "InstanceId": "i-1", "VpcId": "vpc-own", "SubnetId": "subnet-own",
            "State": {"Name": "running"}, "MetadataOptions": {
                "HttpEndpoint": "enabled", "HttpTokens": "optional"}}]}]},
    "DescribeVpcEndpointServiceConfigurations": {"ServiceConfigurations": [{
        "ServiceId": "vpce-svc-1", "ServiceState": "Available", "AcceptanceRequired": True,
        "ServiceName": f"com.amazonaws.vpce.{EU}.vpce-svc-1"}]},
    "DescribeVpcEndpointServicePermissions": {"AllowedPrincipals": [{
        "PrincipalType": "Account", "Principal": f"arn:aws:iam::{OTHER}:root"}]},
    "GetEbsEncryptionByDefault": {"EbsEncryptionByDefault": False},
    "DescribeVpcBlockPublicAccessOptions": {"VpcBlockPublicAccessOptions": {
        "InternetGatewayBlockMode": "off"}},
}
ON = {
    "ecr": CONTAINERS, "lambda": FUNCTIONS, "apigateway": REST, "apigatewayv2": HTTP,
    "logs": LOGS, "cloudwatch": ALARMS, "events": RULES, "application-autoscaling": SCALING,
    "macie2": MACIE, "efs": FILE_SYSTEMS, "secretsmanager": SECRETS, "s3control": POINTS,
    "backup": BACKUPS, "route53resolver": FIREWALLS, "route53profiles": PROFILES,
    **DETECTIVES,
}
OFF = {
    "ecr": {
        "GetRegistryPolicy": CONTAINERS["GetRegistryPolicy"],
        "GetRegistryScanningConfiguration": {
            "registryId": ACCOUNT, "scanningConfiguration": {"scanType": "BASIC", "rules": []}},
    },
    "lambda": {"ListFunctions": {"Functions": []}},
    "apigateway": {name: {"items": []} for name in (
        "GetRestApis", "GetDomainNames", "GetUsagePlans")},
    "apigatewayv2": {"GetApis": {"Items": []}},
    "logs": {
        "DescribeLogGroups": {"logGroups": []}, "DescribeResourcePolicies": {"resourcePolicies": []},
        "DescribeMetricFilters": {"metricFilters": []}},
    "cloudwatch": {"DescribeAlarms": {"MetricAlarms": []}},
    "events": {"ListRules": {"Rules": []}},
    "application-autoscaling": {
        "DescribeScalableTargets": {"ScalableTargets": []},
        "DescribeScalingPolicies": {"ScalingPolicies": []}},
    "macie2": {"GetMacieSession": MACIE_OFF, "DescribeBuckets": MACIE_OFF},
    "s3control": {"ListAccessPoints": {"AccessPointList": []}},
    "guardduty": {"ListDetectors": {"DetectorIds": []}},
    "config": {
        "DescribeConfigurationRecorders": {"ConfigurationRecorders": []},
        "DescribeConfigurationRecorderStatus": {"ConfigurationRecordersStatus": []}},
    "securityhub": {"DescribeHub": HUB_OFF},
    "accessanalyzer": {"ListAnalyzers": {"analyzers": []}},
    "inspector2": {"BatchGetAccountStatus": {"accounts": [{
        "accountId": ACCOUNT,
        "state": {"status": "DISABLED", "errorCode": "ALREADY_ENABLED", "errorMessage": ""},
        "resourceState": {
            part: {"status": "DISABLED", "errorCode": "ALREADY_ENABLED", "errorMessage": ""}
            for part in ("ec2", "ecr")}}]}},
}
EC2_OFF = {
    name: NETWORK[name]
    for name in ("GetEbsEncryptionByDefault", "DescribeVpcBlockPublicAccessOptions")
}
IAM = {
    "ListUsers": {"Users": [
        {"UserName": name, "UserId": f"AIDAEXAMPLE{name.upper()}", "Path": "/",
         "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "CreateDate": ago(900)}
        for name in ("anna", "robot")]},
    "GetLoginProfile": By("UserName", {"anna": {"LoginProfile": {
        "UserName": "anna", "CreateDate": ago(900)}}}, Error(
            "NoSuchEntity", "Login Profile for User robot cannot be found.", 404)),
    "ListUserTags": {"Tags": [{"Key": "team", "Value": "ml"}]},
    "ListMFADevices": {"MFADevices": []},
    "ListAccessKeys": By("UserName", {"robot": {"AccessKeyMetadata": [{
        "UserName": "robot", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Active",
        "CreateDate": ago(400)}]}}, {"AccessKeyMetadata": []}),
    "GetAccountSummary": {"SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}},
    "GetAccountPasswordPolicy": Error("NoSuchEntity", "there is no password policy", 404),
}
