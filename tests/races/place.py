"""Where a race takes place."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database and a folder for journals and logs."""

    database: str
    url: str
    folder: Path
