"""When each worker was last heard from."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from regservice.db import Base


class Heartbeat(Base):
    """One worker process."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(primary_key=True)
    heard_at: Mapped[datetime]
