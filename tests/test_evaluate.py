"""The engine: Unknown is its own, evidence is what was read, fingerprints never change."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime

from auditor.config import Gate
from auditor.errors import Gap
from auditor.evaluate import evaluate as engine
from auditor.evaluate import findings, judge, mended
from auditor.finding import fingerprint
from auditor.gate import decide
from auditor.inventory import Inventory, New
from auditor.kinds import KEY, NOTEBOOK, TRAINING_JOB
from auditor.rule import Other, rule
from auditor.scan import evaluate
from auditor.testing import ACCOUNT_ID, REGION, world
from auditor.verdict import Fail, Pass, Severity

NOW = datetime(2026, 2, 1, tzinfo=UTC)
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/k"
NOTEBOOK_DATA = {"NotebookInstanceName": "nb", "RootAccess": "Enabled",
                 "NotebookInstanceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:notebook/nb"}


@rule("acme-notebook-root", "No root", on=NOTEBOOK, severity=Severity.HIGH,
      fix="aws x --name {name} --region {region}", good={"RootAccess": "Disabled"},
      bad={"RootAccess": "Enabled"}, controls={"ACME": ["1"]})
def no_root(notebook):
    """Root is too much."""
    if notebook.data.RootAccess == "Disabled":
        return Pass()
    return Fail("RootAccess is Enabled")


@rule("acme-notebook-broken", "Breaks", on=NOTEBOOK, severity=Severity.LOW, fix="-",
      good={}, bad={})
def broken(notebook):
    """A rule that breaks."""
    return notebook.data.NoSuchMember


def resource(**unseen):
    inventory, arn = world([Other(NOTEBOOK, NOTEBOOK_DATA)], unseen=unseen)
    return inventory, inventory.find(NOTEBOOK, arn)


@rule("acme-key-state", "Is enabled", on=KEY, severity=Severity.LOW, fix="-", good={}, bad={})
def key_is_enabled(key):
    """Keys are asked for by name; nothing lists them."""
    return Pass()


def test_what_is_asked_for_by_name_is_unknown_where_that_was_refused():
    """Once in a Region, however many were refused, and not for what another account owns."""
    def gap(value, member=""):
        inventory.gap(Gap(ACCOUNT_ID, REGION, "kms", "DescribeKey", "AccessDenied", "no",
                          "kms:DescribeKey", KEY.name, value, member))

    inventory, _ = resource()
    gap("arn:aws:kms:eu-west-1:444455556666:key/theirs")
    gap(f"arn:aws:kms:eu-west-1:{ACCOUNT_ID}:key/ours", "Policy")
    assert list(findings(inventory, [key_is_enabled], now=NOW)) == []
    gap("alias/ours")
    gap("alias/other")
    (found,) = findings(inventory, [key_is_enabled], now=NOW)
    assert (found.status, found.resource.name) == ("unknown", "(all)")
    assert "could not be described" in found.message


def test_the_fingerprint_is_golden():
    # Everyone's tickets and baselines hang on this value; it changes with a version or never.
    assert fingerprint("s3-bucket-public-read", "aws", "111122223333", "eu-west-1",
                       "arn:aws:s3:::data") == "0057d01c915dfcb2da541f23fc805be5"


def test_a_fail_carries_what_it_read():
    _, notebook = resource()
    finding = judge(no_root, notebook, now=NOW)
    assert finding.status == "fail"
    (evidence,) = finding.evidence
    assert (evidence.member, evidence.value, evidence.arn) == (
        "RootAccess", "Enabled", NOTEBOOK_DATA["NotebookInstanceArn"])
    assert finding.fix == "aws x --name nb --region eu-west-1"


def test_what_was_refused_is_unknown_with_its_gap():
    inventory, notebook = resource(RootAccess="AccessDeniedException")
    gaps = {g: i for i, g in enumerate(inventory.gaps())}
    finding = judge(no_root, notebook, now=NOW, gaps=gaps)
    assert (finding.status, finding.gap) == ("unknown", 0)
    assert "AccessDeniedException" in finding.message


def test_a_rule_that_breaks_is_unknown_and_named():
    _, notebook = resource()
    finding = judge(broken, notebook, now=NOW)
    assert finding.status == "unknown"
    assert "the rule broke" in finding.message and "NoSuchMember" in finding.message


def test_names_are_quoted_for_the_shell():
    inventory, arn = world([Other(NOTEBOOK, NOTEBOOK_DATA | {
        "NotebookInstanceName": "x; rm -rf ~"})])
    assert mended("aws x --name {name} {other}", inventory.find(NOTEBOOK, arn)) == (
        "aws x --name 'x; rm -rf ~' {other}")


def test_a_refused_list_is_one_unknown_for_each_rule_and_region():
    inventory, _ = world([])
    for region in ("eu-west-1", "us-east-1"):
        inventory.gap(Gap(ACCOUNT_ID, region, "sagemaker", "ListNotebookInstances", "AccessDenied",
                          "", "sagemaker:ListNotebookInstances", NOTEBOOK.name))
    found = list(findings(inventory, [no_root], now=NOW))
    assert [(f.status, f.region, f.gap) for f in found] == [
        ("unknown", "eu-west-1", 0), ("unknown", "us-east-1", 1)]
    assert len({f.fingerprint for f in found}) == 2


def test_jobs_that_ended_long_ago_are_historical():
    @rule("acme-job", "x", on=TRAINING_JOB, severity=Severity.LOW, fix="-", good={}, bad={})
    def job(_):
        """Always fails."""
        return Fail("no")

    for ended, historical in (("2025-10-01T00:00:00Z", True), ("2026-01-15T00:00:00Z", False),
                              (None, False)):
        inventory, arn = world([Other(TRAINING_JOB, {"TrainingEndTime": ended})])
        assert judge(job, inventory.find(TRAINING_JOB, arn), now=NOW).historical is historical


def test_the_same_inventory_gives_the_same_run():
    inventory, _ = world([Other(NOTEBOOK, NOTEBOOK_DATA)])
    assert evaluate(inventory) == evaluate(inventory)


def test_a_run_tells_what_points_at_what():
    """From what stands, and from jobs of which something is to be said; long-ended jobs are many."""
    def drawn(ended):
        key = {"KeyId": "k", "Arn": KEY_ARN, "KeyManager": "CUSTOMER"}
        inventory, _ = world([
            Other(TRAINING_JOB, {"TrainingEndTime": ended, "OutputDataConfig": {
                "S3OutputPath": "s3://b/", "KmsKeyId": KEY_ARN}}),
            Other(NOTEBOOK, NOTEBOOK_DATA | {"KmsKeyId": KEY_ARN}), Other(KEY, key),
        ])
        return {(link.source_kind, link.member, link.target_kind, link.target)
                for link in evaluate(inventory, select=["sagemaker-training-network-isolation"]).lineage}

    standing = (NOTEBOOK.name, "KmsKeyId", KEY.name, KEY_ARN)
    assert drawn("2020-01-01T00:00:00Z") == {standing}
    assert drawn("2026-01-30T00:00:00Z") == {
        standing, (TRAINING_JOB.name, "OutputDataConfig.KmsKeyId", KEY.name, KEY_ARN)}


def test_the_gate():
    inventory, _ = world([Other(NOTEBOOK, NOTEBOOK_DATA)])
    run = evaluate(inventory, select=["sagemaker-notebook-root-access"])
    assert decide(run).code == 1
    assert decide(run, Gate(fail_on=Severity.CRITICAL)).code == 0
    inventory.gap(Gap(ACCOUNT_ID, REGION, "sagemaker", "ListNotebookInstances", "AccessDenied",
                      "", "sagemaker:ListNotebookInstances", NOTEBOOK.name))
    run = evaluate(inventory, select=["sagemaker-notebook-root-access"])
    assert decide(run).code == 3
    assert len(decide(run).why) == 2
    assert decide(run, Gate(allow_incomplete=True)).code == 1
    assert decide(run, Gate(max_unknown=1)).code == 1
    assert decide(run, Gate(max_unknown=1, fail_on=Severity.CRITICAL)).code == 0


def test_evaluating_holds_no_finding_longer_than_it_must():
    @rule("acme-every", "Every", on=TRAINING_JOB, severity=Severity.LOW, fix="-", good={}, bad={})
    def every(job):
        """Fails half of them."""
        if job.name.endswith("000"):
            gc.collect()  # so that what nobody holds is not counted
        return Fail("odd " * 20) if job.name[-1] in "13579" else Pass()

    def held(count):
        inventory = Inventory(kinds=[TRAINING_JOB])
        inventory.put("started", "2026-02-01T00:00:00+00:00")
        inventory.add_all(TRAINING_JOB, [
            New(account=ACCOUNT_ID, partition="aws", region=REGION, arn=f"arn:x/{n:06}",
                name=f"job-{n:06}", document={"TrainingJobName": f"job-{n:06}"}, seen="", call="")
            for n in range(count)
        ])
        gc.collect()
        tracemalloc.start()
        try:
            run = engine(inventory, [every, every], version="0")
            assert len(run.findings) == 2 * count == sum(run.coverage.outcomes.values())
            assert decide(run).code == 1
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    held(100)  # what is loaded once is not counted
    # in a list, 10,000 findings would take five times what 2,000 do
    assert held(5_000) < 2 * held(1_000)
