"""Makes the pictures of docs/november.md: the story of the browser run, photographed at each stage."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from docs.screenshots import IMAGES, LOOK, take
from tests.browser.november import tell, town_in_november
from tests.browser_support import chromium_path
from tests.databases import migrate


def main() -> None:
    """Make all pictures of the month anew."""
    (IMAGES / "november").mkdir(exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        url = f"sqlite:///{folder}/november.sqlite3"
        migrate(url, Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=LOOK)
        with town_in_november(
            Path(folder), url, browser, lambda name, page, at: take(page, f"november/{name}", at)
        ) as town:
            tell(town)
        browser.close()


if __name__ == "__main__":
    main()
