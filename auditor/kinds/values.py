"""What the values of links mean: a bucket in an address, an account in an ARN."""

from __future__ import annotations


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
