"""The page in a real Chromium: quiet, alone, readable without script and on a phone, accessible."""

from __future__ import annotations

import io
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from auditor.plugins import load_report
from tests.reports import made

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)
EVIL = "<img src=http://evil.example/x onerror=alert(1)><script>alert(2)</script>\u202e"


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """Open the page of a run; what the console, dialogs and the network saw is in ``page.seen``."""
    contexts = []

    def start(run, **options):
        file = tmp_path / "report.html"
        out = io.BytesIO()
        load_report("html").write(run, out)
        file.write_bytes(out.getvalue())
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.seen = []
        page.on("console", lambda message: page.seen.append(message.text))
        page.on("pageerror", lambda error: page.seen.append(str(error)))
        page.on("dialog", lambda dialog: (page.seen.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith("file:") or page.seen.append(
            request.url))
        page.goto(file.as_uri())
        return page

    yield start
    for context in contexts:
        context.close()


@pytest.mark.parametrize("make", [
    made.golden, made.empty, made.clean, made.refused, lambda: made.hostile(EVIL),
], ids=["golden", "empty", "clean", "refused", "hostile"])
def test_it_is_quiet_and_asks_nobody(opened, make):
    page = opened(make())
    assert page.seen == []
    assert page.locator("img, iframe, object, embed, link, form[action]").count() == 0


def test_it_stands_without_script(opened):
    page = opened(made.golden(), java_script_enabled=False)
    assert page.locator("#summary .verdict").is_visible()
    assert page.locator(".filter").is_hidden()
    assert page.locator(".outcomes .rule").first.is_visible()


def test_the_filter_shows_what_holds_every_word(opened):
    run = made.large(400)
    page = opened(run)
    page.locator(".open").click()
    everything = page.locator(".outcomes .finding")
    there = page.locator(".outcomes [id^=f-]").evaluate_all("all => all.map(one => one.id)")
    assert sorted(there) == sorted(
        f"f-{f.fingerprint}" for f in run.findings if f.status not in ("pass", "not_applicable"))
    texts = everything.evaluate_all(
        "all => all.map(one => (one.closest('.rule').querySelector('summary').textContent"
        " + ' ' + one.textContent).toLowerCase())")
    for words in ("notebook", "us-east-1 kms", "nothing-holds-this"):
        page.locator(".filter input").fill(words)
        page.wait_for_timeout(200)
        shown = page.locator(".outcomes .finding:not(.off)").count()
        assert shown == sum(all(word in text for word in words.split()) for text in texts)
    assert page.seen == []


def test_a_link_opens_the_finding(opened):
    run = made.golden()
    one = next(f for f in run.findings if f.status == "fail")
    page = opened(run)
    page.evaluate(f"location.hash = '#f-{one.fingerprint}'")
    page.wait_for_timeout(100)
    assert page.locator(f"#f-{one.fingerprint} .facts").is_visible()


@pytest.mark.parametrize("width", [360, 1600])
def test_nothing_runs_out_of_the_window(opened, width):
    page = opened(made.golden(), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_breaks_no_rule_of_accessibility(opened, scheme):
    """WCAG 2.2 AA as far as axe can tell, with every finding open."""
    page = opened(made.golden(), color_scheme=scheme, bypass_csp=True)
    page.locator(".open").click()
    results = Axe().run(page, options={"runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [(v["id"], v["nodes"][0]["html"]) for v in results.response["violations"]] == []


def test_it_prints(opened):
    """What leads about is not there, what was found is."""
    page = opened(made.golden())
    page.emulate_media(media="print")
    assert page.locator("nav").is_hidden() and page.locator(".filter").is_hidden()
    assert page.locator("#summary .verdict").is_visible()
    assert page.locator(".outcomes .finding").first.is_visible()
    assert len(page.pdf()) > 20_000
