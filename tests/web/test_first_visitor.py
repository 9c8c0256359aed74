"""Whoever comes first after a start waits no longer than the next."""

from flask import Flask

from regservice.webserver import compile_pages
from tests.web.story import Story

PAGES = ("/", "/events/{slug}", "/events/{slug}/register", "/r/{token}", "/r/{token}/cancel")


def test_the_first_visitors_find_their_pages_compiled(app: Flask, story: Story) -> None:
    compile_pages(app)
    compiled = set(app.jinja_env.cache or ())
    client = app.test_client()
    for page in PAGES:
        assert client.get(page.format(slug=story.event.slug, token=story.links["confirmed"])).status_code == 200
    assert {name for _, name in set(app.jinja_env.cache or ()) - compiled} == set()
