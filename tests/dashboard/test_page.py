"""The live page as people meet it: the real command, a real workspace, a real browser."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tests.dashboard import history
from tests.dashboard.browser import Browser, Tab, found

from journeyman.api.build import build
from journeyman.entities.operating import Operated, OperateSettings
from journeyman.entities.operation import Outcome
from journeyman.entities.overview import Request, RequestKind
from journeyman.errors import SettingsError
from journeyman.stores.workspace import Workspace

pytest.importorskip("dash", reason="the extra journeyman[dashboard] is not installed")

from journeyman.api.dashboard import dashboard_api
from journeyman.dashboard import server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(found() is None, reason="no Chromium here (Debian: apt-get install chromium)"),
]


class Page:
    """The command's process, the workspace behind it and the browser before it."""

    def __init__(self, workspace: Path, browser: Browser) -> None:
        self.path, self.browser = workspace, browser
        command = [sys.executable, "-m", "journeyman", "dashboard", "--port", "0", "--every", "1", "--no-open"]
        self.process = subprocess.Popen([*command, "--workspace", str(workspace)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Live page: http://127.0.0.1:"), line
        self.address = line.split()[2].rstrip("/")

    def open(self, path: str, width: int = 1400, *, dark: bool = False) -> Tab:
        tab = self.browser.tab(width, 900, dark=dark)
        tab.go(self.address + path)
        return tab

    def requests(self, name: str) -> list[Request]:
        with contextlib.closing(Workspace(self.path)) as place:
            return [heard.request for heard in place.operations.requests(name)]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    program = found()
    assert program is not None
    folder = tmp_path_factory.mktemp("page")
    rows = pd.DataFrame({"x": [k % 17 for k in range(60)], "y": [("no", "yes")[k % 17 > 8] for k in range(60)]})
    build(rows, target="y", name="churn", trials=1, workspace=folder / "w")
    with contextlib.closing(Workspace(folder / "w")) as place:
        history.release_again(place, "churn", "churn", 2)
        for other in ("houses", "demand"):
            history.release_again(place, "churn", other, 1)
        for name, version in (("churn", 1), ("churn", 2), ("houses", 1), ("demand", 1)):
            place.registry.promote(name, version, now="2026-10-28T11:00:00+00:00")
        history.stored(place, history.eventful("churn"))
        history.stored(place, history.calm("houses"))
        history.stored(place, history.broken("demand"))
        place.leases.take("churn", "somebody", time.time_ns() // 1_000_000, 10**9)
    browser = Browser(program, folder / "profile")
    try:
        shown = Page(folder / "w", browser)
        yield shown
        shown.stop()
    finally:
        browser.close()


def test_all_models_at_a_glance_and_then_one(page: Page) -> None:
    tab = page.open("/")
    tab.until_text("How the models stand")
    assert "waits for you" in tab.text("main")
    assert tab.text("main").count("nobody is watching") == 2, "a worker holds churn, and none holds the others"
    tab.js("document.querySelector('main a[href=\"/model/churn\"]').click()")
    tab.until("document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3")
    shown = tab.text("main")
    for words in (
        "Promote release 3?",
        "How good it is",
        "What has changed",
        "Champion and challenger",
        "What was done",
    ):
        assert words in shown
    assert {"Approve", "Reject", "Pause", "Roll back"} <= set(
        tab.js("[...document.querySelectorAll('button')].map(b => b.innerText)")
    )
    tab.until("document.title == 'churn: waits for you'")
    assert tab.complaints() == []
    assert all(address.startswith((page.address, "data:", "blob:")) for address in tab.asked())


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (400, True)], ids=["wide", "narrow"])
def test_it_fits_the_window_and_follows_the_theme(page: Page, width: int, dark: bool) -> None:
    tab = page.open("/model/churn", width, dark=dark)
    tab.until("document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3")
    assert tab.js("document.documentElement.scrollWidth") == width, "nothing sticks out at the side"
    plots = tab.js("[...document.querySelectorAll('.js-plotly-plot')].map(p => p.getBoundingClientRect().right)")
    assert max(plots) <= width
    ink = "#e7eaee" if dark else "#1a1f26"
    drawn = "document.getElementById('graph-drift').querySelector('.js-plotly-plot').layout.yaxis.tickfont.color"
    assert tab.js(drawn) == ink
    tab.theme("light" if dark else "dark")
    tab.until(f"{drawn} != '{ink}'")
    assert tab.complaints() == []


def test_a_question_is_answered_only_after_a_confirmation(page: Page) -> None:
    tab = page.open("/model/churn")
    tab.press("Approve")
    tab.until("document.getElementById('dialog').open")
    assert "promote release 3" in tab.text("#dialog")
    tab.press("Cancel", "#dialog")
    tab.until("!document.getElementById('dialog').open")
    assert page.requests("churn") == []
    tab.press("Approve")
    tab.until("document.getElementById('dialog').open")
    tab.js("document.getElementById('note').focus()")
    tab.call("Input.insertText", text="looks right")
    tab.press("Approve", "#dialog")
    tab.until_text("Asked at")
    tab.until_text("Answered: approve. The next round does it.")
    (asked,) = page.requests("churn")
    assert (asked.kind, asked.operation, asked.note) == (RequestKind.APPROVE, 6, "looks right")
    assert asked.who
    assert tab.complaints() == []


def test_pausing_reaches_the_store_and_the_page_shows_it(page: Page) -> None:
    tab = page.open("/model/houses")
    tab.press("Pause")
    tab.until("document.getElementById('dialog').open")
    tab.press("Pause", "#dialog")
    tab.until("[...document.querySelectorAll('main button')].some(b => b.innerText == 'Resume')")
    assert [asked.kind for asked in page.requests("houses")] == [RequestKind.PAUSE]
    assert "paused" in tab.text("main")
    assert tab.js("[...document.querySelectorAll('main button')].find(b => b.innerText == 'Roll back').disabled")


def test_a_feed_that_is_told_to_be_broken_may_be_said_to_be_right(page: Page) -> None:
    tab = page.open("/model/demand")
    tab.until_text("feed broken")
    tab.press("The feed is right")
    tab.until("document.getElementById('dialog').open")
    assert "learns from such rows" in tab.text("#dialog")
    tab.press("Accept", "#dialog")
    tab.until_text("accept DR001 age of demand. The next round does it.")
    (asked,) = page.requests("demand")
    assert (asked.kind, asked.accepts, asked.since) == (
        RequestKind.ACCEPT,
        ("DR001 age",),
        history.BEGIN + 12 * history.HOUR,
    )
    sound = page.open("/model/houses")
    sound.until_text("Roll back")
    assert "The feed is right" not in sound.text("main")


def test_what_happens_meanwhile_appears_by_itself_and_what_was_opened_stays_open(page: Page) -> None:
    tab = page.open("/model/churn")
    tab.until_text("Dropped release 1")
    first = "[...document.querySelectorAll('.story')].find(s => s.innerText.includes('Dropped release 1'))"
    tab.js(f"{first}.querySelector('summary').click()")
    tab.until(f"{first}.open")
    state = history.eventful("churn", 61)
    with contextlib.closing(Workspace(page.path)) as place:
        done = replace(state.operations[-1], outcome=Outcome(version=3, note="Release 3 answers now."))
        told = replace(state.operations[3], number=7, round=60, at=state.rounds[60].end)
        place.operations.keep_round("churn", state.rounds[60], (done, told))
    tab.until("document.querySelectorAll('.story').length == 7")
    opened = "[...document.querySelectorAll('.story')].filter(s => s.open).map(s => s.innerText)"
    assert len(tab.js(opened)) == 1
    assert "Release 1 left." in tab.js(opened)[0]
    assert "Promote release 3?" not in tab.text("main")


def test_errors_are_one_line_and_the_page_recovers(page: Page) -> None:
    tab = page.open("/model/nobody")
    tab.until_text("nobody is not operated; begin with `journeyman operate nobody`")
    hidden = page.path.with_name("hidden")
    tab = page.open("/")
    tab.until_text("How the models stand")
    os.rename(page.path / "journal.db", hidden)
    try:
        tab.until("document.getElementById('alert').innerText != ''")
        assert "\n" not in tab.text("#alert").strip()
        assert "How the models stand" in tab.text("main"), "what was known stays"
    finally:
        os.rename(hidden, page.path / "journal.db")
    tab.until("document.getElementById('alert').innerText == ''")


def test_other_sites_change_nothing(page: Page) -> None:
    def post(**headers: str) -> int:
        wanted = urllib.request.Request(f"{page.address}/_dash-update-component", b"{}", headers, method="POST")
        try:
            return int(urllib.request.urlopen(wanted, timeout=30).status)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code

    json, own = "application/json", page.address
    assert post(**{"Content-Type": json, "Origin": "http://evil.example"}) == 403
    assert post(**{"Content-Type": json}) == 403
    assert post(**{"Content-Type": "text/plain", "Origin": own}) == 403
    assert post(**{"Content-Type": json, "Origin": "http://evil.example", "Host": "evil.example"}) == 421


def test_a_port_in_use_is_told_in_one_line(page: Page) -> None:
    port = int(page.address.rpartition(":")[2])
    with pytest.raises(SettingsError, match=f"127.0.0.1:{port} cannot be used"):
        server.opened(dashboard_api(page.path), server.Place(port=port))


def test_one_model_that_cannot_be_read_does_not_hide_the_others(page: Page) -> None:
    with contextlib.closing(Workspace(page.path)) as place:
        place.operations.begin(Operated("gone", OperateSettings(), 0))
    tab = page.open("/")
    tab.until_text("gone: ")
    assert "houses" in tab.text("main")
