"""The IAM action that AWS checks for each operation: facts of AWS's, apart from the auditor's own.

Source: the Service Authorization Reference, "Actions, resources, and condition keys" of each
service; for S3 also "Required permissions for Amazon S3 API operations" in its user guide. Nothing
here is taken from the auditor, or a wrong name there would be allowed here by the same name.
"""

from __future__ import annotations

# What the actions of a service begin with; a service that is not here has yet to be looked up.
PREFIX = {
    "accessanalyzer": "access-analyzer",
    "apigateway": "apigateway",
    "apigatewayv2": "apigateway",
    "application-autoscaling": "application-autoscaling",
    "backup": "backup",
    "cloudtrail": "cloudtrail",
    "cloudwatch": "cloudwatch",
    "config": "config",
    "ec2": "ec2",
    "ecr": "ecr",
    "efs": "elasticfilesystem",
    "events": "events",
    "guardduty": "guardduty",
    "iam": "iam",
    "inspector2": "inspector2",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "macie2": "macie2",
    "resourcegroupstaggingapi": "tag",
    "route53profiles": "route53profiles",
    "route53resolver": "route53resolver",
    "s3": "s3",
    "s3control": "s3",
    "sagemaker": "sagemaker",
    "secretsmanager": "secretsmanager",
    "securityhub": "securityhub",
    "sts": "sts",
}
# Operations whose action is not called as they are.
NAMES = {
    ("s3", "GetBucketAccelerateConfiguration"): "GetAccelerateConfiguration",
    ("s3", "GetBucketAnalyticsConfiguration"): "GetAnalyticsConfiguration",
    ("s3", "GetBucketCors"): "GetBucketCORS",
    ("s3", "GetBucketEncryption"): "GetEncryptionConfiguration",
    ("s3", "GetBucketIntelligentTieringConfiguration"): "GetIntelligentTieringConfiguration",
    ("s3", "GetBucketInventoryConfiguration"): "GetInventoryConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "GetLifecycleConfiguration",
    ("s3", "GetBucketMetricsConfiguration"): "GetMetricsConfiguration",
    ("s3", "GetBucketNotificationConfiguration"): "GetBucketNotification",
    ("s3", "GetBucketReplication"): "GetReplicationConfiguration",
    ("s3", "GetObjectLockConfiguration"): "GetBucketObjectLockConfiguration",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "ListBuckets"): "ListAllMyBuckets",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3control", "GetPublicAccessBlock"): "GetAccountPublicAccessBlock",
}
# S3's names are the odd ones: these are all that begin as an operation that reads.
S3 = {
    "DescribeJob", "DescribeMultiRegionAccessPointOperation", "GetAccelerateConfiguration",
    "GetAccessGrant", "GetAccessGrantsInstance", "GetAccessGrantsInstanceForPrefix",
    "GetAccessGrantsInstanceResourcePolicy", "GetAccessGrantsLocation", "GetAccessPoint",
    "GetAccessPointConfigurationForObjectLambda", "GetAccessPointForObjectLambda",
    "GetAccessPointPolicy", "GetAccessPointPolicyForObjectLambda", "GetAccessPointPolicyStatus",
    "GetAccessPointPolicyStatusForObjectLambda", "GetAccountPublicAccessBlock",
    "GetAnalyticsConfiguration", "GetBucketAbac", "GetBucketAcl", "GetBucketCORS",
    "GetBucketLocation", "GetBucketLogging", "GetBucketMetadataTableConfiguration",
    "GetBucketNotification", "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls",
    "GetBucketPolicy", "GetBucketPolicyStatus", "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite",
    "GetDataAccess", "GetEncryptionConfiguration", "GetIntelligentTieringConfiguration",
    "GetInventoryConfiguration", "GetJobTagging", "GetLifecycleConfiguration",
    "GetMetricsConfiguration", "GetMultiRegionAccessPoint", "GetMultiRegionAccessPointPolicy",
    "GetMultiRegionAccessPointPolicyStatus", "GetMultiRegionAccessPointRoutes", "GetObject",
    "GetObjectAcl", "GetObjectAttributes", "GetObjectLegalHold", "GetObjectRetention",
    "GetObjectTagging", "GetObjectTorrent", "GetObjectVersion", "GetObjectVersionAcl",
    "GetObjectVersionAttributes", "GetObjectVersionForReplication", "GetObjectVersionTagging",
    "GetObjectVersionTorrent", "GetReplicationConfiguration", "GetStorageLensConfiguration",
    "GetStorageLensConfigurationTagging", "GetStorageLensDashboard", "GetStorageLensGroup",
    "ListAccessGrants", "ListAccessGrantsInstances", "ListAccessGrantsLocations",
    "ListAccessPoints", "ListAccessPointsForObjectLambda", "ListAllMyBuckets", "ListBucket",
    "ListBucketMultipartUploads", "ListBucketVersions", "ListCallerAccessGrants", "ListJobs",
    "ListMultiRegionAccessPoints", "ListMultipartUploadParts", "ListStorageLensConfigurations",
    "ListStorageLensGroups", "ListTagsForResource",
}


def action(service: str, operation: str) -> str:
    """Return the action that AWS checks; raises KeyError for what nobody has looked up."""
    prefix = PREFIX[service]
    if prefix == "apigateway":
        return "apigateway:GET"  # HTTP methods on resources; the auditor only reads
    name = NAMES.get((service, operation), operation)
    if prefix == "s3" and name not in S3:
        raise KeyError(f"S3 has no action {name}")
    return f"{prefix}:{name}"
