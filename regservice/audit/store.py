"""Queries of the audit trail's chain of seals."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from regservice.audit.chain import EMPTY
from regservice.audit.models import AuditEntry, AuditHead
from regservice.audit.types import Head, StoredEntry, Unreadable
from regservice.db import is_postgresql, release, session

THE_ROW = 1
PAGE = 1000
_COLUMNS = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor,
    AuditEntry.verb,
    AuditEntry.subject,
    AuditEntry.details,
    AuditEntry.seal,
)


# Nobody asks for the id of the new row.
_ADD = insert(AuditEntry.__table__).inline()  # type: ignore[arg-type]


def add(values: dict[str, Any]) -> None:
    """Write one entry, which waits for its seal. Part of the caller's transaction."""
    session().connection().execute(_ADD, values)


def lock_head() -> Head:
    """The head, which nobody else moves until the caller's transaction ends; made empty the first time."""
    dialect = postgresql if is_postgresql() else sqlite
    empty = {"id": THE_ROW, "sealed": EMPTY.sealed, "last_seal": EMPTY.last_seal, "signature": EMPTY.signature}
    session().execute(dialect.insert(AuditHead).values(empty).on_conflict_do_nothing(index_elements=["id"]))
    return _head(session().execute(_select_head().with_for_update()).one())


def move_head(head: Head) -> None:
    """The chain ends here now. Part of the caller's transaction, which locked the head."""
    values = {"sealed": head.sealed, "last_seal": head.last_seal, "signature": head.signature}
    session().execute(update(AuditHead).where(AuditHead.id == THE_ROW).values(**values))


def find_ends() -> tuple[Head, int | None]:
    """The head, and an entry that has a number which the head does not know of, as they stand at one moment."""
    known = AuditEntry.number.between(1, func.coalesce(AuditHead.sealed, 0))
    beyond = select(func.min(AuditEntry.id)).where(AuditEntry.number.is_not(None), ~known)
    # One statement also where there is no head yet: between two, the first entries could be sealed.
    one = select(literal(1)).subquery()
    query = select(
        AuditHead.sealed, AuditHead.last_seal, AuditHead.signature, beyond.correlate(AuditHead).scalar_subquery()
    ).select_from(one.outerjoin(AuditHead, AuditHead.id == THE_ROW))
    row = session().execute(query).one()
    return (EMPTY if row.sealed is None else _head(row)), row[3]


def _select_head() -> Any:
    return select(AuditHead.sealed, AuditHead.last_seal, AuditHead.signature).where(AuditHead.id == THE_ROW)


def _head(row: Row[Any]) -> Head:
    return Head(sealed=row.sealed, last_seal=row.last_seal, signature=row.signature)


def unsealed(limit: int, *, from_number: int) -> list[StoredEntry]:
    """The oldest entries without a place in the chain, with the numbers that they would get."""
    query = select(*_COLUMNS).where(AuditEntry.number.is_(None)).order_by(AuditEntry.id).limit(limit)
    rows = session().execute(query)
    return [_stored(row, number) for number, row in enumerate(rows, from_number)]


def count_unsealed() -> tuple[int, datetime | None]:
    """How many entries wait for their seal, and since when."""
    number, oldest = (
        session().execute(select(func.count(), func.min(AuditEntry.at)).where(AuditEntry.number.is_(None))).one()
    )
    return number, oldest


def write_seals(sealed: list[dict[str, Any]]) -> None:
    """`id`, `number` and `seal` of entries that were sealed. Part of the caller's transaction."""
    session().execute(update(AuditEntry), sealed)


def in_order(last: int) -> Iterator[StoredEntry | Unreadable]:
    """The sealed entries by number up to `last`, one page in memory at a time, and no transaction open in between."""
    query = select(*_COLUMNS, AuditEntry.number).where(AuditEntry.number <= last).order_by(AuditEntry.number)
    after = 0
    while True:
        page = query.where(AuditEntry.number > after).limit(PAGE)
        try:
            entries: Sequence[StoredEntry | Unreadable] = [_stored(row, row.number) for row in session().execute(page)]
        except (ValueError, TypeError):
            entries = _one_by_one(after)
        release()
        yield from entries
        end = entries[-1] if entries else None
        if not isinstance(end, StoredEntry):
            return
        after = end.number


def _one_by_one(after: int) -> list[StoredEntry | Unreadable]:
    """The entries of a page up to the one that cannot be read, since its columns hold what no program of ours wrote."""
    query = select(AuditEntry.id).where(AuditEntry.number > after).order_by(AuditEntry.number).limit(PAGE)
    entries: list[StoredEntry | Unreadable] = []
    for entry_id in session().scalars(query).all():
        try:
            row = session().execute(select(*_COLUMNS, AuditEntry.number).where(AuditEntry.id == entry_id)).one()
            entries.append(_stored(row, row.number))
        except (ValueError, TypeError):
            return [*entries, Unreadable(id=entry_id)]
    return entries


def _stored(row: Row[Any], number: int) -> StoredEntry:
    return StoredEntry(
        id=row.id,
        number=number,
        at=row.at,
        actor=row.actor,
        verb=row.verb,
        subject=row.subject,
        details=row.details,
        seal=row.seal,
    )


def forget_seals() -> None:
    """No entry is sealed any more. Part of the caller's transaction, which locked the head."""
    session().execute(update(AuditEntry).values(number=None, seal=None).execution_options(synchronize_session=False))
