"""What a change of an event answers. Wording belongs to the pages."""

from dataclasses import dataclass

from regservice.events.types import Problem


@dataclass(frozen=True, kw_only=True)
class EditRefused:
    """The event cannot become like this while people can see it; every reason is named."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True)
class SessionsRefused:
    """The sessions cannot be like this; the page translates `code`."""

    code: str


@dataclass(frozen=True, kw_only=True)
class ChangeRefused:
    """The event cannot be postponed, cancelled or taken up again now."""

    code: str
