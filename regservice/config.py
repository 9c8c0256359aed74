"""Settings: one frozen dataclass, read once from the environment and `instance/.env`."""

import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from flask import current_app

PROJECT_ROOT = Path(__file__).resolve().parent.parent
PREFIX = "REGSERVICE_"
SHORTEST_SECRET = 32
KNOWN_SECRETS = {"changeme", "secret", "dev", "development", "password"}


class SettingsError(Exception):
    """The service cannot start with these settings; the message names each of them."""


def _text(value: str) -> str:
    return value.strip()


def _whole_number(value: str) -> int:
    number = int(value)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _port(value: str) -> int:
    number = int(value)
    if not 0 < number < 65536:
        raise ValueError("must be between 1 and 65535")
    return number


def _switch(value: str) -> bool:
    known = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}
    try:
        return known[value.strip().lower() or "0"]
    except KeyError:
        raise ValueError("must be 0 or 1") from None


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no IANA time zone such as Europe/Berlin") from None


def _base_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must look like https://events.example.org")
    return value.strip().rstrip("/")


def _room_url(value: str) -> str:
    url = _base_url(value)
    if not url.startswith("https://") and not is_loopback(urlsplit(url).hostname or ""):
        raise ValueError("must begin with https://, since secrets are sent there")
    return url


def _locale(value: str) -> str:
    if value.strip() not in LOCALES:
        raise ValueError(f"must be one of {', '.join(LOCALES)}")
    return value.strip()


LOCALES = ("de", "en")
# Plain German: the same locale as German, in simpler words.
PLAIN = "de-simple"
# What people choose from for themselves.
LANGUAGES = (*LOCALES, PLAIN)


def setting(name: str, default: Any, parse: Callable[[str], Any], doc: str, shown_default: str = "") -> Any:
    """A dataclass field that knows its environment name, its parser and its line in the settings table."""
    metadata = {"name": name, "parse": parse, "doc": doc, "shown_default": shown_default or str(default)}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator can set; each field carries its name, its parser and its explanation."""

    host: str = setting("HOST", "127.0.0.1", _text, "Address on which the web server listens.")
    port: int = setting("PORT", 8000, _port, "Port on which the web server listens.")
    instance: Path = setting(
        "REGSERVICE_INSTANCE",
        PROJECT_ROOT / "instance",
        Path,
        "Folder for database, secret key and `.env`.",
        "instance/",
    )
    database_url: str = setting(
        "REGSERVICE_DATABASE_URL",
        "",
        _text,
        "`sqlite:///…` or `postgresql+psycopg://…`; PostgreSQL serves several processes or hosts.",
        "SQLite file in `instance/`",
    )
    secret_key: str = setting(
        "REGSERVICE_SECRET_KEY",
        "",
        _text,
        "Signs forms and derives personal links; at least 32 characters.",
        "made once into `instance/secret_key`",
    )
    secret_key_fallbacks: tuple[str, ...] = setting(
        "REGSERVICE_SECRET_KEY_FALLBACKS",
        (),
        _names,
        "Older keys, comma separated, still good for reading links.",
        "none",
    )
    base_url: str = setting(
        "REGSERVICE_BASE_URL",
        "",
        _base_url,
        "The only source of links in mails and calendars. With https: Secure and `__Host-` cookies, HSTS.",
        "`http://HOST:PORT`",
    )
    trusted_proxies: int = setting(
        "REGSERVICE_TRUSTED_PROXIES", 0, _whole_number, "How many proxies stand in front and set X-Forwarded-For."
    )
    timezone: str = setting("REGSERVICE_TIMEZONE", "Europe/Berlin", _zone, "IANA time zone of new events.")
    locale: str = setting("REGSERVICE_LOCALE", "de", _locale, "Language where a person's is not known.")
    mail_server: str = setting(
        "REGSERVICE_MAIL_SERVER", "", _text, "SMTP relay. Without one, mails are held and shown, not sent.", "none"
    )
    mail_port: int = setting("REGSERVICE_MAIL_PORT", 25, _port, "Port of the relay.")
    mail_use_tls: bool = setting("REGSERVICE_MAIL_USE_TLS", False, _switch, "STARTTLS, required when set.", "0")
    mail_use_ssl: bool = setting("REGSERVICE_MAIL_USE_SSL", False, _switch, "TLS from the first byte.", "0")
    mail_username: str = setting("REGSERVICE_MAIL_USERNAME", "", _text, "Account at the relay.", "none")
    mail_password: str = setting("REGSERVICE_MAIL_PASSWORD", "", str, "Password at the relay.", "none")
    mail_default_sender: str = setting(
        "REGSERVICE_MAIL_DEFAULT_SENDER", "", _text, "Sender address of all mails; required with a relay.", "none"
    )
    mail_timeout: int = setting("REGSERVICE_MAIL_TIMEOUT", 30, _whole_number, "Seconds to wait for the relay.")
    mail_rate: int = setting(
        "REGSERVICE_MAIL_RATE",
        0,
        _whole_number,
        "Mails a minute that the relay takes from all workers together; 0 for no limit.",
        "none",
    )
    feeds: bool = setting("REGSERVICE_FEEDS", False, _switch, "`on` lets the worker fetch indicator feeds.", "off")
    feed_hosts: tuple[str, ...] = setting(
        "REGSERVICE_FEED_HOSTS", (), _names, "Hosts from which feeds may be fetched, comma separated.", "none"
    )
    bbb_url: str = setting(
        "REGSERVICE_BBB_URL", "", _room_url, "BigBlueButton server that makes digital rooms; with its secret.", "none"
    )
    bbb_secret: str = setting("REGSERVICE_BBB_SECRET", "", _text, "Shared secret of the BigBlueButton server.", "none")
    jitsi_url: str = setting("REGSERVICE_JITSI_URL", "", _room_url, "Jitsi Meet server for digital rooms.", "none")
    jitsi_app_id: str = setting(
        "REGSERVICE_JITSI_APP_ID", "", _text, "Name of our application, where the Jitsi server wants tokens.", "none"
    )
    jitsi_secret: str = setting(
        "REGSERVICE_JITSI_SECRET", "", _text, "Secret with which tokens for Jitsi are signed.", "none"
    )
    nextcloud_url: str = setting(
        "REGSERVICE_NEXTCLOUD_URL", "", _room_url, "Nextcloud with Talk, for digital rooms; with its account.", "none"
    )
    nextcloud_user: str = setting(
        "REGSERVICE_NEXTCLOUD_USER", "", _text, "Technical account that owns the conversations.", "none"
    )
    nextcloud_password: str = setting(
        "REGSERVICE_NEXTCLOUD_PASSWORD", "", _text, "App password of that account.", "none"
    )
    room_people: int = setting(
        "REGSERVICE_ROOM_PEOPLE",
        0,
        _whole_number,
        "How many people a made room carries; organisers are told when more are expected. 0 where nobody knows.",
        "none",
    )
    rehearsal: bool = setting(
        "REGSERVICE_REHEARSAL",
        False,
        _switch,
        "1 for rehearsals and load tests: `tick --at`, no limits of rate and waiting time, a banner on every page.",
        "0",
    )

    @property
    def https(self) -> bool:
        """Whether people reach the service over TLS, which decides on cookies and HSTS."""
        return self.base_url.startswith("https://")

    @property
    def room_systems(self) -> tuple[str, ...]:
        """The systems that are set up to make digital rooms, by the names under which events choose them."""
        addresses = {"bigbluebutton": self.bbb_url, "jitsi": self.jitsi_url, "nextcloud_talk": self.nextcloud_url}
        return tuple(name for name, address in addresses.items() if address)

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The signing key first, then the older ones that are still good for reading."""
        return (self.secret_key, *self.secret_key_fallbacks)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; the environment wins over `instance/.env`.

    Raises SettingsError, which names every unknown name and every unusable value at once.
    """
    environ = os.environ if environ is None else environ
    instance = Path(environ.get("REGSERVICE_INSTANCE") or PROJECT_ROOT / "instance").resolve()
    given = {name: value for name, value in dotenv_values(instance / ".env").items() if value is not None}
    given |= {name: value for name, value in environ.items() if name.startswith(PREFIX) or name in {"HOST", "PORT"}}
    known = {entry.metadata["name"]: entry for entry in fields(Settings)}
    problems = [f"{name} is not a setting of regservice" for name in given if name not in known]
    values: dict[str, Any] = {}
    for name, entry in known.items():
        if given.get(name, "").strip():
            try:
                values[entry.name] = entry.metadata["parse"](given[name])
            except ValueError as error:
                problems.append(f"{name} {error}")
    values["instance"] = instance
    if problems:
        raise SettingsError("; ".join(problems))
    return _completed(values, instance)


def _completed(values: dict[str, Any], instance: Path) -> Settings:
    """Fill in the defaults that depend on other settings and refuse what does not fit together."""
    instance.mkdir(parents=True, exist_ok=True)
    values["database_url"] = _database_url(values.get("database_url", ""), instance)
    values["secret_key"] = values.get("secret_key") or _kept_secret(instance / "secret_key")
    bare = Settings(**values)
    if not bare.base_url:
        values["base_url"] = f"http://{bare.host}:{bare.port}"
    problems = []
    for key in bare.secret_keys:
        if len(key) < SHORTEST_SECRET or key.lower() in KNOWN_SECRETS or len(set(key)) < 8:
            problems.append(
                f"REGSERVICE_SECRET_KEY is too short or a known default: use {SHORTEST_SECRET} random characters"
            )
    if not _has_zone_data(bare.timezone):
        problems.append(f"there is no time zone data for {bare.timezone}: run `make setup`, which installs tzdata")
    if bare.mail_server and not bare.mail_default_sender:
        problems.append("REGSERVICE_MAIL_SERVER needs REGSERVICE_MAIL_DEFAULT_SENDER")
    if bare.mail_default_sender and "@" not in parseaddr(bare.mail_default_sender)[1]:
        problems.append("REGSERVICE_MAIL_DEFAULT_SENDER must be a mail address such as events@example.org")
    if bare.mail_use_tls and bare.mail_use_ssl:
        problems.append("REGSERVICE_MAIL_USE_TLS and REGSERVICE_MAIL_USE_SSL exclude each other")
    encrypted = bare.mail_use_tls or bare.mail_use_ssl
    if bare.mail_server and bare.mail_password and not encrypted and not is_loopback(bare.mail_server):
        problems.append(
            "REGSERVICE_MAIL_PASSWORD needs REGSERVICE_MAIL_USE_TLS or REGSERVICE_MAIL_USE_SSL, "
            "since anybody on the way could read it"
        )
    problems += _half_set_rooms(bare)
    if bare.rehearsal and bare.mail_server and not is_loopback(bare.mail_server):
        problems.append("REGSERVICE_REHEARSAL is only possible with a relay on this machine (127.0.0.1)")
    if problems:
        raise SettingsError("; ".join(problems))
    return Settings(**values)


def _half_set_rooms(settings: Settings) -> list[str]:
    """A system for rooms of which only a part is set would fail when people click."""
    together = (
        ("REGSERVICE_BBB_URL", "REGSERVICE_BBB_SECRET"),
        ("REGSERVICE_JITSI_APP_ID", "REGSERVICE_JITSI_SECRET"),
        ("REGSERVICE_NEXTCLOUD_URL", "REGSERVICE_NEXTCLOUD_USER", "REGSERVICE_NEXTCLOUD_PASSWORD"),
    )
    given = {entry.metadata["name"]: getattr(settings, entry.name) for entry in fields(Settings)}
    problems = [
        f"{' and '.join(names)} belong together: set all of them or none"
        for names in together
        if len({bool(given[name]) for name in names}) > 1
    ]
    if settings.jitsi_app_id and not settings.jitsi_url:
        problems.append("REGSERVICE_JITSI_APP_ID needs REGSERVICE_JITSI_URL")
    return problems


def is_loopback(host: str) -> bool:
    """Whether a mail sent to this host cannot leave the machine; a name that begins like its address may lead away."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _database_url(url: str, instance: Path) -> str:
    url = url or f"sqlite:///{instance / 'regservice.sqlite3'}"
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingsError("REGSERVICE_DATABASE_URL must start with sqlite:/// or postgresql+psycopg://")
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        # A relative file means the same file from wherever the command is started.
        url = f"sqlite:///{(PROJECT_ROOT / url.removeprefix('sqlite:///')).resolve()}"
    return url


def _has_zone_data(zone: str) -> bool:
    """Whether times can be told; our own package of zone data is missing only where somebody removed it."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError):
        return False
    return True


def _kept_secret(path: Path) -> str:
    """The key made at the first start; several processes may start at once, and one of them makes it."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path} can be read by others: chmod 600 {path}") from None
        kept = path.read_text(encoding="ascii").strip()
        if not kept:
            raise SettingsError(f"{path} is empty: delete it and start again") from None
        return kept
    fresh = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(fresh + "\n")
    return fresh


def current_settings() -> Settings:
    """The settings of the running application."""
    settings: Settings = current_app.extensions["regservice_settings"]
    return settings


def settings_table() -> str:
    """The settings as a Markdown table, so that the documentation cannot drift from the code."""
    rows = [
        f"| `{entry.metadata['name']}` | {entry.metadata['shown_default']} | {entry.metadata['doc']} |"
        for entry in fields(Settings)
    ]
    return "\n".join(["| name | default | meaning |", "|---|---|---|", *rows]) + "\n"
