"""Who comes back on site when there are fewer places than people: the later ones draw, and anybody can repeat it.

Each person's lot is made of the seed and their number alone. So a draw shown and a draw carried out are the same, who
leaves in between changes nobody else's lot, and with the seed that is kept everybody can do it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Who comes, and who drew at all; ids of registrations. Who drew and does not come stays digital."""

    on_site: frozenset[int]
    drew: tuple[int, ...]

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
        return Drawn(on_site=_first(earlier, seats, seed), drew=(*earlier, *later))
    return Drawn(on_site=frozenset(earlier) | _first(later, seats - len(earlier), seed), drew=tuple(later))


def _first(people: Sequence[int], seats: int, seed: str) -> frozenset[int]:
    return frozenset(sorted(people, key=lambda person: lot(seed, person))[:seats])
