"""Commands about events: as YAML in and out, the list of their people, and the switch of format."""

import json
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import click

from regservice.adapters import sheets
from regservice.adapters.files import whole_file
from regservice.cli.application import ACTOR, opened, refuse
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.exchange import service as exchange
from regservice.exchange.service import Imported, ImportRefused
from regservice.formats import rules
from regservice.formats import service as formats
from regservice.formats.types import SWITCHABLE, Switched, SwitchRefused, Trigger, Unchanged
from regservice.registrations import attendee_list, call_list
from regservice.web.api.answers import call_list_answer, registration_answer
from regservice.wiring import current_wiring

SWITCH_REFUSALS = {
    "no_join_url": "A digital format needs the address of its room: add --join-url URL.",
    "bad_join_url": "The room's address is no web address such as https://www.example.org.",
    "too_many_for_room": "{} people would have no seat: raise the capacity first.",
    "unknown_session": "The event has no such session.",
    "just_switched": "Somebody else has just switched it.",
    "started": "The event has begun: in an emergency add --emergency.",
    "not_back_on_site": "The event has begun: it can become digital or hybrid, not on site.",
    "back_too_late": "It is too late to go back on site: people were promised to know by now. Leave it digital, or "
    "postpone it.",
    "back_before": "It went back on site once already, and does so only once. Leave it digital, or postpone it.",
    "reason_missing": "Everyone concerned reads the reason: give one with --reason TEXT.",
}


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
        event = _known(slug)
        content = _people(event) if kind == "json" else _table(kind, slug, attendee_list.table(event))
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        try:
            with whole_file(output) as unfinished:
                unfinished.write_bytes(content)
        except OSError as error:
            refuse(f"{output} cannot be written: {error.strerror}.")


def _known(slug: str) -> EventFacts:
    found = events.find(slug)
    if found is None:
        refuse(f"There is no event {slug}.")
    return found


def _table(kind: str, slug: str, rows: Iterator[tuple[str, ...]]) -> bytes:
    if kind == "csv":
        return b"".join(sheets.csv_lines(rows))
    file = BytesIO()
    sheets.write_xlsx(file, slug, rows)
    return file.getvalue()


def _people(event: EventFacts) -> bytes:
    """The members of the JSON API's list, so that one program reads both; answers stand under their keys."""
    people = [registration_answer(person, event.timezone) for person in attendee_list.exported(event.id)]
    return (json.dumps(people, ensure_ascii=False, indent=2) + "\n").encode()


@click.command("format")
@click.argument("slug")
@click.argument("to", metavar="[onsite|digital|hybrid]", type=click.Choice([option.value for option in SWITCHABLE]))
@click.option("--reason", required=True, help="Why; everyone concerned reads it.")
@click.option("--session", "sessions", multiple=True, help="Only this session, by title or position; may be repeated.")
@click.option("--join-url", help="The room, where it is not set yet.")
@click.option("--dry-run", is_flag=True, help="Count what would follow and change nothing.")
@click.option("--emergency", is_flag=True, help="The event has begun; the answer also names those to be called.")
def format_(
    slug: str,
    to: str,
    reason: str,
    sessions: tuple[str, ...],
    join_url: str | None,
    dry_run: bool,
    emergency: bool,
) -> None:
    """Switch an event or some of its sessions at once and tell everyone concerned; prints what follows as JSON."""
    if not reason.strip():
        refuse("Everyone concerned reads the reason: give one with --reason TEXT.")
    with opened():
        event, now = _known(slug), current_wiring().now()
        target = rules.named_targets(event, Format(to), sessions) if sessions else Format(to)
        trigger = Trigger.EMERGENCY if emergency else Trigger.HAND
        to_call = {"call_list": call_list_answer(call_list.lines(event.id))} if emergency else {}
        if dry_run:
            seen = formats.preview(event.id, target, reason=reason, join_url=join_url, now=now, trigger=trigger)
            click.echo(json.dumps({"effects": seen.effects, "blocked": list(seen.blocked), **to_call}))
            return
        match formats.switch(event.id, target, reason=reason, join_url=join_url, by=ACTOR, now=now, trigger=trigger):
            case Switched(version=version, effects=effects):
                click.echo(json.dumps({"changed": True, "version": version, "effects": effects, **to_call}))
            case Unchanged(version=version):
                click.echo(json.dumps({"changed": False, "version": version}))
            case SwitchRefused(code=code, number=number):
                refuse(SWITCH_REFUSALS.get(code, f"The event is {code}: its format cannot be switched.").format(number))


COMMANDS = (event, attendees, format_)
