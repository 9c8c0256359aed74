"""The switch: one transaction that changes the format and writes down what follows for whom.

`apply` in steps:

1. The sessions that change get their format, the event's format version rises by one.
2. People of those sessions take part as the new format allows; their calendar entries get the next SEQUENCE, their
   reminders are planned anew.
3. Help that was arranged for another form is open again, and what people need to take part is asked anew. Free seats go
   to the waiting list; who is offered one, or has one at once as they wished, hears of the switch so.
4. Mails about the format or a change that did not leave yet are withdrawn: only the latest leaves, and it tells the
   difference from what the person heard last.
5. One row a person and effect, one row for the switch, one line in the audit.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regservice.audit import service as audit
from regservice.db import dry_run, session, transaction
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format, SessionFacts
from regservice.formats import effects, meals, proposals, speakers, store, switch_rules, switching_back
from regservice.formats.concerned import concerned_by, what_changes
from regservice.formats.effects import Consequences
from regservice.formats.models import SwitchRow
from regservice.formats.return_types import Seated
from regservice.formats.types import ProposalFacts, Reading, Switched, SwitchPreview, SwitchRefused, Trigger, Unchanged
from regservice.outbox import service as outbox
from regservice.outbox.types import Priority
from regservice.registrations import (
    access_needs,
    coming_back,
    entries,
    event_changes,
    help_requests,
    questions,
    waiting_list,
)
from regservice.registrations import service as registrations
from regservice.registrations.announcing import announce
from regservice.registrations.rules import parts_of
from regservice.registrations.types import INVOLVED, Attendance, Question, RegistrationFacts, RegistrationState

# What can be put right without another look at the numbers, which are shown beside it.
COUNTED_ALL_THE_SAME = {"no_join_url", "too_many_for_room", "reason_missing"}
# Mails that ask people something about the format that holds, which another switch makes void.
ASKING = ("decision_again", "stay_digital", "keep_place")


@dataclass(frozen=True, kw_only=True)
class Order:
    """Who wants a switch and why, and when its mails may leave."""

    reason: str
    by: str
    trigger: Trigger
    mails_at: datetime
    proposal: ProposalFacts | None = None
    authorised_by: str = ""
    # Who comes, where an event goes back on site with fewer places than people.
    seated: Seated | None = None
    # Until when those who come have to say so.
    confirm_by: datetime | None = None


def preview(
    event_id: int,
    to: Format | Mapping[int, Format],
    *,
    reason: str,
    join_url: str | None,
    now: datetime,
    trigger: Trigger = Trigger.HAND,
    look: Callable[[], object] = lambda: None,
) -> SwitchPreview:
    """What a switch would do, counted by doing it and rolling back; what blocks it is named beside the numbers.

    `look` is called while it is done: everything stands as it would.
    """
    with dry_run():
        event = events.lock(event_id)
        targets = switch_rules.targets_of(event, to)
        if _is_so_already(event, targets):
            return SwitchPreview(effects={})
        blocked = proposals.blocks(event, targets, join_url, now, trigger=trigger, reason=reason)
        if event.lifecycle is EventStatus.DRAFT or not set(blocked) <= COUNTED_ALL_THE_SAME:
            return SwitchPreview(effects={}, blocked=blocked if event.lifecycle is not EventStatus.DRAFT else ())
        without_seat = event_changes.without_seat(event, event_rules.with_formats(event, targets))
        order = Order(reason=reason, by="preview", trigger=trigger, mails_at=now)
        done = apply(event, targets, join_url, order, now)
        look()
        row = store.find_switch(event_id, done.version)
        assert row is not None
        return SwitchPreview(
            effects=done.effects,
            blocked=blocked,
            without_seat=without_seat,
            calendar_versions=effects.calendar_versions(row),
            meals=effects.meals_of(events.get(event_id), row, now),
        )


def switch(
    event_id: int,
    to: Format | Mapping[int, Format],
    *,
    reason: str,
    join_url: str | None,
    by: str,
    now: datetime,
    expected_version: int | None = None,
    trigger: Trigger = Trigger.HAND,
) -> Switched | Unchanged | SwitchRefused:
    """Switch by hand, at once: the whole event to one format, or the sessions named by their ids each to its own.

    `expected_version` is the format version that the person saw when deciding; `trigger` is `EMERGENCY` where they said
    that it is one.

    Whoever switches by hand has decided: a proposal that waits for an answer is void.
    """
    with transaction():
        event = events.lock(event_id)
        if expected_version is not None and expected_version != event.format_version:
            return SwitchRefused(code="just_switched")
        order = Order(reason=reason, by=by, trigger=trigger, mails_at=now)
        answer = switch_locked(event, switch_rules.targets_of(event, to), join_url, order, now)
        if isinstance(answer, Switched):
            proposals.void_proposals(event_id, why="switched_by_hand", by=by, now=now)
        return answer


def switch_locked(
    event: EventFacts, targets: Mapping[int, Format], join_url: str | None, order: Order, now: datetime
) -> Switched | Unchanged | SwitchRefused:
    """Switch unless something stands in the way. Part of the caller's transaction, which locked the event."""
    if _is_so_already(event, targets):
        if join_url and join_url != event.join_url:
            events.set_join_url(event.id, join_url, by=order.by, now=now)
        return Unchanged(format=event.format, version=event.format_version)
    if refusal := proposals.refusal(event, targets, join_url, now, trigger=order.trigger, reason=order.reason):
        return SwitchRefused(code=refusal)
    if event.lifecycle is EventStatus.DRAFT:
        return _choose(event, targets, join_url, order, now)
    if without_seat := event_changes.without_seat(event, event_rules.with_formats(event, targets)):
        return SwitchRefused(code="too_many_for_room", number=without_seat)
    return apply(event, targets, join_url, order, now)


def _is_so_already(event: EventFacts, targets: Mapping[int, Format]) -> bool:
    return bool(targets) and not switch_rules.changed_by(event, targets)


def _choose(
    event: EventFacts, targets: Mapping[int, Format], join_url: str | None, order: Order, now: datetime
) -> Switched:
    """Nobody has seen a draft yet, so nobody is told and no version counts."""
    if join_url:
        events.set_join_url(event.id, join_url, by=order.by, now=now)
    chosen = events.set_draft_formats(event.id, targets, by=order.by, now=now)
    return Switched(version=chosen.format_version, effects={})


def apply(
    event: EventFacts, targets: Mapping[int, Format], join_url: str | None, order: Order, now: datetime
) -> Switched:
    """Do it and write down what follows. Part of the caller's transaction, which locked the event and checked."""
    changed = switch_rules.changed_by(event, targets)
    after = events.set_session_formats(event.id, targets, join_url or None, now=now)
    eaten_before = meals.eaten(event)
    coming_back.end_holds(event.id)
    moved = event_changes.reassign_attendance(after)
    if order.seated:
        moved += event_changes.seat_on_site(event.id, order.seated.on_site)
    people = registrations.of_event(event.id, _concerned(event, now))
    concerned = concerned_by(event, after, people) | set(moved)
    event_changes.advance_calendars(event.id, only=concerned)
    event_changes.replan(event.id, only=concerned)
    asked_first = (
        {person.id for person in coming_back.ask_first(after, now)} if switch_rules.brings_back(event, after) else set()
    )
    placed = {person.id for person in waiting_list.confirm_everyone_who_said_so(after, now)}
    offered = {person.id for person in waiting_list.promote(after, now)} | asked_first
    if order.seated:
        coming_back.line_up(event.id, order.seated.without, now)
    help_again = help_requests.open_again(after, concerned, by=order.by, now=now)
    needing = concerned_by(event, after, access_needs.stated_for(after))
    access_again = access_needs.ask_again(after, needing, by=order.by, now=now)
    unsent = _withdraw(event.id, concerned)
    people = registrations.of_event(event.id, _concerned(event, now))
    told = announce(
        "decision",
        (person for person in people if person.id in (concerned | unsent.keys()) - offered - placed),
        occurrence=f"v{after.format_version}",
        payload_for=lambda person: (
            _payload(event, after, parts_of(after, person), order, unsent.get(person.id, {})) | _settled(order, person)
        ),
        due_at=order.mails_at,
        priority=Priority.SWITCH,
        now=now,
    )
    _ask_to_confirm(after, people, order, now)
    _ask_again_later(after, [person for person in told.mailed if person.id in moved], order, now)
    fewer, more = meals.changed(eaten_before, meals.eaten(after))
    consequences = Consequences(
        told=told,
        people=people,
        concerned=concerned,
        offered=offered,
        asked_first=asked_first,
        placed=placed,
        moved=moved,
        reminds=not event_rules.has_started(after, now),
        help_again=help_again,
        access_again=access_again,
        meals_cancelled=fewer,
        meals_added=more,
    )
    speakers_told = speakers.tell(
        after, f"v{after.format_version}", _payload(event, after, after.parts, order, {}), now=now
    )
    counts = consequences.counts() | speakers_told
    row = _record(event, after, changed, order, counts, now)
    effects.keep(row.id, consequences)
    audit.record(
        "format.switched",
        f"event:{event.id}",
        actor=order.by,
        now=now,
        version=after.format_version,
        trigger=order.trigger.value,
        authorised_by=order.authorised_by,
        **{"from": event.format.value, "to": after.format.value},
        **({"seating": order.seated.kept()} if order.seated else {}),
    )
    return Switched(version=after.format_version, effects=counts)


def _concerned(event: EventFacts, now: datetime) -> tuple[RegistrationState, ...]:
    """Who may be told of a switch: once the event runs, nobody waits for a place any more."""
    return (RegistrationState.CONFIRMED,) if event_rules.has_started(event, now) else INVOLVED


def _ask_again_later(after: EventFacts, moved: list[RegistrationFacts], order: Order, now: datetime) -> None:
    """Who now takes part digitally and does not say how that suits them is asked a second time."""
    at = switch_rules.asks_again_at(after, order.mails_at)
    if at is None:
        return
    outbox.enqueue(
        *(
            entries.message(
                person,
                "decision_again",
                f"v{after.format_version}",
                at,
                payload={"version": after.format_version},
            )
            for person in moved
            if person.state is RegistrationState.CONFIRMED and person.attendance is Attendance.DIGITAL
        ),
        now=now,
    )


def _ask_to_confirm(after: EventFacts, people: list[RegistrationFacts], order: Order, now: datetime) -> None:
    """Who comes back to few places has to say so, and hears of it again before the time is over."""
    if order.seated is None or order.confirm_by is None:
        return
    coming = [person for person in people if person.id in order.seated.on_site]
    questions.ask(after.id, Question.KEEP_PLACE, coming, now=now, answer_by=order.confirm_by)
    at = switching_back.reminds_at(after, order.confirm_by)
    if at is not None:
        occurrence, payload = f"v{after.format_version}", {"version": after.format_version}
        again = (
            entries.message(person, "keep_place", occurrence, at, payload=payload) for person in coming if person.email
        )
        outbox.enqueue(*again, now=now)


def _withdraw(event_id: int, concerned: Collection[int]) -> dict[int, dict[str, Any]]:
    """Take back what did not leave yet; what it would have said, by person and kind.

    A decision that a relay perhaps has is not tried again once there is a newer one: whom that does not concern would
    hear of none, so they count as untold.
    """
    kinds = ("decision", "changed")
    unsent: dict[int, dict[str, Any]] = {}
    in_doubt = [
        each for each in outbox.in_doubt_for_event(event_id, "decision") if each.registration_id not in concerned
    ]
    for message in [*outbox.unsent_for_event(event_id, kinds), *in_doubt]:
        if message.registration_id is None:
            continue
        untold = unsent.setdefault(message.registration_id, {})
        if message.payload.get("outcome") == "switched":
            untold["decision"] = message.payload
        if "before" in message.payload:
            # A decision that took a change of time along passes it on; the oldest tells what the person knows.
            untold.setdefault("changed", message.payload)
    outbox.skip_for_event(event_id, "a newer switch replaced it", kinds=(*kinds, *ASKING))
    return unsent


def _payload(
    before: EventFacts, after: EventFacts, own: Sequence[SessionFacts], order: Order, unsent: dict[str, Any]
) -> dict[str, Any]:
    """What the mail says to somebody with these sessions; a time that they were not told of yet comes along."""
    change = what_changes(before, after, own, unsent.get("decision", {}))
    payload = change | {"reason": order.reason, "version": after.format_version}
    if "changed" in unsent:
        payload["before"] = unsent["changed"]["before"]
    return payload


def _settled(order: Order, person: RegistrationFacts) -> dict[str, str]:
    """How it was settled that this person comes or stays digital, where places are few."""
    told = order.seated.told(person.id) if order.seated else ""
    return {"seating": told} if told else {}


def _record(
    before: EventFacts,
    after: EventFacts,
    changed: Mapping[int, Format],
    order: Order,
    effects: dict[str, int],
    now: datetime,
) -> SwitchRow:
    proposal = order.proposal
    row = SwitchRow(
        event_id=before.id,
        version=after.format_version,
        from_format=before.format,
        to_format=after.format,
        session_ids=list(changed),
        trigger=order.trigger,
        reading=_reading_used(proposal) if proposal else None,
        rule_text=proposal.rule_text if proposal else "",
        proposed_at=proposal.proposed_at if proposal else None,
        decided_by=order.by,
        authorised_by=order.authorised_by,
        decided_at=now,
        reason=order.reason,
        supersedes=store.last_switch_id(before.id),
        effects=effects,
        seating=order.seated.kept() if order.seated else None,
        goes_back=switching_back.goes_back(before, changed, store.switches(before.id)),
    )
    session().add(row)
    session().flush()
    return row


def _reading_used(proposal: ProposalFacts) -> dict[str, Any] | None:
    if proposal.reading is None:
        return None
    compared = _as_json(proposal.compared) if proposal.compared else None
    return _as_json(proposal.reading) | {"compared": compared}


def _as_json(reading: Reading) -> dict[str, Any]:
    known = {
        "feed": reading.source,
        "value": reading.value,
        "as_of": reading.as_of.isoformat(),
        "fetched_at": reading.fetched_at.isoformat(),
        "raw_sha256": reading.raw_sha256,
    }
    return known | ({"about": reading.about} if reading.about else {})
