"""What each process was told: one line of JSON a request with its answer, appended and flushed at once."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request and what came back: the name of the answer, or `failed: …`; `done` when it changed something."""

    act: str
    answer: str
    done: bool = True
    registration: int | None = None
    email: str = ""
    number: int | None = None
    # The version that an edit made, which orders edits of several organisers.
    version: int | None = None
    ms: float = 0.0


class Journal:
    """The journal of one process."""

    def __init__(self, folder: Path, number: int) -> None:
        self._file: TextIOWrapper = (folder / f"journal-{number}.jsonl").open("a", encoding="utf-8")

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, asked: Asked) -> None:
        """Append one line; it is on its way to the disk before the next request."""
        self._file.write(json.dumps(asdict(asked)) + "\n")
        self._file.flush()


def read(folder: Path) -> Iterator[Asked]:
    """All lines of all processes of this folder."""
    for path in sorted(folder.glob("journal-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            found: dict[str, Any] = json.loads(line)
            yield Asked(**found)


def begin_anew(folder: Path) -> None:
    """Remove the journals of the race before."""
    for path in folder.glob("journal-*.jsonl"):
        path.unlink()
