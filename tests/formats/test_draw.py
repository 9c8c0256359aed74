"""The draw for places on site: earlier people first, the later ones by lot, repeatable, and fair over many seeds."""

from collections import Counter

import pytest

from regservice.formats.draw import draw, lot, seats_to_fill


@pytest.mark.parametrize(
    ("earlier", "later", "seats", "coming", "drawing"),
    [
        ((1, 2), (3, 4), 4, 4, 2),
        ((1, 2), (3, 4), 3, 3, 2),
        ((1, 2), (3, 4), 2, 2, 2),
        ((1, 2), (3, 4), 1, 1, 4),
        ((1, 2), (), 0, 0, 2),
        ((), (1, 2, 3), 1, 1, 3),
        ((), (), 5, 0, 0),
    ],
)
def test_how_many_come_and_who_draws(
    earlier: tuple[int, ...], later: tuple[int, ...], seats: int, coming: int, drawing: int
) -> None:
    found = draw(earlier, later, seats, "seed")
    assert (len(found.on_site), len(found.drew)) == (coming, drawing)
    if len(earlier) <= seats:
        assert set(earlier) <= found.on_site
    assert {*found.on_site, *found.without} == {*earlier, *later}
    assert not found.on_site & set(found.without)


def test_the_same_seed_draws_the_same_whatever_the_order_and_another_draws_anew() -> None:
    people = range(1, 41)
    one = draw((), tuple(people), 10, "seed")
    assert draw((), tuple(reversed(people)), 10, "seed").on_site == one.on_site
    assert draw((), tuple(people), 10, "other").on_site != one.on_site


def test_the_draw_can_be_repeated_by_hand() -> None:
    # printf 'seed:7' | sha256sum
    assert lot("seed", 7) == "0f1c63b88102f461803c0118ee3e89f1b31b928cd4bc21f5f6297cbb1544b76c"


def test_who_leaves_changes_nobody_elses_lot() -> None:
    before = draw((), tuple(range(1, 21)), 5, "seed").on_site
    after = draw((), tuple(range(1, 20)), 5, "seed").on_site
    assert len(before - {20} - after) == 0


def test_everybody_has_the_same_chance() -> None:
    won: Counter[int] = Counter()
    for number in range(2000):
        won.update(draw((), tuple(range(1, 11)), 4, f"seed {number}").on_site)
    # 800 expected each; 22 is one standard deviation.
    assert all(690 < won[person] < 910 for person in range(1, 11)), won


@pytest.mark.parametrize(
    ("seats", "earlier", "left", "expected"),
    [(3, 2, 0, 3), (3, 2, 1, 2), (3, 2, 2, 2), (3, 3, 1, 3), (3, 5, 1, 3), (5, 1, 2, 3), (1, 0, 4, 0)],
)
def test_seats_of_who_left_are_kept_for_them_before_the_later_ones_draw(
    seats: int, earlier: int, left: int, expected: int
) -> None:
    assert seats_to_fill(seats, earlier, left) == expected
