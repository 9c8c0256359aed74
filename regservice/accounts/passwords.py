"""Passwords: argon2id, at most four at work at once, and a refusal of what is short or well known."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from regservice.accounts.types import PasswordRefused

SHORTEST, LONGEST = 12, 128
# OWASP ASVS 5.0 appendix C: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_work = threading.Semaphore(4)
# Made with these settings, so that looking it up takes as long as a real one; a test holds the two together.
NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$kdfLDKNDP686DTBt7Q91Kg$bJkxbj5T0+cR6v2quFCpKlSbS502DDHI0Nph9068ZJw"
_WELL_KNOWN = ("password", "passwort", "12345", "qwert", "abcdef", "letmein", "regservice", "rathaus")


def refusal(password: str, email: str) -> PasswordRefused | None:
    """Why a password is not taken, or None. There is no rule about its composition."""
    if len(password) < SHORTEST:
        return PasswordRefused(code="short")
    if len(password) > LONGEST:
        return PasswordRefused(code="long")
    plain = password.casefold()
    if len(set(plain)) < 5 or plain in {email.casefold(), email.casefold().partition("@")[0]}:
        return PasswordRefused(code="known")
    rest = plain
    for known in _WELL_KNOWN:
        rest = rest.replace(known, "")
    return PasswordRefused(code="known") if len(rest) < SHORTEST // 2 else None


def hashed(password: str) -> str:
    """The argon2id hash to keep."""
    with _at_work:
        return _hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether the password fits; an empty hash never does and takes the same time."""
    with _at_work:
        try:
            return _hasher.verify(password_hash or NOBODYS_HASH, password) and bool(password_hash)
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings."""
    return _hasher.check_needs_rehash(password_hash)
