"""The audit trail as facts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Who did what to which object and when."""

    at: datetime
    actor: str
    verb: str
    subject: str
    details: dict[str, Any]
