"""What a switch means for whom: one row a person and effect, how its mails stand, and who has to be called.

How a mail stands is read from the ledger, which knows best; only what staff heard on the telephone is kept here.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import meals
from regservice.formats.models import SwitchEffectRow
from regservice.formats.types import CallAnswer, Meal, SwitchFacts, ToCall
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts, MessageState
from regservice.registrations import call_list
from regservice.registrations import service as registrations
from regservice.registrations.announcing import Announced
from regservice.registrations.types import RegistrationFacts, RegistrationState

ALWAYS_COUNTED = ("mails", "call_list", "calendar_updates", "offers", "attendance_changed", "reminders_replanned")
PERSON = "registration:"


@dataclass(frozen=True, kw_only=True)
class Consequences:
    """Who is concerned by a switch, by their ids, and how they hear of it; `people` stand as they do after it."""

    told: Announced
    people: Collection[RegistrationFacts]
    concerned: Collection[int]
    offered: Collection[int]
    # Those among the offered who had left because of the format.
    asked_first: Collection[int]
    # Who waited and has a place at once, as they wished.
    placed: Collection[int]
    moved: Collection[int]
    # Whether reminders are still to come; once the event runs, none is.
    reminds: bool
    # Whose help must be arranged anew, whose needs to take part must be cleared in the new form,
    help_again: Collection[int]
    access_again: Collection[int]
    # and who loses a meal on site or has one more.
    meals_cancelled: Collection[int]
    meals_added: Collection[int]

    def rows(self) -> list[tuple[int, str]]:
        """One pair a person and effect."""
        new_place = {*self.offered, *self.placed}
        # Who has no address was sent no calendar entry that could change, and gets no reminder.
        confirmed = [
            person.id
            for person in self.people
            if person.state is RegistrationState.CONFIRMED
            and person.email
            and person.id in self.concerned
            and person.id not in self.placed
        ]
        return [
            *((person.id, "mails") for person in self.told.mailed),
            *((person.id, "call_list") for person in self.told.to_call),
            *((person.id, "call_list") for person in self.people if person.id in new_place and not person.email),
            *((person_id, "calendar_updates") for person_id in confirmed),
            *((person_id, "reminders_replanned") for person_id in confirmed if self.reminds),
            *((person_id, "offers") for person_id in sorted({*self.offered} - {*self.asked_first})),
            *((person_id, "asked_first") for person_id in sorted(self.asked_first)),
            *((person_id, "confirmed") for person_id in sorted(self.placed)),
            *((person_id, "attendance_changed") for person_id in self.moved),
            *((person_id, "help_again") for person_id in sorted(self.help_again)),
            *((person_id, "access_again") for person_id in sorted(self.access_again)),
            *((person_id, "meals_cancelled") for person_id in sorted(self.meals_cancelled)),
            *((person_id, "meals_added") for person_id in sorted(self.meals_added)),
        ]

    def counts(self) -> dict[str, int]:
        """How many of each, the mails also by language; what rarely happens is named only when it does."""
        found = Counter(effect for _, effect in self.rows())
        rare = {name: found[name] for name in sorted(found.keys() - set(ALWAYS_COUNTED))}
        return self.told.effects | {name: found[name] for name in ALWAYS_COUNTED} | rare


def keep(switch_id: int, consequences: Consequences) -> None:
    """Write one row a person and effect; the database lets each happen once. Part of the caller's transaction."""
    rows = [
        {"switch_id": switch_id, "subject": f"{PERSON}{person_id}", "effect": effect}
        for person_id, effect in consequences.rows()
    ]
    if rows:
        session().execute(insert(SwitchEffectRow), rows)


def mails_of(event_id: int, switch: SwitchFacts) -> list[MessageFacts]:
    """The mails that told of a switch, as the ledger has them now."""
    return outbox.about(event_id, "decision", f"v{switch.version}")


def people_with(switch: SwitchFacts, effect: str) -> list[RegistrationFacts]:
    """For whom a switch had this effect, without those whose data is deleted."""
    query = select(SwitchEffectRow.subject).where(
        SwitchEffectRow.switch_id == switch.id, SwitchEffectRow.effect == effect
    )
    return registrations.with_ids([int(subject.removeprefix(PERSON)) for subject in session().scalars(query)])


def meals_of(event: EventFacts, switch: SwitchFacts, now: datetime) -> tuple[Meal, ...]:
    """What the caterer must hear because of a switch, in portions."""
    return meals.portions(event, people_with(switch, "meals_cancelled"), now)


def calendar_versions(switch: SwitchFacts) -> tuple[int, int] | None:
    """The lowest and the highest version of the calendar entries that a switch changed, as they are now."""
    versions = [person.calendar_sequence for person in people_with(switch, "calendar_updates")]
    return (min(versions), max(versions)) if versions else None


def calls_of(event_id: int, switch: SwitchFacts) -> list[ToCall]:
    """Who must be called because of a switch, as on the call list, with what they said.

    Who had no address then, and whoever it was mailed to in vain: because no mail reaches them, or because the relay
    refused this one for good.
    """
    rows = {int(row.subject.removeprefix(PERSON)): row for row in _calls(switch)}
    people = [person for person in registrations.with_ids(list(rows)) if person.event_id == event_id]
    in_vain = call_list.unreached(person for person in people if rows[person.id].effect == "mails")
    refused = (mail.registration_id for mail in mails_of(event_id, switch) if mail.state is MessageState.FAILED)
    in_vain |= {registration_id for registration_id in refused if registration_id}
    return [
        ToCall(
            line=call_list.line_of(person),
            answer=CallAnswer(rows[person.id].answer) if rows[person.id].answer else None,
            answered_at=rows[person.id].answered_at,
        )
        for person in call_list.in_order(people)
        if rows[person.id].effect == "call_list" or person.id in in_vain
    ]


def _calls(switch: SwitchFacts) -> list[SwitchEffectRow]:
    """How each person was to hear of a switch: by mail or by a call."""
    query = select(SwitchEffectRow).where(
        SwitchEffectRow.switch_id == switch.id, SwitchEffectRow.effect.in_(("call_list", "mails"))
    )
    return list(session().scalars(query))


def enter_call(
    event_id: int, switch: SwitchFacts, registration_id: int, answer: CallAnswer, *, by: str, now: datetime
) -> bool:
    """Keep what a person said on the telephone. Returns whether they were on the list of this switch."""
    with transaction():
        events.lock(event_id)
        if registration_id not in {call.line.registration_id for call in calls_of(event_id, switch)}:
            return False
        row = next(row for row in _calls(switch) if row.subject == f"{PERSON}{registration_id}")
        row.answer, row.answered_at = answer, now
        audit.record("format.called", f"registration:{registration_id}", actor=by, now=now, answer=answer.value)
        return True
