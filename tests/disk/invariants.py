"""What holds in every database of the service, whatever happened to its disk; read with SQL alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

# Each finds the rows that break one promise.
PROMISES = {
    "a seat beyond the capacity": """
        SELECT event.id FROM event
        JOIN registration ON registration.event_id = event.id
        WHERE registration.state IN ('confirmed', 'offered') AND registration.attendance = 'onsite'
        GROUP BY event.id, event.capacity HAVING count(*) > event.capacity""",
    "a place without its message": """
        SELECT id FROM registration WHERE state = 'confirmed' AND email <> '' AND NOT EXISTS (
            SELECT 1 FROM message WHERE registration_id = registration.id AND kind = 'confirmed')""",
    "a sign-up without its message": """
        SELECT id FROM registration WHERE state = 'pending' AND NOT EXISTS (
            SELECT 1 FROM message WHERE registration_id = registration.id AND kind = 'optin')""",
    "the same message twice": "SELECT dedupe_key FROM message GROUP BY dedupe_key HAVING count(*) > 1",
    "two active registrations of one address": """
        SELECT email_key FROM registration
        WHERE state IN ('pending', 'confirmed', 'waitlisted', 'offered') AND email_key IS NOT NULL
        GROUP BY event_id, email_key HAVING count(*) > 1""",
}


def broken(database: Path) -> list[str]:
    """The broken promises of an SQLite file, damage to the file included. Opens it as the service would."""
    with closing(sqlite3.connect(database)) as connection:
        return broken_in(connection)


def broken_in(connection: sqlite3.Connection) -> list[str]:
    """The broken promises behind this connection."""
    try:
        integrity = connection.execute("PRAGMA integrity_check").fetchall()
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        found = [name for name, query in PROMISES.items() if connection.execute(query).fetchall()]
    except sqlite3.DatabaseError as error:
        return [f"the file is damaged: {error}"]
    if integrity != [("ok",)]:
        found.append("the file is damaged")
    if orphans:
        found.append("rows without their parent")
    return found
