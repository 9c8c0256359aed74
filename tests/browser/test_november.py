"""The digital clause over a whole November in a real browser: every stage is looked at as people look at it."""

import logging
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.november import tell, town_in_november
from tests.browser_support import AXE_RULES, AXE_RULES_FOR_MAILS, axe_violations, html_errors

pytestmark = pytest.mark.browser


def test_november_in_guetersloh(sqlite_url: str, tmp_path: Path, browser: Browser) -> None:
    problems: list[str] = []
    pages: dict[str, str] = {}

    def look(name: str, page: Page, _at: str) -> None:
        """What a screen reader, a narrow screen and a validator would complain about."""
        is_mail = name.endswith("-mail")
        found = axe_violations(page, AXE_RULES_FOR_MAILS if is_mail else AXE_RULES)
        problems.extend(f"{name}: {violation}" for violation in found)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            problems.append(f"{name}: scrolls sideways")
        if not is_mail:
            pages[name] = page.content()

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with town_in_november(tmp_path, sqlite_url, browser, look) as town:
        tell(town)
    assert problems == []
    assert html_errors(list(pages.values())) == []
