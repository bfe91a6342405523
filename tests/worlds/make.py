"""Documents as AWS answers them, with everything that AWS always says filled in."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

from tests.fakeaws import EMPTY, By, Error

ACCOUNT, OTHER = "111122223333", "444455556666"
EU, US = "eu-west-1", "us-east-1"
CMK = "cmk-1"  # the key that everything sound names
VPC = {"Subnets": ["subnet-own", "subnet-own-b"], "SecurityGroupIds": ["sg-closed"]}
NOW = datetime.now(UTC).replace(microsecond=0)
SECRET = "Xk29!vQz7-battery-71"  # a password that must be in no report


def ago(days):
    """Return the time that many days ago."""
    return NOW - timedelta(days=days)


def milliseconds(days):
    """Return the time that many days ago as CloudWatch Logs tells it."""
    return int(ago(days).timestamp() * 1000)


def arn(service, what, region=EU, account=ACCOUNT):
    """Return an ARN."""
    return f"arn:aws:{service}:{region}:{account}:{what}"


# -- SageMaker


def notebook(name, region=EU, **members):
    """Return a notebook instance in service."""
    return {
        "NotebookInstanceName": name, "NotebookInstanceStatus": "InService",
        "NotebookInstanceArn": arn("sagemaker", f"notebook-instance/{name}", region),
        "InstanceType": "ml.t3.medium", "CreationTime": ago(400), "LastModifiedTime": ago(1),
        "RoleArn": role_arn("sound"), **members,
    }


def lifecycle(name, script, region=EU):
    """Return a lifecycle configuration that runs a script at each start."""
    return {
        "NotebookInstanceLifecycleConfigName": name, "CreationTime": ago(300),
        "NotebookInstanceLifecycleConfigArn": arn(
            "sagemaker", f"notebook-instance-lifecycle-config/{name}", region),
        "OnStart": [{"Content": base64.b64encode(script.encode()).decode()}],
    }


def model(name, region=EU, **members):
    """Return a model."""
    return {
        "ModelName": name, "ModelArn": arn("sagemaker", f"model/{name}", region),
        "CreationTime": ago(30), "ExecutionRoleArn": role_arn("sound"),
        "EnableNetworkIsolation": True, **members,
    }


def variant(name, model_name, **members):
    """Return a production variant on two instances."""
    return {
        "VariantName": name, "ModelName": model_name, "InitialInstanceCount": 2,
        "InstanceType": "ml.m5.large", "InitialVariantWeight": 1.0, **members,
    }


def endpoint_config(name, *variants, region=EU, **members):
    """Return an endpoint configuration."""
    return {
        "EndpointConfigName": name, "CreationTime": ago(20),
        "EndpointConfigArn": arn("sagemaker", f"endpoint-config/{name}", region),
        "ProductionVariants": list(variants), **members,
    }


def endpoint(name, config, region=EU, **members):
    """Return an endpoint in service."""
    return {
        "EndpointName": name, "EndpointArn": arn("sagemaker", f"endpoint/{name}", region),
        "EndpointConfigName": config, "EndpointStatus": "InService", "CreationTime": ago(20),
        "LastModifiedTime": ago(2), **members,
    }


def serving(*names):
    """Return the variants of an endpoint in service, two instances each."""
    return [
        {"VariantName": name, "CurrentInstanceCount": 2, "DesiredInstanceCount": 2,
         "CurrentWeight": 1.0, "DesiredWeight": 1.0}
        for name in names
    ]


def scaling(variants):
    """Return Application Auto Scaling's answers: endpoint and variant -> whether a policy is."""
    def of(endpoint_name, variant_name):
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{endpoint_name}/variant/{variant_name}",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount", "CreationTime": ago(20),
        }

    return {
        "DescribeScalableTargets": {"ScalableTargets": [
            {**of(*names), "MinCapacity": 2, "MaxCapacity": 8, "RoleARN": role_arn("sound")}
            for names in variants]},
        "DescribeScalingPolicies": {"ScalingPolicies": [
            {**of(*names), "PolicyName": "-".join(names), "PolicyType": "TargetTrackingScaling",
             "PolicyARN": arn("autoscaling", f"scalingPolicy:{'-'.join(names)}")}
            for names, moved in variants.items() if moved]},
    }


def monitoring_schedule(name, endpoint_name, region=EU, **members):
    """Return a schedule that watches an endpoint."""
    return {
        "MonitoringScheduleName": name, "MonitoringScheduleStatus": "Scheduled",
        "MonitoringScheduleArn": arn("sagemaker", f"monitoring-schedule/{name}", region),
        "MonitoringType": "DataQuality", "EndpointName": endpoint_name, "CreationTime": ago(9),
        "LastModifiedTime": ago(9), "MonitoringScheduleConfig": {}, **members,
    }


def training_job(name, region=EU, **members):
    """Return a training job that ended yesterday, after half an hour."""
    return {
        "TrainingJobName": name, "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed",
        "TrainingJobArn": arn("sagemaker", f"training-job/{name}", region),
        "ModelArtifacts": {"S3ModelArtifacts": "s3://models/out/model.tar.gz"},
        "AlgorithmSpecification": {"TrainingInputMode": "File"}, "RoleArn": role_arn("sound"),
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600}, "CreationTime": ago(1.02),
        "TrainingStartTime": ago(1.02), "TrainingEndTime": ago(1), **members,
    }


def training_logs(*jobs, region=EU):
    """Return CloudWatch Logs' answers about the logs of training jobs that ended yesterday."""
    group = "/aws/sagemaker/TrainingJobs"
    where = arn("logs", f"log-group:{group}", region)
    return {
        "DescribeLogGroups": {"logGroups": [
            {"logGroupName": group, "arn": f"{where}:*", "creationTime": milliseconds(300)}]},
        "DescribeLogStreams": {"logStreams": [
            {"logStreamName": f"{job}/algo-1-1700000000", "creationTime": milliseconds(1.02),
             "arn": f"{where}:log-stream:{job}/algo-1-1700000000",
             "firstEventTimestamp": milliseconds(1.02), "lastEventTimestamp": milliseconds(1)}
            for job in jobs]},
    }


def invocations(endpoint_name, variant_name, *counts):
    """Return what CloudWatch counted of a variant: yesterday, the day before, and so on."""
    return {
        "Label": f"endpoint/{endpoint_name}/variant/{variant_name}",
        "Timestamps": [ago(days) for days in range(1, len(counts) + 1)],
        "Values": [float(count) for count in counts],
    }


def channel(*uris):
    """Return input channels, one for each S3 address."""
    return [
        {"ChannelName": f"channel{i}", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": uri}}}
        for i, uri in enumerate(uris)
    ]


def files_channel(name):
    """Return an input channel from a file system."""
    return {"ChannelName": name, "DataSource": {"FileSystemDataSource": {
        "FileSystemId": name, "FileSystemType": "EFS", "FileSystemAccessMode": "ro",
        "DirectoryPath": "/data"}}}


# -- IAM


def role_arn(name):
    """Return a role's ARN; all of them have a path, as SageMaker's own roles do."""
    return f"arn:aws:iam::{ACCOUNT}:role/service-role/{name}"


def allow(*actions, on="*"):
    """Return a policy document that allows actions."""
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": list(actions), "Resource": on}]}


def role(name, *documents, attached=(), boundary="", **members):
    """Return a role with inline documents, attached policies by ARN and a boundary."""
    found = {
        "Path": "/service-role/", "RoleName": name, "RoleId": "AROAEXAMPLEEXAMPLE123",
        "Arn": role_arn(name), "CreateDate": ago(500),
        "RoleLastUsed": {"LastUsedDate": ago(3), "Region": EU},
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
             "Action": "sts:AssumeRole"}]},
        "RolePolicyList": [
            {"PolicyName": f"inline{i}", "PolicyDocument": d} for i, d in enumerate(documents)],
        "AttachedManagedPolicies": [
            {"PolicyName": a.rpartition("/")[2], "PolicyArn": a} for a in attached],
        **members,
    }
    if boundary:
        found["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": boundary}
    return found


def managed_policy(arn_of, document):
    """Return a managed policy whose second version is in force."""
    return {
        "PolicyName": arn_of.rpartition("/")[2], "Arn": arn_of, "DefaultVersionId": "v2",
        "AttachmentCount": 1, "PolicyVersionList": [
            {"VersionId": "v2", "IsDefaultVersion": True, "Document": document},
            {"VersionId": "v1", "IsDefaultVersion": False, "Document": allow("*")},
        ],
    }


# -- KMS


def key_arn(name, region=EU, account=ACCOUNT):
    """Return the ARN of a key."""
    return arn("kms", f"key/{name}", region, account)


def key(name, *aliases, region=EU, account=ACCOUNT, **members):
    """Return a key that the customer manages and that is enabled, with a policy and rotation."""
    owner = {"AWS": f"arn:aws:iam::{account}:root"}
    return {
        "KeyId": name, "Arn": key_arn(name, region, account), "AWSAccountId": account,
        "CreationDate": ago(700), "Enabled": True, "KeyManager": "CUSTOMER", "KeyState": "Enabled",
        "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "_aliases": list(aliases),
        "GetKeyPolicy": {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"}]})},
        "ListGrants": {"Grants": []}, "GetKeyRotationStatus": {"KeyRotationEnabled": True},
        **members,
    }


# -- S3

ALL_ON = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
_GROUPS = "http://acs.amazonaws.com/groups/global/"


def bucket(name, region=EU, **answers):
    """Return a bucket of which nobody set anything, but for the answers given by operation."""
    return {"Name": name, "CreationDate": ago(600), "BucketRegion": region, **answers}


def statement(name, effect, actions, principal="*", **members):
    """Return a statement of the policy of a bucket, for it and its objects."""
    return {
        "Effect": effect, "Principal": principal, "Action": actions,
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"], **members,
    }


def policy(*statements):
    """Return the answer of GetBucketPolicy."""
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})}


def tls_only(name):
    """Return the statement that refuses plain HTTP."""
    return statement(name, "Deny", "s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})


def kms_only(name):
    """Return the statement that refuses uploads not encrypted with KMS."""
    return {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*",
        "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
    }


def public_acl(*grants):
    """Return an ACL that grants permissions to groups: ``("AllUsers", "READ")``."""
    owner = {"ID": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7", "DisplayName": "us"}
    return {"Owner": owner, "Grants": [
        {"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"},
        *({"Grantee": {"Type": "Group", "URI": _GROUPS + group}, "Permission": permission}
          for group, permission in grants),
    ]}


def sound_bucket(name, region, *, key_id, logs_to, copies_to, **answers):
    """Return a bucket that nothing can be said against."""
    return bucket(
        name, region,
        GetPublicAccessBlock={"PublicAccessBlockConfiguration": ALL_ON},
        GetBucketPolicy=policy(tls_only(name), kms_only(name)),
        GetBucketPolicyStatus={"PolicyStatus": {"IsPublic": False}},
        GetBucketOwnershipControls={"OwnershipControls": {"Rules": [
            {"ObjectOwnership": "BucketOwnerEnforced"}]}},
        GetBucketEncryption={"ServerSideEncryptionConfiguration": {"Rules": [{
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_id}}]}},
        GetBucketVersioning={"Status": "Enabled"},
        GetBucketLogging={"LoggingEnabled": {"TargetBucket": logs_to, "TargetPrefix": name}},
        GetBucketLifecycleConfiguration={"Rules": [{
            "ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""},
            "Expiration": {"Days": 365}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]},
        GetBucketReplication={"ReplicationConfiguration": {
            "Role": role_arn("sound"), "Rules": [{
                "ID": "copy", "Status": "Enabled",
                "Destination": {"Bucket": f"arn:aws:s3:::{copies_to}"}}]}},
        GetObjectLockConfiguration={"ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}}},
        GetBucketNotificationConfiguration={"EventBridgeConfiguration": {}},
    ) | answers


def access_points(region, bucket_name, points):
    """Return S3 Control's answers about access points: name -> whether it is shut to the public."""
    def told(name, shut):
        return {
            "Name": name, "NetworkOrigin": "Internet", "Bucket": bucket_name,
            "PublicAccessBlockConfiguration": ALL_ON if shut else dict.fromkeys(ALL_ON, False),
            "AccessPointArn": arn("s3", f"accesspoint/{name}", region),
        }

    every = {name: told(name, shut) for name, shut in points.items()}
    listed = ("Name", "NetworkOrigin", "Bucket", "AccessPointArn")
    return {
        "ListAccessPoints": {"AccessPointList": [
            {k: point[k] for k in listed} for point in every.values()]},
        "GetAccessPoint": By("Name", every, Error("NoSuchAccessPoint", status=404)),
        "*": EMPTY,
    }


# -- CloudTrail


def trail(name, region, bucket_name, account=ACCOUNT, **members):
    """Return a trail that logs, and answers of CloudTrail's about it."""
    return {
        "Name": name, "TrailARN": arn("cloudtrail", f"trail/{name}", region, account),
        "HomeRegion": region, "S3BucketName": bucket_name, "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False, "IsOrganizationTrail": False,
        "LogFileValidationEnabled": False, "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "GetTrailStatus": {"IsLogging": True, "LatestDeliveryTime": ago(0)},
        "GetEventSelectors": {
            "TrailARN": arn("cloudtrail", f"trail/{name}", region, account),
            "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True,
                                "DataResources": [], "ExcludeManagementEventSources": []}]},
        **members,
    }


# -- EC2


def network(region, *, groups=(), subnets=(), vpcs=()):
    """Return the answers of EC2 about a region's network and the types used in it."""
    return {
        "DescribeVpcs": {"Vpcs": [
            {"VpcId": name, "IsDefault": default, "CidrBlock": "10.0.0.0/16", "State": "available"}
            for name, default in vpcs]},
        "DescribeSubnets": {"Subnets": [
            {"SubnetId": name, "VpcId": vpc, "SubnetArn": arn("ec2", f"subnet/{name}", region)}
            for name, vpc in subnets]},
        "DescribeSecurityGroups": {"SecurityGroups": [
            {"GroupId": name, "GroupName": name, "VpcId": vpc, "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                 "IpRanges": [{"CidrIp": cidr}]}]}
            for name, vpc, cidr in groups]},
        "DescribeRouteTables": {"RouteTables": [
            {"RouteTableId": f"rtb-{name}", "VpcId": vpc, "Associations": [
                {"SubnetId": name, "RouteTableId": f"rtb-{name}", "Main": False}]}
            for name, vpc in subnets]},
    }
