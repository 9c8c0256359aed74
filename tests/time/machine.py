"""`python -m tests.time.machine FOLDER DATABASE TIME …`: ticks at these times, then everything that was said, as JSON.

A process of its own, so that it runs on a machine of whatever zone its environment says.
"""

import json
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from regservice.app import create_app
from regservice.db import db
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from tests.cli.running import call, environment
from tests.databases import settings_for
from tests.faulty_relay import FaultyRelay
from tests.journeys.town import Town


def run(folder: Path, database_url: str, times: list[str]) -> dict[str, Any]:
    """The ledger and the letters after the ticks."""
    with FaultyRelay() as relay:
        environ = environment(
            folder,
            database_url,
            REGSERVICE_REHEARSAL="1",
            REGSERVICE_BASE_URL="http://events.example.org",
            REGSERVICE_MAIL_SERVER="127.0.0.1",
            REGSERVICE_MAIL_PORT=str(relay.port),
            REGSERVICE_MAIL_DEFAULT_SENDER="events@example.org",
        )
        ticks = [call(environ, "tick", "--at", time) for time in times]
        mails = Town(None, None, relay).mails()  # type: ignore[arg-type] # Only the relay is asked.
    counts = [json.loads(tick.stdout) if tick.returncode == 0 else tick.stderr for tick in ticks]
    with create_app(settings_for(folder, database_url)).app_context():
        ledger = [_entry(message) for message in outbox.ledger(1, limit=1000)]
        db.engine.dispose()
    return {"ticks": counts, "ledger": ledger, "letters": [_letter(mail) for mail in mails]}


def _entry(message: MessageFacts) -> list[str]:
    times = [at.isoformat() if at else "" for at in (message.due_at, message.next_attempt_at, message.sent_at)]
    return [message.kind, message.recipient, message.state.value, message.reason, *times]


def _letter(mail: EmailMessage) -> list[str]:
    """Everything but the Message-ID and the boundaries, which are random."""
    parts = [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
    return [str(mail["To"]), str(mail["Subject"]), str(mail["Date"]), *parts]


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]), ensure_ascii=False))  # noqa: T201 - its answer.
