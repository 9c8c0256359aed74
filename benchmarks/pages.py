"""The event page, its calendar file, and a whole registration: form, submit, confirm page, confirm."""

import re
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask

from benchmarks.bench import WARM_UP, Cost, Database, cost, together
from benchmarks.floors import bare_view, durable_insert_ms
from benchmarks.sink import Sink
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.clock import utc_now
from regservice.events.types import EventFacts
from regservice.jobs import JOBS
from regservice.wiring import Wiring, current_wiring
from tests.factories import make_event
from tests.forms import forms_in

CONFIRM_LINK = re.compile(rb"^https?://[^/\s]+(/r/[^/\s]+/confirm)\r?$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class PageCosts:
    """What people's requests cost on one database."""

    bare: Cost
    page: Cost
    calendar: Cost
    registration: Cost


def wiring_to(sink: Sink) -> Wiring:
    """The real clock and the sink."""
    return Wiring(sender=RelaySender(RelaySettings(server="127.0.0.1", port=sink.port)))


def new_event() -> EventFacts:
    """An event in a month, with more places than anybody wants and a waiting list."""
    now = utc_now()
    starts_at = now + timedelta(days=30)
    return make_event(now, capacity=1_000_000, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))


def measure(app: Flask, database: Database, sink: Sink, *, times: int) -> PageCosts:
    """The costs of one person's way; the mail in the middle is read from the sink."""
    with app.app_context():
        event = new_event()
    browser = app.test_client()
    return PageCosts(
        bare=bare_view(app, database),
        page=cost(app, database, lambda _: browser.get(f"/events/{event.slug}"), times=3 * times),
        calendar=cost(app, database, lambda _: browser.get(f"/events/{event.slug}/calendar.ics"), times=3 * times),
        registration=_registration(app, database, sink, event, times),
    )


def _registration(app: Flask, database: Database, sink: Sink, event: EventFacts, times: int) -> Cost:
    path = f"/events/{event.slug}/register"
    browser = app.test_client()
    # Reading a form is the client's work, so the hidden fields are read before.
    hidden = [forms_in(browser.get(path).text)[0][1] for _ in range(times + WARM_UP)]
    form = cost(app, database, lambda _: browser.get(path), times=times)

    def submit(number: int) -> None:
        person = {"name": f"Person {number}", "email": f"p{number}@example.org", "language": "de", "consent": "yes"}
        answer = browser.post(path, data={**hidden[number], **person})
        assert answer.status_code == 200, answer.status_code

    submitted = cost(app, database, submit, times=times)
    links = _links_in_mails(app, sink)
    assert len(links) == times + WARM_UP, len(links)
    pages = [forms_in(browser.get(link).text)[0][1] for link in links]
    confirm_page = cost(app, database, lambda number: browser.get(links[number]), times=times)

    def confirm(number: int) -> None:
        answer = browser.post(links[number], data=pages[number])
        assert answer.status_code == 200, answer.status_code

    return together(form, submitted, confirm_page, cost(app, database, confirm, times=times))


def _links_in_mails(app: Flask, sink: Sink) -> list[str]:
    with app.app_context():
        next(job for job in JOBS if job.name == "deliver").run(current_wiring())
    return [found.group(1).decode() for content in sink.contents() for found in CONFIRM_LINK.finditer(content)]


def lines(costs: PageCosts, database: Database) -> list[str]:
    """The figures in words."""
    insert_ms = durable_insert_ms(database)
    return [
        f"{database.name}: a bare view {costs.bare.cpu_ms:.2f} ms CPU, a durable insert {insert_ms:.2f} ms",
        f"{database.name}: event page {costs.page.beside(costs.bare)}",
        f"{database.name}: calendar {costs.calendar.beside(costs.bare)}",
        f"{database.name}: whole registration {costs.registration.beside(costs.bare)}",
    ]
