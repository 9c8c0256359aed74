"""People who register and confirm over HTTP, as browsers do, and a journal of every answer they got.

The journal is append-only: one line of JSON an answer, written before the next request. A person who gets a 503 page
does what it says: waits and sends the same once more.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.forms import forms_in

# Longer than this nobody waits for an answer: it counts as none.
PATIENCE_S = 40.0
# The page asks for a minute and names ten seconds to programs; the tests' people are in a hurry.
WAIT_S = 0.5
NO_DATABASE = "Im Moment nicht erreichbar"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One answer; `at` is when it was asked for on the machine's monotonic clock, `problem` what no answer may be."""

    at: float
    seconds: float
    action: str
    address: str
    status: int
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; `status` 0 when nothing did."""

    status: int
    text: str
    problem: str


class Journal:
    """Every answer, in the order in which it was written down."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def write(self, entry: Entry) -> None:
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(entry)) + "\n")

    def read(self) -> list[Entry]:
        if not self.path.exists():
            return []
        return [Entry(**json.loads(line)) for line in self.path.read_text(encoding="utf-8").splitlines()]


def ask(base: str, method: str, path: str, values: dict[str, str] | None = None) -> Answer:
    """One request over a connection of its own, and what is wrong with the answer whatever the state of the service."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=PATIENCE_S)
    headers = {"Accept-Language": "de"}
    if values is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, path, urlencode(values) if values is not None else None, headers)
        answer = connection.getresponse()
        text, retry_after = answer.read().decode(), answer.getheader("Retry-After")
    except (OSError, HTTPException) as error:
        return Answer(status=0, text="", problem=f"no answer: {type(error).__name__}")
    finally:
        connection.close()
    problem = ""
    if "Traceback" in text:
        problem = "shows a stack trace"
    elif answer.status == 503 and not (retry_after and NO_DATABASE in text):
        problem = "503 without the page or Retry-After"
    elif answer.status >= 500 and answer.status != 503:
        problem = f"status {answer.status}"
    return Answer(status=answer.status, text=text, problem=problem)


class Citizens:
    """Several people at a time, one after the other each; `links` gives the confirm links that have come by mail."""

    def __init__(
        self,
        base: str,
        slug: str,
        journal: Journal,
        links: Callable[[], Iterator[tuple[str, str]]],
        *,
        registering: int = 4,
        confirming: int = 2,
        pause_s: float = 0.0,
    ) -> None:
        self.base, self.slug, self.journal, self.links = base, slug, journal, links
        self.pause_s = pause_s
        self._stopping = threading.Event()
        self._taken: set[str] = set()
        self._lock = threading.Lock()
        self._threads = [
            *(threading.Thread(target=self._register, args=(number,)) for number in range(registering)),
            *(threading.Thread(target=self._confirm) for _ in range(confirming)),
        ]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """They begin, and end what they began."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join(4 * PATIENCE_S)

    def _register(self, number: int) -> None:
        count = 0
        while not self._stopping.is_set():
            count += 1
            self._one_registration(f"person-{number}-{count}@example.org")
            self._stopping.wait(self.pause_s)

    def _one_registration(self, address: str) -> None:
        path = f"/events/{self.slug}/register"
        person = {"name": f"Ada {address.partition('@')[0]}", "email": address, "language": "de", "consent": "yes"}
        form = self._until_answered("form", address, "GET", path)
        if form is None:
            return
        hidden = forms_in(form.text)[0][1]
        self._until_answered("register", address, "POST", path, {**hidden, **person})

    def _confirm(self) -> None:
        idle_after_end = False
        while not idle_after_end:
            # What has come by then is still confirmed.
            idle_after_end = self._stopping.is_set()
            for address, link in self.links():
                with self._lock:
                    if link in self._taken:
                        continue
                    self._taken.add(link)
                self._one_confirmation(address, link)
                idle_after_end = False
            time.sleep(0.05)

    def _one_confirmation(self, address: str, link: str) -> None:
        page = self._until_answered("page", address, "GET", link)
        if page is None:
            return
        forms = forms_in(page.text)
        if forms:
            self._until_answered("confirm", address, "POST", link, forms[0][1])

    def _until_answered(
        self, action: str, address: str, method: str, path: str, values: dict[str, str] | None = None
    ) -> Answer | None:
        """Ask again after a 503; give up after a minute without an answer. Every answer is written down."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            at = time.monotonic()
            answer = ask(self.base, method, path, values)
            problem = answer.problem or ("" if answer.status in (200, 503) else f"status {answer.status}")
            seconds = time.monotonic() - at
            self.journal.write(
                Entry(at=at, seconds=seconds, action=action, address=address, status=answer.status, problem=problem)
            )
            if answer.status == 200:
                return answer
            if answer.status not in (0, 503):
                return None
            time.sleep(WAIT_S)
        return None
