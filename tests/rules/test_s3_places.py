"""Multi-Region Access Points: edge cases by rule id."""

from __future__ import annotations

import pytest

from auditor.kinds import ACCOUNT_BLOCK
from auditor.rule import Other
from auditor.testing import judge

RULE = "s3-multi-region-access-point-public-access-block"
SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ON = dict.fromkeys(SETTINGS, True)


def point(status="READY", **members):
    return {"Name": "features", "Alias": "mfzwi23gnjvgw.mrap", "Status": status,
            "PublicAccessBlock": ON, **members}


def account(**settings):
    return Other(ACCOUNT_BLOCK, {"PublicAccessBlockConfiguration": settings} if settings else {})


@pytest.mark.parametrize(("data", "others", "status", "says"), [
    (point(), (), "pass", ""),
    (point("INCONSISTENT_ACROSS_REGIONS"), (), "pass", ""),
    (point(PublicAccessBlock={}), (), "fail", "BlockPublicAcls, Ignore"),
    (point(PublicAccessBlock=None), (), "unknown", "features"),
    (point("DELETING", PublicAccessBlock={}), (), "not_applicable", "DELETING"),
])
def test_edges(data, others, status, says):
    found = judge(RULE, data, *others)
    assert found.status == status, found.message
    assert says in found.message


@pytest.mark.parametrize("off", SETTINGS)
def test_pitfall_37_the_stricter_of_point_and_account_holds(off):
    open_ = point(PublicAccessBlock=ON | {off: False})
    assert judge(RULE, open_).status == "fail"
    assert judge(RULE, open_, account(**ON)).status == "pass"
    assert judge(RULE, open_, account(**ON | {off: False})).status == "fail"
    absent = point(PublicAccessBlock={s: True for s in SETTINGS if s != off})
    found = judge(RULE, absent, account())
    assert found.status == "fail" and off in found.message


def test_a_block_of_the_account_that_was_refused_is_no_block():
    open_ = point(PublicAccessBlock={})
    assert judge(RULE, open_, refused=[ACCOUNT_BLOCK]).status in ("unknown", "fail")
    assert judge(RULE, point(), unseen={"PublicAccessBlock": "AccessDenied"}).status == "unknown"
