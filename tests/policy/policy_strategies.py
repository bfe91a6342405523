"""Random policies over all operators, and requests of strangers written down without the engine.

Whatever a policy may name as its owner's is one of a few fixed values; strangers have others.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from auditor.policy.concrete import Caller, Request
from auditor.policy.model import OPERATORS

OWN, FRIEND = "111122223333", "444455556666"
OTHER, NEAR = "999999999999", "111199999999"

_NAMES = {
    name.lower(): name
    for name in ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "IpAddress", "NotIpAddress", "BinaryEquals", "Null"]
}
assert set(_NAMES) == set(OPERATORS)

_TEXT = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
         "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
_ARN = (*_TEXT, "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals")
_NUMBER = tuple(n for n in _NAMES.values() if n.startswith("Numeric"))
_DATE = tuple(n for n in _NAMES.values() if n.startswith("Date"))

# Key: the operators it is compared with, the values policies name, the values strangers have.
KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str | None, ...]]] = {
    "aws:SourceVpce": (_TEXT, ("vpce-1", "vpce-*", "vpce-?2", "*"), ("vpce-9", "vpce-22")),
    "aws:SourceVpc": (_TEXT, ("vpc-1", "vpc-2", "vpc-?*"), ("vpc-9", "vpc-33")),
    "aws:SourceIp": (
        ("IpAddress", "NotIpAddress"),
        ("203.0.113.0/24", "9.0.0.0/8", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/0", "2600::/8"),
        ("198.51.100.7", "8.8.8.8", "2a00::1"),
    ),
    "aws:PrincipalOrgID": (_TEXT, ("o-1", "o-2", "o-*", "*"), ("o-9", None)),
    "aws:PrincipalAccount": (_TEXT, (OWN, "1111*", "*"), ()),
    "aws:PrincipalArn": (
        _ARN,
        (f"arn:aws:iam::{OWN}:role/*", "arn:aws:iam::*:role/admin", f"*{OWN}*", "*",
         "arn:aws:iam::1111*:*", "arn:aws:iam::*"),
        (),
    ),
    "aws:userid": (_TEXT, ("AIDAOURS00000000:*", "*:session", "AROA*"), ()),
    "aws:username": (_TEXT, ("alice", "a*"), ("alice", "bob")),
    "aws:PrincipalTag/team": (
        _TEXT, ("ml", "m*", "${aws:username}", "*"), ("ml", "alice", None)
    ),
    "aws:Referer": (_TEXT, ("https://example.com/*", "x", "*"), ("https://example.com/a", "x", None)),
    "aws:SecureTransport": (("Bool",), ("true", "false"), ("true", "false")),
    "aws:CurrentTime": (
        _DATE, ("2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z"),
        ("2080-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
    ),
    "s3:max-keys": ((*_NUMBER, "StringEquals"), ("1", "10", "10.5"), ("0", "1", "7", "11", None)),
    "aws:SourceAccount": (_TEXT, (OWN, "1111*"), ()),
    "aws:SourceArn": (
        _ARN, (f"arn:aws:sns:us-east-1:{OWN}:*", "arn:aws:sns:*:*:topic", "arn:aws:s3:::b"), ()
    ),
    "s3:prefix": (("StringLike", "StringNotLike"), ("home/${aws:username}/*", "home/*"),
                  ("home/alice/x", "home/bob/y", None)),
}

RESOURCES = ("arn:aws:s3:::b", "arn:aws:s3:::b/x", "arn:aws:s3:::b/secret/y", "arn:aws:s3:::c/x")
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")


def _some(values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(
        lambda found: found[0] if len(found) == 1 else found
    )


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=2, unique=True)):
        operators, values, _ = KEYS[key]
        if draw(st.integers(0, 5)) == 0:
            block.setdefault("Null", {})[key] = draw(st.sampled_from(["true", "false"]))
            continue
        name = draw(st.sampled_from(operators))
        name = draw(st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"])) + name
        name += draw(st.sampled_from(["", "", "IfExists"]))
        block.setdefault(name, {})[key] = draw(_some(values))
    return block


PRINCIPALS = (
    "*", {"AWS": "*"}, {"AWS": f"arn:aws:iam::{OWN}:root"}, {"AWS": f"arn:aws:iam::{FRIEND}:root"},
    {"AWS": f"arn:aws:iam::{FRIEND}:role/x"}, {"Service": "sns.amazonaws.com"},
    {"AWS": "AIDAEXAMPLE0000000000"}, {"AWS": [OWN, f"arn:aws:iam::{FRIEND}:user/alice"]},
)


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Allow", "Deny")) -> dict[str, Any]:
    one: dict[str, Any] = {"Effect": draw(st.sampled_from(effects))}
    principal = st.sampled_from(("*", "*", *PRINCIPALS))
    one[draw(st.sampled_from(["Principal"] * 5 + ["NotPrincipal"]))] = draw(principal)
    actions = ("s3:*", "*", "s3:GetObject", "s3:Put*", "s3:?etObject", "S3:LISTBUCKET", "iam:*")
    one[draw(st.sampled_from(["Action"] * 4 + ["NotAction"]))] = draw(_some(actions))
    resources = ("*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b*",
                 "arn:aws:s3:::b/secret/*", "arn:aws:s3:::*/${aws:username}", "arn:aws:s3:*")
    one[draw(st.sampled_from(["Resource"] * 5 + ["NotResource"]))] = draw(_some(resources))
    block = draw(conditions())
    if block:
        one["Condition"] = block
    return one


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]))
    found = draw(st.lists(statements(), min_size=1, max_size=4))
    return {"Version": version, "Statement": found}


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request of somebody who has nothing of the owner's."""
    kind = draw(st.sampled_from(["anonymous", "user", "role"]))
    account = draw(st.sampled_from([OTHER, NEAR]))
    keys: dict[str, str] = {}
    through_vpc = draw(st.booleans())
    for key, (_, _, theirs) in KEYS.items():
        if theirs:
            value = draw(st.sampled_from(theirs))
            if value is not None:
                keys[key.lower()] = value
    for key in ("aws:sourcevpc", "aws:sourcevpce") if not through_vpc else ("aws:sourceip",):
        del keys[key]
    if kind != "user":
        del keys["aws:username"]
    name = ""
    if kind == "anonymous":
        keys.pop("aws:principaltag/team", None)
        keys.pop("aws:principalorgid", None)
        keys |= {"aws:principalaccount": "anonymous", "aws:userid": "anonymous"}
    else:
        name = f"arn:aws:iam::{account}:{kind}/" + draw(st.sampled_from(["admin", OWN, "z"]))
        keys |= {"aws:principalarn": name, "aws:principalaccount": account}
        keys["aws:userid"] = "AIDATHEIRS000000" if kind == "user" else "AROATHEIRS00000:session"
    return Request(
        Caller(kind, name), draw(st.sampled_from(ACTIONS)), draw(st.sampled_from(RESOURCES)), keys
    )
