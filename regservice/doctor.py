"""Is everything in place? One finding for each part of the service, with what to do where something is wrong."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from regservice import schema, storage
from regservice.adapters.mail import try_relay
from regservice.adapters.relay_answers import reason_of
from regservice.audit import service as audit
from regservice.config import Settings
from regservice.db import db
from regservice.formats.feeds import service as feeds
from regservice.web.assets import STATIC_BUILT
from regservice.wiring import relay_settings
from regservice.workers import service as workers

LITTLE_ROOM = 200 * storage.MEGABYTE
# No clock of a machine that runs this version can be right before this day.
BUILT_AFTER = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """How one part stands; `text` says what to do when it is not well."""

    part: str
    well: bool
    text: str


def findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at every part, also when an earlier one is not well. Inside the application's context."""
    yield Finding(part="settings", well=True, text=f"pages are at {settings.base_url}")
    yield _secret(settings)
    yield _assets(STATIC_BUILT)
    yield _database()
    yield _disk(settings)
    yield _time(settings, now)
    yield from _copies(now)
    yield _worker(now)
    yield _relay(settings)
    yield _feeds(settings, now)


def _secret(settings: Settings) -> Finding:
    for name in ("secret_key", ".env"):
        path = settings.instance / name
        if path.exists() and path.stat().st_mode & 0o077:
            return Finding(part="secrets", well=False, text=f"{path} can be read by others: chmod 600 {path}")
    return Finding(part="secrets", well=True, text="nobody else can read them")


def _assets(built: Path) -> Finding:
    well = (built / "manifest.json").exists()
    return Finding(part="assets", well=well, text="built" if well else "not built: run `make setup`")


def _database() -> Finding:
    where = f"{db.engine.url.get_backend_name()} database"
    try:
        current = schema.is_current()
    except OperationalError:
        text = f"the {where} cannot be reached: check REGSERVICE_DATABASE_URL and that the server runs"
        return Finding(part="database", well=False, text=text)
    if not current and schema.is_ahead():
        text = f"a newer version of regservice has migrated the {where}: install that version"
        return Finding(part="database", well=False, text=text)
    if not current:
        text = f"the {where} is not at the newest schema: run `python -m regservice migrate`"
        return Finding(part="database", well=False, text=text)
    return Finding(part="database", well=True, text=f"{where} of the newest schema")


def _disk(settings: Settings) -> Finding:
    room = storage.room(settings)
    left = f"{room.free_bytes // storage.MEGABYTE} MB are free in {room.folder}"
    if room.trouble:
        return Finding(part="disk", well=False, text=f"{left}: {room.trouble}")
    if room.free_bytes < LITTLE_ROOM:
        return Finding(part="disk", well=False, text=f"{left}: free some, before registrations fail")
    return Finding(part="disk", well=True, text=left)


def _time(settings: Settings, now: datetime) -> Finding:
    """A machine that came up without its clock would send what is due in years."""
    shown = f"{now.astimezone(ZoneInfo(settings.timezone)):%d.%m.%Y %H:%M} in {settings.timezone}"
    if now < BUILT_AFTER:
        return Finding(part="clock", well=False, text=f"says {shown}: set the machine's clock, for example by NTP")
    return Finding(part="clock", well=True, text=shown)


def _copies(now: datetime) -> Iterator[Finding]:
    """When the newest copy was made; nothing where copies are made in another way."""
    try:
        made_at = next((entry.at for entry in audit.history("database") if entry.verb == "database.copied"), None)
    except SQLAlchemyError:
        return
    if made_at is not None:
        yield Finding(part="backup", well=True, text=f"the newest copy is {(now - made_at).days} days old")


def _worker(now: datetime) -> Finding:
    start = "start `python -m regservice serve` or `worker`"
    try:
        heard_at = workers.last_heard_at(now)
    except Exception:
        return Finding(part="worker", well=False, text="cannot be asked without a database")
    if heard_at is None:
        return Finding(part="worker", well=False, text=f"was never heard from: {start}")
    age = now - heard_at
    seconds = round(age.total_seconds())
    if workers.is_silent(heard_at, now):
        return Finding(part="worker", well=False, text=f"was last heard from {seconds} s ago: {start}")
    return Finding(part="worker", well=True, text=f"heard from {seconds} s ago")


def _relay(settings: Settings) -> Finding:
    if not settings.mail_server:
        text = "none is set: mails are held and can be read in the organiser's area"
        return Finding(part="relay", well=True, text=text)
    where = f"{settings.mail_server} port {settings.mail_port}"
    relay = relay_settings(settings)
    try:
        try_relay(relay)
    except OSError as error:
        return Finding(part="relay", well=False, text=f"{where} {_in_the_way(error)}")
    signed_in = " and lets us sign in" if relay.username and relay.password else ""
    return Finding(part="relay", well=True, text=f"{where} answers{signed_in}")


def _in_the_way(error: OSError) -> str:
    reason = reason_of(error)
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"does not let us sign in ({reason}): check REGSERVICE_MAIL_USERNAME and _MAIL_PASSWORD"
        case ssl.SSLError():
            return f"is not safe ({reason}): check REGSERVICE_MAIL_USE_TLS, _MAIL_USE_SSL and the certificate"
        case smtplib.SMTPException() if not isinstance(error, smtplib.SMTPServerDisconnected):
            return f"cannot be used ({reason}): check the settings REGSERVICE_MAIL_…"
        case _:
            return f"does not answer ({reason}): check REGSERVICE_MAIL_SERVER and _MAIL_PORT"


def _feeds(settings: Settings, now: datetime) -> Finding:
    """Whether values are fetched, from where, and what fails; words for people are on the page of each event."""
    if not settings.feeds:
        text = "off: nothing is fetched; REGSERVICE_FEEDS=on and REGSERVICE_FEED_HOSTS turn it on"
        return Finding(part="feeds", well=True, text=text)
    if not settings.feed_hosts:
        text = "on, but no host is allowed: name the hosts in REGSERVICE_FEED_HOSTS"
        return Finding(part="feeds", well=False, text=text)
    try:
        found = feeds.summary(now)
    except SQLAlchemyError:
        return Finding(part="feeds", well=False, text="cannot be asked without a database")
    text = f"on for {', '.join(settings.feed_hosts)}; events that read one: {found.events}"
    if found.failures:
        failing = f"{text}; failing ({', '.join(found.failures)}): look at the source on the page of the event's format"
        return Finding(part="feeds", well=False, text=failing)
    return Finding(part="feeds", well=True, text=text)
