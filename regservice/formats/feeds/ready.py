"""Ready descriptions of public German data, each made for one place. PURE; the words about them belong to the pages."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

# Where the official civil warnings are published, and the way around it that developers use.
CIVIL_HOSTS = frozenset({"warnung.bund.de", "nina.api.proxy.bund.dev"})
RKI = "https://raw.githubusercontent.com/robert-koch-institut"
# The column of the file of incidences that holds the key of the county.
INCIDENCE_COUNTY = "Landkreis_id"
STATES = tuple(f"{number:02d}" for number in range(17))
VIRUSES = ("SARS-CoV-2", "Influenza A", "Influenza B", "RSV A/B")
# Thunderstorm, wind, rain, snow, fog, frost, ice, thaw, heat, ultraviolet, coast, lakes: the numbers of the DWD.
WEATHER_TYPES = tuple(str(number) for number in range(12))


def incidence(county: str) -> dict[str, Any]:
    """The 7-day incidence of COVID-19 in a county, from the Robert Koch Institute."""
    return {
        "key": f"rki-incidence-{county}",
        "url": f"{RKI}/COVID-19_7-Tage-Inzidenz_in_Deutschland/main/COVID-19-Faelle_7-Tage-Inzidenz_Landkreise.csv",
        "format": "csv",
        "where": {INCIDENCE_COUNTY: county},
        "value": "Inzidenz_7-Tage",
        "as_of": "Meldedatum",
        "plausible": [0, 10000],
        # A day counts from its beginning and is published in the morning after it.
        "stale_after_h": 72,
        "poll": "07:45",
        "timeout_s": 20,
        "max_mb": 80,
    }


def hospitalisation(state: str) -> dict[str, Any]:
    """The 7-day incidence of hospitalisation in a state (00: Germany), from the Robert Koch Institute."""
    name = "COVID-19-Hospitalisierungen"
    return {
        "key": f"rki-hospital-{state}",
        "url": f"{RKI}/{name}_in_Deutschland/HEAD/Aktuell_Deutschland_{name}.csv",
        "format": "csv",
        "where": {"Bundesland_Id": state, "Altersgruppe": "00+"},
        "value": "7T_Hospitalisierung_Inzidenz",
        "as_of": "Datum",
        "plausible": [0, 1000],
        "stale_after_h": 72,
        "poll": "07:45",
        "timeout_s": 20,
        "max_mb": 40,
    }


def sewage(site: str, virus: str) -> dict[str, Any]:
    """The load of a virus in the sewage of a site, or of Germany without one (AMELAG, Robert Koch Institute)."""
    file = "amelag_einzelstandorte.tsv" if site else "amelag_aggregierte_kurve.tsv"
    name = "-".join(re.findall(r"[a-z0-9]+", f"{site or 'germany'} {virus}".lower()))
    return {
        "key": f"rki-sewage-{name}",
        "url": f"{RKI}/Abwassersurveillance_AMELAG/HEAD/{file}",
        "format": "tsv",
        "where": {"typ": virus} | ({"standort": site} if site else {}),
        "value": "viruslast",
        "as_of": "datum",
        "plausible": [0, 1e12],
        # A sample a week, published about a week later.
        "stale_after_h": 16 * 24,
        "poll": "07:45",
        "timeout_s": 20,
        "max_mb": 40,
    }


def weather(county: str, types: Sequence[str]) -> dict[str, Any]:
    """The highest level of the weather warnings of these types in a county, from the German Weather Service.

    Those count that hold during the hours of the event.
    """
    cell = f"1{county}000"
    return {
        "key": f"dwd-{county}",
        "url": "https://www.dwd.de/DWD/warnungen/warnapp/json/warnings.json",
        "format": "jsonp",
        "items": f"warnings.{cell}.*",
        "probe": "warnings",
        "where": {"type": list(types)},
        "value": "level",
        "begins": "start",
        "ends": "end",
        # A county without a warning is not in the document.
        "empty": 0,
        "as_of": "time",
        # Heat has a level 10 of its own: whoever chooses it together with others gets no value that means two things.
        "plausible": [0, 5],
        "stale_after_h": 26,
        "poll": "07:45",
        "timeout_s": 10,
        "max_mb": 20,
    }


def civil_warnings(county: str) -> dict[str, Any]:
    """The severity of civil warnings in a county: 1 minor, 2 moderate, 3 severe, 4 extreme (NINA)."""
    return {
        "key": f"nina-{county}",
        "url": f"https://warnung.bund.de/api31/dashboard/{county}0000000.json",
        "format": "json",
        "items": "*",
        "id": "id",
        "unless": {"payload.data.msgType": ["Cancel"]},
        "value": "payload.data.severity",
        "scale": {"Minor": 1, "Moderate": 2, "Severe": 3, "Extreme": 4},
        "empty": 0,
        "as_of": None,
        "plausible": [0, 4],
        "stale_after_h": 26,
        "every_min": 15,
        "timeout_s": 10,
        "max_mb": 5,
    }


def is_civil(feed: Mapping[str, Any] | None) -> bool:
    """Whether a description reads the official civil warnings, whoever wrote it."""
    return feed is not None and (urlsplit(feed["url"]).hostname or "").rstrip(".").lower() in CIVIL_HOSTS
