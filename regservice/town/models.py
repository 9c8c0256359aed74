"""The one row that says whose service this is."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from regservice.db import Base


class Town(Base):
    """Name, look and legal texts of the town."""

    __tablename__ = "town"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sender_name: Mapped[str]
    # Read only where it is served: every page asks for the rest of the row.
    logo: Mapped[bytes | None] = mapped_column(deferred=True)
    logo_type: Mapped[str]
    colour: Mapped[str]
    imprint: Mapped[str]
    privacy: Mapped[str]
    accessibility: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[datetime]
