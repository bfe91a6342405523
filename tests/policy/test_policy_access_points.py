"""A bucket with all that surrounds it: access points (C5, D3), others' access (D7), S3's own word."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.policy import (
    AccessPoint,
    Trust,
    access_point_public,
    acl_foreigners,
    bucket_cross_account,
    bucket_public,
    public,
)

OWN, FRIEND, OTHER = "111122223333", "444455556666", "777788889999"
TRUST = Trust(account=OWN, accounts=frozenset({FRIEND}))
POINT = f"arn:aws:s3:eu-west-1:{OWN}:accesspoint/p"
RESTRICT = {"RestrictPublicBuckets": True}


def policy(principal: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
           "Resource": "arn:aws:s3:::b/*", **more}
    if condition is not None:
        one["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [one]}


def point(principal: Any = "*", condition: Any = None, **more: Any) -> AccessPoint:
    facts = {key: more.pop(key) for key in ("vpc_only", "block") if key in more}
    document = policy(principal, condition, **{"Resource": f"{POINT}/object/*", **more})
    return AccessPoint(POINT, document, **facts)


BY_ACCOUNT = {"StringEquals": {"s3:DataAccessPointAccount": OWN}}
BY_ARN = {"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:*:{OWN}:accesspoint/*"}}
POINTS: list[tuple[str, AccessPoint, bool | None]] = [
    ("everyone", point(), True),
    ("by its own arn", point("*", BY_ARN), True),
    ("by its own account", point("*", BY_ACCOUNT), True),
    ("another point", point("*", {"StringEquals": {"s3:DataAccessPointArn": POINT + "2"}}), False),
    ("by organization", point("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), False),
    ("one account", point({"AWS": OTHER}), False),
    ("by vpc", point(vpc_only=True), False),
    ("internet only", point("*", {"StringEquals": {"s3:AccessPointNetworkOrigin": "Internet"}}), True),
    ("vpc origin only", point("*", {"StringEquals": {"s3:AccessPointNetworkOrigin": "VPC"}}), False),
    ("no policy", AccessPoint(POINT, None), False),
    ("unreadable", AccessPoint(POINT, "{"), None),
]


@pytest.mark.parametrize(("name", "access_point", "expected"), POINTS, ids=[row[0] for row in POINTS])
def test_access_point(name: str, access_point: AccessPoint, expected: bool | None) -> None:
    answer = access_point_public(access_point)
    assert answer.answer is expected, answer.because
    writes = access_point_public(access_point, write=True)
    assert writes.answer is (None if expected is None else False)


def test_writing_through_an_access_point() -> None:
    assert access_point_public(point(Action="s3:PutObject"), write=True).answer is True
    assert access_point_public(point(), write=True).answer is False


def facts(**differs: Any) -> dict[str, Any]:
    return {"policy": None, "acl": None, "ownership": "BucketOwnerEnforced", "bucket_block": None,
            "account_block": None, **differs}


DELEGATED = policy({"AWS": "*"}, BY_ACCOUNT, Action="*", Resource=["arn:aws:s3:::b", "arn:aws:s3:::b/*"])
BUCKETS: list[tuple[str, dict[str, Any], bool | None]] = [
    ("delegated, point open", {"policy": DELEGATED, "access_points": [point()]}, True),
    ("delegated, point closed", {"policy": DELEGATED, "access_points": [point({"AWS": OWN})]}, False),
    ("delegated, point of a vpc", {"policy": DELEGATED, "access_points": [point(vpc_only=True)]}, False),
    ("delegated, no point", {"policy": DELEGATED}, False),
    ("not delegated", {"policy": policy({"AWS": OWN}), "access_points": [point()]}, False),
    ("no policy", {"access_points": [point()]}, False),
    ("point restricted", {"policy": DELEGATED, "access_points": [point(block=RESTRICT)]}, False),
    ("bucket restricted", {"policy": DELEGATED, "access_points": [point()], "bucket_block": RESTRICT},
     False),
    ("second point", {"policy": DELEGATED, "access_points": [point({"AWS": OWN}), point()]}, True),
    ("unreadable point", {"policy": DELEGATED, "access_points": [AccessPoint(POINT, "{")]}, None),
    ("unreadable beside open", {"policy": DELEGATED,
                                "access_points": [AccessPoint(POINT, "{"), point()]}, True),
    # an Organizations S3 policy stands for the account's settings, all or none
    ("organization restricts", {"policy": policy(), "organization_block": RESTRICT}, False),
    ("organization does not", {"policy": policy(), "account_block": RESTRICT,
                               "organization_block": {"RestrictPublicBuckets": False}}, True),
    ("no organization policy", {"policy": policy(), "account_block": RESTRICT}, False),
    # what S3 itself says
    ("s3 says public", {"policy": policy({"AWS": OTHER}), "policy_status": True}, True),
    ("s3 says not", {"policy": policy(), "policy_status": False}, True),
    ("both say not", {"policy": policy({"AWS": OTHER}), "policy_status": False}, False),
    ("s3 says public, restricted", {"policy": policy({"AWS": OTHER}), "policy_status": True,
                                    "bucket_block": RESTRICT}, False),
]


@pytest.mark.parametrize(("name", "differs", "expected"), BUCKETS, ids=[row[0] for row in BUCKETS])
def test_bucket(name: str, differs: dict[str, Any], expected: bool | None) -> None:
    answer = bucket_public(**facts(**differs))
    assert answer.answer is expected, answer.because


def test_both_verdicts_are_told_where_they_differ() -> None:
    open_to_us = bucket_public(**facts(policy=policy(), policy_status=False))
    assert open_to_us.because.endswith("S3 itself calls the policy not public")
    open_to_s3 = bucket_public(**facts(policy=policy({"AWS": OTHER}), policy_status=True))
    assert open_to_s3.because.startswith("S3 itself calls the policy public, though ")
    through = bucket_public(**facts(policy=DELEGATED, access_points=[point()]))
    assert through.because.startswith(f"through access point {POINT}: anyone on the internet may")
    assert public(DELEGATED).answer is False


ALL = "http://acs.amazonaws.com/groups/global/AllUsers"


def acl(*grantees: dict[str, str]) -> dict[str, Any]:
    owner = {"Grantee": {"Type": "CanonicalUser", "ID": "1"}, "Permission": "FULL_CONTROL"}
    return {"Owner": {"ID": "1"},
            "Grants": [owner, *({"Grantee": one, "Permission": "READ"} for one in grantees)]}


THEM = {"Type": "CanonicalUser", "ID": "2"}
OPEN_AND_SHARED = {"Version": "2012-10-17", "Statement": [
    *policy()["Statement"], *policy({"AWS": OTHER})["Statement"]]}
SHARED: list[tuple[str, dict[str, Any], bool | None]] = [
    ("plain", {}, False),
    ("other", {"policy": policy({"AWS": OTHER})}, True),
    ("friend", {"policy": policy({"AWS": FRIEND})}, False),
    ("other, restricted", {"policy": policy({"AWS": OTHER}), "bucket_block": RESTRICT}, True),
    ("public, restricted", {"policy": OPEN_AND_SHARED, "bucket_block": RESTRICT}, False),
    ("public", {"policy": OPEN_AND_SHARED}, True),
    ("acl", {"acl": acl(THEM), "ownership": None}, True),
    ("acl disabled", {"acl": acl(THEM)}, False),
    ("acl ignoring public ones", {"acl": acl(THEM), "ownership": None,
                                  "bucket_block": {"IgnorePublicAcls": True}}, True),
    ("acl of a group", {"acl": acl({"Type": "Group", "URI": ALL}), "ownership": None}, True),
    ("acl of a group ignored", {"acl": acl({"Type": "Group", "URI": ALL}), "ownership": None,
                                "account_block": {"IgnorePublicAcls": True}}, False),
    ("acl by address", {"acl": acl({"Type": "AmazonCustomerByEmail", "EmailAddress": "a@x.org"}),
                        "ownership": "ObjectWriter"}, True),
    ("unreadable", {"policy": "{"}, None),
    ("unreadable acl", {"acl": {"Grants": 7}}, None),
    ("organization restricts", {"policy": OPEN_AND_SHARED, "organization_block": RESTRICT}, False),
]


@pytest.mark.parametrize(("name", "differs", "expected"), SHARED, ids=[row[0] for row in SHARED])
def test_bucket_cross_account(name: str, differs: dict[str, Any], expected: bool | None) -> None:
    answer = bucket_cross_account(**facts(**differs), trust=TRUST)
    assert answer.answer is expected, answer.because


def test_acl_foreigners() -> None:
    assert acl_foreigners(acl(THEM, {"Type": "Group", "URI": ALL})) == ["2"]
    assert acl_foreigners(acl()) == []
    assert acl_foreigners(None) == []
