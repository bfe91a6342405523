"""One inventory file, run after run: nothing twice, nothing old, and a run cut off goes on."""

from __future__ import annotations

import copy
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from auditor import scan
from auditor.aws.pace import Pace
from auditor.aws.plan import reach
from auditor.aws.session import Session
from auditor.errors import AuditorError
from auditor.inventory import Inventory
from auditor.kinds import ENDPOINT_CONFIG, MODEL, NOTEBOOK, ROLE, TRAINING_JOB
from auditor.runs import made
from tests.conftest import point_at
from tests.fakeaws import EMPTY, Fake, Fault
from tests.worlds.make import (
    ACCOUNT,
    EU,
    OTHER,
    SECRET,
    ago,
    endpoint_config,
    model,
    notebook,
    role,
    role_arn,
    training_job,
    variant,
)

KINDS = (NOTEBOOK, MODEL, ENDPOINT_CONFIG, TRAINING_JOB)
NOTHING = {"*": EMPTY}
SETTLED = ("DescribeModel", "DescribeEndpointConfig", "DescribeTrainingJob", "Search")


def job(name, days, **members):
    """Return a finished training job that was made so many days ago."""
    return training_job(name, **{"CreationTime": ago(days), "LastModifiedTime": ago(days),
                                 "_tags": {"job": name}, **members})


def running(name, days, **members):
    return job(name, days, TrainingJobStatus="InProgress", SecondaryStatus="Training", **members)


def world(*, jobs=(), models=(), configs=(), notebooks=(), account=ACCOUNT):
    """Return a document of one account with these in eu-west-1, and a role."""
    return {account: {
        EU: {
            "sagemaker": {
                "TrainingJob": list(jobs), "Model": list(models),
                "EndpointConfig": list(configs), "NotebookInstance": list(notebooks),
                **NOTHING,
            },
            **dict.fromkeys(("ec2", "kms", "ecr"), NOTHING),
        },
        "*": {"iam": {"Role": [role("sound")], "Policy": [], **NOTHING}, "s3": {"Bucket": []}},
    }}


USUAL = {
    "jobs": [running("now", 0.1), *(job(f"job-{i}", 1 + i) for i in range(12))],
    "models": [model(f"model-{i}", CreationTime=ago(20 + i)) for i in range(3)],
    "configs": [endpoint_config("config", variant("v", "model-0"))],
    "notebooks": [notebook("nb")],
}


class Account:
    """A fake that can be scanned again and again, into the same file."""

    def __init__(self, monkeypatch, path, table):
        monkeypatch.setattr(scan, "TABLE", table)
        monkeypatch.setattr(
            "auditor.aws.collect.Pace", lambda *a, **k: Pace(*a, **k, sleep=lambda _: None))
        self._monkeypatch = monkeypatch
        self.path = path
        self.said = []

    @contextmanager
    def serve(self, **what):
        """Serve a world in which nothing changes."""
        with Fake(world(**(USUAL | what))) as fake:
            point_at(self._monkeypatch, fake.url)
            self.fake = fake
            yield self

    def scan(self, *, faults=(), regions=(EU,), **options):
        """Scan once; returns the calls that were made, by operation."""
        self.fake.faults[:] = faults
        self.fake.log.clear()
        session = Session(timeout=5.0)
        plan = scan.Plan(session, session.caller(), list(regions), 0.0)
        scan.collect(plan, self.path, say=self.said.append, **options).close()
        assert self.fake.not_modelled == []
        assert max(Counter(map(str, self.fake.calls)).values()) == 1  # nothing twice
        return Counter(c.operation for c in self.fake.calls)

    @property
    def inventory(self):
        return Inventory(self.path, scan.TABLE)

    @property
    def gaps(self):
        kinds = {kind.name for kind in KINDS}
        return [g for g in self.inventory.gaps() if g.kind in kinds]

    def names(self, kind):
        return [r.name for r in self.inventory.resources(kind)]

    def change(self, noun, resources):
        """Let the account have other resources of a kind from now on."""
        kept = self.fake.log
        changed = Fake(world(**(USUAL | {noun: resources})))
        self.fake.world = changed.world
        self.fake.log = kept


@pytest.fixture
def account(monkeypatch, tmp_path):
    return Account(monkeypatch, tmp_path / "inventory", tuple(reach(KINDS)))


def test_a_second_run_asks_only_for_what_can_change(account):
    with account.serve():
        first = account.scan()
        assert first["DescribeModel"] == 3 and first["DescribeEndpointConfig"] == 1
        second = account.scan()
    assert [second[o] for o in SETTLED] == [0, 0, 1, 0]
    described = [c.params for c in account.fake.calls if c.operation == "DescribeTrainingJob"]
    assert described == [{"TrainingJobName": "now"}]
    assert second["DescribeNotebookInstance"] == 1
    assert second["GetAccountAuthorizationDetails"] == 1
    lists = {o: n for o, n in first.items() if o.startswith("List")}
    assert {o: n for o, n in second.items() if o.startswith("List")} == lists


def test_a_second_run_finds_what_the_first_found(account):
    def everything():
        inventory = account.inventory
        return {
            (r.kind.name, r.arn): (
                dict(r.data._raw), r.tags,
                [[(e.path, e.value, e.state) for e in r.edges(k)] for k in (ROLE, MODEL)],
            )
            for kind in scan.TABLE for r in inventory.resources(kind)
        }

    with account.serve():
        account.scan()
        first = everything()
        account.scan()
        assert everything() == first and len(first) > 15
        (one,) = account.inventory.resources(ROLE)
        assert len(one.used_by(TRAINING_JOB)) == 13
        assert len(one.used_by(MODEL)) == 3


def test_a_list_is_read_from_its_new_end_down_to_what_is_known(account):
    many = [job(f"job-{i:03}", 10 + i) for i in range(300)]
    with account.serve(jobs=many):
        assert account.scan()["ListTrainingJobs"] == 3
        assert account.scan()["ListTrainingJobs"] == 1
        look = next(x for x in account.inventory.looks() if x[0] == TRAINING_JOB.name)
        assert look[3] == "done" and "only what is new" in look[4]
        assert len(account.names(TRAINING_JOB)) == 300
        account.change("jobs", [job("new", 1), *many])
        third = account.scan()
        assert third["ListTrainingJobs"] == 1 and third["DescribeTrainingJob"] == 1
        assert len(account.names(TRAINING_JOB)) == 301
        assert account.inventory.counts()[TRAINING_JOB.name] == 301


def test_a_job_that_was_not_over_is_asked_again_wherever_it_stands(account):
    many = [*(job(f"job-{i:03}", 1 + i) for i in range(120)), running("old", 200)]
    with account.serve(jobs=many):
        account.scan()
        account.change("jobs", [*many[:-1], job("old", 200, _tags={"job": "over"})])
        calls = account.scan()
        assert (calls["ListTrainingJobs"], calls["DescribeTrainingJob"]) == (1, 1)
        old = next(r for r in account.inventory.resources(TRAINING_JOB) if r.name == "old")
        assert old.data.TrainingJobStatus == "Completed"
        assert old.tags == {"job": "over"}
        assert account.scan()["DescribeTrainingJob"] == 0


def test_a_name_that_was_given_anew_is_a_new_thing(account):
    with account.serve(jobs=[job("a", 5), job("b", 6)]):
        account.scan()
        account.change("jobs", [job("b", 6), job("a", 1, RoleArn=role_arn("other"))])
        assert account.scan()["DescribeTrainingJob"] == 1
        roles = {r.name: r.data.RoleArn for r in account.inventory.resources(TRAINING_JOB)}
        assert roles == {"a": role_arn("other"), "b": role_arn("sound")}
        (one,) = account.inventory.resources(ROLE)
        assert [j.name for j in one.used_by(TRAINING_JOB)] == ["b"]


def test_what_was_deleted_goes_with_the_next_whole_list(account):
    many = [job(f"job-{i:03}", 10 + i) for i in range(150)]
    with account.serve(jobs=many):
        account.scan()
        account.change("jobs", many[:-1])
        account.scan()
        assert "job-149" in account.names(TRAINING_JOB)
        calls = account.scan(reconcile_days=0)
        assert (calls["ListTrainingJobs"], calls["DescribeTrainingJob"]) == (2, 0)
        assert "job-149" not in account.names(TRAINING_JOB)
        account.change("models", [])
        account.scan()
        assert account.names(MODEL) == []  # a list of one page is always whole


def test_a_refused_list_deletes_nothing_that_is_settled_and_keeps_nothing_else(account):
    with account.serve():
        account.scan()
        calls = account.scan(faults=[
            Fault("AccessDenied", "sagemaker", "ListTrainingJobs"),
            Fault("AccessDenied", "sagemaker", "ListNotebookInstances")])
        assert calls["DescribeTrainingJob"] == 0
        assert account.names(NOTEBOOK) == []
        assert "now" not in account.names(TRAINING_JOB)
        assert len(account.names(TRAINING_JOB)) == 12
        refused = {g.kind for g in account.gaps if not g.arn}
        assert refused >= {TRAINING_JOB.name, NOTEBOOK.name}
        account.scan()
        assert account.gaps == []
        assert len(account.names(TRAINING_JOB)) == 13


def test_what_could_not_be_described_is_asked_again(account):
    many = [job(f"job-{i:03}", 1 + i) for i in range(150)]
    denied = [Fault("AccessDenied", "sagemaker", "DescribeTrainingJob"),
              Fault("AccessDenied", "sagemaker", "Search")]
    with account.serve(jobs=many):
        account.scan(faults=denied)
        assert len(account.gaps) == 150
        calls = account.scan()
        assert account.gaps == []
        assert calls["Search"] + calls["DescribeTrainingJob"] > 0
        assert all(r.data.RoleArn for r in account.inventory.resources(TRAINING_JOB))


def test_refresh_starts_over(account):
    with account.serve():
        first = account.scan()
        again = account.scan(refresh=True)
    assert again == first


def test_a_region_that_is_not_scanned_is_not_in_the_file(account):
    with account.serve():
        account.scan()
        regions = account.fake.world.accounts[ACCOUNT]
        regions["us-east-1"] = dict.fromkeys(regions[EU], NOTHING)
        account.scan(regions=["us-east-1"])
        assert account.names(TRAINING_JOB) == []


def test_secrets_keep_their_hash_from_run_to_run(account):
    def hidden(name):
        return next(r for r in account.inventory.resources(TRAINING_JOB) if r.name == name
                    ).data.Environment["PASSWORD"]

    jobs = [job("a", 5, Environment={"PASSWORD": SECRET})]
    with account.serve(jobs=jobs):
        account.scan()
        account.change("jobs", [*jobs, job("b", 1, Environment={"PASSWORD": SECRET})])
        account.scan()
        assert SECRET not in hidden("a") and hidden("a") == hidden("b")
        assert stat.S_IMODE(account.path.stat().st_mode) == 0o600


# -- files that are not ours to go on with


def test_the_file_of_another_account_is_refused(account, monkeypatch):
    with account.serve():
        account.scan()
    with Fake(world(account=OTHER)) as account.fake:
        point_at(monkeypatch, account.fake.url)
        with pytest.raises(AuditorError, match=f"holds account {ACCOUNT} of aws, not {OTHER}"):
            account.scan()
        account.scan(refresh=True)
        assert account.inventory.get("accounts") == [OTHER]


def test_an_old_format_is_refused_and_refresh_replaces_it(account):
    with account.serve():
        account.scan()
        old = account.inventory
        old.put("format", 1)
        old.close()
        with pytest.raises(AuditorError, match="format 1; this reads 2: start it over with"):
            account.scan()
        account.scan(refresh=True)
        assert len(account.names(TRAINING_JOB)) == 13


def test_a_file_that_is_being_written_is_refused(account):
    with account.serve():
        account.scan()
        held = Inventory.keep(account.path)
        held.put("x", 1)
        with pytest.raises(AuditorError, match="if a scan is writing it, wait for it"):
            account.scan()
        held.close()


def test_another_endpoint_is_another_aws(account):
    with account.serve():
        account.scan()
    with account.serve():
        assert account.scan()["DescribeModel"] == 3


def test_another_table_of_kinds_asks_anew_for_what_it_reads_otherwise(account):
    with account.serve():
        account.scan()
        kept = account.inventory
        kept.put("rows", kept.get("rows") | {MODEL.name: "another row"})
        kept.close()
        calls = account.scan()
        assert (calls["DescribeModel"], calls["DescribeEndpointConfig"]) == (3, 0)


# -- runs that are cut off

CHILD = """
import sys
from auditor import scan
from auditor.aws.plan import reach
from auditor.aws.session import Session
from auditor.kinds import ENDPOINT_CONFIG, MODEL, NOTEBOOK, TRAINING_JOB
scan.TABLE = tuple(reach((NOTEBOOK, MODEL, ENDPOINT_CONFIG, TRAINING_JOB)))
session = Session(timeout=30)
scan.collect(scan.Plan(session, session.caller(), ["eu-west-1"]), sys.argv[1])
"""


def killed(account, until):
    """Scan in a process of its own and kill it when ``until`` says so of the calls so far."""
    account.fake.log.clear()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(account.path)], env=dict(os.environ), cwd=os.getcwd())
    deadline = time.monotonic() + 60
    while not until(Counter(c.operation for c in account.fake.calls)):
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    return copy.copy(account.fake.calls)


def test_a_run_that_was_killed_goes_on_where_it_was(account):
    notebooks = [notebook(f"nb-{i:03}") for i in range(400)]
    hang = Fault("Hang", "sagemaker", "DescribeNotebookInstance",
                 params={"NotebookInstanceName": "nb-3*"})
    with account.serve(notebooks=notebooks):
        account.fake.faults[:] = [hang]
        many = []

        def after_a_while(calls):
            if calls["DescribeNotebookInstance"] > 250:
                many.append(time.monotonic())
            return many and many[-1] - many[0] > 2

        killed(account, after_a_while)
        with pytest.raises(AuditorError, match="was cut off"):
            scan.load(account.path)
        kept = account.inventory.counts()
        assert kept[NOTEBOOK.name] > 50
        calls = account.scan()
        assert account.said and account.said[0].startswith("going on with the scan begun at")
        assert calls["DescribeNotebookInstance"] == 400 - kept[NOTEBOOK.name]
        assert [calls[o] for o in SETTLED] == [0, 0, 0, 0]
        assert len(account.names(NOTEBOOK)) == 400
        assert len(account.names(TRAINING_JOB)) == 13
        (one,) = account.inventory.resources(ROLE)
        assert len(one.used_by(NOTEBOOK)) == 400
        assert account.gaps == []
        assert scan.load(account.path).get("finished")


def test_a_run_that_was_killed_long_ago_is_not_gone_on_with(account):
    with account.serve():
        account.scan()
        cut = account.inventory
        cut.db.execute("DELETE FROM meta WHERE key = 'finished'")
        cut.put("started", (datetime.now(UTC) - timedelta(hours=25)).isoformat())
        cut.close()
        calls = account.scan()
        assert account.said == []
        assert calls["DescribeNotebookInstance"] == 1 and calls["DescribeModel"] == 0


def test_what_a_killed_run_listed_and_did_not_describe_is_not_below_the_watermark(account):
    many = [job(f"job-{i:03}", 1 + i) for i in range(150)]
    with account.serve(jobs=many):
        account.scan()
        newer = [job(f"new-{i:02}", 0.5) for i in range(5)]
        account.change("jobs", [*newer, *many])
        account.fake.faults[:] = [Fault("Hang", "sagemaker", "DescribeTrainingJob")]
        killed(account, lambda calls: calls["DescribeTrainingJob"] == 5)
        cut = account.inventory
        cut.put("started", (datetime.now(UTC) - timedelta(hours=25)).isoformat())
        cut.close()
        assert account.scan()["DescribeTrainingJob"] == 5
        assert len(account.names(TRAINING_JOB)) == 155


def test_the_time_of_making_is_read_from_any_protocol():
    told = json.loads('{"CreationTime": 1700000000.5}')
    assert made(MODEL, told) == 1700000000.5
    assert made(MODEL, {"CreationTime": "2023-11-14T22:13:20.500Z"}) == 1700000000.5
    assert made(MODEL, {}) is None and made(MODEL, {"CreationTime": "soon"}) is None
    assert made(MODEL, "name") is None
