"""The words of the way back on site: who comes, who stays digital, and what going back would do."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any


class Seating(StrEnum):
    """How it is settled who comes back on site: who said so stays digital; a draw decides about the rest."""

    VOLUNTEERS = "volunteers"
    LOTTERY = "lottery"


@dataclass(frozen=True, kw_only=True)
class WayBack:
    """Until the end of which local day an event can go back on site, or why it cannot."""

    refused: str
    until: date | None


@dataclass(frozen=True, kw_only=True)
class Seated:
    """Who comes back on site and who stays digital, by the ids of registrations; `seed` where a draw decided."""

    how: Seating
    on_site: frozenset[int]
    staying: frozenset[int]
    seats: int | None
    seed: str = ""
    # Who drew, and who of them drew no place on site.
    drew: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    # Whether even those drew who had their place before the event went digital.
    earlier_drew: bool = False

    @property
    def missing(self) -> int:
        """How many people come for whom there is no place."""
        return max(len(self.on_site) - self.seats, 0) if self.seats is not None else 0

    @property
    def mark(self) -> str:
        """Stands for who stays digital, so that nobody carries out another draw than they saw."""
        return sha256(repr((sorted(self.staying), sorted(self.without))).encode()).hexdigest()[:16]

    def told(self, registration_id: int) -> str:
        """What the mail says of it to one person; empty where nothing was settled about them."""
        if registration_id in self.staying:
            return "stays"
        if registration_id in self.without:
            return "drawn_out"
        return "drawn_in" if registration_id in self.drew else ""

    def kept(self) -> dict[str, Any]:
        """What is written down for good, so that it can be done again."""
        return {
            "how": self.how.value,
            "seats": self.seats,
            "seed": self.seed,
            "staying": sorted(self.staying),
            "drew": sorted(self.drew),
            "without": sorted(self.without),
        }


@dataclass(frozen=True, kw_only=True)
class Return:
    """What going back with the places given so would do, or what stands in its way."""

    seated: Seated
    effects: dict[str, int]
    blocked: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How many people were asked by mail, and how many have to be called."""

    mailed: int
    to_call: int
