"""The run as Markdown: a summary for a pull request or a job's page."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import IO, Any

from auditor.finding import Run
from auditor.findings import Selection

from ._digest import GRAVEST_FIRST, Digest, counted, moment
from ._text import visible

MOST = 900_000  # bytes; of a summary over 1,024 KiB GitHub shows nothing
FEW = 5  # resources listed of a rule
_ACTS = str.maketrans({c: f"&#{ord(c)};" for c in "&<>|`*_[]()~@#\\"})


def write(
    run: Run, out: IO[bytes], *, outcomes: Collection[str] | None = None, **_: Any
) -> None:
    """Write the summary to ``out``, and stop at 900 KB, saying how many rules are missing."""
    digest = Digest(run, outcomes)
    room = MOST
    for line in _head(run, digest):
        room -= out.write(line.encode() + b"\n")
    blocks = [
        (severity, rule, same)
        for severity, found in digest.current.by_severity().items()
        for rule, same in found.by_rule().items()
    ]
    for number, (severity, rule, same) in enumerate(blocks):
        block = "".join(f"{line}\n" for line in _rule(digest, severity, rule, same)).encode()
        if len(block) > room:
            out.write(f"\nAnd {counted(len(blocks) - number, 'rule')} more.\n".encode())
            break
        room -= out.write(block)


def _head(run: Run, digest: Digest) -> Iterator[str]:
    accounts = ", ".join(run.run.accounts) or "unknown"
    yield f"# Audit of {_text(accounts)}"
    yield ""
    when = _text(moment(run.run.finished or run.run.started))
    yield (f"{_text(', '.join(run.run.regions) or 'no region')}, {when},"
           f" auditor {_text(run.run.version)}."
           f" Looked at {counted(digest.resources, 'resource')} by"
           f" {counted(run.coverage.rules_selected, 'rule')}.")
    yield ""
    unknown = digest.sums["unknown"]
    if unknown:
        yield f"**{counted(unknown, 'outcome')} could not be determined.**"
        yield ""
    for blind in digest.refusals:
        yield (f"- {_text(blind.call)} in {_text(', '.join(blind.places))} answered"
               f" {_text(blind.code)}; to mend it: {_text(blind.remedy)}")
    if run.baseline is not None:
        told = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in
                         run.baseline.counts.items())
        yield f"\nAgainst the baseline: {told}."
    columns = {name: by for name, by in digest.matrix.items() if sum(by.values())}
    if columns and digest.whole:
        yield ""
        yield f"| severity | {' | '.join(columns)} |"
        yield f"|---|{'--:|' * len(columns)}"
        for severity in GRAVEST_FIRST:
            yield f"| {severity} | {' | '.join(f'{by[severity]:,}' for by in columns.values())} |"


def _rule(digest: Digest, severity: str, rule: str, same: Selection) -> Iterator[str]:
    card = digest.card(same.first)
    yield ""
    yield f"## {severity}: {_text(card.title)}"
    yield ""
    judged = digest.judged(rule)
    of = f" of {judged:,}" if judged else ""
    yield f"[{_text(rule)}]({_text(card.help_url)}), {len(same):,}{of} fail"
    yield ""
    for number, finding in enumerate(same):
        if number == FEW:
            yield f"- and {len(same) - FEW:,} more"
            break
        change = f" ({finding.change})" if finding.change in ("new", "reopened") else ""
        yield (f"- {_text(f'{finding.account} {finding.region} {finding.resource.name}')}{change}:"
               f" {_text(finding.message)}")


def _text(text: str) -> str:
    """Return foreign text that no Markdown and no HTML acts on."""
    return visible(text).translate(_ACTS)
