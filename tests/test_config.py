"""Settings: the environment wins over the file, and what is wrong is named, all of it, before anything starts."""

import os
from pathlib import Path

import pytest

from regservice.config import SettingsError, load_settings, settings_table

SECRET = "0123456789-abcdefghij-0123456789"


def load(tmp_path: Path, **environ: str) -> object:
    return load_settings({"REGSERVICE_INSTANCE": str(tmp_path), **environ})


def test_an_empty_environment_is_enough(tmp_path: Path) -> None:
    settings = load_settings({"REGSERVICE_INSTANCE": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/regservice.sqlite3"
    assert (settings.base_url, settings.https) == ("http://127.0.0.1:8000", False)
    assert os.stat(tmp_path / "secret_key").st_mode & 0o777 == 0o600
    assert load_settings({"REGSERVICE_INSTANCE": str(tmp_path)}).secret_key == settings.secret_key


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\nREGSERVICE_LOCALE=en\n")
    settings = load_settings({"REGSERVICE_INSTANCE": str(tmp_path), "PORT": "9001"})
    assert (settings.port, settings.locale, settings.base_url) == (9001, "en", "http://127.0.0.1:9001")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"REGSERVICE_SERCET_KEY": SECRET}, "REGSERVICE_SERCET_KEY"),
        ({"PORT": "many"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"REGSERVICE_TIMEZONE": "Europe/Gütersloh"}, "REGSERVICE_TIMEZONE"),
        ({"REGSERVICE_BASE_URL": "events.example.org"}, "REGSERVICE_BASE_URL"),
        ({"REGSERVICE_MAIL_USE_TLS": "perhaps"}, "REGSERVICE_MAIL_USE_TLS"),
        ({"REGSERVICE_SECRET_KEY": "changeme"}, "REGSERVICE_SECRET_KEY"),
        ({"REGSERVICE_SECRET_KEY": "a" * 40}, "REGSERVICE_SECRET_KEY"),
        ({"REGSERVICE_SECRET_KEY": SECRET, "REGSERVICE_SECRET_KEY_FALLBACKS": "short"}, "REGSERVICE_SECRET_KEY"),
        ({"REGSERVICE_DATABASE_URL": "mysql://localhost/x"}, "REGSERVICE_DATABASE_URL"),
        ({"REGSERVICE_MAIL_SERVER": "relay.example.org"}, "REGSERVICE_MAIL_DEFAULT_SENDER"),
        ({"REGSERVICE_MAIL_DEFAULT_SENDER": "no address"}, "REGSERVICE_MAIL_DEFAULT_SENDER"),
        (
            {
                "REGSERVICE_MAIL_SERVER": "relay.example.org",
                "REGSERVICE_MAIL_DEFAULT_SENDER": "town@example.org",
                "REGSERVICE_REHEARSAL": "1",
            },
            "REGSERVICE_REHEARSAL",
        ),
        (
            {
                "REGSERVICE_MAIL_SERVER": "127.0.0.1.example.org",
                "REGSERVICE_MAIL_DEFAULT_SENDER": "town@example.org",
                "REGSERVICE_REHEARSAL": "1",
            },
            "REGSERVICE_REHEARSAL",
        ),
        (
            {
                "REGSERVICE_MAIL_SERVER": "relay.example.org",
                "REGSERVICE_MAIL_DEFAULT_SENDER": "town@example.org",
                "REGSERVICE_MAIL_USERNAME": "town",
                "REGSERVICE_MAIL_PASSWORD": "secret",
            },
            "REGSERVICE_MAIL_PASSWORD",
        ),
    ],
)
def test_what_cannot_be_used_stops_the_start_and_is_named(tmp_path: Path, environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(tmp_path, **environ)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"REGSERVICE_NONSENSE.*PORT|PORT.*REGSERVICE_NONSENSE"):
        load(tmp_path, REGSERVICE_NONSENSE="1", PORT="x")


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / "secret_key").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load(tmp_path)


def test_the_documented_table_is_the_one_in_the_code() -> None:
    page = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
    assert settings_table() in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"REGSERVICE_BBB_URL": "https://bbb.example.org"}, "REGSERVICE_BBB_SECRET belong together"),
        ({"REGSERVICE_BBB_SECRET": "x"}, "REGSERVICE_BBB_SECRET belong together"),
        ({"REGSERVICE_JITSI_URL": "https://j.example.org", "REGSERVICE_JITSI_APP_ID": "a"}, "REGSERVICE_JITSI_SECRET"),
        ({"REGSERVICE_JITSI_APP_ID": "a", "REGSERVICE_JITSI_SECRET": "x"}, "needs REGSERVICE_JITSI_URL"),
        ({"REGSERVICE_NEXTCLOUD_URL": "https://n.example.org", "REGSERVICE_NEXTCLOUD_USER": "u"}, "belong together"),
        ({"REGSERVICE_JITSI_URL": "http://j.example.org"}, "REGSERVICE_JITSI_URL must begin with https://"),
        ({"REGSERVICE_JITSI_URL": "https://j.example.org"}, None),
        ({"REGSERVICE_BBB_URL": "http://127.0.0.1:1/x", "REGSERVICE_BBB_SECRET": "x"}, None),
    ],
)
def test_a_system_for_rooms_is_set_as_a_whole(tmp_path: Path, given: dict[str, str], problem: str | None) -> None:
    environ = {"REGSERVICE_INSTANCE": str(tmp_path), **given}
    if problem is None:
        assert load_settings(environ).instance == tmp_path
        return
    with pytest.raises(SettingsError, match=problem):
        load_settings(environ)
