"""The counties that there are, whether a description asks for another one, and which one a person means. PURE.

Sources of warnings leave out whoever is not warned. A county that was dissolved would look like one without a warning
for ever, so its key must be known here before silence counts. As of the end of 2025: 294 counties and 106 cities.
Hanau left its county in 2026. The register of the statistical offices gives it the key 06415 since then, but no source
of warnings was seen yet that uses it: it joins the list once one is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from regservice.formats.feeds.county_names import NAMES
from regservice.formats.feeds.ready import INCIDENCE_COUNTY
from regservice.formats.feeds.types import FeedDescription

COUNTIES = frozenset(NAMES)
# A cell of the weather service is 1 and a county or 8 and a municipality; civil warnings have the long regional key.
CELL = re.compile(r"[18](\d{5})\d{3}", re.ASCII)
REGION = re.compile(r"/(\d{5})\d{7}\.json\b", re.ASCII)
CELL_COLUMN = "warncellid"
# A name with its key behind it, as `named` writes it.
WITH_KEY = re.compile(r"(.+) \((\d{5})\)", re.ASCII)
# Words that say which kind of county is meant, and words too small to tell one from another.
COUNTY_WORDS = frozenset({"kreis", "landkreis", "lk"})
CITY_WORDS = frozenset({"stadt", "stadtkreis", "kreisfreie", "hansestadt", "landeshauptstadt", "sk"})
SMALL_WORDS = frozenset({"a", "am", "an", "d", "der", "i", "im", "in"})
KIND = re.compile("^(Stadt|Kreis|Landkreis) ")
MOST_CANDIDATES = 12
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def named(key: str) -> str:
    """A county by its name and its key."""
    return f"{NAMES[key]} ({key})"


def all_named() -> list[str]:
    """Every county by its name and its key, in the order of the alphabet of what tells them apart."""
    return [named(key) for key in sorted(COUNTIES, key=lambda key: _folded(KIND.sub("", NAMES[key])))]


def unknown_county(feed: FeedDescription) -> str:
    """The key of a county that a description asks for and that there is not, or not any more; else empty."""
    return next((key for key in _warned(feed) if key not in COUNTIES), "")


def asked_counties(feed: FeedDescription) -> list[str]:
    """The counties that a description asks for, each by its name and its key."""
    found = [*_warned(feed), *feed.where.get(INCIDENCE_COUNTY, ())]
    return [named(key) for key in dict.fromkeys(found) if key in COUNTIES]


def _warned(feed: FeedDescription) -> Iterator[str]:
    cells = feed.items.split(".") if feed.items else []
    cells += [text for path, texts in feed.where.items() if path.lower().endswith(CELL_COLUMN) for text in texts]
    yield from (found[1] for found in map(CELL.fullmatch, cells) if found)
    yield from REGION.findall(feed.url)


def find_county(text: str) -> str:
    """The key of the county that a person means by a key or a name; empty where there is any doubt.

    All words of its name are needed, and no other county may have them as well: "Kassel" is a city and the county
    around it, "Halle" is more than the one on the Saale.
    """
    # A spreadsheet takes the nought off the beginning of a key.
    if text.isdecimal() and (key := text.zfill(5)) in COUNTIES:
        return key
    if found := WITH_KEY.fullmatch(text):
        return found[2] if found[2] in _alike(found[1]) else ""
    written = _parts(text)
    exact = [key for key, parts in _PARTS.items() if parts == written]
    if len(exact) == 1:
        return exact[0]
    alike = _alike(text)
    return alike[0] if len(alike) == 1 and _PARTS[alike[0]].words == written.words else ""


def candidates(text: str) -> list[str]:
    """The keys of the counties that a name in doubt could stand for; none where it could be nearly any."""
    found = WITH_KEY.fullmatch(text)
    words = _parts(found[1] if found else text).words
    if not words:
        return []
    alike = [key for key, parts in _PARTS.items() if words <= parts.words]
    alike = alike or [key for key, name in NAMES.items() if all(_simple(word) in _simple(name) for word in words)]
    return alike if len(alike) <= MOST_CANDIDATES else []


@dataclass(frozen=True)
class _Parts:
    """The words of a name that tell it from others, and which kind it says that it is of."""

    is_county: bool
    is_city: bool
    words: frozenset[str]


def _alike(text: str) -> list[str]:
    """The counties that have all of these words and are not of the other kind."""
    written = _parts(text)
    return [
        key
        for key, parts in _PARTS.items()
        if written.words
        and written.words <= parts.words
        and not (written.is_county and parts.is_city)
        and not (written.is_city and parts.is_county)
    ]


def _parts(text: str) -> _Parts:
    words = frozenset(re.findall(r"[a-z0-9]+", _folded(text)))
    return _Parts(
        is_county=bool(words & COUNTY_WORDS),
        is_city=bool(words & CITY_WORDS),
        words=words - COUNTY_WORDS - CITY_WORDS - SMALL_WORDS,
    )


def _folded(text: str) -> str:
    """In small letters, with one way of writing an umlaut: Göppingen, Goeppingen."""
    return text.casefold().translate(UMLAUTS)


def _simple(text: str) -> str:
    """An umlaut that was left out as well; not good enough to be sure, since Munster is a town far from Münster."""
    return re.sub(r"([aou])e", r"\1", _folded(text))


_PARTS = {key: _parts(name) for key, name in NAMES.items()}
