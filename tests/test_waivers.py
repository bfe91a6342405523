"""Waivers: who accepts what until when; a wrong file stops the run, an ended one counts again."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from auditor import waivers
from auditor.errors import AuditorError
from auditor.revise import revised
from tests.reports import made

ON = date(2026, 11, 25)
RULES = {rule.id: rule.id for rule in made.RULES} | {"old-root": "sagemaker-notebook-root-access"}
ROOT = "sagemaker-notebook-root-access"
ARN = f"arn:aws:sagemaker:eu-west-1:{made.ACCOUNT}:notebook-instance/demo-1"
WHOLE = {"rule": ROOT, "resource": ARN, "owner": "ml@example.com", "reason": "SEC-1",
         "expires": date(2026, 12, 31)}


def file(tmp_path, text: str):
    path = tmp_path / "waivers.toml"
    path.write_text(text)
    return path


def entry(**changes: str) -> str:
    values = {"rule": f'"{ROOT}"', "resource": f'"{ARN}"', "owner": '"ml@example.com"',
              "reason": '"SEC-1"', "expires": "2026-12-31"} | changes
    return "[[waiver]]\n" + "".join(f"{k} = {v}\n" for k, v in values.items() if v)


def finding(name: str = "demo-1", status: str = "fail", tags=None):
    card = next(rule for rule in made.RULES if rule.id == ROOT)
    one = made.finding(card, name, status, "RootAccess is Enabled")
    return msgspec.structs.replace(
        one, resource=msgspec.structs.replace(one.resource, arn=ARN.replace("demo-1", name), tags=tags))


def on(one, **changes) -> str:
    held = waivers.Waivers([waivers.Waiver(**WHOLE | changes)], ON)
    return held.applied(one).status


@pytest.mark.parametrize(("text", "says"), [
    ("[[waiver]", "not TOML"),
    (entry(owner=""), "missing required field `owner`"),
    (entry(owner='" "'), "owner is empty"),
    (entry(reason='""'), "reason is empty"),
    (entry(expires=""), "missing required field `expires`"),
    (entry(expires='"soon"'), "expires"),
    (entry(expires="2027-11-26"), "the latest is 2027-11-25"),
    (entry(rule='"sagemaker-notebook-rot-access"'), f"did you mean {ROOT}"),
    (entry(resource='"*"'), "is no ARN"),
    (entry(resource='"arn:*"'), "is no ARN"),
    (entry(resource='"demo-1"'), "is no ARN"),
    (entry(resource='"arn:aws:s3:::*"'), "covers everything"),
    (entry(resource='"arn:*:*:*:*:*"'), "covers everything"),
    (entry(until="2026-12-31"), "unknown field `until`"),
])
def test_a_wrong_file_is_refused_with_its_place(tmp_path, text, says):
    with pytest.raises(AuditorError, match=r"waivers\.toml") as refused:
        waivers.read(file(tmp_path, text), RULES, ON)
    assert says in str(refused.value)


def test_the_last_day_allowed_is_allowed_and_earlier_ids_are_known(tmp_path):
    held = waivers.read(
        file(tmp_path, entry(expires="2027-11-25", rule='"old-root"')), RULES, ON)
    assert held.waivers[0].rule == ROOT
    assert waivers.read(file(tmp_path, ""), RULES, ON).waivers == []


@pytest.mark.parametrize(("changes", "status"), [
    ({}, "waived"),
    ({"resource": ARN[:-1] + "*"}, "waived"),
    ({"resource": ARN[:-1] + "?"}, "waived"),
    ({"resource": ARN[:-1]}, "fail"),  # anchored at both ends
    ({"resource": "arn:*:notebook-instance/demo"}, "fail"),
    ({"resource": ARN.replace("demo-1", "demo.1")}, "fail"),  # a dot is a dot
    ({"resource": ARN.replace("demo-1", "[d]emo-1")}, "fail"),  # a bracket is a bracket
    ({"expires": ON}, "waived"),  # the last day
    ({"expires": date(2026, 11, 24)}, "fail"),
    ({"rule": "macie-enabled"}, "fail"),
    ({"tags": {"env": "demo"}}, "fail"),  # tags that were not seen are no condition met
])
def test_what_a_waiver_covers(changes, status):
    assert on(finding(), **changes) == status


def test_tags_are_a_condition_beside_the_resource():
    assert on(finding(tags={"env": "demo-2"}), tags={"env": "demo-*"}) == "waived"
    assert on(finding(tags={"env": "prod"}), tags={"env": "demo-*"}) == "fail"
    assert on(finding(tags={}), tags={"env": "*"}) == "fail"


def test_a_fingerprint_names_one_finding():
    one = finding()
    assert on(one, resource=one.fingerprint) == "waived"
    assert on(finding("demo-2"), resource="0" * 32) == "fail"


@pytest.mark.parametrize("status", ["pass", "unknown", "not_applicable"])
def test_only_a_fail_can_be_waived(status):
    assert on(finding(status=status)) == status


def test_the_run_says_what_became_of_each_waiver():
    held = waivers.Waivers([
        waivers.Waiver(**WHOLE),
        waivers.Waiver(**WHOLE | {"resource": ARN.replace("demo-1", "demo-2"), "expires": date(2026, 12, 9)}),
        waivers.Waiver(**WHOLE | {"resource": ARN.replace("demo-1", "demo-3"), "expires": date(2026, 11, 24)}),
        waivers.Waiver(**WHOLE | {"rule": "macie-enabled"}),
        waivers.Waiver(**WHOLE | {"rule": "s3-bucket-tls-only"}),
    ], ON)
    run = made.run_of([finding(f"demo-{n}") for n in (1, 2, 3, 4)], made.RULES)
    told = revised(run, waivers=held)
    assert [f.status for f in told.findings] == ["waived", "waived", "fail", "fail"]
    assert [(use.state, use.matched) for use in told.waivers] == [
        ("active", 1), ("ending", 1), ("expired", 1), ("unused", 0), ("idle", 0)]
    assert told.coverage.outcomes["waived"] == 2 and told.coverage.outcomes["fail"] == 2
    assert next(iter(told.findings)).waiver.owner == "ml@example.com"
    truth = revised(told, without_waivers=True)
    assert [f.status for f in truth.findings] == ["fail"] * 4
    assert all(f.waiver is None for f in truth.findings) and truth.waivers == []


def test_a_control_whose_fails_are_all_waived_is_set_aside():
    held = waivers.Waivers([waivers.Waiver(**WHOLE)], ON)
    run = made.run_of([finding()], made.RULES)
    told = revised(run, waivers=held)
    states = {(f.name, c.id): c.state for f in told.frameworks for c in f.controls}
    assert states["AWS FSBP", "SageMaker.3"] == "set_aside"
