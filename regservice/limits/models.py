"""How often something happened, counted in the database so that all processes share the count."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from regservice.db import Base


class LimitCount(Base):
    """One bucket and the window of time that began with its first count."""

    __tablename__ = "limit_count"

    bucket: Mapped[str] = mapped_column(primary_key=True)
    window_ends_at: Mapped[datetime] = mapped_column(index=True)
    count: Mapped[int]
