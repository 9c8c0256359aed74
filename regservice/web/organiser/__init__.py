"""The organiser's area under /organise: one blueprint, a module a topic."""

from regservice.web.organiser import (
    account,
    accounts,
    attendees,
    call_list,
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
    "call_list",
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
