"""A kind of resource, as data: the row of the table that says how AWS lists and describes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import jmespath

from auditor.shape import Shape

S = TypeVar("S", bound=Shape)


def _as_is(value: str) -> str:
    return value


def _nobody(value: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a kind that is made of many: which member it fills, and from what.

    ``call`` is ``service.Operation``. ``answer`` is a JMESPath into the answer ("" takes all of
    it). ``absent`` are the error codes that mean "there is none", optionally with a piece of the
    message after a colon where AWS tells it from a denial by message only. ``given`` maps the
    call's parameters to templates over ``{name} {arn} {account} {region}``. ``where`` is a
    JMESPath condition on the members already known; the call is not made where it is false.
    ``each`` is (call, JMESPath): the part is called once for each item of that list, as
    ``{each}``, and the member is the list of answers. A member "" merges into the document.
    """

    member: str
    call: str
    answer: str = ""
    absent: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    each: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where an answer names another resource: a JMESPath, and the kind it points at."""

    path: str
    to: Kind[Any]


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
    lists: str | None = None  # operation; "" = never listed; None = List<Noun>s
    list_given: Mapping[str, Any] = field(default_factory=dict)
    items: str | None = None  # JMESPath to the items; None = the answer's only list
    describes: str | None = None  # operation; "" = the list item is the document
    key: str | None = None  # input member of describe; None = its only required member
    answer: str = ""  # JMESPath into the describe answer
    id: str | None = None  # member of list item and answer that is the name; None = key
    arn: str | None = None  # member with the ARN, or a template with braces; None = <Noun>Arn
    parts: tuple[Part, ...] = ()
    links: tuple[Link, ...] = ()
    canon: Callable[[str], str] = _as_is  # a link's value -> the name or ARN it means
    foreign: Callable[[str], str] = _nobody  # a link's value -> the account it tells, or ""
    gone: tuple[str, ...] = ()  # error codes that mean: no such resource
    single: bool = False  # exactly one in each region or account, made of parts
    on_demand: str = ""  # a group of kinds, listed only once something points at one of them
    ended: str = ""  # JMESPath to the time after which it can no longer be mended
    secrets: tuple[str, ...] = ()  # members whose text may hold secrets: masked on arrival

    @property
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
        name = str(document.get(self.id or f"{self.noun}Name") or name)
        where = self.arn or f"{self.noun}Arn"
        if "{" in where:
            return where.format(
                partition=partition, region=region, account=account, name=name
            ), name
        given = document.get(where)
        if given:
            return str(given), name
        noun = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.noun).lower()
        return f"arn:{partition}:{self.service}:{region}:{account}:{noun}/{name}", name

    @property
    def asked(self) -> bool:
        """Tell whether it is asked for by the value of each link, because nothing lists it."""
        return self.lists == "" and not self.single

    def values(self, document: Mapping[str, Any]) -> Iterator[tuple[Link, int, str]]:
        """Yield what a document points at: the link, its position, the value as AWS gave it."""
        for link in self.links:
            found = jmespath.search(link.path, document)
            for position, value in enumerate(found if isinstance(found, list) else [found]):
                if isinstance(value, str) and value:
                    yield link, position, value

    def __repr__(self) -> str:
        return f"Kind({self.name})"
