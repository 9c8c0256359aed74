"""Words for the codes of the service, as organisers read them."""

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from regservice.events.types import SessionFacts

EVENT_STATUS = {
    "draft": _("Draft"),
    "published": _("Published"),
    "postponed": _("Postponed"),
    "cancelled": _("Cancelled"),
    "held": _("Held"),
    "archived": _("Archived"),
}
EVENT_STATUS_KIND = {"draft": "info", "published": "success", "postponed": "warning", "cancelled": "danger"}

ROOM_SYSTEM = {
    "link": _("A link that I enter"),
    "bigbluebutton": _("BigBlueButton makes it"),
    "jitsi": _("Jitsi makes it"),
    "nextcloud_talk": _("Nextcloud Talk makes it"),
}

FORMAT = {
    "onsite": _("On site"),
    "digital": _("Digital"),
    "hybrid": _("On site and digital"),
    "mixed": _("Differs between the parts"),
}

SESSION_KIND = {
    "whole": _("The whole event"),
    "talk": _("Talk, opening, closing or the like"),
    "group": _("Working group"),
    "break": _("Break"),
    "meal": _("Meal: somebody cooks for those who come"),
    "watch_together": _("Place to watch together on site"),
}
SESSIONS_REFUSED = {
    "format": _("The event is public. Please switch the format of a part instead, so that everybody is told."),
    "people": _("Some people would take part in another way. Please switch the format instead, so that they are told."),
    "taken": _("People are in this part. Please move them to another one first."),
}

STATUS = {
    "pending": _("not confirmed yet"),
    "confirmed": _("has a place"),
    "waitlisted": _("on the waiting list"),
    "offered": _("a place is offered"),
    "cancelled": _("cancelled"),
    "expired": _("expired"),
    "attended": _("was there"),
    "no_show": _("did not come"),
}
STATUS_KIND = {"confirmed": "success", "attended": "success", "waitlisted": "warning", "offered": "warning"}

ATTENDANCE = {"onsite": _("On site"), "digital": _("Digital")}
WISH = ATTENDANCE | {"either": _("Both suit")}
SOURCE = {"form": _("by the form"), "api": _("by a program"), "staff": _("entered by the town")}
ANSWER = {"yes": _("Yes"), "no": _("No")}
COLUMN = {
    "code": _("Code"),
    "name": _("Name"),
    "email": _("E-mail address"),
    "language": _("Language"),
    "status": _("Status"),
    "attendance": _("Takes part"),
    "registered_at": _("Registered at"),
    "wish": _("Wish"),
    "joined_at": _("Joined (first click)"),
    "format": _("The event takes place"),
    "format_version": _("Version of the format"),
    "parts": _("Parts"),
}
ROLE = {"admin": _("Administrator"), "organiser": _("Organiser")}

FIELD = {
    "title": _("Title"),
    "starts_at": _("Day and start"),
    "ends_at": _("End"),
    "registration_opens_at": _("Registration opens"),
    "registration_closes_at": _("Deadline"),
    "registration_mode": _("How to register"),
    "registration_address": _("Address for registration"),
    "capacity": _("Capacity"),
    "host": _("Host"),
    "contact": _("Contact"),
    "venue": _("Place"),
    "town": _("Town"),
    "groups.capacity": _("Places in the working groups"),
    "questions": _("Questions"),
    "agenda.starts_at": _("Times of the programme"),
    "sessions": _("Parts"),
    "format_rule": _("Rule for going digital"),
    "join_url": _("Room for the digital format"),
    "access": _("Accessibility"),
}

MESSAGE_KIND = {
    "optin": _("Please confirm"),
    "optin_again": _("Please confirm (second mail)"),
    "already": _("Your link, sent again"),
    "new_link": _("Your new link"),
    "confirmed": _("Confirmation of the place"),
    "waitlisted": _("On the waiting list"),
    "offer": _("A place is free"),
    "remind_7d": _("Reminder a week before"),
    "remind_1d": _("Reminder the day before"),
    "remind_2h": _("Reminder two hours before"),
    "decision": _("On site or digital"),
    "decision_again": _("On site or digital (second mail)"),
    "changed": _("Time or place changed"),
    "postponed": _("Event postponed"),
    "cancelled_event": _("Event cancelled"),
    "cancelled": _("Registration cancelled"),
    "group": _("Own part of the programme"),
    "group_gone": _("The group that was wished for is gone"),
    "moved": _("Now on site, or now digital"),
    "keep_place": _("Do you come?"),
    "take_place": _("A place on site is free. Do you come?"),
    "stay_digital": _("Would you stay digital?"),
    "new_date": _("New date: does it suit you?"),
    "new_date_again": _("New date: does it suit you? (second mail)"),
    "thanks": _("Thanks"),
    "proposal": _("Proposal to the organiser"),
    "speaker_decision": _("Decision, to those who speak"),
    "speaker_change": _("Moved, postponed or cancelled, to those who speak"),
    "organiser_feed": _("To the organiser: no fresh value"),
    "organiser_warning": _("To the organiser: a warning"),
    "organiser_help": _("To the organiser: somebody waits for a call or for help"),
}
QUESTION = {
    "stay_digital": _("Would you stay digital?"),
    "new_date": _("Does the new date suit you?"),
    "keep_place": _("Do you come?"),
    "take_place": _("A place on site is free. Do you come?"),
}
# What can be ticked on a call list, by what is asked; without a question it is about the format that holds.
CALL_BOXES = {
    None: (_("Reached"), _("Takes part"), _("Needs help"), _("Cancels")),
    "part": (_("Reached"), _("Takes part"), _("Cancels")),
    "stay_digital": (_("Reached"), _("Stays digital"), _("Comes")),
    "new_date": (_("Reached"), _("Suits"), _("Cancels")),
    "keep_place": (_("Reached"), _("Comes"), _("Stays digital")),
    "take_place": (_("Reached"), _("Comes"), _("Stays digital")),
}
MESSAGE_STATE = {
    "held": _("kept, no relay is set"),
    "waiting": _("will be sent"),
    # A worker has it on its list, and another one takes it over when that one is held up.
    "claimed": _("will be sent"),
    "sending": _("handed over, the relay has not answered yet"),
    "sent": _("sent"),
    "failed": _("failed"),
    "skipped": _("not needed any more"),
    "uncertain": _("uncertain whether it arrived"),
}
MESSAGE_STATE_KIND = {"sent": "success", "failed": "danger", "uncertain": "warning", "held": "warning"}

CALL_ANSWER = {
    "reached": _("reached"),
    "joins": _("takes part digitally"),
    "help": _("needs help"),
    "cancels": _("cancels"),
}

DEED = {
    "registration.created": _("registered"),
    "registration.entered": _("entered"),
    "registration.confirmed": _("got the place"),
    "registration.waitlisted": _("joined the waiting list"),
    "registration.offered": _("was offered a place"),
    "registration.offer_prolonged": _("keeps the offered place longer"),
    "registration.cancelled": _("cancelled"),
    "registration.changed": _("changed name, language or answers"),
    "registration.address_corrected": _("corrected the address"),
    "registration.link_sent": _("sent the link again"),
    "registration.link_replaced": _("replaced the personal link"),
    "registration.mail_returned": _("noted that a mail came back"),
    "registration.address_tried_again": _("had mails sent to the address again"),
    "registration.moved_up": _("moved up from the waiting list"),
    "registration.moved": _("changed between on site and digital"),
    "registration.session_chosen": _("was put into a part"),
    "registration.session_left": _("was taken out of a part"),
    "registration.digital_too": _("said whether a digital place is wanted too"),
    "registration.muted": _("switched one kind of mail off"),
    "registration.expired": _("expired"),
    "format.called": _("told somebody on the telephone how they take part"),
    "registration.asked_back": _("was asked first, since the event takes place on site again"),
    "registration.stayed_away": _("did not take the place; the cancellation holds"),
    "registration.answered_switch": _("answered how they take part digitally"),
    "help.taken_over": _("somebody cares for the request for help"),
    "help.settled": _("the help is arranged"),
}

# Why a message was not sent, in the words of the ledger.
REASONS = (
    _("the registration was confirmed"),
    _("the registration was cancelled"),
    _("the place was accepted"),
    _("a place was given by staff"),
    _("the person's data was deleted"),
    _("no answer after the message was handed over; sent once more with the same Message-ID"),
    _("no answer twice; it may have arrived once, twice or not at all"),
    _("it may have left after the copy was made that was brought back"),
    _("a later change is told with it"),
    _("a newer switch replaced it"),
    _("a place was offered"),
    _("a place was found in the other way"),
    _("a place is there for everyone"),
    _("the event was moved"),
    _("the event was cancelled"),
    _("the event was postponed"),
    _("the event was taken up again"),
    _("the offer ended"),
    _("the proposal is closed"),
    _("the proposal is settled"),
    _("the person does not speak any more"),
    _("the value is fresh again, or no longer needed"),
    _("the registration ended"),
    _("this kind of message is not known"),
    _("there is no mail address"),
    _("the mailbox does not exist"),
    _("the mail came back"),
    _("the event is not public"),
    _("the event takes place"),
    _("the event is not over"),
    _("the person switched this kind of mail off"),
    _("the person takes part on site"),
    _("a newer decision was made"),
    _("the person has answered"),
    _("this is not asked any more"),
    _("the person was not there"),
    _("it is too late for this message to be useful"),
    _("the registration is pending"),
    _("the registration is confirmed"),
    _("the registration is waitlisted"),
    _("the registration is offered"),
    _("the registration is cancelled"),
    _("the registration is expired"),
)

# What is missing before an event can be published, by field and code.
PROBLEM = {
    ("title", "missing"): _("The title is missing."),
    ("starts_at", "missing"): _("The day and the time are missing."),
    ("starts_at", "past"): _("The event would begin in the past."),
    ("ends_at", "before_start"): _("The event would end before it begins."),
    ("ends_at", "missing"): _("It is not said when the event ends. Calendars assume two hours."),
    ("join_url", "missing"): _("The address of the digital room is missing."),
    ("venue", "missing"): _("The place is missing."),
    ("venue.street", "missing"): _("The street is missing; visitors may not know the place."),
    ("contact", "missing"): _("It is not said whom to ask: an e-mail address or a telephone number."),
    ("registration_closes_at", "after_start"): _("Registration would close after the event has begun."),
    ("registration_opens_at", "after_deadline"): _("Registration would open after it closes."),
    ("registration_address", "missing"): _("The address for registering is missing."),
    ("access", "missing"): _("Nothing is said about accessibility: steps, lift, sign language, induction loop."),
    ("image", "alt_missing"): _("The picture has no description for people who cannot see it."),
    ("image", "credit_missing"): _("The picture has no credit."),
    ("capacity", "missing"): _("The number of places is not limited."),
    ("questions", "answered"): _("People have answered, and their answers do not fit this kind. Add a new question."),
}
# Where in the form each of them is put right.
PROBLEM_ANCHOR = {
    "title": "title",
    "starts_at": "starts_on",
    "ends_at": "ends_on",
    "join_url": "join_url",
    "venue": "venue_name",
    "venue.street": "venue_street",
    "contact": "contact_email",
    "registration_closes_at": "closes_on",
    "registration_opens_at": "opens_on",
    "registration_address": "registration_address",
    "access": "access",
    "capacity": "capacity",
}

PASSWORD_REFUSED = {
    "short": _("Please choose a password of at least 12 characters. A short sentence is easy to remember."),
    "long": _("Please choose a password of at most 128 characters."),
    "known": _("This password is easy to guess. Please choose another one."),
}
TOWN_TEXT = {
    "name": _("The town's name is missing."),
    "imprint": _("The imprint is still the built-in text."),
    "privacy": _("The privacy notice is still the built-in text."),
    "accessibility": _("The accessibility statement is still the built-in text."),
}

_TABLES = {
    "column": COLUMN,
    "status": STATUS,
    "attendance": ATTENDANCE,
    "answer": ANSWER,
    "wish": WISH,
    "format": FORMAT,
}


def in_part(number: int, capacity: int | None) -> str:
    """How many people are in a part."""
    if capacity is None:
        return str(ngettext("%(num)s person", "%(num)s people", number))
    return str(gettext("%(taken)s of %(capacity)s places taken", taken=number, capacity=capacity))


def session_people(part: SessionFacts) -> str:
    """Who takes part in a session."""
    if part.for_everyone:
        return str(gettext("Everyone who has a place"))
    if part.people_choose:
        return str(gettext("Whoever chooses it on their own page, while there is room"))
    return str(gettext("Only those whom you put into it"))


def say(kind: str, code: str) -> str:
    """The word for a code in a table that leaves the service."""
    return str(_TABLES[kind].get(code, code))


def reason(text: str) -> str:
    """Why a message failed or was not needed; the relay's own words stay as they are."""
    return str(gettext(text)) if text else ""


def actor(code: str, names: dict[int, str]) -> str:
    """Who did something, by name where the account still exists."""
    kind, _colon, number = code.partition(":")
    match kind:
        case "organiser":
            return names.get(int(number), code) if number.isdigit() else code
        case "person":
            return str(gettext("the person"))
        case "api_token":
            return str(gettext("a program"))
        case _:
            return str(gettext("the service"))
