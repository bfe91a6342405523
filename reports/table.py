"""The summary on a terminal: what a person reads after a scan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import IO, Any

from tabulate import tabulate

from auditor.finding import Finding, Run
from auditor.findings import Selection
from auditor.verdict import Severity

from ._digest import (
    GRAVEST_FIRST,
    Blind,
    Digest,
    counted,
    moment,
    noun,
)
from ._text import cells, clipped, padded, visible, wrapped

FIRST = Severity.HIGH  # below it a rule takes a line, unless all is asked for
FEW = 3  # resources shown of a rule, unless all are asked for
NARROWEST = 40  # below this many cells nothing can be read; lines are this long all the same
_COLORS = {
    "critical": "1;37;41", "high": "1;31", "medium": "1;33", "low": "1;36", "info": "1",
    "unknown": "1;35", "apart": "1", "dim": "2",
}


def write(
    run: Run, out: IO[bytes], *, color: bool = False, width: int = 80,
    outcomes: Collection[str] | None = None, verbose: bool = False, **_: Any,
) -> None:
    """Write the summary to ``out``, no line longer than ``width`` cells.

    ``outcomes`` narrows what is listed, not what is counted; ``verbose`` lists every resource.
    """
    page = _Page(Digest(run, outcomes), max(width, NARROWEST), color, verbose)
    for line in page.lines(everything=outcomes is not None):
        out.write(line.encode() + b"\n")


class _Page:
    """The lines of one summary. What is not our own words goes through ``visible`` first."""

    def __init__(self, digest: Digest, width: int, color: bool, verbose: bool) -> None:
        self.digest = digest
        self.run = digest.run
        self.width = width
        self.color = color
        self.verbose = verbose

    def lines(self, everything: bool) -> Iterator[str]:
        """Yield the lines; with ``everything`` also lists what passed or did not apply."""
        digest = self.digest
        yield from self._headline()
        for severity, found in digest.current.by_severity().items():
            rules = found.by_rule()
            yield from self._heading(
                severity.upper(), _COLORS[severity],
                f"{counted(len(found), 'finding')} of {counted(len(rules), 'rule')}",
            )
            if self.verbose or Severity(severity) >= FIRST:
                for rule, same in rules.items():
                    yield from self._rule(rule, same)
            else:
                yield ""
                for rule, same in rules.items():
                    yield from self._line(rule, self._count(rule, same))
        yield from self._unknown()
        yield from self._apart(
            "WAIVED", digest.waived, "by the waiver file, with a reason and an end"
        )
        yield from self._apart(
            "HISTORICAL", digest.historical, "on jobs that ended more than"
            f" {counted(self.run.coverage.jobs_window_days, 'day')} before the scan; they cannot"
            " be mended and do not count",
        )
        if everything:
            yield from self._apart("PASSED", digest.passed, "as asked for by --outcomes")
            yield from self._apart(
                "NOT APPLICABLE", digest.not_applicable, "as asked for by --outcomes"
            )
        yield from self._coverage()
        yield from self._next()

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color else text

    def _text(self, text: str, indent: int = 0, hanging: int | None = None) -> Iterator[str]:
        """Yield a text wrapped to the width; further lines are indented by ``hanging``."""
        later = indent if hanging is None else hanging
        first, *rest = wrapped(visible(text), self.width - max(indent, later))
        yield " " * indent + first
        for line in rest:
            yield " " * later + line

    def _heading(self, word: str, code: str, words: str) -> Iterator[str]:
        first, *rest = wrapped(words, self.width - len(word) - 2)
        yield ""
        yield f"{self._paint(word, code)}  {first}"
        for line in rest:
            yield " " * (len(word) + 2) + line

    def _headline(self) -> Iterator[str]:
        run = self.run.run
        accounts = "account" if len(run.accounts) == 1 else "accounts"
        yield from self._text(
            f"Audit of {accounts} {', '.join(run.accounts) or 'unknown'} in"
            f" {', '.join(run.regions) or 'no region'}"
        )
        yield from self._text(
            f"{moment(run.finished or run.started)}, by {run.caller or 'an unknown caller'},"
            f" auditor {run.version}"
        )
        if run.endpoint:
            yield from self._text(
                f"Not AWS itself: this scan was pointed at {run.endpoint} (AWS_ENDPOINT_URL)"
            )
        yield ""
        coverage = self.run.coverage
        yield from self._text(
            f"Looked at {counted(self.digest.resources, 'resource')} of"
            f" {counted(self.digest.kinds, 'kind')} by {counted(coverage.rules_selected, 'rule')}"
            + (f" of {coverage.rules_available}"
               if coverage.rules_available > coverage.rules_selected else "")
            + f", with {counted(self.run.cost.calls, 'call')}."
        )
        cost = self.run.cost
        if cost.throttled or cost.waited:
            yield from self._text(
                f"AWS throttled {counted(cost.throttled, 'call')}; to keep to its quotas calls"
                f" waited {cost.waited:,.0f} s, added up."
            )
        yield from self._text(self._verdict())
        before = self.run.baseline
        if before is not None:
            counts = ", ".join(
                f"{count:,} {name.replace('_', ' ')}" for name, count in before.counts.items()
            )
            since = f"Since {moment(before.finished)}" if before.id else "Without an earlier run"
            yield from self._text(f"{since}: {counts}.")

    def _verdict(self) -> str:
        """Return what the scan comes to, in a sentence."""
        failed, unknown = self.digest.sums["failed"], self.digest.sums["unknown"]
        if not self.digest.resources and self.run.gaps:
            return "AWS let us see nothing: every answer that counts was refused."
        if not self.digest.resources:
            return "There is nothing to audit here: no resource of any kind that is looked for."
        said = counted(failed, "finding") if failed else "Nothing found"
        if unknown:
            return f"{said}, but {counted(unknown, 'outcome')} could not be determined."
        if self.run.gaps:
            return f"{said}; what AWS refused touches no outcome."
        return f"{said}; all that the rules asked for was seen."

    def _count(self, rule: str, found: Selection) -> str:
        judged = self.digest.judged(rule)
        return f"{len(found):,} of {judged:,} fail" if judged else f"{len(found):,} fail"

    def _line(self, rule: str, count: str) -> Iterator[str]:
        """Yield a rule and its count on one line."""
        yield f"  {padded(visible(rule), self.width - 4 - len(count))}  {count}"

    def _rule(self, rule: str, found: Selection) -> Iterator[str]:
        count = self._count(rule, found)
        title = visible(self.digest.card(found.first).title)
        room = self.width - 4 - len(count)
        yield ""
        yield f"  {padded(title, room)}  {self._paint(count, _COLORS['apart'])}"
        yield f"  {self._paint(clipped(visible(rule), self.width - 2), _COLORS['dim'])}"
        yield from self._resources(found)

    def _resources(self, found: Selection) -> Iterator[str]:
        """Yield a line for each resource: where it is, its name, what is the case."""
        shown = found if self.verbose else list(islice(found, FEW))
        place = name = 0
        for where, what, _ in self._rows(shown):
            place = max(place, cells(where))
            name = max(name, cells(what))
        place, name = min(place, self.width // 4), min(name, self.width // 3)
        room = self.width - place - name - 8
        for where, what, message in self._rows(shown):
            head = f"    {padded(where, place)}  {padded(what, name)}"
            if not self.verbose:
                yield f"{head}  {clipped(message, room)}".rstrip()
                continue
            # everything is asked for: nothing is cut, what does not fit goes on lines of its own
            if cells(what) > name:
                yield from self._text(f"{where}  {what}", 4, 6)
                head = " " * (6 + place + name)
            first, *rest = wrapped(message, room)
            yield f"{head}  {first}".rstrip()
            for line in rest:
                yield " " * (8 + place + name) + line
        if len(found) > len(shown):
            yield f"    and {len(found) - len(shown):,} more"

    def _rows(self, found: Iterable[Finding]) -> Iterator[tuple[str, str, str]]:
        """Yield of each finding where it is, its resource's name, what is the case."""
        many = len(self.run.run.accounts) > 1
        for one in found:
            yield (
                visible(f"{one.account} {one.region}" if many else one.region),
                visible(one.resource.name), visible(one.message),
            )

    def _unknown(self) -> Iterator[str]:
        digest = self.digest
        if not digest.unknown:
            return
        yield from self._heading(
            "UNKNOWN", _COLORS["unknown"],
            f"{counted(len(digest.unknown), 'outcome')} that could not be determined",
        )
        for blind in digest.refusals:
            if blind.findings:
                yield from self._blind(blind)
        most = None if self.verbose else 3 * FEW
        shown = 0
        for reason in islice(digest.unexplained.reasons(), most):
            yield ""
            yield from self._text(reason.message, 2, 4)
            yield from self._leaves(reason.times, reason.rules)
            shown += 1
        further = digest.unexplained.reason_count - shown
        if further:
            yield ""
            yield f"  and {counted(further, 'further reason')}"

    def _blind(self, blind: Blind) -> Iterator[str]:
        yield ""
        yield from self._text(
            f"{blind.call} in {', '.join(blind.places)} answered {blind.code}", 2, 4
        )
        message = visible(blind.gaps[0].message)
        if message:
            room = self.width - 4
            yield from self._text(message if self.verbose else clipped(message, 2 * room), 4)
        yield from self._text(f"To mend it: {blind.remedy.replace('`', '')}", 4, 6)
        yield from self._leaves(len(blind.findings), list(blind.findings.by_rule()))

    def _leaves(self, count: int, names: list[str]) -> Iterator[str]:
        """Yield how many outcomes something leaves unknown, and of which rules."""
        shown = names if self.verbose else names[:FEW]
        more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
        yield from self._text(
            f"Leaves {counted(count, 'outcome')} unknown, of {', '.join(shown)}{more}", 4, 6
        )

    def _apart(self, word: str, found: Selection, words: str) -> Iterator[str]:
        """Yield a block of what does not count: a line for each rule, resources if verbose."""
        if not found:
            return
        outcomes = counted(len(found), "outcome")
        yield from self._heading(word, _COLORS["apart"], f"{outcomes} {words}")
        yield ""
        for rule, same in found.by_rule().items():
            yield from self._line(rule, f"{len(same):,}")
            if self.verbose:
                yield from self._resources(same)

    def _coverage(self) -> Iterator[str]:
        """Yield the numbers of the whole run, and what it could not look at."""
        digest, coverage = self.digest, self.run.coverage
        if self.run.findings or any(coverage.outcomes.values()):
            yield ""
            yield from self._outcomes()
        notes = []
        if not digest.whole:
            notes.append(
                f"The file holds {len(self.run.findings):,} of"
                f" {counted(sum(coverage.outcomes.values()), 'outcome')}: it was written with"
                " --outcomes."
            )
        quiet = sorted({blind.call for blind in digest.refusals if not blind.findings})
        if quiet:
            notes.append(f"Refused as well: {', '.join(quiet)}")
        notes += [
            f"Not offered by AWS in {', '.join(regions)}: {noun(kind)}"
            for kind, regions in digest.unavailable
        ]
        if coverage.scope != "all":
            left = [f"{count:,} of {noun(kind)}" for kind, count in coverage.left_out.items()]
            notes.append(f"Only what machine learning uses was judged. Left out: "
                         f"{', '.join(left) or 'nothing'}")
        if coverage.tags_unseen:
            notes.append(f"Tags could not be read in {', '.join(coverage.tags_unseen)}")
        if notes:
            yield ""
        for note in notes:
            yield from self._text(note, 0, 2)

    def _outcomes(self) -> Iterator[str]:
        """Yield outcomes by severity where that fits and all are there, else their sums."""
        sums = self.digest.sums
        lines = []
        if self.digest.whole:
            columns = {name: by for name, by in self.digest.matrix.items() if sum(by.values())}
            lines = tabulate(
                [[severity, *(by[severity] for by in columns.values())] for severity in
                 GRAVEST_FIRST] + [["all", *(sum(by.values()) for by in columns.values())]],
                headers=["", *columns], tablefmt="simple", intfmt=",",
            ).splitlines()
        if not lines or max(map(len, lines)) > self.width:
            rows = [(name, count) for name, count in sums.items() if count]
            lines = tabulate(rows, tablefmt="plain", intfmt=",").splitlines()
        yield from lines

    def _next(self) -> Iterator[str]:
        """Yield what to do now."""
        digest = self.digest
        steps = []
        if digest.current:
            worst = digest.current.first.rule
            steps.append((f"auditor explain {worst}", "why, and how to mend it"))
        if any(blind.remedy.startswith("allow") for blind in digest.refusals):
            steps.append(("auditor permissions", "the IAM policy that a scan needs"))
        if digest.current or digest.unknown:
            steps.append(("auditor scan -f html=report.html", "all of it, with the evidence"))
        if not self.verbose and any(
            Severity(severity) < FIRST or len(same) > FEW
            for severity, found in digest.current.by_severity().items()
            for same in found.by_rule().values()
        ):
            steps.append(("auditor scan -v", "every resource in this list"))
        if steps:
            yield ""
            yield "Next:"
        widest = max((cells(visible(command)) for command, _ in steps), default=0)
        for command, words in steps:
            line = f"  {padded(visible(command), widest)}  {words}"
            if cells(line) <= self.width:
                yield line
            else:
                yield from self._text(command, 2)
                yield from self._text(words, 6)
