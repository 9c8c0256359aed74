"""Commands about the format: the switch, and the way back on site with fewer places than people."""

import json
from datetime import datetime
from typing import Any, NoReturn

import click

from regservice.cli.application import ACTOR, INSTANT, opened, refuse
from regservice.cli.events import known
from regservice.events.types import Format
from regservice.formats import returning, switch_rules, volunteers
from regservice.formats import service as formats
from regservice.formats.return_types import Asked, Seating
from regservice.formats.types import SWITCHABLE, Switched, SwitchRefused, Trigger, Unchanged
from regservice.registrations import call_list
from regservice.web.api.answers import call_list_answer, preview_answer, return_answer
from regservice.wiring import current_wiring

SWITCH_REFUSALS = {
    "no_join_url": "A digital format needs the address of its room: add --join-url URL.",
    "bad_join_url": "The room's address is no web address such as https://www.example.org.",
    "too_many_for_room": "{} of the people would have no seat. Raise the capacity, switch to hybrid, ask who would "
    "stay digital (`stay-digital`), or draw lots (`return`).",
    "unknown_session": "The event has no such session.",
    "just_switched": "Somebody else has just switched it.",
    "started": "The event has begun: in an emergency add --emergency.",
    "not_back_on_site": "The event has begun: it can become digital or hybrid, not on site.",
    "back_too_late": "It is too late to go back on site: people were promised to know by now. Leave it digital, or "
    "postpone it.",
    "back_before": "It went back on site once already, and does so only once. Leave it digital, or postpone it.",
    "reason_missing": "Everyone concerned reads the reason: give one with --reason TEXT.",
    "not_digital": "Nothing of this event is digital: there is nothing to bring back on site.",
    "others_stay": "Other people would stay digital than in that dry run: look again.",
    "confirm_by_too_soon": "People need at least 48 hours to confirm: choose a later --confirm-by.",
    "confirm_by_too_late": "The time to confirm has to be before the start: choose an earlier --confirm-by.",
}


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
        event, now = known(slug), current_wiring().now()
        target = switch_rules.named_targets(event, Format(to), sessions) if sessions else Format(to)
        trigger = Trigger.EMERGENCY if emergency else Trigger.HAND
        to_call = {"call_list": call_list_answer(call_list.lines(event.id))} if emergency else {}
        if dry_run:
            seen = formats.preview(event.id, target, reason=reason, join_url=join_url, now=now, trigger=trigger)
            click.echo(json.dumps(preview_answer(seen) | to_call))
            return
        answer = formats.switch(event.id, target, reason=reason, join_url=join_url, by=ACTOR, now=now, trigger=trigger)
        _print_switch(answer, **to_call)


def _print_switch(answer: Switched | Unchanged | SwitchRefused, **more: Any) -> None:
    match answer:
        case Switched(version=version, effects=effects):
            click.echo(json.dumps({"changed": True, "version": version, "effects": effects, **more}))
        case Unchanged(version=version):
            click.echo(json.dumps({"changed": False, "version": version}))
        case SwitchRefused() as refused:
            _refuse_switch(refused)


def _refuse_switch(refused: SwitchRefused) -> NoReturn:
    advice = SWITCH_REFUSALS.get(refused.code, f"The event is {refused.code}: its format cannot be switched.")
    refuse(advice.format(refused.number))


@click.command("stay-digital")
@click.argument("slug")
def stay_digital(slug: str) -> None:
    """Ask who would come back on site whether they would stay digital, each once; prints how many as JSON."""
    with opened():
        match volunteers.ask(known(slug).id, by=ACTOR, now=current_wiring().now()):
            case Asked(mailed=mailed, to_call=to_call):
                click.echo(json.dumps({"mailed": mailed, "to_call": to_call}))
            case SwitchRefused() as refused:
                _refuse_switch(refused)


@click.command("return")
@click.argument("slug")
@click.argument("how", metavar="[volunteers|lottery]", type=click.Choice([how.value for how in Seating]))
@click.option("--reason", required=True, help="Why; everyone concerned reads it.")
@click.option("--confirm-by", type=INSTANT, help="Until when those who come have to say so: an RFC 3339 time.")
@click.option("--seen", metavar="MARK", help="The `seen` of a dry run: only if the same people stay digital as there.")
@click.option("--dry-run", is_flag=True, help="Name who would stay digital, count what would follow, change nothing.")
def return_(slug: str, how: str, reason: str, confirm_by: datetime | None, seen: str | None, dry_run: bool) -> None:
    """Go back on site in both forms, where places are fewer than people; prints what follows as JSON.

    volunteers: everybody comes who did not say that they stay digital. lottery: who was confirmed before the event went
    digital comes, the others draw for the rest.
    """
    seating = Seating(how)
    with opened():
        event, now = known(slug), current_wiring().now()
        if dry_run:
            preview = returning.preview(event.id, seating, reason=reason, now=now, confirm_by=confirm_by)
            click.echo(json.dumps(return_answer(preview), ensure_ascii=False))
            return
        answer = returning.switch(event.id, seating, reason=reason, by=ACTOR, now=now, seen=seen, confirm_by=confirm_by)
        _print_switch(answer)


COMMANDS = (format_, stay_digital, return_)
