"""Each ready description on a document of the real shape, with the traps of that shape."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regservice.formats.feeds import ready
from regservice.formats.feeds.reading import read
from regservice.formats.feeds.types import FeedTrouble, FeedValue, Record, description_of
from regservice.formats.shapes import FeedShape
from tests.formats.feeds import documents
from tests.formats.feeds.documents import NOW, warning

BERLIN = "Europe/Berlin"


def newest(document: bytes, feed: dict[str, Any], now: datetime = NOW) -> tuple[float, str] | str:
    """The newest value and its time in UTC, or the code of what is wrong."""
    found = read(io.BytesIO(document), description_of(feed), BERLIN, now)
    if isinstance(found, FeedTrouble):
        return found.code
    return found[0].value, found[0].as_of.strftime("%Y-%m-%d %H:%M")


ALL = [
    ready.incidence("05754"),
    ready.hospitalisation("05"),
    ready.sewage("", "SARS-CoV-2"),
    ready.sewage("Gütersloh-Putzhagen", "SARS-CoV-2"),
    ready.weather("05754", ["1", "2"]),
    ready.civil_warnings("05754"),
]


@pytest.mark.parametrize("feed", ALL, ids=lambda feed: feed["key"])
def test_each_ready_description_has_the_shape_of_one_by_hand(feed: dict[str, Any]):
    assert FeedShape().load(feed) == feed


def test_incidence_keeps_leading_zeros_and_takes_the_newest_day_of_a_file_with_the_oldest_first():
    assert newest(documents.incidence(), ready.incidence("05754")) == (312.5, "2026-11-14 23:00")
    assert newest(documents.incidence(), ready.incidence("06431")) == (20.0, "2026-11-14 23:00")
    assert newest(documents.incidence(), ready.incidence("01001")) == "nothing_found"


def test_incidence_gives_the_days_before_as_well_for_the_trend():
    found = read(io.BytesIO(documents.incidence()), description_of(ready.incidence("05754")), BERLIN, NOW)
    assert isinstance(found, list)
    assert [value.value for value in found[:8]] == [312.5 - 1.5 * back for back in range(8)]
    assert found[0].as_of - found[7].as_of == timedelta(days=7)
    header, row = found[0].raw.split("\n")
    assert (header, row[:16]) == (documents.INCIDENCE_HEADER, "2026-11-15,05754")


def test_hospitalisation_is_read_from_the_newest_day_with_a_value_in_a_file_with_the_newest_first():
    assert newest(documents.hospitalisation(), ready.hospitalisation("05")) == (7.75, "2026-11-13 23:00")
    assert newest(documents.hospitalisation(), ready.hospitalisation("00")) == (7.75, "2026-11-13 23:00")


def test_a_week_counts_from_its_monday():
    feed = {
        "key": "sari",
        "url": "https://example.org/sari.tsv",
        "format": "tsv",
        "where": {"agegroup": "00+"},
        "value": "sari_covid19_incidence",
        "as_of": "date",
    }
    assert newest(documents.sari(), feed) == (1.5, "2024-10-06 22:00")


def test_sewage_is_that_of_one_virus_and_of_one_site():
    germany, site = ready.sewage("", "SARS-CoV-2"), ready.sewage("Gütersloh-Putzhagen", "SARS-CoV-2")
    assert newest(documents.sewage(), germany) == (119000.0, "2026-11-03 23:00")
    assert newest(documents.sewage("Gütersloh-Putzhagen"), site) == (119000.0, "2026-11-03 23:00")


WEATHER = ready.weather("05754", ["0", "1", "2", "3", "6"])


@pytest.mark.parametrize(
    ("warnings", "expected"),
    [
        ({"105754000": [warning(1, 3), warning(3, 2)]}, 3),
        # Heat has another scale and was not chosen.
        ({"105754000": [warning(8, 10), warning(1, 2)]}, 2),
        ({"105754000": [warning(8, 10)]}, 0),
        # A county without a warning is not in the document at all; neither is any when nobody is warned.
        ({"106431000": [warning(1, 4)]}, 0),
        ({}, 0),
        # The town of a similar number is another place.
        ({"805754000": [warning(1, 4)], "1105754000": [warning(1, 4)]}, 0),
    ],
)
def test_weather_is_the_highest_level_of_the_chosen_types(warnings: dict[str, Any], expected: float):
    assert newest(documents.weather(warnings), WEATHER) == (expected, "2026-11-16 07:00")


def test_heat_chosen_together_with_others_gives_no_value_that_means_two_things():
    feed = ready.weather("05754", ["1", "8"])
    assert newest(documents.weather({"105754000": [warning(8, 10), warning(1, 2)]}), feed) == "implausible"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"warnings"', b'"warnungen"', "probe_missing"),
        (b'"level"', b'"stufe"', "member_missing"),
        (b'"type"', b'"typ"', "member_missing"),
        (b'"time"', b'"zeit"', "no_time"),
        (b"loadWarnings(", b"loadWarnings[", "not_jsonp"),
        (b"});", b"", "not_jsonp"),
        (b"{", b"[", "not_json"),
    ],
)
def test_changed_weather_is_never_no_weather(old: bytes, new: bytes, code: str):
    document = documents.weather({"105754000": [warning(1, 3)]})
    assert newest(document.replace(old, new), WEATHER) == code


def test_warnings_that_are_null_or_a_text_are_no_list_of_none():
    for broken in (b"null", b'"maintenance"'):
        assert newest(documents.weather({}).replace(b'"warnings": {}', b'"warnings": ' + broken), WEATHER) == (
            "probe_missing"
        )


CIVIL = ready.civil_warnings("05754")


@pytest.mark.parametrize(
    ("warnings", "expected"),
    [
        ([], 0),
        ([("Severe", "Alert"), ("Minor", "Update")], 3),
        ([("Extreme", "Alert")], 4),
        # The all-clear.
        ([("Cancel", "Cancel")], 0),
        ([("Cancel", "Cancel"), ("Moderate", "Alert"), ("Moderate", "Alert")], 2),
    ],
)
def test_civil_warnings_are_words_and_an_all_clear_is_none(warnings: list[tuple[str, str]], expected: float):
    assert newest(documents.civil(*warnings), CIVIL) == (expected, "2026-11-16 07:00")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (documents.civil(("Terrible", "Alert")), "unknown_word"),
        (documents.civil(("Cancel", "Alert")), "unknown_word"),
        (documents.civil(("Severe", "Alert")).replace(b"severity", b"schwere"), "member_missing"),
        (documents.civil(("Severe", "Alert")).replace(b"msgType", b"art"), "member_missing"),
        (b'{"error": "too many requests"}', "member_missing"),
        (b'"maintenance"', "nothing_found"),
        (b"null", "nothing_found"),
    ],
)
def test_changed_civil_warnings_are_never_no_warning(document: bytes, code: str):
    assert newest(document, CIVIL) == code


def test_each_warning_is_told_from_the_others_by_its_name():
    document = documents.civil(("Severe", "Alert"), ("Minor", "Update"), ("Cancel", "Cancel"))
    found = read(io.BytesIO(document), description_of(CIVIL), BERLIN, NOW)
    assert isinstance(found, list)
    assert found[0].records == (Record(id="mow.DE-NW-0", value=3), Record(id="mow.DE-NW-1", value=1))
    assert newest(document.replace(b'"id"', b'"nummer"'), CIVIL) == "member_missing"


def test_a_whole_document_can_be_the_record():
    feed = {
        "key": "private",
        "url": "https://example.org/districts/05754",
        "format": "json",
        "value": "data.05754.weekIncidence",
        "as_of": "meta.lastUpdate",
    }
    document = b'{"data": {"05754": {"weekIncidence": 88.4}}, "meta": {"lastUpdate": "2026-11-16T00:00:00.000Z"}}'
    assert newest(document, feed) == (88.4, "2026-11-16 00:00")


def test_a_geographic_document_has_its_words_deep_inside():
    feed = {
        "key": "wfs",
        "url": "https://example.org/wfs",
        "format": "json",
        "items": "features.*",
        "probe": "features",
        "where": {"properties.WARNCELLID": "105754000"},
        "value": "properties.SEVERITY",
        "scale": {"Minor": 1, "Moderate": 2, "Severe": 3, "Extreme": 4},
        "empty": 0,
    }
    one = '{"type": "Feature", "properties": {"WARNCELLID": 105754000, "SEVERITY": "%s"}}'
    document = f'{{"features": [{one % "Moderate"}, {one % "Severe"}]}}'.encode()
    assert newest(document, feed) == (3, "2026-11-16 07:00")
    assert newest(b'{"features": []}', feed) == (0, "2026-11-16 07:00")
    assert newest(b'{"merkmale": []}', feed) == "probe_missing"


def test_what_was_read_is_shown_as_it_stood_there():
    found = read(io.BytesIO(documents.civil(("Severe", "Alert"))), description_of(CIVIL), BERLIN, NOW)
    assert isinstance(found, list)
    assert found == [
        FeedValue(value=3, as_of=NOW.astimezone(UTC), raw=found[0].raw, records=(Record(id="mow.DE-NW-0", value=3),))
    ]
    assert '"severity": "Severe"' in found[0].raw
