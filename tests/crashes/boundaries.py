"""Ending a process at the n-th boundary with the outside; set up in a child process, never in the service.

Boundaries are: before and after each commit, before SQLite's file and log are wiped, each step of the talk with the
relay (a command, the message or the final dot written; each answer read), and, where asked for, each statement.
"""

import os
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from regservice.adapters.smtp import RecordingSMTP
from regservice.db import db

STATUS_OF_KILL = 137
BEFORE_COMMIT, AFTER_COMMIT = "before commit", "after commit"
DOT_WRITTEN, DOT_ANSWERED = "dot written", "dot answered"
STATEMENT = "statement"
WIPING = {"VACUUM": "before the file is written anew", "PRAGMA wal_checkpoint(TRUNCATE)": "before the log is emptied"}


class Boundaries:
    """Counts what is passed, writes it down outside of this process' memory, and ends the process at one of them."""

    def __init__(self, journal: int, *, end_at: int | None) -> None:
        self._journal = journal
        self._end_at = end_at
        self._passed = 0

    def passed(self, name: str) -> None:
        """One more; does not return from the one to end at."""
        os.write(self._journal, f"{name}\n".encode())
        self._passed += 1
        if self._passed == self._end_at:
            os._exit(STATUS_OF_KILL)

    def watch_commits(self) -> None:
        """The engine says it before the driver commits, the session afterwards."""
        event.listen(db.engine, "commit", lambda connection: self.passed(BEFORE_COMMIT))
        event.listen(Session, "after_commit", lambda session: self.passed(AFTER_COMMIT))
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", self._watch_wiping)

    def _watch_wiping(self, connection: Any, _record: Any) -> None:
        def traced(statement: str) -> None:
            if statement in WIPING:
                self.passed(WIPING[statement])

        connection.set_trace_callback(traced)

    def watch_statements(self) -> None:
        """Inside of a transaction, too."""
        event.listen(db.engine, "after_cursor_execute", lambda *args: self.passed(STATEMENT))

    def watch_mail(self) -> None:
        """Every write to the relay and every answer of it."""
        send, get_reply = RecordingSMTP.send, RecordingSMTP.getreply
        last = "connection"

        def watched_send(client: RecordingSMTP, content: Any) -> None:
            nonlocal last
            send(client, content)
            last = _name_of(content)
            self.passed(f"{last} written")

        def watched_get_reply(client: RecordingSMTP) -> tuple[int, bytes]:
            nonlocal last
            answer = get_reply(client)
            self.passed(f"{last} answered")
            # The next connection begins with a greeting again.
            last = "connection" if last == "QUIT" else last
            return answer

        RecordingSMTP.send = watched_send  # type: ignore[method-assign,assignment]
        RecordingSMTP.getreply = watched_get_reply  # type: ignore[method-assign,assignment]


def _name_of(content: Any) -> str:
    if isinstance(content, str):
        return content.split()[0].upper()
    return "dot" if content == b".\r\n" else "message"


def in_flight(names: list[str], number: int) -> bool:
    """Whether a message is marked as being sent at this boundary (counted from 1), and its outcome is not yet."""
    name = names[number - 1]
    if name == BEFORE_COMMIT:
        return names[number - 2 : number - 1] == [DOT_ANSWERED]
    if name == AFTER_COMMIT:
        return _of_mail(names[number : number + 1])
    return _of_mail([name])


def _of_mail(names: list[str]) -> bool:
    return any(name.endswith((" written", " answered")) and not name.startswith("QUIT") for name in names)


def past_the_dot(names: list[str], number: int) -> bool:
    """Whether the relay has the message at this boundary (counted from 1), and the database does not know it yet."""
    dotted = (DOT_WRITTEN, DOT_ANSWERED)
    return in_flight(names, number) and (names[number - 1] in dotted or names[number - 1] == BEFORE_COMMIT)
