"""No failure of AWS's makes the auditor say that something is sound which it did not see.

For each planned call and each way in which it can go wrong: every outcome stays what it was or
becomes unknown, none vanishes, and the report names the call and the action that would mend it.
Calls of kinds that have nothing to do with each other go wrong in one scan together; where one
keeps another from being made, that one goes wrong once more by itself.
"""

from __future__ import annotations

import json
import random

import pytest

from auditor.aws.plan import Call, calls, plan
from auditor.baseline import earlier
from auditor.gate import INCOMPLETE, decide
from auditor.inventory import GLOBAL
from auditor.kinds import TABLE
from auditor.plugins import load_rules
from auditor.revise import revised
from tests.conftest import point_at
from tests.fakeaws import Fake, Fault
from tests.fakeaws.faults import BODIES
from tests.scanning import Scanner, outcomes
from tests.worlds import ml, whole

REGIONS = [ml.EU]
BOTH = [ml.EU, ml.US]
WAYS = ("AccessDenied", "Throttle", "Reset", "Hang", "Truncate", "Garbage")
# What a scan cannot begin without; ``test_collect.py`` has what is said then.
BEFORE = {Call("sts", "GetCallerIdentity"), Call("ec2", "DescribeRegions")}
TRAILS_AT = {"eu-central-1"}
# Calls that others stand in for: their failure alone takes nothing from sight.
STOOD_IN_FOR = {
    Call("iam", "GetAccountAuthorizationDetails"): "each role is asked for by itself",
    Call("s3", "GetBucketLocation"): "ListBuckets told the regions",
    Call("sagemaker", "Search"): "each job is described by itself",
}
# Calls made only where another fails: that other is denied as well.
STAND_IN = dict.fromkeys(
    (Call("iam", name) for name in (
        "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies", "GetPolicy",
        "GetPolicyVersion")),
    Fault("AccessDenied", "iam", "GetAccountAuthorizationDetails"),
)
TOGETHER = 4  # calls that go wrong in one scan; more of those that hang, for that takes its time
HANGING = 10
TIMEOUT = 0.3  # seconds after which what hangs is given up here


def groups(together):
    """Return the planned calls in groups whose members belong to no kind together."""
    kinds = {}
    for kind in TABLE:
        for call in plan(kind).calls:
            kinds.setdefault(call, set()).add(kind.name)
    found: list[tuple[set[str], list[Call]]] = []
    for call in calls(TABLE):
        if call in BEFORE:
            continue
        own = kinds.get(call, {call.operation})
        alone = call in STAND_IN or call in STOOD_IN_FOR
        fitting = next(
            (g for g in found if len(g[1]) < together and not own & g[0]
             and g[1][0] not in STAND_IN and g[1][0] not in STOOD_IN_FOR), None)
        if alone or fitting is None:
            found.append((set(own), [call]))
        else:
            fitting[0].update(own)
            fitting[1].append(call)
    return [g for _, g in found]


@pytest.fixture(scope="module")
def scanner():
    with Fake(whole.document()) as fake:
        yield Scanner(fake, timeout=30.0)


@pytest.fixture(scope="module")
def hasty(scanner):
    """A scanner that does not wait for what hangs."""
    return Scanner(scanner.fake, timeout=TIMEOUT, like=scanner)


@pytest.fixture(scope="module")
def undisturbed(scanner, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        run = scanner.scan(patch, tmp_path_factory.mktemp("x") / "inventory", regions=REGIONS,
                           remember=True)
    assert scanner.fake.not_modelled == []
    return run


@pytest.fixture
def disturbed(scanner, hasty, monkeypatch, tmp_path):
    """Scan with faults; gives the run, and what was asked."""
    def scan(faults, regions=REGIONS):
        where = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        hangs = any(fault.kind == "Hang" for fault in faults)
        run = (hasty if hangs else scanner).scan(
            monkeypatch, where, regions=regions, faults=faults, remember=True)
        assert scanner.fake.not_modelled == []
        return run, list(scanner.fake.log)

    return scan


@pytest.mark.parametrize(("group", "way"), [
    pytest.param(group, way, id=f"{group[0].service}-{group[0].operation}-{way}")
    for way in WAYS for group in groups(HANGING if way == "Hang" else TOGETHER)
])
def test_what_was_not_seen_is_not_judged(group, way, disturbed, undisturbed):
    group = [c for c in group if not (way in BODIES and c.operation.startswith("Head"))]
    if not group:
        return  # there is no body to break
    run, asked = disturbed(faults_of(group, way))
    assert dishonest(undisturbed, run) == []
    for call in group:
        if call in STOOD_IN_FOR:
            continue
        if not of(call, asked):
            alone, asked_alone = disturbed(faults_of([call], way))
            assert of(call, asked_alone), "the world does not lead to this call"
            assert dishonest(undisturbed, alone) == []
            tells(alone, call, way, asked_alone)
        else:
            tells(run, call, way, asked)


def test_rules_that_the_known_world_has_nothing_for_judge_something_here(undisturbed):
    judged = {f.rule for f in undisturbed.findings if f.resource.name != "(all)"}
    assert whole.RULES - judged == set()
    assert {rule.id for rule in load_rules()} >= whole.RULES


def of(call, log):
    """Return what became of a call."""
    return [e.error for e in log if (e.call.service, e.call.operation) == (
        call.service, call.operation)]


def faults_of(group, way):
    return [Fault(way, c.service, c.operation) for c in group] + [
        STAND_IN[c] for c in group if c in STAND_IN]


def tells(run, call, way, log):
    """Check that a report names a call that went wrong, the action that mends it, and exits 3."""
    if way == "Truncate" and all(error not in ("", way) for error in of(call, log)):
        return  # it is an error that was cut off, and its code stands in a header too
    named = [g for g in run.gaps if g.call == f"{call.service}:{call.operation}"]
    assert named and all(g.action == call.action for g in named), call
    if any(f.status == "unknown" for f in run.findings):
        assert decide(run).code == INCOMPLETE


@pytest.mark.parametrize("seed", range(12))
def test_nor_when_many_things_go_wrong_at_once(seed, disturbed, undisturbed):
    source = random.Random(seed)
    faults = [
        Fault(
            source.choice((*WAYS, "ServerError", "ExpiredToken", "EmptyPage", "TokenLoop")),
            call.service, call.operation, after=source.randrange(3), times=source.choice((None, 1, 3)),
        )
        for call in source.sample([c for c in calls(TABLE) if c not in BEFORE], 12)
    ]
    run, _ = disturbed(faults)
    assert dishonest(undisturbed, run) == [], faults


def paged():
    """Return the planned list calls that go on from page to page."""
    return [plan(k).listing.call for k in TABLE if plan(k).listing and plan(k).listing.token_in]


def test_an_empty_page_with_a_token_is_followed_everywhere(disturbed, undisturbed):
    run, log = disturbed([Fault("EmptyPage", c.service, c.operation) for c in paged()])
    assert [c for c in paged() if not of(c, log)] == []
    assert outcomes(run) == outcomes(undisturbed)


@pytest.mark.parametrize("third", range(3))
def test_a_token_that_comes_again_is_a_refusal_everywhere(third, disturbed, undisturbed):
    looping = paged()[third::3]
    run, log = disturbed([Fault("TokenLoop", c.service, c.operation) for c in looping])
    assert dishonest(undisturbed, run) == []
    refused = {g.call for g in run.gaps if g.code == "RepeatedToken"}
    assert {f"{c.service}:{c.operation}" for c in looping if of(c, log)} - refused == set()


def test_what_goes_between_list_and_describe_is_gone_and_no_gap(disturbed, undisturbed):
    described = [plan(k).describe for k in TABLE
                 if k.service == "sagemaker" and plan(k).describe and plan(k).listing]
    for third in range(3):
        gone = described[third::3]
        run, log = disturbed([Fault("Gone", c.service, c.operation) for c in gone])
        assert [c for c in gone if of(c, log)] != []
        calls_of = {f"{c.service}:{c.operation}" for c in gone}
        assert [g for g in run.gaps if g.call in calls_of] == []


@pytest.mark.parametrize("fault", ["RegionDisabled", "ExplicitDeny"])
def test_a_region_that_is_shut_disturbs_no_other(fault, disturbed):
    both, _ = disturbed([], BOTH)
    run, _ = disturbed([Fault(fault, service, region=ml.US) for service in (
        "sagemaker", "ec2", "kms", "cloudtrail", "macie2")], BOTH)
    assert dishonest(both, run) == []
    here = {f.fingerprint: f.status for f in both.findings if f.region == ml.EU}
    now = {f.fingerprint: f.status for f in run.findings if f.region == ml.EU}
    changed = {k for k, v in here.items() if now[k] != v}
    assert {now[k] for k in changed} <= {"unknown"}
    shut = [f for f in run.findings if f.region == ml.US and f.rule.startswith("sagemaker-notebook")]
    assert shut and {f.status for f in shut} == {"unknown"}
    assert {g.region for g in run.gaps if g.call == "sagemaker:ListNotebookInstances"} == {ml.US}


@pytest.mark.parametrize("after", [1, 40, 150, 300])
def test_credentials_that_expire_on_the_way_leave_what_was_seen(after, disturbed, undisturbed):
    run, _ = disturbed([Fault("ExpiredToken", after=after)])
    assert dishonest(undisturbed, run) == []
    assert any("Expired" in g.code for g in run.gaps)
    assert decide(run).code == INCOMPLETE


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
    # nothing has changed in the account, so nothing was mended and nothing is gone
    told = revised(after, compare=True, before=earlier(before, "before"))
    return wrong + [
        f"{past.rule} {past.arn}: {past.change}" for past in told.baseline.closed
        if past.change != "not_evaluated"
    ]
