"""The messages about members, so that they are collected for translation; they are written where they are decided."""


def N_(text: str) -> str:  # noqa: N802 - the name under which texts are collected.
    """Mark a text for translation."""
    return text


MESSAGES = (
    # Said by the library that reads documents.
    N_("Unknown field."),
    N_("Missing data for required field."),
    N_("Field may not be null."),
    N_("Not a valid string."),
    N_("Not a valid integer."),
    N_("Not a valid number."),
    N_("Not a valid boolean."),
    N_("Not a valid date."),
    N_("Not a valid list."),
    N_("Not a valid mapping type."),
    N_("Invalid input type."),
    N_("Invalid JSON body."),
    N_("Special numeric values (nan or infinity) are not permitted."),
    # Said by our shapes.
    N_("Each question needs a key of its own."),
    N_("Each session needs a title of its own."),
    N_("These are too many."),
    N_("This cannot be set."),
    N_("This is before the first day."),
    N_("This must begin with https://"),
    N_("Write this as a text in quotes, so that leading zeros stay."),
    N_("This is no e-mail address such as name@example.org."),
    N_("This is no time such as 2026-11-18T16:00:00+01:00."),
    N_("This is no time zone such as Europe/Berlin."),
    N_("This is no usable number."),
    N_("This is no web address such as https://www.example.org."),
    N_("This kind of question needs choices."),
    N_("This must be at least 1 and at most 1000."),
    N_("This names no session: give its title or its position."),
    N_("This must be one line."),
    N_("This must not be empty."),
    N_("This text contains characters that cannot be shown."),
    N_("This text is too long."),
    N_("Use a-z, 0-9 and hyphens."),
    # Said when an event, a rule or a reading cannot be kept.
    N_("A digital format needs the address of its room."),
    N_("Another event has this address already."),
    N_("People are in a session that is not named any more: move them first."),
    N_("The address of an event stays, since people have it."),
    N_("The event cannot change to this status."),
    N_("The event has no such session."),
    N_("The event is public: switch its format instead, so that everybody is told."),
    N_("The event is public: switch the format of a session instead, so that everybody is told."),
    N_("The event needs a start first."),
    N_("The event would begin in the past."),
    N_("This is after the end of registration."),
    N_("This is after the start."),
    N_("This is before the start."),
    N_("This is later than the promised notice allows."),
    N_("This is needed before the event can be published."),
    N_("This kind of rule needs a value here."),
    N_("This must be at least 1 and at most 366."),
    N_("This must be more than 0."),
    N_("This time is in the future."),
    N_("This time is in the past."),
    N_("This time needs an offset, such as +01:00."),
    N_("With these sessions some people would take part in another way: switch the format instead."),
)
