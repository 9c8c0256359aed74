"""Who was deleted, kept outside of the database: a copy that is brought back still holds them.

A file beside the database with a line for each registration: its number and its code, nothing else. Both must fit, so
that the list of another database does no harm. It is written before the commit that deletes, and never read while the
service runs. With several hosts each keeps its own.

Earlier versions wrote when it was made in the place of the code. That changes when a person asks again; such lines
count where it fits.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regservice.config import current_settings

FILE_NAME = "erased.list"


@dataclass(frozen=True, kw_only=True)
class Erased:
    """A registration that is no more."""

    registration_id: int
    # Its code; in lines of earlier versions the time at which it was made.
    mark: str


def path() -> Path:
    """Where this host keeps its list."""
    return current_settings().instance / FILE_NAME


def remember(erased: Sequence[Erased]) -> None:
    """Write them down for good. Part of the caller's transaction, which deletes them. Raises OSError."""
    if not erased:
        return
    lines = "".join(f"{each.registration_id} {each.mark}\n" for each in erased)
    handle = os.open(path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "ab") as file:
        # On a line of its own, also after one that a full disk cut off.
        file.write(b"\n" + lines.encode())
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Iterator[Erased]:
    """Everybody on a list; lines that were cut off fit nobody, since their transaction was not committed."""
    with path.open(encoding="ascii", errors="replace") as file:
        for line in file:
            number, _, mark = line.strip().partition(" ")
            if number.isdecimal() and mark:
                yield Erased(registration_id=int(number), mark=mark)
