"""What looks at pages finds what is wrong with them."""

import pytest
from playwright.sync_api import Browser

from tests.browser_support import axe_violations, html_errors

GOOD = '<!doctype html><html lang="de"><head><title>Ada</title></head><body><main><h1>Ada</h1></main></body></html>'


def test_each_page_has_its_own_findings() -> None:
    bad = GOOD.replace("<h1>", '<h1 style="color: red">')
    assert html_errors([GOOD]) == []
    assert [error.split(": ")[:2] for error in html_errors([GOOD, bad])] == [["0001:1:79", "no-inline-style"]]


@pytest.mark.browser
def test_a_page_without_a_language_is_found(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content(GOOD)
        assert axe_violations(page) == []
        page.set_content(GOOD.replace(' lang="de"', ""))
        assert [violation.partition(":")[0] for violation in axe_violations(page)] == ["html-has-lang"]
