"""Small made-up documents in the shapes of the public ones, with their traps."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

# Monday, 16 November 2026, 08:00 in Berlin.
NOW = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
TODAY = date(2026, 11, 16)
INCIDENCE_HEADER = "Meldedatum,Landkreis_id,Bevoelkerung,Faelle_gesamt,Faelle_neu,Faelle_7-Tage,Inzidenz_7-Tage"
COUNTIES = ("05754", "06431", "08417", "05158", "08117")


def incidence_rows(
    *, days: int, newest: date = TODAY - timedelta(days=1), counties: Iterable[str] = COUNTIES
) -> Iterator[str]:
    """The incidence of counties, the oldest day first; that of Gütersloh rises by 1.5 a day up to 312.5."""
    for back in reversed(range(days)):
        day = newest - timedelta(days=back)
        for county in counties:
            value = 312.5 - 1.5 * back if county == "05754" else 20.0
            yield f"{day},{county},370000,90000,{int(value)},{int(value * 3.7)},{value}"


def incidence(**changes: Any) -> bytes:
    """The file of incidences."""
    return "\n".join([INCIDENCE_HEADER, *incidence_rows(**({"days": 20} | changes)), ""]).encode()


def hospitalisation() -> bytes:
    """The file of hospitalisations: the newest first, its newest days without a value yet, several age groups."""
    lines = ["Datum,Bundesland,Bundesland_Id,Altersgruppe,7T_Hospitalisierung_Faelle,7T_Hospitalisierung_Inzidenz"]
    for back in range(12):
        day = TODAY - timedelta(days=back)
        for state, number in (("Bundesgebiet", "00"), ("Nordrhein-Westfalen", "05"), ("Hessen", "06")):
            for ages, value in (("00-04", "99.9"), ("00+", f"{8.25 - back * 0.25:g}")):
                lines.append(f"{day},{state},{number},{ages},{'NA,NA' if back < 2 else f'120,{value}'}")
    return "\n".join([*lines, ""]).encode()


def sari() -> bytes:
    """The textbook stale feed: ISO weeks that ended in 2024."""
    lines = ["date\tagegroup\tsari_covid19_incidence"]
    lines += [f"2024-W{week}\t{ages}\t{value}" for week in range(30, 42) for ages, value in (("00+", 1.5), ("80+", 9))]
    return "\n".join([*lines, ""]).encode()


def sewage(site: str = "") -> bytes:
    """A sample a week on Wednesdays, several viruses in one file, the newest without a value."""
    head = "standort\tbundesland\tdatum\tviruslast\ttyp" if site else "datum\tn\tanteil_bev\tviruslast\ttyp"
    lines = [head]
    for back in reversed(range(8)):
        day = date(2026, 11, 11) - timedelta(weeks=back)
        for virus, load in (("Influenza A", 5000.5), ("SARS-CoV-2", 120000 - 1000 * back)):
            value = "NA" if back == 0 else f"{load}"
            first = f"{site}\tNW\t{day}" if site else f"{day}\t60\t0.3"
            lines.append(f"{first}\t{value}\t{virus}")
        if site:
            lines.append(f"Anderswo\tNW\t{day}\t999999\tSARS-CoV-2")
    return "\n".join([*lines, ""]).encode()


def warning(type: int, level: int) -> dict[str, Any]:
    """One weather warning."""
    return {
        "type": type,
        "level": level,
        "start": 1794822000000,
        "end": 1794850000000,
        "event": "STURMBÖEN",
        "headline": "Amtliche WARNUNG vor STURMBÖEN",
        "regionName": "Kreis Gütersloh",
        "state": "Nordrhein-Westfalen",
        "stateShort": "NRW",
    }


def weather(warnings: dict[str, Any], *, at: datetime = NOW) -> bytes:
    """The weather service's document: JSON inside of a call, times in milliseconds."""
    content = {
        "time": int(at.timestamp() * 1000),
        "warnings": warnings,
        "vorabInformation": {"105754000": [warning(1, 5)]},
        "copyright": "Copyright Deutscher Wetterdienst",
    }
    return f"warnWetter.loadWarnings({json.dumps(content, ensure_ascii=False)});".encode()


def civil(*warnings: tuple[str, str]) -> bytes:
    """Civil warnings: severity and type of message."""
    items = [
        {
            "id": f"mow.DE-NW-{number}",
            "payload": {
                "version": 1,
                "type": "ALERT",
                "hash": "0",
                "data": {"headline": "Warnung", "provider": "MOWAS", "severity": severity, "msgType": kind},
            },
            "i18nTitle": {"de": "Warnung"},
            "sent": "2026-11-15T10:00:00+01:00",
        }
        for number, (severity, kind) in enumerate(warnings)
    ]
    return json.dumps(items).encode()
