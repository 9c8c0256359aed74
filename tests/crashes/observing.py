"""What came of the story, in the model's words: read from the database and from the mails that the relay has."""

import re
from collections import Counter
from email import message_from_bytes
from email.policy import default
from typing import Any

from sqlalchemy import text

from regservice.audit import service as audit
from regservice.audit.types import Holds
from regservice.db import session
from regservice.events import service as events
from regservice.registrations import service as registrations
from tests.crashes.expecting import Facts
from tests.crashes.performing import event_named
from tests.crashes.story import PEOPLE, SEATS
from tests.faulty_relay import StoredMail

# The story begins after the preparation, whose entries do not count.
PREPARING = ("event.created", "event.published", "event.sessions_changed", "format.rule_saved")


def observe() -> Facts:
    """The database in words."""
    names = {event_named(name).id: name for name in SEATS}
    who = _people_by_id()
    return {
        "people": _people(who),
        "events": _events(),
        "sessions": Counter(
            f"{names[event]} {part} {format} {room}"
            for event, part, format, room in _rows("SELECT event_id, title, format, join_url FROM event_session")
        ),
        "seats": _seats(),
        "ledger": Counter(
            f"{names[event]} {kind} {recipient.partition('@')[0]} {state}"
            for event, kind, recipient, state in _rows("SELECT event_id, kind, recipient, state FROM message")
        ),
        "audit": Counter(
            f"{verb} {_in_words(subject, names, who)}"
            for verb, subject in _rows("SELECT verb, subject FROM audit_entry")
            if verb not in PREPARING and not verb.startswith("organiser.")
        ),
        "switches": Counter(
            f"{names[event]} v{version} {before} to {after} by {trigger}"
            for event, version, before, after, trigger in _rows(
                "SELECT event_id, version, from_format, to_format, trigger FROM format_switch"
            )
        ),
        "effects": Counter(
            f"{names[event]} v{version} {effect} {_in_words(subject, names, who)}"
            for event, version, effect, subject in _rows(
                "SELECT s.event_id, s.version, e.effect, e.subject FROM switch_effect e"
                " LEFT JOIN format_switch s ON s.id = e.switch_id"
            )
        ),
        "proposals": Counter(state for (state,) in _rows("SELECT state FROM proposal")),
        "counts": +Counter(
            {
                "readings": _count("SELECT count(*) FROM reading"),
                "unsealed": _count("SELECT count(*) FROM audit_entry WHERE seal IS NULL"),
                "broken seals": int(not isinstance(audit.verify(), Holds)),
                "messages of nobody": _count(
                    "SELECT count(*) FROM message m WHERE registration_id IS NOT NULL"
                    " AND NOT EXISTS (SELECT 1 FROM registration r WHERE r.id = m.registration_id)"
                ),
                "leases": _count("SELECT count(*) FROM message WHERE lease_owner IS NOT NULL AND state <> 'skipped'"),
                "uncertain": _count("SELECT count(*) FROM message WHERE uncertain"),
            }
        ),
    }


def _rows(query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session().execute(text(query))]


def _count(query: str) -> int:
    return int(session().execute(text(query)).scalar_one())


def _people_by_id() -> dict[str, str]:
    """Names by the order of the registrations; the trail keeps the ids of those who were deleted."""
    query = "SELECT subject FROM audit_entry WHERE verb = 'registration.created' ORDER BY id"
    return {subject: name for (subject,), name in zip(_rows(query), PEOPLE, strict=False)}


def _in_words(subject: str, names: dict[int, str], who: dict[str, str]) -> str:
    kind, _, identity = subject.partition(":")
    return names[int(identity)] if kind == "event" else who.get(subject, subject)


def _people(who: dict[str, str]) -> Counter[str]:
    query = "SELECT id, name, state, attendance, confirmations, calendar_sequence, planned_version FROM registration"
    return Counter(
        f"{who[f'registration:{identity}']} {state} {attendance} c{confirmations} SEQUENCE {sequence} planned {planned}"
        for identity, _, state, attendance, confirmations, sequence, planned in _rows(query)
    )


def _events() -> Counter[str]:
    erased = {slug for (slug,) in _rows("SELECT slug FROM event WHERE erased_at IS NOT NULL")}
    return Counter(
        f"{name} {event.lifecycle} {event.format} v{event.format_version} schedule {event.schedule_version}"
        f" {event.starts_at:%d %H:%M}{' erased' * (name in erased)}"
        for name in SEATS
        for event in [events.get(event_named(name).id)]
    )


def _seats() -> Counter[str]:
    words = Counter[str]()
    for name in SEATS:
        places = registrations.all_places(event_named(name)).values()
        words[f"{name}: {sum(p.taken for p in places)} taken, {sum(p.waiting for p in places)} waiting"] += 1
    return words


def in_words(mail: StoredMail) -> tuple[str, str]:
    """The Message-ID of a mail, and the mail as the model calls it."""
    message = message_from_bytes(mail.content, policy=default)
    words = f"{message['X-Regservice-Kind']} {mail.recipient.partition('@')[0]}"
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            calendar = str(part.get_content())
            found = [
                re.search(pattern, calendar, re.MULTILINE)
                for pattern in (r"^METHOD:(\w+)", r"^UID:r\d+-(\d+)@", r"^SEQUENCE:(\d+)")
            ]
            method, confirmations, sequence = (match.group(1) if match else "?" for match in found)
            return str(message["Message-ID"]), f"{words} {method} {confirmations} SEQUENCE {sequence}"
    return str(message["Message-ID"]), words
