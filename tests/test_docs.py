"""The documents say what is true: their code runs, their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli import COMMANDS
from auditor.plugins import load_rules
from auditor.testing import judge, samples

ROOT = Path(__file__).parent.parent
PACK = ROOT / "docs" / "example-pack" / "acme_auditor"
PAGES = [ROOT / n for n in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md",
                            "docs/adding-a-rule.md", "docs/json-report.md", "docs/kinds.md")]


@pytest.fixture
def walked_through(tmp_path):
    """The rule of docs/adding-a-rule.md, in a directory of its own."""
    page = (ROOT / "docs" / "adding-a-rule.md").read_text()
    room = tmp_path / "my_rules"
    room.mkdir()
    (room / "names.py").write_text(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0])
    return room


def test_the_rule_that_is_walked_through_works(walked_through):
    rule = {r.id: r for r in load_rules([walked_through])}["acme-notebook-name"]
    assert samples(rule) == []
    assert judge(rule, {"NotebookInstanceName": "ml-x"}).status == "pass"
    assert judge(rule, {}, unseen={"NotebookInstanceName": "AccessDenied"}).status == "unknown"


def test_the_commands_that_are_walked_through_work(walked_through, cli):
    done = subprocess.run([sys.executable, "-m", "auditor.testing", str(walked_through)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "0 samples that do not hold" in done.stdout
    code, out, _ = cli("explain", "acme-notebook-name", "--rules", str(walked_through))
    assert code == 0 and "Notebooks carry the prefix" in out


def test_the_example_pack_holds():
    found = [r for r in load_rules([PACK]) if r.pack.startswith(str(PACK))]
    assert len(found) == 2
    for rule in found:
        assert samples(rule) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_command_in_the_readme_exists():
    text = (ROOT / "README.md").read_text()
    named = {m[1] for m in re.finditer(r"(?m)^auditor (\w+)", text)}
    assert named and named <= set(COMMANDS)
    for option in set(re.findall(r"(?<=\s)--[a-z-]+", text)):
        assert any(option in (ROOT / "auditor" / "cli" / f).read_text()
                   for f in ("_aws.py", "_output.py", "_since.py", "publish.py", "scan.py", "collect.py", "permissions.py",
                             "doctor.py")), option
