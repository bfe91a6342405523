"""What judging costs: ``python benchmarks/evaluate.py [--jobs 10000]``.

Fills an inventory with training jobs, as many as asked for and ten times as many, and the role and
buckets that they name, through the inventory's own face; judges it by every rule in a process of
its own, and writes the JSON report and the table. Prints for both sizes the findings, the CPU time
for a thousand jobs and its findings a second, and the peak of memory; then how the larger compares
with the smaller: memory is flat, so its peak is 1.15 times that of the smaller or less.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNT, REGION = "111122223333", "eu-west-1"
STARTED = 1_700_000_000  # when the first job was made; the next one a minute later
BATCH = 100
BUCKETS = 40
SEEN = "2026-01-31T00:00:00+00:00"


def document(number: int) -> dict[str, Any]:
    """Return what describes the job of that number; one in three keeps to few of the rules."""
    name = f"job-{number:07}"
    at = STARTED + 60 * number
    told: dict[str, Any] = {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}",
        "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed",
        "CreationTime": at, "TrainingStartTime": at + 60, "TrainingEndTime": at + 600,
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/training",
        "AlgorithmSpecification": {
            "TrainingInputMode": "File",
            "TrainingImage": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/train:{number % 7}",
            "MetricDefinitions": [
                {"Name": f"metric:{i}", "Regex": f"metric_{i}=([0-9.]+)"} for i in range(20)],
        },
        "HyperParameters": {f"parameter-{i}": f"value of {i}" for i in range(12)},
        "Environment": {f"VARIABLE_{i}": f"value of {i}" for i in range(8)},
        "InputDataConfig": [
            {"ChannelName": f"channel-{i}", "DataSource": {"S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": f"s3://data-{(number + i) % BUCKETS}/{name}/{i}"}}}
            for i in range(2)],
        "OutputDataConfig": {"S3OutputPath": f"s3://data-{number % BUCKETS}/{name}"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1,
                           "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "EnableNetworkIsolation": bool(number % 3),
        "EnableInterContainerTrafficEncryption": bool(number % 3),
    }
    if number % 3:
        key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000001"
        told["VpcConfig"] = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
        told["OutputDataConfig"]["KmsKeyId"] = key
        told["ResourceConfig"]["VolumeKmsKeyId"] = key
    return told


def fill(path: str, jobs: int) -> None:
    """Write an inventory with that many training jobs."""
    from auditor.inventory import GLOBAL, Inventory, New
    from auditor.kinds import BUCKET, ROLE, TABLE, TRAINING_JOB

    inventory = Inventory.create(path, TABLE)
    for key, value in {
        "id": "benchmark", "started": SEEN, "finished": SEEN, "partition": "aws",
        "accounts": [ACCOUNT], "regions": [REGION], "caller": "", "endpoint": "",
    }.items():
        inventory.put(key, value)
    inventory.add(
        ROLE, account=ACCOUNT, partition="aws", region=GLOBAL,
        arn=f"arn:aws:iam::{ACCOUNT}:role/training", name="training", seen=SEEN, call="",
        document={"RoleName": "training", "Arn": f"arn:aws:iam::{ACCOUNT}:role/training"},
    )
    for number in range(BUCKETS):
        inventory.add(
            BUCKET, account=ACCOUNT, partition="aws", region=GLOBAL,
            arn=f"arn:aws:s3:::data-{number}", name=f"data-{number}", seen=SEEN, call="",
            document={"Name": f"data-{number}"},
        )
    for first in range(0, jobs, BATCH):
        documents = [document(n) for n in range(first, min(first + BATCH, jobs))]
        numbers = inventory.add_all(TRAINING_JOB, [
            New(account=ACCOUNT, partition="aws", region=REGION, arn=told["TrainingJobArn"],
                name=told["TrainingJobName"], document=told, seen=SEEN,
                call="sagemaker.DescribeTrainingJob", tags={"team": "ml"})
            for told in documents
        ])
        inventory.connect_all(TRAINING_JOB, [
            (number, told, ACCOUNT, REGION)
            for number, told in zip(numbers, documents, strict=True)
        ])
    inventory.settle()
    inventory.close()


def judge(path: str) -> None:
    """Judge an inventory, write the reports to nowhere, and print what both cost."""
    from auditor import scan
    from auditor.plugins import load_report

    reports = [load_report(name) for name in ("json", "table")]
    inventory = scan.load(path)
    began = time.process_time()
    run = scan.evaluate(inventory)
    judged = time.process_time()
    with Path("/dev/null").open("wb") as nowhere:
        for report in reports:
            report.write(run, nowhere)
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB on Linux
    print(json.dumps({
        "findings": len(run.findings), "judging": judged - began,
        "writing": time.process_time() - judged,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20,
    }))


@dataclass(frozen=True)
class Figures:
    """One size: findings, seconds of CPU that judging and writing took, peak in MiB."""

    findings: int
    judging: float
    writing: float
    peak: float


def measured(room: Path, jobs: int, runs: int) -> Figures:
    """Return the least that an inventory of that many jobs costs, over several runs."""
    path = str(room / f"{jobs}.inventory")
    fill(path, jobs)
    found = [
        Figures(**json.loads(subprocess.run(
            [sys.executable, __file__, "--judge", path], check=True, stdout=subprocess.PIPE,
        ).stdout))
        for _ in range(runs)
    ]
    return Figures(
        found[0].findings, min(f.judging for f in found), min(f.writing for f in found),
        min(f.peak for f in found),
    )


def main() -> None:
    """Measure, and print a line for each size and one that compares them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=10_000, help="training jobs of the smaller")
    parser.add_argument("--runs", type=int, default=1, help="of which the best counts")
    parser.add_argument("--judge", metavar="FILE", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge:
        return judge(given.judge)
    costs = []
    with tempfile.TemporaryDirectory() as room:
        for jobs in (given.jobs, 10 * given.jobs):
            cost = measured(Path(room), jobs, given.runs)
            costs.append(cost)
            print(f"{jobs} jobs: {cost.findings} findings; {cost.judging / jobs * 1000:.2f} s of"
                  f" CPU for 1,000 jobs, {cost.findings / cost.judging:,.0f} findings a second;"
                  f" reports {cost.writing / cost.findings * 1e6:.0f} s for a million findings;"
                  f" peak {cost.peak:.0f} MiB")
    small, large = costs
    print(f"ten times the jobs: {large.judging / small.judging:.1f} times the CPU,"
          f" {large.peak / small.peak:.2f} times the peak (1.15 at most)")


if __name__ == "__main__":
    main()
