"""What the values of links mean: a bucket in an address, an account in an ARN."""

from __future__ import annotations

import re


def bucket_of(uri: str) -> str:
    """Return the bucket's name in ``s3://bucket/key``, an https S3 address, an ARN or a name."""
    if uri.startswith("s3://"):
        return uri[5:].partition("/")[0]
    if uri.startswith("arn:"):
        return uri.partition(":::")[2].partition("/")[0]
    if uri.startswith("https://"):
        host, _, path = uri[8:].partition("/")
        if host.startswith(("s3.", "s3-")):
            return path.partition("/")[0]
        return host.partition(".s3")[0]
    return uri


def account_of(arn: str) -> str:
    """Return the account in an ARN, or "" where the value is none or names none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else ""


def ec2_type(instance_type: str) -> str:
    """Return EC2's name of a SageMaker instance type: ``ml.m5.large`` is ``m5.large``."""
    return instance_type.removeprefix("ml.")


def function_of(value: str) -> str:
    """Return the unqualified ARN of the function in an integration's address, or the value.

    ``arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN:live/invocations`` and the
    ARN of an alias or version mean the function.
    """
    found = re.search(r"arn:[^:/]+:lambda:[^:/]*:\d{12}:function:[^:/]+", value)
    return found[0] if found else value


def function_owner(value: str) -> str:
    """Return the account of the function that a value means, or ""."""
    return account_of(function_of(value))


def endpoint_of(value: str) -> str:
    """Return the endpoint's name in what API Gateway and Auto Scaling call it, or the value.

    ``arn:aws:apigateway:REGION:runtime.sagemaker:path//endpoints/NAME/invocations`` and
    ``endpoint/NAME/variant/VARIANT``.
    """
    found = re.search(r"(?::path//?endpoints|^endpoint)/([^/]+)/", value)
    return found[1] if found else value


def training_of(value: str) -> str:
    """Return the training job's name in that of its log stream, or the value.

    ``JOB/algo-1-1700000000``: "Log groups and streams that Amazon SageMaker AI sends", in its
    developer guide. No name of a job has a slash.
    """
    return value if value.startswith("arn:") else value.partition("/")[0]


def component_of(value: str) -> str:
    """Return the inference component's name in what Auto Scaling calls it, or the value."""
    return value.removeprefix("inference-component/")
