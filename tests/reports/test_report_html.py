"""The page: whole without network and script, and nothing in it comes alive that is data."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from auditor.finding import BaselineCard, LinkCard, PastFinding, Run, WaiverCard, WaiverUse
from auditor.plugins import load_report
from tests.reports import made
from tests.reports.measured import Sink, peak

ROOM = Path(__file__).parents[2] / "reports"
VOID = {"meta", "input", "rect", "wbr", "br"}
KNOWN = {
    "html": {"lang"}, "head": set(), "title": set(), "style": set(), "script": set(),
    "meta": {"charset", "http-equiv", "content", "name"}, "body": set(),
    "a": {"href", "class", "rel"}, "nav": {"aria-label"}, "main": {"id"}, "header": set(),
    "footer": set(), "section": {"id", "class", "aria-labelledby"}, "h1": set(),
    "h2": {"id"}, "h3": {"id", "class"}, "h4": {"class"}, "p": {"class"}, "b": {"class"},
    "strong": set(), "wbr": set(), "br": set(), "tbody": set(), "small": set(), "i": {"class"}, "code": {"class"}, "pre": set(),
    "span": {"class"}, "div": {"class", "id", "role", "aria-label", "tabindex"},
    "ol": set(), "ul": {"class"}, "li": {"class", "id"}, "dl": {"class"}, "dt": set(), "dd": set(),
    "figure": set(), "figcaption": set(), "caption": set(), "thead": set(), "tr": set(),
    "table": {"class"}, "th": {"scope", "class"}, "td": {"class"},
    "details": {"class", "id", "data-severity"}, "summary": set(),
    "svg": {"class", "viewbox", "preserveaspectratio", "aria-hidden", "role", "aria-label"},
    "rect": {"class", "x", "width", "height"},
    "form": {"class", "role", "aria-label", "hidden"}, "output": {"aria-live"},
    "input": {"type", "aria-label", "placeholder", "autocomplete", "spellcheck"},
    "button": {"type", "class", "data-severity", "data-section", "aria-pressed"},
}


class Page(HTMLParser):
    """A page read: its elements with attributes, its text, where each stands."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.path: list[str] = []
        self.raw = text
        self.feed(text)
        self.close()
        assert self.path == []

    def handle_starttag(self, tag, attrs):
        if tag not in ("code", "b", "i", "strong", "a", "wbr"):
            self.texts.append(("", " "))
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.path.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.path.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        self.texts.append((self.path[-1] if self.path else "", data))

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    @property
    def text(self) -> str:
        return " ".join("".join(
            data for place, data in self.texts if place not in ("style", "script")).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def inside(self, tag: str) -> str:
        return "".join(data for place, data in self.texts if place == tag)


def written(run: Run, **options: object) -> str:
    out = io.BytesIO()
    load_report("html").write(run, out, **options)
    return out.getvalue().decode()


RUNS = [made.golden, made.empty, made.clean, made.refused]


@pytest.fixture(scope="module")
def golden_page():
    return Page(written(made.golden()))


def check_whole(page: Page) -> None:
    """Hold what is true of every page, whatever the data."""
    assert page.raw.startswith("<!doctype html>\n")
    for tag, attrs in page.elements:
        assert attrs.keys() <= KNOWN[tag], (tag, attrs)
    for attrs in page.all("a"):
        href = attrs["href"]
        assert href.startswith("#") or (
            re.fullmatch(r"https://sagemaker-auditor\.readthedocs\.io/rules/[a-z0-9-]+/", href)
            and attrs["rel"] == "noreferrer"), href
    assert page.inside("style") == (ROOM / "html.css").read_text()
    assert page.inside("script") == (ROOM / "html.js").read_text()
    for character in page.raw:
        assert character == "\n" or unicodedata.category(character) not in (
            "Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"), hex(ord(character))


@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_it_is_whole_and_well_formed(make):
    check_whole(Page(written(make())))


@pytest.mark.parametrize("evil", made.EVIL, ids=range(len(made.EVIL)))
def test_hostile_text_stays_text(golden_page, evil):
    page = Page(written(made.hostile(evil)))
    check_whole(page)
    assert len(page.all("script")) == len(page.all("style")) == 1
    classes = {attrs.get("class") for _, attrs in page.elements}
    assert classes <= {attrs.get("class") for _, attrs in golden_page.elements} | {"because", "notice"}


@pytest.mark.parametrize(("evil", "shown"), [
    ("<script>alert(1)</script>", "<script>alert(1)</script>"), ("{{7*7}}", "{{7*7}}"),
    ("\x1b[31m", r"\x1b[31m"), ("a\nb\r", r"a\nb\r"), ("\x00", r"\x00"), ("\u202e", r"\u202e"),
    ("\ud800", r"\ud800"), ("\u2028", r"\u2028"), ("&lt;b&gt;", "&lt;b&gt;"), ("é 日 🔥", "é 日 🔥"),
])
def test_what_acts_is_shown(evil, shown):
    finding = made.finding(made.RULES[0], f"[{evil}]", "fail", f"({evil})", arn="arn:x",
                           evidence=((f"m{evil}", [f"v{evil}"]),))
    page = Page(written(made.run_of([finding], made.RULES)))
    assert f"[{shown}]" in page.text and f"({shown})" in page.text and f"m{shown}" in page.text
    check_whole(page)


@pytest.mark.parametrize("address", [
    "javascript:alert(1)", "http://evil.example/", 'https://x" onclick="alert(1)', "//evil", ""])
def test_only_an_https_address_is_a_link(address):
    card = msgspec.structs.replace(made.RULES[0], help_url=address)
    page = Page(written(made.run_of([made.finding(card, "x", "fail", "y")], [card])))
    links = [a for a in page.all("a") if not a["href"].startswith("#")]
    assert [a["href"] for a in links] == ([address] if address.startswith("https://") else [])
    assert all(attrs.keys() <= KNOWN[tag] for tag, attrs in page.elements)


def test_the_policy_lets_nothing_act_but_our_own(golden_page):
    (policy,) = [m["content"] for m in golden_page.all("meta")
                 if m.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        digest = hashlib.sha256(golden_page.inside(tag).encode()).digest()
        assert rules[name] == f"'sha256-{base64.b64encode(digest).decode()}'"
    assert rules.keys() == {"default-src", "style-src", "script-src", "base-uri", "form-action"}
    assert len(golden_page.all("script")) == len(golden_page.all("style")) == 1


def test_the_script_never_writes_markup():
    script = (ROOM / "html.js").read_text()
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval",
                 "Function(", "fetch", "XMLHttpRequest", "import", "localStorage", "</"):
        assert word not in script, word
    assert "</" not in (ROOM / "html.css").read_text()
    assert "url(" not in (ROOM / "html.css").read_text()


@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_ids_are_unique_and_every_link_leads_somewhere(make):
    page = Page(written(make()))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for attrs in page.all("a"):
        if attrs["href"].startswith("#"):
            assert attrs["href"][1:] in ids, attrs
    for _, attrs in page.elements:
        assert attrs.get("aria-labelledby", ids[0]) in ids


@pytest.mark.parametrize("make", RUNS, ids=lambda make: make.__name__)
def test_headings_go_down_one_level_at_a_time_and_tables_have_scopes(make):
    page = Page(written(make()))
    level = 0
    for tag, attrs in page.elements:
        if re.fullmatch("h[1-6]", tag):
            assert int(tag[1]) <= level + 1, (tag, attrs)
            level = int(tag[1])
        if tag == "th":
            assert attrs["scope"] in ("row", "col")
    assert len(page.all("h1")) == len(page.all("main")) == 1


def test_it_says_what_was_audited(golden_page):
    text = golden_page.text
    for words in ("Account 111122223333", "eu-west-1, us-east-1", "2026-01-31 10:00:12 UTC",
                  "arn:aws:sts::111122223333:assumed-role/audit/night", "auditor 0.1.0",
                  "7 rules of 33; the others were not selected", "18 resources of 6 kinds",
                  "10 findings on 9 resources of 18; 1 of them critical. 3 outcomes could not be"):
        assert words in text, words


def test_it_says_what_could_not_be_seen(golden_page):
    text = golden_page.text
    for words in (
        "s3:GetBucketPolicyStatus in global answered AccessDenied. It leaves 1 outcome open:"
        " allow s3:GetBucketPolicyStatus.",
        "The rule broke (KeyError: 'x'); this is a fault of auditor. It leaves 1 outcome open.",
        "without touching an outcome listed here: kms:DescribeKey",
        "Macie Session: AWS does not offer it in ap-south-2.", "Tags could not be read in us-east-1.",
        "PolicyStatus of arn:aws:s3:::raw-clicks", "AccessDenied: Access Denied",
        "the list of SageMaker EndpointConfig",
    ):
        assert words in text, words
    assert "Nothing. AWS answered every call" in Page(written(made.clean())).text


def test_a_finding_has_its_evidence_and_its_own_fix(golden_page):
    text = golden_page.text
    for words in (
        "s3:DescribeBucket answered 2026-01-31 09:58:41 UTC PolicyStatus.IsPublic true"
        " PublicAccessBlockConfiguration null AWS left it out",
        "aws s3api put-public-access-block --bucket open-images --public-access-block-configuration",
        "arn:aws:s3:::open-images", "team=ml env=prod", next(f.fingerprint for f in made.golden().findings if f.status == "fail"),
        '{ "Version": "2012-10-17", "Statement": [ {',  # a policy is laid out
    ):
        assert words in text, words


def test_the_fix_of_a_rule_stands_once_and_only_commands_with_names_again():
    rule = made.RULES[5]
    run = made.run_of([made.finding(rule, f"n{i}", "fail", "x") for i in range(50)], made.RULES)
    text = Page(written(run)).text
    assert text.count(rule.rationale) == 1
    assert text.count("Stop the instance, then") == 1
    assert text.count("--notebook-instance-name n") == 50


def test_commands_that_belong_together_are_shown_together():
    rule = msgspec.structs.replace(made.RULES[0], fix="`B=$(aws x {name})`, then `aws y $B`.")
    page = Page(written(made.run_of([made.finding(rule, "x1", "fail", "y")], [rule])))
    assert "To mend this one B=$(aws x x1) aws y $B" in page.text


def test_a_fix_whose_words_alone_have_names_is_shown_whole():
    rule = msgspec.structs.replace(made.RULES[0], fix="Delete {name} by hand, then `ls`.")
    text = Page(written(made.run_of([made.finding(rule, "x1", "fail", "y")], [rule]))).text
    assert "Delete x1 by hand, then ls." in text


def test_json_in_a_text_is_laid_out_and_nothing_of_it_is_dropped():
    twice = '{"Effect":"Deny","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}'
    for value, shown in ((twice, '"Effect": "Deny", "Effect": "Allow"'), ("{no json", '"{no json"'),
                         ("[" * 20_000, "[" * 20_000), ({"a": ["\ud800"]}, r'["\\ud800"]')):
        finding = made.finding(made.RULES[0], "x", "fail", "y", evidence=(("Policy", value),))
        text = Page(written(made.run_of([finding], made.RULES))).text
        assert shown in text


def test_a_long_value_stands_once_however_many_judged_it():
    policy = {"Statement": [{"Sid": f"s{i}", "Action": "s3:*"} for i in range(40)]}
    page = Page(written(made.run_of([
        made.finding(made.RULES[0], "x", "fail", "y", severity=severity, arn=f"arn:{severity}",
                     evidence=(("RootAccess", "Enabled"),)) for severity in ("low", "high")
    ], made.RULES)))
    assert "Document" not in page.text
    shared = made.finding(made.RULES[0], "x", "fail", "y", evidence=(("Policy", policy),))
    page = Page(written(made.run_of([
        shared, msgspec.structs.replace(shared, severity="low", fingerprint="0" * 32),
    ], made.RULES)))
    assert page.text.count('"Sid": "s39"') == 1
    assert [a["href"] for a in page.all("a")].count("#d-1") == 2
    assert sum(attrs.get("id") == "d-1" for _, attrs in page.elements) == 1
    assert "Policy of arn:aws:iam::111122223333:role/x" in page.text


def test_historical_findings_are_apart_with_their_window(golden_page):
    assert ("2 findings on jobs that ended more than 90 days before the scan. A job that has ended"
            in golden_page.text)
    assert "Historical: on jobs long ended 2" in golden_page.text


def test_what_passed_and_what_did_not_apply_can_be_seen(golden_page):
    assert "4 outcomes passed; in 1 case the question does not arise." in golden_page.text
    assert "it is being deleted old eu-west-1" in golden_page.text


def test_cost_controls_and_rules_are_there(golden_page):
    text = golden_page.text
    assert "sagemaker:DescribeTrainingJob 185 6 6 26.0" in text  # two regions together
    assert "sagemaker-notebook-root-access 4 0 1" in text
    rows = [text.index(f" {row}") for row in ("AC-6 Least privilege", "AC-6(10) Least privilege",
                                               "SC-7 Boundary protection", "SC-13 Crypt")]
    assert rows == sorted(rows)
    assert "controls that no rule of this run speaks to" in text
    assert "* The mapping is ours. The ids are those of the theme" in text
    for rule in made.RULES:
        assert f"{rule.title} {rule.id} {rule.severity}" in text


def test_outcomes_narrow_what_is_listed_and_it_says_so():
    page = Page(written(made.golden(), outcomes={"unknown"}))
    assert "Only these outcomes are listed: unknown." in page.text
    assert "10 findings." in page.text and "open-images" not in page.text
    assert page.raw.count('id="findings"') == 0 and page.raw.count('id="unknown"') == 1


def test_a_narrowed_file_does_not_pretend_to_be_whole():
    run = made.golden()
    run = msgspec.structs.replace(run, findings=[f for f in run.findings if f.status == "fail"])
    assert "holds 12 of 21 outcomes" in Page(written(run)).text


@pytest.mark.parametrize(("make", "says"), [
    (made.empty, "There is nothing to audit here"), (made.clean, "Nothing found on 6 resources."),
    (made.refused, "AWS let us see nothing."),
])
def test_empty_states_are_said_in_words(make, says):
    assert says in Page(written(make())).text


def test_a_custom_endpoint_is_said_prominently():
    run = made.golden()
    assert "Not AWS itself" not in written(run)
    run = msgspec.structs.replace(
        run, run=msgspec.structs.replace(run.run, endpoint="http://127.0.0.1:5000"))
    text = Page(written(run)).text
    assert text.index("This scan was pointed at http://127.0.0.1:5000") < text.index("Summary 10")


def test_five_thousand_findings_stay_usable():
    run = made.large(14_000)
    sink = Sink()
    report = load_report("html")
    report.write(made.golden(), Sink())  # what is loaded once is not counted
    assert peak(lambda: report.write(run, sink)) < 8_000_000
    failed = run.coverage.outcomes["fail"]
    assert failed > 4_500
    assert sink.size / failed < 2_000  # bytes for each finding, all else included


def test_it_says_what_changed_who_accepted_what_and_what_points_at_what():
    card = next(rule for rule in made.RULES if rule.id == "sagemaker-notebook-root-access")
    one = made.finding(card, "a", "fail", "x", change="new")
    taken = made.finding(card, "b", "waived", "x", waiver=WaiverCard(
        owner="ml@example.com", reason="SEC-1", expires="2026-12-31"))
    arn, role = one.resource.arn, f"arn:aws:iam::{made.ACCOUNT}:role/r"
    run = msgspec.structs.replace(
        made.run_of([one, taken], made.RULES),
        lineage=[LinkCard(source=arn, source_kind=card.kind, member="RoleArn", target=role,
                          target_kind="AWS::IAM::Role")],
        waivers=[WaiverUse(rule=card.id, resource=arn, owner="ml@example.com", reason="SEC-1",
                           expires="2026-01-01", matched=1, state="expired")],
        baseline=BaselineCard(
            id="b", finished="2026-01-30T10:00:00+00:00", counts={"new": 1, "gone": 1},
            closed=[PastFinding(
                fingerprint="f" * 32, rule=card.id, title=card.title, severity="high",
                account=made.ACCOUNT, region="eu-west-1", arn=arn + "-gone", change="gone")]))
    out = io.BytesIO()
    load_report("html").write(run, out)
    text = " ".join(re.sub(r"<[^>]*>", " ", out.getvalue().decode()).split())
    assert "Since 2026-01-30 10:00:00 UTC: 1 new, 1 gone." in text
    assert f"{arn}-gone" in text and "expired on 2026-01-01: its findings count again" in text
    assert f"Points at IAM Role {role} (RoleArn)" in text
    assert "until 2026-12-31 by ml@example.com: SEC-1" in text and "a new x" in text
