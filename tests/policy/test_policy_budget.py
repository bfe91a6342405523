"""A question ends: what it may spend is one count of steps, and beyond it the answer is None."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from auditor.policy import (
    AccessPoint,
    Answer,
    Identity,
    Trust,
    bucket_public,
    cross_account,
    privesc,
    privesc_paths,
    public,
    public_write,
    service_wildcard,
    shared,
    tls_only,
)
from auditor.policy.globs import Budget, GaveUp
from auditor.policy.variables import _capture

TRUST = Trust(account="111122223333")


def statement(effect: str, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def by_endpoint(count: int) -> dict[str, Any]:
    """Each Allow is held to an endpoint of its own, so each caller must be none of all."""
    return document(*(
        statement(
            "Allow", Resource=f"arn:aws:s3:::b/{n}/*",
            Condition={"StringEquals": {"aws:SourceVpce": f"vpce-{n}"}},
        )
        for n in range(count)
    ))


def entangled(count: int) -> dict[str, Any]:
    return document(*(
        one for n in range(count) for one in (
            statement("Allow", Resource=f"arn:aws:iam::*:role/{n}*a" + "?" * 15 + "b"),
            statement("Deny", Resource=[
                f"arn:aws:iam::*:role/{n}*a" + "?" * 15 + "b*", f"arn:aws:iam::*:role/{n}*b"
            ]),
        )
    ))


def paired(count: int) -> dict[str, Any]:
    return document(*(
        statement(effect, Resource=f"arn:aws:s3:::b/{n}/*", **more)
        for n in range(count) for effect, more in (
            ("Allow", {}),
            ("Deny", {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}),
        )
    ))


def alone(policy: Any, boundary: Any = None) -> Identity:
    return Identity((("", policy),), boundary, TRUST.account)


def through_many(policy: Any) -> Answer:
    points = [
        AccessPoint(f"arn:aws:s3:us-east-1:111122223333:accesspoint/p{n}", policy)
        for n in range(40)
    ]
    return bucket_public(
        policy=policy, acl=None, ownership="BucketOwnerEnforced", bucket_block=None,
        account_block=None, access_points=points,
    )


HOSTILE: list[tuple[str, Callable[[], Answer]]] = [
    ("public", lambda: public(by_endpoint(2000))),
    ("public_write", lambda: public_write(by_endpoint(2000))),
    ("shared", lambda: shared(by_endpoint(2000), TRUST)),
    ("shared pairs", lambda: shared(paired(400), TRUST)),
    ("bucket", lambda: through_many(by_endpoint(2000))),
    ("access points", lambda: through_many(by_endpoint(300))),
    ("privesc", lambda: privesc(alone(entangled(100)))),
]


@pytest.mark.parametrize(("name", "ask"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_a_hostile_document_ends_undecided(name: str, ask: Callable[[], Answer]) -> None:
    answer = ask()
    assert answer.answer is None
    assert "its statements are too entangled, at statement" in answer.because


def test_the_slowest_kinds_end() -> None:
    """Uncapped they took minutes; that they come to an answer is the test."""
    assert tls_only(paired(1000)).answer is False
    assert cross_account(by_endpoint(2000), TRUST).answer is True
    assert service_wildcard(alone(by_endpoint(2000), by_endpoint(2000))).answer is False
    assert not privesc_paths(alone(by_endpoint(2000)))


def test_no_foreign_text_is_backtracked() -> None:
    """A variable's value is read off the request; with 20 stars a regular expression never ends."""
    answer = public(document(statement("Allow", Action="s3:*", Condition={
        "StringLike": {"aws:Referer": "*a" * 20 + "${aws:PrincipalTag/x}!"},
        "StringEquals": {"aws:referer": "a" * 60 + "/!"},
    })))
    assert answer.answer is not True


@pytest.mark.parametrize(("text", "value", "expected"), [
    ("home/${aws:username}/*", "home/al.ice/x/y", {"aws:username": "al.ice"}),
    ("*${aws:username}", "a/b", {"aws:username": "b"}),
    ("${a}-${b}:?", "x-y-z:1", {"a": "x", "b": "y-z"}),
    ("*/${a}*", "p/q/r", {"a": "q"}),
    ("${a}", "x/y", {}),
    ("${a}", "", {}),
    ("no variable*", "no variable", {}),
])
def test_what_a_variable_stands_for(text: str, value: str, expected: dict[str, str]) -> None:
    seen: dict[str, str] = {}
    _capture(text, value, seen)
    assert seen == expected


def test_one_entangled_step_leaves_the_other_paths_something() -> None:
    policy = document(
        *entangled(1)["Statement"],
        statement("Allow", Action="sso:PutInlinePolicyToPermissionSet"),
    )
    assert privesc(alone(policy)).answer is True


def test_a_part_spends_of_the_whole() -> None:
    whole = Budget(100)
    part = whole.part(10)
    part.spend(8)
    assert whole.left == 92
    with pytest.raises(GaveUp):
        part.spend(3)
    assert whole.left == 89
    with pytest.raises(GaveUp):
        whole.part(1000).spend(90)


COUNTED = """
import json, sys
from auditor.policy import Identity, Trust, privesc, public, shared
from auditor.policy import globs
spent = []
plain = globs.Budget.spend
def counting(self, steps):
    if self.whole is None:
        spent[-1] += steps
    return plain(self, steps)
globs.Budget.spend = counting
policies = json.load(sys.stdin)
told = []
for policy in policies:
    for ask in (public, lambda p: shared(p, Trust(account="111122223333")),
                lambda p: privesc(Identity((("", p),), p, "111122223333"))):
        spent.append(0)
        told.append(str(ask(policy)))
print(json.dumps([spent, told]))
"""


def test_the_count_is_the_same_whatever_the_hash_seed() -> None:
    """Steps are counted, not seconds: the same document gives the same answer everywhere."""
    policies = json.dumps([by_endpoint(40), paired(12), entangled(2)])
    seen = [
        subprocess.run(
            [sys.executable, "-c", COUNTED], input=policies, capture_output=True, text=True,
            check=True, env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for seed in ("1", "2", "77")
    ]
    assert len(set(seen)) == 1
    assert all(json.loads(seen[0])[0])
