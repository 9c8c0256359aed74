"""Commands about events: as YAML in and out, and the list of their people."""

import json
import sys
from pathlib import Path
from typing import IO

import click

from regservice.adapters import sheets
from regservice.adapters.files import whole_file
from regservice.cli.application import ACTOR, opened, refuse
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.exchange import service as exchange
from regservice.exchange.service import Imported, ImportRefused
from regservice.registrations import attendee_list
from regservice.web.api.answers import registration_answer
from regservice.wiring import current_wiring


@click.group()
def event() -> None:
    """Events as YAML files."""


@event.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def import_(file: Path) -> None:
    """Make or change the events of a YAML file; all of them or none. Prints the address of each."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(f"{file} is not UTF-8 text.")
    with opened():
        match exchange.import_text(text, by=ACTOR, now=current_wiring().now()):
            case ImportRefused(errors=errors):
                refuse("; ".join(f"{name}: {' '.join(texts)}" for name, texts in errors.items()))
            case Imported(created=created, updated=updated):
                click.echo(
                    "\n".join([*(f"{slug} created" for slug in created), *(f"{slug} updated" for slug in updated)])
                )


@event.command()
@click.argument("slug")
def export(slug: str) -> None:
    """Print an event, or a programme with its events, as YAML."""
    with opened():
        text = exchange.export_text(slug)
    if text is None:
        refuse(f"There is no event {slug}.")
    click.echo(text, nl=False)


@click.command()
@click.argument("slug")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx", "json"]), required=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead of stdout.")
def attendees(slug: str, kind: str, output: Path | None) -> None:
    """Write every registration but pending and expired ones, with its status, as a table."""
    with opened():
        event = known(slug)
        if output is None:
            _write(event, kind, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        try:
            with whole_file(output) as unfinished, unfinished.open("wb") as file:
                _write(event, kind, file)
        except OSError as error:
            refuse(f"{output} cannot be written: {error.strerror}.")


def known(slug: str) -> EventFacts:
    """The event of this address."""
    found = events.find(slug)
    if found is None:
        refuse(f"There is no event {slug}.")
    return found


def _write(event: EventFacts, kind: str, file: IO[bytes]) -> None:
    """A table goes out as it is read, so that a long one needs no more memory than a short one."""
    match kind:
        case "csv":
            file.writelines(sheets.csv_lines(attendee_list.table(event)))
        case "xlsx":
            sheets.write_xlsx(file, event.slug, attendee_list.table(event))
        case _:
            file.write(_people(event))


def _people(event: EventFacts) -> bytes:
    """The members of the JSON API's list, so that one program reads both; answers stand under their keys."""
    people = [registration_answer(person, event) for person in attendee_list.exported(event.id)]
    return (json.dumps(people, ensure_ascii=False, indent=2) + "\n").encode()


COMMANDS = (event, attendees)
