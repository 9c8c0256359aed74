"""The machine's clock is set while the worker runs."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.time.clock_steps import BATCH, STEPS, Walk, walk

pytestmark = pytest.mark.xdist_group("serve")


def test_the_worker_goes_on_whatever_the_clock_is_set_to(app: Flask, tmp_path: Path, sqlite_url: str) -> None:
    found = walk(tmp_path, sqlite_url)
    assert replace(found, slowest_s=0) == Walk(
        steps=len(STEPS), stuck=0, slowest_s=0, sent=1 + len(STEPS) + BATCH, doubled=0, uncertain=0, unsent=0
    )
