"""Filter patterns of CloudWatch Logs on JSON events, read and asked what they would catch.

The syntax is that of "Filter pattern syntax for metric filters", CloudWatch Logs User Guide: terms
``$.field = value`` with the operators = != < > <= >=, IS TRUE, IS FALSE, IS NULL, EXISTS and NOT
EXISTS, joined by && and ||, where && binds closer; ``*`` in a value stands for anything, ``%…%``
is a regular expression. Two patterns that say the same in another order, with other blanks or
more parentheses catch the same events; so a pattern is tried on the events it should catch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

# An event as a filter sees it: the members by their paths ("userIdentity.type"). A member whose
# value is None is there with a value that nobody can foresee; the path "" holds the paths, joined
# by blanks, that are certain not to be there. Of others it is not known whether they are.
Event = Mapping[str, str | None]
# True where it catches an event, False where it does not, None where that cannot be told.
Catches = Callable[[Event], bool | None]

_TOKENS = re.compile(
    r"""\s*(?:
    (?P<op>&&|\|\||\(|\)|!=|<=|>=|=|<|>)
    |(?P<selector>\$(?:\.[\w@-]+|\[[^\]]*\]|\.\[[^\]]*\])+)
    |"(?P<text>(?:[^"\\]|\\.)*)"
    |%(?P<regex>(?:[^%\\]|\\.)+)%
    |(?P<word>[^\s()=!<>&|"%]+)
    )""",
    re.VERBOSE,
)
_COMPARISONS = ("=", "!=", "<", ">", "<=", ">=")
_UNFORESEEN = "\0"  # a value that no pattern names
_DEEPEST = 50  # parentheses within each other


class Unreadable(ValueError):
    """A pattern that is not of this syntax."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


@lru_cache(maxsize=1024)
def parse(pattern: str) -> Catches:
    """Return what a pattern catches; raises :class:`Unreadable` where it cannot be read.

    An empty pattern catches everything. One of plain words (no braces) is not of this syntax.
    """
    text = pattern.strip()
    if not text:
        return lambda event: True
    if not (text.startswith("{") and text.endswith("}")):
        raise Unreadable("it is no pattern for JSON events")
    reader = _Reader(_tokens(text[1:-1]))
    found = reader.either(0)
    if reader.next is not None:
        raise Unreadable(f"nothing belongs before {reader.next.text!r}")
    return found


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKENS.match(text, at)
        if match is None:
            raise Unreadable(f"it cannot be read from {text[at:].strip()[:20]!r} on")
        kind = match.lastgroup or ""
        word = match[kind]
        found.append(_Token(kind, re.sub(r"\\(.)", r"\1", word) if kind == "text" else word))
        at = match.end()
    return found


class _Reader:
    """Reads tokens from left to right: a recursive descent, one method for each level."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> _Token:
        token = self.next
        if token is None:
            raise Unreadable("it ends in the middle")
        self._at += 1
        return token

    def _skip(self, op: str) -> bool:
        token = self.next
        if token is not None and token.kind == "op" and token.text == op:
            self._at += 1
            return True
        return False

    def _word(self, *words: str) -> bool:
        """Skip these words where they come next, in whatever case."""
        ahead = self._tokens[self._at:self._at + len(words)]
        if [t.text.upper() for t in ahead if t.kind == "word"] == list(words):
            self._at += len(words)
            return True
        return False

    def either(self, depth: int) -> Catches:
        branches = [self._both(depth)]
        while self._skip("||"):
            branches.append(self._both(depth))
        return branches[0] if len(branches) == 1 else lambda event: _any(branches, event)

    def _both(self, depth: int) -> Catches:
        terms = [self._term(depth)]
        while self._skip("&&"):
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else lambda event: _all(terms, event)

    def _term(self, depth: int) -> Catches:
        if self._skip("("):
            if depth > _DEEPEST:
                raise Unreadable("its parentheses are too deep")
            inner = self.either(depth + 1)
            if not self._skip(")"):
                raise Unreadable("a parenthesis is not closed")
            return inner
        token = self._take()
        if token.kind != "selector":
            raise Unreadable(f"{token.text!r} stands where a member should")
        return self._comparison(_path(token.text))

    def _comparison(self, path: str) -> Catches:
        if self._word("NOT", "EXISTS"):
            return lambda event: _not(_exists(event, path))
        if self._word("EXISTS"):
            return lambda event: _exists(event, path)
        for word in ("NULL", "TRUE", "FALSE"):
            if self._word("IS", word):
                return lambda event, word=word: _is(event, path, word.lower())  # type: ignore[misc]
        op, value = self._take(), self._take()
        if op.text not in _COMPARISONS or value.kind not in ("text", "word", "regex"):
            raise Unreadable(f"{op.text} {value.text} is no comparison")
        if op.text in ("=", "!="):
            equal = _equals(value)
            if op.text == "=":
                return lambda event: _compare(event, path, equal, negated=False)
            return lambda event: _compare(event, path, lambda v: not equal(v), negated=True)
        return lambda event: False if _exists(event, path) is False else None


def _path(selector: str) -> str:
    """Return the path in a selector: ``$.a.b`` and ``$.['a'].['b']`` are ``a.b``."""
    return re.sub(r"\.?\[['\"]?([^'\"\]]*)['\"]?\]", r".\1", selector).lstrip("$").strip(".")


def _equals(value: _Token) -> Callable[[str], bool]:
    if value.kind == "regex":
        try:
            pattern = re.compile(value.text)
        except re.error as error:
            raise Unreadable(f"%{value.text}% is no regular expression: {error}") from None
        return lambda found: bool(pattern.search(found))
    glob = re.compile(".*".join(re.escape(part) for part in value.text.split("*")), re.DOTALL)
    return lambda found: bool(glob.fullmatch(found))


# -- three values: what cannot be told matters only where it decides


def _any(branches: list[Catches], event: Event) -> bool | None:
    found = [branch(event) for branch in branches]
    return True if True in found else None if None in found else False


def _all(terms: list[Catches], event: Event) -> bool | None:
    found = [term(event) for term in terms]
    return False if False in found else None if None in found else True


def _not(found: bool | None) -> bool | None:
    return None if found is None else not found


def _exists(event: Event, path: str) -> bool | None:
    if path in (event.get("") or "").split():
        return False
    return True if path and path in event else None


def _is(event: Event, path: str, word: str) -> bool | None:
    value = event.get(path) if path else None
    if value is None:
        return False if _exists(event, path) is False and word != "null" else None
    return value == word


def _compare(
    event: Event, path: str, holds: Callable[[str], bool], *, negated: bool
) -> bool | None:
    """Compare a member; whether != holds of one that is not there is told nowhere."""
    value = event.get(path) if path else None
    if value is not None:
        return holds(value)
    foreseen = holds(_UNFORESEEN)
    if path and path in event:
        return foreseen
    return None if negated or (foreseen and _exists(event, path) is None) else False
