"""November 2022 in Gütersloh on a moved clock: the whole of the digital clause, as its people see it.

The demo's dialogue evening lies on Friday the 18th, its deadline is Sunday the 13th, and whether it goes digital is
decided on Monday the 14th at noon. The story is told once and shown to whoever looks: the browser run checks each
stage, and the documentation takes its pictures.

Everything is real but the clock: pages come from a web server, people click in a browser, mails go through a relay.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from regservice import db as database
from regservice import demo
from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.app import create_app
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts, RegistrationState
from regservice.wiring import Wiring
from regservice.workers import service as workers
from tests.browser_support import press
from tests.conftest import Clock
from tests.databases import free_port, settings_for
from tests.faulty_relay import FaultyRelay
from tests.journeys.town import Town

SLUG = "guetersloh-dialogveranstaltung"
ROOM = "https://example.org/demo-room"
# The seven-day incidence as the office enters it in the morning, after those that the demo begins with.
READINGS = {2: 309.0, 4: 298.3, 7: 306.1, 9: 315.0, 11: 331.2, 13: 345.8, 14: 351.7}
PHONE, DESK = 320, 1280
# The line of the public page that says until when one can register.
REGISTRATION = "text=13. November 2022"
PROMISE = (
    "Am Montag, 14. November 2022, 12:00 Uhr, entscheiden wir, ob diese Veranstaltung vor Ort oder digital "
    "stattfindet. Alle Angemeldeten bekommen dann eine Nachricht, auch wenn es dabei bleibt."
)

# Called when a stage is there to be looked at: its name, the page, and what on it this is about (empty: its top).
Show = Callable[[str, Page, str], None]


def november(day: int, hour: int = 8, minute: int = 0, second: int = 0, month: int = 11) -> datetime:
    """A wall-clock time in Gütersloh."""
    return datetime(2022, month, day, hour, minute, second, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who registers by phone, and the link that came by mail."""

    name: str
    address: str
    language: str
    own_page: str


class November:
    """The town in this month: its clock, its mails, and windows on its pages."""

    def __init__(self, town: Town, browser: Browser, base: str, show: Show) -> None:
        self.town, self.base, self.show = town, base, show
        self._browser = browser

    def until(self, moment: datetime) -> list[str]:
        """Let time pass, and the worker do what is due; the kinds of the mails about the dialogue that left."""
        before = len(self.town.mails())
        self.town.tick(moment)
        workers.beat("november", self.town.clock())
        new = self.town.mails()[before:]
        return [mail["X-Regservice-Kind"] for mail in new if "Gemeinsam leben in Gütersloh" in mail["Subject"]]

    @contextmanager
    def window(self, width: int = DESK, language: str = "de-DE") -> Iterator[Page]:
        """A browser of somebody's own."""
        size = {"width": width, "height": 800}
        with self._browser.new_context(viewport=size, locale=language, base_url=self.base) as context:
            yield context.new_page()

    def look(self, name: str, path: str, width: int = DESK, *, at: str = "") -> str:
        """Open one page, show it under this name, and give its words."""
        with self.window(width) as page:
            page.goto(path)
            self.show(name, page, at)
            return page.locator("main").inner_text()

    def letter(self, address: str, kind: str) -> int:
        """The number of the newest mail of this kind to somebody."""
        for number, mail in reversed(list(enumerate(self.town.mails()))):
            if mail["To"].addresses[0].addr_spec == address and mail["X-Regservice-Kind"] == kind:
                return number
        raise LookupError(f"no {kind} for {address}")

    def show_letter(self, name: str, address: str, kind: str) -> str:
        """A mail as a phone shows it, and its plain text."""
        number = self.letter(address, kind)
        part = self.town.mails()[number].get_body(("html",))
        assert part is not None
        with self.window(PHONE) as page:
            page.set_content(str(part.get_content()))
            self.show(f"{name}-mail", page, "")
        return self.town.text(number)

    def register(self, name: str, address: str, language: str = "de") -> Person:
        """Register on a phone, read the mail, confirm."""
        with self.window(PHONE) as page:
            page.goto(f"/events/{SLUG}/register")
            page.locator("input[name=name]").fill(name)
            page.locator("input[name=email]").fill(address)
            page.locator(f"input[name=language][value={language}]").check()
            page.locator("input[name=consent]").check()
            # The form wonders about answers that come faster than a person types.
            self.town.clock.advance(seconds=20)
            press(page.locator("main form button[type=submit]"))
            self.until(self.town.clock())
            [confirm_link] = [link for link in self.town.links(self.letter(address, "optin")) if "/confirm" in link]
            page.goto(confirm_link)
            press(page.locator("main form button[type=submit]"))
        self.until(self.town.clock())
        return Person(name=name, address=address, language=language, own_page=confirm_link.removesuffix("/confirm"))

    def signed_in(self) -> str:
        """A link with which the organiser signs in."""
        organiser = accounts.find_organiser(demo.ORGANISER)
        assert organiser is not None
        token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=organiser.id, now=self.town.clock())
        return f"/organise/link/{token}"

    def look_as_organiser(self, name: str, path: str, *, at: str = "") -> str:
        """Open one page of the organiser's area."""
        with self.window() as page:
            page.goto(self.signed_in())
            press(page.locator("main form button"))
            page.goto(path)
            self.show(name, page, at)
            return page.locator("main").inner_text()

    def with_a_place(self) -> list[RegistrationFacts]:
        """Everybody whom a mail reaches and who has a place."""
        confirmed = registrations.of_event(self.event().id, (RegistrationState.CONFIRMED,))
        return [person for person in confirmed if person.email]

    def event(self) -> EventFacts:
        """The dialogue evening as it stands."""
        found = events.find(SLUG)
        assert found is not None
        return found


@contextmanager
def town_in_november(folder: Path, database_url: str, browser: Browser, show: Show) -> Iterator[November]:
    """The demo on the first of November, on a migrated database of its own, with web server, relay and clock."""
    clock, port = Clock(november(1)), free_port()
    with FaultyRelay() as relay, RelaySender(RelaySettings(server="127.0.0.1", port=relay.port)) as sender:
        wiring = Wiring(now=clock, sender=sender)
        base = f"http://127.0.0.1:{port}"
        app = create_app(replace(settings_for(folder, database_url), base_url=base, port=port), wiring)
        with app.app_context():
            demo.load(clock())
            server = make_server("127.0.0.1", port, app, threaded=True)
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            town = November(Town(wiring, clock, relay), browser, base, show)
            town.until(clock())
            yield town
            server.shutdown()
            thread.join()
            server.server_close()
            database.db.session.remove()
            database.db.engine.dispose()


def tell(town: November) -> None:
    """The month from its first day to the last one on which anybody's data was there."""
    ada = announcement_and_registration(town)
    the_numbers_rise(town)
    decide_url = the_proposal(town)
    nobody_answers(town)
    the_decision(town, decide_url, ada)
    people_answer(town, ada)
    the_days_before(town, ada)
    the_evening(town, ada)
    afterwards(town, ada)


def announcement_and_registration(town: November) -> Person:
    """Two weeks before: the page says when it is decided; people register on their phones."""
    words = town.look("01-announced", f"/events/{SLUG}", PHONE)
    assert PROMISE in words
    assert PROMISE in town.look_as_organiser("01-for-the-press", f"/organise/events/{SLUG}/press")
    ada = town.register("Ada Beispiel", "ada@example.org")
    assert "Sie haben einen Platz" in town.look("02-registered", ada.own_page, PHONE)
    assert PROMISE in town.town.text(town.letter(ada.address, "confirmed"))
    town.register("Grace Example", "grace@example.net", "en")
    return ada


def the_numbers_rise(town: November) -> None:
    """Every other morning a reading; only the office sees what the rule makes of them."""
    for day, value in READINGS.items():
        town.until(november(day, 7, 45))
        formats.add_reading(town.event().id, value, town.town.clock(), by="organiser:1", now=town.town.clock())
        if day == 11:
            town.look_as_organiser("03-the-numbers-rise", f"/organise/events/{SLUG}/format", at="text=331,2")
        if day == 13:
            town.until(november(13, 23, 59, 58))
            assert "bis Sonntag, 13. November 2022" in town.look(
                "04-last-day", f"/events/{SLUG}", PHONE, at=REGISTRATION
            )
            town.until(november(14, 0, 0, 0))
            assert "endete am Sonntag, 13. November 2022" in town.look(
                "05-closed", f"/events/{SLUG}", PHONE, at=REGISTRATION
            )


def the_proposal(town: November) -> str:
    """Monday noon: the rule is read once, and the organiser gets a mail with a link to decide."""
    assert "proposal" not in town.until(november(14, 11, 59, 59))
    assert town.until(november(14, 12)) == ["proposal"]
    assert "351,7" in town.show_letter("06-proposal", demo.ORGANISER, "proposal")
    [decide_url] = [link for link in town.town.links() if "/decide/" in link]
    town.look("07-to-decide", decide_url, PHONE, at="textarea[name=reason]")
    assert town.event().format is Format.ONSITE, "looking at the link decides nothing"
    return decide_url


def nobody_answers(town: November) -> None:
    """The organiser is in a meeting: a second mail at five, and at eight the page says that it takes longer."""
    assert town.until(november(14, 17)) == ["proposal"]
    assert town.until(november(14, 20)) == []
    assert "Die Entscheidung verzögert sich" in town.look("08-delayed", f"/events/{SLUG}", PHONE)


def the_decision(town: November, decide_url: str, ada: Person) -> None:
    """Twenty past eight, on the sofa: one press, and everybody hears it."""
    with town.window(PHONE) as page:
        page.goto(decide_url)
        page.locator("textarea[name=reason]").fill("Die Zahlen sind in einer Woche um 15 Prozent gestiegen.")
        press(page.locator("button[value=switch]"))
        town.show("09-decided", page, "")
    assert town.event().format is Format.DIGITAL
    with town.window(PHONE) as page:
        page.goto(decide_url)
        assert page.locator("button[value=switch]").count() == 0, "the second one sees who decided"
    told = town.until(november(14, 20, 20))
    assert told.count("decision") == len(town.with_a_place())
    text = town.show_letter("10-told", ada.address, "decision")
    assert ROOM not in text
    town.look("11-now-digital", f"/events/{SLUG}", PHONE)
    assert "Digital" in town.look("12-own-page-digital", ada.own_page, PHONE)
    entry = town.town.calendar(town.letter(ada.address, "decision")).vevent
    assert entry.sequence.value == "1"
    assert "Stadthalle" not in entry.location.value
    town.look_as_organiser("13-everybody-told", f"/organise/events/{SLUG}/messages")


def people_answer(town: November, ada: Person) -> None:
    """One needs help, which becomes somebody's task; who does not answer is asked once more; one is called."""
    with town.window(PHONE) as page:
        page.goto(f"{ada.own_page}/help")
        page.locator("input[value=device]").check()
        page.locator("input[value=telephone]").check()
        town.show("14-i-need-help", page, "")
        press(page.locator("main form button[type=submit]"))
        assert "Sie haben um Hilfe gebeten" in page.locator("main").inner_text()
    town.until(november(15, 9))
    with town.window() as page:
        page.goto(town.signed_in())
        press(page.locator("main form button"))
        page.goto(f"/organise/events/{SLUG}/help")
        page.locator("input[type=date]").fill("2022-11-16")
        press(page.locator("main form button[type=submit]").first)
        town.show("15-somebody-cares", page, "")
        page.goto(f"/organise/events/{SLUG}/format/switches/2")
        press(page.locator("button[value=joins]"))
        town.show("16-who-has-no-mail-is-called", page, "#calls")
    assert "kümmert sich darum und antwortet bis Mittwoch, 16. November 2022" in town.look(
        "17-my-help", ada.own_page, PHONE
    )
    told = town.until(november(16, 8))
    assert told == ["decision_again"] * (len(town.with_a_place()) - 1), "everybody but Ada, who has answered"


def the_days_before(town: November, ada: Person) -> None:
    """The day before at four, and two hours before, with the way in."""
    assert town.until(november(17, 15, 59, 59)) == []
    assert set(town.until(november(17, 16))) == {"remind_1d"}
    town.show_letter("18-tomorrow", ada.address, "remind_1d")
    assert set(town.until(november(18, 14))) == {"remind_2h"}
    assert f"{ada.own_page}/join" in town.show_letter("19-in-two-hours", ada.address, "remind_2h")


def the_evening(town: November, ada: Person) -> None:
    """The room opens half an hour before the start, and only for people with a place."""
    assert _leads_to(town, ada) == ""
    town.until(november(18, 15, 30))
    town.look("20-the-room-is-open", ada.own_page, PHONE)
    assert _leads_to(town, ada) == ROOM


def afterwards(town: November, ada: Person) -> None:
    """Thanks on the next working day; a month later nothing of anybody is left."""
    town.until(november(18, 19))
    assert _leads_to(town, ada) == ""
    assert town.until(november(21, 9, 59, 59)) == []
    assert set(town.until(november(21, 10))) == {"thanks"}
    town.show_letter("21-thanks", ada.address, "thanks")
    town.until(november(19, 4, month=12))
    assert "Ada Beispiel" not in town.look("22-forgotten", ada.own_page, PHONE)
    assert "Ada Beispiel" not in town.look_as_organiser("23-a-list-without-names", f"/organise/events/{SLUG}/attendees")


def _leads_to(town: November, person: Person) -> str:
    """Where the join link of a person sends their browser at this moment; empty while it shows their page."""
    with town.window() as page:
        answer = page.request.get(f"{person.own_page}/join", max_redirects=0)
        return answer.headers.get("location", "")
