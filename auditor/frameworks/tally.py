"""A run, control by control: what failed, passed, could not be said, or is nobody's question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from auditor.finding import ControlCard, FrameworkCard, RuleCard
from auditor.findings import HISTORICAL, Told
from auditor.verdict import Status

from . import Framework, frameworks, natural


def tallied(
    rules: Iterable[RuleCard], tally: Mapping[Told, int], only: str = ""
) -> list[FrameworkCard]:
    """Return the frameworks that rules speak to, or the ``only`` one; never a percentage.

    ``tally`` counts the outcomes of the rules. What no framework here knows (a pack's own) is
    left to the rules' cards.
    """
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for told, count in tally.items():
        outcomes[told.rule][told.outcome] += count
    speaking: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for card in rules:
        for name, ids in card.controls.items():
            for id in ids:
                speaking[name][id].append(card.id)
    return [
        FrameworkCard(
            id=one.id, name=one.name, title=one.title, source=one.source, beyond=one.beyond,
            controls=[
                _control(one, id, speaking[one.name].get(id, []), outcomes)
                for id in sorted({*one.controls, *speaking[one.name]}, key=natural)
            ],
        )
        for one in frameworks().values()
        if (one.id == only if only else one.name in speaking)
    ]


def _control(
    framework: Framework, id: str, rules: list[str], outcomes: Mapping[str, Counter[str]]
) -> ControlCard:
    counts: Counter[str] = Counter()
    for rule in rules:
        counts.update(outcomes.get(rule, {}))
    if not rules:
        state = "no_rule"
    elif counts[Status.FAIL]:
        state = "failed"
    elif counts[Status.UNKNOWN]:
        state = "not_evaluated"
    elif counts[Status.PASS]:
        state = "passed"
    elif counts[HISTORICAL] or counts[Status.WAIVED]:
        state = "set_aside"
    else:
        state = "not_applicable"
    return ControlCard(
        id=id, title=framework.controls.get(id, ""), state=state, rules=rules,
        failed=counts[Status.FAIL], unknown=counts[Status.UNKNOWN], passed=counts[Status.PASS],
        waived=counts[Status.WAIVED], historical=counts[HISTORICAL],
        not_applicable=counts[Status.NOT_APPLICABLE],
    )
