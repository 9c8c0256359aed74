"""What is taken from a document and what is refused, boundary by boundary."""

import io
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regservice.formats.feeds.moments import moment
from regservice.formats.feeds.reading import read
from regservice.formats.feeds.types import FeedTrouble, Unreadable, description_of
from tests.formats.feeds import documents
from tests.formats.feeds.documents import NOW

TABLE = {"key": "t", "url": "https://example.org/t.csv", "format": "csv", "value": "value", "as_of": "day"}
LIST = {"key": "l", "url": "https://example.org/l.json", "format": "json", "items": "*", "value": "v", "as_of": "t"}


def found(document: bytes, feed: dict[str, Any], **changes: Any) -> list[float] | str:
    """The values, the newest first, or the code of what is wrong."""
    answer = read(io.BytesIO(document), description_of(feed | changes), "Europe/Berlin", NOW)
    return answer.code if isinstance(answer, FeedTrouble) else [value.value for value in answer]


def table(*rows: str, header: str = "day,value") -> bytes:
    return "\n".join([header, *rows]).encode()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"day,value\n", "nothing_found"),
        (table("2026-11-15,5"), [5]),
        (b"\xef\xbb\xbf" + table("2026-11-15,5"), [5]),
        (table("2026-11-15,5").replace(b"\n", b"\r\n"), [5]),
        (table("2026-11-15,5", "", "2026-11-14,6"), [5, 6]),
        # The newest time, wherever it stands; of several for one time the highest.
        (table("2026-11-14,6", "2026-11-15,5", "2026-11-13,7"), [5, 6, 7]),
        (table("2026-11-15,5", "2026-11-15,8", "2026-11-15,7"), [8]),
        # What has no value yet gives way to the day before.
        (table("2026-11-14,6", "2026-11-15,NA"), [6]),
        (table("2026-11-14,6", "2026-11-15,"), [6]),
        (table("2026-11-14,NA", "2026-11-15,"), "no_value"),
        # What is no number is no value.
        (table("2026-11-14,6", "2026-11-15,NaN"), "not_finite"),
        (table("2026-11-14,6", "2026-11-15,-inf"), "not_finite"),
        (table("2026-11-14,6", "2026-11-15,1e999"), "not_finite"),
        (table("2026-11-14,6", "2026-11-15,about 5"), "not_a_number"),
        (table('2026-11-15,"5,3"'), "not_a_number"),
        (table("2026-11-15,5 %"), "not_a_number"),
        (table("2026-11-15,0x10"), "not_a_number"),
        (table("2026-11-15,1_000"), "not_a_number"),
        (table("2026-11-15,٣"), "not_a_number"),
        # Doubt about one of the values of a time is doubt about it; doubt about older times leaves them out.
        (table("2026-11-15,8", "2026-11-15,many"), "not_a_number"),
        (table("2026-11-15,many", "2026-11-15,8"), "not_a_number"),
        (table("2026-11-15,8", "2026-11-14,many", "2026-11-13,7"), [8, 7]),
        # Times that have not come, or cannot be read.
        (table("2026-11-16,5"), [5]),
        (table("2026-11-17,5", "2026-11-15,5"), "future"),
        (table("yesterday,5"), "no_time"),
        (table("15.11.2026,5"), "no_time"),
        (table("2026-02-30,5"), "no_time"),
        (table("2026-W54,5"), "no_time"),
        # Not the table that was described.
        (table("2026-11-15,5", header="day,number"), "column_missing"),
        (table("2026-11-15,5,5", header="day,value,value"), "column_missing"),
        (table("2026-11-15;5", header="day;value"), "column_missing"),
        (table("2026-11-15,5", "2026-11-16"), "row_broken"),
        (table("2026-11-15,5,6"), "row_broken"),
        (table('2026-11-15,"5'), "row_broken"),
        (table("2026-11-15,\x005"), "not_a_number"),
        (b"<!DOCTYPE html><html><body>day,value</body></html>", "html"),
        (b"\n  <html>", "empty"),
        ("day,value\n2026-11-15,5ü".encode("latin-1"), "not_text"),
        (b"\x1f\x8b\x08\x00binary", "not_text"),
        (table("2026-11-15,5", "x" * 70_000), "line_too_long"),
    ],
)
def test_tables(document: bytes, expected: list[float] | str):
    assert found(document, TABLE) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("0", [0]), ("10", [10]), ("-0.1", "implausible"), ("10.1", "implausible")]
)
def test_the_plausible_range_includes_its_ends(value: str, expected: list[float] | str):
    assert found(table(f"2026-11-15,{value}"), TABLE, plausible=[0, 10]) == expected


def test_rows_are_chosen_by_texts_and_never_by_numbers():
    rows = ("2026-11-15,05754,x,1", "2026-11-15,5754,x,2", "2026-11-15,05754,y,3")
    document = table(*rows, header="day,id,kind,value")
    assert found(document, TABLE, where={"id": "05754"}) == [3]
    assert found(document, TABLE, where={"id": "5754"}) == [2]
    assert found(document, TABLE, where={"id": ["05754", "5754"]}, unless={"kind": ["y"]}) == [2]
    assert found(document, TABLE, where={"id": "05754"}, unless={"kind": "y"}) == [1]
    assert found(document, TABLE, where={"county": "05754"}) == "column_missing"
    assert found(document, TABLE, unless={"county": "05754"}) == "column_missing"
    assert found(document, TABLE, probe="county") == "column_missing"


def test_an_empty_table_is_never_no_case():
    assert found(table("2026-11-15,5"), TABLE, where={"value": "6"}, empty=0) == "nothing_found"


DEEP = b'[{"t": "2026-11-15", "v": ' + b"[" * 100 + b"]" * 100 + b"}]"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b'[{"t": "2026-11-15", "v": 5}]', [5]),
        (b'[{"t": "2026-11-15", "v": "5"}, {"t": "2026-11-14", "v": 6.5}]', [5, 6.5]),
        (b'[{"t": "2026-11-15T10:00:00+01:00", "v": 5}, {"t": "2026-11-15T10:00:00", "v": 7}]', [7]),
        (b'[{"t": 1794825600000, "v": 5}]', "future"),
        (b'[{"t": 1794811200000, "v": 5}]', [5]),
        (b'[{"t": "2026-11-15", "v": null}, {"t": "2026-11-14", "v": 6}]', [6]),
        (b'[{"t": "2026-11-15", "v": true}]', "not_a_number"),
        (b'[{"t": "2026-11-15", "v": 1e999}]', "not_finite"),
        (b'[{"t": "2026-11-15", "v": NaN}]', "not_json"),
        (b'[{"t": "2026-11-15", "v": [5]}]', "not_single"),
        (b'[{"t": "2026-11-15"}]', "member_missing"),
        (b'[{"v": 5}]', "no_time"),
        (b'[{"t": "2026-11-15", "v": 5}', "not_json"),
        (b'[{"t": "2026-11-15", "v": 5}] []', "not_json"),
        (b"[]", "nothing_found"),
        (b"<html></html>", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'[{"t": "2026-11-15", "v": ' + b"9" * 5000 + b"}]", "not_json"),
        (DEEP, "too_deep"),
        (b"[" * 1_000_000, "too_deep"),
        (b'{"a":' * 1_000_000, "too_deep"),
        (b'[{"t": "2026-11-15", "v": 5, "more": [' + b"1," * 200_000 + b"1]}]", "record_too_large"),
        (b'[{"t": "2026-11-15", "v": "' + b"x" * 3_000_000 + b'"}]', "line_too_long"),
    ],
    ids=range(23),
)
def test_lists(document: bytes, expected: list[float] | str):
    assert found(document, LIST) == expected


def test_an_empty_list_counts_only_where_it_was_said():
    assert found(b"[]", LIST, empty=0, as_of=None) == [0]
    assert found(b"{}", LIST, empty=0, as_of=None) == "nothing_found"
    assert found(b'{"a": {}}', LIST, empty=0, as_of=None, items="a.b.*") == "nothing_found"
    assert found(b'{"a": {}}', LIST, empty=0, as_of=None, items="a.b.*", probe="a") == [0]
    assert found(b'{"a": null}', LIST, empty=0, as_of=None, items="a.b.*", probe="a") == "probe_missing"
    assert found(b'{"a": {}, "status": "ok"}', LIST, empty=0, as_of=None, items="a.b.*", probe="status") == [0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The nights of the clock change: a day counts from its own beginning.
        ("2026-10-25", datetime(2026, 10, 24, 22, tzinfo=UTC)),
        ("2026-10-26", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("2026-W01", datetime(2025, 12, 28, 23, tzinfo=UTC)),
        ("2026-W53", datetime(2026, 12, 27, 23, tzinfo=UTC)),
        ("2026-11-15 10:00", datetime(2026, 11, 15, 9, tzinfo=UTC)),
        ("2026-11-15T10:00:00Z", datetime(2026, 11, 15, 10, tzinfo=UTC)),
        (" 2026-11-15T10:00:00-05:00 ", datetime(2026, 11, 15, 15, tzinfo=UTC)),
        ("1794811200000", datetime(2026, 11, 16, 6, 40, tzinfo=UTC)),
    ],
)
def test_times(text: str, expected: datetime):
    assert moment(text, "Europe/Berlin") == expected


@pytest.mark.parametrize(
    "text", ["", "20261115", "2026-W00", "2026-321", "0000-01-01", "9999-12-31T23:59-23:00", "now"]
)
def test_what_is_no_time(text: str):
    with pytest.raises(Unreadable) as refused:
        moment(text, "Europe/Berlin")
    assert (refused.value.code, refused.value.detail) == ("no_time", text)


def test_a_clock_that_is_a_little_ahead_is_no_future():
    ahead = NOW + timedelta(minutes=5)
    assert found(table(f"{ahead.isoformat()},5"), TABLE) == [5]
    assert found(table(f"{(ahead + timedelta(seconds=1)).isoformat()},5"), TABLE) == "future"


def test_a_long_table_takes_little_memory():
    """50,000 rows: a twentieth of what the real file has."""
    rows = documents.incidence(days=10_000)
    tracemalloc.start()
    try:
        assert found(rows, TABLE, where={"Landkreis_id": "05754"}, value="Inzidenz_7-Tage", as_of="Meldedatum")[0] == (
            312.5
        )
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_long_list_takes_little_memory():
    item = '{"t": "2026-11-15", "v": 5, "text": "%s"}' % ("x" * 300)
    document = f"[{','.join([item] * 20_000)}]".encode()
    tracemalloc.start()
    try:
        assert found(document, LIST) == [5]
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()
