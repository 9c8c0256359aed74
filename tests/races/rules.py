"""Several who save the rule of an event, and its decision meanwhile: one wins, and the others hear it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.db import db
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.types import Decision, FormatRule
from regservice.outbox import service as outbox
from tests.factories import confirm, make_event
from tests.races import history, journal
from tests.races.crowd import Crowd, Desk
from tests.races.journal import Asked, Journal
from tests.races.people import asked
from tests.races.seats import BEGIN, Found
from tests.races.switches import NOON, ROOM, RULE, VETO


def ruled() -> EventFacts:
    """An event with one person, its rule, and the value that meets it."""
    accounts.add_organiser("office@example.org", "Office", by="test", now=BEGIN)  # Taken after the first race.
    owner: OrganiserFacts = accounts.organisers()[0]
    event = make_event(BEGIN, capacity=5, join_url=ROOM)
    confirm(event, "Ada", BEGIN)
    assert isinstance(formats.save_rule(event.id, RULE, by=f"organiser:{owner.id}", now=BEGIN), FormatRule)
    formats.add_reading(event.id, 340, NOON - VETO, by="test", now=NOON)
    return events.get(event.id)


def several_save(crowd: Crowd) -> Found:
    """Everybody saves another rule on the page as all of them saw it: one is kept, the others hear of it."""
    event = ruled()
    crowd.clock.set(BEGIN, timedelta(seconds=1))
    lines = _all_at_once(crowd, event, ["save"] * crowd.size)
    answers, kept = _answers(lines), formats.find_rule(event.id)
    winners = [line.number for line in lines if line.answer == "FormatRule"]
    wrong = []
    if answers != {"save FormatRule": 1, "save RuleRefused": crowd.size - 1}:
        wrong.append(f"{answers}")
    if kept is None or [kept.over] != [300 + number for number in winners if number is not None] or kept.version != 2:
        wrong.append(f"{winners} won, kept is {kept}")
    saved = [deed.actor for deed in history.of_event(event.id, None).deeds if deed.verb == "format.rule_saved"]
    if saved[1:] != [f"organiser:{number}" for number in winners]:
        wrong.append(f"{winners} won, the trail names {saved[1:]}")
    return Found(wrong=wrong, answers=answers)


def saved_while_read(crowd: Crowd) -> Found:
    """The rule's moment comes while others save a later one: it is read, or replaced before, and never both."""
    event = ruled()
    crowd.clock.set(NOON, timedelta(seconds=1))
    lines = _all_at_once(crowd, event, ["read", "save"] * (crowd.size // 2))
    answers = _answers(lines)
    proposals = [(proposal.rule_version, proposal.state.value) for proposal in formats.proposals_of(event.id)]
    saves = answers["save FormatRule"]
    wrong = _mails(event, proposals=len(proposals), decisions=0)
    if (saves, proposals) not in [(0, [(1, "open")]), (1, [])]:
        wrong.append(f"{saves} rules saved, {proposals}")
    return Found(wrong=wrong, answers=answers)


def saved_while_decided(crowd: Crowd) -> Found:
    """The hour of the proposal ends while organisers answer it and others save a new rule: one of them wins."""
    event = ruled()
    assert formats.decide_due(NOON) == 1
    event = events.get(event.id)
    crowd.clock.set(NOON + VETO, timedelta(seconds=1))
    lines = _all_at_once(crowd, event, ["read", "save", "answer", "save"] * (crowd.size // 4))
    answers, [proposal] = _answers(lines), formats.proposals_of(event.id)
    decided = [line for line in lines if line.answer in {"Switched", "Stayed"}]
    saved = [line for line in lines if line.answer == "FormatRule"]
    winner = next((f"organiser:{line.number}" for line in (*decided, *saved)), "service")
    ended = ("void", "rule_changed", winner) if saved else ("decided", "", winner)
    wrong = _mails(event, proposals=1, decisions=0 if saved else 1)
    if len(decided) + len(saved) > 1 or (proposal.state.value, proposal.why, proposal.decided_by) != ended:
        wrong.append(f"{decided} and {saved} won, the proposal says {proposal}")
    return Found(wrong=wrong, answers=answers)


def _all_at_once(crowd: Crowd, event: EventFacts, acts: list[str]) -> list[Asked]:
    journal.begin_anew(crowd.folder)
    db.session.remove()
    crowd.run(_act, [(event.id, event.version, act) for act in acts])
    db.session.rollback()
    return list(journal.read(crowd.folder))


def _act(desk: Desk, event_id: int, seen: int, act: str) -> None:
    by, rule = f"organiser:{desk.number}", replace(_later(desk), over=300 + desk.number)
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: formats.decide_due(desk.clock()),
        "save": lambda: formats.save_rule(event_id, rule, by=by, now=desk.clock(), expected_version=seen),
        "answer": lambda: formats.decide(event_id, Decision.STAY, reason="", by=by, now=desk.clock()),
    }
    with Journal(desk.folder, desk.number) as lines:
        asked(lines, act, calls[act], number=desk.number)


def _later(desk: Desk) -> FormatRule:
    """A rule whose moment is still to come."""
    return replace(RULE, decision_at=desk.clock.shows() + timedelta(hours=8))


def _answers(lines: list[Asked]) -> Counter[str]:
    return Counter(f"{line.act} {line.answer}" for line in lines)


def _mails(event: EventFacts, *, proposals: int, decisions: int) -> list[str]:
    found = Counter(message.kind for message in outbox.ledger(event.id) if message.kind in {"proposal", "decision"})
    wanted = +Counter({"proposal": proposals, "decision": decisions})
    return [] if found == wanted else [f"{found} instead of {wanted}"]
