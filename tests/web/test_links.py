"""Where links lead: only to the configured address, whatever a request says it was sent to."""

import re
from pathlib import Path

import pytest
from flask import Flask

from regservice.config import Settings
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.web.access import local_target
from tests.conftest import Clock
from tests.databases import settings_for
from tests.forms import forms_in
from tests.web.addresses import browser, open_everything
from tests.web.story import Story

FORGED = {
    "Host": "evil.example",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Proto": "gopher",
    "X_Forwarded_Prefix": "/evil",
    "X_Forwarded_Server": "evil.example",
    "X_Original_URL": "http://evil.example/",
    "Forwarded": "host=evil.example;proto=gopher",
}
# More than a word: a random token in a page holds any four letters now and then.
STRANGE = ("evil.example", "/evil", "gopher:")
HEADERS = {name.replace("_", "-"): value for name, value in FORGED.items()}
TRICKY = [
    *("https://evil.example", "http://evil.example", "//evil.example", "///evil.example", "////evil.example"),
    *("/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "/x\\..\\evil.example"),
    *("https:evil.example", "https:/evil.example", "http:///evil.example", "javascript:alert(1)", "data:text/html,x"),
    *("/\t/evil.example", "/\n/evil.example", "/\r\nLocation: //evil.example", "\t//evil.example", " //evil.example"),
    *("/\x00/evil.example", "\x01https://evil.example", "/\u2028/evil.example", "/\u200b/evil.example", "evil.example"),
    *("@evil.example", ".evil.example", "?next=//evil.example", "#//evil.example", "%2f%2fevil.example", "", "."),
]


@pytest.fixture
def settings(request: pytest.FixtureRequest, sqlite_url: str, instance: Path) -> Settings:
    """Behind as many proxies as the test says, else behind none."""
    return settings_for(instance, sqlite_url, REGSERVICE_TRUSTED_PROXIES=getattr(request, "param", "0"))


behind_proxies = pytest.mark.parametrize("settings", ["0", "1"], indirect=True)


@behind_proxies
def test_no_page_names_a_forged_host(app: Flask, story: Story, admin_cookie: str) -> None:
    answers = open_everything(app, story, admin_cookie, **FORGED)
    client = app.test_client()
    for path in ("//imprint", "/organise//events/new", f"/r//{story.links['confirmed']}", "/events//x", "/organise/"):
        answers.append((path, client.get(f"http://evil.example{path}", headers=HEADERS)))
    assert {answer.status_code for _, answer in answers} >= {200, 302, 308}
    for path, answer in answers:
        for strange in STRANGE:
            assert strange not in answer.data.decode(errors="replace").lower(), path
            assert strange not in str(answer.headers).lower(), path


@behind_proxies
def test_no_mail_names_a_forged_host(app: Flask, story: Story, clock: Clock) -> None:
    client, path = app.test_client(), f"/events/{story.event.slug}/register"
    page = client.get(path, headers=HEADERS)
    clock.advance(seconds=30)
    person = {"name": "Flo", "email": "flo@example.org", "language": "de", "consent": "yes"}
    sent = client.post(path, data={**forms_in(page.text)[0][1], **person}, headers=HEADERS)
    assert sent.status_code == 200
    messages = [message for event in story.events for message in outbox.ledger(event.id, limit=100)]
    assert "flo@example.org" in {message.recipient for message in messages}
    letters = [notices.compose(message, clock()) for message in messages if message.recipient]
    assert len(letters) > 10
    for letter in letters:
        assert [strange for strange in STRANGE if strange in repr(letter).lower()] == []
        assert "http://events.example.org/" in letter.text


def test_words_of_the_query_are_not_ours(app: Flask, story: Story, admin_cookie: str) -> None:
    """What a visitor writes behind the question mark stays there."""
    words = "_external=1&_scheme=javascript&_method=POST&_anchor=x&endpoint=x&self=x&values=x&slug=x&token=x&lang=en"
    for path, answer in open_everything(app, story, admin_cookie, query=words):
        assert answer.status_code < 500 or path == "/readyz", path
        links = re.findall(r'(?:href|src|action)="([^"]*)"', answer.data.decode(errors="replace"))
        allowed = ("/", "#", "http://events.example.org", "https://", "mailto:", "tel:")
        assert [link for link in links if link and not link.startswith(allowed)] == [], path
        assert [link for link in links if link.startswith("//")] == [], path


def test_signing_in_leads_nowhere_else(app: Flask, story: Story, admin_cookie: str) -> None:
    client = browser(app, admin_cookie)
    for target in TRICKY:
        assert local_target(target) is None, target
        answer = client.get("/organise/login", query_string={"next": target})
        # A NUL is refused before the place is looked at.
        expected = (400, None) if "\0" in target else (302, "/organise")
        assert (answer.status_code, answer.headers.get("Location")) == expected, target
    for target in ("/organise/messages?show=sent", "/organise/events/new", "/@evil.example", "/http://evil.example"):
        answer = client.get("/organise/login", query_string={"next": target})
        assert answer.headers["Location"].split("?")[0] == target.split("?")[0]


@behind_proxies
def test_a_new_sign_in_link_is_on_the_configured_address(app: Flask, story: Story, admin_cookie: str) -> None:
    client, cookie = app.test_client(use_cookies=False), {"Cookie": f"session={admin_cookie}"}
    accounts_page = client.get("/organise/accounts", headers=cookie).text
    action, hidden = next(form for form in forms_in(accounts_page) if form[0].endswith("/link"))
    page = client.post(action, data=hidden, headers=HEADERS | cookie)
    assert "http://events.example.org/organise/link/" in page.text
