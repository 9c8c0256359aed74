"""Counties are found by name or key, and never one that is not surely the one that was meant."""

import pytest

from regservice.formats.feeds import ready
from regservice.formats.feeds.counties import all_named, asked_counties, candidates, find_county, named
from regservice.formats.feeds.county_names import NAMES
from regservice.formats.feeds.types import description_of


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("05754", "Kreis Gütersloh"),
        ("06431", "Landkreis Bergstraße"),
        ("08417", "Zollernalbkreis"),
        ("05158", "Kreis Mettmann"),
        ("08117", "Landkreis Göppingen"),
        ("11000", "Berlin"),
        ("02000", "Hamburg"),
        ("04012", "Stadt Bremerhaven"),
        ("03159", "Landkreis Göttingen"),
        ("16063", "Wartburgkreis"),
        ("03241", "Region Hannover"),
        ("05334", "Städteregion Aachen"),
        ("10041", "Regionalverband Saarbrücken"),
        ("05315", "Stadt Köln"),
        ("01051", "Kreis Dithmarschen"),
        ("07232", "Eifelkreis Bitburg-Prüm"),
        ("09162", "Stadt München"),
        ("09184", "Landkreis München"),
        ("12053", "Stadt Frankfurt (Oder)"),
        ("13072", "Landkreis Rostock"),
        ("14628", "Landkreis Sächsische Schweiz-Osterzgebirge"),
        ("15081", "Altmarkkreis Salzwedel"),
    ],
)
def test_counties_have_the_names_that_people_know(key: str, name: str) -> None:
    assert NAMES[key] == name


def test_each_county_has_a_name_of_its_own_and_is_found_by_it() -> None:
    assert len(set(NAMES.values())) == len(NAMES) == len(all_named()) == 400
    for key, name in NAMES.items():
        assert (key, name) == (find_county(name), name.strip())
        assert find_county(named(key)) == find_county(key) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("5754", "05754"),
        ("Gütersloh", "05754"),
        ("kreis guetersloh", "05754"),
        ("Landkreis Gütersloh", "05754"),
        ("LK Bergstrasse", "06431"),
        ("Kreis Kassel", "06633"),
        ("Stadt Kassel", "06611"),
        ("Kreisfreie Stadt Kassel", "06611"),
        ("Frankfurt/Main", "06412"),
        ("Mühldorf am Inn", "09183"),
        ("Saalekreis", "15088"),
        ("Kreis Offenbach", "06438"),
        ("Stadt Berlin", "11000"),
        ("St. Wendel", "10046"),
    ],
)
def test_a_county_is_found_however_it_is_written(text: str, key: str) -> None:
    assert find_county(text) == key


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        # A city and the county around it.
        ("Kassel", ["Stadt Kassel (06611)", "Landkreis Kassel (06633)"]),
        ("Offenbach", ["Stadt Offenbach am Main (06413)", "Landkreis Offenbach (06438)"]),
        ("Frankfurt", ["Stadt Frankfurt am Main (06412)", "Stadt Frankfurt (Oder) (12053)"]),
        # There is a Halle in Westphalia, a Heide in Holstein, and a Munster on the heath.
        ("Halle", ["Stadt Halle (Saale) (15002)"]),
        ("Heide", ["Heidekreis (03358)", "Landkreis Heidenheim (08135)", "Stadt Heidelberg (08221)"]),
        ("Munster", ["Stadt Neumünster (01004)", "Stadt Münster (05515)"]),
        ("Stadt Göttingen", ["Landkreis Göttingen (03159)"]),
        # A name and the key of another.
        ("Kreis Gütersloh (05758)", ["Kreis Gütersloh (05754)"]),
        ("Kreis Kassel (06611)", ["Stadt Kassel (06611)", "Landkreis Kassel (06633)"]),
        ("Rhein-Main-Kreis", []),
        ("Hanau", []),
        ("Eisenach", []),
        ("05999", []),
        ("e", []),
        ("Kreis", []),
        ("", []),
    ],
)
def test_in_doubt_no_county_is_taken_and_the_likely_ones_are_named(text: str, likely: list[str]) -> None:
    assert (find_county(text), [named(key) for key in candidates(text)]) == ("", likely)


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        (ready.incidence("05754"), ["Kreis Gütersloh (05754)"]),
        (ready.weather("06431", ["1"]), ["Landkreis Bergstraße (06431)"]),
        (ready.civil_warnings("08417"), ["Zollernalbkreis (08417)"]),
        (ready.civil_warnings("16056"), []),
        (ready.hospitalisation("05"), []),
        (
            ready.incidence("05754") | {"where": {"Landkreis_id": ["11000", "02000"]}},
            ["Berlin (11000)", "Hamburg (02000)"],
        ),
        # Dresden has this key, and Falkensee this postal code.
        (ready.incidence("05754") | {"where": {"postal_code": "14612"}}, []),
    ],
)
def test_a_source_says_which_county_it_is_about(feed: dict[str, object], expected: list[str]) -> None:
    assert asked_counties(description_of(feed)) == expected
