"""Who comes back on site when there are fewer places than people: the later ones draw, and anybody can repeat it.

Each person's lot is made of the seed and their number alone. So a draw shown and a draw carried out are the same, who
leaves in between changes nobody else's lot, and with the seed that is kept everybody can do it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Who comes, and who drew at all, in the order of their lots; ids of registrations.

    Who drew and does not come stays digital.
    """

    on_site: frozenset[int]
    drew: tuple[int, ...]
    # Whether those who were there earlier are alone too many: nobody else comes then.
    earlier_drew: bool = False

    @property
    def without(self) -> tuple[int, ...]:
        """Who drew no place on site."""
        return tuple(person for person in self.drew if person not in self.on_site)


def lot(seed: str, registration_id: int) -> str:
    """The lot of one person; the lowest come first."""
    return sha256(f"{seed}:{registration_id}".encode()).hexdigest()


def draw(earlier: Sequence[int], later: Sequence[int], seats: int, seed: str) -> Drawn:
    """Who was confirmed earlier comes; the later ones draw for the rest. Too few even for the earlier: those draw."""
    if len(earlier) > seats:
        drew = (*_by_lot(earlier, seed), *_by_lot(later, seed))
        return Drawn(on_site=_first(earlier, seats, seed), drew=drew, earlier_drew=True)
    return Drawn(
        on_site=frozenset(earlier) | _first(later, seats - len(earlier), seed), drew=tuple(_by_lot(later, seed))
    )


def seats_to_fill(seats: int, earlier: int, left: int) -> int:
    """How many seats are filled at once: those of who left because of the format are kept for them.

    They come after who was there earlier and stayed, and before everybody who came later (they are asked first).
    """
    return max(seats - left, min(seats, earlier))


def _first(people: Sequence[int], seats: int, seed: str) -> frozenset[int]:
    return frozenset(_by_lot(people, seed)[:seats])


def _by_lot(people: Sequence[int], seed: str) -> list[int]:
    return sorted(people, key=lambda person: lot(seed, person))
