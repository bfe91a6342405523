"""What is done quickly gives what the slow way gives."""

import json
import random
from contextlib import closing
from datetime import UTC, datetime

import jmespath
import pytest

from auditor.aws.wire import read
from auditor.inventory import Inventory
from auditor.kind import Condition, _found, _steps, condition
from auditor.kinds import TABLE
from auditor.masks import Masker, _may_be_named, _text
from auditor.runs import Runs, made
from auditor.tokens import may_hold

EXPRESSIONS = sorted(
    ({kind.settled for kind in TABLE} | {kind.enough for kind in TABLE} | {"@", "A.B[?C].D", "*"})
    - {""}
)
PATHS = sorted({link.path for kind in TABLE for link in kind.links if _steps(link.path)})
WORDS = ["", "Completed", "Stopped", "InUse", "Available", "Active", "COMPLETED", "ml.m5.large"]


def leaf(rand):
    return rand.choice([None, True, False, 0, 1, 1.0, [], {}, ["Completed"], *WORDS])


def document(rand, names, depth=3):
    """A document of these names, at random."""
    if depth == 0 or rand.random() < 0.3:
        return leaf(rand)
    if rand.random() < 0.3:
        return [document(rand, names, depth - 1) for _ in range(rand.randrange(3))]
    return {name: document(rand, names, depth - 1) for name in names if rand.random() < 0.7}


def names_in(expression):
    waiting, found = [jmespath.compile(expression).parsed], set()
    while waiting:
        node = waiting.pop()
        found |= {node["value"]} if node["type"] == "field" else set()
        waiting += [child for child in node["children"] if isinstance(child, dict)]
    return sorted(found) or ["A"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_condition_says_what_jmespath_says(expression):
    rand = random.Random(expression)
    names = names_in(expression)
    quick = Condition(expression)
    for _ in range(300):
        told = {name: document(rand, names) for name in names if rand.random() < 0.8}
        try:
            slow = bool(jmespath.search(expression, told))
        except jmespath.exceptions.JMESPathError as error:
            with pytest.raises(type(error)):
                quick.holds(told)
            continue
        for _ in range(2):  # also from memory
            assert quick.holds(told) is slow, told


def test_a_condition_remembers_so_much_and_no_more(monkeypatch):
    monkeypatch.setattr("auditor.kind._ANSWERS", 3)
    one = Condition("A == `1`")
    assert [one.holds({"A": n}) for n in (1, 2, 3, 4, 5, 1)] == [True, *[False] * 4, True]
    assert len(one._answers) <= 3
    assert not one.holds({"A": object()}) and condition("A") is condition("A")


@pytest.mark.parametrize("path", PATHS)
def test_a_link_finds_what_jmespath_finds(path):
    rand = random.Random(path)
    names = names_in(path)
    for _ in range(200):
        told = {name: document(rand, names, 4) for name in names if rand.random() < 0.9}
        slow = jmespath.search(path, told)
        slow = slow if isinstance(slow, list) else [slow]
        texts = [value for value in slow if isinstance(value, str) and value]
        assert [v for v in _found(path, told) if isinstance(v, str) and v] == texts, told


SECRETS = [
    "AKIAABCDEFGHIJKLMNOP", "postgres://user:hunter2hunter2@host/db", "hf_" + "a1B2" * 9,
    "password=Tr0ub4dor&3xyz", "-----BEGIN RSA PRIVATE KEY-----\nabc\n", "plain", "é\u212a\ud800",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY", "a\\b\"c", "aGVsbG8gcGFzc3dvcmQ9VHIwdWI0ZG9yMw==",
]


def test_what_is_looked_at_first_overlooks_no_secret():
    rand = random.Random(1)
    masker = Masker(b"salt")
    for _ in range(2000):
        told = {f"{rand.choice(['DB_PASSWORD', 'name', 'Key', 'API_TOKEN'])}{i}":
                rand.choice(SECRETS) for i in range(3)}
        assert masker.scrub(told) == masker._scrubbed(told)
        assert masker.suspect(told) == {k: masker.value(k, v) for k, v in told.items()}
        as_before = json.dumps(told)
        assert may_hold(_text(told)) >= may_hold(as_before)
        assert _may_be_named(_text(told)) >= _may_be_named(as_before)


@pytest.mark.parametrize("text", [
    "{}", '{"a": [1, 2.5, -3, 1e5, null, true]}', '{"a": "\\u00e9\\ud83d\\ude00"}',
    '{"a": "\\ud800"}', '{"a": 123456789012345678901234567890}', '{"a": 1700000000.123}',
])
def test_a_body_is_read_as_json_reads_it(text):
    assert read(text.encode()) == json.loads(text)


@pytest.mark.parametrize("text", [
    "", "<html>", '{"a": 1', '{"a": NaN}', "[" * 100_000, '{"a": "\x01"}', '{"a": 1}{',
])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ValueError):
        read(text.encode())


@pytest.mark.parametrize("at", [1_700_000_000, 1_700_000_000.123, 1_700_000_000.9996, 1])
def test_when_something_was_made_is_one_time_however_it_is_told(at):
    kind = next(kind for kind in TABLE if kind.created == "CreationTime")
    assert made(kind, {"CreationTime": at}) == made(
        kind, {"CreationTime": datetime.fromtimestamp(at, UTC)})
    assert made(kind, {"CreationTime": True}) == 1.0 and made(kind, {}) is None


def test_what_is_known_is_looked_up_and_not_searched_for(tmp_path):
    """A page of a list costs the same, however many of its kind the file holds already."""
    kind = next(kind for kind in TABLE if kind.name == "AWS::SageMaker::TrainingJob")
    with closing(Inventory.create(tmp_path / "inventory", TABLE)) as inventory:
        asked = []
        inventory.db.set_trace_callback(asked.append)
        runs = Runs(inventory, "1" * 12, resumed=True)
        runs.known(kind, ["arn"])
        runs.named(kind, "word", "eu-west-1")
        inventory.add(kind, account="1" * 12, partition="aws", region="eu-west-1", arn="arn",
                      name="name", document={}, seen="", call="")
        inventory.link(1, kind, "path", 0, "word", "1" * 12, "eu-west-1")
        inventory.settle()
        inventory.db.set_trace_callback(None)
        lookups = [sql for sql in asked if " FROM resource WHERE" in sql and "arn" in sql]
        assert len(lookups) == 4
        for sql in lookups:
            plan = [row[3] for row in inventory.db.execute(f"EXPLAIN QUERY PLAN {sql}")]
            used = [step for step in plan if "INDEX" in step and "resource" in step]
            assert used and all("resource_" in step for step in used), plan
            assert not any("autoindex" in step for step in used), plan
