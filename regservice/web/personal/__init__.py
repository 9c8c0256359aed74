"""A person's own pages behind the one link in every mail: one blueprint, a module a topic."""

from regservice.web.personal import answers, groups, needs, pages, questions, room, taking_part
from regservice.web.personal.pages import blueprint

__all__ = ["answers", "blueprint", "groups", "needs", "pages", "questions", "room", "taking_part"]
