"""The one personal link: derived from the registration, so every mail can print it; the database keeps a hash."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

PURPOSE = "personal-link"


def key_id(key: str) -> str:
    """Names a secret key without showing it."""
    return hashlib.sha256(b"key-id:" + key.encode()).hexdigest()[:12]


def derive_token(key: str, registration_id: int, generation: int, purpose: str = PURPOSE) -> str:
    """256 bits for this registration and generation; another generation or purpose gives another token."""
    message = f"{purpose}:{registration_id}:{generation}".encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def key_with_id(keys: Sequence[str], wanted: str) -> str | None:
    """The key that a link was made with, if it is still listed."""
    return next((key for key in keys if key_id(key) == wanted), None)
