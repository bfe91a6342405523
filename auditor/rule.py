"""A rule: one question about one kind of resource, with everything there is to say about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from auditor.inventory import Kind, Resource
from auditor.shape import Shape
from auditor.verdict import Severity, Verdict

S = TypeVar("S", bound=Shape)
DOCS = "https://sagemaker-auditor.readthedocs.io/rules/"


@dataclass(frozen=True, slots=True)
class Other:
    """A second resource in a sample: its kind, its document, and the values that mean it.

    ``names`` are further values that point at it (an alias); its ARN and its name always do.
    ``region`` is where it lies, "" for where the sample itself does; ``tags`` are what it carries.
    ``owner`` is the account that has it where that is another: then only ``names`` are known here.
    """

    kind: Kind[Any]
    data: Mapping[str, Any]
    names: tuple[str, ...] = ()
    region: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A document of the rule's kind as AWS would answer it, its tags, and what else is there."""

    data: Mapping[str, Any]
    others: tuple[Other, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    seen: str = "2026-01-31T00:00:00+00:00"
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that a team may set under ``[rules.<id>]`` of auditor.toml."""

    name: str
    default: Any
    help: str


@dataclass(frozen=True, eq=False)
class Rule(Generic[S]):
    """A rule and its card; made by :func:`rule`. ``check`` is the function that decides.

    One that is not ``default`` judges only where it is selected by its id or a glob.
    """

    id: str
    title: str
    on: Kind[S]
    severity: Severity
    controls: Mapping[str, tuple[str, ...]]
    fix: str
    good: tuple[Sample, ...]
    bad: tuple[Sample, ...]
    check: Callable[..., Verdict]
    rationale: str
    settings: tuple[Setting, ...] = ()
    aliases: tuple[str, ...] = ()
    pack: str = "auditor"
    default: bool = True

    @property
    def help_url(self) -> str:
        """Return the address of the rule's page, which follows from its id."""
        return f"{DOCS}{self.id}/"

    def __call__(self, resource: Resource[S], **settings: Any) -> Verdict:
        """Judge one resource, with the defaults of its settings where none is given."""
        if not self.settings:
            return self.check(resource)
        given = {s.name: settings.get(s.name, s.default) for s in self.settings}
        return self.check(resource, **given)


def _samples(given: Mapping[str, Any] | Sample | list[Any]) -> tuple[Sample, ...]:
    many = given if isinstance(given, list) else [given]
    return tuple(s if isinstance(s, Sample) else Sample(s) for s in many)


def rule(
    id: str,
    title: str,
    *,
    on: Kind[S],
    severity: Severity,
    fix: str,
    good: Mapping[str, Any] | Sample | list[Any],
    bad: Mapping[str, Any] | Sample | list[Any],
    controls: Mapping[str, list[str]] | None = None,
    settings: tuple[Setting, ...] = (),
    aliases: tuple[str, ...] = (),
    default: bool = True,
) -> Callable[[Callable[..., Verdict]], Rule[S]]:
    """Turn a function ``(resource) -> Verdict`` into a rule; its docstring is the rationale.

    ``id`` is a slug and stays for ever; ``fix`` may use ``{name}``, ``{arn}``, ``{account}`` and
    ``{region}``; ``good`` and ``bad`` are documents of the kind as AWS answers them (one, a
    :class:`Sample`, or a list); they are the rule's first tests and its documentation. One that is
    not ``default`` judges only where it is selected.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", id):
        raise ValueError(f"{id!r}: a rule's id is words of a-z and 0-9 joined by hyphens")

    def made(check: Callable[..., Verdict]) -> Rule[S]:
        rationale = " ".join((check.__doc__ or "").split())
        if not rationale:
            raise ValueError(f"{id}: the function needs a docstring, the rule's rationale")
        return Rule(
            id, title, on, severity,
            {name: tuple(ids) for name, ids in (controls or {}).items()},
            fix, _samples(good), _samples(bad), check, rationale, settings, aliases,
            default=default,
        )

    return made
