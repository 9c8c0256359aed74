"""Commands that run the service: both processes, each alone, one tick, and the schema."""

import json
from dataclasses import replace
from datetime import datetime

import click
from flask import Flask

from regservice import demo as example
from regservice import schema, supervisor
from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose
from regservice.cli.application import AHEAD, INSTANT, connected, opened, refuse
from regservice.config import Settings, current_settings, load_settings
from regservice.jobs import JOBS
from regservice.webserver import run_web
from regservice.wiring import Wiring, current_wiring, default_wiring
from regservice.worker import run_worker

# More rounds than any plan needs; it only keeps a mistake from running for ever.
MOST_ROUNDS = 10_000


@click.command()
@click.option("--demo-link", is_flag=True, help="Print a one-time sign-in link for the demo's organiser.")
def serve(demo_link: bool) -> None:
    """Run web server and worker as two supervised processes."""
    with opened() as app:
        settings = current_settings()
        lines = [f"regservice runs at {settings.base_url}", *_links(settings, demo_link=demo_link)]
    try:
        supervisor.supervise(
            settings.host,
            settings.port,
            web=lambda: run_web(app, settings),
            worker=lambda: run_worker(app, app.extensions["regservice_wiring"]),
            when_ready=lambda: click.echo("\n".join(lines)),
        )
    except supervisor.StartFailed as error:
        refuse(str(error))


def _links(settings: Settings, *, demo_link: bool) -> list[str]:
    """One-time links: for the first organiser of an empty installation, for the organiser of the demo."""
    now = current_wiring().now()
    if not accounts.count_organisers():
        token = accounts.make_link(LinkPurpose.FIRST_ORGANISER, now=now)
        return [f"Make the first organiser (one use, 60 minutes): {settings.base_url}/organise/first/{token}"]
    if not demo_link:
        return []
    organiser = accounts.find_organiser(example.ORGANISER)
    if organiser is None:
        refuse("There is no demo in this database: run `python -m regservice demo`.")
    token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=organiser.id, now=now)
    return [f"Sign in as the demo's organiser (one use, 60 minutes): {settings.base_url}/organise/link/{token}"]


@click.command()
def web() -> None:
    """Run the web server alone."""
    run_web(_without_connection(), load_settings())


@click.command()
def worker() -> None:
    """Run the worker alone."""
    app = _without_connection()
    run_worker(app, app.extensions["regservice_wiring"])


def _without_connection() -> Flask:
    """The application without an open connection, since server processes are forked from this one."""
    with opened() as app:
        return app


@click.command()
@click.option("--at", type=INSTANT, help="As if it were this RFC 3339 time; needs REGSERVICE_REHEARSAL=1.")
def tick(at: datetime | None) -> None:
    """Do everything that is due now, once; print a count per job as JSON."""
    settings = load_settings()
    if at is not None and not settings.rehearsal:
        refuse("--at needs REGSERVICE_REHEARSAL=1.")
    wiring = default_wiring(settings)
    fixed = at or wiring.now()
    wiring = replace(wiring, now=lambda: fixed)
    with opened(settings, wiring):
        done = run_everything(wiring)
    if wiring.sender is not None:
        wiring.sender.close()
    click.echo(json.dumps(done))


def run_everything(wiring: Wiring) -> dict[str, int]:
    """Run every job in its order, again until a round finds nothing to do; counts for each job."""
    done = {job.name: 0 for job in JOBS}
    for _ in range(MOST_ROUNDS):
        round_done = {job.name: job.run(wiring) for job in JOBS}
        for name, count in round_done.items():
            done[name] += count
        if not any(round_done.values()):
            break
    return done


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    with connected():
        if schema.is_ahead():
            refuse(AHEAD)
        schema.upgrade()


@click.command()
def demo() -> None:
    """Load the example events; a second call changes nothing."""
    with opened():
        made = example.load(current_wiring().now())
    click.echo(f"{made} example events loaded." if made else "The example events are there already.")


COMMANDS = (serve, web, worker, tick, migrate, demo)
