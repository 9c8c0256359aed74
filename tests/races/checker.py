"""Whether places were given as promised: the trail is played back against a small model of seats and one line. Pure.

The model knows the rules from what is promised to people, not from the service's code:

- A newcomer gets a seat when one is free and nobody waits, else a place at the end of the line.
- A free seat is offered to the first in line in the same transaction; at rest none is free while somebody waits.
- Seats are those of confirmed people and of offers; none is given beyond the capacity of that moment. A lowered
  capacity throws nobody out.
- An offer not taken in its time goes to the next; a cancellation can be undone for half an hour while a seat is free.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tests.races.history import Deed, History
from tests.races.journal import Asked

UNDO_WITHIN = timedelta(minutes=30)
CONFIRM_WITHIN = timedelta(hours=48)
SEATED = {"confirmed", "offered"}
# What begins a transaction of its own: before it everything was at rest.
BEGINS = {
    "registration.created",
    "registration.entered",
    "registration.moved_up",
    "registration.cancelled",
    "event.edited",
}
# Which happenings are told by which kind of mail.
TOLD = {
    "registration.confirmed": "confirmed",
    "registration.waitlisted": "waitlisted",
    "registration.offered": "offer",
}


class Places:
    """The model: who has what, and who stands where in the line."""

    def __init__(self, capacity: int | None, *, offers: bool) -> None:
        self.capacity = capacity
        self.offers = offers
        self.states: dict[int, str] = {}
        self.since: dict[int, datetime] = {}
        self.until: dict[int, datetime] = {}
        self.wrong: list[str] = []
        self.told: Counter[tuple[int, str]] = Counter()
        # Seats that are spoken for.
        self.taken = 0
        # Who waits, in the order in which they joined the line, whatever the clocks of the processes said.
        self.waiting: dict[int, None] = {}

    def becomes(self, who: int, state: str) -> None:
        """The one place where somebody's state changes."""
        before = self.states.get(who)
        self.taken += (state in SEATED) - (before in SEATED)
        self.waiting.pop(who, None)
        if state == "waitlisted":
            self.waiting[who] = None
        self.states[who] = state

    @property
    def free(self) -> bool:
        """Whether there is a seat for one more."""
        return self.capacity is None or self.taken < self.capacity

    def say(self, ok: bool, deed: Deed, what: str) -> None:
        """Write down what must not be."""
        if not ok:
            self.wrong.append(f"{what}: {deed.verb} of {deed.subject} by {deed.actor} at {deed.at}")

    def at_rest(self, deed: Deed | None) -> None:
        """No free seat beside a waiting person, while offers can be made."""
        if self.offers and self.free and self.waiting:
            self.wrong.append(f"a free seat beside {len(self.waiting)} waiting, before {deed}")

    def see(self, deed: Deed) -> None:
        """One step of the trail."""
        begins = deed.verb in BEGINS or (
            deed.verb in {"registration.confirmed", "registration.waitlisted"} and deed.actor == "person"
        )
        if begins:
            self.at_rest(deed)
        if deed.subject is None:
            return
        step = getattr(self, "_" + deed.verb.removeprefix("registration."), None)
        if step is not None:
            step(deed, deed.subject)
        if deed.verb in TOLD:
            self.told[deed.subject, TOLD[deed.verb]] += 1

    def _created(self, deed: Deed, who: int) -> None:
        self.say(who not in self.states, deed, "made twice")
        self.since[who] = deed.at
        self.becomes(who, "pending")
        self.told[who, "optin"] += 1

    def _entered(self, deed: Deed, who: int) -> None:
        self.say(who not in self.states, deed, "made twice")
        self.since[who] = deed.at
        self.becomes(who, "entered")

    def _confirmed(self, deed: Deed, who: int) -> None:
        match before := self.states.get(who):
            case "pending" | "entered" | "cancelled":
                self.say(self.free, deed, "beyond the capacity")
                self.say(not self.waiting, deed, "past the waiting list")
            case "offered":
                self.say(deed.actor != "person" or deed.at < self.until[who], deed, "after the offer's time")
            case "moved_up":
                self.say(self.free, deed, "beyond the capacity")
            case "keeps_seat":
                pass
            case _:
                self.say(False, deed, f"confirmed from {before}")
        if before == "pending":
            self.say(deed.at < self.since[who] + CONFIRM_WITHIN, deed, "after 48 hours")
        if before == "cancelled":
            self.say(deed.at <= self.since[who] + UNDO_WITHIN, deed, "after half an hour")
        self.becomes(who, "confirmed")

    def _waitlisted(self, deed: Deed, who: int) -> None:
        before = self.states.get(who)
        if before in {"pending", "entered"}:
            self.say(not self.free or bool(self.waiting), deed, "made to wait beside a free seat")
        else:
            self.say(before == "offered" and deed.actor == "service", deed, f"waits from {before}")
            self.say(before != "offered" or deed.at >= self.until[who], deed, "before the offer's end")
        self.since[who] = deed.at
        self.becomes(who, "waitlisted")

    def _offered(self, deed: Deed, who: int) -> None:
        self.say(next(iter(self.waiting), None) == who, deed, "out of order")
        self.say(self.free, deed, "beyond the capacity")
        assert deed.until is not None
        self.until[who] = deed.until
        self.becomes(who, "offered")

    def _offer_prolonged(self, deed: Deed, who: int) -> None:
        self.say(self.states.get(who) == "offered", deed, "no offer")
        self.say(deed.at >= self.until[who], deed, "before the offer's end")
        assert deed.until is not None
        self.until[who] = deed.until

    def _moved_up(self, deed: Deed, who: int) -> None:
        before = self.states.get(who)
        self.say(before in {"waitlisted", "offered"}, deed, f"moved up from {before}")
        # Who was offered a seat has it already, even where the capacity was lowered since.
        self.becomes(who, "keeps_seat" if before == "offered" else "moved_up")

    def _cancelled(self, deed: Deed, who: int) -> None:
        before = self.states.get(who)
        self.say(before in {"pending", "confirmed", "waitlisted", "offered"}, deed, f"cancelled from {before}")
        self.say(deed.actor != "service", deed, "thrown out")
        self.told[who, "cancelled"] += before != "pending"
        self.since[who] = deed.at
        self.becomes(who, "cancelled")

    def _expired(self, deed: Deed, who: int) -> None:
        before = self.states.get(who)
        self.say(before == "pending", deed, f"expired from {before}")
        if deed.actor == "service":
            self.say(deed.at >= self.since[who] + CONFIRM_WITHIN, deed, "before 48 hours")
        else:
            self.say(not self.free, deed, "refused beside a free seat")
        self.becomes(who, "expired")


def play_back(history: History, edits: Sequence[Asked], *, offers: bool = True) -> Places:
    """The whole trail against the model. `edits` are the organisers' answers; `offers` False near the start."""
    places = Places(history.capacity, offers=offers)
    capacities = [edit.number for edit in sorted(edits, key=lambda edit: edit.version or 0)]
    for deed in history.deeds:
        places.see(deed)
        if deed.verb == "event.edited":
            if not capacities:
                places.wrong.append("an edit that nobody was told of")
                break
            places.capacity = capacities.pop(0)
    places.at_rest(None)
    if capacities:
        places.wrong.append(f"{len(capacities)} edits are not in the trail")
    return places


def violations(history: History, asked: Iterable[Asked], *, offers: bool = True) -> list[str]:
    """Everything that is not as promised, in words; empty when all is well."""
    lines = list(asked)
    return _broken(history, lines, offers=offers) + _answers_differ(history, lines)


def violations_over_http(history: History, asked: Iterable[Asked]) -> list[str]:
    """As before, for people whose pages do not say whether a click was the first; each clicks for themselves alone."""
    lines = list(asked)
    return _broken(history, lines, offers=True) + _last_answers_differ(history, lines)


def _broken(history: History, lines: Sequence[Asked], *, offers: bool) -> list[str]:
    places = play_back(history, [line for line in lines if line.act == "edit" and line.done], offers=offers)
    return [
        *places.wrong,
        *(f"{line.act} {line.answer}" for line in lines if line.answer.startswith("failed")),
        *_rows_differ(history, places),
        *_messages_differ(history, places),
        *_not_kept(history, lines),
    ]


def _rows_differ(history: History, places: Places) -> list[str]:
    numbers = sorted(history.states.keys() | places.states.keys())
    return [
        f"registration {number} is {history.states.get(number)}, by the trail {places.states.get(number)}"
        for number in numbers
        if history.states.get(number) != places.states.get(number)
    ]


def _messages_differ(history: History, places: Places) -> list[str]:
    """One message a happening, and none without; people without an address are called."""
    kinds = {*TOLD.values(), "cancelled", "optin"}
    found = Counter({key: number for key, number in history.messages.items() if key[1] in kinds})
    wanted = Counter({key: number for key, number in places.told.items() if number and history.emails.get(key[0])})
    return [
        f"{wanted[key]} x {key[1]} for registration {key[0]}, but {found[key]} messages"
        for key in sorted(found.keys() | wanted.keys())
        if found[key] != wanted[key]
    ]


# What a process was told, and the entry of the trail that must stand for it.
DEEDS = {
    "Confirmed": "registration.confirmed",
    "Cancelled": "registration.cancelled",
    "Waitlisted": "registration.waitlisted",
}


def _answers_differ(history: History, lines: Sequence[Asked]) -> list[str]:
    """Every answer that says that something was done stands in the trail, once, and the other way round."""
    told = Counter((line.registration, DEEDS[line.answer]) for line in lines if line.done and line.answer in DEEDS)
    done = Counter(
        (deed.subject, deed.verb) for deed in history.deeds if deed.verb in DEEDS.values() and deed.actor != "service"
    )
    return [
        f"{told[key]} answers, {done[key]} entries: {key[1]} of {key[0]}"
        for key in sorted(told.keys() | done.keys(), key=str)
        if told[key] != done[key]
    ]


def _not_kept(history: History, lines: Sequence[Asked]) -> list[str]:
    """Every acknowledged sign-up has exactly one row."""
    rows = Counter(history.emails.values())
    acknowledged = {line.email for line in lines if line.act == "sign_up" and line.done}
    return [f"{rows[email]} rows for {email}" for email in sorted(acknowledged) if rows[email] != 1]


# What a page said last, and what may have become of it since without the person: the line moves on.
LATER = {
    "Confirmed": {"confirmed"},
    "Cancelled": {"cancelled"},
    "Waitlisted": {"waitlisted", "offered", "confirmed"},
}


def _last_answers_differ(history: History, lines: Sequence[Asked]) -> list[str]:
    """Every acknowledged confirmation and cancellation is the state of the row."""
    last = {line.registration: line.answer for line in lines if line.answer in LATER and not line.done}
    return [
        f"registration {who} is {history.states.get(who or 0)}, but was told {answer} last"
        for who, answer in last.items()
        if history.states.get(who or 0) not in LATER[answer]
    ]
