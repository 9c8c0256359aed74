"""What a change of an event answers. Wording belongs to the pages."""

from dataclasses import dataclass

from regservice.events.types import Problem, Question


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


@dataclass(frozen=True, kw_only=True)
class AnswersConcerned:
    """Answers hang on what would go: who wants that agrees to their number first. Nothing was changed."""

    # Questions that would not be asked any more, and how many answers lists would not show any more.
    questions: tuple[tuple[Question, int], ...] = ()
    # What could not be chosen any more, and how often it was chosen; who chose it keeps it, and lists show it.
    choices: tuple[tuple[str, int], ...] = ()

    @property
    def number(self) -> int:
        """To how many answers one agrees."""
        return sum(number for _, number in (*self.questions, *self.choices))
