"""The findings as Security Hub's BatchImportFindings takes them (AWS Security Finding Format)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC
from typing import IO, Any

from auditor.finding import Finding, PastFinding, RuleCard, Run
from auditor.verdict import Status

from ._text import plain_json, visible
from ._told import accepted, chosen, closed, ended, moment_of

# Kinds whose name Security Hub knows; the others are "Other".
# https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources.html
_KNOWN = frozenset({
    "ApiGateway::RestApi", "ApiGateway::Stage", "CloudTrail::Trail", "CloudWatch::Alarm",
    "EC2::Instance", "EC2::NetworkAcl", "EC2::RouteTable", "EC2::SecurityGroup", "EC2::Subnet",
    "EC2::VPC", "ECR::Repository", "EFS::AccessPoint", "IAM::Group", "IAM::Policy", "IAM::Role",
    "IAM::User", "KMS::Key", "Lambda::Function", "S3::AccessPoint", "S3::AccountPublicAccessBlock",
    "S3::Bucket", "SageMaker::NotebookInstance", "SecretsManager::Secret",
})
_SPELLED = {"EC2": "Ec2", "ECR": "Ecr", "EFS": "Efs", "IAM": "Iam", "KMS": "Kms", "VPC": "Vpc"}
_STATUS = {
    Status.PASS: "PASSED", Status.FAIL: "FAILED", Status.WAIVED: "FAILED",
    Status.UNKNOWN: "WARNING", Status.NOT_APPLICABLE: "NOT_AVAILABLE",
}
_LABEL = {"info": "INFORMATIONAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH",
          "critical": "CRITICAL"}
_TYPES = ["Software and Configuration Checks/AWS Security Best Practices"]


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write a list of findings to ``out``; `auditor publish security-hub` imports it.

    What the baseline had and is gone, or fixed and not among them, follows as ARCHIVED. Security
    Hub takes findings in an account and Region; what belongs to no Region is filed in the run's
    first.
    """
    separator = b"["
    for told in findings(run, outcomes):
        out.write(separator + b"\n" + plain_json(told))
        separator = b","
    out.write(b"[]\n" if separator == b"[" else b"\n]\n")


def findings(run: Run, outcomes: Collection[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the findings as BatchImportFindings takes them."""
    cards = {card.id: card for card in run.rules}
    left = closed(run)
    for finding in chosen(run.findings, outcomes):
        left.pop(finding.fingerprint, None)  # it is told as it is now
        yield _finding(run, finding, cards.get(finding.rule))
    for past in left.values():
        yield _archived(run, past)


def _finding(run: Run, finding: Finding, card: RuleCard | None) -> dict[str, Any]:
    status = Status(finding.status)
    bad = status in (Status.FAIL, Status.WAIVED, Status.UNKNOWN)
    compliance: dict[str, Any] = {"Status": _STATUS[status]}
    related = [
        _cut(f"{name} {id}", 64) for name, ids in finding.controls.items() for id in ids
    ][:32]
    if related:
        compliance["RelatedRequirements"] = related
    fields = {"auditor/rule": finding.rule, "auditor/run": run.run.id}
    told = _base(
        run, finding.fingerprint, finding.rule, finding.account, finding.region,
        finding.partition, finding.title, finding.message,
        finding.severity if bad else "info", finding.first_seen,
    ) | {
        "Compliance": compliance,
        "Resources": [_resource(run, finding)],
        "RecordState": "ARCHIVED" if bad and finding.historical else "ACTIVE",
        "Workflow": {"Status": "SUPPRESSED" if status == Status.WAIVED else "NEW"},
    }
    if finding.waiver:
        fields["auditor/waiver"] = _cut(accepted(finding.waiver), 2048)
    if finding.fix and card:
        told["Remediation"] = {"Recommendation": {
            "Text": _cut(finding.fix, 512), "Url": card.help_url}}
    return told | {"ProductFields": fields}


def _archived(run: Run, past: PastFinding) -> dict[str, Any]:
    partition = past.arn.split(":")[1] if past.arn.count(":") > 1 else run.run.partition
    return _base(
        run, past.fingerprint, past.rule, past.account, past.region, partition, past.title,
        f"{past.title}: {past.change}", past.severity, None,
    ) | {
        "Compliance": {"Status": "PASSED" if past.change == "fixed" else "NOT_AVAILABLE"},
        "Resources": [{"Type": "Other", "Id": _cut(past.arn, 512), "Partition": partition,
                       "Region": _region(run, past.region)}],
        "RecordState": "ARCHIVED",
    }


def _base(
    run: Run, fingerprint: str, rule: str, account: str, region: str, partition: str, title: str,
    description: str, severity: str, first_seen: str | None,
) -> dict[str, Any]:
    here, now = _region(run, region), ended(run)
    return {
        "SchemaVersion": "2018-10-08", "Id": f"auditor/{fingerprint}",
        "ProductArn": f"arn:{partition}:securityhub:{here}:{account}:product/{account}/default",
        "GeneratorId": _cut(f"auditor/{rule}", 512), "AwsAccountId": account, "Region": here,
        "CreatedAt": _time(first_seen or now), "UpdatedAt": _time(now), "Types": _TYPES,
        "FindingProviderFields": {
            "Severity": {"Label": _LABEL[severity], "Original": severity}, "Types": _TYPES,
        },
        "Title": _cut(title, 256), "Description": _cut(description or title, 1024),
    }


def _region(run: Run, region: str) -> str:
    return region if region != "global" else (run.run.regions or ["us-east-1"])[0]


def _resource(run: Run, finding: Finding) -> dict[str, Any]:
    resource = finding.resource
    told: dict[str, Any] = {
        "Type": _type(resource.kind), "Id": _cut(resource.arn, 512),
        "Partition": finding.partition, "Region": _region(run, finding.region),
    }
    tags = {_cut(k, 128): _cut(v, 256) for k, v in list((resource.tags or {}).items())[:50]}
    return told | ({"Tags": tags} if tags else {})


def _type(kind: str) -> str:
    """Return Security Hub's name of a kind: AwsEc2SecurityGroup."""
    if kind == "AWS::::Account":
        return "AwsAccount"
    name = kind.removeprefix("AWS::")
    if name not in _KNOWN:
        return "Other"
    return "Aws" + "".join(_SPELLED.get(part, part) for part in name.split("::"))


def _cut(text: str, most: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= most else shown[:most - 1] + "…"


def _time(at: str) -> str:
    utc = moment_of(at).astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
