"""A real Chromium: windows on a web of the test's own, whose address the test file gives as the fixture `address`."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.factories import PASSWORD

# The names that tests/prepare.sh looks for.
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_MS = 10_000
# A form that comes back with errors is answered with 422, which Chromium logs; that is no mistake of the page.
HARMLESS = re.compile(r"status of (403|422|404|409|413)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Where it is missing, the tests are skipped, except in CI, where they fail."""
    if not Path(CHROMIUM).exists():
        reason = f"{CHROMIUM} is not there; install Chromium to run the browser tests"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@dataclass
class Window:
    """A window, and what went wrong in it."""

    page: Page
    address: str
    complaints: list[str]

    def open(self, path: str) -> None:
        """Go to a page of ours."""
        self.page.goto(self.address + path)

    def sign_in(self) -> "Window":
        """As Zhou Yi."""
        self.open("/sign-in")
        self.page.fill("#f-handle", "zhou-yi")
        self.page.fill("#f-password", PASSWORD)
        self.page.click("main form button.p")
        self.page.wait_for_url(self.address + "/")
        return self


@pytest.fixture
def windows(browser: Browser, address: str) -> Iterator[Any]:
    """Makes windows; none of them may break the content security policy or log an error."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**options: Any) -> Window:
        context = browser.new_context(**{"locale": "en-US", "viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        return Window(page, address, complaints)

    yield make
    for context in contexts:
        context.close()
    assert [complaint for complaint in complaints if not HARMLESS.search(complaint)] == []


@pytest.fixture
def window(windows: Any) -> Window:
    """One window, of a stranger."""
    made: Window = windows()
    return made


def submitted_number(page: Page) -> int:
    """The number of the submission whose page is open."""
    page.wait_for_url(re.compile(r"/s/\d+$"))
    return int(page.url.rpartition("/")[2])
