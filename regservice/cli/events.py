"""Commands about events: as YAML in and out."""

import sys
from pathlib import Path

import click

from regservice.cli.application import ACTOR, opened, refuse
from regservice.exchange import service as exchange
from regservice.exchange.service import Imported, ImportRefused
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


COMMANDS = (event,)
