"""The rows of feeds: one an address that is polled, and how the feed of each event stands."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from regservice.db import Base


class FeedAddressRow(Base):
    """One address, however many events read it; the lease says which worker fetches it at the moment."""

    __tablename__ = "feed_address"

    # SHA-256 of the address, which may be long.
    url_key: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    # SHA-256 of the descriptions that were read with these validators; others need the whole document again.
    described: Mapped[str]
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[datetime | None]


class FeedStateRow(Base):
    """What came of the last try to read the feed of an event, and when its organisers were last told of trouble."""

    __tablename__ = "feed_state"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    # SHA-256 of the description that this is about.
    described: Mapped[str]
    read_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    code: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")
    told_on: Mapped[date | None]
