"""The search itself, against brute force on small domains; and its limits."""

from __future__ import annotations

import ipaddress
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.policy import Identity, public, reaches_any_bucket
from auditor.policy.globs import (
    ANY,
    DIGIT,
    REST,
    Budget,
    GaveUp,
    Pattern,
    arn,
    exact,
    find,
    like,
    matches,
    run,
    times,
    within,
)
from auditor.policy.model import plain
from auditor.policy.solve import (
    Addresses,
    Domain,
    Everything,
    Globs,
    Impossible,
    Literal,
    Order,
    Problem,
    choose,
    solve,
    span,
)

QUICK = settings(max_examples=300, deadline=None, derandomize=True)
GLOB = st.text("ab*?", max_size=5)
TEXTS = ["".join(letters) for n in range(6) for letters in product("abz", repeat=n)]


def pattern(text: str) -> Pattern:
    return like(plain(text))


@QUICK
@given(st.lists(st.lists(GLOB, min_size=1, max_size=2), max_size=2), st.lists(GLOB, max_size=3))
def test_find_against_every_short_text(inside: list[list[str]], outside: list[str]) -> None:
    groups = [[pattern(glob) for glob in group] for group in inside]
    others = [pattern(glob) for glob in outside]

    def fits(text: str) -> bool:
        return all(any(matches(p, text) for p in group) for group in groups) and not any(
            matches(p, text) for p in others
        )

    found = find(groups, others, Budget())
    if found is None:
        assert not [text for text in TEXTS if fits(text)]
    else:
        assert fits(found)


@QUICK
@given(GLOB, st.text("abz", max_size=6))
def test_matches_is_what_a_glob_means(glob: str, text: str) -> None:
    def meant(g: str, t: str) -> bool:
        if not g:
            return not t
        if g[0] == "*":
            return meant(g[1:], t) or (t != "" and meant(g, t[1:]))
        return t != "" and g[0] in (t[0], "?") and meant(g[1:], t[1:])

    assert matches(pattern(glob), text) is meant(glob, text)


@pytest.mark.parametrize(("made", "yes", "no"), [
    (exact("aB", True), ["ab", "AB", "aB"], ["a", "abc"]),
    (arn(plain("a:*:c:d:e:*")), ["a::c:d:e:", "a:x:c:d:e:f:g/h"], ["a:x:y:c:d:e:f", "a:b:c:d:e"]),
    (run(DIGIT, 1), ["1", "123"], ["", "1a"]),
    (times(DIGIT, 2), ["12"], ["1", "123"]),
    (within(pattern("a*"), ":"), ["a", "abc"], ["a:b"]),
    ((*exact("x"), *REST), ["x", "xyz"], ["", "y"]),
    (exact("straße", True), ["STRAßE", "straße"], ["strasse"]),
])
def test_patterns(made: Pattern, yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not matches(made, text)] == []
    assert [text for text in no if matches(made, text)] == []


BOUNDS = st.lists(st.integers(0, 4), min_size=1, max_size=2)


@QUICK
@given(st.lists(st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), BOUNDS, st.booleans()),
                min_size=1, max_size=4))
def test_numbers_against_every_half(rows: list[tuple[str, list[int], bool]]) -> None:
    literals = [
        Literal("n", False, Order(style, tuple(map(float, bounds))), wanted)
        for style, bounds, wanted in rows
    ]
    halves = [str(n / 2) for n in range(-4, 14)]
    sound = [n for n in halves if all(one.holds(n) for one in literals)]
    try:
        found = choose(Domain(False), literals, Budget())
    except Impossible:
        assert sound == []
    else:
        assert all(one.holds(found) for one in literals)


NETS = st.tuples(st.integers(0, 15), st.integers(28, 32)).map(lambda row: f"10.0.0.{row[0]}/{row[1]}")


@QUICK
@given(st.lists(st.tuples(st.lists(NETS, min_size=1, max_size=2), st.booleans()), min_size=1, max_size=4))
def test_addresses_against_every_one(rows: list[tuple[list[str], bool]]) -> None:
    every = (span(ipaddress.ip_network("10.0.0.0/28")),)
    domain = Domain(False, tests=((Addresses(every), True),))
    literals = [
        Literal("ip", False, Addresses(tuple(span(ipaddress.ip_network(n, strict=False)) for n in nets)),
                wanted)
        for nets, wanted in rows
    ]
    sound = [ip for ip in (f"10.0.0.{n}" for n in range(16)) if all(o.holds(ip) for o in literals)]
    try:
        found = choose(domain, literals, Budget())
    except Impossible:
        assert sound == []
    else:
        assert found in sound


VALUES = ("a", "b", None)
LITERALS = st.tuples(st.sampled_from("xyz"), st.booleans(), st.sampled_from(["a", "b", "?"]), st.booleans())


@QUICK
@given(st.lists(LITERALS, max_size=2), st.lists(st.lists(LITERALS, min_size=1, max_size=3), max_size=5))
def test_solve_against_every_assignment(must: list[Any], denies: list[list[Any]]) -> None:
    def literal(row: tuple[str, bool, str, bool]) -> Literal:
        return Literal(row[0], row[1], Globs((pattern(row[2]),)), row[3])

    hold = [literal(row) for row in must]
    rows = [[literal(row) for row in deny] for deny in denies]
    domain = Domain(True, True, values=("a", "b"))

    def sound(values: dict[str, str | None]) -> bool:
        return all(o.holds(values[o.variable]) for o in hold) and not any(
            all(o.holds(values[o.variable]) for o in row) for row in rows
        )

    found = solve(Problem(dict.fromkeys("xyz", domain), hold, rows), Budget())
    every = (dict(zip("xyz", values, strict=True)) for values in product(VALUES, repeat=3))
    if found is None:
        assert not any(sound(values) for values in every)
    else:
        assert sound(found)


@pytest.mark.parametrize(("domain", "literals", "expected"), [
    (Domain(), [], None),
    (Domain(False), [], ""),
    (Domain(False, prefer=("p", "q")), [Literal("v", False, Globs((exact("p"),)), False)], "q"),
    (Domain(), [Literal("v", False, Everything())], ""),
    (Domain(False), [Literal("v", False, Order("=", (2.0,))), Literal("v", False, Globs((exact("2"),)))],
     "2"),
    (Domain(False), [Literal("v", False, Addresses(((0, 1 << 129),))),
                     Literal("v", False, Globs((pattern("10.0.*"),)))], "10.0.0.1"),
])
def test_choose(domain: Domain, literals: list[Literal], expected: str | None) -> None:
    assert choose(domain, literals, Budget()) == expected


@pytest.mark.parametrize(("domain", "literals"), [
    (Domain(present=False), [Literal("v", False, Everything())]),
    (Domain(False), [Literal("v", True, Everything(), False)]),
    (Domain(False, values=("a",)), [Literal("v", False, Globs((exact("b"),)))]),
    (Domain(False), [Literal("v", False, Globs(()))]),
    (Domain(False), [Literal("v", False, Globs((run(ANY),)), False)]),
    (Domain(False), [Literal("v", False, Addresses(((0, 9),))), Literal("v", False, Addresses(((9, 10),)))]),
])
def test_impossible(domain: Domain, literals: list[Literal]) -> None:
    with pytest.raises(Impossible):
        choose(domain, literals, Budget())


# The worst that we know to write: automata that double with each character, and a Deny for each
# of many random combinations. All end within a few seconds, undecided rather than "fine".

DOUBLING = {"StringLike": {"aws:Referer": ["*a" + "?" * 20 + "b"]},
            "StringNotLike": {"aws:Referer": ["*a" + "?" * 20 + "b*", "*b"]}}


def everyone(condition: Any, *more: Any) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [one, *more]}


def test_automata_that_double_are_undecided() -> None:
    answer = public(everyone(DOUBLING))
    assert answer.answer is None
    assert "too entangled" in answer.because
    owner = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": DOUBLING}
    assert reaches_any_bucket(Identity((("x", {"Statement": owner}),))).answer is None


def test_an_undecided_caller_does_not_hide_a_decided_one() -> None:
    open_to_all = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    assert public(everyone(DOUBLING, open_to_all)).answer is True


def test_branches_are_counted() -> None:
    """Random 3-SAT at its hardest ratio, as Denies."""
    state = 7
    denies = []
    for _ in range(220):
        wanted = {}
        for _ in range(3):
            state = (state * 1103515245 + 12345) % (1 << 31)
            wanted[f"aws:PrincipalTag/k{state // 7 % 50}"] = "ab"[state // 1024 % 2]
        denies.append({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
                       "Condition": {"StringEquals": wanted}})
    condition = {"StringEquals": {f"aws:PrincipalTag/k{n}": ["a", "b"] for n in range(50)}}
    answer = public(everyone(condition, *denies))
    assert answer.answer is not False


def test_a_budget_ends() -> None:
    with pytest.raises(GaveUp):
        find([[pattern("*a??????")], [pattern("*b????????????")]], [pattern("*c*")], Budget(50))


def test_a_policy_as_long_as_aws_allows() -> None:
    names = [f"arn:aws:iam::{100000000000 + n}:root" for n in range(500)]
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "s3:*", "Resource": "*"}]}
    assert public(document).answer is False


def test_comparisons_of_two_theories_are_undecided_not_fine() -> None:
    condition = {"NumericGreaterThan": {"s3:max-keys": "10"}, "StringLike": {"s3:max-keys": "*7?3"},
                 "StringNotLike": {"s3:max-keys": ["1*", "7*"]}}
    assert public(everyone(condition)).answer is None
