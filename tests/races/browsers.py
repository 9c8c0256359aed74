"""People in front of the real web server: pages read, buttons pressed, and what the page says afterwards."""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from threading import Barrier, Thread
from urllib.parse import urlencode, urlsplit

from regservice.db import db
from regservice.registrations import service
from regservice.registrations.addresses import address_key
from tests.forms import forms_in
from tests.races import people
from tests.races.journal import Asked, Journal

PATIENCE_S = 60
# What the page says, in English, and the state that it means.
SAYS = {
    "You have a place": "Confirmed",
    "A place is free for you": "Waitlisted",
    "You are on the waiting list": "Waitlisted",
    "Your registration is cancelled": "Cancelled",
}


def ask(
    base: str, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """One request over a connection of its own: the status and the page. Raises OSError when nobody answers."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def get(base: str, path: str) -> str:
    """One page."""
    return ask(base, "GET", path)[1]


def post(base: str, path: str, values: dict[str, str]) -> tuple[int, str]:
    """One form."""
    return ask(base, "POST", path, urlencode(values), {"Content-Type": "application/x-www-form-urlencoded"})


def post_registration(base: str, slug: str, email: str, key: str) -> int:
    """Register as another program does; the key makes a repeat the same request."""
    person = {"name": "Ada", "email": email, "language": "en", "consent": True}
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return ask(base, "POST", f"/api/v1/events/{slug}/registrations", json.dumps(person), headers)[0]


def at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """Run all jobs behind one barrier, in threads, and return what each gave."""
    barrier, results = Barrier(len(jobs)), [None] * len(jobs)

    def run(number: int) -> None:
        barrier.wait()
        results[number] = jobs[number]()  # type: ignore[call-overload]

    threads = [Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def read(lines: Journal, base: str, path: str) -> None:
    """Open a page that everybody may see."""
    begin = time.perf_counter()
    status, _ = ask(base, "GET", path)
    lines.write(Asked(act="read", answer=_named(status, {200}), done=False, ms=(time.perf_counter() - begin) * 1000))


def sign_up(lines: Journal, base: str, slug: str, event_id: int, email: str) -> list[int]:
    """Register; gives the id as the link in the mail would."""
    begin = time.perf_counter()
    status = post_registration(base, slug, email, email)
    ms = (time.perf_counter() - begin) * 1000
    lines.write(Asked(act="sign_up", answer=_named(status, {202}), done=status == 202, email=email, ms=ms))
    return people.active_of(event_id, address_key(email)) if status == 202 else []


def press(lines: Journal, base: str, deed: str, who: int) -> None:
    """Open a page of one's own and press its button, if it has one; a refusal is a page too."""
    found = service.find(who)
    assert found is not None
    link = f"/r/{service.personal_token(found)}"
    db.session.rollback()
    path = f"{link}/{deed}" if deed != "undo" else link
    forms = [(action or path, hidden) for action, hidden in forms_in(get(base, path)) if deed in (action or path)]
    if not forms:
        return
    begin = time.perf_counter()
    status, page = post(base, *forms[0])
    ms = (time.perf_counter() - begin) * 1000
    says = next((name for words, name in SAYS.items() if words in page), "") if status == 200 else ""
    answer = says or _named(status, {200, 409, 410})
    lines.write(Asked(act=deed, answer=answer, done=False, registration=who, ms=ms))


def _named(status: int, expected: set[int]) -> str:
    return str(status) if status in expected else f"failed: status {status}"
