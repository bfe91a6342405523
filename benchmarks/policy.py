"""How long a policy takes: each question over the team's cases, and the worst that we can write.

    python benchmarks/policy.py

Prints the median and the slowest in milliseconds, how often a question is left undecided, and for
the slowest kinds of policies the time until the search gives up.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from auditor.policy import (
    Answer,
    Identity,
    Trust,
    admin,
    cross_account,
    public,
    public_write,
    sse_kms_only,
    tls_only,
)

CASES = Path(__file__).parent.parent / "tests" / "policy" / "cases.jsonl"
TRUST = Trust(account="111122223333")
QUESTIONS: dict[str, Callable[[Any], Answer]] = {
    "public": public,
    "public_write": public_write,
    "cross_account": lambda policy: cross_account(policy, TRUST),
    "tls_only": tls_only,
    "sse_kms_only": sse_kms_only,
    "admin": lambda policy: admin(Identity((("case", policy),))),
}


def taken(ask: Callable[[Any], Answer], policy: Any) -> tuple[float, Answer]:
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
        "500 accounts": {"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Principal": {"AWS": [f"arn:aws:iam::{10**11 + n}:root" for n in range(500)]},
        }},
    }


def main() -> None:
    """Print the table."""
    policies = [json.loads(line)["policy"] for line in CASES.read_text().splitlines()]
    print(f"{len(policies)} policies        median ms   slowest ms   undecided")
    for name, ask in QUESTIONS.items():
        for policy in policies:
            ask(policy)
        rows = [taken(ask, policy) for policy in policies]
        times = [milliseconds for milliseconds, _ in rows]
        undecided = sum(answer.answer is None for _, answer in rows)
        print(f"  {name:15}{statistics.median(times):14.2f}{max(times):13.2f}{undecided:12}")
    print("worst known                public ms   shared ms   answers")
    for name, policy in worst().items():
        first, one = taken(QUESTIONS["public"], policy)
        second, two = taken(QUESTIONS["cross_account"], policy)
        print(f"  {name:24}{first:10.0f}{second:12.0f}   {one.answer}, {two.answer}")


if __name__ == "__main__":
    main()
