"""How long a policy takes: each question over the team's cases, and the worst that we can write.

    python benchmarks/policy.py
    python benchmarks/policy.py --fuzz 10000 --seed 7

Prints the median and the slowest in milliseconds, how often a question is left undecided, and for
the slowest kinds of policies the time until the search gives up. With ``--fuzz`` it asks so many
random policies instead and tries to contradict each answer (``fuzz.py``); it exits 1 where it can.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from fuzz import run

from auditor.policy import (
    Identity,
    Trust,
    admin,
    cross_account,
    full_access,
    privesc,
    public,
    public_write,
    service_wildcard,
    shared,
    sse_kms_only,
    tls_only,
)

CASES = Path(__file__).parent.parent / "tests" / "policy" / "cases.jsonl"
TRUST = Trust(account="111122223333")
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "public": public,
    "public_write": public_write,
    "cross_account": lambda policy: cross_account(policy, TRUST),
    "tls_only": tls_only,
    "sse_kms_only": sse_kms_only,
    "admin": lambda policy: admin(_alone(policy)),
    "full_access": lambda policy: full_access(_alone(policy)),
    "service_wildcard": lambda policy: service_wildcard(_alone(policy)),
    "privesc": lambda policy: privesc(_alone(policy)),
}


def _alone(policy: Any) -> Identity:
    return Identity((("case", policy),), None, TRUST.account)


def taken(ask: Callable[[Any], Any], policy: Any) -> tuple[float, Any]:
    """Return the milliseconds that a question takes, and its answer."""
    start = time.perf_counter()
    answer = ask(policy)
    return (time.perf_counter() - start) * 1000, answer


def everyone(condition: Any, *more: Any) -> dict[str, Any]:
    """Return a policy that grants everyone everything under a condition."""
    one = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{**one, "Condition": condition}, *more]}


def worst() -> dict[str, Any]:
    """Return policies that are as hard as we know to write them."""
    random = Random(1)
    tags = [f"aws:PrincipalTag/k{n}" for n in range(20)]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    return {
        "automata that double": everyone({
            "StringLike": {"aws:Referer": "*a" + "?" * 20 + "b"},
            "StringNotLike": {"aws:Referer": ["*a" + "?" * 20 + "b*", "*b"]},
        }),
        "random 3-SAT as Denies": everyone(
            {"StringEquals": {tag: ["a", "b"] for tag in tags}},
            *({**deny, "Condition": {"StringEquals": {
                tag: random.choice("ab") for tag in random.sample(tags, 3)
            }}} for _ in range(95)),
        ),
        "150 Allows, 150 Denies": {"Version": "2012-10-17", "Statement": [
            {**deny, "Effect": effect, "Resource": f"arn:aws:s3:::b/{n}/*", **condition}
            for n in range(150)
            for effect, condition in (
                ("Allow", {}),
                ("Deny", {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}),
            )
        ]},
        "400 Allows, 400 Denies": {"Version": "2012-10-17", "Statement": [
            {**deny, "Effect": effect, "Resource": f"arn:aws:s3:::b/{n}/*", **condition}
            for n in range(400)
            for effect, condition in (
                ("Allow", {}),
                ("Deny", {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}}),
            )
        ]},
        "2,000 endpoints": {"Version": "2012-10-17", "Statement": [
            {**deny, "Effect": "Allow", "Resource": f"arn:aws:s3:::b/{n}/*",
             "Condition": {"StringEquals": {"aws:SourceVpce": f"vpce-{n}"}}}
            for n in range(2000)
        ]},
        "a variable and stars": everyone({
            "StringLike": {"aws:Referer": "*a" * 20 + "${aws:PrincipalTag/x}!"},
            "StringEquals": {"aws:referer": "a" * 60 + "/!"},
        }),
        "150 callers, 150 Denies": {"Version": "2012-10-17", "Statement": [
            {"Effect": effect, "Action": "s3:*", "Resource": f"arn:aws:s3:::b/*{n}*a?b*",
             "Principal": principal, "Condition": condition}
            for n in range(150)
            for effect, principal, condition in (
                ("Allow", {"AWS": f"arn:aws:iam::{444455550000 + n}:root"},
                 {"StringLike": {"aws:Referer": f"*a{n}*?b*"}}),
                ("Deny", "*", {"StringNotLike": {"aws:Referer": [f"*a{n}??b*", f"*{n}*c"]}}),
            )
        ]},
        "1,000 statements": {"Version": "2012-10-17", "Statement": [
            {**deny, "Effect": "Allow" if n % 3 else "Deny", "Action": [f"s3:Get{n}*", f"iam:*{n}"],
             "Resource": f"arn:aws:iam::*:role/*{n}*"} for n in range(1000)
        ]},
        "stars upon stars": everyone(
            {"StringLike": {"aws:Referer": "*a" * 200 + "*"}},
            {**deny, "Resource": "arn:aws:s3:::" + "*b?" * 300},
            {**deny, "Action": "*" + "e*" * 100},
        ),
        "10,000 characters": everyone(
            {"StringNotLike": {"aws:Referer": ["x" * 10_000, "*" + "y" * 10_000]}},
            {**deny, "Resource": "arn:aws:s3:::" + "z" * 10_000 + "*"},
        ),
        "500 accounts": {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Principal": {"AWS": [f"arn:aws:iam::{10**11 + n}:root" for n in range(500)]},
        }},
    }


def fuzz(count: int, seed: int) -> int:
    """Print what so many random policies give; return 1 where an answer is contradicted."""
    start = time.perf_counter()
    figures = run(count, seed)
    took = time.perf_counter() - start
    print(f"{figures.policies:,} random policies (seed {seed}) in {took:.0f} s")
    for name in sorted({name for name, _ in figures.answers}):
        yes, no, undecided = (figures.answers[name, one] for one in (True, False, None))
        print(f"  {name:18}{yes:7} yes {no:7} no {undecided:5} undecided")
    times = figures.milliseconds
    print(f"  a question takes {statistics.median(times):.2f} ms, at most {max(times):.0f} ms")
    print(f"  {figures.replayed:,} witnesses replayed, {figures.tried:,} requests tried after a no")
    print(f"  {len(figures.contradictions)} contradictions")
    for one in figures.contradictions[:5]:
        print(f"    {one}")
    return 1 if figures.contradictions else 0


def main() -> int:
    """Print the table, or what random policies give."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--fuzz", type=int, default=0, metavar="N")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    if given.fuzz:
        return fuzz(given.fuzz, given.seed)
    policies = [json.loads(line)["policy"] for line in CASES.read_text().splitlines()]
    print(f"{len(policies)} policies        median ms   slowest ms   undecided")
    for name, ask in QUESTIONS.items():
        for policy in policies:
            ask(policy)
        rows = [taken(ask, policy) for policy in policies]
        times = [milliseconds for milliseconds, _ in rows]
        undecided = sum(answer.answer is None for _, answer in rows)
        print(f"  {name:16}{statistics.median(times):13.2f}{max(times):13.2f}{undecided:12}")
    asked = QUESTIONS | {"shared": lambda policy: shared(policy, TRUST)}
    names = ("public", "cross_account", "shared", "privesc")
    print(f"worst known             {''.join(f'{name:>16}' for name in names)}   ms, answers")
    for name, policy in worst().items():
        rows = [taken(asked[question], policy) for question in names]
        answers = ", ".join(str(answer.answer) for _, answer in rows)
        print(f"  {name:22}{''.join(f'{took:16.0f}' for took, _ in rows)}   {answers}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
