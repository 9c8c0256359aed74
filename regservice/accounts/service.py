"""Accounts of organisers: made, signed in, given one-time links and API tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from regservice.accounts import passwords
from regservice.accounts.models import ApiToken, OneTimeLink, Organiser, SignIn
from regservice.accounts.types import (
    AddressTaken,
    LinkPurpose,
    OrganiserFacts,
    PasswordRefused,
    Role,
    SignedIn,
    Throttled,
    WrongCredentials,
)
from regservice.audit import service as audit
from regservice.config import current_settings
from regservice.db import session, transaction
from regservice.limits import service as limits
from regservice.limits.service import Limit

ACCOUNT_TRIES = Limit(name="sign-in-account", count=5, window=timedelta(minutes=15))
SENDER_TRIES = Limit(name="sign-in-sender", count=20, window=timedelta(hours=1))
IDLE = timedelta(minutes=30)
LONGEST_SIGN_IN = timedelta(hours=12)
LINK_VALID = timedelta(minutes=60)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def add_organiser(
    email: str, name: str, *, role: Role = Role.ORGANISER, password: str = "", by: str, now: datetime
) -> OrganiserFacts | AddressTaken | PasswordRefused:
    """Make an account; without a password it is reached by a one-time link."""
    if password and (refused := passwords.refusal(password, email)):
        return refused
    with transaction() as active:
        if active.scalar(select(Organiser.id).where(Organiser.email == email.casefold())):
            return AddressTaken()
        row = Organiser(
            email=email.casefold(),
            name=name,
            role=role,
            language=current_settings().locale,
            password_hash=passwords.hashed(password) if password else "",
            created_at=now,
        )
        active.add(row)
        active.flush()
        audit.record("organiser.added", f"organiser:{row.id}", actor=by, now=now, role=role.value)
        return row.facts()


def set_password(organiser_id: int, password: str, *, by: str, now: datetime) -> PasswordRefused | None:
    """Set a password and end every sign-in of the account."""
    with transaction() as active:
        row = active.get_one(Organiser, organiser_id)
        if refused := passwords.refusal(password, row.email):
            return refused
        row.password_hash = passwords.hashed(password)
        active.execute(
            update(SignIn).where(SignIn.organiser_id == organiser_id, SignIn.ended_at.is_(None)).values(ended_at=now)
        )
        audit.record("organiser.password_set", f"organiser:{organiser_id}", actor=by, now=now)
    return None


def sign_in(email: str, password: str, *, sender: str, now: datetime) -> SignedIn | WrongCredentials | Throttled:
    """Check a password; the same time passes whether the account exists or not."""
    with transaction():
        for limit, subject in ((ACCOUNT_TRIES, email.casefold()), (SENDER_TRIES, sender)):
            if (refused := limits.take(limit, subject, now)) is not None:
                return Throttled(until=now + refused.retry_after)
    row = session().scalars(select(Organiser).where(Organiser.email == email.casefold())).one_or_none()
    right = passwords.matches(row.password_hash if row else "", password)
    if row is None or not right or row.disabled_at is not None:
        with transaction():
            audit.record("sign_in.failed", "organiser", actor="unknown", now=now)
        return WrongCredentials()
    organiser_id, renew = row.id, passwords.needs_rehash(row.password_hash)
    with transaction() as active:
        if renew:
            active.get_one(Organiser, organiser_id).password_hash = passwords.hashed(password)
        return _start(organiser_id, now)


def _start(organiser_id: int, now: datetime) -> SignedIn:
    """A new session with a new token. Part of the caller's transaction."""
    token = secrets.token_urlsafe(32)
    session().add(SignIn(token_hash=_hash(token), organiser_id=organiser_id, started_at=now))
    audit.record("sign_in.started", f"organiser:{organiser_id}", actor=f"organiser:{organiser_id}", now=now)
    return SignedIn(token=token, organiser=session().get_one(Organiser, organiser_id).facts())


def find_signed_in(token: str, seen_at: datetime, now: datetime) -> OrganiserFacts | None:
    """Who a browser's session belongs to; None after 30 idle minutes, 12 hours, sign-out or a new password.

    `seen_at` is when the browser was last seen; it comes from its signed cookie.
    """
    row = session().scalars(select(SignIn).where(SignIn.token_hash == _hash(token))).one_or_none()
    if row is None or row.ended_at is not None or now > seen_at + IDLE or now > row.started_at + LONGEST_SIGN_IN:
        return None
    organiser = session().get_one(Organiser, row.organiser_id)
    return None if organiser.disabled_at is not None else organiser.facts()


def sign_out(token: str, now: datetime) -> None:
    """End the session of a browser."""
    with transaction() as active:
        active.execute(update(SignIn).where(SignIn.token_hash == _hash(token)).values(ended_at=now))


def make_link(purpose: LinkPurpose, *, organiser_id: int | None = None, now: datetime) -> str:
    """The token of a one-time link, good for an hour; older links for the same purpose and person end."""
    token = secrets.token_urlsafe(32)
    with transaction() as active:
        older = update(OneTimeLink).where(OneTimeLink.purpose == purpose, OneTimeLink.used_at.is_(None))
        same = OneTimeLink.organiser_id.is_(None) if organiser_id is None else OneTimeLink.organiser_id == organiser_id
        active.execute(older.where(same).values(used_at=now))
        active.add(
            OneTimeLink(
                token_hash=_hash(token), purpose=purpose, organiser_id=organiser_id, expires_at=now + LINK_VALID
            )
        )
    return token


def link_is_good(token: str, purpose: LinkPurpose, now: datetime) -> bool:
    """Whether a one-time link can still be used."""
    return _find_link(token, purpose, now) is not None


def _find_link(token: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink | None:
    query = select(OneTimeLink).where(OneTimeLink.token_hash == _hash(token), OneTimeLink.purpose == purpose)
    row = session().scalars(query).one_or_none()
    return row if row is not None and row.used_at is None and now < row.expires_at else None


def use_sign_in_link(token: str, now: datetime) -> SignedIn | None:
    """Sign in by a one-time link; a second use finds nothing."""
    with transaction():
        row = _find_link(token, LinkPurpose.SIGN_IN, now)
        if row is None or row.organiser_id is None:
            return None
        row.used_at = now
        return _start(row.organiser_id, now)


def use_first_organiser_link(
    token: str, *, email: str, name: str, password: str, now: datetime
) -> SignedIn | PasswordRefused | AddressTaken | None:
    """The very first account of an empty installation; the link dies with its use."""
    with transaction():
        row = _find_link(token, LinkPurpose.FIRST_ORGANISER, now)
        if row is None or count_organisers():
            return None
        made = add_organiser(email, name, role=Role.ADMIN, password=password, by="first-organiser", now=now)
        if not isinstance(made, OrganiserFacts):
            return made
        row.used_at = now
        return _start(made.id, now)


def count_organisers() -> int:
    """How many accounts there are; none means a fresh installation."""
    return session().scalar(select(func.count()).select_from(Organiser)) or 0


def find_organiser(email: str) -> OrganiserFacts | None:
    """The account of this address."""
    row = session().scalars(select(Organiser).where(Organiser.email == email.casefold())).one_or_none()
    return row.facts() if row else None


def get_organiser(organiser_id: int) -> OrganiserFacts:
    """The account with this id."""
    return session().get_one(Organiser, organiser_id).facts()


def organisers() -> list[OrganiserFacts]:
    """All accounts, by name."""
    return [row.facts() for row in session().scalars(select(Organiser).order_by(Organiser.name))]


def make_api_token(name: str, *, organiser_id: int | None, by: str, now: datetime) -> str:
    """A token for the JSON API; it is shown once and kept as its hash."""
    token = f"rs_{secrets.token_urlsafe(32)}"
    with transaction() as active:
        row = ApiToken(token_hash=_hash(token), name=name, organiser_id=organiser_id, created_at=now)
        active.add(row)
        active.flush()
        audit.record("api_token.made", f"api_token:{row.id}", actor=by, now=now)
    return token


def find_api_token(token: str) -> tuple[str, int | None] | None:
    """Who an API token acts as: the actor for the audit trail, and the organiser it belongs to."""
    row = session().scalars(select(ApiToken).where(ApiToken.token_hash == _hash(token))).one_or_none()
    if row is None or row.ended_at is not None:
        return None
    return f"api_token:{row.id}", row.organiser_id
