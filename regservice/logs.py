"""What the service writes to stderr: what happened, never who it happened to.

Messages of exceptions are left out, since they may hold what a person typed: the place and the kind of the failure are
what an operator needs.
"""

import logging
import re
import sys
import traceback
from types import TracebackType

SECRET_PATHS = re.compile(r"/(r|u|speak|decide|organise/+link|organise/+first)/+[^/\s?]+", re.IGNORECASE)


def set_up() -> None:
    """Log in plain lines to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def masked(path: str) -> str:
    """A path without the token that would open it, and without control characters."""
    return SECRET_PATHS.sub(r"/\1/***", "".join(letter if letter.isprintable() else "?" for letter in path))


class PlainFormatter(logging.Formatter):
    """One line a message; a failure is its stack and its type."""

    def formatException(  # noqa: N802 - logging's own name.
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """The frames and the names of the exceptions, without their messages."""
        lines = []
        error = ei[1]
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
            lines.append(f"{frames}\n{type(error).__module__}.{type(error).__name__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)
