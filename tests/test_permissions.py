"""The policy a scan needs: all of it, in parts that AWS takes, and no more than the rules ask."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.aws.permissions import LONGEST, cloudformation, length, parts, stackset, terraform
from auditor.aws.plan import calls, permissions
from auditor.inventory import Inventory
from auditor.kinds import BUCKET, KEY, NOTEBOOK, ROLE, TABLE
from auditor.needs import kinds_for, kinds_of
from auditor.plugins import load_rules
from auditor.shape import recording
from auditor.testing import judge
from tests.fakeaws.actions import action

RULES = load_rules()
CFN_LINT = Path(sys.executable).with_name("cfn-lint")


def by_id(name):
    return next(r for r in RULES if r.id == name)


def granted(documents):
    return [a for d in documents for s in d["Statement"] for a in s["Action"]]


# -- what rules look at

@pytest.fixture
def looked_at(monkeypatch):
    """Write down the kinds that are asked for, whether anything of them is there or not."""
    kinds = set()

    def watch(name, position):
        asked = getattr(Inventory, name)

        def watched(self, *args, **options):
            kinds.add(args[position])
            return asked(self, *args, **options)

        monkeypatch.setattr(Inventory, name, watched)

    watch("edges", 1)
    watch("pointing_at", 1)
    watch("resources", 0)
    watch("demand", 0)
    return kinds


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_a_rule_looks_at_no_kind_that_its_code_does_not_name(rule, looked_at):
    may = kinds_of(rule)
    for sample in (*rule.good, *rule.bad):
        looked_at.clear()
        with recording() as reads:
            judge(rule, sample.data, *sample.others, seen=sample.seen, tags=sample.tags,
                  **dict(sample.settings))
        read = {r.source.kind for r in reads if hasattr(r.source, "kind")}
        assert looked_at | read <= may


def test_kinds_are_found_behind_helpers_and_not_in_other_packs():
    administrators = by_id("sagemaker-notebook-role-admin")
    assert {NOTEBOOK, ROLE} <= kinds_of(administrators)  # the role is named in a helper
    assert KEY not in kinds_of(administrators)
    assert kinds_of(by_id("sagemaker-notebook-root-access")) == {NOTEBOOK}


def test_kinds_that_nothing_lists_bring_those_that_name_them():
    on_roles = [r for r in RULES if r.on.asked]
    for rule in on_roles:
        naming = {k for k in TABLE if any(link.to is rule.on for link in k.links)}
        assert naming <= set(kinds_for([rule]))
    assert kinds_for([by_id("sagemaker-notebook-root-access")]) == [NOTEBOOK]
    for kind in kinds_for(RULES):
        assert kind.parent is None or kind.parent in kinds_for(RULES)


def test_a_pack_of_ones_own_is_read_too(tmp_path):
    (tmp_path / "_help.py").write_text(
        "from auditor.kinds import BUCKET, KEY\n"
        "from functools import partial\n"
        "def reach(kind, endpoint): return endpoint.used_by(kind)\n"
        "keys = partial(reach, KEY)\n"
        "MANY = {'a': (BUCKET,)}\n")
    (tmp_path / "one.py").write_text(
        "from auditor.kinds import NOTEBOOK\nfrom auditor.rule import rule\n"
        "from auditor.verdict import Pass, Severity\nfrom ._help import MANY, keys\n"
        "@rule('acme-one', 'One', on=NOTEBOOK, severity=Severity.LOW, fix='x', good={}, bad={})\n"
        "def one(notebook):\n    'Why.'\n"
        "    return Pass() if [m for m in MANY] and keys(notebook) else Pass()\n")
    rule = next(r for r in load_rules([tmp_path]) if r.id == "acme-one")
    assert kinds_of(rule) == {NOTEBOOK, BUCKET, KEY}


# -- parts

@pytest.mark.parametrize("longest", [400, 1000, LONGEST])
def test_parts_hold_it_all_and_none_is_too_long(longest):
    documents = parts(TABLE, longest)
    assert all(length(d) <= longest for d in documents)
    whole = permissions(TABLE)["Statement"]
    assert granted(documents) == [a for s in whole for a in s["Action"]]
    for document in documents:
        for statement in document["Statement"]:
            assert {**statement, "Action": 0} in [{**s, "Action": 0} for s in whole]
            assert statement["Action"]
    assert len(documents) >= sum(length({"S": s}) for s in whole) // longest


@pytest.mark.parametrize("call", calls(TABLE), ids=lambda c: f"{c.service}:{c.operation}")
def test_each_operation_needs_the_action_that_aws_checks(call):
    assert call.action == action(call.service, call.operation)


def test_the_length_is_counted_as_iam_counts_it():
    document = parts(TABLE)[0]
    assert length(document) == len(re.sub(r"\s", "", json.dumps(document, indent=4)))


# -- the command

def test_json_is_one_document_and_its_parts_fit(cli):
    code, out, err = cli("permissions")
    whole = json.loads(out)
    assert code == 0 and whole == permissions(TABLE)
    count = len(parts(TABLE))
    assert ("a managed policy holds 6,144" in err) == (count > 1)
    found = [json.loads(cli("permissions", "--part", str(n))[1]) for n in range(1, count + 1)]
    assert granted(found) == granted([whole])
    code, _, err = cli("permissions", "--part", str(count + 1))
    assert code == 2 and f"there are {count} parts" in err


def test_selected_rules_need_less(cli):
    code, out, _ = cli("permissions", "--select", "sagemaker-notebook-root-access")
    actions = granted([json.loads(out)])
    assert code == 0 and "sagemaker:DescribeNotebookInstance" in actions
    assert "sagemaker:DescribeTrainingJob" not in actions and "s3:GetBucketAcl" not in actions
    assert {"sts:GetCallerIdentity", "ec2:DescribeRegions"} <= set(actions)
    code, out, _ = cli("permissions", "--select", "s3-*")
    assert "s3:GetBucketAcl" in granted([json.loads(out)])
    code, _, err = cli("permissions", "--select", "no-such-rule")
    assert code == 2 and "no rule no-such-rule" in err


def test_terraform_grants_the_same_and_is_whole(cli):
    code, out, _ = cli("permissions", "--format", "terraform")
    assert code == 0
    stripped = re.sub(r'"(\$\{[^}]*\}|[^"])*"', '""', out)
    for opening, closing in ("{}", "[]", "()"):
        assert stripped.count(opening) == stripped.count(closing)
    actions = re.findall(r"actions = \[([^\]]*)\]", out)
    listed = [a for block in actions for a in re.findall(r'"([^"]+)"', block)]
    assert listed[0] == "sts:AssumeRole" and listed[1:] == granted(parts(TABLE))
    declared = {
        f"{'data.' if word == 'data' else ''}{kind}.{name}"
        for word, kind, name in re.findall(r'(?m)^(data|resource) "(\w+)" "(\w+)"', out)
    } | {f"var.{name}" for name in re.findall(r'(?m)^variable "(\w+)"', out)}
    used = set(re.findall(r"(?:data\.)?aws_\w+\.\w+|var\.\w+", stripped)) | {"var.role_name"}
    assert used <= declared
    assert "sts:ExternalId" in out and "var.external_id" in used
    assert terraform(parts([NOTEBOOK])).count('resource "aws_iam_policy"') == 1


@pytest.mark.parametrize("make", [cloudformation, stackset], ids=["cloudformation", "stackset"])
def test_templates_are_what_cloudformation_takes(make, tmp_path):
    template = tmp_path / "template.json"
    template.write_text(json.dumps(make(parts(TABLE, 3000))))
    done = subprocess.run(
        # W3037: operations that are younger than cfn-lint's list of actions
        [CFN_LINT, "--ignore-checks", "W3037", "--format", "parseable", "--", template],
        capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_role_is_for_one_principal_with_an_external_id():
    template = cloudformation(parts(TABLE))
    role = template["Resources"]["Role"]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": {"Ref": "TrustedPrincipalArn"}}
    assert statement["Condition"]["StringEquals"]["sts:ExternalId"] == {"Ref": "ExternalId"}
    policies = [r["Properties"]["PolicyDocument"] for r in template["Resources"].values()
                if r["Type"] == "AWS::IAM::ManagedPolicy"]
    assert granted(policies) == granted([permissions(TABLE)])
    assert len(role["ManagedPolicyArns"]) == len(policies) <= 10  # of a role, by default


def test_the_stack_set_carries_the_same_template(cli):
    code, out, err = cli("permissions", "--format", "stackset")
    outer = json.loads(out)
    inner = outer["Resources"]["StackSet"]["Properties"]["TemplateBody"]
    assert code == 0 and json.loads(inner) == cloudformation(parts(TABLE))
    assert len(inner) <= 51_200  # bytes of a TemplateBody
    assert "aws cloudformation deploy" in err
