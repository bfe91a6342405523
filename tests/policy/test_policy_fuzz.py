"""Random policies that no answer may contradict, what must hold for identities, and what is dear.

``python benchmarks/policy.py --fuzz 10000`` is the long run; here is a part of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from test_policy_identity import OWN

from auditor.policy import (
    Answer,
    Identity,
    data_wildcard,
    decrypts_any_key,
    exfiltrates,
    full_access,
    passes_any_role,
    privesc,
    public,
    public_write,
    service_wildcard,
    tampers_logs,
    tls_only,
)
from benchmarks import fuzz

Ask = Callable[[Identity], Answer]
ASK: tuple[Ask, ...] = (
    privesc, full_access, service_wildcard, data_wildcard, decrypts_any_key, exfiltrates,
    tampers_logs, passes_any_role,
)


def test_no_random_policy_contradicts_an_answer() -> None:
    figures = fuzz.run(500, seed=20)
    assert figures.policies == 500
    assert figures.contradictions == []
    assert figures.replayed > 300 and figures.tried > 20_000
    undecided = sum(count for (_, answer), count in figures.answers.items() if answer is None)
    assert undecided < 10


def test_a_wrong_answer_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fuzz itself works: it catches an engine that says no to everything, or yes."""
    def refuses(*_: Any, **__: Any) -> Answer:
        return Answer(False, "no")

    for name in ("public", "privesc"):
        with monkeypatch.context() as there:
            there.setattr(fuzz, name, refuses)
            assert fuzz.run(60, seed=3).contradictions
    with monkeypatch.context() as there:
        there.setattr(fuzz, "tls_only", lambda *_: Answer(True, "yes"))
        assert fuzz.run(60, seed=3).contradictions
    made_up = {"caller": f"arn:aws:iam::{OWN}:user/x", "action": "s3:GetObject", "resource": "x"}
    with monkeypatch.context() as there:
        there.setattr(fuzz, "public", lambda *_: Answer(True, "yes", witness=made_up))
        assert fuzz.run(60, seed=3).contradictions


def identities(seed: int) -> tuple[Random, dict[str, Any]]:
    random = Random(seed)
    return random, fuzz.identity_policy(random)


def holder(policy: dict[str, Any], boundary: Any = None) -> Identity:
    return Identity((("p", policy),), boundary, OWN)


SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_another_deny_or_a_boundary_or_one_allow_less_never_widens(seed: int) -> None:
    random, policy = identities(seed)
    deny = {**fuzz.identity_policy(random)["Statement"][0], "Effect": "Deny"}
    statements = policy["Statement"]
    gone = random.randrange(len(statements))
    shorter = [s for n, s in enumerate(statements) if n != gone or s["Effect"] == "Deny"]
    for ask in ASK:
        if ask(holder(policy)).answer is False:
            for narrower in (
                holder({**policy, "Statement": [*statements, deny]}),
                holder({**policy, "Statement": shorter}),
                holder(policy, fuzz.identity_policy(Random(seed + 1))),
            ):
                assert ask(narrower).answer is not True, ask


@pytest.mark.parametrize("seed", SEEDS)
def test_a_broader_allow_never_narrows(seed: int) -> None:
    random, policy = identities(seed)
    statements = list(policy["Statement"])
    place = random.randrange(len(statements))
    if statements[place]["Effect"] == "Deny":
        return
    wider = {k: v for k, v in statements[place].items() if k not in ("NotResource", "Condition")}
    statements[place] = {**wider, "Resource": "*"}
    for ask in ASK:
        if ask(holder(policy)).answer:
            assert ask(holder({**policy, "Statement": statements})).answer is not False, ask


@pytest.mark.parametrize("seed", SEEDS)
def test_order_and_form_change_nothing(seed: int) -> None:
    random, policy = identities(seed)

    def turned(value: Any) -> Any:
        return list(reversed(value)) if isinstance(value, list) else [value]

    other = [
        {
            name: value if name == "Effect" else
            {op: {k: turned(v) for k, v in keys.items()} for op, keys in value.items()}
            if name == "Condition" else turned(value)
            for name, value in one.items()
        }
        for one in policy["Statement"]
    ]
    random.shuffle(other)
    for ask in ASK:
        assert ask(holder({**policy, "Statement": other})).answer == ask(holder(policy)).answer, ask


@pytest.mark.parametrize("seed", SEEDS[:30])
def test_one_document_or_several_is_the_same(seed: int) -> None:
    _, policy = identities(seed)
    apart = tuple(
        (f"p{n}", {**policy, "Statement": [one]}) for n, one in enumerate(policy["Statement"])
    )
    for ask in ASK:
        assert ask(Identity(apart, None, OWN)).answer == ask(holder(policy)).answer, ask


# -- what is dear: each ends, with an answer or undecided


def _statements(count: int, **one: Any) -> list[dict[str, Any]]:
    return [
        {"Effect": "Allow" if n % 2 else "Deny", **{
            key: value.replace("{n}", str(n)) for key, value in one.items()
        }}
        for n in range(count)
    ]


def _deep(depth: int) -> Any:
    value: Any = "s3:*"
    for _ in range(depth):
        value = [value]
    return value


HOSTILE: dict[str, list[dict[str, Any]]] = {
    "stars": [{"Effect": "Allow", "Action": "*" + "e*" * 200, "Resource": "*a?" * 300}],
    "stars denied": [{"Effect": "Allow", "Action": "*", "Resource": "*a" + "?" * 20 + "b"},
                     {"Effect": "Deny", "Action": "*", "Resource": ["*a" + "?" * 20 + "b*", "*b"]}],
    "long": [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::" + "x" * 10_000 + "*"},
             {"Effect": "Deny", "Action": "s3:" + "y" * 10_000, "Resource": "*"}],
    "deep": [{"Effect": "Allow", "Action": _deep(200), "Resource": "*"}],
    "many": _statements(1000, Action="iam:*{n}", Resource="arn:aws:iam::*:role/*{n}*"),
    "many of everything": _statements(200, Action="*", Resource="*{n}"),
    "many values": [{"Effect": "Allow", "Action": [f"s3:Get{n}*" for n in range(2000)],
                     "Resource": [f"arn:aws:s3:::b{n}/*" for n in range(2000)]}],
    "variables": [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam::*:role/"
                   + "".join(f"${{aws:PrincipalTag/{c}}}" for c in "abcd")}] * 5,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_policy_hangs(name: str) -> None:
    """Seconds at most; the bound is wide, as machines differ."""
    statements = HOSTILE[name]
    policy = {"Version": "2012-10-17", "Statement": statements}
    who = holder(policy, {"Version": "2012-10-17", "Statement": statements})
    start = time.perf_counter()
    for ask in ASK:
        assert ask(who).because
    everyone = {"Version": "2012-10-17", "Statement": [{**s, "Principal": "*"} for s in statements]}
    for question in (public, public_write, tls_only):
        assert question(everyone).because
    assert time.perf_counter() - start < 120
