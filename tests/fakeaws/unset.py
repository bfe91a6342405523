"""What AWS answers where nobody set anything: its default, or its own word for "there is none".

It counts where a document says that a service is empty, and for a resource of a document that
carries no answer of such an operation. Sources: the API reference of each operation.
"""

from __future__ import annotations

import json
from typing import Any

from tests.fakeaws.document import Error


def _key_policy(call):
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*",
        "Principal": {"AWS": f"arn:aws:iam::{call.account}:root"}, "Resource": "*"}]})}


def _inspector(call):
    off = {"status": "DISABLED", "errorCode": "ALREADY_ENABLED", "errorMessage": ""}
    return {"failedAccounts": [], "accounts": [{
        "accountId": call.account, "state": off,
        "resourceState": {"ec2": off, "ecr": off, "lambda": off},
    }]}


_NO_POLICY = "Cannot find resource policy for: arn:aws:sagemaker"
UNSET: dict[tuple[str, str], Any] = {
    ("config", "DescribeConfigurationRecorders"): {"ConfigurationRecorders": []},
    ("config", "DescribeConfigurationRecorderStatus"): {"ConfigurationRecordersStatus": []},
    ("ec2", "GetEbsEncryptionByDefault"): {"EbsEncryptionByDefault": False},
    ("ec2", "DescribeVpcBlockPublicAccessOptions"): {
        "VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off"}},
    ("ecr", "GetRegistryPolicy"): Error("RegistryPolicyNotFoundException"),
    ("ecr", "GetRepositoryPolicy"): Error("RepositoryPolicyNotFoundException"),
    ("ecr", "GetLifecyclePolicy"): Error("LifecyclePolicyNotFoundException"),
    ("ecr", "DescribeImageScanFindings"): Error("ScanNotFoundException"),
    ("ecr", "DescribeRepositories"): Error("RepositoryNotFoundException"),
    ("ecr", "DescribeImages"): Error("RepositoryNotFoundException"),
    ("ecr", "GetRegistryScanningConfiguration"): {
        "scanningConfiguration": {"scanType": "BASIC", "rules": []}},
    ("efs", "DescribeFileSystems"): Error("FileSystemNotFound", status=404),
    ("efs", "DescribeFileSystemPolicy"): Error("PolicyNotFound", status=404),
    ("efs", "DescribeBackupPolicy"): Error("PolicyNotFound", status=404),
    ("iam", "GetAccountSummary"): {
        "SummaryMap": {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "Users": 0}},
    ("iam", "GetAccountPasswordPolicy"): Error(
        "NoSuchEntity", "The Password Policy with this domain name cannot be found.", 404),
    ("iam", "GetLoginProfile"): Error("NoSuchEntity", "cannot be found.", 404),
    ("inspector2", "BatchGetAccountStatus"): _inspector,
    ("kms", "GetKeyPolicy"): _key_policy,
    ("kms", "GetKeyRotationStatus"): {"KeyRotationEnabled": False},
    ("kms", "ListGrants"): {"Grants": []},
    ("lambda", "GetPolicy"): Error("ResourceNotFoundException", status=404),
    ("macie2", "*"): Error("AccessDeniedException", "Macie is not enabled.", 403),
    ("s3control", "GetPublicAccessBlock"): Error(
        "NoSuchPublicAccessBlockConfiguration", "it does not exist", 404),
    ("s3control", "GetAccessPointPolicy"): Error("NoSuchAccessPointPolicy", status=404),
    ("s3control", "GetAccessPointPolicyStatus"): Error("NoSuchAccessPointPolicy", status=404),
    ("sagemaker", "GetEndpointPolicy"): Error("ValidationException", _NO_POLICY),
    ("sagemaker", "GetModelPackageGroupPolicy"): Error("ValidationException", _NO_POLICY),
    ("sagemaker", "GetLineageGroupPolicy"): Error("ResourceNotFound", _NO_POLICY),
    ("sagemaker", "GetSagemakerServicecatalogPortfolioStatus"): {"Status": "Disabled"},
    ("secretsmanager", "GetResourcePolicy"): {},
    ("securityhub", "*"): Error(
        "InvalidAccessException", "The account is not subscribed to AWS Security Hub", 401),
}


def unset(call):
    """Return AWS's answer where nothing is set, or None where it has none; raises :class:`Error`.
    """
    found = UNSET.get((call.service, call.operation), UNSET.get((call.service, "*")))
    if isinstance(found, Error):
        raise found
    return found(call) if callable(found) else found
