"""Planning on both databases, letters to organisers, and how urgent each message is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event as database_events
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.changes import service as changes
from regservice.db import db, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import Decision, FormatRule, RuleKind
from regservice.notices import service, wanted
from regservice.notices.kinds import KINDS
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import NotBefore, Outcome, Sent
from regservice.outbox.types import MessageFacts, Priority
from regservice.registrations import desk
from regservice.registrations import service as registrations
from regservice.registrations.models import RegistrationRow
from tests.conftest import Clock
from tests.factories import ENDS_AT, confirm, kinds_sent_to, make_event, request_for
from tests.formats.test_decisions import NOON


def test_everybody_is_planned_once_in_batches(each_app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    event = make_event(clock(), capacity=None)
    for number in range(5):
        desk.enter(event.id, request_for(f"Person {number}"), by="test", now=clock())
    desk.enter(event.id, replace(request_for("Without Mail"), email=""), by="test", now=clock())
    assert [service.plan_due(clock()), service.plan_due(clock())] == [15, 0]


def test_planning_for_many_lets_others_in_between(app: Flask, clock: Clock) -> None:
    event, planned_after_each = make_event(clock(), capacity=None), []
    with transaction():
        for number in range(120):
            desk.enter(event.id, replace(request_for(f"Person {number}"), email=""), by="test", now=clock())
    is_planned = select(func.count()).where(RegistrationRow.planned_version == event.schedule_version)

    def count_planned(session: Session) -> None:
        planned_after_each.append(session.scalar(is_planned))

    database_events.listen(db.session, "before_commit", count_planned)
    try:
        service.plan_due(clock())
    finally:
        database_events.remove(db.session, "before_commit", count_planned)
    assert planned_after_each == [50, 100, 120]


def test_a_moved_event_is_planned_anew_and_the_old_plan_ends(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    service.plan_due(clock())
    assert event.starts_at is not None
    later = replace(events.values_of(event), starts_at=event.starts_at + timedelta(hours=1))
    with transaction():
        events.lock(event.id)
        events.update(event.id, later, by="test", now=clock())
    assert service.plan_due(clock()) == 3
    plans = [entry for entry in kinds_sent_to(ada) if entry[0] not in {"optin", "optin_again", "confirmed"}]
    assert [state for _, state in plans] == ["skipped"] * 3 + ["waiting"] * 3


def test_a_waiting_person_has_no_reminders(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    confirm(event, "Ada", clock())
    ben = confirm(event, "Ben", clock())
    service.plan_due(clock())
    assert kinds_sent_to(ben)[2:] == [("waitlisted", "waiting")]


class MorningPost:
    """Lets every message wait for a moment, then takes it."""

    def __init__(self, clock: Clock) -> None:
        self.opens_at = clock() + timedelta(hours=8)
        self.sent: list[str] = []

    def still_wanted(self, message: MessageFacts, now: object) -> str | NotBefore | None:
        return NotBefore(at=self.opens_at) if now != self.opens_at else None

    def send(self, message: MessageFacts, now: object) -> Outcome:
        self.sent.append(message.kind)
        return Sent()


def test_a_message_that_must_wait_goes_back_and_leaves_at_its_time(each_app: Flask, clock: Clock) -> None:
    ada = confirm(make_event(clock()), "Ada", clock())
    post = MorningPost(clock)
    sending.deliver(post, clock)
    assert (kinds_sent_to(ada)[-1], post.sent) == (("confirmed", "waiting"), [])
    [waiting] = outbox.ledger_for_registration(ada.id)[2:]
    assert (waiting.next_attempt_at, waiting.attempts) == (post.opens_at, 0)
    clock.set(post.opens_at)
    sending.deliver(post, clock)
    assert (kinds_sent_to(ada)[-1], post.sent) == (("confirmed", "sent"), ["confirmed"])


def propose(event: EventFacts, clock: Clock) -> MessageFacts:
    """Let a rule of the event be read that says switch; the mail about it to the one organiser."""
    office = accounts.add_organiser("office@example.org", "Olga Office", by="test", now=clock())
    assert isinstance(office, OrganiserFacts)
    rule = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON)
    formats.save_rule(event.id, rule, by=f"organiser:{office.id}", now=clock())
    clock.set(NOON)
    formats.add_reading(event.id, 340.5, NOON - timedelta(hours=3), by="test", now=clock())
    formats.decide_due(clock())
    [message] = [entry for entry in outbox.ledger(event.id) if entry.kind == "proposal"]
    return message


@pytest.fixture
def proposed(app: Flask, clock: Clock) -> MessageFacts:
    """The mail about a proposal to switch, and its proposal open."""
    return propose(make_event(clock()), clock)


def test_a_proposal_reaches_the_organiser_with_what_was_read(proposed: MessageFacts, clock: Clock) -> None:
    office = accounts.organisers()[0]
    language = office.language
    made = service.compose(proposed, clock())
    assert (made.recipient.address, made.language, made.invitation, made.reply_to) == (
        "office@example.org",
        language,
        None,
        None,
    )
    link = next(line for line in made.text.splitlines() if "/decide/" in line)
    found = formats.find_proposal_by_link(link.rsplit("/", 1)[1], clock())
    assert found is not None
    assert (found.proposal.id, found.organiser_id) == (proposed.payload["proposal_id"], office.id)
    assert ("340,5" if language == "de" else "340.5") in made.text


def test_a_proposal_says_what_the_switch_would_do(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), join_url="https://room.example.org/dialogue")
    confirm(event, "Ada", clock())
    desk.enter(event.id, replace(request_for("Ben"), email=""), by="test", now=clock())
    made = service.compose(propose(event, clock), clock())
    said = ("1 E-Mail darüber wird verschickt.", "1 Person hat keine E-Mail-Adresse und muss angerufen werden.")
    assert [words for words in said if words not in made.text or words not in made.html] == []


def test_a_settled_proposal_is_not_asked_about(proposed: MessageFacts, clock: Clock) -> None:
    assert service.still_wanted(proposed, clock()) is None
    assert proposed.event_id is not None
    formats.decide(proposed.event_id, Decision.STAY, reason="Calm", by="organiser:1", now=clock())
    assert service.still_wanted(proposed, clock()) == wanted.DECIDED


def test_a_deleted_person_is_not_written_to(app: Flask, clock: Clock) -> None:
    ada = confirm(make_event(clock()), "Ada", clock())
    message = outbox.ledger_for_registration(ada.id)[-1]
    assert service.still_wanted(message, clock()) is None
    gone = replace(message, registration_id=None)
    assert service.still_wanted(gone, clock()) == wanted.ERASED
    with pytest.raises(LookupError):
        service.compose(gone, clock())
    assert registrations.find(ada.id) is not None


def test_each_message_is_as_urgent_as_its_kind(app: Flask, clock: Clock) -> None:
    """Whoever enqueues says how urgent it is; the catalogue says how it must be."""
    event = make_event(clock(), capacity=1, waiting_list=True)
    ada, _ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    service.plan_due(clock())
    formats.switch(
        event.id, Format.DIGITAL, reason="Flu", join_url="https://rooms.example.org/1", by="test", now=clock()
    )
    later = replace(events.values_of(events.get(event.id)), starts_at=ENDS_AT, ends_at=None)
    changes.edit(event.id, later, by="test", now=clock())
    registrations.cancel(ada.id, clock())
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
    made = {message.kind: message.priority for message in outbox.ledger(event.id)}
    assert made == {kind: KINDS[kind].priority for kind in made}
    expected = {"changed", "decision", "postponed", "cancelled_event", "cancelled"}
    assert {kind for kind, priority in made.items() if priority is Priority.SWITCH} == expected
    assert {"optin", "confirmed", "remind_1d"} < set(made)
