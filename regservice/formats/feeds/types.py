"""The words of a feed: its description, what was found in a document, what went wrong, and how it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

HAND = "hand"
DEFAULT_POLL = "07:45"
DEFAULT_STALE_AFTER_H = 48


@dataclass(frozen=True, kw_only=True)
class FeedDescription:
    """Where readings are fetched from and how one is found in the answer; each member stands in docs/operation.md.

    `where` and `unless` hold the texts that count for each column or path.
    """

    key: str
    url: str
    format: str
    value: str
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    items: str | None = None
    probe: str | None = None
    as_of: str | None = None
    id: str | None = None
    begins: str | None = None
    ends: str | None = None
    scale: Mapping[str, float] = field(default_factory=dict)
    empty: float | None = None
    plausible: tuple[float, float] | None = None
    stale_after_h: int = DEFAULT_STALE_AFTER_H
    poll: str = DEFAULT_POLL
    every_min: int | None = None
    timeout_s: int = 10
    max_mb: int = 80


def description_of(document: Mapping[str, Any]) -> FeedDescription:
    """The description of a checked document; what it does not name is as usual."""
    given = {name: value for name, value in document.items() if name != "pick" and value is not None}
    for name in ("where", "unless"):
        given[name] = {path: _texts(wanted) for path, wanted in (given.get(name) or {}).items()}
    if "plausible" in given:
        least, most = given["plausible"]
        given["plausible"] = (float(least), float(most))
    return FeedDescription(**given)


def _texts(wanted: str | Sequence[str]) -> tuple[str, ...]:
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


class Unreadable(Exception):
    """A document or an address that no reading can be taken from; pages and mails put `code` into words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail[:200]


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One record that the description means, before it is understood; None where a text is not there.

    Without a time of its own a record is as old as the document says that it is; without an `id` its text tells it
    from others.
    """

    value: str | None
    as_of: str | None
    raw: str
    id: str | None = None
    # From when until when the record holds; None where that is open or not described.
    begins: str | None = None
    ends: str | None = None


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record of those that make a value, such as one warning among several."""

    id: str
    value: float


@dataclass(frozen=True, kw_only=True)
class FeedValue:
    """A number from a document, the time it was true at, and the record that it stood in.

    `records` are all that have a value for this time.
    """

    value: float
    as_of: datetime
    raw: str
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FeedTrouble:
    """Why no reading could be taken; `detail` is a name or a number for the words."""

    code: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to fetch, within which limits, and what is known already."""

    url: str
    timeout_s: int
    max_bytes: int
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A document that was fetched; the file is deleted when it is closed."""

    file: BinaryIO
    sha256: str
    size: int
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, kw_only=True)
class NotModified:
    """The document is the one that was fetched before."""


class Fetcher(Protocol):
    """Fetches documents from the outside."""

    def fetch(self, request: Request) -> Fetched | NotModified | FeedTrouble:
        """Fetch one document, or say why not."""

    def hosts(self) -> tuple[str, ...]:
        """The hosts from which documents may be fetched."""


class FeedState(StrEnum):
    """How much the newest reading is worth; only a fresh one decides anything."""

    FRESH = "fresh"
    STALE = "stale"
    FAILED = "failed"
