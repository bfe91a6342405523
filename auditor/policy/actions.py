"""Actions by name: plain examples for people, and the groups that questions ask about.

Facts from the service authorization reference; this is not a list of all actions, and no verdict
rests on an action being here: what is not named can still be found by the search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .globs import like, matches
from .model import Statement, plain

# Plain examples, the most telling first.
SAMPLES: Final = (
    "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:PutBucketPolicy",
    "s3:PutBucketAcl", "s3:PutObjectAcl", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy",
    "s3:GetBucketLocation", "s3:AbortMultipartUpload", "s3:DeleteBucket", "s3:ListBucketVersions",
    "s3:RestoreObject", "s3:ReplicateObject", "s3:GetBucketAcl", "s3:GetBucketVersioning",
    "kms:Decrypt", "kms:Encrypt", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CreateGrant",
    "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML",
    "ecr:BatchGetImage", "ecr:PutImage", "ecr:SetRepositoryPolicy",
    "lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:AddPermission",
    "sqs:ReceiveMessage", "sqs:SendMessage", "sns:Subscribe", "sns:Publish",
    "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
    "sagemaker:InvokeEndpoint", "sagemaker:CreateTrainingJob", "sagemaker:DescribeModelPackage",
    "execute-api:Invoke", "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite",
    "logs:PutLogEvents", "iam:PassRole", "iam:AttachRolePolicy", "ec2:RunInstances",
)

# The verbs of what only reads: IAM's access levels Read and List.
READING_VERBS: Final = (
    "get", "list", "describe", "head", "batchget", "batchcheck", "search", "lookup", "query",
    "scan", "select", "check", "view", "validate", "test", "receive", "eshttpget", "eshttphead",
    "clientmount", "invokeendpoint", "filterlogevents",
)

# Changes of who may do what, at S3: the gravest that a stranger can be given.
S3_PERMISSIONS: Final = (
    "s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutObjectAcl", "s3:DeleteBucketPolicy",
    "s3:PutBucketOwnershipControls", "s3:PutBucketPublicAccessBlock",
)

# Each of these lets its holder take every permission there is.
IAM_ADMINISTRATION: Final = (
    "iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion", "iam:AttachUserPolicy", "iam:PutUserPolicy",
    "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:PutGroupPolicy",
    "iam:UpdateAssumeRolePolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile",
)

# Each of these starts something that runs code with a role that is passed to it.
COMPUTE: Final = (
    "ec2:RunInstances", "lambda:CreateFunction", "sagemaker:CreateNotebookInstance",
    "sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob", "ecs:RunTask",
    "cloudformation:CreateStack", "glue:CreateJob", "codebuild:CreateProject",
)


def _on_object(action: str) -> bool:
    """Say whether an S3 action is about an object; the others are about a bucket."""
    name = action.partition(":")[2].lower()
    if name.startswith(("putbucket", "getbucket", "list")) and name != "listmultipartuploadparts":
        return False
    return "object" in name or "multipart" in name


# Of S3's, those about an object and those about a bucket.
OF_OBJECTS: Final = tuple(s for s in SAMPLES if s.startswith("s3:") and _on_object(s))
OF_BUCKETS: Final = tuple(s for s in SAMPLES if s.startswith("s3:") and not _on_object(s))


def natural(action: str, resource: str) -> bool:
    """Say whether an action is about such a resource: an object or a bucket, at S3."""
    if not action.lower().startswith("s3:") or ":s3:" not in resource:
        return True
    return _on_object(action) == ("/" in resource)


def examples(chosen: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    """Yield plain pairs of an action and a resource of an Allow, those that go together first."""
    if not chosen:
        return
    statement = chosen[0]
    actions = list(_actions(statement))
    texts = ["*"] if statement.resources is None or statement.not_resource else statement.resources
    pairs = [
        (action, resource)
        for action in actions[:20] for text in texts[:20] for resource in _instances(text, action)
    ]
    yield from (pair for pair in pairs if natural(*pair))
    yield from (pair for pair in pairs if not natural(*pair))


def _actions(statement: Statement) -> Iterable[str]:
    if statement.actions is None or statement.not_action:
        return SAMPLES
    found = []
    for text in statement.actions:
        if "*" in text or "?" in text:
            pattern = like(plain(text), True)
            found += [sample for sample in SAMPLES if matches(pattern, sample)]
        else:
            found.append(text)
    return found


def _instances(text: str, action: str) -> Iterator[str]:
    if text != "*":
        yield text.replace("*", "x").replace("?", "x")
    elif action.lower().startswith("s3:"):
        yield "arn:aws:s3:::bucket/object"
        yield "arn:aws:s3:::bucket"
    else:
        yield f"arn:aws:{action.partition(':')[0].lower()}:us-east-1:111122223333:example"
