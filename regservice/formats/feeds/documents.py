"""Records of a JSON document, read piece by piece: only the record at hand is ever in memory."""

import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import ijson

from regservice.formats.feeds.types import FeedDescription, Hit, Unreadable

# A record or a document that is deeper or longer than this is none that a person described.
DEEPEST = 64
LARGEST_RECORD = 100_000
LONGEST_TEXT = 1024 * 1024
LONGEST_NUMBER = 400
DIGITS = re.compile(rb"[0-9]{%d}" % LONGEST_NUMBER)
SHOWN = 2000
CALL = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*[A-Za-z_$][\w$.]{0,99}\s*\(")
END_OF_CALL = re.compile(rb"\)\s*;?\s*\Z")
NAME_IN_LIST = "[]"


class Document:
    """One pass over a document; what was found beside the records is known when the pass is over."""

    def __init__(self, file: BinaryIO, feed: FeedDescription) -> None:
        self._file = _without_call(file) if feed.format == "jsonp" else _Guarded(file)
        self._feed = feed
        self._items = feed.items.split(".") if feed.items else []
        self._probe = feed.probe.split(".") if feed.probe else None
        self._as_of = feed.as_of.split(".") if feed.as_of else None
        self.as_of: str | None = None
        # Whether the document is what was described even where it holds no record.
        self.may_be_empty = False

    def hits(self) -> Iterator[Hit]:
        """The records that the description means, in the order of the document. Raises Unreadable."""
        try:
            yield from self._matching(self._records())
        except ijson.IncompleteJSONError:
            raise Unreadable("not_json") from None
        except (ijson.JSONError, ValueError, UnicodeDecodeError):
            raise Unreadable("not_json") from None
        if self._probe is not None and not self.may_be_empty:
            raise Unreadable("probe_missing", self._feed.probe or "")

    def _records(self) -> Iterator[Any]:
        path: list[str] = []
        builder, size, depth = None, 0, 0
        for event, value in ijson.basic_parse(self._file):
            if event == "map_key":
                path[-1] = value
            elif event in ("end_map", "end_array"):
                path.pop()
            if builder is None and event not in ("map_key", "end_map", "end_array"):
                self._notice(path, event, value)
                if self._is_item(path):
                    builder, size, depth = ijson.ObjectBuilder(), 0, len(path)
            if builder is not None:
                size += 1
                if size > LARGEST_RECORD:
                    raise Unreadable("record_too_large")
                builder.event(event, value)
            if event in ("start_map", "start_array"):
                path.append("" if event == "start_map" else NAME_IN_LIST)
                if len(path) > DEEPEST:
                    raise Unreadable("too_deep")
            elif builder is not None and event != "map_key" and len(path) == depth:
                yield builder.value
                builder = None

    def _notice(self, path: list[str], event: str, value: Any) -> None:
        """What stands beside the records: the proof that the document has its shape, and its time."""
        if self._probe is not None and path == self._probe and event != "null":
            holds_items = self._items[: len(path)] == path
            self.may_be_empty = self.may_be_empty or event in ("start_map", "start_array") or not holds_items
        if self._probe is None and self._items[:1] == ["*"] and not path and event == "start_array":
            self.may_be_empty = True
        if path == self._as_of and event in ("string", "number"):
            self.as_of = str(value)

    def _is_item(self, path: list[str]) -> bool:
        return len(path) == len(self._items) and all(
            part in ("*", name) for part, name in zip(self._items, path, strict=True)
        )

    def _matching(self, records: Iterator[Any]) -> Iterator[Hit]:
        for record in records:
            if not self._items and self._probe is not None:
                self.may_be_empty = _found(record, self._feed.probe or "") is not None
            if self._is_meant(record):
                as_of = _text_at(record, self._feed.as_of, needed=False) if self._feed.as_of else None
                yield Hit(
                    value=_text_at(record, self._feed.value),
                    as_of=as_of,
                    raw=_shown(record),
                    id=_described_at(record, self._feed.id),
                    begins=_described_at(record, self._feed.begins),
                    ends=_described_at(record, self._feed.ends),
                )

    def _is_meant(self, record: Any) -> bool:
        """Every record must have what it is chosen by: else a renamed member would look like "nothing to report"."""
        wanted = all(_text_at(record, path) in texts for path, texts in self._feed.where.items())
        return wanted and not any(_text_at(record, path) in texts for path, texts in self._feed.unless.items())


MISSING = object()


def _found(record: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(record, dict) or name not in record:
            return MISSING
        record = record[name]
    return record


def _text_at(record: Any, path: str, *, needed: bool = True) -> str | None:
    """What stands at a path, as a text; None for null."""
    found = _found(record, path)
    if found is MISSING and needed:
        raise Unreadable("member_missing", path)
    if found is None or found is MISSING:
        return None
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, (str, int, Decimal)):
        return str(found)
    raise Unreadable("not_single", path)


def _described_at(record: Any, path: str | None) -> str | None:
    """What stands at a path that must be there if it is described at all."""
    return _text_at(record, path) if path else None


def _shown(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, default=str)[:SHOWN]


class _Guarded:
    """Hands a document on until one text would fill the memory, or a number is longer than the parser can take."""

    def __init__(self, file: BinaryIO, *, end: int | None = None) -> None:
        self._file = file
        self._left = end
        # How long no quotation mark was seen, and the end of the piece before.
        self._stretch = 0
        self._tail = b""

    def read(self, size: int) -> bytes:
        """The next piece. Raises Unreadable."""
        wanted = size if self._left is None else min(size, self._left)
        piece = self._file.read(wanted)
        if self._left is not None:
            self._left -= len(piece)
        last = piece.rfind(b'"')
        self._stretch = self._stretch + len(piece) if last < 0 else len(piece) - last
        if self._stretch > LONGEST_TEXT:
            raise Unreadable("line_too_long")
        if DIGITS.search(self._tail + piece):
            raise Unreadable("not_json")
        self._tail = piece[-LONGEST_NUMBER:]
        return piece


def _without_call(file: BinaryIO) -> _Guarded:
    """The document inside of `name( … );`. Raises Unreadable."""
    begin = CALL.match(file.read(300))
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 100))
    tail = file.read()
    end = END_OF_CALL.search(tail)
    if begin is None or end is None:
        raise Unreadable("not_jsonp")
    file.seek(begin.end())
    return _Guarded(file, end=size - len(tail) + end.start() - begin.end())
