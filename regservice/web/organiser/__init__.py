"""The organiser's area under /organise: one blueprint, a module a topic."""

from regservice.web.organiser import (
    account,
    accounts,
    attendees,
    door_list,
    editing,
    events,
    exports,
    help,
    messages,
    person,
    press,
    publishing,
    signin,
    taking_part,
    tokens,
    town,
)
from regservice.web.organiser.area import blueprint

__all__ = [
    "account",
    "accounts",
    "attendees",
    "blueprint",
    "door_list",
    "editing",
    "events",
    "exports",
    "help",
    "messages",
    "person",
    "press",
    "publishing",
    "signin",
    "taking_part",
    "tokens",
    "town",
]
