"""The words of every kind of mail, in both languages, from the facts of the moment of sending."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from regservice.adapters.ical import invitation as as_bytes
from regservice.config import PROJECT_ROOT, current_settings
from regservice.events import service as events
from regservice.events.calendar import Method, Person
from regservice.events.types import Document, EventFacts, EventStatus, Format
from regservice.notices.kinds import KINDS
from regservice.notices.letters import Sending, letter_to_participant
from regservice.notices.types import Letter
from regservice.notices.wanted import takes_part_digitally
from regservice.registrations import links
from regservice.registrations.types import Attendance, Participation, Question, QuestionAnswer, RegistrationState
from regservice.town.types import TownFacts
from tests.conftest import Clock
from tests.databases import SECRET
from tests.factories import STARTS_AT, make_event
from tests.facts import registration_facts
from tests.notices.messages import message_facts

TOKEN = "the-token-of-the-personal-link"
BASE = "http://events.example.org"
NOW = STARTS_AT - timedelta(days=3)
TO_PEOPLE = [name for name, kind in KINDS.items() if kind.states]
PAYLOADS: dict[str, dict[str, Any]] = {
    "changed": {
        "before": {
            "starts_at": "2026-11-19T15:00:00+00:00",
            "ends_at": "2026-11-19T18:00:00+00:00",
            "timezone": "Europe/Berlin",
            "place": "Old school",
        }
    },
    "decision": {
        "outcome": "switched",
        "from": "onsite",
        "to": "digital",
        "before_place": "Town hall",
        "reason": "Flu",
    },
    "postponed": {"reason": "Storm"},
    "cancelled_event": {"reason": "Storm"},
    "cancelled": {"had_place": True, "by": "organiser:1", "reason": "Asked by telephone"},
}


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    made = make_event(clock(), documents=(Document(label="Slides", url="https://example.org/slides.pdf"),))
    return replace(events.get(made.id), access="Lift and ramp")


def letter(
    kind: str, event: EventFacts, *, now: datetime = NOW, payload: dict[str, Any] | None = None, **person: Any
) -> Letter:
    """The letter of a kind to Ada, in English unless the test says otherwise."""
    [state] = list(KINDS[kind].states)[:1]
    if RegistrationState.CONFIRMED in KINDS[kind].states:
        state = RegistrationState.CONFIRMED
    facts = {"language": "en", "state": state, "expires_at": NOW + timedelta(hours=4), "queued_at": NOW}
    facts |= {"event_id": event.id, **person}
    of = Participation(registration=registration_facts(**facts), event=event)
    sending = Sending(settings=current_settings(), town=TownFacts(name="Exampletown"), now=now)
    message = message_facts(kind, payload=PAYLOADS.get(kind, {}) if payload is None else payload)
    return letter_to_participant(message, of, TOKEN, sending)


class Words(HTMLParser):
    """The words that a person reads in HTML, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.targets: list[str] = []
        self.fetched: list[str] = []
        self._skips = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skips += tag == "title"
        for name, value in attrs:
            if name == "href":
                self.targets.append(value or "")
            if name in {"src", "background", "action"}:
                self.fetched.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._skips -= tag == "title"

    def handle_data(self, data: str) -> None:
        if not self._skips:
            self.texts.append(data)

    @property
    def words(self) -> list[str]:
        return [word for word in " ".join(self.texts).split() if not word.startswith("http")]


@pytest.fixture(params=["de", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("kind", TO_PEOPLE)
def test_every_kind_in_every_language_says_the_same_twice(kind: str, event: EventFacts, language: str) -> None:
    made = letter(kind, event, language=language)
    html = Words(made.html)
    lines = made.text.splitlines()
    assert [word for word in made.text.split() if not word.startswith("http")] == html.words
    assert [line for line in lines if line.startswith("http")] == html.targets
    assert [line for line in lines if "://" in line and not re.fullmatch(r"https?://\S+", line)] == []
    assert html.fetched == []
    assert f'<html lang="{language}" dir="ltr">' in made.html
    assert (len(made.subject) < 70, len(made.html) < 100_000, "\n\n\n" in made.text) == (True, True, False)
    assert event.title in made.subject


@pytest.mark.parametrize("kind", TO_PEOPLE)
def test_a_long_title_is_shortened_in_the_subject_alone(kind: str, event: EventFacts) -> None:
    title = "An evening about many things " * 6
    made = letter(kind, replace(event, title=title))
    assert 60 < len(made.subject) < 70
    assert made.subject.endswith("…")
    assert title.strip() in made.text


def test_addresses_that_act_stand_where_they_belong(event: EventFacts) -> None:
    found = {kind: letter(kind, event).text for kind in TO_PEOPLE}
    assert {kind for kind, text in found.items() if "/confirm" in text} == {"optin", "optin_again"}
    assert {kind for kind, text in found.items() if "/accept" in text} == {"offer"}
    assert {kind for kind, text in found.items() if "/u/" in text} == {"remind_7d", "remind_1d", "remind_2h", "thanks"}
    assert {kind for kind, text in found.items() if f"/r/{TOKEN}" not in text} == {"thanks", "cancelled"}


def test_the_room_is_never_named(event: EventFacts) -> None:
    room = "https://rooms.example.org/secret"
    digital = replace(event, format=Format.DIGITAL, sessions=(replace(event.sessions[0], join_url=room),))
    for kind in TO_PEOPLE:
        made = letter(kind, digital, attendance=Attendance.DIGITAL)
        assert room not in made.text + made.html + repr(made.invitation)
    joining = {kind for kind in TO_PEOPLE if f"/r/{TOKEN}/join\n" in letter(kind, digital).text}
    assert joining == {"confirmed", "remind_1d", "remind_2h", "changed", "decision", "moved", "group", "new_date"}


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (datetime(2026, 11, 16, 22, 59, 59, tzinfo=UTC), "in 4 days"),
        (datetime(2026, 11, 16, 23, 0, tzinfo=UTC), "in 3 days"),
        (datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC), "in 2 days"),
        (datetime(2026, 11, 18, 23, 0, tzinfo=UTC), "tomorrow"),
        (datetime(2026, 11, 19, 22, 59, 59, tzinfo=UTC), "tomorrow"),
        (datetime(2026, 11, 19, 23, 0, tzinfo=UTC), "today"),
    ],
)
def test_how_far_the_event_is_away_is_counted_in_local_days_at_sending(
    event: EventFacts, now: datetime, words: str
) -> None:
    made = letter("remind_1d", event, now=now)
    assert made.subject == f"Reminder, {words}: Dialogue evening"
    assert f"The event begins {words}." in made.text


SWITCHES = [
    (Format.ONSITE, Format.DIGITAL, "Town hall", "digital"),
    (Format.ONSITE, Format.HYBRID, "Town hall", "{place}, or digital"),
    (Format.DIGITAL, Format.ONSITE, "digital", "{place}"),
    (Format.DIGITAL, Format.HYBRID, "digital", "{place}, or digital"),
    (Format.HYBRID, Format.ONSITE, "Town hall, or digital", "{place}"),
    (Format.HYBRID, Format.DIGITAL, "Town hall, or digital", "digital"),
]


@pytest.mark.parametrize(("before", "after", "so_far", "now"), SWITCHES)
def test_the_six_switches_say_what_was_and_what_is(
    event: EventFacts, before: Format, after: Format, so_far: str, now: str
) -> None:
    place = "" if before is Format.DIGITAL else "Town hall"
    payload = {"outcome": "switched", "from": before.value, "to": after.value, "before_place": place, "reason": "Flu"}
    text = letter("decision", replace(event, format=after, format_version=2), payload=payload).text
    assert f"So far: {so_far}\nNow: {now.format(place=event.place)}\n" in text
    assert "The reason: Flu" in text


ANSWERS = ("/digital", "/help", "/cannot")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", ["decision", "decision_again"])
def test_who_is_moved_to_digital_is_offered_three_answers(event: EventFacts, kind: str, language: str) -> None:
    switched = replace(event, format=Format.DIGITAL, format_version=2)
    moved = {"attendance": Attendance.DIGITAL, "confirmed_at": event.calendar_changed_at, "language": language}
    lines = letter(kind, switched, **moved).text.splitlines()
    assert [line for line in lines if line.endswith(ANSWERS)] == [f"{BASE}/r/{TOKEN}{answer}" for answer in ANSWERS]


def test_who_keeps_their_way_is_asked_nothing(event: EventFacts) -> None:
    both = replace(event, format=Format.HYBRID, format_version=2)
    text = letter("decision", both, confirmed_at=event.calendar_changed_at).text
    assert [line for line in text.splitlines() if line.endswith(ANSWERS)] == []


def test_it_stays_is_a_message_too(event: EventFacts) -> None:
    made = letter("decision", event, payload={"outcome": "stays", "from": "onsite", "before_place": "Town hall"})
    assert made.subject == "It stays as it is: Dialogue evening"
    assert "So far:" not in made.text
    assert (made.invitation, made.method) == (None, None)


def test_it_stays_but_at_another_time_moves_the_calendar_entry(event: EventFacts) -> None:
    before = PAYLOADS["changed"]["before"]
    payload = {"outcome": "stays", "from": "onsite", "before_place": "Town hall", "before": before}
    assert letter("decision", event, payload=payload).method is Method.REQUEST


def test_a_change_names_only_what_differs(event: EventFacts) -> None:
    before = PAYLOADS["changed"]["before"] | {"place": event.place}
    text = letter("changed", event, payload={"before": before}).text
    assert "So far: Thursday, 19 November 2026, 16:00 to 19:00\nNow: Friday, 20 November 2026, 16:00 to 19:00\n" in text
    assert text.count("So far:") == 1


CALENDARS = {
    "confirmed": Method.REQUEST,
    "new_link": Method.REQUEST,
    "changed": Method.REQUEST,
    "decision": Method.REQUEST,
    "moved": Method.REQUEST,
    "new_date": Method.REQUEST,
    "group": Method.REQUEST,
    "postponed": Method.CANCEL,
    "cancelled_event": Method.CANCEL,
    "cancelled": Method.CANCEL,
}


@pytest.mark.parametrize("kind", TO_PEOPLE)
def test_only_a_place_changes_the_calendar(event: EventFacts, kind: str) -> None:
    assert letter(kind, event).method == CALENDARS.get(kind)
    if RegistrationState.WAITLISTED in KINDS[kind].states:
        assert letter(kind, event, state=RegistrationState.WAITLISTED, confirmed_at=None).method is None


def test_the_invitation_leads_to_the_personal_link(event: EventFacts) -> None:
    parts = tuple(replace(part, format=Format.DIGITAL) for part in event.sessions)
    switched = replace(event, sessions=parts, format=Format.DIGITAL, format_version=2)
    entry = letter("decision", switched, calendar_sequence=3).invitation
    assert entry is not None
    personal = f"{BASE}/r/{TOKEN}"
    assert (entry.uid, entry.sequence) == ("r1-1@events.example.org", 3)
    assert (entry.url, entry.description.splitlines()[0]) == (personal, personal)
    assert (entry.location, entry.conference_url) == (f"Digital: {personal}/join", f"{personal}/join")
    assert entry.summary == "Now digital: Dialogue evening"
    assert entry.attendee == Person(name="Ada", address="ada@example.org")
    assert entry.organizer == Person(name="Exampletown", address="events@events.example.org")
    assert entry.stamped_at == NOW
    assert b"METHOD:REQUEST" in as_bytes(entry, Method.REQUEST)


@pytest.mark.parametrize(
    ("format", "attendance", "digital"),
    [
        (Format.ONSITE, Attendance.ONSITE, False),
        (Format.HYBRID, Attendance.ONSITE, False),
        (Format.HYBRID, Attendance.DIGITAL, True),
        (Format.DIGITAL, Attendance.DIGITAL, True),
    ],
)
def test_who_takes_part_where(event: EventFacts, format: Format, attendance: Attendance, digital: bool) -> None:
    entry = letter("confirmed", replace(event, format=format), attendance=attendance).invitation
    assert entry is not None
    place = f"Digital: {BASE}/r/{TOKEN}/join" if digital else event.place
    assert (entry.location, entry.conference_url is not None, entry.summary) == (place, digital, event.title)
    assert takes_part_digitally(replace(event, format=format), registration_facts(attendance=attendance)) is digital


def test_a_name_that_advertises_is_not_repeated(event: EventFacts) -> None:
    made = letter("optin", event, name="Win at www.example.net now")
    assert made.text.startswith("Hello,\n")
    assert "example.net" not in made.text + made.html


def test_html_shows_names_and_reasons_as_text(event: EventFacts) -> None:
    made = letter(
        "cancelled_event", replace(event, title="A <b>bold</b> plan"), payload={"reason": "<script>x</script>"}
    )
    assert "<script>" not in made.html
    assert "A &lt;b&gt;bold&lt;/b&gt; plan" in made.html
    assert "A <b>bold</b> plan" in made.text


def test_who_sends_and_who_answers(event: EventFacts) -> None:
    made = letter("confirmed", event)
    assert made.sender == Person(name="Exampletown", address="events@events.example.org")
    assert made.reply_to == Person(name="Contact office", address="office@example.org")
    assert "Telephone: 030 23125 000" in made.text
    assert "We delete your data on Sunday, 20 December 2026." in made.text


def test_unsubscribing_has_an_address_of_its_own(event: EventFacts) -> None:
    proof = links.derive_token(SECRET, 1, 0, purpose="mute:remind_1d")
    assert letter("remind_1d", event).unsubscribe_url == f"{BASE}/u/1.remind_1d.{proof}"
    assert letter("confirmed", event).unsubscribe_url is None


def test_a_postponed_event_shows_its_old_date_as_old(event: EventFacts) -> None:
    text = letter("postponed", replace(event, lifecycle=EventStatus.POSTPONED)).text
    assert "Was planned for: Friday, 20 November 2026, 16:00 to 19:00\n" in text
    assert "When:" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_three_templates_alike(kind: str) -> None:
    folder: Path = PROJECT_ROOT / "templates" / "mail" / kind
    assert sorted(path.name for path in folder.iterdir()) == ["body.html", "body.txt", "subject.txt"]
    text, html = ((folder / f"body.{kind_of}").read_text() for kind_of in ("txt", "html"))
    assert text.replace(".txt", ".html") == html


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        ("de", "Würden Sie digital bleiben? Dialogue evening", "Reichen die Plätze vor Ort trotzdem nicht"),
        ("en", "Would you stay digital? Dialogue evening", "a draw may decide"),
        ("de-simple", "Machen Sie im Internet mit? Dialogue evening", "Dann losen wir vielleicht."),
    ],
)
def test_who_would_come_is_asked_to_stay_digital(event: EventFacts, language: str, subject: str, said: str) -> None:
    digital = replace(event, format=Format.DIGITAL, format_version=2)
    made = letter("stay_digital", digital, attendance=Attendance.DIGITAL, language=language)
    assert (made.subject, said in made.text, made.method) == (subject, True, None)
    assert [line for line in made.text.splitlines() if line.startswith(BASE)] == [f"{BASE}/r/{TOKEN}"]


@pytest.mark.parametrize("language", ["de", "en", "de-simple"])
@pytest.mark.parametrize(
    ("settled", "attendance", "words"),
    [
        (
            "drawn_out",
            "digital",
            ("Auf Sie fiel kein Platz", "you drew no place on site", "Wir haben gelost. Sie haben kei"),
        ),
        ("drawn_in", "onsite", ("Sie haben einen Platz vor Ort", "you drew a place on site", "Sie kommen zu uns.")),
        ("stays", "digital", ("Danke: So kann jemand", "Thank you: somebody else", "Sie wollten im Internet")),
    ],
)
def test_the_mail_says_plainly_that_a_draw_has_decided(
    event: EventFacts, language: str, settled: str, attendance: str, words: tuple[str, str, str]
) -> None:
    both = replace(event, format=Format.HYBRID, format_version=3)
    payload = {"outcome": "switched", "from": "digital", "to": "hybrid", "before_place": "", "seating": settled}
    made = letter("decision", both, payload=payload, attendance=Attendance(attendance), language=language)
    expected = words[("de", "en", "de-simple").index(language)]
    assert (expected in made.text, expected in " ".join(Words(made.html).words)) == (True, True)
    # Where they can change or give the place back.
    assert f"{BASE}/r/{TOKEN}" in made.text.splitlines()


ASKED = {"question": Question.NEW_DATE, "question_answer": None}


@pytest.mark.parametrize(
    ("language", "subject", "asks"),
    [
        ("de", "Neuer Termin, passt er? Dialogue evening", "Passt Ihnen der neue Termin?"),
        ("en", "New date, does it suit you? Dialogue evening", "Does the new date suit you?"),
        ("de-simple", "Neuer Tag, passt er? Dialogue evening", "Passt der neue Tag für Sie?"),
    ],
)
def test_the_new_date_is_asked_about_and_brings_the_appointment(
    event: EventFacts, language: str, subject: str, asks: str
) -> None:
    payload = {"before": PAYLOADS["changed"]["before"] | {"starts_at": None, "ends_at": None}}
    made = letter("new_date", event, payload=payload, language=language, **ASKED)
    assert (made.subject, asks in made.text, made.method) == (subject, True, Method.REQUEST)
    assert asks in " ".join(Words(made.html).words)
    answered = letter("new_date", event, payload=payload, language=language, question=Question.NEW_DATE,
                      question_answer=QuestionAnswer.YES)  # fmt: skip
    assert (asks in answered.text, answered.method) == (False, Method.REQUEST)


@pytest.mark.parametrize(
    ("language", "subject", "asks"),
    [
        ("de", "Passt der neue Termin? Dialogue evening", "Wir haben noch nichts von Ihnen gehört"),
        ("en", "Does the new date suit you? Dialogue evening", "We have not heard from you yet"),
        ("de-simple", "Passt der neue Tag? Dialogue evening", "Sie haben noch nicht geantwortet"),
    ],
)
def test_who_does_not_answer_is_asked_once_more(event: EventFacts, language: str, subject: str, asks: str) -> None:
    made = letter("new_date_again", event, language=language, **ASKED)
    assert (made.subject, asks in made.text, made.method) == (subject, True, None)
    assert [line for line in made.text.splitlines() if line.startswith(BASE)] == [f"{BASE}/r/{TOKEN}"]


@pytest.mark.parametrize(
    ("language", "subject", "until", "otherwise", "ends"),
    [
        (
            *("de", "Kommen Sie?", "Bitte bestätigen Sie bis Freitag, 13. November 2026"),
            *("Ohne Ihre Antwort nehmen Sie", "sonst endet Ihre Anmeldung"),
        ),
        (
            *("en", "Do you come?", "Please confirm by Friday, 13 November 2026"),
            *("Without your answer you then", "if none is, your registration ends"),
        ),
        (
            *("de-simple", "Kommen Sie?", "Bitte antworten Sie bis Freitag, 13. November 2026"),
            *("Sagen Sie nichts? Dann machen Sie", "Sonst endet Ihre Anmeldung"),
        ),
    ],
)
def test_who_has_to_confirm_reads_until_when_and_what_follows(
    event: EventFacts, language: str, subject: str, until: str, otherwise: str, ends: str
) -> None:
    both = replace(event, format=Format.HYBRID, format_version=3)
    asked = {"question": Question.KEEP_PLACE, "answer_by": datetime(2026, 11, 13, 15, 0, tzinfo=UTC)}
    payload = {"outcome": "switched", "from": "digital", "to": "hybrid", "before_place": ""}
    for made in (
        letter("keep_place", both, language=language, **asked),
        letter("decision", both, payload=payload, language=language, **asked),
    ):
        assert [words in made.text for words in (until, otherwise)] == [True, True]
        limited = letter(made.kind, replace(both, digital_capacity=3), payload=payload, language=language, **asked).text
        assert (otherwise in limited, ends in limited) == (False, True)
    assert letter("keep_place", both, language=language, **asked).subject == f"{subject} Dialogue evening"


@pytest.mark.parametrize(
    ("language", "where", "words"),
    [
        (
            "de",
            "Wo: digital",
            (
                "Jetzt ist einer frei geworden. Wir halten ihn bis Freitag, 13. November 2026",
                "Der Ort: Town hall",
                "Bitte bestätigen Sie bis Freitag, 13. November 2026",
                "Bis Sie sagen, dass Sie kommen, nehmen Sie digital teil. Ohne Ihre Antwort bleibt es so",
            ),
        ),
        (
            "en",
            "Where: digital",
            (
                "Now one has become free, and we hold it for you until Friday, 13 November 2026",
                "The place on site: Town hall",
                "Please confirm by Friday, 13 November 2026",
                "You take part digitally until you say that you come. Without your answer it stays so",
            ),
        ),
        (
            "de-simple",
            "Wo: im Internet",
            (
                "Jetzt ist ein Platz frei. Er ist für Sie. Wir warten bis Freitag, 13. November 2026",
                "Der Ort ist: Town hall",
                "Bitte antworten Sie bis Freitag, 13. November 2026",
                "Sie sind im Internet dabei, bis Sie sagen: Ich komme. Sagen Sie nichts? Dann bleibt es so.",
            ),
        ),
    ],
)
def test_for_whom_a_place_is_held_reads_that_they_take_part_digitally_until_they_say_yes(
    event: EventFacts, language: str, where: str, words: tuple[str, ...]
) -> None:
    both = replace(event, format=Format.HYBRID, format_version=3)
    asked = {"question": Question.TAKE_PLACE, "answer_by": datetime(2026, 11, 13, 15, 0, tzinfo=UTC)}
    made = letter("take_place", both, attendance=Attendance.DIGITAL, language=language, **asked)
    text, shown = " ".join(made.text.split()), " ".join(" ".join(Words(made.html).words).split())
    assert [(said in text, said in shown) for said in words] == [(True, True)] * len(words)
    assert (where in made.text, made.method, made.invitation) == (True, None, None)
    assert [line for line in made.text.splitlines() if line.startswith(BASE)] == [f"{BASE}/r/{TOKEN}"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "de",
            ("bieten wir ihn in der Reihenfolge der Lose an", "Sie brauchen dafür nichts zu tun", "Ihr Los ist"),
        ),
        ("en", ("we offer it in the order of the draw", "You need not do anything for that", "Yours is the next lot.")),
        ("de-simple", ("nach der Reihe der Lose", "Sie müssen nichts tun", "Sie sind als Nächstes an der Reihe.")),
    ],
)
def test_who_drew_no_place_reads_that_one_is_offered_in_the_order_of_the_lots(
    event: EventFacts, language: str, words: tuple[str, ...]
) -> None:
    both = replace(event, format=Format.HYBRID, format_version=3)
    payload = {"outcome": "switched", "from": "digital", "to": "hybrid", "before_place": "", "seating": "drawn_out"}
    drew_none = letter("decision", both, payload=payload, attendance=Attendance.DIGITAL, language=language)
    chose = letter("decision", both, payload=payload, attendance=Attendance.DIGITAL, language=language, queued_at=None)
    asked = {"question": Question.TAKE_PLACE, "answer_by": datetime(2026, 11, 13, 15, 0, tzinfo=UTC)}
    held = letter("decision", both, payload=payload, attendance=Attendance.DIGITAL, language=language, **asked)
    change = {"de": "zu vor Ort wechseln", "en": "change to on site", "de-simple": "auf Ihrer Seite ändern"}[language]
    assert [change in " ".join(made.text.split()) for made in (drew_none, chose, held)] == [False, True, False]
    for made, expected in ((drew_none, True), (chose, False), (held, False)):
        text, shown = " ".join(made.text.split()), " ".join(" ".join(Words(made.html).words).split())
        assert [(said in text, said in shown) for said in words] == [(expected, expected)] * len(words)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Sie haben nicht rechtzeitig bestätigt"),
        ("en", "You did not confirm in time"),
        ("de-simple", "Sie haben nicht gesagt, dass Sie kommen."),
    ],
)
def test_who_lost_the_place_on_site_reads_why(event: EventFacts, language: str, words: str) -> None:
    both = replace(event, format=Format.HYBRID, format_version=3)
    moved = {"attendance": Attendance.DIGITAL, "language": language}
    assert words in letter("moved", both, payload={"why": "unconfirmed"}, **moved).text
    assert words not in letter("moved", both, payload={}, **moved).text


@pytest.mark.parametrize(
    ("kind", "lifecycle", "title"),
    [
        ("cancelled_event", EventStatus.CANCELLED, "Cancelled: Dialogue evening"),
        ("postponed", EventStatus.POSTPONED, "Postponed: Dialogue evening"),
        ("cancelled", EventStatus.PUBLISHED, "Dialogue evening"),
    ],
)
def test_an_entry_that_is_removed_leads_nowhere_and_says_why(
    event: EventFacts, kind: str, lifecycle: EventStatus, title: str
) -> None:
    parts = tuple(replace(part, format=Format.DIGITAL) for part in event.sessions)
    switched = replace(event, sessions=parts, format=Format.DIGITAL, format_version=2, lifecycle=lifecycle)
    entry = letter(kind, switched).invitation
    assert entry is not None
    assert (entry.cancelled, entry.summary) == (True, title)
    assert (entry.location, entry.conference_url) == ("", None)


def test_an_offer_says_that_the_event_takes_place_differently_from_what_the_person_knows(event: EventFacts) -> None:
    waiting = {"state": RegistrationState.OFFERED, "expires_at": STARTS_AT, "attendance": Attendance.DIGITAL}
    parts = tuple(replace(part, format=Format.DIGITAL) for part in event.sessions)
    switched = replace(event, sessions=parts, format=Format.DIGITAL, format_version=2)
    told = f"So far: {event.place}\nNow: "
    assert [told in letter("offer", each, **waiting).text for each in (event, switched)] == [False, True]
