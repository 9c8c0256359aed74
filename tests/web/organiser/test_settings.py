"""What administrators set: the town, accounts, tokens."""

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.town import logo
from regservice.town import service as towns
from regservice.town.types import Logo
from tests.conftest import Clock
from tests.forms import fill_in

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 50


def save(client: FlaskClient, **values: object) -> int:
    return fill_in(client, "/organise/settings", values, form=-1).status_code  # type: ignore[arg-type]


def test_the_town_gets_its_name_and_texts_and_pages_show_them(admin: FlaskClient, client: FlaskClient):
    assert save(admin, name="Stadt Musterstadt", imprint="## Who\n\n<script>x</script>") == 302
    assert "Stadt Musterstadt" in client.get("/").text
    imprint = client.get("/imprint").text
    assert "<h2>Who</h2>" in imprint
    assert "<script>x" not in imprint


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"RIFF\0\0\0\0WEBPVP8", "image/webp")],
)
def test_a_logo_is_known_by_its_content(admin: FlaskClient, client: FlaskClient, content: bytes, kind: str):
    assert save(admin, name="Town", logo=(io.BytesIO(content), "logo.svg")) == 302
    town = towns.current()
    answer = client.get(f"/town/logo/{town.version}")
    assert (answer.data, answer.mimetype) == (content, kind)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(f"/town/logo/{town.version + 1}").status_code == 404
    assert f"/town/logo/{town.version}" in client.get("/").text
    assert save(admin, name="Town again") == 302
    assert towns.find_logo() == Logo(content=content, media_type=kind)
    assert save(admin, name="Town", remove_logo="y") == 302
    assert towns.find_logo() is None


@pytest.mark.parametrize("content", [b"<svg onload='alert(1)'/>", b"GIF89a", b"%PDF", PNG + b"\0" * 1000])
def test_other_files_and_large_ones_are_refused_and_nothing_is_lost(
    admin: FlaskClient, content: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(logo, "LARGEST", 1000)
    assert save(admin, name="Town", logo=(io.BytesIO(content), "logo.png")) == 400
    assert towns.current().version == 0


@pytest.mark.parametrize(
    ("colour", "status"), [("#1A4F8B", 302), ("", 302), ("#767676", 302), ("#777777", 400), ("red", 400)]
)
def test_a_colour_must_be_readable_on_white(admin: FlaskClient, client: FlaskClient, colour: str, status: int):
    assert save(admin, name="Town", colour=colour) == status
    town = towns.current()
    shown = f"/town/colour/{town.version}.css"
    assert (shown in client.get("/").text) is (status == 302 and colour != "")
    if town.colour:
        assert f"--kern-color-action-default: {colour.lower()};" in client.get(shown).text
        assert client.get(f"/town/colour/{town.version + 1}.css").status_code == 404


def test_a_colleague_gets_a_one_time_link_that_is_shown_once(admin: FlaskClient, app: Flask):
    values: dict[str, str | list[str]] = {"name": "Alex", "email": "alex@example.org", "role": "organiser"}
    page = fill_in(admin, "/organise/accounts", values, form=-1).text
    (link,) = re.findall(r"http://events\.example\.org(/organise/link/[\w-]+)", page)
    assert link not in admin.get("/organise/accounts").text
    browser = app.test_client()
    assert fill_in(browser, link, {}).status_code == 302
    assert browser.get("/organise").status_code == 200
    assert fill_in(admin, "/organise/accounts", values, form=-1).status_code == 409
    alex = accounts.find_organiser("alex@example.org")
    assert alex is not None
    close = f"/organise/accounts/{alex.id}/disable"
    _forms = admin.get("/organise/accounts").text
    assert close in _forms
    token = re.findall(r'name="form_token" value="([^"]+)"', _forms)[-1]
    assert admin.post(close, data={"form_token": token}).status_code == 302
    assert browser.get("/organise").status_code == 302
    admin.post(f"/organise/accounts/{alex.id}/enable", data={"form_token": token})
    assert accounts.get_organiser(alex.id).disabled is False
    assert admin.post("/organise/accounts/999/disable", data={"form_token": token}).status_code == 404


def test_nobody_closes_their_own_account(admin: FlaskClient):
    page = admin.get("/organise/accounts").text
    token = re.findall(r'name="form_token" value="([^"]+)"', page)[-1]
    admin.post("/organise/accounts/1/disable", data={"form_token": token})
    assert admin.get("/organise").status_code == 200


def test_a_token_is_shown_once_and_ended(admin: FlaskClient, clock: Clock):
    page = fill_in(admin, "/organise/tokens", {"name": "Website"}, form=-1).text
    (token,) = re.findall(r"<code>(rs_[\w-]+)</code>", page)
    assert accounts.find_api_token(token) == ("api_token:1", 1)
    assert token not in admin.get("/organise/tokens").text
    assert fill_in(admin, "/organise/tokens", {}, form=1).status_code == 302
    assert accounts.find_api_token(token) is None
    assert fill_in(admin, "/organise/tokens", {"name": ""}, form=-1).status_code == 400
