"""The account of ``ml.py`` with everything of ``estate.py`` beside it, for what may go wrong."""

from __future__ import annotations

from tests.fakeaws import By, Chosen
from tests.worlds import estate, ml
from tests.worlds.make import ACCOUNT, EU


def document():
    """Return the document: each list holds what both have; elsewhere it is as ``ml`` says."""
    found = dict(ml.DOCUMENT)
    theirs = estate.build().document[ACCOUNT]
    found[ACCOUNT] = {**found[ACCOUNT], **{
        region: _both(ml.DOCUMENT[ACCOUNT][region], theirs[region]) for region in (EU, "*")}}
    return found


def _both(one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        return {**other, **{k: _both(v, other[k]) if k in other else v for k, v in one.items()}}
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *other]
    if isinstance(one, Chosen) and isinstance(other, Chosen):
        known = {item[one.id] for item in one.items}
        more = [item for item in other.items if item[one.id] not in known]
        return Chosen(one.member, one.parameter, one.id, [*one.items, *more], one.missing)
    if isinstance(one, By) and isinstance(other, By):
        return By(one.parameter, {**other.answers, **one.answers}, one.missing)
    return one

# Rules that judge nothing until a team sets them: tests/rules has their verdicts.
RULES = frozenset({"sagemaker-resource-required-tags"})
