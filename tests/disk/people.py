"""Many people at once, where only their number matters."""

import sqlite3
from contextlib import closing
from pathlib import Path


def add_people(database: Path, count: int) -> None:
    """Write confirmed people of the first event by SQL, each with the mail that said so."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            """
            WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
            INSERT INTO registration (event_id, state, name, email, email_key, language, attendance, source, code,
                answers, registered_at, confirmed_at, requests, confirmations, calendar_sequence, request_key,
                consent_hash, link_generation, link_key_id, link_hash, planned_version, muted, note)
            SELECT (SELECT min(id) FROM event), 'confirmed', 'Person ' || n, 'p' || n || '@example.org',
                'p' || n || '@example.org', 'de', 'onsite', 'form', printf('Z%05d', n), '{}',
                '2026-10-06 10:00:00.000000', '2026-10-06 10:00:00.000000', 1, 1, 0, '', '', 1, '', 'p' || n, 1,
                '[]', ''
            FROM number""",
            (count,),
        )
        connection.execute(
            """
            INSERT INTO message (dedupe_key, kind, occurrence, event_id, registration_id, recipient, language, payload,
                message_id, state, uncertain, priority, created_at, due_at, next_attempt_at, sent_at, attempts, reason)
            SELECT 'confirmed:r' || id || ':1', 'confirmed', '1', event_id, id, email, 'de', '{}',
                '<' || id || '@example.org>', 'sent', 0, 20, registered_at, registered_at, registered_at,
                registered_at, 1, ''
            FROM registration WHERE code LIKE 'Z%'"""
        )
