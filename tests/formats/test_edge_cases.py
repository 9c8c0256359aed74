"""What comes between rule, decision and switch: each case by its name, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Flask

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts, Role
from regservice.changes import service as changes
from regservice.events import people
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service
from regservice.formats.types import (
    Decision,
    FormatRule,
    NoProposal,
    Outcome,
    ProposalState,
    RuleKind,
    RuleMode,
    Stage,
    Stayed,
    Switched,
    Trigger,
)
from regservice.notices import service as notices
from regservice.notices.delivery import LetterPost
from regservice.notices.types import Letter
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Sent
from regservice.outbox.types import MessageFacts
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, RegistrationState
from tests.conftest import Clock
from tests.factories import DIALOGUE, STARTS_AT, confirm, kinds_sent_to, make_event, register

NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
LEVEL = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON)
AUTOMATIC = replace(LEVEL, mode=RuleMode.AUTOMATIC)
ROOM = "https://room.example.org/dialogue"


def organisers(clock: Clock, *names: str) -> list[OrganiserFacts]:
    """Accounts by these names; the last one is an administrator, of whom one always stays."""
    found = []
    for name in names:
        role = Role.ADMIN if name == names[-1] else Role.ORGANISER
        made = accounts.add_organiser(f"{name.lower()}@example.org", name, role=role, by="test", now=clock())
        assert isinstance(made, OrganiserFacts)
        found.append(made)
    return found


def owned(clock: Clock, owner: OrganiserFacts, rule: FormatRule = LEVEL) -> EventFacts:
    """A published event of this organiser with its rule."""
    made = events.create(DIALOGUE, by="test", now=clock(), owner_id=owner.id, join_url=ROOM)
    assert isinstance(made, EventFacts)
    published = events.publish(made.id, by="test", now=clock())
    assert isinstance(published, EventFacts)
    assert isinstance(service.save_rule(published.id, rule, by=f"organiser:{owner.id}", now=clock()), FormatRule)
    return published


def messages(event: EventFacts, kind: str) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id, limit=1000) if message.kind == kind]


def switch(event: EventFacts, to: Format, clock: Clock) -> None:
    answer = service.switch(event.id, to, reason="Test", join_url=ROOM, by="test", now=clock())
    assert isinstance(answer, Switched), answer


def deliver(clock: Clock) -> list[Letter]:
    """Send what is due; the letters as they left."""
    left: list[Letter] = []

    def keep(letter: Letter) -> Sent:
        left.append(letter)
        return Sent()

    sending.deliver(LetterPost(hand_over=keep), clock, limit=500)
    return left


def decisions(letters: list[Letter]) -> list[tuple[str, str]]:
    return [(letter.recipient.address, letter.subject) for letter in letters if letter.kind == "decision"]


def test_switch_while_somebody_fills_in_the_form(each_app: Flask, clock: Clock) -> None:
    """The form showed the old place: the confirmation states the new one, and no second mail says it again."""
    event = make_event(clock())
    switch(event, Format.DIGITAL, clock)
    ada = confirm(event, "Ada", clock(), attendance=Attendance.ONSITE)
    assert ada.attendance is Attendance.DIGITAL
    [confirmed] = [letter for letter in deliver(clock) if letter.kind == "confirmed"]
    assert f"Bisher: {event.place}\nJetzt: digital\n" in confirmed.text
    assert messages(event, "decision") == []


def test_a_pending_opt_in_hears_of_the_switch_by_its_confirmation(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    pending = register(event, "Ada", clock())
    switch(event, Format.DIGITAL, clock)
    assert kinds_sent_to(pending) == [("optin", "waiting"), ("optin_again", "waiting")]
    registrations.confirm(pending.id, clock())
    [confirmed] = [letter for letter in deliver(clock) if letter.kind == "confirmed"]
    assert f"Bisher: {event.place}\nJetzt: digital\n" in confirmed.text


def test_an_offer_keeps_its_time_over_a_switch(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    registrations.cancel(ada.id, clock())
    offered = registrations.find(ben.id)
    assert offered is not None
    assert offered.state is RegistrationState.OFFERED
    clock.advance(minutes=30)
    switch(event, Format.HYBRID, clock)
    after = registrations.find(ben.id)
    assert after is not None
    assert (after.state, after.expires_at) == (RegistrationState.OFFERED, offered.expires_at)


def test_who_cancelled_hears_nothing(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    registrations.cancel(ada.id, clock())
    deliver(clock)
    switch(event, Format.DIGITAL, clock)
    assert event.starts_at is not None
    for moment in (event.starts_at - timedelta(days=1), event.starts_at - timedelta(minutes=1)):
        clock.set(moment)
        notices.plan_due(clock())
        assert deliver(clock) == []
    assert {state for _, state in kinds_sent_to(ada)} == {"sent", "skipped"}


def test_two_switches_within_an_hour_leave_one_mail(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    switch(event, Format.DIGITAL, clock)
    clock.advance(minutes=30)
    switch(event, Format.HYBRID, clock)
    told = decisions(deliver(clock))
    assert [address for address, _ in told] == ["ada@example.org"]
    assert [message.state.value for message in messages(event, "decision")] == ["skipped", "sent"]


def test_flapping_readings_make_one_switch_and_one_mail(each_app: Flask, clock: Clock) -> None:
    """The value rises and falls every minute around the decision: it is read once, whatever follows."""
    [owner] = organisers(clock, "Olga")
    event = owned(clock, owner, AUTOMATIC)
    confirm(event, "Ada", clock())
    clock.set(NOON - timedelta(minutes=10))
    for minute in range(90):
        clock.set(NOON + timedelta(minutes=minute - 10))
        service.add_reading(event.id, 200 if minute % 2 else 400, clock(), by="test", now=clock())
        service.decide_due(clock())
    [proposal] = service.proposals_of(event.id)
    assert proposal.reading is not None
    assert (proposal.proposed_at, proposal.reading.as_of, proposal.reading.value) == (NOON, NOON, 400)
    [happened] = service.history(event.id)
    assert (happened.trigger, happened.decided_at) == (Trigger.AUTOMATIC, NOON + timedelta(hours=1))
    assert [address for address, _ in decisions(deliver(clock))] == ["ada@example.org"]


def test_flapping_by_hand_leaves_one_mail_about_what_holds(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), join_url=ROOM)
    confirm(event, "Ada", clock())
    for to in (Format.DIGITAL, Format.ONSITE, Format.DIGITAL):
        switch(event, to, clock)
        clock.advance(minutes=2)
    # What was not sent is taken back at once, not only when its turn to be sent would come.
    assert [message.state.value for message in messages(event, "decision")] == ["skipped", "skipped", "waiting"]
    [(address, subject)] = decisions(deliver(clock))
    assert (address, subject.startswith("Jetzt digital")) == ("ada@example.org", True)
    assert deliver(clock) == []


def test_a_dead_feed_at_the_decision_time_is_told_loudly_and_to_organisers_alone(each_app: Flask, clock: Clock) -> None:
    [owner] = organisers(clock, "Olga")
    event = owned(clock, owner, AUTOMATIC)
    confirm(event, "Ada", clock())
    clock.set(NOON - timedelta(days=3))
    service.add_reading(event.id, 900, clock(), by="test", now=clock())
    clock.set(NOON)
    service.decide_due(clock())
    clock.advance(hours=2)
    service.decide_due(clock())
    proposal = service.find_open_proposal(event.id)
    assert proposal is not None
    assert (proposal.outcome, proposal.why, proposal.carries_out_at) == (Outcome.UNDECIDED, "stale", None)
    letters = {letter.kind: letter for letter in deliver(clock)}
    assert letters["proposal"].recipient.address == owner.email
    assert letters["proposal"].subject.startswith("Keine Entscheidung möglich")
    assert "decision" not in letters
    assert events.get(event.id).format is Format.ONSITE


def test_an_event_postponed_while_a_proposal_is_open(each_app: Flask, clock: Clock) -> None:
    [owner] = organisers(clock, "Olga")
    event = owned(clock, owner)
    clock.set(NOON)
    service.decide_due(clock())
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    [proposal] = service.proposals_of(event.id)
    assert proposal.state is ProposalState.VOID
    assert [message.state.value for message in messages(event, "proposal")] == ["skipped"]
    late = service.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=clock())
    assert isinstance(late, NoProposal)
    clock.advance(hours=6)
    assert service.decide_due(clock()) == 0


def test_a_rule_whose_moment_passed_without_a_date_says_that_it_decides_nothing(each_app: Flask, clock: Clock) -> None:
    """Nobody is promised what no rule will decide any more, until it gets another moment."""
    [owner] = organisers(clock, "Olga")
    event = owned(clock, owner)
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    clock.set(NOON)
    service.decide_due(clock())
    moved = replace(events.values_of(event), starts_at=STARTS_AT + timedelta(days=30), ends_at=None)
    again = changes.take_up_again(event.id, moved, by="test", now=clock())
    assert isinstance(again, EventFacts)
    assert (service.announcement(again, clock()), service.decides_nothing(again, clock())) == (None, "spent")
    clock.advance(days=1)
    assert service.decide_due(clock()) == 0
    later = replace(LEVEL, decision_at=NOON + timedelta(days=30))
    assert isinstance(service.save_rule(event.id, later, by="organiser:1", now=clock()), FormatRule)
    again = events.get(event.id)
    assert (service.announcement(again, clock()) is None, service.decides_nothing(again, clock())) == (False, None)


def test_an_event_moved_before_its_decision_promises_none(each_app: Flask, clock: Clock) -> None:
    [owner] = organisers(clock, "Olga")
    event = owned(clock, owner)
    for start, why in ((NOON + timedelta(minutes=1), None), (NOON, "after_start"), (STARTS_AT, None)):
        values = replace(events.values_of(event), starts_at=start, ends_at=None)
        moved = changes.edit(event.id, values, by="test", now=clock())
        assert isinstance(moved, EventFacts)
        assert service.decides_nothing(moved, clock()) == why
        assert (service.announcement(moved, clock()) is None) == (why is not None)


def test_that_it_stays_ends_with_the_next_switch(each_app: Flask, clock: Clock) -> None:
    [owner] = organisers(clock, "Olga")
    event = owned(clock, owner)
    clock.set(NOON)
    service.decide_due(clock())
    service.decide(event.id, Decision.STAY, reason="", by="organiser:1", now=clock())
    stays = service.announcement(events.get(event.id), clock())
    assert stays is not None
    assert stays.stage is Stage.STAYS
    for format in (Format.HYBRID, Format.DIGITAL, Format.HYBRID, Format.ONSITE):
        clock.advance(minutes=1)
        service.switch(event.id, format, reason="ill", join_url=ROOM, by="organiser:1", now=clock())
        switched = events.get(event.id)
        assert switched.format is format
        assert service.announcement(switched, clock()) is None


def test_a_decision_in_the_night_in_which_the_clocks_are_put_back(each_app: Flask, clock: Clock) -> None:
    """Half past two comes twice on 25 October 2026; the rule is read once, at the instant that was saved."""
    [owner] = organisers(clock, "Olga")
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    rise = FormatRule(
        kind=RuleKind.TREND, rise_pct=10, compare_days=7, decision_at=second, mode=RuleMode.AUTOMATIC, notice_days=4
    )
    event = owned(clock, owner, rise)
    # A week before by the wall clock, in summer time, is an hour more than seven days.
    week_before = datetime(2026, 10, 18, 0, 30, tzinfo=UTC)
    clock.set(week_before)
    service.add_reading(event.id, 100, clock(), by="test", now=clock())
    clock.set(first)
    assert service.decide_due(clock()) == 0
    clock.set(second)
    service.add_reading(event.id, 120, clock(), by="test", now=clock())
    assert [service.decide_due(clock()), service.decide_due(clock())] == [1, 0]
    proposal = service.find_open_proposal(event.id)
    assert proposal is not None
    assert proposal.compared is not None
    assert (proposal.outcome, proposal.compared.as_of, proposal.carries_out_at) == (
        Outcome.SWITCH,
        week_before,
        second + timedelta(hours=1),
    )


def test_owner_and_deputy_are_asked_and_the_first_answer_counts(each_app: Flask, clock: Clock) -> None:
    owner, deputy, _other = organisers(clock, "Olga", "Dora", "Otto")
    event = owned(clock, owner)
    people.set_deputy(event.id, deputy.id, by="test", now=clock())
    clock.set(NOON)
    service.decide_due(clock())
    assert sorted(message.recipient for message in messages(event, "proposal")) == [deputy.email, owner.email]
    answer = service.decide(event.id, Decision.STAY, reason="", by=f"organiser:{deputy.id}", now=clock())
    assert isinstance(answer, Stayed)
    second = service.decide(event.id, Decision.SWITCH, reason="", by=f"organiser:{owner.id}", now=clock())
    assert isinstance(second, NoProposal)
    assert second.last is not None
    assert second.last.decided_by == f"organiser:{deputy.id}"


def test_where_owner_and_deputy_left_everybody_who_organises_is_asked(each_app: Flask, clock: Clock) -> None:
    owner, deputy, other = organisers(clock, "Olga", "Dora", "Otto")
    event = owned(clock, owner)
    people.set_deputy(event.id, deputy.id, by="test", now=clock())
    for gone in (owner, deputy):
        accounts.disable(gone.id, by="test", now=clock())
    clock.set(NOON)
    service.decide_due(clock())
    assert [message.recipient for message in messages(event, "proposal")] == [other.email]


def test_the_second_mail_reaches_who_can_answer_by_then(each_app: Flask, clock: Clock) -> None:
    owner, other = organisers(clock, "Olga", "Otto")
    event = owned(clock, owner)
    clock.set(NOON)
    service.decide_due(clock())
    accounts.disable(owner.id, by="test", now=clock())
    clock.advance(hours=5)
    service.decide_due(clock())
    [_first, second] = messages(event, "proposal")
    assert (second.recipient, second.occurrence.endswith("-reminder")) == (other.email, True)
