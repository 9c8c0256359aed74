"""Accounts of organisers: made, signed in, given one-time links and API tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from regservice.accounts import passwords
from regservice.accounts.models import ApiToken, OneTimeLink, Organiser, SignIn
from regservice.accounts.types import (
    AddressTaken,
    ApiTokenFacts,
    LastAdmin,
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
    if refused := passwords.refusal(password, session().get_one(Organiser, organiser_id).email):
        return refused
    # Hashing takes its time on purpose; nobody else should wait for the database meanwhile.
    password_hash = passwords.hashed(password)
    with transaction() as active:
        active.get_one(Organiser, organiser_id).password_hash = password_hash
        _end_sign_ins(organiser_id, now)
        audit.record("organiser.password_set", f"organiser:{organiser_id}", actor=by, now=now)
    return None


def change_password(
    organiser_id: int, old: str, new: str, *, now: datetime
) -> SignedIn | WrongCredentials | PasswordRefused | Throttled:
    """A signed-in person changes their own password; every browser is signed out and this one gets a new session.

    An account that was reached by a one-time link and never had a password needs no old one.
    """
    actor = f"organiser:{organiser_id}"
    with transaction():
        if (refused := limits.take(ACCOUNT_TRIES, actor, now)) is not None:
            return Throttled(until=now + refused.retry_after)
    row = session().get_one(Organiser, organiser_id)
    if row.password_hash and not passwords.matches(row.password_hash, old):
        return WrongCredentials()
    if problem := set_password(organiser_id, new, by=actor, now=now):
        return problem
    with transaction():
        return _start(organiser_id, now)


def disable(organiser_id: int, *, by: str, now: datetime) -> LastAdmin | None:
    """Close an account, which ends its sign-ins, links and tokens at once; one admin always stays."""
    with transaction() as active:
        admins = select(Organiser.id).where(Organiser.role == Role.ADMIN, Organiser.disabled_at.is_(None))
        if set(active.scalars(admins.with_for_update())) <= {organiser_id}:
            return LastAdmin()
        active.get_one(Organiser, organiser_id).disabled_at = now
        _end_sign_ins(organiser_id, now)
        links = update(OneTimeLink).where(OneTimeLink.organiser_id == organiser_id, OneTimeLink.used_at.is_(None))
        active.execute(links.values(used_at=now))
        tokens = update(ApiToken).where(ApiToken.organiser_id == organiser_id, ApiToken.ended_at.is_(None))
        active.execute(tokens.values(ended_at=now))
        audit.record("organiser.disabled", f"organiser:{organiser_id}", actor=by, now=now)
    return None


def enable(organiser_id: int, *, by: str, now: datetime) -> None:
    """Open a closed account again; its old sign-ins, links and tokens stay dead."""
    with transaction() as active:
        active.get_one(Organiser, organiser_id).disabled_at = None
        audit.record("organiser.enabled", f"organiser:{organiser_id}", actor=by, now=now)


def _end_sign_ins(organiser_id: int, now: datetime) -> None:
    """Sign an account out of every browser. Part of the caller's transaction."""
    session().execute(
        update(SignIn).where(SignIn.organiser_id == organiser_id, SignIn.ended_at.is_(None)).values(ended_at=now)
    )


def sign_in(email: str, password: str, *, sender: str, now: datetime) -> SignedIn | WrongCredentials | Throttled:
    """Check a password; the same time passes whether the account exists or not. Only wrong passwords count as tries."""
    tries = ((ACCOUNT_TRIES, email.casefold()), (SENDER_TRIES, sender))
    with transaction():
        for limit, subject in tries:
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
        for each in tries:
            limits.give_back(each)
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
        if session().get_one(Organiser, row.organiser_id).disabled_at is not None:
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


def api_tokens() -> list[ApiTokenFacts]:
    """All tokens that are not ended, the newest first; the tokens themselves are not kept."""
    query = select(ApiToken).where(ApiToken.ended_at.is_(None)).order_by(ApiToken.id.desc())
    return [row.facts() for row in session().scalars(query)]


def end_api_token(token_id: int, *, by: str, now: datetime) -> None:
    """Make a token useless at once; a repeat changes nothing."""
    with transaction() as active:
        row = active.get(ApiToken, token_id)
        if row is not None and row.ended_at is None:
            row.ended_at = now
            audit.record("api_token.ended", f"api_token:{token_id}", actor=by, now=now)


def find_api_token(token: str) -> tuple[str, int | None] | None:
    """Who an API token acts as: the actor for the audit trail, and the organiser it belongs to."""
    row = session().scalars(select(ApiToken).where(ApiToken.token_hash == _hash(token))).one_or_none()
    if row is None or row.ended_at is not None:
        return None
    return f"api_token:{row.id}", row.organiser_id
