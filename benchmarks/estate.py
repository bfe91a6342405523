"""What a large estate costs: ``python benchmarks/estate.py [--jobs 100000] [--latency 50]``.

Serves a SageMaker estate of any size on loopback, made up as it is asked for, and collects it in
processes of their own: a first run, a second of the unchanged account, and one that is killed half
way and gone on with. Prints calls, time on the clock, CPU time and peak memory of each, the calls
as a ratio to the least that can do it: a page of a list for each hundred, a page of Search for each
hundred that it knows, one description (and each part) of whatever else can change.

Quotas are left out, so that the figures are the collector's own: at AWS's two calls a second of
ListTrainingJobs the thousand pages of 100,000 jobs take 500 s whatever else is quick. Other
services than SageMaker refuse every call here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

ACCOUNT, REGION = "111122223333", "eu-west-1"
PAGE = 100
UNLIMITED = 1000.0  # times what AWS allows
STARTED = 1_700_000_000  # when the first of each kind was made; the next one a minute later
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/training"
SIZES = {
    "NotebookInstance": 200, "Model": 500, "EndpointConfig": 500, "Endpoint": 300,
    "TrainingJob": 2000, "ProcessingJob": 200, "TransformJob": 200, "Domain": 50,
}
SEARCHED = {"Model", "TrainingJob", "ProcessingJob", "TransformJob"}
CALLS_FOR_EACH = {"NotebookInstance": 1, "EndpointConfig": 1, "Endpoint": 2, "Domain": 1}
SETTLED = {*SEARCHED, "EndpointConfig"}


def document(kind: str, number: int) -> dict[str, Any]:
    """Return what describes the resource of that number."""
    name = f"{kind.lower()}-{number:07}"
    noun = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()
    at = STARTED + 60 * number
    told: dict[str, Any] = {
        f"{kind}Name": name, f"{kind}Arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{noun}/{name}",
        "CreationTime": at, "LastModifiedTime": at + 30,
    }
    if kind.endswith("Job"):
        told |= {
            f"{kind}Status": "Completed", "RoleArn": ROLE, "SecondaryStatus": "Completed",
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1,
                               "VolumeSizeInGB": 30},
            "HyperParameters": {f"parameter-{i}": f"value of {i}" for i in range(12)},
            "Environment": {f"VARIABLE_{i}": f"value of {i}" for i in range(8)},
            "AlgorithmSpecification": {
                "TrainingInputMode": "File", "MetricDefinitions": [
                    {"Name": f"metric:{i}", "Regex": f"metric_{i}=([0-9.]+)"} for i in range(20)]},
            "InputDataConfig": [
                {"ChannelName": f"channel-{i}", "DataSource": {"S3DataSource": {
                    "S3DataType": "S3Prefix", "S3Uri": f"s3://data/{name}/{i}"}}}
                for i in range(4)],
            "OutputDataConfig": {"S3OutputPath": f"s3://models/{name}"},
            "SecondaryStatusTransitions": [
                {"Status": "Training", "StartTime": at, "EndTime": at + i,
                 "StatusMessage": "x" * 80} for i in range(8)],
        }
    elif kind == "Domain":
        told |= {"DomainId": name, "Status": "InService", "AuthMode": "IAM"}
    elif kind == "Endpoint":
        told |= {"EndpointStatus": "InService", "EndpointConfigName": "endpointconfig-0000000"}
    return told


class Estate:
    """Answers SageMaker's calls from the sizes of its kinds."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self.sizes = sizes
        self.calls: Counter[str] = Counter()

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any] | None:
        """Return an answer; None where there is no such resource or policy."""
        if operation == "Search":
            return self._search(given)
        for kind, size in self.sizes.items():
            if operation == f"List{kind}s":
                first = int(given.get("NextToken") or 0)
                numbers = range(size - 1, -1, -1)
                member = {"TrainingJob": "TrainingJobSummaries",
                          "ProcessingJob": "ProcessingJobSummaries",
                          "TransformJob": "TransformJobSummaries"}.get(kind, f"{kind}s")
                return self._page(member, first, len(numbers), [
                    self._summary(kind, n) for n in numbers[first:first + PAGE]
                ])
            if operation == f"Describe{kind}":
                name = next(v for v in given.values() if isinstance(v, str))
                return document(kind, int(name.rpartition("-")[2]))
        empty = _empty().get(operation)
        return {empty: []} if empty else None

    @staticmethod
    def _summary(kind: str, number: int) -> dict[str, Any]:
        told = document(kind, number)
        return {k: v for k, v in told.items() if isinstance(v, str | int) and k != "RoleArn"}

    @staticmethod
    def _page(member: str, first: int, count: int, items: list[Any]) -> dict[str, Any]:
        end = first + PAGE
        return {member: items} | ({"NextToken": str(end)} if end < count else {})

    def _search(self, given: dict[str, Any]) -> dict[str, Any]:
        low, high, source = 0, 1 << 60, ""
        for test in given["SearchExpression"]["Filters"]:
            if test["Name"] != "CreationTime":
                source = test["Value"].removeprefix("SageMaker")
                continue
            at = int(datetime.fromisoformat(test["Value"]).replace(tzinfo=UTC).timestamp())
            if test["Operator"].startswith("Greater"):
                low = at
            else:
                high = at
        kind = source or given["Resource"]
        size = self.sizes.get(kind, 0)
        newest = min(size - 1, (high - STARTED) // 60)
        oldest = max(0, -((STARTED - low) // 60))
        first = int(given.get("NextToken") or 0)
        numbers = range(newest, oldest - 1, -1)
        return self._page("Results", first, len(numbers), [
            self._record(kind, source, n) for n in numbers[first:first + PAGE]
        ])

    @staticmethod
    def _record(kind: str, source: str, number: int) -> dict[str, Any]:
        told = document(kind, number) | {"Tags": [{"Key": "team", "Value": "ml"}]}
        if source:
            return {"TrialComponent": {"SourceDetail": {source: told}}}
        return {kind: {kind: told} if kind == "Model" else told}


def _empty() -> dict[str, str]:
    """Return the member in which each list of SageMaker's would hold its items."""
    if not _EMPTY:
        from auditor.aws.models import model

        sagemaker = model("sagemaker")
        for name in sagemaker.operation_names:
            if name.startswith("List"):
                members = sagemaker.operation_model(name).output_shape.members
                _EMPTY[name] = next(
                    (n for n, m in members.items() if m.type_name == "list"), "")
    return _EMPTY


_EMPTY: dict[str, str] = {}


class _Connection(asyncio.Protocol):
    """Answers one call after the other; cheap, so that what is measured is the collector."""

    estate: Estate
    latency = 0.0

    def __init__(self) -> None:
        self._read = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Keep whom to answer."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take what came; once it is a whole call, answer it after the latency."""
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end:
            return
        length = _HEADERS["length"].search(head)
        if len(body) < int(length[1] if length else 0):
            return
        self._read = b""
        target = _HEADERS["target"].search(head)
        asyncio.get_running_loop().call_later(
            self.latency, self._answer, head, target[1].decode() if target else "", body
        )

    def _answer(self, head: bytes, target: str, body: bytes) -> None:
        if head.startswith(b"GET /calls "):
            self._send(200, json.dumps(self.estate.calls))
            return
        operation = target.rpartition(".")[2]
        self.estate.calls[operation or "other"] += 1
        answer: dict[str, Any] | None = None
        if target.startswith("SageMaker"):
            answer = self.estate.answer(operation, json.loads(body))
        elif operation == "GetResources":
            answer = {"ResourceTagMappingList": []}
        if answer is not None:
            self._send(200, json.dumps(answer))
        elif target.startswith("SageMaker"):
            self._send(400, '{"__type":"ValidationException","message":"Could not find it"}')
        elif target:
            self._send(400, '{"__type":"AccessDeniedException","message":"only SageMaker"}')
        else:
            self._send(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error>"
                            "</ErrorResponse>", head.startswith(b"HEAD "))

    def _send(self, status: int, text: str, bare: bool = False) -> None:
        body = text.encode()
        head = f"HTTP/1.1 {status} Told\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + (b"" if bare else body))


_HEADERS = {
    "length": re.compile(rb"(?i)\r\ncontent-length: *(\d+)"),
    "target": re.compile(rb"(?i)\r\nx-amz-target: *([\w.]+)"),
}


def serve(sizes: dict[str, int], latency: float) -> None:
    """Serve an estate until standard input closes; the address goes to standard output."""
    _Connection.estate, _Connection.latency = Estate(sizes), latency
    asyncio.run(_serve())


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=256)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def collect(path: str) -> None:
    """Collect the estate's kinds into a file, and print what that cost."""
    import resource

    from auditor import scan
    from auditor.aws.plan import reach
    from auditor.aws.session import Caller, Session
    from auditor.kinds import TABLE

    began = time.monotonic()
    session = Session()
    caller = Caller(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/benchmark", "aws")
    inventory = scan.collect(
        scan.Plan(session, caller, [REGION], share=UNLIMITED), path,
        kinds=reach(k for k in TABLE if k.service == "sagemaker"),
    )
    usage = resource.getrusage(resource.RUSAGE_SELF)
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({
        "wall": time.monotonic() - began, "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * unit / 2**20,
        "resources": {k: n for k, n in inventory.counts().items() if "SageMaker" in k},
    }))
    inventory.close()


@dataclass(frozen=True)
class Figures:
    """One run: what it cost, and its calls of SageMaker by operation."""

    wall: float
    cpu: float
    peak: float
    calls: Counter[str]


class Bench:
    """A server and the runs against it."""

    def __init__(self, url: str, path: Path) -> None:
        self.path = path
        self.url = url
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {
            "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def calls(self) -> Counter[str]:
        """Return how often each operation was called so far."""
        from urllib.request import urlopen

        with urlopen(f"{self.url}/calls") as answer:
            return Counter(json.load(answer))

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, __file__, "--collect", str(self.path)], env=self.environment,
            stdout=subprocess.PIPE, text=True,
        )

    def run(self) -> Figures:
        """Collect to the end."""
        before = self.calls()
        told, _ = self._start().communicate()
        found = json.loads(told)
        return Figures(found["wall"], found["cpu"], found["peak"], self.calls() - before)

    def kill(self, after: int) -> Counter[str]:
        """Begin to collect, and kill it after so many calls."""
        before = self.calls()
        child = self._start()
        while child.poll() is None and (self.calls() - before).total() < after:
            time.sleep(0.05)
        child.kill()
        child.wait()
        return self.calls() - before


def least(sizes: dict[str, int], lists: int, *, again: bool) -> int:
    """Return the fewest calls that collect an estate, for the first time or once more."""
    calls = lists
    for kind, size in sizes.items():
        if not (again and kind in SETTLED):
            calls += ceil(size / PAGE) - 1 if size else 0
            calls += ceil(size / PAGE) if kind in SEARCHED else size * CALLS_FOR_EACH[kind]
    return calls


def chain(sizes: dict[str, int], latency: float) -> float:
    """Return the least seconds in which an estate can be collected for the first time.

    One page of a list comes after the other, and its last items must still be searched for or
    described, with what belongs to them; then tags are read. Nothing else need wait.
    """
    steps = max(
        ceil(size / PAGE) + (1 if kind in SEARCHED else min(size, CALLS_FOR_EACH[kind]))
        for kind, size in sizes.items()
    )
    return (steps + 1) * latency


def of_kinds(calls: Counter[str], sizes: dict[str, int]) -> Counter[str]:
    """Return the calls that are made for the kinds that the estate is made of, and for no other.
    """
    names = {f"{verb}{kind}{'s' * (verb == 'List')}" for kind in sizes for verb in
             ("List", "Describe")}
    wanted = {*names, "Search", "GetEndpointPolicy"}
    return Counter({name: n for name, n in calls.items() if name in wanted})


def trusting(sizes: dict[str, int]) -> int:
    """Return the calls of a collector that takes the index for the truth.

    It lists nothing that Search knows, and describes no endpoint, though their records lack
    members that rules read; nor does it ask for policies.
    """
    pages = sum(ceil(size / PAGE) for size in sizes.values() if size)
    described = sum(sizes[kind] for kind in ("NotebookInstance", "EndpointConfig", "Domain"))
    return pages + described


def rows(sizes: dict[str, int], bench: Bench) -> Iterator[tuple[str, Figures, int]]:
    """Yield each run: its name, what it cost, the least calls that could do it."""
    first = bench.run()
    lists = sum(1 for name in first.calls if name in _empty())
    others = first.calls.total() - sum(
        n for name, n in first.calls.items()
        if name in _empty() or name == "Search" or name.startswith("Describe")
        or name == "GetEndpointPolicy"
    )
    once = least(sizes, lists, again=False) + others
    yield "first run", first, once
    yield "second run", bench.run(), least(sizes, lists, again=True) + others
    bench.path.unlink()
    lost = bench.kill(once // 2)
    rest = bench.run()
    yield "killed half way", Figures(rest.wall, rest.cpu, rest.peak, lost + rest.calls), once


def main() -> None:
    """Measure, and print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=SIZES["TrainingJob"], help="training jobs")
    parser.add_argument("--latency", type=float, default=0.0, help="of each call, in ms")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--collect", metavar="FILE", help=argparse.SUPPRESS)
    given = parser.parse_args()
    sizes = SIZES | {"TrainingJob": given.jobs}
    if given.serve:
        return serve(sizes, given.latency / 1000)
    if given.collect:
        return collect(given.collect)
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", "--jobs", str(given.jobs),
         "--latency", str(given.latency)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    assert server.stdin is not None and server.stdout is not None
    with tempfile.TemporaryDirectory() as room:
        bench = Bench(server.stdout.readline().strip(), Path(room) / "inventory")
        print(f"{sum(sizes.values())} resources, {given.jobs} of them training jobs;"
              f" {given.latency:g} ms a call")
        soonest = chain(sizes, given.latency / 1000)
        for name, cost, fewest in rows(sizes, bench):
            calls = cost.calls.total()
            print(f"{name}: {calls} calls, {calls / fewest:.2f} times the least ({fewest});"
                  f" {cost.wall:.1f} s, {cost.cpu:.1f} s of CPU, peak {cost.peak:.0f} MiB")
            if name != "first run":
                continue
            own = of_kinds(cost.calls, sizes)
            described = own["DescribeEndpoint"] + own["GetEndpointPolicy"]
            print(f"  for the {len(sizes)} kinds themselves: {own.total()} calls, {described} of"
                  f" them for what Search does not tell of endpoints; {trusting(sizes)} would do"
                  " for one who takes the index for the truth")
            if soonest:
                print(f"  the least time, one latency after another: {soonest:.2f} s; ours is"
                      f" {cost.wall / soonest:.1f} times that")
    server.stdin.close()
    server.wait()


if __name__ == "__main__":
    main()
