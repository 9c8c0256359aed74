"""The event page, its calendar file, and a whole registration: form, submit, confirm page, confirm."""

import re
from datetime import timedelta

from flask import Flask

from benchmarks.bench import UNTIMED, Cost, Database, cost, service, together
from benchmarks.floors import bare_view, durable_insert_ms
from benchmarks.sink import Sink
from benchmarks.targets import Line
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.clock import utc_now
from regservice.events.types import EventFacts
from regservice.jobs import JOBS
from regservice.wiring import Wiring, current_wiring
from tests.factories import make_event
from tests.forms import forms_in

CONFIRM_LINK = re.compile(rb"^https?://[^/\s]+(/r/[^/\s]+/confirm)\r?$", re.MULTILINE)
# What a page loads beside itself; fonts are not among them.
ASSET = re.compile(r'<(?:link rel="(?:stylesheet|icon)"|script)[^>]* (?:href|src)="([^"]+)"')
NEVER_READ = 20


def wiring_to(sink: Sink) -> Wiring:
    """The real clock and the sink."""
    return Wiring(sender=RelaySender(RelaySettings(server="127.0.0.1", port=sink.port)))


def new_event() -> EventFacts:
    """An event in a month, with more places than anybody wants and a waiting list."""
    now = utc_now()
    starts_at = now + timedelta(days=30)
    return make_event(now, capacity=1_000_000, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))


def run(database: Database, sink: Sink, *, times: int) -> list[Line]:
    """One person's way, beside a view that does nothing and a row that is only written."""
    with service(database, wiring_to(sink)) as app:
        with app.app_context():
            event = new_event()
        bare, insert_ms = bare_view(app, database), durable_insert_ms(database)
        first, kept = first_page(app, database), page(app, database, event, times)
        ics, whole = calendar(app, database, event, times), registration(app, database, sink, event, times)
        assets_kb = _assets_kb(app, event)
    inserts = 1000 / whole.per_second / insert_ms
    return [
        Line(text=f"{database.name}: a bare view {bare.cpu_ms:.2f} ms CPU, a durable insert {insert_ms:.2f} ms"),
        Line(
            text=f"{database.name}: event page, read for the first time {first.beside(bare)}",
            values={"page statements, first": first.statements},
        ),
        Line(
            text=f"{database.name}: event page {kept.beside(bare)}",
            values={"page CPU": kept.cpu_ms, "page statements": kept.statements},
        ),
        Line(
            text=f"{database.name}: what the event page loads {assets_kb:.0f} kB with gzip, beside fonts",
            values={"page assets": assets_kb},
        ),
        Line(text=f"{database.name}: calendar {ics.beside(bare)}", values={"calendar CPU": ics.cpu_ms}),
        Line(
            text=f"{database.name}: whole registration, without limits of rate, {whole.beside(bare)},"
            f" as long as {inserts:.1f} durable inserts",
            values={
                "registration CPU": whole.cpu_ms,
                "registration statements": whole.statements,
                "registration rate": whole.per_second,
            },
        ),
    ]


def first_page(app: Flask, database: Database) -> Cost:
    """Pages of events that nobody has read yet."""
    with app.app_context():
        slugs = [new_event().slug for _ in range(NEVER_READ + UNTIMED)]
    browser = app.test_client()
    return cost(app, database, lambda number: browser.get(f"/events/{slugs[number]}"), times=NEVER_READ)


def page(app: Flask, database: Database, event: EventFacts, times: int) -> Cost:
    """A page that was read before and that nobody changed."""
    browser = app.test_client()
    return cost(app, database, lambda _: browser.get(f"/events/{event.slug}"), times=3 * times)


def calendar(app: Flask, database: Database, event: EventFacts, times: int) -> Cost:
    """The calendar file of this event."""
    browser = app.test_client()
    return cost(app, database, lambda _: browser.get(f"/events/{event.slug}/calendar.ics"), times=3 * times)


def registration(app: Flask, database: Database, sink: Sink, event: EventFacts, times: int) -> Cost:
    """Form, submit, confirm page and confirm together; the mail in the middle is read from the sink."""
    path = f"/events/{event.slug}/register"
    browser = app.test_client()
    # Reading a form is the client's work, so the hidden fields are read before.
    hidden = [forms_in(browser.get(path).text)[0][1] for _ in range(times + UNTIMED)]
    form = cost(app, database, lambda _: browser.get(path), times=times)

    def submit(number: int) -> None:
        email = f"p{number}@example.org"
        person = {"name": f"Person {number}", "email": email, "language": "de", "consent": "yes"}
        answer = browser.post(path, data={**hidden[number], **person})
        assert answer.status_code == 200, answer.status_code

    submitted = cost(app, database, submit, times=times)
    links = _links_in_mails(app, sink)
    assert len(links) == times + UNTIMED, len(links)
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


def _assets_kb(app: Flask, event: EventFacts) -> float:
    """As they travel to a browser that reads gzip."""
    browser = app.test_client()
    found = set(ASSET.findall(browser.get(f"/events/{event.slug}").text))
    assert found
    packed = (browser.get(path, headers={"Accept-Encoding": "gzip"}) for path in found)
    return sum(len(answer.data) for answer in packed) / 1000
