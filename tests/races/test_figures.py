"""Which figures of the races are broken promises."""

from collections import Counter
from collections.abc import Sequence

import pytest

from regservice.registrations.types import RegistrationState as State
from tests.races.figures import wrong_in_rush
from tests.races.web import Rush

IN_TIME = (1.0,) * 200


@pytest.mark.parametrize(
    ("confirmed", "answered", "waited", "wrong"),
    [
        (50, 200, IN_TIME, []),
        (50, 200, (*IN_TIME[1:], 2.0), []),
        (50, 200, (*IN_TIME[1:], 2.01), ["1 of 200 answers after more than 2 s, the last after 2.01 s"]),
        (50, 200, (2.5,) * 200, ["200 of 200 answers after more than 2 s, the last after 2.50 s"]),
        (51, 200, IN_TIME, ["{<RegistrationState.CONFIRMED: 'confirmed'>: 51"]),
        (50, 199, IN_TIME, ["{<RegistrationState.CONFIRMED: 'confirmed'>: 50"]),
    ],
)
def test_200_people_for_50_places_are_all_answered_in_time(
    confirmed: int, answered: int, waited: Sequence[float], wrong: list[str]
) -> None:
    found = Rush(
        states=Counter({State.CONFIRMED: confirmed, State.WAITLISTED: 200 - confirmed}),
        statuses=Counter({200: answered, 503: 200 - answered}) if answered < 200 else Counter({200: 200}),
        waited=waited,
        server_cpu_s=1.0,
    )
    said = wrong_in_rush(found)
    assert [line[: len(start)] for line, start in zip(said, wrong, strict=True)] == wrong
