"""People who ask for an event's page and register at a fixed pace, and how long each answer took."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.forms import forms_in
from tests.outages.citizens import ask


class Visitors:
    """Ten pages and one registration (form and POST) a second, each on a connection of its own."""

    def __init__(self, base: str, slug: str, *, pages_a_second: float = 10, registrations_a_second: float = 1) -> None:
        self.base, self.slug = base, slug
        self.seconds: list[float] = []
        self.wrong: list[int] = []
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._paced, args=(self._page, 2 / pages_a_second)),
            threading.Thread(target=self._paced, args=(self._page, 2 / pages_a_second)),
            threading.Thread(target=self._paced, args=(self._register, 1 / registrations_a_second)),
        ]
        self._count = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """They come and go at their pace, whatever the answers take."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join(60)

    def _paced(self, visit: object, every_s: float) -> None:
        assert callable(visit)
        at = time.monotonic()
        while not self._stopping.is_set():
            visit()
            at = max(at + every_s, time.monotonic())
            self._stopping.wait(at - time.monotonic())

    def _page(self) -> None:
        self._ask("GET", f"/events/{self.slug}")

    def _register(self) -> None:
        self._count += 1
        path = f"/events/{self.slug}/register"
        shown = self._ask("GET", path)
        if shown:
            person = {"name": "Ada", "email": f"visitor{self._count}@example.org", "language": "de", "consent": "yes"}
            self._ask("POST", path, {**forms_in(shown)[0][1], **person})

    def _ask(self, method: str, path: str, values: dict[str, str] | None = None) -> str:
        begin = time.monotonic()
        answer = ask(self.base, method, path, values)
        self.seconds.append(time.monotonic() - begin)
        if answer.status != 200:
            self.wrong.append(answer.status)
            return ""
        return answer.text
