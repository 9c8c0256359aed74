"""Several workers on one database, while people look at pages."""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from threading import Event, Thread
from urllib.parse import urlsplit

from tests.servers import web_server
from tests.storm.filled import Filled
from tests.storm.ledger import Tally, tally, wait_until_settled
from tests.storm.sink import Mailbox
from tests.storm.workers import workers

# The real one: nobody here is slow enough to lose it.
LEASE_S = 120
PATIENCE_S = 60
PAGE_EVERY_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Several:
    """Workers that have sent everything. `shares` are the mails of each; `pages` are the answers, by status."""

    web_processes: int
    tally: Tally
    shares: tuple[int, ...]
    per_second: float
    pages: dict[int, int]
    page_p95_ms: float

    @property
    def kept(self) -> bool:
        """Whether each mail came exactly once, everybody took part, and each page was answered."""
        t = self.tally
        pages = set(self.pages) == ({200} if self.web_processes else set())
        return t.kept and not t.doubled and not t.listed and not t.gave_up and min(self.shares) > 0 and pages

    def __str__(self) -> str:
        shares = " + ".join(map(str, self.shares))
        web = f"; {sum(self.pages.values())} pages {dict(self.pages)}, p95 {self.page_p95_ms:.0f} ms" * bool(self.pages)
        return f"{len(self.shares)} workers sent {shares} at {self.per_second:.0f}/s{web}; {self.tally}"


@dataclass
class Pages:
    """What visitors were answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    def p95_ms(self) -> float:
        """19 of 20 pages were faster."""
        return statistics.quantiles(self.milliseconds, n=20)[-1] if len(self.milliseconds) > 1 else 0


def several(service: Filled, *, count: int, web_processes: int) -> Several:
    """Let `count` workers send everything that is due."""
    mailbox, pages = Mailbox(), Pages()
    with visited(service, web_processes, pages), workers(service, mailbox, count, lease_s=LEASE_S) as places:
        wait_until_settled(PATIENCE_S)
        for place in places:
            place.end()
    return Several(
        web_processes=web_processes,
        tally=tally(mailbox),
        shares=tuple(place.sink.seen for place in places),
        per_second=mailbox.per_second(),
        pages=dict(pages.statuses),
        page_p95_ms=pages.p95_ms(),
    )


@contextmanager
def visited(service: Filled, processes: int, pages: Pages) -> Iterator[None]:
    """Web processes whose pages are asked for, ten a second."""
    if not processes:
        yield
        return
    over = Event()
    settings = {"WEB_CONCURRENCY": str(processes), "REGSERVICE_REHEARSAL": "1"}
    with web_server(service.instance, service.url, **settings) as base:
        visitor = Thread(target=_visit, args=(base, service, pages, over))
        visitor.start()
        try:
            yield
        finally:
            over.set()
            visitor.join(60)


def _visit(base: str, service: Filled, pages: Pages, over: Event) -> None:
    paths = itertools.cycle(
        path
        for event in service.events
        for path in (f"/events/{event.slug}", f"/events/{event.slug}/calendar.ics", "/")
    )
    for path in paths:
        if over.wait(PAGE_EVERY_S):
            return
        connection = HTTPConnection(urlsplit(base).netloc, timeout=60)
        begun = time.monotonic()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            pages.statuses[answer.status] += 1
        except OSError:
            pages.statuses[0] += 1
        finally:
            connection.close()
        pages.milliseconds.append((time.monotonic() - begun) * 1000)
