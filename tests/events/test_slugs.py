"""Addresses made of titles are free, whatever the titles."""

import re

import pytest
from flask import Flask

from regservice.events import service as events
from regservice.events.types import EventFacts, EventValues
from tests.conftest import Clock


@pytest.mark.parametrize("title", ["Dialogue", "Dialogue " * 20, "x" * 75, f"{'x' * 74} y{'z' * 20}", "…", "%_%"])
def test_equal_titles_get_addresses_of_their_own(app: Flask, clock: Clock, title: str) -> None:
    made = [events.create(EventValues(title=title), by="test", now=clock()) for _ in range(12)]
    slugs = [event.slug for event in made if isinstance(event, EventFacts)]
    assert len(set(slugs)) == 12
    assert [slug for slug in slugs if len(slug) > 80 or not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug)] == []
