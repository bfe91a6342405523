"""What a scan found, as plain data: all that a report, a gate or a ticket sees."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

SCHEMA = 1


def fingerprint(rule: str, partition: str, account: str, region: str, arn: str) -> str:
    """Return the name of a finding for ever: the same rule on the same resource.

    The first 32 hexadecimal digits of SHA-256 over version 1 of the form below. Nothing that
    may change between nights (message, severity, title, time) is part of it.
    """
    text = "1\n" + "\n".join([rule, partition, account, region, arn])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Plain(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of the structures below."""


class ResourceCard(Plain, frozen=True, kw_only=True):
    """The resource a finding is about."""

    kind: str
    arn: str
    name: str
    tags: dict[str, str] | None = None  # None: tags were not seen


class Evidence(Plain, frozen=True, kw_only=True):
    """One value that decided: which member of which answer, and when it was given."""

    arn: str
    member: str
    value: Any
    call: str
    seen: str


class Control(Plain, frozen=True, kw_only=True):
    """A framework's control that a rule speaks to."""

    framework: str
    ids: list[str]


class Finding(Plain, frozen=True, kw_only=True):
    """One rule on one resource, with its outcome."""

    rule: str
    status: str
    severity: str
    title: str
    message: str
    account: str
    partition: str
    region: str
    resource: ResourceCard
    fingerprint: str
    evidence: list[Evidence] = []
    controls: dict[str, list[str]] = {}
    fix: str = ""
    historical: bool = False
    first_seen: str | None = None
    gap: int | None = None  # index into the run's gaps, for an unknown


class RuleCard(Plain, frozen=True, kw_only=True):
    """A rule as plain data."""

    id: str
    title: str
    severity: str
    kind: str
    rationale: str
    fix: str
    controls: dict[str, list[str]]
    help_url: str
    pack: str = "auditor"
    aliases: list[str] = []


class GapCard(Plain, frozen=True, kw_only=True):
    """Something AWS did not let us see."""

    account: str
    region: str
    call: str
    code: str
    message: str
    action: str  # the IAM action that would mend it
    kind: str
    arn: str
    member: str


class Look(Plain, frozen=True, kw_only=True):
    """Where a kind was looked for, and whether that worked."""

    kind: str
    account: str
    region: str
    state: str  # done, refused or unavailable
    because: str = ""


class Coverage(Plain, frozen=True, kw_only=True):
    """What was evaluated and what was not."""

    resources: dict[str, int]
    outcomes: dict[str, int]
    looks: list[Look]
    rules_selected: int
    rules_available: int
    historical: int
    jobs_window_days: int
    tags_unseen: list[str] = []  # regions in which tags could not be read


class CallCost(Plain, frozen=True, kw_only=True):
    """What one operation cost."""

    call: str
    account: str
    region: str
    calls: int
    retries: int
    throttled: int
    seconds: float


class Cost(Plain, frozen=True, kw_only=True):
    """What the scan cost in calls and time."""

    calls: int
    retries: int
    throttled: int
    seconds: float
    by_operation: list[CallCost]


class RunCard(Plain, frozen=True, kw_only=True):
    """The identity of a scan."""

    id: str
    started: str
    finished: str
    version: str
    accounts: list[str]
    regions: list[str]
    partition: str
    caller: str
    rules: list[str]
    endpoint: str = ""  # set when AWS_ENDPOINT_URL pointed the scan elsewhere


class Run(Plain, frozen=True, kw_only=True):
    """One scan, whole: the JSON report is this structure and nothing else."""

    schema: int = SCHEMA
    run: RunCard
    coverage: Coverage
    gaps: list[GapCard]
    cost: Cost
    rules: list[RuleCard]
    findings: list[Finding]
