"""What must hold for every policy, tried on random ones over all operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from policy_strategies import FRIEND, OWN, PRINCIPALS, policies, requests, statements

from auditor.policy import (
    Answer,
    Identity,
    Trust,
    assumes_any_role,
    concrete,
    cross_account,
    passes_any_role,
    public,
    public_write,
    reaches_any_bucket,
    sse_kms_only,
    tls_only,
)
from auditor.policy.concrete import Caller, Request
from auditor.policy.reading import read

MANY = settings(max_examples=150, deadline=None, derandomize=True)
Ask = Callable[[dict[str, Any]], Answer]


def shared(policy: dict[str, Any]) -> Answer:
    return cross_account(policy, Trust(account=OWN, accounts=frozenset({FRIEND})))


# Yes means that something is open; the two of ``CLOSED`` say yes where something is shut.
OPEN: tuple[Ask, ...] = (public, public_write, shared)
CLOSED: tuple[Ask, ...] = (tls_only, sse_kms_only)
ASK = st.sampled_from(OPEN + CLOSED)


def opened(ask: Ask, policy: dict[str, Any]) -> bool | None:
    answer = ask(policy).answer
    return answer if ask in OPEN or answer is None else not answer


@MANY
@given(policies(), st.lists(requests(), min_size=15, max_size=15))
def test_no_request_of_a_stranger_contradicts_a_no(
    policy: dict[str, Any], tried: list[Request]
) -> None:
    document = read(policy)
    passed = [one for one in tried if concrete.allows(document, one)]
    if passed:
        assert public(policy).answer is not False
        assert shared(policy).answer is not False
    writes = [one for one in passed if one.action == "s3:PutObject"]
    if writes:
        assert public_write(policy).answer is not False
    plain = [one for one in tried if one.keys["aws:securetransport"] == "false"
             and one.resource.startswith("arn:aws:s3:::b") and not concrete.denies(document, one)]
    if plain:
        assert tls_only(policy, "b").answer is not True


@MANY
@given(policies(), st.sampled_from(OPEN))
def test_every_yes_has_a_witness_that_is_allowed(policy: dict[str, Any], ask: Ask) -> None:
    answer = ask(policy)
    if answer.answer:
        assert answer.witness is not None
        keys = dict(answer.witness)
        name, action, resource = keys.pop("caller"), keys.pop("action"), keys.pop("resource")
        kind = "user" if name.startswith("arn:") else (
            "service" if "service" in name else "anonymous"
        )
        caller = Caller(kind, name if kind == "user" else "")
        assert concrete.allows(read(policy), Request(caller, action, resource, keys))
        assert answer.statement


@MANY
@given(policies(), statements(effects=("Deny",)), ASK)
def test_another_deny_never_opens(policy: dict[str, Any], deny: dict[str, Any], ask: Ask) -> None:
    # Services are strangers only where a policy speaks of the resource they act for.
    assume("aws:SourceA" not in str(deny) or "aws:SourceA" in str(policy))
    longer = {**policy, "Statement": [*policy["Statement"], deny]}
    if opened(ask, policy) is False:
        assert opened(ask, longer) is not True


@MANY
@given(policies(), st.sampled_from(OPEN), st.data())
def test_one_allow_less_never_opens(policy: dict[str, Any], ask: Ask, data: st.DataObject) -> None:
    allows = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    if allows and ask(policy).answer is False:
        gone = data.draw(st.sampled_from(allows))
        shorter = {**policy, "Statement": [one for one in policy["Statement"] if one is not gone]}
        assert ask(shorter).answer is not True


@MANY
@given(policies(), st.sampled_from(OPEN), st.data())
def test_a_broader_principal_never_shuts(
    policy: dict[str, Any], ask: Ask, data: st.DataObject
) -> None:
    named = [n for n, one in enumerate(policy["Statement"])
             if one["Effect"] == "Allow" and "Principal" in one]
    if named and ask(policy).answer:
        place = data.draw(st.sampled_from(named))
        wider = list(policy["Statement"])
        wider[place] = {**wider[place], "Principal": data.draw(st.sampled_from(PRINCIPALS[:2]))}
        assert ask({**policy, "Statement": wider}).answer is not False


@MANY
@given(policies(), ASK, st.randoms(use_true_random=False))
def test_order_changes_nothing(policy: dict[str, Any], ask: Ask, random: Any) -> None:
    other = list(policy["Statement"])
    random.shuffle(other)
    assert ask({**policy, "Statement": other}).answer == ask(policy).answer


@MANY
@given(policies(), ASK)
def test_writing_it_otherwise_changes_nothing(policy: dict[str, Any], ask: Ask) -> None:
    """Lists for scalars, other cases of keys, actions and operators."""
    def lists(value: Any) -> Any:
        return value if isinstance(value, list) else [value]

    other = []
    for one in policy["Statement"]:
        again = dict(one)
        for name in ("Action", "NotAction"):
            if name in one:
                again[name] = [text.upper() for text in lists(one[name])]
        if "Condition" in one:
            again["Condition"] = {
                operator: {key.swapcase(): lists(value) for key, value in keys.items()}
                for operator, keys in one["Condition"].items()
            }
        other.append(again)
    assert ask({**policy, "Statement": other}).answer == ask(policy).answer


@MANY
@given(st.lists(statements(), min_size=1, max_size=3), st.lists(statements(), max_size=2),
       st.sampled_from([passes_any_role, assumes_any_role, reaches_any_bucket]))
def test_a_boundary_never_opens(
    granted: list[dict[str, Any]], cap: list[dict[str, Any]], ask: Callable[[Identity], Answer]
) -> None:
    def document(found: list[dict[str, Any]]) -> dict[str, Any]:
        plain = [{k: v for k, v in one.items() if "rincipal" not in k} for one in found]
        return {"Version": "2012-10-17", "Statement": plain}

    free = Identity((("x", document(granted)),), None, OWN)
    capped = Identity(free.documents, document(cap), OWN)
    if ask(free).answer is False:
        assert ask(capped).answer is not True
    if ask(capped).answer:
        assert ask(free).answer is not False
