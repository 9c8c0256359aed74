"""The event page and a whole registration: form, submit, confirm page, confirm."""

from datetime import timedelta

from flask import Flask

from benchmarks.bench import cost, durable_insert_ms, service
from regservice.clock import utc_now
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState
from tests.factories import make_event
from tests.forms import forms_in


def run() -> None:
    """Print one line a measurement."""
    insert_ms = durable_insert_ms()
    print(f"one durable insert of this machine: {insert_ms:.2f} ms")
    with service() as app:
        now = utc_now()
        with app.app_context():
            event = make_event(now, capacity=None, starts_at=now + timedelta(days=30), ends_at=now + timedelta(days=31))
        browser = app.test_client()

        @app.get("/bare")
        def bare() -> str:
            return "bare"

        floor = cost(app, lambda _: browser.get("/bare"), times=200)
        page = cost(app, lambda _: browser.get(f"/events/{event.slug}"), times=200)
        print(f"a bare view: {floor.cpu_ms:.2f} ms CPU")
        print(
            f"event page: {page.cpu_ms:.2f} ms CPU ({page.cpu_ms / floor.cpu_ms:.1f} bare views), "
            f"{page.statements} statements with BEGIN"
        )
        whole = cost(app, lambda number: register(app, event.slug, event.id, number), times=100)
        print(
            f"whole registration: {whole.cpu_ms:.1f} ms CPU ({whole.cpu_ms / floor.cpu_ms:.0f} bare views), "
            f"{whole.statements} statements with BEGIN"
        )


def register(app: Flask, slug: str, event_id: int, number: int) -> None:
    """One person, from the form to the confirmed place."""
    browser = app.test_client()
    page = f"/events/{slug}/register"
    _, hidden = forms_in(browser.get(page).text)[0]
    person = {"name": f"Person {number}", "email": f"p{number}@example.org", "language": "de", "consent": "yes"}
    browser.post(page, data={**hidden, **person})
    with app.app_context():
        [pending] = registrations.of_event(event_id, (RegistrationState.PENDING,))
        link = f"/r/{registrations.personal_token(pending)}/confirm"
    _, hidden = forms_in(browser.get(link).text)[0]
    answer = browser.post(link, data=hidden)
    assert answer.status_code == 200, answer.status_code
