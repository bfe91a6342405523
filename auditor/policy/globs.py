"""Patterns of text as finite automata, and the search for a text that fits several of them.

A pattern is a row of tokens; a token is a set of characters, once or (a star) any number of times.
Whatever AWS calls a wildcard becomes such a row: in a string ``*`` stands for any characters, in
the first five segments of an ARN for any but the colon.
"""

from __future__ import annotations

import string
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .model import ONE, STAR, Item


class GaveUp(Exception):
    """The search was cut short, or the theory does not cover the case: nothing is proven."""


class Budget:
    """What a question may spend, in steps: a statement read, a value tried, a move of an automaton.

    It counts work rather than seconds, so that the same document has the same answer everywhere.
    All of it takes up to two seconds (``benchmarks/policy.py`` prints the worst that we know); the
    policies that AWS manages need at most some 20,000 steps.
    """

    def __init__(self, steps: int = 1_200_000, whole: Budget | None = None) -> None:
        self.left = steps
        self.whole = whole

    def part(self, steps: int) -> Budget:
        """Return a budget of its own that spends of this one: no more than ``steps`` of it."""
        return Budget(steps, self)

    def quarter(self) -> Budget:
        """Return a budget of a quarter of what is left: nothing entangled takes all from the rest.
        """
        left = self.left if self.whole is None else min(self.left, self.whole.left)
        return Budget(left // 4, self)

    def spend(self, steps: int) -> None:
        """Pay for work about to be done, or raise GaveUp."""
        self.left -= steps
        if self.whole is not None:
            self.whole.spend(steps)
        if self.left < 0:
            raise GaveUp("its statements are too entangled")

    @property
    def spent(self) -> bool:
        """Whether nothing is left, here or of the whole."""
        return self.left < 0 or (self.whole is not None and self.whole.spent)


class Chars(NamedTuple):
    """A set of characters: those in ``chars``, or with ``others`` all but those."""

    chars: frozenset[str]
    others: bool = False

    def has(self, char: str) -> bool:
        """Say whether a character is in the set."""
        return (char in self.chars) != self.others

    def without(self, char: str) -> Chars:
        """Return the set without one character."""
        chars = self.chars | {char} if self.others else self.chars - {char}
        return Chars(chars, self.others)


class Token(NamedTuple):
    """One place of a pattern: a set of characters, once or any number of times."""

    star: bool
    chars: Chars


Pattern = tuple[Token, ...]

ANY = Chars(frozenset(), True)
NO_COLON = Chars(frozenset(":"), True)
DIGIT = Chars(frozenset(string.digits))
WORD = Chars(frozenset(string.ascii_letters + string.digits + "_.@+=,-"))
LOWER = Chars(frozenset(string.ascii_lowercase + string.digits + "-"))
PRINTABLE = Chars(frozenset(map(chr, range(0x21, 0x7F))))
REST: Pattern = (Token(True, ANY),)


@lru_cache(maxsize=4096)
def exact(text: str, fold: bool = False) -> Pattern:
    """Return the pattern of one text; with ``fold`` in any mixture of cases."""
    if not fold:
        return tuple(Token(False, Chars(frozenset(char))) for char in text)
    cases = ({char, char.lower(), char.upper()} for char in text)
    # Some letters have a case of two letters, which is no single place of a pattern.
    return tuple(Token(False, Chars(frozenset(c for c in case if len(c) == 1))) for case in cases)


@lru_cache(maxsize=4096)
def like(items: tuple[Item, ...], fold: bool = False) -> Pattern:
    """Return the pattern of a string with wildcards, which match any character."""
    return _tokens(items, ANY, fold)


@lru_cache(maxsize=4096)
def arn(items: tuple[Item, ...]) -> Pattern:
    """Return the pattern of an ARN: wildcards stay inside each of the first five segments."""
    colons = [place for place, item in enumerate(items) if item == ":"]
    cut = colons[4] + 1
    return _tokens(items[:cut], NO_COLON, False) + _tokens(items[cut:], ANY, False)


def _tokens(items: Iterable[Item], wild: Chars, fold: bool) -> Pattern:
    tokens: list[Token] = []
    for item in items:
        if item is STAR:
            token = Token(True, wild)
            if tokens and tokens[-1] == token:
                continue
            tokens.append(token)
        elif item is ONE:
            tokens.append(Token(False, wild))
        else:
            tokens.extend(exact(str(item), fold))
    return tuple(tokens)


def run(chars: Chars, least: int = 0) -> Pattern:
    """Return the pattern of ``least`` or more characters of a set."""
    return (Token(False, chars),) * least + (Token(True, chars),)


def times(chars: Chars, count: int) -> Pattern:
    """Return the pattern of exactly ``count`` characters of a set."""
    return (Token(False, chars),) * count


@lru_cache(maxsize=4096)
def within(pattern: Pattern, char: str) -> Pattern:
    """Return the pattern that matches the same texts as far as they are free of a character."""
    return tuple(Token(token.star, token.chars.without(char)) for token in pattern)


class _Automaton:
    """Several patterns side by side: one bit for each place in each of them."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._all = [0, 0]  # for single tokens and for stars: places that take what is not named
        self._named: tuple[dict[str, int], dict[str, int]] = ({}, {})  # ... and what is named
        self.spans: list[int] = []
        self.accepts: list[int] = []
        self.sinks: list[int] = []
        self.stars = 0
        start = offset = 0
        for pattern in patterns:
            start |= 1 << offset
            for place, token in enumerate(pattern):
                bit = 1 << (offset + place)
                self.stars |= bit * token.star
                self._all[token.star] |= bit * token.chars.others
                named = self._named[token.star]
                for char in token.chars.chars:
                    named[char] = named.get(char, 0) ^ bit
            last = offset + len(pattern)
            self.accepts.append(1 << last)
            self.sinks.append(1 << (last - 1) if pattern[-1:] == REST else 0)
            self.spans.append(((1 << (len(pattern) + 1)) - 1) << offset)
            offset = last + 1
        self.size = offset  # places in all patterns together
        self.start = self.close(start)

    def close(self, state: int) -> int:
        """Return a state with all places that are reached over stars without a character."""
        while True:
            wider = state | (state & self.stars) << 1
            if wider == state:
                return state
            state = wider

    def moves(self, char: str) -> tuple[int, int]:
        """Return the places that stay on a character and those that go on."""
        go, stay = (
            everywhere ^ named.get(char, 0)
            for everywhere, named in zip(self._all, self._named, strict=True)
        )
        return stay, go

    def alphabet(self) -> list[tuple[str, int, int]]:
        """Return one character for each kind of move, the plainest of its kind."""
        named = {*self._named[0], *self._named[1]}
        named.add(next(c for c in _plain() if c not in named))
        kinds: dict[tuple[int, int], str] = {}
        for char in sorted(named, key=_PLAINNESS):
            kinds.setdefault(self.moves(char), char)
        return [(char, stay, go) for (stay, go), char in kinds.items()]


_PLAIN = "xyzabcdefghijklmnopqrstuvw9012345678" + string.ascii_uppercase + "-_./"


def _plain() -> Iterable[str]:
    yield from _PLAIN
    yield from map(chr, range(0xA1, 0x110000))


def _PLAINNESS(char: str) -> tuple[int, str]:
    return (_PLAIN.find(char) if char in _PLAIN else len(_PLAIN), char)


@dataclass(frozen=True, slots=True)
class _Matcher:
    automaton: _Automaton
    moves: dict[str, tuple[int, int]]

    def matches(self, text: str) -> bool:
        machine, state = self.automaton, self.automaton.start
        for char in text:
            move = self.moves.get(char)
            if move is None:
                move = self.moves[char] = machine.moves(char)
            state = machine.close((state & move[0]) | (state & move[1]) << 1)
            if not state:
                return False
        return bool(state & machine.accepts[0])


@lru_cache(maxsize=4096)
def _matcher(pattern: Pattern) -> _Matcher:
    return _Matcher(_Automaton([pattern]), {})


def matches(pattern: Pattern, text: str) -> bool:
    """Say whether a text fits a pattern."""
    return _matcher(pattern).matches(text)


def is_exact(pattern: Pattern) -> str | None:
    """Return the one text that a pattern matches, or None where it matches several or none."""
    chars: list[str] = []
    for star, (these, others) in pattern:
        if star or others or len(these) != 1:
            return None
        chars.extend(these)
    return "".join(chars)


def find(
    inside: Sequence[Sequence[Pattern]], outside: Sequence[Pattern], budget: Budget
) -> str | None:
    """Return a shortest text that fits one pattern of each group and none of ``outside``.

    None is a proof that there is no such text; GaveUp says that the search was cut short.
    """
    patterns = [pattern for group in inside for pattern in group] + list(outside)
    budget.spend(sum(map(len, patterns)))
    refusing = frozenset(outside)
    for group in inside:
        if refusing.issuperset(group):
            return None
        texts = [is_exact(pattern) for pattern in group]
        if None not in texts:
            for pattern, text in zip(group, texts, strict=True):
                if text is not None and pattern not in refusing:
                    budget.spend(len(patterns))
                    if _fits(text, inside, outside):
                        return text
            return None
    machine = _Automaton(patterns)
    groups: list[tuple[int, int]] = []
    place = 0
    for group in inside:
        end = place + len(group)
        groups.append((_union(machine.spans[place:end]), _union(machine.accepts[place:end])))
        place = end
    refused, hopeless = _union(machine.accepts[place:]), _union(machine.sinks[place:])

    def sound(state: int) -> bool:
        return not state & hopeless and all(state & span for span, _ in groups)

    def accepted(state: int) -> bool:
        return not state & refused and all(state & accept for _, accept in groups)

    if not sound(machine.start):
        return None
    if accepted(machine.start):
        return ""
    alphabet = machine.alphabet()
    weight = len(alphabet) * (1 + machine.size // 1_000)
    came: dict[int, tuple[int, str]] = {machine.start: (0, "")}
    queue = deque([machine.start])
    while queue:
        state = queue.popleft()
        budget.spend(weight)
        for char, stay, go in alphabet:
            after = machine.close((state & stay) | (state & go) << 1)
            if after in came or not sound(after):
                continue
            came[after] = (state, char)
            if accepted(after):
                return _text(came, after)
            queue.append(after)
    return None


def _fits(text: str, inside: Sequence[Sequence[Pattern]], outside: Sequence[Pattern]) -> bool:
    return all(any(matches(p, text) for p in group) for group in inside) and not any(
        matches(p, text) for p in outside
    )


def _union(bits: Iterable[int]) -> int:
    total = 0
    for bit in bits:
        total |= bit
    return total


def _text(came: dict[int, tuple[int, str]], state: int) -> str:
    chars: list[str] = []
    while came[state][1]:
        state, char = came[state]
        chars.append(char)
    return "".join(reversed(chars))
