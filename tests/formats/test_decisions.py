"""From readings to one decision that everyone hears: Gütersloh's clause with rising and with falling numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.changes import service as changes
from regservice.config import current_settings
from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import decisions, service, store
from regservice.formats.types import (
    Decision,
    FormatRule,
    LinkedProposal,
    NoProposal,
    Outcome,
    ProposalFacts,
    ProposalState,
    PutOff,
    Reading,
    ReadingRefused,
    RuleKind,
    RuleMode,
    RuleRefused,
    Stayed,
    Switched,
    SwitchRefused,
    Trigger,
    WatchState,
)
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from regservice.registrations.links import derive_token
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event

# The event is on Friday 20 November 2026, 16:00; it is decided on the Monday before at noon, in Berlin.
NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
RULE = FormatRule(kind=RuleKind.LEVEL_AND_TREND, over=300, rise_pct=10, decision_at=NOON)
AUTOMATIC = replace(RULE, mode=RuleMode.AUTOMATIC)
ROOM = "https://room.example.org/dialogue"


def announced(clock: Clock, rule: FormatRule = RULE, **more: object) -> tuple[EventFacts, OrganiserFacts]:
    """An event with two people, its organiser and its rule."""
    organiser = accounts.add_organiser("office@example.org", "Olga Office", by="test", now=clock())
    assert isinstance(organiser, OrganiserFacts)
    event = make_event(clock(), **({"join_url": ROOM, "capacity": 5} | more))  # type: ignore[arg-type]
    confirm(event, "Ada", clock())
    confirm(event, "Ben", clock())
    saved = service.save_rule(event.id, rule, by=f"organiser:{organiser.id}", now=clock())
    assert isinstance(saved, FormatRule), saved
    return event, organiser


def read(event: EventFacts, clock: Clock, *values: float) -> None:
    """One reading a week, the last one on the morning of the decision."""
    for weeks, value in enumerate(reversed(values)):
        as_of = NOON - timedelta(hours=3) - weeks * timedelta(days=7)
        clock.set(max(clock(), as_of))
        assert isinstance(service.add_reading(event.id, value, as_of, by="test", now=clock()), Reading)


def messages(event: EventFacts, kind: str) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id, limit=1000) if message.kind == kind]


def proposal_of(event: EventFacts) -> ProposalFacts:
    found = service.find_open_proposal(event.id)
    assert found is not None
    return found


def test_rising_readings_one_answer_and_everyone_is_told(each_app: Flask, clock: Clock) -> None:
    event, organiser = announced(clock)
    read(event, clock, 300, 340)
    clock.set(NOON - timedelta(seconds=1))
    assert service.decide_due(clock()) == 0
    clock.set(NOON)
    assert [service.decide_due(clock()), service.decide_due(clock())] == [1, 0]
    proposal = proposal_of(event)
    assert proposal.reading is not None
    assert proposal.compared is not None
    assert (proposal.outcome, proposal.reading.value, proposal.compared.value) == (Outcome.SWITCH, 340, 300)
    [mail] = messages(event, "proposal")
    assert (mail.organiser_id, mail.recipient, mail.due_at) == (organiser.id, "office@example.org", NOON)
    assert mail.payload == {
        "proposal_id": proposal.id,
        "outcome": "switch",
        "why": "",
        "blocked": [],
        "effects": mail.payload["effects"],
    }
    assert messages(event, "decision") == []
    by = f"organiser:{organiser.id}"
    answer = service.decide(event.id, Decision.SWITCH, reason="Rising numbers", by=by, now=clock())
    assert isinstance(answer, Switched)
    assert mail.payload["effects"] == answer.effects
    assert answer.effects["mails"] == 2
    assert events.get(event.id).format is Format.DIGITAL
    assert [message.recipient for message in messages(event, "decision")] == ["ada@example.org", "ben@example.org"]
    [switch] = service.history(event.id)
    assert (switch.trigger, switch.decided_by, switch.rule_text) == (
        Trigger.PROPOSAL,
        by,
        "value >= 300 and +10 % in 7 days",
    )
    assert switch.reading is not None
    assert (switch.reading["value"], switch.reading["feed"], switch.reading["compared"]["value"]) == (340, "hand", 300)
    second = service.decide(event.id, Decision.STAY, reason="", by="organiser:9", now=clock())
    assert isinstance(second, NoProposal)
    assert second.last is not None
    assert (second.last.decided_by, second.last.decision) == (by, Decision.SWITCH)
    assert len(messages(event, "decision")) == 2


def test_a_second_worker_that_saw_the_same_rule_due_reads_it_no_more(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    clock.set(NOON)
    [due] = store.rules_due(clock())
    assert service.decide_due(clock()) == 1
    with transaction():
        assert decisions._read_rule(due, {}, clock()) == 0
    assert len(messages(event, "proposal")) == 1


def test_falling_readings_and_everyone_hears_that_it_stays(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    read(event, clock, 340, 300)
    clock.set(NOON)
    service.decide_due(clock())
    proposal = proposal_of(event)
    assert proposal.outcome is Outcome.STAY
    answer = service.decide(event.id, Decision.STAY, reason="", by="organiser:1", now=clock())
    assert answer == Stayed(effects={"mails": 2, "mails_de": 2, "call_list": 0})
    told = messages(event, "decision")
    assert [(message.occurrence, message.payload["outcome"]) for message in told] == [
        (f"stay-{proposal.id}", "stays"),
        (f"stay-{proposal.id}", "stays"),
    ]
    assert events.get(event.id).format_version == 1
    assert service.decide_due(clock()) == 0


def test_an_automatic_rule_waits_its_hour(each_app: Flask, clock: Clock) -> None:
    event, organiser = announced(clock, AUTOMATIC)
    read(event, clock, 300, 340)
    clock.set(NOON)
    service.decide_due(clock())
    assert proposal_of(event).carries_out_at == NOON + timedelta(minutes=60)
    clock.advance(minutes=60, seconds=-1)
    assert service.decide_due(clock()) == 0
    clock.advance(seconds=1)
    assert service.decide_due(clock()) == 1
    assert events.get(event.id).format is Format.DIGITAL
    [switch] = service.history(event.id)
    assert (switch.trigger, switch.decided_by, switch.authorised_by) == (
        Trigger.AUTOMATIC,
        "service",
        f"organiser:{organiser.id}",
    )
    assert [message.due_at for message in messages(event, "decision")] == [clock(), clock()]
    assert service.decide_due(clock()) == 0


def test_an_automatic_stay_waits_the_same_hour(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock, AUTOMATIC)
    read(event, clock, 340, 300)
    clock.set(NOON)
    service.decide_due(clock())
    assert messages(event, "decision") == []
    clock.advance(minutes=60)
    service.decide_due(clock())
    assert [message.payload["outcome"] for message in messages(event, "decision")] == ["stays", "stays"]
    assert service.find_open_proposal(event.id) is None


@pytest.mark.parametrize(
    ("rule", "values", "subject"),
    [
        (AUTOMATIC, (340, 300), "Es bleibt dabei, wenn Sie nicht widersprechen: Dialogue evening"),
        (AUTOMATIC, (300, 340), "Es wird digital, wenn Sie nicht widersprechen: Dialogue evening"),
        (RULE, (340, 300), "Bitte entscheiden: Dialogue evening"),
    ],
)
def test_the_mail_says_the_rule_and_what_happens_without_an_answer(
    app: Flask, clock: Clock, rule: FormatRule, values: tuple[float, ...], subject: str
) -> None:
    event, _ = announced(clock, rule)
    read(event, clock, *values)
    clock.set(NOON)
    service.decide_due(clock())
    [mail] = messages(event, "proposal")
    letter = notices.compose(mail, clock())
    assert letter.subject == subject
    assert "Die Regel: Der Wert liegt bei 300 oder darüber" in letter.text


def test_in_its_hour_a_person_can_say_otherwise(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock, AUTOMATIC)
    read(event, clock, 300, 340)
    clock.set(NOON)
    service.decide_due(clock())
    assert service.decide(event.id, Decision.LATER, reason="", by="organiser:1", now=clock()) == PutOff()
    clock.advance(hours=2)
    assert service.decide_due(clock()) == 0
    assert events.get(event.id).format is Format.ONSITE
    assert isinstance(service.decide(event.id, Decision.STAY, reason="", by="organiser:1", now=clock()), Stayed)


def test_mails_of_an_automatic_rule_keep_the_night(each_app: Flask, clock: Clock) -> None:
    evening = datetime(2026, 11, 15, 19, 30, tzinfo=UTC)  # 20:30 in Berlin.
    event, _ = announced(clock, replace(AUTOMATIC, kind=RuleKind.LEVEL, decision_at=evening))
    clock.set(evening)
    service.add_reading(event.id, 400, evening, by="test", now=clock())
    service.decide_due(clock())
    clock.advance(hours=1)
    service.decide_due(clock())
    assert events.get(event.id).format is Format.DIGITAL
    assert {message.due_at for message in messages(event, "decision")} == {datetime(2026, 11, 16, 7, tzinfo=UTC)}


@pytest.mark.parametrize("rule", [RULE, AUTOMATIC])
@pytest.mark.parametrize(("age", "why"), [(None, "missing"), (timedelta(hours=48), "stale")])
def test_without_a_fresh_reading_only_the_organiser_hears_of_it(
    each_app: Flask, clock: Clock, rule: FormatRule, age: timedelta | None, why: str
) -> None:
    event, _ = announced(clock, rule)
    clock.set(NOON)
    if age:
        service.add_reading(event.id, 900, NOON - age, by="test", now=clock())
    service.decide_due(clock())
    proposal = proposal_of(event)
    assert (proposal.outcome, proposal.why, proposal.carries_out_at) == (Outcome.UNDECIDED, why, None)
    [mail] = messages(event, "proposal")
    assert (mail.payload["outcome"], mail.payload["why"]) == ("undecided", why)
    clock.advance(hours=2)
    service.decide_due(clock())
    assert messages(event, "decision") == []
    assert isinstance(service.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=clock()), Switched)


def test_without_a_room_an_automatic_switch_becomes_loudly_undecided(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock, AUTOMATIC, join_url="")
    read(event, clock, 300, 340)
    clock.set(NOON)
    service.decide_due(clock())
    [mail] = messages(event, "proposal")
    assert mail.payload["blocked"] == ["no_join_url"]
    clock.advance(hours=1)
    service.decide_due(clock())
    proposal = proposal_of(event)
    assert (proposal.outcome, proposal.why) == (Outcome.UNDECIDED, "no_join_url")
    assert [message.occurrence for message in messages(event, "proposal")][1:] == [f"{proposal.id}-undecided"]
    assert events.get(event.id).format is Format.ONSITE
    assert messages(event, "decision") == []
    refused = service.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=clock())
    assert refused == SwitchRefused(code="no_join_url")
    assert proposal_of(event).id == proposal.id


def test_an_unanswered_proposal_is_mailed_once_more_and_then_called_delayed(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    clock.set(NOON)
    service.decide_due(clock())
    clock.advance(hours=5, seconds=-1)
    assert service.decide_due(clock()) == 0
    clock.advance(seconds=1)
    assert [service.decide_due(clock()), service.decide_due(clock())] == [1, 0]
    proposal = proposal_of(event)
    assert [message.occurrence for message in messages(event, "proposal")] == [
        str(proposal.id),
        f"{proposal.id}-reminder",
    ]
    clock.advance(hours=3, seconds=-1)
    assert not service.decision_is_delayed(event.id, clock())
    clock.advance(seconds=1)
    assert service.decision_is_delayed(event.id, clock())
    assert service.decide_due(clock()) == 0


def test_a_proposal_ends_with_the_event(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    clock.set(NOON)
    service.decide_due(clock())
    proposal = proposal_of(event)
    changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
    found = service.find_proposal(proposal.id)
    assert found is not None
    assert (found.state, found.why) == (ProposalState.VOID, "cancelled")
    assert [message.state for message in messages(event, "proposal")] == ["skipped"]
    answer = service.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=clock())
    assert answer == NoProposal(last=found)


def test_an_unanswered_proposal_is_void_at_the_start(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    clock.set(NOON)
    service.decide_due(clock())
    clock.set(STARTS_AT)
    assert service.decide_due(clock()) == 1
    assert service.find_open_proposal(event.id) is None
    assert service.decide_due(clock()) == 0


def test_a_switch_by_hand_answers_the_proposal(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    clock.set(NOON)
    service.decide_due(clock())
    proposal = proposal_of(event)
    service.switch(event.id, Format.DIGITAL, reason="Test", join_url=None, by="test", now=clock())
    found = service.find_proposal(proposal.id)
    assert found is not None
    assert (found.state, found.why) == (ProposalState.VOID, "switched_by_hand")


def test_what_is_digital_already_is_not_decided_again(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    service.switch(event.id, Format.DIGITAL, reason="Test", join_url=None, by="test", now=clock())
    clock.set(NOON)
    assert [service.decide_due(clock()), service.decide_due(clock())] == [1, 0]
    assert messages(event, "proposal") == []
    # Back on site after the decision time: automation is over.
    service.switch(event.id, Format.ONSITE, reason="Test", join_url=None, by="test", now=clock())
    assert service.decide_due(clock()) == 0
    assert service.find_open_proposal(event.id) is None


def test_the_link_opens_its_proposal_until_the_event_starts(each_app: Flask, clock: Clock) -> None:
    event, organiser = announced(clock)
    clock.set(NOON)
    service.decide_due(clock())
    proposal = proposal_of(event)
    token = derive_token(current_settings().secret_key, proposal.id, organiser.id, purpose="proposal")
    opened = LinkedProposal(proposal=proposal, organiser_id=organiser.id)
    assert service.find_proposal_by_link(token, clock()) == opened
    personal = derive_token(current_settings().secret_key, proposal.id, organiser.id)
    assert service.find_proposal_by_link(personal, clock()) is None
    assert service.find_proposal_by_link("ä" * 43, clock()) is None
    service.decide(event.id, Decision.STAY, reason="", by="organiser:1", now=clock())
    decided = service.find_proposal_by_link(token, clock())
    assert decided is not None
    assert decided.proposal.state is ProposalState.DECIDED
    late = service.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=clock(), proposal_id=proposal.id)
    assert late == NoProposal(last=decided.proposal)
    assert service.find_proposal_by_link(token, STARTS_AT - timedelta(seconds=1)) == decided
    assert service.find_proposal_by_link(token, STARTS_AT) is None


def test_an_old_link_does_not_answer_a_newer_proposal(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    clock.set(NOON)
    service.decide_due(clock())
    old = proposal_of(event)
    later = replace(RULE, decision_at=NOON + timedelta(hours=2))
    assert isinstance(service.save_rule(event.id, later, by="organiser:1", now=clock()), FormatRule)
    assert service.find_open_proposal(event.id) is None
    clock.advance(hours=2)
    assert service.decide_due(clock()) == 1
    answer = service.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=clock(), proposal_id=old.id)
    assert isinstance(answer, NoProposal)
    assert proposal_of(event).id != old.id


def test_the_same_rule_again_changes_nothing_and_a_past_one_is_refused(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    saved = service.find_rule(event.id)
    assert service.save_rule(event.id, RULE, by="organiser:2", now=clock()) == saved
    clock.set(NOON)
    service.decide_due(clock())
    assert service.save_rule(event.id, RULE, by="organiser:2", now=clock()) == saved
    assert service.find_open_proposal(event.id) is not None
    other = replace(RULE, over=200)
    assert service.save_rule(event.id, other, by="test", now=clock()) == RuleRefused(field="decision_at", code="past")
    late = replace(RULE, decision_at=NOON + timedelta(days=1))
    assert service.save_rule(event.id, late, by="test", now=clock()) == RuleRefused(
        field="decision_at", code="after_notice"
    )


def test_a_removed_rule_decides_nothing_and_a_new_one_is_read_again(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    clock.set(NOON)
    service.decide_due(clock())
    service.remove_rule(event.id, by="test", now=clock())
    assert (service.find_rule(event.id), service.find_open_proposal(event.id)) == (None, None)
    assert service.decide_due(clock()) == 0
    service.save_rule(event.id, replace(RULE, decision_at=NOON + timedelta(hours=1)), by="test", now=clock())
    clock.advance(hours=1)
    assert service.decide_due(clock()) == 1


def test_readings_by_hand(each_app: Flask, clock: Clock) -> None:
    event, _ = announced(clock)
    refused = {
        code: service.add_reading(event.id, value, as_of, by="test", now=clock())
        for code, value, as_of in (
            ("not_a_number", float("inf"), clock()),
            ("negative", -0.1, clock()),
            ("future", 1, clock() + timedelta(seconds=1)),
        )
    }
    assert refused == {code: ReadingRefused(code=code) for code in refused}
    assert service.readings(event.id) == []
    assert service.watch_state(event.id, clock()) is WatchState.CALM
    read(event, clock, 300, 330, 370)
    assert [reading.value for reading in service.readings(event.id)] == [300, 330, 370]
    assert service.watch_state(event.id, clock()) is WatchState.TRIGGERED


def test_without_an_owner_everybody_who_organises_is_asked(each_app: Flask, clock: Clock) -> None:
    event, first = announced(clock)
    second = accounts.add_organiser("deputy@example.org", "Dana Deputy", by="test", now=clock())
    assert isinstance(second, OrganiserFacts)
    clock.set(NOON)
    service.decide_due(clock())
    assert sorted(message.organiser_id or 0 for message in messages(event, "proposal")) == [first.id, second.id]


def test_the_owner_alone_is_asked(each_app: Flask, clock: Clock) -> None:
    event, first = announced(clock)
    accounts.add_organiser("deputy@example.org", "Dana Deputy", by="test", now=clock())
    with transaction():
        copied = events.copy(event.id, by="test", now=clock(), owner_id=first.id)
        events.update(copied.id, replace(events.values_of(copied), starts_at=STARTS_AT), by="test", now=clock())
    events.publish(copied.id, by="test", now=clock())
    service.save_rule(copied.id, RULE, by="test", now=clock())
    clock.set(NOON)
    service.decide_due(clock())
    assert [message.organiser_id for message in messages(copied, "proposal")] == [first.id]
