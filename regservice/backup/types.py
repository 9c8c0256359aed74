"""What both directions share."""

from dataclasses import dataclass


class BackupRefused(Exception):
    """The copy cannot be made or brought back; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What became of a copy that was brought back."""

    erased_again: int
    doubted: int
    list_was_there: bool
