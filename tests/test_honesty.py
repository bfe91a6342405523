"""No failure of AWS's makes the auditor say that something is sound which it did not see.

For each planned call and each way in which it can go wrong: every outcome stays what it was or
becomes unknown, none vanishes, and the report names the call and the action that would mend it.
"""

from __future__ import annotations

import json
import random

import pytest

from auditor.aws.plan import Call, calls
from auditor.gate import INCOMPLETE, decide
from auditor.inventory import GLOBAL
from auditor.kinds import TABLE
from tests.conftest import point_at
from tests.fakeaws import Fake, Fault
from tests.fakeaws.faults import BODIES
from tests.scanning import Scanner
from tests.worlds import ml

REGIONS = [ml.EU, ml.US]
WAYS = ("AccessDenied", "Throttle", "Reset", "Garbage", "Truncate")
# What a scan cannot begin without; ``test_collect.py`` has what is said then.
BEFORE = {Call("sts", "GetCallerIdentity"), Call("ec2", "DescribeRegions")}
TRAILS_AT = {"eu-central-1"}
# Calls that others stand in for: their failure alone takes nothing from sight.
STOOD_IN_FOR = {
    Call("iam", "GetAccountAuthorizationDetails"): "each role is asked for by itself",
    Call("s3", "GetBucketLocation"): "ListBuckets told the regions",
}
# Calls made only where another fails: that other is denied as well.
STAND_IN = dict.fromkeys(
    (Call("iam", name) for name in (
        "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies", "GetPolicy",
        "GetPolicyVersion")),
    Fault("AccessDenied", "iam", "GetAccountAuthorizationDetails"),
)


@pytest.fixture(scope="module")
def scanner():
    with Fake(ml.DOCUMENT) as fake:
        yield Scanner(fake)


@pytest.fixture(scope="module")
def undisturbed(scanner, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        run = scanner.scan(patch, tmp_path_factory.mktemp("x") / "inventory", regions=REGIONS,
                           remember=True)
    assert scanner.fake.not_modelled == []
    return run


@pytest.mark.parametrize(
    "call", [c for c in calls(TABLE) if c not in BEFORE], ids=lambda c: f"{c.service}-{c.operation}"
)
def test_what_was_not_seen_is_not_judged(call, scanner, undisturbed, monkeypatch, tmp_path):
    for way in WAYS:
        if way in BODIES and call.operation.startswith("Head"):
            continue  # there is no body to break
        fault = Fault(way, call.service, call.operation)
        faults = [fault, STAND_IN[call]] if call in STAND_IN else [fault]
        run = scanner.scan(monkeypatch, tmp_path / way, regions=REGIONS, faults=faults,
                           remember=True)
        assert scanner.fake.not_modelled == []
        assert dishonest(undisturbed, run) == [], way
        asked = any(c.operation == call.operation for c in scanner.fake.calls)
        assert asked or call in STOOD_IN_FOR, "the world does not lead to this call"
        if asked and call not in STOOD_IN_FOR:
            named = [g for g in run.gaps if g.call == f"{call.service}:{call.operation}"]
            assert named and all(g.action == call.action for g in named), way
        if any(f.status == "unknown" for f in run.findings):
            assert decide(run).code == INCOMPLETE


@pytest.mark.parametrize("seed", range(12))
def test_nor_when_many_things_go_wrong_at_once(seed, scanner, undisturbed, monkeypatch, tmp_path):
    source = random.Random(seed)
    faults = [
        Fault(
            source.choice((*WAYS, "ServerError", "ExpiredToken", "EmptyPage", "TokenLoop")),
            call.service, call.operation, source.choice(("*", *REGIONS)),
            after=source.randrange(3), times=source.choice((None, 1, 3)),
        )
        for call in source.sample([c for c in calls(TABLE) if c not in BEFORE], 8)
    ]
    run = scanner.scan(monkeypatch, tmp_path / "inventory", regions=REGIONS, faults=faults,
                       remember=True)
    assert dishonest(undisturbed, run) == [], faults


def test_the_command_says_what_it_could_not_see_and_exits_3(scanner, cli, monkeypatch, tmp_path):
    point_at(monkeypatch, scanner.fake.url)
    scanner.fake.faults[:] = [Fault("AccessDenied", "sagemaker", "DescribeNotebookInstance")]
    code, out, err = cli("scan", "--region", ml.US, "-f", "json", "--patience", "0",
                         "--inventory", str(tmp_path / "x.inventory"))
    assert code == INCOMPLETE and "exit 3" in err
    assert "sagemaker:DescribeNotebookInstance" in {g["action"] for g in json.loads(out)["gaps"]}


def dishonest(before, after):
    """Return what a disturbed run says that it could not know, or no longer says at all."""
    now = {f.fingerprint: f for f in after.findings}
    unlisted = {(f.rule, f.region) for f in after.findings if f.resource.name == "(all)"}
    # a trail whose home is not scanned is listed in every other region
    unlisted |= {(rule, home) for rule, _ in unlisted for home in TRAILS_AT if "trail" in rule}
    wrong = []
    for was in before.findings:
        found = now.pop(was.fingerprint, None)
        what = f"{was.rule} {was.resource.name}"
        if found is None:
            if not {(was.rule, was.region), (was.rule, GLOBAL)} & unlisted:
                wrong.append(f"{what}: {was.status} vanished")
        elif found.status not in (was.status, "unknown"):
            wrong.append(f"{what}: {was.status} became {found.status}: {found.message}")
    wrong += [
        f"{f.rule} {f.resource.name}: {f.status} came out of nothing"
        for f in now.values() if f.status != "unknown"
    ]
    return wrong
