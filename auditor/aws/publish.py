"""Sending reports to AWS: with clients of its own, which no scan ever makes or imports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

import auditor
from auditor.errors import AuditorError

MOST = 100  # findings a call of BatchImportFindings takes
MOST_BYTES = 5_500_000  # it takes 6 MB, with what is around the findings
ACTIONS = {
    "security-hub": ("sts:GetCallerIdentity", "securityhub:BatchImportFindings"),
    "s3": ("s3:PutObject", "s3:AbortMultipartUpload"),
}


@dataclass(slots=True)
class Sent:
    """What became of findings: how many went where, which were refused, which are another's."""

    sent: Counter[tuple[str, str]] = field(default_factory=Counter)  # account, Region
    refused: list[tuple[str, str, str]] = field(default_factory=list)  # id, code, message
    elsewhere: Counter[str] = field(default_factory=Counter)  # account


class Publisher:
    """Clients that write, for one set of credentials."""

    def __init__(self, profile: str | None = None) -> None:
        try:
            self._boto = boto3.Session(profile_name=profile)
        except botocore.exceptions.ProfileNotFound as error:
            raise AuditorError(f"{error}") from None
        self._config = botocore.config.Config(
            retries={"mode": "standard", "total_max_attempts": 8},
            user_agent_extra=f"sagemaker-auditor/{auditor.__version__} publish",
        )

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client."""
        region = region or self._boto.region_name or "us-east-1"
        return self._boto.client(service, region_name=region, config=self._config)

    def account(self) -> str:
        """Return the account that the credentials are of; raises :class:`AuditorError`."""
        try:
            return str(self.client("sts").get_caller_identity()["Account"])
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise AuditorError(f"AWS does not tell who we are: {error}") from None

    def to_security_hub(self, findings: Iterable[Mapping[str, Any]]) -> Sent:
        """Import findings into the Security Hub of their Regions.

        Security Hub takes them from their own account only; those of others are counted and left.
        Raises :class:`AuditorError` where a call as a whole is refused.
        """
        account, told = self.account(), Sent()
        clients: dict[str, Any] = {}
        for region, batch in batches(findings, account, told):
            if region not in clients:
                clients[region] = self.client("securityhub", region)
            try:
                answer = clients[region].batch_import_findings(Findings=batch)
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
                raise AuditorError(
                    f"Security Hub in {region} took {told.sent[account, region]} findings and"
                    f" refused the next {len(batch)}: {error}"
                ) from None
            told.refused += [
                (str(one.get("Id")), str(one.get("ErrorCode")), str(one.get("ErrorMessage")))
                for one in answer.get("FailedFindings", ())
            ]
            told.sent[account, region] += len(batch) - int(answer["FailedCount"])
        return told

    def to_s3(self, file: Path, bucket: str, key: str, owner: str = "") -> None:
        """Upload a file, encrypted as the bucket says (S3 encrypts whatever it is given).

        ``owner`` is the account that the bucket must belong to.

        Raises :class:`AuditorError` where that is refused.
        """
        extra = {"ExpectedBucketOwner": owner} if owner else {}
        try:
            self.client("s3").upload_file(str(file), bucket, key, ExtraArgs=extra)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError,
                boto3.exceptions.Boto3Error) as error:
            raise AuditorError(f"s3://{bucket}/{key}: {error}") from None


def batches(
    findings: Iterable[Mapping[str, Any]], account: str, told: Sent
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Yield what one call may take: a Region and its findings, at most 100 and 6 MB.

    Findings of other accounts are counted in ``told``.
    """
    waiting: dict[str, list[Mapping[str, Any]]] = {}
    sizes: Counter[str] = Counter()
    for finding in findings:
        if finding["AwsAccountId"] != account:
            told.elsewhere[finding["AwsAccountId"]] += 1
            continue
        region, size = finding["Region"], len(json.dumps(finding))
        batch = waiting.setdefault(region, [])
        if batch and (len(batch) == MOST or sizes[region] + size > MOST_BYTES):
            yield region, batch
            batch = waiting[region] = []
            sizes[region] = 0
        batch.append(finding)
        sizes[region] += size
    yield from waiting.items()
