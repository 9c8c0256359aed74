"""The columns of PostgreSQL's answers, told when somebody reads them.

SQLAlchemy asks for them at each statement and reads them at the first of its kind alone. Of somebody's own page the
driver described forty columns each time, which took longer than the database needed to find the row.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Column


class Columns(Sequence[Column]):
    """As many as the answer has, each described once it is asked for."""

    def __init__(self, cursor: psycopg.Cursor[Any], number: int) -> None:
        self._cursor, self._number = cursor, number

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, index: Any) -> Any:
        return [Column(self._cursor, number) for number in range(self._number)][index]


class Cursor(psycopg.Cursor[Any]):
    """The driver's cursor, which describes no columns that nobody reads."""

    @property
    def description(self) -> Any:
        """The columns, or None where a statement answers with no rows (PEP 249)."""
        found = self.pgresult
        return Columns(self, found.nfields) if found and found.nfields else None
