"""Compliance frameworks: their controls, and where it is said which rule speaks to which.

Each framework is a file beside this one. A rule names controls itself; to those a framework may
add what follows from another's (ISO 27001 and SOC 2 from NIST SP 800-53). Mappings that somebody
else publishes are told from ours, which say why.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec

NIST = "NIST 800-53 r5"


class Framework(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One framework. ``controls`` maps ids to titles, "" where we have no words for one.

    ``published`` says who publishes its mapping; where ``mapped`` is given, that holds for those
    rules and controls only. ``because`` is the reason of the mappings that are ours. ``by`` maps
    controls of NIST SP 800-53, without enhancement, to this framework's. ``beyond`` says what of
    the framework is not listed.
    """

    id: str
    name: str
    title: str
    source: str
    controls: dict[str, str]
    published: str = ""
    because: str = ""
    beyond: str = ""
    by: dict[str, list[str]] = {}
    mapped: dict[str, list[str]] = {}

    def reason(self, rule: str, ids: list[str]) -> str:
        """Return why a mapping of ours is made; "" for one that somebody publishes."""
        told = self.mapped.get(rule, ())
        if not self.published or (self.mapped and set(told) != set(ids)):
            return self.because
        return ""


@cache
def frameworks() -> dict[str, Framework]:
    """Return the frameworks by id, in the order of their names."""
    found = [
        msgspec.convert(
            {"id": file.name.removesuffix(".toml"), **tomllib.loads(file.read_text("utf-8"))},
            Framework,
        )
        for file in resources.files(__name__).iterdir() if file.name.endswith(".toml")
    ]
    return {one.id: one for one in sorted(found, key=lambda one: natural(one.name))}


@cache
def by_name() -> dict[str, Framework]:
    """Return the frameworks by the name that rules call them by."""
    return {one.name: one for one in frameworks().values()}


def natural(text: str) -> list[tuple[int, str]]:
    """Return what sorts ``SC-7`` before ``SC-12``."""
    return [
        (int(part), "") if part.isdecimal() else (0, part)
        for part in re.split(r"([0-9]+)", text)
    ]


def controls_of(named: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Return the controls a rule speaks to, framework to ids: those it names and what follows."""
    found = {name: list(ids) for name, ids in named.items()}
    bases = dict.fromkeys(id.partition("(")[0] for id in named.get(NIST, ()))
    for framework in frameworks().values():
        follow = {id for base in bases for id in framework.by.get(base, ())}
        if follow and framework.name not in found:
            found[framework.name] = sorted(follow, key=natural)
    return found


def ours(rule: str, controls: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the frameworks whose mapping of a rule is ours, each with the reason."""
    known = by_name()
    reasons = {
        name: known[name].reason(rule, ids) for name, ids in controls.items() if name in known
    }
    return {name: because for name, because in reasons.items() if because}
