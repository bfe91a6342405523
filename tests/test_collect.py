"""Collecting from an AWS that answers as AWS does: what is asked, how often, and what comes of it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager

import pytest

from auditor import scan
from auditor.aws.lanes import ABREAST, WAITERS, WORKERS, Lanes
from auditor.aws.models import READS
from auditor.aws.pace import Pace, _Bucket
from auditor.aws.session import Session
from auditor.errors import AuditorError, Unseen
from auditor.inventory import GLOBAL, Inventory
from auditor.kinds import (
    BUCKET,
    DEFAULT_BUCKET,
    KEY,
    MACIE,
    NOTEBOOK,
    POLICY,
    ROLE,
    TRAIL,
    TRAINING_JOB,
)
from tests.conftest import point_at
from tests.fakeaws import EMPTY, Error, Fake, Fault
from tests.scanning import Scanner, named, outcomes
from tests.worlds import ml
from tests.worlds.make import (
    ACCOUNT,
    EU,
    OTHER,
    US,
    bucket,
    channel,
    key,
    key_arn,
    network,
    notebook,
    role,
    role_arn,
    trail,
    training_job,
)

REGIONS = [EU, US]
QUIET = {  # a region in which nothing is, for what a test says nothing about
    "sagemaker": {"*": EMPTY}, "cloudtrail": {"Trail": []}, "*": EMPTY,
}
GLOBALLY = {
    "iam": {"Role": ml.ROLES, "Policy": ml.POLICIES}, "s3": {"Bucket": []},
}


def account(*, globally=None, others=None, us=None, **services):
    """Return a document: these services in eu-west-1, and nothing else anywhere."""
    return {
        ACCOUNT: {EU: QUIET | services, US: QUIET | (us or {}), "*": GLOBALLY | (globally or {})},
        **(others or {}),
    }


@pytest.fixture
def collect(monkeypatch, tmp_path):
    """Collect a document in this process; gives the inventory and the fake."""

    @contextmanager
    def start(document, *, faults=(), regions=(EU, US), patience=0.0, page=100, timeout=5.0,
              sleep=lambda _: None):
        with Fake(document, page=page, faults=faults) as fake:
            point_at(monkeypatch, fake.url)
            monkeypatch.setattr(
                "auditor.aws.collect.Pace", lambda *a, **k: Pace(*a, **k, sleep=sleep))
            session = Session(timeout=timeout)
            plan = scan.Plan(session, session.caller(), list(regions), patience)
            inventory = scan.collect(plan, tmp_path / "inventory", refresh=True)
            try:
                yield inventory, fake
            finally:
                inventory.close()

    return start


@pytest.fixture(scope="module")
def scanner():
    with Fake(ml.DOCUMENT) as fake:
        yield Scanner(fake)


@pytest.fixture
def world(scanner, monkeypatch, tmp_path):
    """Scan the world of ``tests/worlds/ml.py``, with faults and a size of page."""

    def run(*faults, page=100, remember=False):
        scanner.fake.page = page
        return scanner.scan(monkeypatch, tmp_path / "inventory", regions=REGIONS, faults=faults,
                            remember=remember)

    return run


def only(inventory, kind):
    (found,) = inventory.resources(kind)
    return found


def asked(fake, operation):
    return [c.params for c in fake.calls if c.operation == operation]


# -- what is asked

def test_nothing_but_reads_is_asked_and_nothing_twice(world, scanner):
    for page in (1, 100):
        world(page=page)
        seen = scanner.fake.calls
        assert len(seen) > 150 and scanner.fake.not_modelled == []
        assert {c.operation for c in seen if not READS.match(c.operation)} == set()
        assert [c for c, n in Counter(map(str, seen)).items() if n > 1] == []


@pytest.mark.parametrize("page", [1, 2])
def test_the_size_of_pages_changes_nothing(page, world):
    whole = world()
    paged = world(page=page)
    assert outcomes(paged) == outcomes(whole)
    assert [f.message for f in paged.findings] == [f.message for f in whole.findings]
    assert [f.resource for f in paged.findings] == [f.resource for f in whole.findings]
    assert len(paged.gaps) == len(whole.gaps)


def test_roles_asked_for_singly_are_the_same_as_in_bulk(world, scanner):
    whole = world()
    assert {c.operation for c in scanner.fake.calls if c.service == "iam"} == {
        "GetAccountAuthorizationDetails", "GetAccountSummary", "GetAccountPasswordPolicy",
        "ListUsers", "ListUserTags", "GetLoginProfile", "ListMFADevices", "ListAccessKeys"}
    singly = world(Fault("AccessDenied", "iam", "GetAccountAuthorizationDetails"), page=1)
    assert {c.operation for c in scanner.fake.calls} >= {
        "GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies", "GetPolicy",
        "GetPolicyVersion"}
    # what nothing points at was not seen, and that is said of the kind
    once, told = outcomes(whole), outcomes(singly)
    lists = [f for f in singly.findings if f.resource.name == "(all)"]
    assert {f.status for f in lists} == {"unknown"}
    assert {f.resource.kind for f in lists} == {ROLE.name, POLICY.name}
    same = {name: status for name, status in told.items() if name in once}
    assert same == {name: once[name] for name in same}
    assert {f.resource.name for f in whole.findings if f.fingerprint not in told} == {
        "bound", "starter", "mixed", "vendor", "unused", "everything", "all-of-s3",
        "AmazonSageMakerFullAccess"}
    assert len(singly.gaps) == len(whole.gaps) + 2


# -- lists that go wrong

def test_an_empty_page_with_a_token_is_followed(world):
    whole = world()
    assert outcomes(world(Fault("EmptyPage"), page=2)) == outcomes(whole)
    assert outcomes(world(Fault("EmptyToken"), page=2)) == outcomes(whole)


def test_a_token_that_comes_twice_is_a_refusal(world):
    run = world(Fault("TokenLoop", "sagemaker", "ListNotebookInstances"))
    gaps = [g for g in run.gaps if g.code == "RepeatedToken"]
    assert {(g.call, g.region) for g in gaps} == {
        ("sagemaker:ListNotebookInstances", EU), ("sagemaker:ListNotebookInstances", US)}
    assert "(all)" in named(run, "unknown")["sagemaker-notebook-root-access"]


def test_a_list_without_its_list_is_a_refusal(world):
    for service, operation, member in (
        ("sagemaker", "ListModels", "Models"), ("s3", "ListBuckets", "Buckets"),
        ("ec2", "DescribeSubnets", "Subnets"), ("cloudtrail", "DescribeTrails", "trailList"),
    ):
        run = world(Fault("DropMember", service, operation, member=member), remember=True)
        assert "MalformedAnswer" in {
            g.code for g in run.gaps if g.call == f"{service}:{operation}"}


def test_an_answer_without_what_was_asked_for_is_a_refusal(world):
    singly = Fault("AccessDenied", "iam", "GetAccountAuthorizationDetails")
    for service, operation, member in (
        ("iam", "ListRolePolicies", "PolicyNames"), ("iam", "GetRole", "Role"),
        ("iam", "ListAttachedRolePolicies", "AttachedPolicies"),
        ("iam", "GetPolicyVersion", "PolicyVersion"), ("s3", "GetBucketPolicy", "Policy"),
        ("s3", "GetBucketPolicyStatus", "PolicyStatus"), ("kms", "DescribeKey", "KeyMetadata"),
        ("sagemaker", "DescribeModel", "ModelName"),
    ):
        run = world(Fault("DropMember", service, operation, member=member), singly, remember=True)
        assert "MalformedAnswer" in {
            g.code for g in run.gaps if g.call == f"{service}:{operation}"}, operation


def test_what_goes_between_list_and_describe_is_gone(world):
    run = world(Fault("Gone", "sagemaker", "Describe*", params={"NotebookInstanceName": "nb-f*"}))
    names = {f.resource.name for f in run.findings}
    assert "nb-flawed" not in names and "nb-sound" in names
    assert not [g for g in run.gaps if g.call.startswith("sagemaker:")]


# -- AWS in a bad mood

def test_what_passes_by_itself_changes_nothing(world, scanner):
    whole = world()
    run = world(
        Fault("ServerError", "sagemaker", "Describe*", times=2), Fault("Reset", "s3", times=3),
        Fault("ServerError", "iam", times=1), Fault("Reset", "kms", "DescribeKey", times=2))
    assert outcomes(run) == outcomes(whole)
    assert len(run.gaps) == len(whole.gaps)
    assert run.cost.retries >= 8


def test_throttling_that_ends_is_waited_out(collect):
    slept = []
    with collect(account(sagemaker={"NotebookInstance": [notebook(f"n{i}") for i in range(20)],
                                    "*": EMPTY}),
                 faults=[Fault("Throttle", "sagemaker", "DescribeNotebookInstance", times=15)],
                 patience=60, sleep=slept.append) as (inventory, _):
        assert inventory.counts()[NOTEBOOK.name] == 20
        assert inventory.gaps() == []
        assert slept


def test_one_operation_throttled_for_ever_stops_no_other(collect):
    jobs = [training_job(f"t{i}") for i in range(60)]
    began = time.monotonic()
    with collect(account(sagemaker={"TrainingJob": jobs, "NotebookInstance": [
                    notebook(f"n{i}") for i in range(20)], "*": EMPTY}),
                 faults=[Fault("Throttle", "sagemaker", "DescribeTrainingJob")],
                 patience=0.3, sleep=lambda s: time.sleep(s / 10)) as (inventory, fake):
        took = time.monotonic() - began
        assert [n.unseen for n in inventory.resources(NOTEBOOK)] == [{}] * 20
        jobs_seen = list(inventory.resources(TRAINING_JOB))
        assert len(jobs_seen) == 60
        assert {j.unseen[""].code for j in jobs_seen} == {"ThrottlingException"}
        first = next(i for i, c in enumerate(fake.calls) if c.operation == "DescribeTrainingJob")
        after = Counter(c.operation for c in fake.calls[first:])
        assert after["DescribeTrainingJob"] < 60  # once given up, it is not asked for each job
    assert took < 20


def test_calls_that_are_throttled_together_slow_down_once():
    bucket = _Bucket(rate=16.0)
    sent = time.monotonic()
    for _ in range(8):
        bucket.slower(sent)
    assert bucket.rate == 8.0
    bucket.slower(time.monotonic())
    assert bucket.rate == 4.0
    bucket.success()
    assert bucket.rate > 4.0


def test_lanes_leave_workers_for_the_others():
    lanes = Lanes()
    for i in range(WORKERS * 2):
        lanes.add("slow", lambda i=i: [])
    lanes.add("quick", list)
    taken = []
    while (one := lanes.take({})) is not None:
        taken.append(one[0])
    assert Counter(taken) == {"slow": WORKERS - ABREAST - 1, "quick": 1}
    assert taken.index("quick") == 1 and len(lanes) == WORKERS + ABREAST + 1
    for _ in range(WORKERS):
        lanes.add("late", list)
    taken = []
    while (one := lanes.take({})) is not None:
        taken.append(one[0])
    assert taken == ["late"] * ABREAST  # while the others run, it has what was left for it
    lanes.finished("slow")
    assert lanes.take({}) is None
    for _ in range(ABREAST):
        lanes.finished("late")
    assert lanes.take({})[0] == "late"


def test_lanes_that_wait_for_a_quota_starve_nobody():
    lanes = Lanes()
    slow = [f"slow {i}" for i in range(20)]
    asleep = Counter()
    for lane in slow * ABREAST:
        lanes.add(lane, list)
    while (one := lanes.take(asleep)) is not None:
        asleep[one[0]] += 1  # each of them waits as soon as it has begun
    assert asleep == dict.fromkeys(slow, WAITERS)
    for _ in range(WORKERS * 2):
        lanes.add("quick", list)
    taken = []
    while (one := lanes.take(asleep)) is not None:
        taken.append(one[0])
    assert taken == ["quick"] * (WORKERS - ABREAST)


def test_what_hangs_is_given_up(collect):
    with collect(account(sagemaker={"NotebookInstance": [notebook("n")], "*": EMPTY}),
                 faults=[Fault("Hang", "sagemaker", "DescribeNotebookInstance")],
                 timeout=0.2) as (inventory, fake):
        assert only(inventory, NOTEBOOK).unseen[""].code == "RequestTimeout"
        assert len(asked(fake, "DescribeNotebookInstance")) == 4


def test_a_region_that_is_not_enabled_is_unknown_and_not_empty(collect):
    with collect(account(), faults=[Fault("RegionDisabled", region=US)]) as (inventory, _):
        states = {(kind, region): state for kind, _, region, state, _ in inventory.looks()}
        assert states[NOTEBOOK.name, US] == "refused"
        assert states[NOTEBOOK.name, EU] == "done"
        gap = next(g for g in inventory.gaps() if g.kind == NOTEBOOK.name)
        assert (gap.region, gap.code) == (US, "UnrecognizedClientException")


def test_credentials_that_expire_on_the_way_leave_what_was_seen(world):
    whole = outcomes(world())
    for after in (1, 40, 100):
        run = world(Fault("ExpiredToken", after=after))
        changed = {s for f, s in outcomes(run).items() if whole.get(f) != s}
        assert changed == {"unknown"}
        assert any("Expired" in g.code for g in run.gaps)


# -- before it begins

@pytest.mark.parametrize(("fault", "says"), [
    (Fault("AccessDenied", "sts"), "AWS does not accept these credentials"),
    (Fault("ExpiredToken", "sts"), "have expired"),
    (Fault("Garbage", "sts"), "AWS cannot be reached"),
    (Fault("AccessDenied", "ec2", "DescribeRegions"), "allow ec2:DescribeRegions or name the reg"),
    (Fault("Truncate", "ec2", "DescribeRegions"), "allow ec2:DescribeRegions or name the reg"),
])
def test_a_scan_that_cannot_begin_says_what_to_do(fault, says, monkeypatch):
    with Fake(account(), faults=[fault]) as fake:
        point_at(monkeypatch, fake.url)
        with pytest.raises(AuditorError, match=says):
            scan.prepare()


def test_the_regions_are_those_that_are_enabled(monkeypatch):
    with Fake(account(), faults=[  # what passes by itself does not keep a scan from beginning
            Fault("ServerError", "sts", times=1), Fault("Reset", "ec2", times=1)]) as fake:
        point_at(monkeypatch, fake.url)
        plan = scan.prepare()
        assert plan.regions == [EU, US] and plan.caller.account == ACCOUNT


# -- keys

def test_a_key_is_asked_for_once_by_each_name_and_is_one(collect):
    names = [key_arn("k"), "k", "alias/ml", f"arn:aws:kms:{EU}:{ACCOUNT}:alias/ml", key_arn("k")]
    document = account(kms={"Key": [key("k", "alias/ml")]}, sagemaker={"*": EMPTY,
        "NotebookInstance": [notebook(f"n{i}", KmsKeyId=n) for i, n in enumerate(names)]})
    with collect(document) as (inventory, fake):
        assert len(asked(fake, "DescribeKey")) == 2  # by id and by alias
        one = only(inventory, KEY)
        assert len(one.used_by(NOTEBOOK)) == 5


def test_a_key_is_asked_for_where_its_arn_says_it_is(collect):
    document = account(
        sagemaker={"*": EMPTY, "NotebookInstance": [notebook("n", KmsKeyId=key_arn("k", US))]},
        us={"kms": {"Key": [key("k", region=US)]}})
    with collect(document) as (inventory, fake):
        assert [c.region for c in fake.calls if c.operation == "DescribeKey"] == [US]
        assert only(inventory, NOTEBOOK).to(KEY)[0].region == US


def test_a_key_of_another_account_is_unseen_and_one_that_is_not_there_is_missing(collect):
    theirs = key_arn("t", account=OTHER)
    document = account(
        sagemaker={"*": EMPTY, "NotebookInstance": [
            notebook("a", KmsKeyId=theirs), notebook("b", KmsKeyId="alias/none")]},
        kms={"Key": []}, others={OTHER: {EU: {"kms": {"Key": [key("t", account=OTHER)]}}}})
    with collect(document) as (inventory, _):
        states = {n.name: n.edges(KEY)[0].state for n in inventory.resources(NOTEBOOK)}
        assert states == {"a": "unseen", "b": "missing"}


# -- roles

def test_roles_are_found_by_arn_whatever_their_path(collect):
    document = account(sagemaker={"*": EMPTY, "NotebookInstance": [notebook("n")]})
    for faults in ([], [Fault("AccessDenied", "iam", "GetAccountAuthorizationDetails")]):
        with collect(document, faults=faults) as (inventory, _):
            (found,) = only(inventory, NOTEBOOK).to(ROLE)
            assert found.arn == role_arn("sound")
            statement = found.data.RolePolicyList[0].PolicyDocument["Statement"][0]
            assert statement["Effect"] == "Allow"  # IAM answers it URL-encoded
            assert found.tags == {"team": "fraud"}


def test_a_role_made_anew_under_another_path_is_not_the_one_that_is_named(collect):
    document = account(
        globally={"iam": {"Role": [role("r", Arn=f"arn:aws:iam::{ACCOUNT}:role/r", Path="/")],
                          "Policy": []}},
        sagemaker={"*": EMPTY, "NotebookInstance": [notebook("n", RoleArn=role_arn("r"))]})
    for faults in ([], [Fault("AccessDenied", "iam", "GetAccountAuthorizationDetails")]):
        with collect(document, faults=faults) as (inventory, _):
            assert [e.state for e in only(inventory, NOTEBOOK).edges(ROLE)] == ["missing"]


def test_a_gap_names_the_call_that_was_refused(collect):
    document = account(sagemaker={"*": EMPTY, "NotebookInstance": [notebook("n")]})
    with collect(document, faults=[
        Fault("AccessDenied", "iam", "GetAccountAuthorizationDetails"),
        Fault("AccessDenied", "iam", "ListRolePolicies"),
    ]) as (inventory, _):
        (gap,) = inventory.gaps(arn=only(inventory, ROLE).arn)
        assert (gap.action, gap.member) == ("iam:ListRolePolicies", "RolePolicyList")


# -- buckets

def reading(*uris):
    return {"sagemaker": {"*": EMPTY, "TrainingJob": [
        training_job("t", InputDataConfig=channel(*uris), ModelArtifacts={"S3ModelArtifacts": ""})]}}


def test_buckets_are_asked_in_their_own_region(collect):
    buckets = {"s3": {"Bucket": [bucket("here", EU), bucket("there", US)]}}
    unlisted = {"s3": buckets["s3"] | {"ListBuckets": {"Buckets": [
        {"Name": "here"}, {"Name": "there"}]}}}
    for given, denied, used in (
        (buckets, (), set()),
        (unlisted, (), {"GetBucketLocation"}),
        (unlisted, ("GetBucketLocation",), {"GetBucketLocation", "HeadBucket"}),
    ):
        faults = [Fault("AccessDenied", "s3", operation) for operation in denied]
        with collect(account(globally=given), faults=faults) as (inventory, fake):
            assert {b.name: b.region for b in inventory.resources(BUCKET)} == {
                "here": EU, "there": US}
            assert inventory.gaps() == []
            asked_where = {c.operation for c in fake.calls if c.service == "s3"}
            assert asked_where & {"GetBucketLocation", "HeadBucket"} == used


def test_a_bucket_whose_region_nobody_tells_says_so(collect):
    document = account(globally={"s3": {"Bucket": [bucket("b", EU)], "ListBuckets": {
        "Buckets": [{"Name": "b"}]}}})
    with collect(document, faults=[Fault("AccessDenied", "s3", "GetBucketLocation"),
                                   Fault("AccessDenied", "s3", "HeadBucket")]) as (inventory, _):
        found = only(inventory, BUCKET)
        assert list(found.unseen) == ["LocationConstraint"] and found.region == "unknown"
        with pytest.raises(Unseen):
            found.tags  # noqa: B018 - of no region, so of no answer about tags


def test_what_a_scan_waited_for_under_a_quota_is_said(collect, monkeypatch):
    monkeypatch.setattr("auditor.aws.collect.WAITED", -1.0)
    with collect(account(sagemaker={"*": EMPTY})) as (inventory, _):
        assert any(
            note.startswith("sagemaker:ListTrainingJobs waited 0 s in eu-west-1: AWS allows 2 ")
            and "--share" in note for note in inventory.get("notes")
        )


def test_a_list_that_a_region_does_not_have_is_unavailable_there(collect):
    unknown = Error("UnknownOperationException", "no such operation", 400)
    document = account(sagemaker={"ListNotebookInstances": unknown, "*": EMPTY})
    with collect(document) as (inventory, _):
        assert inventory.gaps(kind=NOTEBOOK.name) == []
        assert [state for kind, _, region, state, _ in inventory.looks()
                if (kind, region) == (NOTEBOOK.name, EU)] == ["unavailable"]


OTHERS = {OTHER: {US: {"s3": {"Bucket": [bucket("theirs", US)]}}}}
OURS = {"s3": {"Bucket": [bucket("ours", EU)]}}
DEFAULT = f"sagemaker-{EU}-{ACCOUNT}"


def test_buckets_that_are_named_are_ours_anothers_or_nobodys(collect):
    uris = ("s3://ours/a", "s3://theirs/a", "s3://theirs/b", "s3://nobodys/a", "s3://n/",
            f"s3://arn:aws:s3:{EU}:{OTHER}:accesspoint/ap/x")
    document = account(globally=OURS, others=OTHERS, **reading(*uris))
    with collect(document) as (inventory, fake):
        edges = only(inventory, TRAINING_JOB).edges(BUCKET)
        assert [e.state for e in edges] == [
            "here", "foreign", "foreign", "missing", "missing", "unseen"]
        heads = [(e.call.params["Bucket"], e.error) for e in fake.log
                 if e.call.operation == "HeadBucket" and e.error != "PermanentRedirect"]
        assert Counter(heads) == {
            ("ours", ""): 1, ("theirs", "AccessDenied"): 1, ("nobodys", "NoSuchBucket"): 1,
            (DEFAULT, "NoSuchBucket"): 1}


@pytest.mark.parametrize(("state", "globally", "others"), [
    ("missing", OURS, OTHERS),
    ("here", {"s3": {"Bucket": [bucket("ours", EU), bucket(DEFAULT, EU)]}}, OTHERS),
    ("foreign", OURS, {OTHER: {US: {"s3": {"Bucket": [bucket(DEFAULT, US)]}}}}),
])
def test_the_default_bucket_is_asked_about_where_ml_is_used(collect, state, globally, others):
    document = account(globally=globally, others=others, **reading("s3://ours/a"))
    with collect(document) as (inventory, fake):
        (edge,) = only(inventory, DEFAULT_BUCKET).edges(BUCKET)
        assert (edge.value, edge.state) == (DEFAULT, state)
        asked_of = [c.params["Bucket"] for c in fake.calls if c.operation == "HeadBucket"]
        assert set(asked_of) <= {DEFAULT, "ours"}
    with collect(account(globally=globally, others=others)) as (inventory, _):
        assert list(inventory.resources(DEFAULT_BUCKET)) == []


def test_a_denial_tells_of_an_owner_only_where_our_own_buckets_answer(collect):
    document = account(globally=OURS, others=OTHERS, **reading("s3://theirs/a", "s3://ghost/b"))
    denied = Fault("AccessDenied", "s3", "HeadBucket")
    with collect(document, faults=[denied]) as (inventory, _):
        edges = only(inventory, TRAINING_JOB).edges(BUCKET)
        assert [e.state for e in edges] == ["unseen", "unseen"]
        assert edges[0].gap.action == "s3:ListBucket"


def test_where_buckets_cannot_be_listed_none_is_called_missing(collect):
    document = account(globally=OURS, **reading("s3://ours/a"))
    with collect(document, faults=[Fault("AccessDenied", "s3", "ListBuckets")]) as (inventory, f):
        assert [e.state for e in only(inventory, TRAINING_JOB).edges(BUCKET)] == ["unseen"]
        assert asked(f, "HeadBucket") == []


# -- trails

def test_a_trail_is_described_once_and_at_home(collect):
    everywhere = trail("all", US, "b", IsMultiRegionTrail=True)
    document = account(us={"cloudtrail": {"Trail": [everywhere]}})
    for regions in ([EU, US], [EU]):
        with collect(document, regions=regions) as (inventory, fake):
            found = only(inventory, TRAIL)
            assert (found.region, found.data.Status.IsLogging) == (US, True)
            assert len(asked(fake, "GetTrailStatus")) == 1


def test_an_organizations_trail_is_partly_unseen(collect):
    document = account(us={"cloudtrail": {"Trail": [ml.ORGANIZATION | {"HomeRegion": US}]}})
    with collect(document) as (inventory, _):
        found = only(inventory, TRAIL)
        assert set(found.unseen) == {"Status", "Selectors", "Insights"}
        assert found.data.IsOrganizationTrail is True


# -- Macie

@pytest.mark.parametrize(("words", "off"), [
    ("Macie is not enabled", True), ("Macie is not enabled.", True),
    ("Macie is not enabled for this account.", True),
    ("User: x is not authorized to perform: macie2:GetMacieSession", False),
])
def test_macie_that_is_off_is_told_from_a_denial(words, off, collect):
    said = Error("AccessDeniedException", words, 403)
    with collect(account(macie2={"GetMacieSession": said}), regions=[EU]) as (inventory, _):
        macie = only(inventory, MACIE)
        assert set(macie.unseen) == (set() if off else {
            "Session", "AutomatedDiscovery", "ClassificationScopes", "ClassificationExport"})


# -- tags

def test_tags_of_every_page_and_region_are_read(collect):
    tagged = [notebook(f"n{i}", _tags={"i": str(i)}) for i in range(5)]
    document = account(
        sagemaker={"*": EMPTY, "NotebookInstance": tagged},
        globally={"s3": {"Bucket": [bucket("far", "ap-south-1", _tags={"far": "yes"})]}})
    document[ACCOUNT]["ap-south-1"] = {}
    with collect(document, page=2) as (inventory, _):
        assert [n.tags for n in inventory.resources(NOTEBOOK)] == [
            {"i": str(i)} for i in range(5)]
        assert only(inventory, BUCKET).tags == {"far": "yes"}


def test_tags_that_were_refused_are_unseen(collect):
    document = account(sagemaker={"*": EMPTY, "NotebookInstance": [notebook("n", _tags={"a": "b"})]})
    with collect(document, faults=[
        Fault("AccessDenied", "resourcegroupstaggingapi")]) as (inventory, _):
        assert only(inventory, NOTEBOOK).known_tags is None
        assert {g.action for g in inventory.gaps()} == {"tag:GetResources"}


# -- the network

def test_the_network_is_looked_at_only_where_something_is_in_one(collect):
    document = account(
        sagemaker={"*": EMPTY, "NotebookInstance": [notebook("n", SubnetId="subnet-a")]},
        ec2=network(EU, vpcs=[("vpc-a", False)], subnets=[("subnet-a", "vpc-a")]))
    with collect(document) as (_, fake):
        assert {c.region for c in fake.calls if c.operation == "DescribeSubnets"} == {EU}


def test_an_account_without_anything_is_seen_to_be_empty(collect):
    with collect(account()) as (inventory, fake):
        assert inventory.gaps() == [] and fake.not_modelled == []
        assert set(inventory.counts()) == {
            "AWS::::Account", "AWS::Macie::Session", "AWS::S3::AccountPublicAccessBlock",
            "AWS::SageMaker::ServicecatalogPortfolio"}
        assert {s for *_, s, _ in inventory.looks()} == {"done"}
        assert {r for _, _, r, *_ in inventory.looks()} == {EU, US, GLOBAL}
        assert inventory.get("finished")


def test_what_was_collected_can_be_read_again(collect, tmp_path):
    with collect(account()):
        pass
    again = scan.load(tmp_path / "inventory")
    assert isinstance(again, Inventory)
    again.close()
