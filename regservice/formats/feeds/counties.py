"""The counties that there are, by their official keys, and whether a description asks for another one. PURE.

Sources of warnings leave out whoever is not warned. A county that was dissolved would look like one without a warning
for ever, so its key must be known here before silence counts. As of the end of 2025: 294 counties and 106 cities.
Hanau left its county in 2026 and joins this list once the sources of warnings are seen to use its new key.
"""

import re
from collections.abc import Iterator

from regservice.formats.feeds.types import FeedDescription

# By the number of the state: single keys and ranges of them, as in the register of the Federal Statistical Office.
KEYS = {
    "01": "001-004 051 053-062",
    "02": "000",
    "03": "101-103 151 153-155 157-159 241 251 252 254-257 351-361 401-405 451-462",
    "04": "011 012",
    "05": "111-114 116 117 119 120 122 124 154 158 162 166 170 314-316 334 358 362 366 370 374 378 382 512 513 515 "
    "554 558 562 566 570 711 754 758 762 766 770 774 911 913-916 954 958 962 966 970 974 978",
    "06": "411-414 431-440 531-535 611 631-636",
    "07": "111 131-135 137 138 140 141 143 211 231-233 235 311-320 331-340",
    "08": "111 115-119 121 125-128 135 136 211 212 215 216 221 222 225 226 231 235-237 311 315-317 325-327 335-337 "
    "415-417 421 425 426 435-437",
    "09": "161-163 171-190 261-263 271-279 361-363 371-377 461-464 471-479 561-565 571-577 661-663 671-679 761-764 "
    "771-780",
    "10": "041-046",
    "11": "000",
    "12": "051-054 060-073",
    "13": "003 004 071-076",
    "14": "511 521-524 612 625-628 713 729 730",
    "15": "001-003 081-091",
    "16": "051-055 061-077",
}
# A cell of the weather service is 1 and a county or 8 and a municipality; civil warnings have the long regional key.
CELL = re.compile(r"[18](\d{5})\d{3}", re.ASCII)
REGION = re.compile(r"/(\d{5})\d{7}\.json\b", re.ASCII)
CELL_COLUMN = "warncellid"


def _all() -> Iterator[str]:
    for state, keys in KEYS.items():
        for part in keys.split():
            first, _dash, last = part.partition("-")
            yield from (f"{state}{number:03d}" for number in range(int(first), int(last or first) + 1))


COUNTIES = frozenset(_all())


def unknown_county(feed: FeedDescription) -> str:
    """The key of a county that a description asks for and that there is not, or not any more; else empty."""
    return next((key for key in _named(feed) if key not in COUNTIES), "")


def _named(feed: FeedDescription) -> Iterator[str]:
    cells = feed.items.split(".") if feed.items else []
    cells += [text for path, texts in feed.where.items() if path.lower().endswith(CELL_COLUMN) for text in texts]
    yield from (found[1] for found in map(CELL.fullmatch, cells) if found)
    yield from REGION.findall(feed.url)
