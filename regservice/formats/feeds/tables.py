"""Records of a table: CSV with commas or with tabs, row by row, however long it is."""

import csv
from collections.abc import Iterator
from typing import BinaryIO

from regservice.formats.feeds.types import FeedDescription, Hit, Unreadable

LONGEST_LINE = 64 * 1024
DELIMITERS = {"csv": ",", "tsv": "\t"}


def hits(file: BinaryIO, feed: FeedDescription) -> Iterator[Hit]:
    """The rows that the description means, in the order of the file. Raises Unreadable."""
    delimiter = DELIMITERS[feed.format]
    rows = csv.reader(_lines(file), delimiter=delimiter, strict=True)
    try:
        header = next(rows, None)
        if not header:
            raise Unreadable("empty")
        yield from _matching(rows, header, feed, delimiter)
    except csv.Error:
        raise Unreadable("row_broken", str(rows.line_num)) from None
    except UnicodeDecodeError:
        raise Unreadable("not_text") from None


def _lines(file: BinaryIO) -> Iterator[str]:
    encoding = "utf-8-sig"
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise Unreadable("line_too_long")
        text = line.decode(encoding)
        if encoding == "utf-8-sig" and text.lstrip().startswith("<"):
            raise Unreadable("html")
        encoding = "utf-8"
        yield text


def _matching(rows: Iterator[list[str]], header: list[str], feed: FeedDescription, delimiter: str) -> Iterator[Hit]:
    value, as_of = _column(header, feed.value), _column(header, feed.as_of) if feed.as_of else None
    name, begins, ends = (_column(header, path) if path else None for path in (feed.id, feed.begins, feed.ends))
    wanted = [(_column(header, name), frozenset(texts)) for name, texts in feed.where.items()]
    unwanted = [(_column(header, name), frozenset(texts)) for name, texts in feed.unless.items()]
    if feed.probe:
        _column(header, feed.probe)
    width = len(header)
    for number, row in enumerate(rows, 2):
        if not row:
            continue
        if len(row) != width:
            raise Unreadable("row_broken", str(number))
        if all(row[column] in texts for column, texts in wanted) and not any(
            row[column] in texts for column, texts in unwanted
        ):
            raw = f"{delimiter.join(header)}\n{delimiter.join(row)}"
            yield Hit(
                value=row[value],
                as_of=None if as_of is None else row[as_of],
                raw=raw,
                id=None if name is None else row[name],
                begins=None if begins is None else row[begins] or None,
                ends=None if ends is None else row[ends] or None,
            )


def _column(header: list[str], name: str) -> int:
    """Where a column stands. Two of the same name are as bad as none: nobody knows which one is meant."""
    if header.count(name) != 1:
        raise Unreadable("column_missing", name)
    return header.index(name)
