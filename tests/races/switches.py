"""A switch to digital while people come and go, and several who decide at once: everyone is told once, rightly."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from regservice.accounts import service as accounts
from regservice.db import db
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import Decision, FormatRule, RuleKind, RuleMode
from regservice.notices.delivery import LetterPost
from regservice.notices.types import Letter
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Sent
from tests.factories import confirm, make_event, register
from tests.races import history, journal, people
from tests.races.crowd import Crowd, Desk
from tests.races.journal import Asked, Journal
from tests.races.people import Script, asked
from tests.races.seats import BEGIN, FAR, NEAR, Found

ROOM = "https://room.example.org/dialogue"
# The rule is read at noon; what it proposes carries itself out an hour later.
NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
RULE = FormatRule(kind=RuleKind.LEVEL, over=300, rise_pct=10, decision_at=NOON, mode=RuleMode.AUTOMATIC)
VETO = timedelta(hours=1)


@dataclass(kw_only=True)
class Told:
    """What reached one person, in order: the kind of mail, and whether it opened the digital room."""

    letters: list[tuple[str, bool]] = field(default_factory=list)


def switch_while_people_move(crowd: Crowd, seed: str) -> Found:
    """One switches, one delivers, half of the others confirm and half cancel, all at the same moment."""
    movers = crowd.size - 2
    event = make_event(BEGIN, capacity=movers, starts_at=BEGIN + FAR, ends_at=BEGIN + FAR + NEAR)
    here = [confirm(event, f"Here {number}", BEGIN, language="en").id for number in range(movers // 2)]
    coming = [register(event, f"Coming {number}", BEGIN, language="en").id for number in range(movers - len(here))]
    crowd.clock.set(BEGIN, timedelta(seconds=1))
    journal.begin_anew(crowd.folder)
    db.session.remove()
    crowd.run(_move, [(Script(seed=seed, event_id=event.id, steps=1, shared=(*here, *coming)),)] * crowd.size)
    lines = list(journal.read(crowd.folder))
    with Journal(crowd.folder, crowd.size) as last:
        deliver(last, crowd.clock)
    letters = [line for line in journal.read(crowd.folder) if line.act == "letter"]
    wrong = [f"{line.act} {line.answer}" for line in lines if line.answer.startswith("failed")]
    wrong += told_wrongly(history.of_event(event.id, None), letters)
    return Found(wrong=wrong, answers=Counter(f"{line.act} {line.answer}" for line in lines))


def _move(desk: Desk, script: Script) -> None:
    with Journal(desk.folder, desk.number) as lines:
        if desk.number == 0:
            press_switch(desk, lines, script.event_id, Format.DIGITAL)
        elif desk.number == 1:
            deliver(lines, desk.clock)
        else:
            who = script.shared[desk.number - 2]
            people.press(desk, lines, "cancel" if desk.number - 2 < len(script.shared) // 2 else "confirm", who)


def press_switch(desk: Desk, lines: Journal, event_id: int, to: Format) -> None:
    """Switch what this process saw as its first version."""
    call = lambda: formats.switch(  # noqa: E731
        event_id, to, reason="", join_url=ROOM, by=f"organiser:{desk.number}", now=desk.clock(), expected_version=1
    )
    asked(lines, "switch", call)


def deliver(lines: Journal, clock: Callable[[], datetime]) -> None:
    """Hand over what is due, and write down who reads what."""

    def hand_over(letter: Letter) -> Sent:
        in_room = "/join" in letter.text
        lines.write(Asked(act="letter", answer=letter.kind, email=letter.recipient.address, number=int(in_room)))
        return Sent()

    asked(lines, "deliver", lambda: sending.deliver(LetterPost(hand_over=hand_over), clock, limit=500))


def told_wrongly(happened: history.History, letters: Sequence[Asked], *, to: Format = Format.DIGITAL) -> list[str]:
    """Who was not told exactly once what the format is now, or was told anything else last. Pure.

    Who had a place before the switch hears of it by `decision`; who got it afterwards by their `confirmed`.
    """
    switched_at = next((n for n, deed in enumerate(happened.deeds) if deed.verb == "format.switched"), None)
    if switched_at is None:
        return ["nobody switched"]
    before = {deed.subject for deed in happened.deeds[:switched_at] if deed.verb == "registration.confirmed"} - {
        deed.subject for deed in happened.deeds[:switched_at] if deed.verb == "registration.cancelled"
    }
    told: dict[str, Told] = {}
    for letter in letters:
        told.setdefault(letter.email, Told()).letters.append((letter.answer, bool(letter.number)))
    wrong = []
    for who, state in happened.states.items():
        read = told.get(happened.emails[who], Told()).letters
        kinds = Counter(kind for kind, _ in read)
        decisions = (0, 1) if state == "cancelled" and who in before else (int(who in before),)
        if kinds["decision"] not in decisions or kinds["confirmed"] > 1:
            wrong.append(f"{who}, {state}, {'before' if who in before else 'after'} the switch, read {read}")
        if state == "confirmed":
            about = [in_room for kind, in_room in read if kind in {"confirmed", "decision"}]
            if not about or about[-1] is not (to is Format.DIGITAL):
                wrong.append(f"{who} comes and does not know that it is {to}: {read}")
    return wrong


def two_switch(crowd: Crowd) -> Found:
    """Everybody switches what they saw on site, to digital or to both: one does, the others hear who was first."""
    event = make_event(BEGIN, capacity=5, starts_at=BEGIN + FAR, ends_at=BEGIN + FAR + NEAR)
    confirm(event, "Ada", BEGIN)
    crowd.clock.set(BEGIN, timedelta(seconds=1))
    lines = _decide(crowd, _switch_by_hand, event)
    answers = Counter(line.answer for line in lines)
    wrong = _told_once(event, "Ada")
    if answers != {"Switched": 1, "SwitchRefused": crowd.size - 1} or len(formats.history(event.id)) != 1:
        wrong.append(f"{answers}, {len(formats.history(event.id))} switches")
    return Found(wrong=wrong, answers=answers)


def _switch_by_hand(desk: Desk, event_id: int) -> None:
    with Journal(desk.folder, desk.number) as lines:
        press_switch(desk, lines, event_id, Format.DIGITAL if desk.number % 2 else Format.HYBRID)


def rule_and_staff(crowd: Crowd) -> Found:
    """The rule's hour ends while organisers answer: one of them decides, and the proposal names who."""
    accounts.add_organiser("office@example.org", "Office", by="test", now=BEGIN)  # Taken after the first race.
    owner = accounts.organisers()[0]
    event = make_event(BEGIN, capacity=5, join_url=ROOM)
    confirm(event, "Ada", BEGIN)
    assert isinstance(formats.save_rule(event.id, RULE, by=f"organiser:{owner.id}", now=BEGIN), FormatRule)
    formats.add_reading(event.id, 340, NOON - VETO, by="test", now=NOON)
    assert formats.decide_due(NOON) == 1
    crowd.clock.set(NOON + VETO, timedelta(seconds=1))
    lines = _decide(crowd, _answer, event)
    [proposal] = formats.proposals_of(event.id)
    answers = Counter(f"{line.act} {line.answer}" for line in lines)
    won = [line for line in lines if line.answer in {"Switched", "Stayed"}]
    wrong = _told_once(event, "Ada")
    winner = won[0].email if won else "service"
    if len(won) > 1 or (proposal.state.value, proposal.decided_by) != ("decided", winner):
        wrong.append(f"{[line.email for line in won]} won, the proposal says {proposal.decided_by}")
    if len(formats.history(event.id)) > 1:
        wrong.append(f"{len(formats.history(event.id))} switches")
    return Found(wrong=wrong, answers=answers)


def _answer(desk: Desk, event_id: int) -> None:
    with Journal(desk.folder, desk.number) as lines:
        if desk.number % 4 == 0:
            asked(lines, "rule", lambda: formats.decide_due(desk.clock()))
            return
        decision = Decision.SWITCH if desk.number % 2 else Decision.STAY
        by = f"organiser:{desk.number}"
        call = lambda: formats.decide(event_id, decision, reason="", by=by, now=desk.clock())  # noqa: E731
        asked(lines, "answer", call, email=by)


def _decide(crowd: Crowd, act: Callable[..., Any], event: EventFacts) -> list[Asked]:
    journal.begin_anew(crowd.folder)
    db.session.remove()
    crowd.run(act, [(event.id,)] * crowd.size)
    return list(journal.read(crowd.folder))


def _told_once(event: EventFacts, name: str) -> list[str]:
    """One `decision` for whoever has a place."""
    db.session.rollback()
    decisions = [message for message in outbox.ledger(event.id) if message.kind == "decision"]
    return [] if len(decisions) == 1 else [f"{name} is told {len(decisions)} times"]
