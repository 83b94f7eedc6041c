# SPDX-License-Identifier: GPL-2.0-or-later
"""The page in a real browser, from disk: wide, narrow, by keyboard, on paper.

Screenshots are kept in the folder ``$REVIEWTOOL_ARTEFACTS``, if that is set.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewtool.report.html import html
from reviewtool.review.page import page
from reviewtool.review.session import open_session

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no network, whatever it asks for
)


class Browser:
    """One headless browser, driven by the WebDriver protocol."""

    def __init__(self, port: int, profile: Path, width: int) -> None:
        self._at = f"http://127.0.0.1:{port}"
        options = {
            "args": [*FLAGS, f"--window-size={width},900", f"--user-data-dir={profile}"],
        }
        asked = {
            "capabilities": {
                "alwaysMatch": {
                    "browserName": "chrome",
                    "goog:chromeOptions": options,
                    "goog:loggingPrefs": {"browser": "ALL"},
                }
            }
        }
        session = self._ask("POST", "/session", asked)["sessionId"]
        self._at += f"/session/{session}"

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(  # noqa: S310 - the driver started below
            self._at + path, data, method=method
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - the same
            return json.load(answer)["value"]

    def open(self, file: Path) -> None:
        self._ask("POST", "/url", {"url": file.as_uri()})

    def run(self, script: str) -> Any:
        return self._ask("POST", "/execute/sync", {"script": f"return {script}", "args": []})

    def press(self, key: str) -> None:
        steps = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keyboard", "actions": steps}]
        self._ask("POST", "/actions", {"actions": actions})

    def complaints(self) -> list[str]:
        said = self._ask("POST", "/se/log", {"type": "browser"})
        return [one["message"] for one in said]

    def screenshot(self) -> bytes:
        return base64.b64decode(self._ask("GET", "/screenshot"))

    def printed(self) -> bytes:
        return base64.b64decode(self._ask("POST", "/print", {}))

    def quit(self) -> None:
        self._ask("DELETE", "")


@pytest.fixture(scope="module")
def file(warm_module: Path) -> Path:
    made = page(open_session("embedded", None), [("rfc", "v3")])
    path = warm_module.with_name("report.html")
    path.write_text(html(made), "utf-8")
    return path


@pytest.fixture(scope="module")
def driver() -> Iterator[int]:
    if shutil.which("chromedriver") is None:
        pytest.skip("no browser to look with: chromium-driver is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=[400, 1600])
def browser(
    request: pytest.FixtureRequest, driver: int, file: Path, tmp_path: Path
) -> Iterator[Browser]:
    opened = Browser(driver, tmp_path / "profile", request.param)
    try:
        opened.open(file)
        yield opened
    finally:
        opened.quit()


def test_no_complaint_no_overflow_every_part_at_both_widths(
    browser: Browser, request: pytest.FixtureRequest
) -> None:
    assert browser.complaints() == []
    width = browser.run("window.innerWidth")
    assert browser.run("document.documentElement.scrollWidth") <= width
    sections = browser.run("[...document.querySelectorAll('h2')].map(one => one.id)")
    assert {"findings", "lineage", "matrix", "machines", "kernels", "method"} <= set(sections)
    assert browser.run("performance.getEntriesByType('resource').length") == 0
    kept = os.environ.get("REVIEWTOOL_ARTEFACTS")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        (Path(kept) / f"report-{width}.png").write_bytes(browser.screenshot())


def test_a_witness_is_stepped_through_by_keyboard(browser: Browser) -> None:
    browser.run("document.querySelector('.witness').focus()")
    output = "document.querySelector('.witness output').textContent"
    last = browser.run(output)
    steps = browser.run("document.querySelectorAll('.witness')[0].querySelectorAll('.step').length")
    assert last == f"step {steps} of {steps}"
    for _ in range(steps):
        browser.press("k")
    assert browser.run(output) == f"step 1 of {steps}"
    shown = "[...document.querySelector('.witness').querySelectorAll('.state')]"
    assert browser.run(f"{shown}.filter(row => !row.hidden).length") == 1


def test_everything_that_can_be_used_can_be_reached_by_tab(browser: Browser) -> None:
    browser.press("\ue004")
    assert browser.run("document.activeElement.className") == "skip"
    wanted = "a[href], button:not([hidden]), summary, .witness, .machine"
    inside = f"[...document.querySelectorAll('{wanted}')]"
    assert browser.run(f"{inside}.filter(one => one.tabIndex < 0).length") == 0


def test_it_prints_what_is_unfolded_and_no_controls(browser: Browser) -> None:
    assert browser.printed().startswith(b"%PDF-")
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert not browser.run(
        "[...document.querySelectorAll('article details')].some(one => one.open)"
    )
