"""``auditor policy``: one answer for each line, whatever the line; and the explanation for people."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from auditor.policy.wire import QUESTIONS, Malformed, answered

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("asked.jsonl").read_text().splitlines()
]
ISSUE = ("public public_write cross_account confused_deputy tls_only sse_kms oidc_trust_open"
         " vpce_open admin full_access service_wildcard privesc bucket_public bucket_public_write")


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    text, wrong = answered(json.dumps(case).encode())
    answer = json.loads(text)
    assert wrong is None
    assert answer["answer"] is case["expected"], f"{case['why']}: {answer['because']}"
    assert answer["id"] == case["id"]
    assert list(answer) == ["id", "answer", "because", "statement", "witness"]
    assert answer["because"]


def test_every_question_of_ours_has_cases_of_either_answer() -> None:
    for name in ISSUE.split():
        assert name in QUESTIONS
        assert {True, False} <= {c["expected"] for c in CASES if c["question"] == name}, name


def line(**more: Any) -> bytes:
    return json.dumps({"id": 7, "question": "public", "policy": None, **more}).encode()


@pytest.mark.parametrize(("raw", "says"), [
    (b"nonsense", "JSON is malformed"),
    (b"", "blank"),
    (b"   ", "blank"),
    (b"[]", "Expected `object`"),
    (b"{}", "question"),
    (b'{"question": 1}', "$.question"),
    (b'{"question": "publc"}', "did you mean public"),
    (b'{"question": "zzzz"}', "there are public, public_write"),
    (b'{"question": "public", "policy": \xff}', "malformed"),
    (b'{"question": "public", "context": []}', "$.context"),
    (b'{"question": "public", "policy": ' + b"[" * 100_000, ""),
    (line(context={"trusted_accounts": [1]}), "$.context.trusted_accounts"),
    (line(question="bucket_public", context={"acl": "x"}), "$.context.acl"),
    (line(question="bucket_public", context={"ownership": {"Rules": []}}), "context.ownership"),
    (line(question="bucket_public", context={"bucket_bpa": {"PublicAccessBlockConfiguration": 1}}),
     "public access block"),
    (line(policy='{"Version": "2012-10-17", "Statement": []}', context={"policies": [
        {"Version": "2008-10-17", "Statement": []}]}), "different Versions"),
])
def test_a_line_that_is_no_question_has_the_answer_null(raw: bytes, says: str) -> None:
    text, wrong = answered(raw)
    assert isinstance(wrong, Malformed)
    answer = json.loads(text)
    assert answer["answer"] is None
    assert says in answer["because"]


@pytest.mark.parametrize(("policy", "says"), [
    ("{", "not JSON"),
    ([], "not a JSON object"),
    ({"Version": "2012-10-17"}, "no Statement"),
    (5, "not a JSON object"),
])
def test_a_policy_that_cannot_be_read_is_no_fault_of_the_line(policy: Any, says: str) -> None:
    for name in ("public", "privesc"):
        text, wrong = answered(line(question=name, policy=policy))
        assert wrong is None
        assert json.loads(text)["answer"] is None
        assert says in json.loads(text)["because"]


def test_what_a_policy_says_twice_is_seen() -> None:
    raw = b'{"question": "public", "policy": {"Statement": [], "Statement": []}}'
    assert "Statement twice" in json.loads(answered(raw)[0])["because"]


@pytest.mark.parametrize("name", ['"a"', "7", "null", '{"a": [1, "\\u00e9"]}', '"\u00e9"', "1e400"])
def test_an_id_comes_back_as_it_is(name: str) -> None:
    text, _ = answered(f'{{"id": {name}, "question": "public"}}'.encode())
    assert text.startswith(f'{{"id": {name}, ')


def test_foreign_text_cannot_break_the_line() -> None:
    statement = {"Sid": "a\n\u001b[31m\ud800", "Effect": "Allow", "Principal": "*",
                 "Action": "s3:GetObject", "Resource": "*"}
    text, wrong = answered(line(policy=json.dumps({"Statement": statement})))
    assert wrong is None
    assert text.isascii() and text.isprintable()
    assert json.loads(text)["statement"] == statement["Sid"]


def test_a_fault_of_ours_is_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setitem(QUESTIONS, "public", breaks)  # type: ignore[arg-type]
    text, wrong = answered(line())
    assert isinstance(wrong, KeyError)
    assert json.loads(text)["answer"] is None
    assert "KeyError" in json.loads(text)["because"]


def test_an_account_may_be_a_number() -> None:
    policy = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "012345678901"},
                            "Action": "s3:GetObject", "Resource": "*"}}
    text, _ = answered(line(question="cross_account", policy=policy,
                            context={"account_id": 12345678901}))
    assert json.loads(text)["answer"] is False


# -- the command


def test_ask_reads_a_file_and_goes_on_after_a_bad_line(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\n".join([line(id=1), b"bad", line(id=3), b"", line(id=5)]) + b"\n")
    code, out, err = cli("policy", "ask", str(file))
    assert code == 2
    assert [json.loads(one)["id"] for one in out.splitlines()] == [1, None, 3, None, 5]
    assert "line 2: " in err and "line 4: it is blank" in err
    assert "error: 2 lines are no question" in err


def test_ask_answers_the_last_line_without_its_end(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(line(id=1) + b"\n" + line(id=2))
    code, out, err = cli("policy", "ask", str(file))
    assert (code, len(out.splitlines()), err) == (0, 2, "")


def test_ask_reads_standard_input(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for args in ((), ("-",)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line(id="x") + b"\n")))
        code, out, _ = cli("policy", "ask", *args)
        assert code == 0
        assert json.loads(out)["id"] == "x"


def test_a_fault_of_ours_exits_4_at_the_end(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(QUESTIONS, "public", lambda a: 1 / 0)  # type: ignore[arg-type]
    file = tmp_path / "in.jsonl"
    file.write_bytes(line() + b"\n" + line(question="admin") + b"\n")
    code, out, err = cli("policy", "ask", str(file))
    assert code == 4
    assert len(out.splitlines()) == 2
    assert "ZeroDivisionError" in err


@pytest.mark.parametrize("args", [("ask", "/no/such"), ("explain", "/no/such")])
def test_a_file_that_is_not_there(cli: Any, args: tuple[str, ...]) -> None:
    code, out, err = cli("policy", *args)
    assert (code, out) == (2, "")
    assert "/no/such cannot be read" in err


@pytest.mark.parametrize(("data", "says"), [
    (b'{\n  "Statement": [,]\n}', "line 2, column 17"),
    (b"\xff\xfe{", "not UTF-8"),
    (b"[" * 200_000, "not JSON"),
])
def test_explain_says_where_a_file_is_broken(
    cli: Any, tmp_path: Path, data: bytes, says: str
) -> None:
    file = tmp_path / "policy.json"
    file.write_bytes(data)
    code, out, err = cli("policy", "explain", str(file))
    assert (code, out) == (2, "")
    assert says in err


def explained(cli: Any, tmp_path: Path, document: Any, *args: str) -> str:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(document))
    code, out, err = cli("policy", "explain", str(file), *args)
    assert (code, err) == (0, "")
    return str(out)


def test_explain_an_identity_policy(cli: Any, tmp_path: Path) -> None:
    out = explained(cli, tmp_path, {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["iam:PassRole", "sagemaker:*"], "Resource": "*"},
        {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "arn:aws:s3:::b/*", "Condition": {
            "StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"},
            "NumericLessThan": {"s3:max-keys": 3}, "Null": {"aws:username": "true"}}},
    ]})
    assert out.startswith("This is an identity policy of 2 statements.")
    assert "Statement 2 denies\n  what  everything but\n        s3:Get*\n" in out
    assert "aws:SourceVpce is not vpce-1, or there is none" in out
    assert "s3:max-keys < 3" in out and "the request has no aws:username" in out
    assert "is an administrator: no" in out
    assert "can take more permissions: yes" in out and "sagemaker-create-training-job" in out
    assert "AWS would accept it" in out


def test_explain_a_resource_policy(cli: Any, tmp_path: Path) -> None:
    out = explained(cli, tmp_path, {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": ["444455556666", "AROAEXAMPLE4567890123"]},
         "Action": "s3:PutObject", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": {"Service": "sns.amazonaws.com"}, "Action": "s3:*",
         "Resource": "arn:aws:s3:::c", "Condition": {"IpAddress": {"aws:SourceIp": "bad"}}},
    ]}, "--account", "111122223333")
    assert out.startswith("This is a resource policy of 3 statements.")
    assert "who   everyone" in out and "account 444455556666" in out
    assert "strangers: yes" in out and "anyone on the internet may s3:GetObject" in out
    assert "- account 444455556666 (statement 2)" in out
    assert "Faults, for which nobody is thought safe:" in out
    assert "a deleted principal" in out


def test_explain_a_trust_policy(cli: Any, tmp_path: Path) -> None:
    out = explained(cli, tmp_path, {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
         "Action": "sts:AssumeRole"}]})
    assert out.startswith("This is a role's trust policy of 1 statement.")
    assert "a service, whoever it works for: yes" in out


def test_explain_writes_out_what_a_terminal_would_obey(cli: Any, tmp_path: Path) -> None:
    out = explained(cli, tmp_path, {"Version": "2012-10-17", "Statement": [
        {"Sid": "\u001b[2J\u202e\r", "Effect": "Allow", "Action": "s3:\u0007*", "Resource": "*"}]})
    assert "\\x1b[2J\\u202e\\r" in out
    assert all(c.isprintable() or c == "\n" for c in out)


def test_explain_what_is_no_policy(cli: Any, tmp_path: Path) -> None:
    assert explained(cli, tmp_path, {"a": 1}) == (
        "This is no policy that can be read: the document has no Statement.\n"
    )
