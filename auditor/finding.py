"""What a scan found, as plain data: all that a report, a gate or a ticket sees."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from auditor.verdict import Severity, Status

SCHEMA = 1


def _about(description: str, **schema: Any) -> msgspec.Meta:
    """Say in the JSON Schema what a field means; ``schema`` are further keywords."""
    return msgspec.Meta(description=description, extra_json_schema=schema or None)


def _one_of(names: type[Severity] | type[Status], description: str) -> msgspec.Meta:
    """Say that a field is one of an enumeration's values; a report with another is refused."""
    values = [name.value for name in names]
    return msgspec.Meta(
        description=description, pattern=f"^({'|'.join(values)})$",
        extra_json_schema={"enum": values},
    )


def fingerprint(rule: str, partition: str, account: str, region: str, arn: str) -> str:
    """Return the name of a finding for ever: the same rule on the same resource.

    The first 32 hexadecimal digits of SHA-256 over version 1 of the form below. Nothing that
    may change between nights (message, severity, title, time) is part of it.
    """
    digest = _begun(rule, partition, account, region).copy()
    digest.update(arn.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


@lru_cache(maxsize=4096)
def _begun(rule: str, partition: str, account: str, region: str) -> hashlib._Hash:
    """Return the digest as far as all the resources of a place have it in common."""
    return hashlib.sha256("\n".join(["1", rule, partition, account, region, ""]).encode())


class Plain(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of the structures below."""


class ResourceCard(Plain, frozen=True, kw_only=True):
    """The resource a finding is about."""

    kind: Annotated[str, _about("Its kind, as CloudFormation names it.")]
    arn: Annotated[str, _about("Its ARN; it ends in `:*` where a whole list was refused.")]
    name: Annotated[str, _about("Its name in AWS; `(all)` where a whole list was refused.")]
    tags: Annotated[
        dict[str, str] | None, _about("Its tags; null where tags were not seen.")
    ] = None
    ml: Annotated[bool | None, _about(
        "Whether machine learning uses it; null where that was not seen, and for kinds of which"
        " every one matters."
    )] = None
    ml_because: Annotated[str, _about(
        "The path that makes it so: what of SageMaker's points at it, and where."
    )] = ""


class Evidence(Plain, frozen=True, kw_only=True):
    """One value that decided: which member of which answer, and when it was given."""

    arn: Annotated[str, _about(
        "The resource whose answer it is; a rule may follow links from the finding's own."
    )]
    member: Annotated[str, _about("The path of the member in the answer, in AWS's own names.")]
    value: Annotated[Any, _about(
        "What AWS answered, secrets masked; null where AWS left the member out."
    )]
    call: Annotated[str, _about("The operation that answered, as `service:Operation`.")]
    seen: Annotated[str, _about("When it answered, ISO 8601 in UTC.")]


class WaiverCard(Plain, frozen=True, kw_only=True):
    """Why a fail is accepted for a while."""

    owner: Annotated[str, _about("Who answers for it.")]
    reason: Annotated[str, _about("Why it is accepted.")]
    expires: Annotated[str, _about("The last day on which it holds, as YYYY-MM-DD.")]


class Finding(Plain, frozen=True, kw_only=True):
    """One rule on one resource, with its outcome."""

    rule: Annotated[str, _about("The rule's id; `rules` has its card.")]
    status: Annotated[str, _one_of(Status, "The outcome.")]
    severity: Annotated[str, _one_of(
        Severity, "How grave it is; a fail may be less grave than its rule."
    )]
    title: Annotated[str, _about("The rule's title: what should be true.")]
    message: Annotated[str, _about("What is the case here, in words.")]
    account: Annotated[str, _about("The account's 12 digits.")]
    partition: Annotated[str, _about("`aws`, `aws-cn`, `aws-us-gov` …")]
    region: Annotated[str, _about("The region.")]
    resource: Annotated[ResourceCard, _about("The resource it is about.")]
    fingerprint: Annotated[str, _about(
        "The finding's name from night to night: 32 hexadecimal digits of SHA-256 over rule,"
        " partition, account, region and ARN."
    )]
    evidence: Annotated[list[Evidence], _about("The values that decided, for a fail.")] = []
    controls: Annotated[dict[str, list[str]], _about(
        "The controls the rule speaks to: framework to ids."
    )] = {}
    fix: Annotated[str, _about(
        "How to mend it, with this resource's names, quoted for a shell; for a fail."
    )] = ""
    historical: Annotated[bool, _about(
        "Whether it is on a job that ended before the window of `coverage.jobs_window_days`:"
        " it cannot be mended and does not count at the gate."
    )] = False
    first_seen: Annotated[str | None, _about(
        "When a scan first had this finding, ISO 8601; null where no history was kept."
    )] = None
    gap: Annotated[int | None, _about(
        "For an unknown outcome, the index in `gaps` of what AWS did not let us see; null where"
        " `message` has another reason (another account's resource, a rule that broke)."
    )] = None
    waiver: Annotated[WaiverCard | None, _about("The waiver, for a waived fail.")] = None
    change: Annotated[str, _about(
        "Against the baseline: `new`, `unchanged` or `reopened`; empty without one, and for what"
        " is no fail.", enum=["", "new", "unchanged", "reopened"],
    )] = ""


class RuleCard(Plain, frozen=True, kw_only=True):
    """A rule as plain data."""

    id: Annotated[str, _about("Its id, a slug that stays for ever.")]
    title: Annotated[str, _about("What should be true.")]
    severity: Annotated[str, _one_of(Severity, "How grave it is when it fails.")]
    kind: Annotated[str, _about("The kind of resource it judges.")]
    rationale: Annotated[str, _about("Why it matters.")]
    fix: Annotated[str, _about(
        "How to mend it, with `{name}`, `{arn}`, `{account}` and `{region}` to fill in."
    )]
    controls: Annotated[dict[str, list[str]], _about(
        "The controls it speaks to: framework to ids."
    )]
    help_url: Annotated[str, _about("The address of its page.")]
    pack: Annotated[str, _about("The pack it comes from.")] = "auditor"
    ours: Annotated[dict[str, str], _about(
        "The frameworks of `controls` whose mapping is ours, and why; the others are as somebody"
        " publishes them."
    )] = {}
    aliases: Annotated[list[str], _about("Its earlier ids.")] = []


class GapCard(Plain, frozen=True, kw_only=True):
    """Something AWS did not let us see."""

    account: Annotated[str, _about("The account.")]
    region: Annotated[str, _about("The region.")]
    call: Annotated[str, _about("The operation, as `service:Operation`.")]
    code: Annotated[str, _about("AWS's error code.")]
    message: Annotated[str, _about("AWS's words.")]
    action: Annotated[str, _about("The IAM action that would mend it.")]
    kind: Annotated[str, _about("The kind of resource that stays unseen.")]
    arn: Annotated[str, _about("The one resource concerned; empty where a list was refused.")]
    member: Annotated[str, _about("The part of it that stays unseen; empty for all of it.")]


class ControlCard(Plain, frozen=True, kw_only=True):
    """A control of a framework, and what became of the rules that speak to it."""

    id: Annotated[str, _about("Its id in the framework.")]
    title: Annotated[str, _about("What it asks for; empty where we have no words for it.")]
    state: Annotated[str, _about(
        "`failed`: a rule failed; `not_evaluated`: none failed, and something was not seen;"
        " `passed`: none failed, all was seen, and something passed; `set_aside`: nothing but"
        " fails that are waived or historical; `not_applicable`: there was nothing to judge;"
        " `no_rule`: no rule that judged speaks to it.",
        enum=["failed", "not_evaluated", "passed", "set_aside", "not_applicable", "no_rule"],
    )]
    rules: Annotated[list[str], _about("The ids of the rules that speak to it.")]
    failed: Annotated[int, _about("How many of their outcomes are fails that count.")] = 0
    unknown: Annotated[int, _about("How many are unknown.")] = 0
    passed: Annotated[int, _about("How many are passes.")] = 0
    waived: Annotated[int, _about("How many are waived.")] = 0
    historical: Annotated[int, _about("How many are fails on jobs long ended.")] = 0
    not_applicable: Annotated[int, _about("How many do not apply.")] = 0


class FrameworkCard(Plain, frozen=True, kw_only=True):
    """A framework, control by control."""

    id: Annotated[str, _about("What `--framework` calls it.")]
    name: Annotated[str, _about("What `controls` call it.")]
    title: Annotated[str, _about("Its title.")]
    source: Annotated[str, _about("The address of the framework itself.")]
    beyond: Annotated[str, _about("What of it is not listed here.")]
    controls: Annotated[list[ControlCard], _about("Its controls, also those without any rule.")]


class Look(Plain, frozen=True, kw_only=True):
    """Where a kind was looked for, and whether that worked."""

    kind: Annotated[str, _about("The kind.")]
    account: Annotated[str, _about("The account.")]
    region: Annotated[str, _about("The region.")]
    state: Annotated[str, _about(
        "`done`; `refused` by AWS; or `unavailable`: AWS does not offer it there.",
        enum=["done", "refused", "unavailable"],
    )]
    because: Annotated[str, _about("Why it did not work.")] = ""


class Coverage(Plain, frozen=True, kw_only=True):
    """What was evaluated and what was not."""

    resources: Annotated[dict[str, int], _about("How many resources of each kind were seen.")]
    outcomes: Annotated[dict[str, int], _about(
        "How many findings of each status, whatever `--outcomes` narrowed."
    )]
    looks: Annotated[list[Look], _about("Where each kind was looked for.")]
    rules_selected: Annotated[int, _about("How many rules judged.")]
    rules_available: Annotated[int, _about("How many rules are installed.")]
    historical: Annotated[int, _about("How many of the fails are historical.")]
    jobs_window_days: Annotated[int, _about(
        "A finding on a job that ended more days ago is historical."
    )]
    tags_unseen: Annotated[list[str], _about("Regions in which tags could not be read.")] = []
    scope: Annotated[str, _about(
        "`all`; or `ml`: what machine learning does not use was left out.", enum=["all", "ml"],
    )] = "all"
    left_out: Annotated[dict[str, int], _about(
        "How many resources of each kind the scope left out."
    )] = {}
    notes: Annotated[list[str], _about(
        "What made the scan cost more than it need, in words; no outcome hangs on it."
    )] = []


class CallCost(Plain, frozen=True, kw_only=True):
    """What one operation cost."""

    call: Annotated[str, _about("The operation, as `service:Operation`.")]
    account: Annotated[str, _about("The account.")]
    region: Annotated[str, _about("The region.")]
    calls: Annotated[int, _about("How many requests were answered or refused.")]
    retries: Annotated[int, _about("How many were sent again.")]
    throttled: Annotated[int, _about("How many AWS throttled.")]
    seconds: Annotated[float, _about("Their time together, in seconds.")]
    waited: Annotated[float, _about(
        "The seconds, added up over parallel calls, in which they stood back: to keep to our"
        " share of AWS's quota, or to try again."
    )] = 0.0
    bytes: Annotated[int, _about("The length of the answers' bodies.")] = 0


class Cost(Plain, frozen=True, kw_only=True):
    """What the scan cost in calls and time."""

    calls: Annotated[int, _about("How many requests in all.")]
    retries: Annotated[int, _about("How many were sent again.")]
    throttled: Annotated[int, _about("How many AWS throttled.")]
    seconds: Annotated[float, _about("How long collecting took, in seconds.")]
    waited: Annotated[float, _about(
        "The seconds, added up over parallel calls, in which calls stood back."
    )] = 0.0
    bytes: Annotated[int, _about("The length of the answers' bodies.")] = 0
    by_operation: Annotated[list[CallCost], _about("The same for each operation and place.")]


class RunCard(Plain, frozen=True, kw_only=True):
    """The identity of a scan."""

    id: Annotated[str, _about("The scan's own id.")]
    started: Annotated[str, _about("When it began, ISO 8601 in UTC.")]
    finished: Annotated[str, _about("When the last answer was in, ISO 8601 in UTC.")]
    version: Annotated[str, _about("The auditor's version.")]
    accounts: Annotated[list[str], _about("The accounts scanned.")]
    regions: Annotated[list[str], _about("The regions scanned.")]
    partition: Annotated[str, _about("`aws`, `aws-cn`, `aws-us-gov` …")]
    caller: Annotated[str, _about("The ARN of the identity that looked.")]
    rules: Annotated[list[str], _about("The ids of the rules that judged.")]
    endpoint: Annotated[str, _about(
        "Set where the scan was pointed elsewhere than at AWS (AWS_ENDPOINT_URL)."
    )] = ""


class WaiverUse(Plain, frozen=True, kw_only=True):
    """A waiver, and what became of it in this run."""

    rule: Annotated[str, _about("The rule it is for.")]
    resource: Annotated[str, _about("The ARN, glob of an ARN or fingerprint it is for.")]
    owner: Annotated[str, _about("Who answers for it.")]
    reason: Annotated[str, _about("Why it was accepted.")]
    expires: Annotated[str, _about("The last day on which it holds, as YYYY-MM-DD.")]
    matched: Annotated[int, _about("How many fails it matched.")]
    state: Annotated[str, _about(
        "`active`; `ending`: it ends within 14 days; `expired`: it matches, and counts no more;"
        " `unused`: it matched nothing; `idle`: its rule did not judge in this run.",
        enum=["active", "ending", "expired", "unused", "idle"],
    )]


class LinkCard(Plain, frozen=True, kw_only=True):
    """One resource points at another: the steps from data to endpoint."""

    source: Annotated[str, _about("The ARN of the resource whose answer points.")]
    source_kind: Annotated[str, _about("Its kind.")]
    member: Annotated[str, _about("Where in its answer, in AWS's own names.")]
    target: Annotated[str, _about("The ARN of the resource pointed at.")]
    target_kind: Annotated[str, _about("Its kind.")]


class PastFinding(Plain, frozen=True, kw_only=True):
    """A fail of the baseline that this run does not have."""

    fingerprint: Annotated[str, _about("Its fingerprint.")]
    rule: Annotated[str, _about("The rule's id.")]
    title: Annotated[str, _about("The rule's title then.")]
    severity: Annotated[str, _one_of(Severity, "How grave it was.")]
    account: Annotated[str, _about("The account.")]
    region: Annotated[str, _about("The region.")]
    arn: Annotated[str, _about("The resource's ARN.")]
    change: Annotated[str, _about(
        "`fixed`: the resource is there and does not fail now; `gone`: the resource is not there"
        " any more; `not_evaluated`: this run did not look, or could not see.",
        enum=["fixed", "gone", "not_evaluated"],
    )]


class BaselineCard(Plain, frozen=True, kw_only=True):
    """The earlier run that this one was compared with."""

    id: Annotated[str, _about("The earlier run's id; empty where there was none.")]
    finished: Annotated[str, _about("When it finished, ISO 8601 in UTC.")]
    counts: Annotated[dict[str, int], _about(
        "How many fails are `new`, `unchanged`, `reopened`, `fixed`, `gone`, `not_evaluated`."
    )]
    closed: Annotated[list[PastFinding], _about("Its fails that are none now.")] = []


class Run(Plain, frozen=True, kw_only=True):
    """One scan, whole: the JSON report is this structure and nothing else."""

    schema: Annotated[int, _about("The version of this format.", const=SCHEMA)] = SCHEMA
    run: Annotated[RunCard, _about("The identity of the scan.")]
    coverage: Annotated[Coverage, _about("What was evaluated and what was not.")]
    gaps: Annotated[list[GapCard], _about("What AWS did not let us see.")]
    cost: Annotated[Cost, _about("What the scan cost.")]
    rules: Annotated[list[RuleCard], _about("The rules that judged.")]
    frameworks: Annotated[list[FrameworkCard], _about(
        "The frameworks that the rules speak to, control by control; with `--framework` that one."
    )] = []
    baseline: Annotated[BaselineCard | None, _about(
        "The earlier run it was compared with; null where none was given."
    )] = None
    waivers: Annotated[list[WaiverUse], _about("The waivers of the waiver file, if any.")] = []
    lineage: Annotated[Collection[LinkCard], _about(
        "What points at what: from all that stands, and from the jobs with a fail that counts or an"
        " unknown."
    )] = []
    findings: Annotated[Collection[Finding], _about(
        "Every outcome of every rule, worst first; `--outcomes` narrows this list only."
    )]
