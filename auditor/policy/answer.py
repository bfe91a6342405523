"""What the questions are asked with and how they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# A policy as its owner wrote it: parsed, JSON text, or None where there is none.
Document = Mapping[str, Any] | str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question about a policy, and why.

    ``answer`` is None where the search was given up or the document cannot be read; ``because``
    is one sentence for people; ``statement`` names the statement that decides (its Sid, or
    "statement 2", counted from 1); ``witness`` is the request that shows it, by name of each key.
    Names and Sids in ``because`` are foreign text, as they stand: reports escape them.
    """

    answer: bool | None
    because: str
    statement: str = ""
    witness: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the owner of a resource trusts besides its own account.

    ``org_units`` are prefixes of aws:PrincipalOrgPaths (``o-1/r-1/ou-1/``), ``endpoints`` ids of
    VPC endpoints, ``networks`` CIDRs.
    """

    account: str = ""
    accounts: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    org_units: frozenset[str] = frozenset()
    vpcs: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()


NO_TRUST: Final = Trust()


@dataclass(frozen=True, slots=True)
class Identity:
    """Every document that grants an identity something, together, and the boundary capping them.

    ``documents`` are pairs of a policy's name and its document; ``boundary`` None means no
    boundary.
    """

    documents: tuple[tuple[str, Document], ...]
    boundary: Document = None
    account: str = ""
