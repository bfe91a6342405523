"""``waivers.toml`` -> fails that are accepted for a while, by somebody, for a reason."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

import msgspec

from auditor.errors import AuditorError, nearest
from auditor.finding import Finding, WaiverCard, WaiverUse

MAX_DAYS = 365
ENDING_DAYS = 14
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One ``[[waiver]]``: ``resource`` is an ARN, a glob of one (``*``, ``?``) or a fingerprint.

    ``tags`` are a further condition: the resource must carry each, with a value that the glob
    matches.
    """

    rule: str
    resource: str
    owner: str
    reason: str
    expires: date
    tags: dict[str, str] = {}

    def mismatch(self, finding: Finding) -> str:
        """Return why it does not match a finding, in words; "" where it does."""
        if finding.rule != self.rule:
            return f"it is for the rule {self.rule}"
        if self.resource != finding.fingerprint and not _globbed(
            self.resource, finding.resource.arn
        ):
            return f"its resource {self.resource} is not this one"
        if self.tags and finding.resource.tags is None:
            return "it asks for tags, and the resource's tags were not seen"
        for key, pattern in self.tags.items():
            value = (finding.resource.tags or {}).get(key)
            if value is None or not _globbed(pattern, value):
                return f"the resource's tag {key} is not {pattern}"
        return ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    waiver: list[Waiver] = []


class Waivers:
    """The waivers of a file, as they stand on a day."""

    def __init__(self, waivers: Iterable[Waiver], on: date, source: str = "") -> None:
        self.waivers = list(waivers)
        self.on = on
        self.source = source
        self.matched = [0] * len(self.waivers)
        self._by_rule: defaultdict[str, list[int]] = defaultdict(list)
        for number, waiver in enumerate(self.waivers):
            self._by_rule[waiver.rule].append(number)

    def applied(self, finding: Finding) -> Finding:
        """Return a fail as waived where a waiver that has not expired matches; others as they are.

        An expired waiver that matches is counted too, so that its owner can be named.
        """
        if finding.status != "fail":
            return finding
        held: Waiver | None = None
        for number in self._by_rule.get(finding.rule, ()):
            waiver = self.waivers[number]
            if waiver.mismatch(finding):
                continue
            self.matched[number] += 1
            if held is None and waiver.expires >= self.on:
                held = waiver
        if held is None:
            return finding
        return msgspec.structs.replace(finding, status="waived", waiver=WaiverCard(
            owner=held.owner, reason=held.reason, expires=held.expires.isoformat()))

    def uses(self, judged: Collection[str]) -> list[WaiverUse]:
        """Return what became of each waiver; ``judged`` are the ids of the rules of the run."""
        return [
            WaiverUse(
                rule=waiver.rule, resource=waiver.resource, owner=waiver.owner,
                reason=waiver.reason, expires=waiver.expires.isoformat(), matched=matched,
                state=self._state(waiver, matched) if waiver.rule in judged else "idle",
            )
            for waiver, matched in zip(self.waivers, self.matched, strict=True)
        ]

    def _state(self, waiver: Waiver, matched: int) -> str:
        if not matched:
            return "unused"
        if waiver.expires < self.on:
            return "expired"
        ending = waiver.expires - self.on <= timedelta(days=ENDING_DAYS)
        return "ending" if ending else "active"


def read(
    path: Path, rules: Mapping[str, str], on: date, max_days: int = MAX_DAYS
) -> Waivers:
    """Read a file of waivers, as they stand ``on`` a day.

    ``rules`` maps the ids of rules, and their earlier ids, to their ids. Raises
    :class:`AuditorError` with the place for what is not TOML, a key or rule that does not exist,
    an empty owner, reason or resource, a glob that covers everything, and an end further off than
    ``max_days`` days.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = msgspec.convert(tomllib.loads(text), _File)
    except OSError as error:
        raise AuditorError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AuditorError(f"{path}: not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise AuditorError(f"{path}: {error}") from None
    checked = []
    for number, waiver in enumerate(found.waiver):
        place = f"{path}: waiver {number + 1} ({waiver.rule})"
        problem = _problem(waiver, rules, on, max_days)
        if problem:
            raise AuditorError(f"{place}: {problem}")
        checked.append(msgspec.structs.replace(waiver, rule=rules[waiver.rule]))
    return Waivers(checked, on, str(path))


def _problem(waiver: Waiver, rules: Collection[str], on: date, max_days: int) -> str:
    """Return what is wrong with a waiver, "" where nothing is."""
    for name in ("resource", "owner", "reason"):
        if not getattr(waiver, name).strip():
            return f"{name} is empty"
    if waiver.rule not in rules:
        return f"no such rule{nearest(waiver.rule, rules)}"
    if not _FINGERPRINT.fullmatch(waiver.resource):
        named = waiver.resource.split(":", 5)
        if named[0] != "arn" or len(named) < 6:
            return (f"resource {waiver.resource!r} is no ARN, no glob of one"
                    " (arn:partition:service:region:account:resource) and no fingerprint")
        if not "".join(named[4:]).strip("*?"):
            return f"resource {waiver.resource!r} covers everything; name an account or a resource"
    if waiver.expires - on > timedelta(days=max_days):
        return (f"expires {waiver.expires}, more than {max_days} days from now;"
                f" the latest is {on + timedelta(days=max_days)}")
    return ""


def _globbed(pattern: str, text: str) -> bool:
    """Tell whether a glob, in which ``*`` and ``?`` alone are special, matches a text whole."""
    parts = re.split(r"([*?])", pattern)
    expression = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None
