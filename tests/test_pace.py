"""The pace: within quotas, without losing a call, and never for ever. Time is simulated."""

from __future__ import annotations

import re
import threading
from collections import deque

import botocore.exceptions
import pytest

from auditor import scan
from auditor.aws.models import READS, model
from auditor.aws.pace import ATTEMPTS, PATIENCE, Pace, Refused
from auditor.aws.plan import Call
from auditor.aws.quotas import QUOTAS, SHARE, Allowance, Quota, quota
from auditor.cli._progress import to_go
from auditor.evaluate import evaluate
from auditor.inventory import Inventory
from tests.simulated import Server, Time, error

DESCRIBE = Call("sagemaker", "DescribeTrainingJob")
LIST = Call("sagemaker", "ListTrainingJobs")
EU = "eu-west-1"


def paced(time, server, **options):
    return Pace(server, "111122223333", sleep=time.sleep, clock=time.clock, **options)


def many(time, pace, call, count, threads=32):
    """Make ``count`` calls from threads; return the seconds, the answers and the refusals."""
    waiting, lock = deque(range(count)), threading.Lock()
    answers, refusals = [], []

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                number = waiting.popleft()
            try:
                answers.append(pace.call(call, EU, {"number": number})["Answer"])
            except Refused as refused:
                refusals.append(refused)

    return time.run([work] * threads), answers, refusals


def most(times, stretch):
    """Return the most calls that fall into any stretch of so many seconds."""
    times = sorted(times)
    return max(sum(a <= b < a + stretch - 1e-9 for b in times) for a in times)


# -- quotas

def test_every_quota_is_of_an_operation_that_reads_and_has_a_source():
    for row in QUOTAS:
        names = [n for n in model(row.service).operation_names if re.fullmatch(row.operation, n)]
        assert any(READS.match(n) for n in names), row
        assert row.rate > 0 and row.source
    assert quota("sagemaker", "ListTrainingJobs").rate == 2
    assert quota("ec2", "DescribeSecurityGroups").burst == 50
    assert quota("ec2", "DescribeVpcs").burst == 100
    assert quota("sagemaker", "DescribeTrainingJob") is None
    assert quota("cloudtrail", "ListInsightsMetricData") is None
    assert quota("lambda", "GetPolicy").together == ""
    assert quota("apigatewayv2", "GetApis").together == quota("apigateway", "GetRestApis").together


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("row", QUOTAS[:1] + QUOTAS[6:8] + QUOTAS[-2:], ids=str)
def test_no_stretch_of_time_has_more_calls_than_the_share(row, share):
    time = Time()
    allowance = Allowance(row, share, time.clock)
    sent = []

    def work():
        for _ in range(12):
            time.sleep(allowance.book())
            sent.append(time.now)

    took = time.run([work] * 32)
    burst = row.burst or row.rate
    assert most(sent, burst / row.rate) <= max(1, share * burst)
    ideal = (len(sent) - share * burst) / (share * row.rate)
    assert took <= max(ideal * 1.3, 1.0)


@pytest.mark.parametrize(("call", "share", "allowed"), [
    (LIST, 0.5, 1), (LIST, 1.0, 2), (Call("logs", "DescribeLogGroups"), 0.5, 5),
])
def test_calls_of_many_threads_keep_to_the_share_and_none_is_lost(call, share, allowed):
    time = Time()
    server = Server(time)
    took, answers, refusals = many(time, paced(time, server, share=share), call, 60)
    assert sorted(answers) == list(range(60)) and refusals == []
    assert most([at for at, _ in server.sent], 1.0) == allowed
    assert server.throttled == 0
    assert took <= 60 / allowed + 1


def test_who_waits_long_for_a_quota_is_known_to_be_asleep():
    time = Time()
    seen = []

    def sleep(seconds):
        seen.append(pace.asleep())
        time.sleep(seconds)

    pace = Pace(Server(time), "111122223333", sleep=sleep, clock=time.clock)
    time.run([lambda: [pace.call(LIST, EU, {}) for _ in range(2)] and None])
    assert seen == [{}]  # it works for no lane

    def work():
        pace.lane.name = "jobs"
        for _ in range(2):
            pace.call(LIST, EU, {})
            pace.call(Call("kms", "ListGrants"), EU, {})

    seen.clear()
    time.run([work])
    assert {"jobs": 1} in seen and pace.asleep() == {}


def test_operations_that_share_a_quota_share_ours():
    time = Time()
    server = Server(time)
    pace = paced(time, server)
    rest, http = Call("apigateway", "GetRestApis"), Call("apigatewayv2", "GetApis")

    def work(call):
        return lambda: [pace.call(call, EU, {}) for _ in range(40)] and None

    time.run([work(rest), work(http)])
    assert most([at for at, _ in server.sent], 4.0) <= 20
    pace.call(rest, "us-east-1", {})  # another region has an allowance of its own


# -- what no page of AWS's tells

@pytest.mark.parametrize(("rate", "adaptive"), [(10, 41.6), (20, 22.4)])
def test_a_server_that_throttles_loses_us_nothing_and_little_time(rate, adaptive):
    time = Time()
    server = Server(time, rate=rate)
    pace = paced(time, server)
    took, answers, refusals = many(time, pace, DESCRIBE, 400)
    assert sorted(answers) == list(range(400)) and refusals == []
    assert took <= adaptive
    assert server.throttled <= 46
    total = pace.total
    assert total.calls == 400 + total.throttled and total.retries == total.throttled
    assert total.bytes == 10 * total.calls and total.waited > 0


def test_what_is_never_throttled_never_waits():
    time = Time()
    server = Server(time)
    pace = paced(time, server)
    took, answers, _ = many(time, pace, DESCRIBE, 400)
    assert len(answers) == 400 and pace.total.waited == 0
    assert took == pytest.approx(400 / 32 * 0.05, rel=0.1)


def test_throttling_for_ever_ends_with_our_patience():
    time = Time()

    def fate(operation):
        raise error("ThrottlingException", operation)

    server = Server(time, fate=fate)
    took, answers, refusals = many(time, paced(time, server, patience=60), DESCRIBE, 400)
    assert answers == [] and len(refusals) == 400
    assert {(r.code, r.message) for r in refusals} == {
        ("ThrottlingException", "throttled for 60 s on end")}
    assert 60 <= took <= 75 and len(server.sent) < 150


def test_one_throttle_after_a_long_silence_is_waited_out():
    time = Time()
    server = Server(time)
    pace = paced(time, server, patience=60)

    def once(operation):
        server.fate = lambda _: None
        raise error("ThrottlingException", operation)

    def work():
        pace.call(DESCRIBE, EU, {})
        time.sleep(1000)
        server.fate = once
        pace.call(DESCRIBE, EU, {})

    time.run([work])
    assert server.answered == 2


def test_a_no_is_an_answer_that_ends_throttling():
    time = Time()
    turns = []

    def fate(operation):
        turns.append(operation)
        time.sleep(40)
        if len(turns) % 2:
            raise error("ThrottlingException", operation)
        raise error("AccessDeniedException", operation)

    server = Server(time, fate=fate)
    pace = paced(time, server, patience=60)
    codes = []

    def work():
        for _ in range(5):
            with pytest.raises(Refused) as refused:
                pace.call(DESCRIBE, EU, {})
            codes.append(refused.value.code)

    time.run([work])
    assert codes == ["AccessDeniedException"] * 5


# -- what hangs

def timeout(time, seconds=30.0):
    def fate(operation):
        time.sleep(seconds)
        raise botocore.exceptions.ReadTimeoutError(endpoint_url="https://x")
    return fate


def test_an_operation_that_hangs_costs_a_bounded_time_however_often_it_is_called():
    time = Time()
    server = Server(time, fate=timeout(time))
    took, answers, refusals = many(time, paced(time, server), DESCRIBE, 400)
    assert answers == [] and {r.code for r in refusals} == {"RequestTimeout"}
    assert took <= ATTEMPTS * 30 + 2
    assert len(server.sent) <= 32 * ATTEMPTS


def test_an_operation_that_hangs_now_and_then_is_not_given_up():
    time = Time()
    hang, seen = timeout(time), []

    def fate(operation):
        seen.append(operation)
        if len(seen) % 5 == 0:
            hang(operation)

    server = Server(time, fate=fate)
    _, answers, refusals = many(time, paced(time, server), DESCRIBE, 60, threads=4)
    assert len(answers) == 60 and refusals == []


def test_an_endpoint_that_nothing_listens_at_is_given_up_for_all_operations():
    time = Time()

    def fate(operation):
        time.sleep(10)
        raise botocore.exceptions.ConnectTimeoutError(endpoint_url="https://x")

    server = Server(time, fate=fate)
    pace = paced(time, server)
    refused = []

    def work():
        for name in ("ListModels", "ListApps", "ListDomains"):
            with pytest.raises(Refused) as one:
                pace.call(Call("sagemaker", name), EU, {})
            refused.append(one.value.code)

    time.run([work])
    assert refused == ["RequestTimeout"] * 3 and len(server.sent) == ATTEMPTS


# -- credentials

@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_credentials_that_expire_stop_all_calls_at_once(code):
    time = Time()

    def fate(operation):
        if len(server.sent) > 50:
            raise error(code, operation, "The security token included in the request is expired")

    server = Server(time, fate=fate)
    pace = paced(time, server)
    _, answers, refusals = many(time, pace, DESCRIBE, 400)
    assert len(answers) == 50 and len(refusals) == 350
    assert len(server.sent) <= 50 + 32
    assert {r.code for r in refusals} == {code}
    assert all("the credentials have expired; nothing more was asked" in r.message
               for r in refusals)
    with pytest.raises(Refused, match="have expired"):
        pace.call(LIST, "us-east-1", {})


def test_credentials_that_were_renewed_meanwhile_are_used():
    time = Time()
    keys = ["old"]

    def fate(operation):
        if keys[0] == "old":
            keys[0] = "new"
            raise error("ExpiredToken", operation)

    server = Server(time, fate=fate)
    server.key = lambda: keys[0]
    pace = paced(time, server)
    time.run([lambda: pace.call(DESCRIBE, EU, {}) and None])
    assert server.answered == 1


@pytest.mark.parametrize("fault", [
    botocore.exceptions.CredentialRetrievalError(provider="sso", error_msg="gone"),
    botocore.exceptions.UnauthorizedSSOTokenError(), botocore.exceptions.NoCredentialsError(),
    RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."),
    error("AccessDenied", "AssumeRole"),  # the role that we are is not given to us anew
], ids=repr)
def test_credentials_that_cannot_be_renewed_stop_all_calls(fault):
    time = Time()

    def fate(_):
        raise fault

    server = Server(time, fate=fate)
    pace = paced(time, server)
    with pytest.raises(Refused, match="have expired"):
        pace.call(DESCRIBE, EU, {})
    with pytest.raises(Refused, match="have expired"):
        pace.call(LIST, EU, {})
    assert len(server.sent) == 1


# -- other ends

def test_a_stop_wakes_all_who_wait():
    time = Time()
    pace = paced(time, Server(time))

    def stop():
        time.sleep(3)
        pace.stopped.set()

    def work():
        with pytest.raises(Refused, match="the scan was stopped"):
            for _ in range(100):
                pace.call(LIST, EU, {})

    assert time.run([stop, work, work]) <= 5


def test_what_passes_by_itself_is_tried_again_and_the_rest_is_not():
    for code, tries in (("InternalFailure", ATTEMPTS), ("AccessDeniedException", 1)):
        time = Time()

        def fate(operation, code=code):
            raise error(code, operation)

        server = Server(time, fate=fate)
        pace = paced(time, server)

        def work(pace=pace, code=code):
            with pytest.raises(Refused) as refused:
                pace.call(DESCRIBE, EU, {})
            assert refused.value.code == code and refused.value.call == DESCRIBE

        time.run([work])
        assert len(server.sent) == tries and pace.total.retries == tries - 1


def test_a_share_of_less_than_one_call_a_second_spaces_them_out():
    time = Time()
    allowance = Allowance(Quota("s", "o", 2, "a test"), 0.1, time.clock)
    assert [allowance.book() for _ in range(3)] == [0.0, 5.0, 10.0]


# -- what it cost

def test_the_bill_reaches_the_run():
    inventory = Inventory()
    inventory.put("finished", "2026-01-31T00:00:00+00:00")
    inventory.bill([("s3", "GetBucketAcl", "1", EU, 3, 1, 1, 0.5, 2.25, 100),
                    ("s3", "ListBuckets", "1", EU, 1, 0, 0, 0.25, 0.5, 20)])
    cost = evaluate(inventory, [], version="0").cost
    assert (cost.calls, cost.retries, cost.throttled) == (4, 1, 1)
    assert (cost.waited, cost.bytes) == (2.75, 120)
    assert [(c.call, c.waited, c.bytes) for c in cost.by_operation] == [
        ("s3:GetBucketAcl", 2.25, 100), ("s3:ListBuckets", 0.5, 20)]


@pytest.mark.parametrize(("done", "waiting", "seconds", "words"), [
    (0, 9, 60, ""), (9, 9, 1, ""), (9, 0, 60, ""), (10, 20, 10, " · at least 20 s to go"),
    (10, 200, 60, " · at least 20 min to go"),
])
def test_the_progress_tells_how_long_it_will_take(done, waiting, seconds, words):
    assert to_go(done, waiting, seconds) == words


def test_the_share_is_what_the_command_line_says(cli):
    assert scan.SHARE == SHARE and scan.PATIENCE == PATIENCE
    for command in ("scan", "collect", "doctor"):
        assert "--share" in cli(command, "--help")[1]
    assert cli("collect", "-o", "x", "--share", "0")[0] == 2


def test_without_quotas_to_keep_nothing_waits():
    time = Time()
    server = Server(time)
    _, answers, _ = many(time, paced(time, server, share=float("inf")), LIST, 100)
    assert len(answers) == 100 and time.now - 1000.0 < 1
