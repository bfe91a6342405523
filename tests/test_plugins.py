"""Rules and reports by entry point and by directory; a broken pack stops the run by name."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint

import pytest

from auditor import plugins
from auditor.errors import AuditorError
from auditor.kinds import TABLE

GOOD = '''"""Names."""
from auditor.kinds import NOTEBOOK
from auditor.rule import rule
from auditor.verdict import Fail, Pass, Severity

@rule("acme-notebook-name", "Names", on=NOTEBOOK, severity=Severity.LOW, fix="rename",
      good={"NotebookInstanceName": "ml-x"}, bad={"NotebookInstanceName": "x"})
def named(notebook):
    """Names tell whose it is."""
    return Pass() if notebook.data.NotebookInstanceName.startswith("ml-") else Fail("no prefix")
'''


def test_the_built_in_rules_come_through_the_door():
    rules = plugins.load_rules()
    assert len(rules) >= 70
    assert [r.id for r in rules] == sorted({r.id for r in rules})
    for rule in rules:
        assert rule.on in TABLE
        assert rule.rationale and rule.fix and rule.title and rule.controls, rule.id
        assert rule.good and rule.bad, rule.id
        assert re.search(r"[.!)]$", rule.rationale), rule.id


def test_a_directory_of_rules(tmp_path):
    (tmp_path / "names.py").write_text(GOOD)
    rules = {r.id: r for r in plugins.load_rules([tmp_path])}
    assert rules["acme-notebook-name"].pack == str(tmp_path / "names.py")


def test_a_directory_may_share_code_among_its_modules(tmp_path):
    (tmp_path / "_prefix.py").write_text("PREFIX = 'ml-'\n")
    (tmp_path / "names.py").write_text(
        GOOD.replace("import rule\n", "import rule\nfrom ._prefix import PREFIX\n")
        .replace('startswith("ml-")', "startswith(PREFIX)"))
    (tmp_path / "__init__.py").touch()
    assert "acme-notebook-name" in {r.id for r in plugins.load_rules([tmp_path])}


def test_a_directory_that_is_not_there_or_empty(tmp_path):
    with pytest.raises(AuditorError, match="no such directory"):
        plugins.load_rules([tmp_path / "no"])
    with pytest.raises(AuditorError, match="no Python module"):
        plugins.load_rules([tmp_path])


@pytest.mark.parametrize(("text", "says"), [
    ("import no_such_module_at_all", "no_such_module_at_all"), ("x = = 1", "SyntaxError"),
    (GOOD.replace("acme-notebook-name", "Bad Id"), "words of a-z"),
    (GOOD.replace('"""Names tell whose it is."""', ""), "needs a docstring"),
    (GOOD.replace("acme-notebook-name", "sagemaker-notebook-root-access"), "which auditor has too"),
])
def test_a_broken_pack_is_named(tmp_path, text, says):
    (tmp_path / "names.py").write_text(text)
    with pytest.raises(plugins.BrokenPack, match=says) as caught:
        plugins.load_rules([tmp_path])
    assert "names.py" in str(caught.value)


@pytest.mark.parametrize("value", ["no_such_package_xyz", "json", "auditor.finding:SCHEMA"])
def test_a_broken_installed_pack_is_named(monkeypatch, value):
    point = EntryPoint("acme", value, plugins.RULES)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point])
    if value == "json":  # a module without rules is a pack without rules
        assert plugins.load_rules() == []
        return
    with pytest.raises(plugins.BrokenPack, match="acme"):
        plugins.load_rules()


def test_reports_by_name():
    assert {"html", "json", "table"} <= set(plugins.report_names())
    assert callable(plugins.load_report("html").write)
    with pytest.raises(AuditorError, match=r"no report format htm \(did you mean html"):
        plugins.load_report("htm")
