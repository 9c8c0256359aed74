"""A town hall's week in a real browser: register, sign in, read the kept mail, confirm, switch to digital, export.

On every page on the way: axe-core finds nothing, the HTML is valid, nothing is fetched from another host, nothing is
written to the console, and no cookie is set before somebody signs in.
"""

import csv
import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser_support import axe_violations, html_errors, press
from tests.servers import environment, web_server

pytestmark = pytest.mark.browser
SLUG = "guetersloh-dialogveranstaltung"
# The form asks people to take at least two seconds.
AS_SLOW_AS_A_PERSON_S = 2.2
# Data for search engines is no script: nothing of it runs.
INLINE = """document.querySelector('[style], [onclick], script:not([src], [type="application/ld+json"])') !== null"""


class Visitor:
    """One browser window that checks every page it comes to."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context, self.base = context, base
        self.page: Page = context.new_page()
        self.visited: dict[str, str] = {}
        self.problems: list[str] = []
        self.page.on("console", self._note_message)
        self.page.on("request", self._note_foreign)

    def _note_message(self, message: ConsoleMessage) -> None:
        # A form with a mistake in it is answered with 400, which the browser calls a failure to load.
        if "status of 400" not in message.text:
            self.problems.append(f"console: {message.text}")

    def _note_foreign(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.base).netloc:
            self.problems.append(f"asked {urlsplit(request.url).netloc}")

    def open(self, path: str) -> None:
        """Go to an address of the service."""
        self.page.goto(self.base + path if path.startswith("/") else path)
        self.check()

    def press(self, name: str) -> None:
        """Press the button or link of this name."""
        button = self.page.get_by_role("button", name=name, exact=True)
        press((button if button.count() else self.page.get_by_role("link", name=name, exact=True)).first)
        self.check()

    def check(self) -> None:
        """Look at the page as a screen reader and a validator do."""
        where = f"{self.page.title()} {urlsplit(self.page.url).path}"
        self.problems += [f"{where}: {violation}" for violation in axe_violations(self.page)]
        if self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.problems.append(f"{where}: scrolls sideways")
        if self.page.evaluate(INLINE):
            self.problems.append(f"{where}: inline style or script")
        self.visited[where] = self.page.content()

    @property
    def text(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()


class TownHall:
    """The demo on a database of its own."""

    def __init__(self, folder: Path, base: str, environ: dict[str, str]) -> None:
        self.folder, self.base, self.environ = folder, base, environ

    def command(self, *words: str, stdin: str = "") -> str:
        """One command of the service."""
        run = [sys.executable, "-m", "regservice", *words]
        return subprocess.run(run, env=self.environ, check=True, capture_output=True, text=True, input=stdin).stdout


@pytest.fixture
def town_hall(tmp_path: Path) -> Iterator[TownHall]:
    database_url = f"sqlite:///{tmp_path / 'town.sqlite3'}"
    hall = TownHall(tmp_path, "", environment(tmp_path, database_url, 8000))
    hall.command("migrate")
    hall.command("demo")
    hall.command(
        "organiser", "add", "officer@example.org", "--name", "Officer", "--role", "admin", "--password-stdin",
        stdin="correct horse battery staple",
    )  # fmt: skip
    with web_server(tmp_path, database_url) as base:
        hall.base = base
        hall.environ["REGSERVICE_BASE_URL"] = base
        yield hall


@pytest.mark.parametrize("width", [320, 1280])
def test_a_week_in_the_town_hall(town_hall: TownHall, browser: Browser, width: int, tmp_path: Path) -> None:
    citizen_context = browser.new_context(viewport={"width": width, "height": 800}, locale="de-DE")
    citizen = Visitor(citizen_context, town_hall.base)
    register(citizen)
    assert citizen_context.cookies() == []

    assert json.loads(town_hall.command("tick"))["deliver"] > 0
    officer_context = browser.new_context(
        viewport={"width": width, "height": 800}, locale="de-DE", accept_downloads=True
    )
    officer = Visitor(officer_context, town_hall.base)
    sign_in(officer)
    confirm_link = read_kept_mail(officer)

    citizen.open(confirm_link)
    citizen.press("Anmeldung bestätigen")
    assert "Sie haben einen Platz" in citizen.text
    own_page = confirm_link.removesuffix("/confirm")

    switch(officer)
    citizen.open(own_page)
    assert "Digital, im Internet" in citizen.text
    citizen.open(f"/events/{SLUG}")
    assert "findet jetzt digital statt" in citizen.text

    export(officer, tmp_path)
    for path in ("/", "/past", "/lost", "/imprint", "/privacy", "/accessibility", "/programmes/interkulturelle-woche"):
        citizen.open(path)
    for path in ("/organise", "/organise/settings", f"/organise/events/{SLUG}/door", f"/organise/events/{SLUG}/edit"):
        officer.open(path)

    pages = {**citizen.visited, **officer.visited}
    assert citizen.problems + officer.problems == []
    assert html_errors(list(pages.values())) == []
    assert citizen_context.cookies() == []
    assert len(pages) >= 25
    citizen_context.close()
    officer_context.close()


def register(citizen: Visitor) -> None:
    """A person finds the event, makes a mistake in the form, and registers."""
    citizen.open("/")
    press(citizen.page.get_by_role("link", name=re.compile("Gemeinsam leben in Gütersloh")))
    citizen.check()
    citizen.press("Anmelden")
    citizen.page.get_by_label("Name", exact=True).fill("Ümit Canary")
    citizen.press("Anmelden")
    assert citizen.page.title().startswith("Fehler:")
    assert citizen.page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    assert citizen.page.get_by_label("Name", exact=True).input_value() == "Ümit Canary"
    citizen.page.get_by_role("textbox", name="E-Mail-Adresse").fill("uemit@example.org")
    citizen.page.get_by_label("Ich habe die Datenschutzhinweise gelesen.").check()
    for group in citizen.page.locator("fieldset").all():
        if group.locator("input[type=radio]:checked").count() == 0 and group.locator("input[type=radio]").count():
            group.locator("input[type=radio]").first.check()
    time.sleep(AS_SLOW_AS_A_PERSON_S)
    citizen.press("Anmelden")
    assert "uemit@example.org" in citizen.text


def sign_in(officer: Visitor) -> None:
    """First with a wrong password, then with the right one."""
    officer.open("/organise")
    for password in ("not the password", "correct horse battery staple"):
        officer.page.locator("input[name=email]").fill("officer@example.org")
        officer.page.locator("input[name=password]").fill(password)
        press(officer.page.locator("main button[type=submit]"))
        officer.check()
    assert urlsplit(officer.page.url).path.startswith("/organise")
    assert [cookie["name"] for cookie in officer.context.cookies()] == ["session"]


def read_kept_mail(officer: Visitor) -> str:
    """Without a relay the opt-in mail is read in the organiser's area."""
    officer.open(f"/organise/events/{SLUG}/messages?show=held&kind=optin")
    press(officer.page.get_by_role("row", name=re.compile("uemit@example.org")).get_by_role("link"))
    officer.check()
    found = re.search(r"http\S+/confirm", officer.text)
    assert found is not None
    return found.group(0)


def switch(officer: Visitor) -> None:
    """By hand: the numbers first, then the one button."""
    officer.open(f"/organise/events/{SLUG}/format")
    officer.page.locator("input[name=switch-to][value=digital]").check()
    officer.page.locator("textarea[name=switch-reason]").fill("Die Zahlen steigen.")
    press(officer.page.locator("form:has(input[name=switch-to]) button[type=submit]"))
    officer.check()
    assert "7" in officer.text
    press(officer.page.locator("main form button[type=submit]").first)
    officer.check()


def export(officer: Visitor, folder: Path) -> None:
    """The list for a spreadsheet, twice."""
    officer.open(f"/organise/events/{SLUG}/attendees")
    with officer.page.expect_download() as download:
        officer.page.get_by_role("button", name=re.compile("CSV")).click()
    download.value.save_as(folder / "list.csv")
    content = (folder / "list.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert ["Ümit Canary" in row for row in rows].count(True) == 1
    with officer.page.expect_download() as download:
        officer.page.get_by_role("button", name=re.compile("XLSX")).click()
    download.value.save_as(folder / "list.xlsx")
    sheet = openpyxl.load_workbook(folder / "list.xlsx").active
    assert sheet is not None
    assert any("Ümit Canary" in [cell.value for cell in row] for row in sheet.iter_rows())
