"""What the check of the service says about feeds."""

from dataclasses import replace

from flask import Flask

from regservice.config import current_settings
from regservice.doctor import Finding, findings
from regservice.formats.feeds import polling
from tests.conftest import Clock
from tests.feed_server import FeedServer, fetcher
from tests.formats.feeds.conftest import feed, watched_event


def finding(clock: Clock, **changes: object) -> Finding:
    settings = replace(current_settings(), **changes)
    return next(found for found in findings(settings, clock()) if found.part == "feeds")


def test_the_check_names_how_feeds_stand(app: Flask, clock: Clock, server: FeedServer):
    off = finding(clock)
    assert (off.well, off.text.split(":")[0]) == (True, "off")
    assert not finding(clock, feeds=True).well
    watched_event(clock, feed(server))
    server.answers["/table.csv"] = lambda handler: handler.send(b"", 500)
    on = {"feeds": True, "feed_hosts": ("data.example.org",)}
    assert finding(clock, **on) == Finding(
        part="feeds", well=True, text="on for data.example.org; events that read one: 1"
    )
    polling.poll_due(fetcher(server.name), clock)
    failing = finding(clock, **on)
    assert not failing.well
    assert "failing (http_status)" in failing.text
