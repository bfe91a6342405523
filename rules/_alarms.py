"""Alarms on what trails record: an event, a filter that counts it, an alarm on that, an action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import ALARM, METRIC_FILTER, PORTFOLIO, TRAIL, Account, Trail
from auditor.rule import Other, Sample
from auditor.shapes.cloudwatch import MetricAlarm
from auditor.shapes.logs import MetricFilter
from auditor.verdict import Fail, Pass, Verdict

from ._patterns import Event, Unreadable, parse
from ._trails import BOTH, WRITE, is_logging, management, sample_trail
from ._use import A_NOTEBOOK, unused

# Of the services that PutMetricAlarm takes as AlarmActions; ec2 and autoscaling tell nobody.
_TELLING = ("sns", "lambda", "ssm", "ssm-incidents")
# What every record of CloudTrail's has, whatever it says: "CloudTrail record contents", its guide.
_ANY = (
    "eventVersion", "eventTime", "awsRegion", "sourceIPAddress", "userAgent", "eventID",
    "requestID", "userIdentity.type", "userIdentity.arn", "userIdentity.principalId",
)  # fmt: skip
_GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*"
_TOPIC = "arn:aws:sns:eu-west-1:111122223333:security"


@dataclass(frozen=True, slots=True)
class Watch:
    """What should raise an alarm: in words, each event by its name, from which service.

    ``service`` is that of the events that are management events of one service, "" for several.
    """

    what: str
    events: Mapping[str, Event]
    service: str = ""
    reads: bool = False

    @property
    def recorded(self) -> frozenset[str]:
        """Return which management events a trail must record to see these."""
        return BOTH if self.reads else WRITE


def called(service: str, name: str, error: str = "") -> Event:
    """Return the record of a call by somebody's own hand, as a filter would see it."""
    known: dict[str, str | None] = dict.fromkeys(_ANY)
    known |= {
        "eventSource": f"{service}.amazonaws.com", "eventName": name, "eventType": "AwsApiCall",
        "managementEvent": "true", "eventCategory": "Management",
    }
    if error:
        return known | {
            "errorCode": error, "errorMessage": None, "": "userIdentity.invokedBy",
        }
    return known | {
        "readOnly": "false", "": "errorCode errorMessage userIdentity.invokedBy",
    }


def changes(what: str, service: str, *names: str) -> Watch:
    """Return the watch over calls of one service that change something."""
    return Watch(what, {name: called(service, name) for name in names}, service)


def good(pattern: str) -> Sample:
    """Return an account whose trail is watched through one filter and one alarm."""
    return Sample({}, _watched(pattern))


def bad(pattern: str, **alarm: Any) -> Sample:
    """Return one where that does not help, for what is wrong with the pattern or the alarm."""
    return Sample({}, (*_watched(pattern, **alarm), A_NOTEBOOK, Other(PORTFOLIO, {})))


def _watched(pattern: str, **alarm: Any) -> tuple[Other, ...]:
    return (
        Other(TRAIL, sample_trail(
            CloudWatchLogsLogGroupArn=_GROUP,
            Selectors={"EventSelectors": [
                {"ReadWriteType": "All", "IncludeManagementEvents": True}]},
        )),
        Other(METRIC_FILTER, {
            "filterName": "watch", "logGroupName": "trail", "filterPattern": pattern,
            "metricTransformations": [
                {"metricName": "Watched", "metricNamespace": "CIS", "metricValue": "1"}],
        }),
        Other(ALARM, {
            "AlarmName": "watched", "MetricName": "Watched", "Namespace": "CIS",
            "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1.0,
            "ActionsEnabled": True, "AlarmActions": [_TOPIC], **alarm,
        }),
    )  # fmt: skip


def names_pattern(service: str, *names: str) -> str:
    """Return the filter pattern of calls of one service, for the samples."""
    either = " || ".join(f"($.eventName = {name})" for name in names)
    return f"{{ ($.eventSource = {service}.amazonaws.com) && ({either}) }}"


def alarmed(account: Resource[Account], watch: Watch) -> Verdict:
    """Judge whether each of the events raises an alarm that tells somebody, by some trail.

    The trail covers every Region, is on, records such events and delivers them to a log group of
    the account. Raises :class:`Unseen` where what was not seen might do all that.
    """
    if "" in account.unseen:
        raise Unseen(f"the account was not seen: {account.unseen['']}", account.unseen[""])
    refused: Unseen | None = None
    wrong = []
    for trail in account.all(TRAIL):
        try:
            why = _shortfall(trail, watch) or _unheard(account, trail, watch)
        except Unseen as unseen:  # another trail may do all the same
            refused = refused or unseen
            continue
        if not why:
            return Pass(f"by the trail {trail.name}")
        wrong.append(f"the trail {trail.name} {why}")
    if refused:
        raise refused
    nothing = unused(account)
    if nothing:
        return nothing
    return Fail(f"nobody is told of {watch.what}: {'; '.join(wrong) or 'there is no trail'}")


def _shortfall(trail: Resource[Trail], watch: Watch) -> str:
    """Return why a trail brings such events to no log group, "" where it does."""
    if not trail.data.IsMultiRegionTrail:
        return f"covers only {trail.region}"
    if not trail.data.CloudWatchLogsLogGroupArn:
        return "delivers to no log group (CloudWatchLogsLogGroupArn is not set)"
    if not is_logging(trail):
        return "is switched off"
    found, without = management(trail)
    if not watch.recorded <= found or f"{watch.service}.amazonaws.com" in without:
        return "does not record such events"
    return ""


def _unheard(account: Resource[Account], trail: Resource[Trail], watch: Watch) -> str:
    """Return which events raise no alarm through a trail's log group, and why; "" for none."""
    region, group = _log_group(account, trail)
    doubt: Unseen | None = None
    heard: set[str] = set()
    mute = []
    for one in account.all(METRIC_FILTER, region):
        if one.data.logGroupName != group:
            continue
        try:
            sure, perhaps = _catches(one, watch)
        except Unseen as unseen:
            doubt = doubt or unseen
            continue
        if not sure and not perhaps:
            continue
        try:
            why = _mute(account, one)
        except Unseen as unseen:
            doubt = doubt or unseen
            continue
        if why:
            mute.append(f"the filter {one.data.filterName} {why}")
            continue
        heard |= sure
        if perhaps:
            doubt = doubt or Unseen(
                f"whether the filter {one.data.filterName} catches {', '.join(sorted(perhaps))}"
                " cannot be told from its pattern"
            )
    missing = [name for name in watch.events if name not in heard]
    if not missing:
        return ""
    if doubt:
        raise doubt
    if not account.all(PORTFOLIO, region) and not heard and not mute:
        # what is one in each Region that was looked at is not there
        raise Unseen(f"the filters of {group} were not seen: {region} was left out of the scan")
    return "; ".join((*mute, f"no alarm on its log group {group} sees {', '.join(missing)}"))


def _log_group(account: Resource[Account], trail: Resource[Trail]) -> tuple[str, str]:
    """Return the Region and name of a trail's log group; raises where it is another account's."""
    arn = trail.data.CloudWatchLogsLogGroupArn or ""
    parts = arn.split(":", 6)
    if len(parts) < 7:
        raise Unseen(f"CloudWatchLogsLogGroupArn of {trail.name} is no ARN: {arn}")
    _, _, _, region, owner, _, name = parts
    if owner != account.account:
        raise Unseen(f"the log group of {trail.name} belongs to account {owner}")
    return region, name.removesuffix(":*")


def _catches(one: Resource[MetricFilter], watch: Watch) -> tuple[set[str], set[str]]:
    """Return which events a filter catches, and of which that cannot be told."""
    pattern = one.data.filterPattern
    if pattern is None:
        raise Unseen(f"the pattern of the filter {one.data.filterName} was not seen")
    try:
        catches = parse(pattern)
    except Unreadable as why:
        if not pattern.strip().startswith("{"):
            return set(), set()  # words, which no rule here is about
        raise Unseen(f"the pattern of the filter {one.data.filterName}: {why}") from None
    found = {name: catches(event) for name, event in watch.events.items()}
    sure = {name for name, caught in found.items() if caught}
    perhaps = {name for name, caught in found.items() if caught is None}
    # a criterion on system fields, or a transformed event, may leave out anything
    if one.data.fieldSelectionCriteria or one.data.applyOnTransformedLogs:
        return set(), sure | perhaps
    return sure, perhaps


def _mute(account: Resource[Account], one: Resource[MetricFilter]) -> str:
    """Return why nobody is told of what a filter counts, "" where somebody is."""
    refused: Unseen | None = None
    why = "has no alarm on its metric"
    for change in one.data.metricTransformations or []:
        if change.dimensions or one.data.emitSystemFieldDimensions:
            why = "counts by dimension, so no alarm sees all of it"
            continue
        if not _counts(change.metricValue):
            why = "adds nothing to its metric"
            continue
        for alarm in account.all(ALARM, one.region):
            try:
                if not _on(alarm, change.metricNamespace, change.metricName):
                    continue
                silent = unheeded(alarm.data) or _never(alarm.data)
            except Unseen as unseen:
                refused = refused or unseen
                continue
            if not silent:
                return ""
            why = f"has the alarm {alarm.name}, which {silent}"
    if refused:
        raise refused
    return why


def _counts(value: str | None) -> bool:
    try:
        return float(value or "0") > 0
    except ValueError:  # a member of the event: a number of its own
        return True


def _on(alarm: Resource[MetricAlarm], namespace: str | None, name: str | None) -> bool:
    """Tell whether an alarm watches all of a metric; raises where it is part of an expression."""
    if not namespace or not name:
        return False
    data = alarm.data
    if data.MetricName == name and data.Namespace == namespace:
        return not data.Dimensions
    queries = data.Metrics or []
    for query in queries:
        metric = query.MetricStat.Metric if query.MetricStat else None
        if metric and metric.MetricName == name and metric.Namespace == namespace:
            if any(other.Expression for other in queries):
                raise Unseen(f"when the alarm {alarm.name} fires hangs on an expression")
            return not metric.Dimensions
    return False


def _never(alarm: MetricAlarm) -> str:
    """Return why an alarm does not fire when events come, "" where it does."""
    operator = alarm.ComparisonOperator
    if not operator:
        raise Unseen(f"AWS does not say how {alarm.AlarmName} compares (ComparisonOperator)")
    return "" if operator.startswith("GreaterThan") else f"fires when there are few ({operator})"


def unheeded(alarm: MetricAlarm, services: Sequence[str] = _TELLING) -> str:
    """Return why an alarm tells nobody, "" where it does; any ``services`` may act, () = all."""
    if alarm.ActionsEnabled is None:
        raise Unseen(f"AWS does not say whether the actions of {alarm.AlarmName} are enabled")
    if not alarm.ActionsEnabled:
        return "has its actions switched off (ActionsEnabled is false)"
    actions = [action for action in alarm.AlarmActions or [] if action]
    if not actions:
        return "has no AlarmActions"
    if services and not any(f":{service}:" in action for action in actions for service in services):
        return f"tells nobody (AlarmActions is {', '.join(actions)})"
    return ""
