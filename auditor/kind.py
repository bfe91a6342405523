"""A kind of resource, as data: the row of the table that says how AWS lists and describes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

import jmespath
import msgspec

from auditor.shape import Shape

S = TypeVar("S", bound=Shape)
IN_USE = "in use"  # the group of kinds listed only in regions where ML is used
_ANSWERS = 4096  # of one condition that are remembered


@cache
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


@cache
def _steps(path: str) -> tuple[tuple[str, bool], ...]:
    """Return the members of a plain path and whether each is a list, nothing for other paths."""
    if not re.fullmatch(r"\w+(\[\])?(\.\w+(\[\])?)*", path):
        return ()
    return tuple((step.removesuffix("[]"), step.endswith("[]")) for step in path.split("."))


def _found(path: str, document: Mapping[str, Any]) -> list[Any]:
    """Return what a JMESPath finds; most are plain, and those need no interpreter."""
    steps = _steps(path)
    if not steps:
        found = _compiled(path).search(document)
        return found if isinstance(found, list) else [found]
    level: list[Any] = [document]
    several = False  # after a first list, what is none stands for itself
    for member, many in steps:
        inner: list[Any] = []
        for one in level:
            value = one.get(member) if isinstance(one, dict) else None
            if not many:
                if value is not None:
                    inner.append(value)
            elif isinstance(value, list):
                for item in value:
                    inner += item if isinstance(item, list) and not several else (item,)
            elif several and value is not None:
                inner.append(value)
        if not inner:
            return inner
        level, several = inner, several or many
    if "[]" not in path and isinstance(level[0], list):
        return level[0]
    return level


class Condition:
    """A JMESPath that is true or false of a document.

    What it says hangs on the members that it reads alone, and those are alike in most documents
    of a kind: each answer is remembered by them, so that jmespath walks a condition but once.
    """

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._plain = expression if re.fullmatch(r"[A-Za-z]\w*", expression) else ""
        self._reads = _members_read(_compiled(expression).parsed)
        self._answers: dict[bytes, bool] = {}

    def holds(self, document: Mapping[str, Any]) -> bool:
        """Tell whether it is true of a document, as JSON has it."""
        if self._plain:
            return bool(document.get(self._plain))
        if self._reads is None:
            return bool(_compiled(self._expression).search(document))
        try:
            told = msgspec.json.encode([document.get(name) for name in self._reads])
        except (TypeError, ValueError):  # no JSON: not something to be remembered
            return bool(_compiled(self._expression).search(document))
        known = self._answers.get(told)
        if known is None:
            known = bool(_compiled(self._expression).search(document))
            if len(self._answers) >= _ANSWERS:
                self._answers.clear()
            self._answers[told] = known
        return known


@cache
def condition(expression: str) -> Condition:
    """Return the condition that a JMESPath is."""
    return Condition(expression)


def _members_read(parsed: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return every name that a JMESPath reads, None where it reads the document as a whole."""
    waiting, found = [parsed], set()
    while waiting:
        node = waiting.pop()
        if node["type"] in ("current", "identity"):
            return None
        if node["type"] == "field":
            found.add(node["value"])
        waiting += [child for child in node["children"] if isinstance(child, dict)]
    return tuple(sorted(found))


@cache
def _head(path: str) -> str:
    plain = re.match(r"\w+(?=[.\[]|$)", path)
    return plain[0] if plain else ""


def _as_is(value: str) -> str:
    return value


def _nobody(value: str) -> str:
    return ""


def _region_of_arn(value: str) -> str:
    parts = value.split(":", 4)
    return parts[3] if value.startswith("arn:") and len(parts) > 4 else ""


# What templates of parts may name that is no member of the document.
KNOWN = ("name", "arn", "account", "region", "each")


def named_in(template: Any) -> list[str]:
    """Return what the templates in parameters name in braces, each once."""
    if isinstance(template, str):
        return members_of(template)
    inner = template.values() if isinstance(template, Mapping) else template
    if not isinstance(inner, Iterable):
        return []
    return list(dict.fromkeys(name for one in inner for name in named_in(one)))


def members_of(template: str) -> list[str]:
    """Return the members that a template names in braces."""
    return re.findall(r"\{(\w+)\}", template)


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a kind that is made of many: which member it fills, and from what.

    ``call`` is ``service.Operation``. ``answer`` is a JMESPath into the answer ("" takes all of
    it). ``absent`` are the error codes that mean "there is none", optionally with a piece of the
    message after a colon where AWS tells it from a denial by message only. ``given`` maps the
    call's parameters to templates over ``{name} {arn} {account} {region}``. ``where`` is a
    JMESPath condition on the members already known; the call is not made where it is false.
    Lists and maps of templates are filled too, and what is no text is given as it is.
    ``each`` is (call, JMESPath): the part is called once for each item of that list, as
    ``{each}``, and the member is the list of answers; ``each_given`` are that list's parameters,
    None = the first of ``given``. ``pages`` is False where the first page tells all that is
    wanted. ``always`` says that AWS never leaves ``answer`` out to say "none"; of lists and maps,
    and where there are ``absent`` codes, that is understood. A member "" merges into the document.
    """

    member: str
    call: str
    answer: str = ""
    absent: tuple[str, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    each: tuple[str, str] | None = None
    each_given: Mapping[str, Any] | None = None
    pages: bool = True
    always: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Where an answer names another resource: a JMESPath, and the kind it points at."""

    path: str
    to: Kind[Any]

    @property
    def head(self) -> str:
        """Return the member of the answer that the path begins with, "" where it is no plain one.
        """
        return _head(self.path)


@dataclass(frozen=True, slots=True)
class Search:
    """How sagemaker:Search finds a kind: the resource to search for, and where its documents are.

    ``record`` is the path of a document in a result, None = under the resource's own name;
    ``where`` are properties and the values they must have; ``late`` is how many seconds after a
    resource was made its record may say so.
    """

    resource: str
    record: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    late: int = 0

    @property
    def path(self) -> list[str]:
        """Return the members that lead to the document in a result."""
        return (self.record or self.resource).split(".")


@dataclass(frozen=True, eq=False)
class Kind(Generic[S]):
    """One kind of resource: a row of the table in ``auditor/kinds/``.

    Everything has a default that follows from the name by SageMaker's own regularity;
    ``auditor/aws/plan.py`` derives the calls and checks each against botocore's models.
    """

    name: str  # as CloudFormation names it
    shape: type[S]
    service: str = "sagemaker"
    scope: str = "region"  # or "account": asked once, not in each region
    only: str = ""  # of an account's kind: the one region whose endpoint has its list
    lists: str | None = None  # operation; "" = never listed; None = List<Noun>s
    list_given: Mapping[str, Any] = field(default_factory=dict)
    parent: Kind[Any] | None = None  # listed for each of these, whose answer fills the call
    items: str | None = None  # JMESPath to the items; None = the answer's only list
    keep: str = ""  # JMESPath on a list item: what it is not true of is not there, or not ours
    describes: str | None = None  # operation; "" = the list item is the document
    key: str | None = None  # input member of describe; None = each that it requires
    takes: Mapping[str, str] = field(default_factory=dict)  # input -> item, if not of one name
    answer: str = ""  # JMESPath into the describe answer
    id: str | None = None  # member of list item and answer, or template, that is the name
    arn: str | None = None  # member with the ARN, or a template with braces; None = <Noun>Arn
    parts: tuple[Part, ...] = ()
    links: tuple[Link, ...] = ()
    canon: Callable[[str], str] = _as_is  # a link's value -> the name or ARN it means
    foreign: Callable[[str], str] = _nobody  # a link's value -> the account it tells, or ""
    place: Callable[[str], str] = _region_of_arn  # a link's value -> the region it tells, or ""
    asks: Callable[[str], Mapping[str, Any]] | None = None  # a link's value -> describe's input
    abroad: bool = False  # AWS may describe to us what another account owns, as a shared key
    recent: int = 0  # days: its list comes newest first, and is read only so far back; 0 = whole
    off: tuple[str, ...] = ()  # error codes of its list that mean: the service is off here
    gone: tuple[str, ...] = ()  # error codes that mean: no such resource
    single: bool = False  # exactly one in each region or account, made of parts
    begins: Mapping[str, str] = field(default_factory=dict)  # what a single one holds before them
    on_demand: str = ""  # a group of kinds, listed only once something points at one of them
    ended: str = ""  # JMESPath to the time after which it can no longer be mended
    created: str = "CreationTime"  # member of list item and document that tells when it was made
    settled: str = ""  # JMESPath, true of a document that AWS will not change any more
    search: Search | None = None  # whose records carry whole documents of it
    enough: str = ""  # JMESPath, true of a settled record that tells all; "" = every one does
    secrets: tuple[str, ...] = ()  # members whose text may hold secrets: masked on arrival

    @cached_property
    def noun(self) -> str:
        """Return the last word of the name."""
        return self.name.rpartition("::")[2]

    def identity(
        self, document: Mapping[str, Any], account: str, partition: str, region: str,
        name: str = "",
    ) -> tuple[str, str]:
        """Return the ARN and the name of a resource, from AWS's document about it.

        ``name`` stands in where the document was refused or does not carry it.
        """
        name = self.called(document) or name
        where = self._arn_member
        if "{" in where:
            return where.format(
                partition=partition, region=region, account=account, name=name
            ), name
        given = document.get(where)
        if given:
            return str(given), name
        noun = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.noun).lower()
        return f"arn:{partition}:{self.service}:{region}:{account}:{noun}/{name}", name

    @cached_property
    def _arn_member(self) -> str:
        return self.arn or f"{self.noun}Arn"

    @cached_property
    def _name_member(self) -> str:
        return self.id or f"{self.noun}Name"

    @cached_property
    def _heads(self) -> tuple[tuple[Link, str], ...]:
        return tuple((link, link.head) for link in self.links)

    def called(self, document: Mapping[str, Any]) -> str:
        """Return the name of a resource in AWS's document about it, or "".

        Of an ARN it is what comes after the type: ``my-group/3`` of a model package.
        """
        where = self._name_member
        if "{" in where:
            told = {member: document.get(member) or "" for member in members_of(where)}
            return where.format_map(told).strip("/")
        name = str(document.get(where) or "")
        return name.partition("/")[2] or name if name.startswith("arn:") else name

    @property
    def asked(self) -> bool:
        """Tell whether it is asked for by the value of each link, because nothing lists it."""
        return self.lists == "" and not self.single

    def values(self, document: Mapping[str, Any]) -> Iterator[tuple[Link, int, str]]:
        """Yield what a document points at: the link, its position, the value as AWS gave it."""
        for link, head in self._heads:
            if head and head not in document:
                continue
            for position, value in enumerate(_found(link.path, document)):
                if isinstance(value, str) and value:
                    yield link, position, value

    def is_settled(self, document: Mapping[str, Any]) -> bool:
        """Tell whether AWS will not change a resource any more, from its description."""
        return bool(self.settled) and condition(self.settled).holds(document)

    def __repr__(self) -> str:
        return f"Kind({self.name})"
