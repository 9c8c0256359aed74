"""Texts that want to be more than text: in every field, on every page, in every mail, calendar and list."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import vobject
from flask import Flask

from regservice.accounts.types import Role
from regservice.adapters.ical import invitation
from regservice.events.types import (
    AgendaItem,
    Contact,
    Document,
    EventValues,
    Question,
    QuestionKind,
    Speaker,
    Venue,
    WorkingGroup,
)
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.town import service as towns
from tests.conftest import Clock, OutsideClient
from tests.factories import DIALOGUE
from tests.forms import forms_in
from tests.web.addresses import open_everything, rules
from tests.web.story import Story, sign_in, write_story

MARKUP = [
    *(
        "<script>alert(1)</script>",
        "</script><script src=//evil.example></script>",
        "</title><x-evil>",
        "</textarea><x-evil>",
    ),
    *('"><img src=x onerror=alert(1)>', "'><svg onload=alert(1)>", '" onfocus=alert(1) autofocus x="', "' x-evil='"),
    *("<iframe srcdoc='<script>alert(1)</script>'>", "<object data=javascript:alert(1)>", "<base href=//evil.example>"),
    *(
        "<math><mtext></mtext><x-evil>",
        "<style>*{background:url(//evil.example)}</style>",
        "<!--<x-evil>-->",
        "<![CDATA[<x-evil>]]>",
    ),
    *(
        "<meta http-equiv=refresh content=0;//evil.example>",
        "<form action=//evil.example><button>",
        "<a href=javascript:alert(1)>",
    ),
    *(
        "&lt;x-evil&gt;",
        "&#60;x-evil&#62;",
        "<x-evil",
        "\"'`><x-evil/\\",
        "<img src=`x`onerror=alert(1)>",
        "＜x-evil＞",
    ),
    *(
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<x-evil>)",
        "![x](//evil.example/x.png)",
    ),
    *(
        "<javascript:alert(1)>",
        "[x](&#106;avascript:alert(1))",
        '[x](https://example.org "\\" onclick=alert(1)")',
        "[x]: javascript:alert(1)",
    ),
]
FORMATS = [
    *(
        "{{1234*5678}}",
        "${1234*5678}",
        "#{1234*5678}",
        "<%= 1234*5678 %>",
        "{%print 1234*5678%}",
        "{%include 'base.html'%}",
    ),
    *(
        "{0.__class__}",
        "{event.__class__}",
        "{config}",
        "{{config}}",
        "{{self._TemplateReference__context}}",
        "{#",
        "{% raw %}",
    ),
    *("%s", "%d", "%(name)s", "%(title)d", "%n%n", "%", "%%", "$name", "\\n\\r", "\\u003cx-evil\\u003e", "\\0"),
]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.example")', "|calc", "%0A=1", "＝1+1"]
# What no text may bring onto a page.
FOREIGN = {"iframe", "object", "embed", "svg", "math", "base", "style", "template", "video", "audio", "x-evil", "mtext"}
LINKS = ("/", "#", "?", "http://", "https://", "mailto:", "tel:")


class Watch(HTMLParser):
    """Reads a page as a browser would and collects what must not be there; the words are in `text`."""

    def __init__(self, mail: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.mail, self.found, self.text = mail, [], ""  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in FOREIGN or (tag == "meta" and "http-equiv" in given and not self.mail):
            self.found.append(self.get_starttag_text())
        # Data for search engines runs nothing; that a payload cannot end it early shows in what follows it.
        is_data = given == {"type": "application/ld+json"}
        if tag == "script" and not is_data and not given.get("src", "").startswith("/static/"):
            self.found.append(self.get_starttag_text())
        if tag == "img" and not given.get("src", "").startswith("/town/logo/"):
            self.found.append(self.get_starttag_text())
        for name, value in given.items():
            strange = name.startswith("on") or name in {"srcdoc", "x-evil", "autofocus", "background"}
            inline = name == "style" and not self.mail
            leads_out = name in {"href", "src", "action"} and value and not value.lower().startswith(LINKS)
            elsewhere = (
                name in {"src", "action", "formaction"} and value and not (value.startswith("/") and value[1:2] != "/")
            )
            if strange or inline or leads_out or elsewhere or (name == "href" and value.startswith("//")):
                self.found.append(self.get_starttag_text())

    def handle_data(self, data: str) -> None:
        self.text += data


def watched(html: str, *, mail: bool = False) -> Watch:
    watch = Watch(mail)
    watch.feed(html)
    watch.close()
    return watch


def values_with(text: str, line: str) -> EventValues:
    """An event with this text in every field that takes one."""
    return replace(
        DIALOGUE,
        title=line,
        summary=text,
        description=text,
        venue=Venue(name=line, room=line, street=line, postal_code=line, city=line),
        contact=Contact(name=line, role=line, email="office@example.org", phone=line),
        speakers=(Speaker(name=line, role=line, organisation=line),),
        agenda=(AgendaItem(title=line, kind=line, speakers=(line,), place=line),),
        groups=(WorkingGroup(name=line, room=line),),
        questions=(
            Question(key="why", label=line, kind=QuestionKind.LONG_TEXT),
            Question(key="which", label=line, kind=QuestionKind.CHOICE, choices=(line, "no")),
        ),
        documents=(Document(label=line, url="https://example.org/x", format=line),),
        target_groups=(line,),
        host=line,
        access=text,
        town=line,
    )


@pytest.fixture(params=["markup", "formats", "formulas"])
def payloads(request: pytest.FixtureRequest) -> list[str]:
    return {"markup": MARKUP, "formats": FORMATS, "formulas": FORMULAS}[request.param]


@pytest.fixture
def line(payloads: list[str]) -> str:
    return " ".join(payloads)


@pytest.fixture
def hostile(app: Flask, clock: Clock, payloads: list[str], line: str) -> Story:
    """A town hall where somebody typed payloads wherever one can type."""
    app.test_client_class = OutsideClient
    text = "\n\n".join([*payloads, *payloads[:1]])
    town = replace(towns.current(), name=line, sender_name=line, imprint=text, privacy=text, accessibility=text)
    towns.save(town, by="test", now=clock())
    return write_story(clock, values_with(text, line), line, why=line, which=line)


def pages(app: Flask, story: Story, clock: Clock, line: str) -> Iterator[tuple[str, str]]:
    """Everything to read, and every form sent back with what was typed."""
    cookie = sign_in(app, Role.ADMIN, clock)
    for path, answer in open_everything(app, story, cookie, Accept_Language="en"):
        assert answer.status_code < 500 or path == "/readyz", path
        if answer.mimetype == "text/html":
            yield path, answer.text
    client = app.test_client()
    client.set_cookie("session", cookie)
    client.get("/organise")
    forms = [(path, form) for path in typed(app, story) for form in forms_in(client.get(path).text)]
    for path, (action, hidden) in forms:
        if action.endswith(("/logout", "/export")):
            continue
        names = FIELDS | {
            f"{prefix}{name}" for prefix in ("up-", "cancel-", "address-") for name in ("reason", "email")
        }
        answer = client.post(action, data={**dict.fromkeys(names, line), "attendance": "", **hidden})
        assert answer.status_code < 500, action
        yield f"POST {action} from {path}", answer.text


FIELDS = {"name", "email", "language", "answers-why", "answers-which", "title", "summary", "starts_on", "starts_time"}
FIELDS |= {
    "venue_name",
    "contact_email",
    "registration_address",
    "join_url",
    "timezone",
    "slug",
    "to",
    "value",
    "as_of_on",
}


def typed(app: Flask, story: Story) -> list[str]:
    """The pages with forms."""
    event, ada = story.event.slug, story.people["confirmed"].id
    return [
        f"/events/{event}/register",
        "/lost",
        f"/r/{story.links['confirmed']}/change",
        "/organise/events/new",
        f"/organise/events/{event}/edit",
        f"/organise/events/{event}/attendees/new",
        f"/organise/events/{event}/attendees/{ada}",
        f"/organise/events/{event}/format",
        f"/organise/events/{event}/postpone",
        "/organise/accounts",
        "/organise/tokens",
    ]


def test_pages_show_it_as_text(app: Flask, hostile: Story, clock: Clock, line: str) -> None:
    for path, html in pages(app, hostile, clock, line):
        watch = watched(html)
        assert watch.found == [], path
        assert "7006652" not in html, path
        assert "<class" not in watch.text, path
        if path in {f"/events/{hostile.event.slug}", f"/organise/events/{hostile.event.slug}"}:
            assert line in " ".join(watch.text.split()), path


def test_mails_and_calendars_show_it_as_text(app: Flask, hostile: Story, clock: Clock, line: str) -> None:
    messages = [message for event in hostile.events for message in outbox.ledger(event.id, limit=100)]
    kinds = set()
    for message in messages:
        if not message.recipient:
            continue
        letter = notices.compose(message, clock())
        kinds.add(letter.kind)
        watch = watched(letter.html, mail=True)
        assert watch.found == [], letter.kind
        for part in (letter.html, letter.text, letter.subject):
            assert "7006652" not in part, letter.kind
            assert "<class" not in part, letter.kind
        assert "\n" not in letter.subject
        if letter.invitation is not None and letter.method is not None:
            calendar = vobject.readOne(invitation(letter.invitation, letter.method).decode())
            assert len(calendar.vevent_list) == 1
            assert "attach" not in calendar.vevent_list[0].contents
    assert kinds >= {
        "optin",
        "confirmed",
        "waitlisted",
        "offer",
        "cancelled",
        "cancelled_event",
        "postponed",
        "proposal",
    }
    client = app.test_client()
    for rule in rules(app, "GET", "public"):
        for path in hostile.addresses(rule) if rule.rule.endswith(".ics") else []:
            answer = client.get(path)
            if answer.status_code == 200:
                assert all("attach" not in entry.contents for entry in vobject.readOne(answer.text).vevent_list)


def test_lists_hold_no_formula(app: Flask, hostile: Story, clock: Clock) -> None:
    client = app.test_client()
    client.set_cookie("session", sign_in(app, Role.ADMIN, clock))
    page = client.get(f"/organise/events/{hostile.event.slug}/attendees").text
    action, hidden = next(form for form in forms_in(page) if form[0].endswith("/export"))
    answer = client.post(action, data={**hidden, "format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 5
    assert [cell for row in rows for cell in row if cell.lstrip()[:1] in set("=+-@|%＝\t\r")] == []


@pytest.mark.parametrize(
    "address",
    [
        *(
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "\x01javascript:x",
        ),
        *("data:text/html,<script>alert(1)</script>", "vbscript:x", "//evil.example", "/x", "http:", "https:///x", "x"),
        *(
            "javascript://example.org/%0aalert(1)",
            "ftp://example.org",
            "file:///etc/passwd",
            "https:javascript:alert(1)",
        ),
    ],
)
def test_a_link_is_a_web_address(app: Flask, clock: Clock, address: str) -> None:
    app.test_client_class = OutsideClient
    story = write_story(clock)
    headers = {"Authorization": f"Bearer {story.api_token}"}
    for members in (
        {"documents": [{"label": "x", "url": address}]},
        {"image": {"url": address, "alt": "x"}},
        {"registration_mode": "external", "registration_address": address},
        {"registration_mode": "form", "registration_address": address},
        {"registration_mode": "email", "registration_address": address},
        {"format": "digital", "join_url": address},
        {"contact": {"email": address}},
    ):
        answer = app.test_client().patch(f"/api/v1/events/{story.event.slug}", headers=headers, json=members)
        assert answer.status_code == 422, (members, answer.text)
