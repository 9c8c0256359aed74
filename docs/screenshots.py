"""Makes the pictures of the documentation: `make screenshots`.

The demo is loaded into a database of its own in a temporary folder and served on a free port, with a clock that
stands still, so that days stay the same; only the codes at the door are drawn anew. Chromium is found as in the tests.
"""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from regservice import demo
from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose
from regservice.app import create_app
from regservice.cli.running import run_everything
from regservice.db import db
from regservice.events import service as events
from regservice.formats import service as formats
from regservice.wiring import Wiring
from regservice.workers import service as workers
from tests.browser_support import CHROMIUM_ARGUMENTS, chromium_path
from tests.conftest import Clock
from tests.databases import migrate, settings_for

IMAGES = Path(__file__).parent / "images"
# Text in shades of one colour makes files half as large.
LOOK = [*CHROMIUM_ARGUMENTS, "--disable-lcd-text", "--hide-scrollbars"]
# A Monday morning; the demo puts its events into the weeks after it.
TODAY = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
SLUG = "guetersloh-dialogveranstaltung"
EVENT, ORGANISE = f"/events/{SLUG}", f"/organise/events/{SLUG}"
HIGHEST = 1000
# So much of what stands before is shown as well.
ABOVE = 200


class Camera:
    """Windows on the service, wide or narrow, in German or English."""

    def __init__(self, browser: Browser, base: str) -> None:
        self._browser, self._base = browser, base

    @contextmanager
    def window(self, width: int = 1280, language: str = "de-DE") -> Iterator[Page]:
        """A window with cookies of its own."""
        size = {"width": width, "height": 800}
        with self._browser.new_context(viewport=size, locale=language, base_url=self._base) as context:
            yield context.new_page()


def take(page: Page, name: str, at: str = "") -> None:
    """The page from its top, or from a little above what the picture is about; no higher than one likes to scroll."""
    page.wait_for_load_state("networkidle")
    width, height = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
    box = page.locator(at).first.bounding_box() if at else None
    top = max(box["y"] - ABOVE, 0) if box else 0
    clip = {"x": 0, "y": top, "width": width, "height": min(height - top, HIGHEST)}
    page.screenshot(path=IMAGES / f"{name}.png", full_page=True, clip=clip)


def public_pages(camera: Camera) -> None:
    """What everybody sees."""
    for width in (320, 1280):
        with camera.window(width) as page:
            page.goto(EVENT)
            take(page, f"event-{width}")
    with camera.window(language="en-GB") as page:
        page.goto(EVENT)
        take(page, "event-english")
    with camera.window() as page:
        page.goto(f"{EVENT}/register")
        page.locator("input[name=name]").fill("Ada Beispiel")
        page.locator("input[name=email]").fill("ada@example")
        page.locator("main form button[type=submit]").click()
        take(page, "form-with-an-error")


def organisers_pages(camera: Camera, sign_in_link: str) -> str:
    """What organisers see; gives the link to a person's own page, read in a kept mail."""
    with camera.window() as page:
        page.goto(sign_in_link)
        page.locator("main form button").click()
        page.goto("/organise")
        take(page, "organiser-first-page")
        page.goto(f"{ORGANISE}/attendees")
        take(page, "attendees")
        page.goto(f"{ORGANISE}/format")
        take(page, "format-with-a-proposal")
        page.goto(f"{ORGANISE}/questions")
        take(page, "questions")
        page.goto(f"{ORGANISE}/messages?show=held&kind=confirmed")
        page.get_by_role("row", name="aylin.beispiel@example.org").get_by_role("link").click()
        take(page, "kept-mail")
        found = re.search(r"/r/[\w-]+", page.locator("main").inner_text())
    assert found is not None
    return found.group(0)


def let_the_rule_be_read(clock: Clock, wiring: Wiring) -> str:
    """Go on to the decision time of the demo's rule, with numbers that rose; gives a link to sign in."""
    event = events.find(SLUG)
    assert event is not None
    rule = formats.find_rule(event.id)
    assert rule is not None
    clock.set(rule.decision_at)
    for days_ago, value in ((7, 301.0), (0, 342.6)):
        formats.add_reading(event.id, value, clock() - timedelta(days=days_ago, hours=3), by="demo", now=clock())
    run_everything(wiring)
    # Else the pages would warn that no worker runs.
    workers.beat("screenshots", clock())
    organiser = accounts.find_organiser(demo.ORGANISER)
    assert organiser is not None
    return "/organise/link/" + accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=organiser.id, now=clock())


def main() -> None:
    """Make all pictures anew."""
    IMAGES.mkdir(exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    clock = Clock(TODAY)
    wiring = Wiring(now=clock)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/demo.sqlite3"
        migrate(url, Path(folder))
        app = create_app(settings_for(Path(folder), url), wiring)
        with app.app_context():
            demo.load(clock())
            run_everything(wiring)
            db.session.remove()
            server = make_server("127.0.0.1", 0, app, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium_path(), args=LOOK)
                camera = Camera(browser, f"http://127.0.0.1:{server.server_port}")
                public_pages(camera)
                own_page = organisers_pages(camera, let_the_rule_be_read(clock, wiring))
                with camera.window(320) as page:
                    page.goto(own_page)
                    take(page, "own-page")
                browser.close()
            server.shutdown()
            db.engine.dispose()


if __name__ == "__main__":
    main()
