"""Who calls: a bearer token is the only proof the API takes; it sets and reads no cookie."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, request
from flask_babel import gettext as _

from regservice.accounts import service as accounts
from regservice.web.api.problems import Problem

View = TypeVar("View", bound=Callable[..., Any])
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="regservice"'}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What a token stands for: the name in the audit trail, and the account that its events belong to."""

    actor: str
    organiser_id: int | None


def find_caller() -> Caller | None:
    """Who calls, or None without a token. A token that is not good is always refused."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _space, token = header.partition(" ")
    found = accounts.find_api_token(token.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Problem(401, _("This token is not valid."), headers=CHALLENGE)
    return Caller(actor=found[0], organiser_id=found[1])


def token_required(view: View) -> View:
    """Let only callers with a good token in, before anything of the request is read."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        caller = find_caller()
        if caller is None:
            raise Problem(401, _("This needs a token."), headers=CHALLENGE)
        g.caller = caller
        return view(*args, **kwargs)

    guarded.access = "token"  # type: ignore[attr-defined]
    return cast(View, guarded)


def caller() -> Caller:
    """Who calls, in a view that requires a token."""
    return cast(Caller, g.caller)
