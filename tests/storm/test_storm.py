"""A tenth of the storm, and less of what surrounds it: workers killed, doubled, paused and ended.

`python -m tests.storm` runs the whole.
"""

from collections.abc import Callable

import pytest

from tests.storm.ends import silent_relay, web_ends, worker_ends
from tests.storm.filled import Filled
from tests.storm.kills import storm
from tests.storm.pauses import pauses
from tests.storm.several import several

# Measured on a machine that does nothing else these take half a minute at most.
pytestmark = pytest.mark.timeout(600)


def test_workers_that_are_killed_lose_nothing_and_double_only_what_is_listed(
    fill_sqlite: Callable[[int], Filled],
) -> None:
    result = storm(fill_sqlite(1000), seed=1, kills=10)
    assert (result.tally.mails, result.kills) == (1000, 10), result
    assert result.kept, result


def test_two_workers_send_each_mail_once(fill: Callable[[int], Filled]) -> None:
    result = several(fill(500), count=2, web_processes=0)
    assert result.tally.mails == 500, result
    assert result.kept, result


def test_a_worker_that_was_paused_past_its_lease_is_fenced_off(
    fill_sqlite: Callable[[int], Filled],
) -> None:
    result = pauses(fill_sqlite(240), seed=1, times=5)
    assert result.kept, result


def test_a_worker_that_is_asked_to_end_finishes_the_mail_on_its_way(
    fill_sqlite: Callable[[int], Filled],
) -> None:
    result = worker_ends(fill_sqlite(40), seed=1, times=3)
    assert result.kept, result


def test_a_worker_that_is_asked_to_end_does_not_wait_for_ever_for_a_silent_relay(
    fill_sqlite: Callable[[int], Filled],
) -> None:
    result = silent_relay(fill_sqlite(10))
    assert result.kept, result


def test_a_web_server_that_is_asked_to_end_finishes_the_requests_on_their_way(
    fill_sqlite: Callable[[int], Filled],
) -> None:
    result = web_ends(fill_sqlite(0), seed=1, times=3)
    assert result.kept, result
