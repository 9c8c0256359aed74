"""What stands around the content of every page: the town, the languages, who is signed in."""

from typing import Any

from flask import g
from flask_babel import gettext as _

from regservice.config import current_settings
from regservice.town import service as towns
from regservice.town.types import TownFacts
from regservice.web import access, filters, languages
from regservice.wiring import current_wiring
from regservice.workers import service as workers


def current_town() -> TownFacts:
    """The town, read at most once a request."""
    if "town" not in g:
        g.town = towns.current()
    town: TownFacts = g.town
    return town


def use_town(version: int) -> None:
    """Let the page be one of the town of this version, which a statement for something else has found."""
    g.town = towns.of_version(version)


def town_name() -> str:
    """The town's name, or a neutral word until it is set."""
    return current_town().name or _("Town hall")


class _TownOnPage:
    """What the frame of a page says about the town."""

    def __init__(self, town: TownFacts) -> None:
        self.name = town_name()
        self.colour_url = f"/town/colour/{town.version}.css" if town.colour else None
        self.logo_url = f"/town/logo/{town.version}" if town.logo_type else None


def around_page() -> dict[str, Any]:
    """What every page needs around its content."""
    language = filters.language()
    # Public pages are the same for everybody; only the organiser's area asks who is signed in.
    organiser = access.find_organiser() if access.in_organisers_area() else None
    return {
        "town": _TownOnPage(current_town()),
        "page_languages": languages.page_languages(),
        "locale_code": language,
        "text_direction": "ltr",
        "rehearsal": current_settings().rehearsal,
        "organiser": organiser,
        "silence": workers.find_silence(current_wiring().now()) if organiser else None,
        "timezone": current_settings().timezone,
    }
