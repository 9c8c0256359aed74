"""One click switches off one kind of mail, for one registration, and nothing else."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.notices import addresses
from regservice.registrations import service as registrations
from tests.conftest import Clock
from tests.databases import SECRET
from tests.factories import confirm, make_event


def path_for(registration_id: int, kind: str, key: str = SECRET) -> str:
    """The path of the unsubscribe address."""
    return addresses.unsubscribe("", key, registration_id, kind)


def muted(registration_id: int) -> tuple[str, ...]:
    found = registrations.find(registration_id)
    assert found is not None
    return found.muted


def test_a_post_by_a_mail_program_acts_and_a_get_does_not(app: Flask, client: FlaskClient, clock: Clock) -> None:
    ada = confirm(make_event(clock()), "Ada", clock())
    path = path_for(ada.id, "remind_1d")
    shown = client.get(path)
    assert (shown.status_code, muted(ada.id)) == (200, ())
    for _ in range(2):
        posted = client.post(path, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (posted.status_code, muted(ada.id)) == (200, ("remind_1d",))
    assert "Set-Cookie" not in posted.headers


def test_only_our_own_tokens_act(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event = make_event(clock())
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    good = path_for(ada.id, "remind_1d")
    proof = good.rsplit(".", 1)[1]
    strange = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good[:-1],
        good + ".x",
        f"/u/{ben.id}.remind_1d.{proof}",
        f"/u/{ada.id}.remind_7d.{proof}",
        path_for(ada.id, "confirmed"),
        path_for(ada.id, "remind_1d", key="another-key-of-at-least-32-letters"),
        path_for(999, "remind_1d"),
        "/u/x",
        "/u/²..",
        f"/u/{registrations.personal_token(ada)}",
    ]
    assert [client.post(path).status_code for path in strange] == [404] * len(strange)
    assert (muted(ada.id), muted(ben.id)) == ((), ())
    assert client.get(f"/r/{good.removeprefix('/u/')}").status_code == 404


@pytest.mark.parametrize(("language", "words"), [("en", "Switch off a mail")])
def test_the_page_speaks_the_persons_language(
    app: Flask, client: FlaskClient, clock: Clock, language: str, words: str
) -> None:
    ada = confirm(make_event(clock()), "Ada", clock(), language=language)
    shown = client.get(path_for(ada.id, "thanks"), headers={"Accept-Language": "de"})
    assert f"<h1>{words}</h1>" in shown.text
    assert f'<html lang="{language}"' in shown.text


def test_older_keys_are_good_for_reading() -> None:
    path = path_for(7, "thanks", key="old-key-0123456789-0123456789-abc").removeprefix("/u/")
    keys = [SECRET, "old-key-0123456789-0123456789-abc"]
    assert addresses.read_unsubscribe_token(path, keys) == addresses.Unsubscription(registration_id=7, kind="thanks")
    assert addresses.read_unsubscribe_token(path, keys[:1]) is None
