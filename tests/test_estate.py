"""A world of every kind of the table, scanned whole: all of it is there, once, and as it is."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing

import msgspec
import pytest

from auditor.aws.models import ALSO, READS
from auditor.aws.plan import Call, permissions
from auditor.inventory import GLOBAL, Inventory
from auditor.kinds import TABLE
from tests.fakeaws import Fake, Fault, Permissions
from tests.scanning import Scanner
from tests.worlds import estate
from tests.worlds.make import SECRET

KINDS = {kind.name: kind for kind in TABLE}
# Actions of the policy that this world does not lead to.
ELSEWHERE = {
    "ec2:DescribeRegions": "asked before a scan, where nobody names the regions",
    "s3:GetBucketLocation": "asked where ListBuckets does not tell the regions",
    "inspector2:ListCoverage": "asked by AWS in our name, for the findings of an image",
    "inspector2:ListFindings": "asked by AWS in our name, for the findings of an image",
}
GRANTED = {
    action for statement in permissions(TABLE)["Statement"] for action in statement["Action"]}


@pytest.fixture(scope="module")
def world():
    return estate.build()


@pytest.fixture(scope="module")
def scanner(world):
    with Fake(world.document) as fake:
        yield Scanner(fake)


@pytest.fixture(scope="module")
def scan(scanner, tmp_path_factory):
    """Scan the world with faults and a size of page; gives the run and the inventory."""
    opened = []

    def start(*faults, page=100):
        path = tmp_path_factory.mktemp("estate") / "inventory"
        scanner.fake.page = page
        with pytest.MonkeyPatch.context() as patch:
            # the salt of masks is each inventory's own; here all of them are to be equal
            patch.setattr("auditor.runs.secrets.token_hex", lambda size: "0" * size * 2)
            run = scanner.scan(patch, path, regions=list(estate.REGIONS), faults=faults)
        opened.append(Inventory(path, TABLE))
        return run, opened[-1], path

    yield start
    for inventory in opened:
        inventory.close()


@pytest.fixture(scope="module")
def scanned(scan, scanner):
    run, inventory, path = scan()
    asked = scanner.fake.calls
    assert scanner.fake.not_modelled == []
    return run, inventory, path, asked


def test_every_kind_was_looked_for_everywhere(scanned):
    _, inventory, _, _ = scanned
    assert inventory.gaps() == []
    looks = {(kind, region): state for kind, _, region, state, _ in inventory.looks()}
    assert set(looks.values()) == {"done"}
    for kind in TABLE:
        if kind.lists != "" or kind.single:
            for region in (GLOBAL,) if kind.scope == "account" else estate.REGIONS:
                assert (kind.name, region) in looks


def test_every_resource_is_there_once(scanned, world):
    _, inventory, _, _ = scanned
    assert set(KINDS) - set(inventory.counts()) == set()
    for (kind, region), names in world.names.items():
        found = Counter(r.name for r in inventory.resources(KINDS[kind])
                        if region == "*" or r.region == region)
        assert found == Counter(names), (kind, region)


def test_links_lead_both_ways(scanned, world):
    _, inventory, _, _ = scanned
    resources = {(k, r.name): r for k in KINDS for r in inventory.resources(KINDS[k])}
    assert len(world.links) > 500
    for kind, name, path, target in world.links:
        here = resources[kind, name]
        edges = [e for e in here.edges(KINDS[target]) if e.path == path]
        found = [e for e in edges if e.state == "here"]  # beside it may be random ones
        assert found, (kind, name, path, edges)
        for edge in found:
            assert here.arn in {r.arn for r in edge.target.used_by(KINDS[kind])}, (kind, path)


def test_no_secret_leaves_the_masker(scanned, world):
    run, _, path, _ = scanned
    assert world.secrets > 100
    for text in (path.read_bytes(), msgspec.json.encode(run, enc_hook=list)):
        assert SECRET.encode() not in text


def test_nothing_but_reads_is_asked_and_nothing_twice(scanned):
    *_, asked = scanned
    assert {c.operation for c in asked
            if not READS.match(c.operation) and (c.service, c.operation) not in ALSO} == set()
    assert [c for c, n in Counter(map(str, asked)).items() if n > 1] == []


def test_the_size_of_pages_changes_nothing(scan, scanned):
    whole = contents(scanned[1])
    for page in (1, 2):
        _, inventory, _ = scan(page=page)
        assert inventory.gaps() == []
        assert contents(inventory) == whole


def test_what_is_asked_is_what_the_policy_grants_and_no_more(scan, scanner, scanned):
    *_, asked = scanned
    used = {Call(c.service, c.operation).action for c in asked}
    scan(Fault("AccessDenied", "iam", "GetAccountAuthorizationDetails"))  # roles asked for singly
    used |= {Call(c.service, c.operation).action for c in scanner.fake.calls}
    assert used - GRANTED == set()
    assert GRANTED - used == set(ELSEWHERE)


def test_with_exactly_the_policy_nothing_is_refused(scan, scanner, scanned, monkeypatch):
    monkeypatch.setattr(scanner.fake.world, "permissions", Permissions(GRANTED))
    _, inventory, _ = scan()
    assert inventory.gaps() == []
    assert contents(inventory) == contents(scanned[1])


@pytest.mark.parametrize("seed", [1, 2])
def test_other_random_answers_are_taken_as_well(seed, monkeypatch, tmp_path):
    world = estate.build(seed=seed)
    with Fake(world.document) as fake:
        run = Scanner(fake).scan(monkeypatch, tmp_path / "x", regions=list(estate.REGIONS))
        assert fake.not_modelled == [] and run.gaps == []
    with closing(Inventory(tmp_path / "x", TABLE)) as inventory:
        assert set(KINDS) - set(inventory.counts()) == set()
    assert SECRET.encode() not in (tmp_path / "x").read_bytes()


def contents(inventory):
    """Return what an inventory says of each resource."""
    return {
        (kind.name, r.arn, r.name, r.account, r.region): (
            json.dumps(r.data.raw(), sort_keys=True), r.tags)
        for kind in TABLE for r in inventory.resources(kind)
    }
