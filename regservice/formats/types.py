"""The words of a switch: reading, rule, watch state, proposal, decision, switch and its effects."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from regservice.events.types import Format
from regservice.registrations.types import CallLine

# Where people can be sent by a switch; `mixed` only ever describes sessions that differ.
SWITCHABLE = (Format.ONSITE, Format.DIGITAL, Format.HYBRID)


class RuleKind(StrEnum):
    """What a rule looks at: a level, a rise or both; how many come; whether the place is sure; or the date alone."""

    LEVEL = "level"
    TREND = "trend"
    LEVEL_AND_TREND = "level_and_trend"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    VENUE_UNCONFIRMED = "venue_unconfirmed"
    DATE = "date"


# Which kinds look at a level, at a rise, at a measured value at all, and at the number of people.
WITH_LEVEL = (RuleKind.LEVEL, RuleKind.LEVEL_AND_TREND)
WITH_RISE = (RuleKind.TREND, RuleKind.LEVEL_AND_TREND)
MEASURING = (RuleKind.LEVEL, RuleKind.TREND, RuleKind.LEVEL_AND_TREND)
COUNTING = (RuleKind.TOO_FEW, RuleKind.TOO_MANY)
# Which kinds take their reading here, at the moment at which it is needed.
TAKEN_HERE = (*COUNTING, RuleKind.VENUE_UNCONFIRMED)
# The sources of such readings: the registrations, and whether the place is confirmed (1) or not (0).
COUNTED = "registrations"
VENUE = "venue"


class RuleMode(StrEnum):
    """Who carries a decision out: a person, or the service after an hour in which a person can still say otherwise.

    With `alert` there is nothing to carry out: the organisers hear of each warning and decide by hand.
    """

    PROPOSE = "propose"
    AUTOMATIC = "automatic"
    ALERT = "alert"


class WatchState(StrEnum):
    """The light that only organisers see between the decisions."""

    CALM = "calm"
    WATCHING = "watching"
    TRIGGERED = "triggered"


class Outcome(StrEnum):
    """What a rule says at its decision time."""

    SWITCH = "switch"
    STAY = "stay"
    UNDECIDED = "undecided"


class Decision(StrEnum):
    """What a person says to a proposal."""

    SWITCH = "switch"
    STAY = "stay"
    LATER = "later"


class ProposalState(StrEnum):
    """Where a proposal stands; `void` when the event changed before anybody answered."""

    OPEN = "open"
    DECIDED = "decided"
    VOID = "void"


class Trigger(StrEnum):
    """What made a switch; an emergency is one by hand after which people can no longer count on the notice."""

    HAND = "hand"
    EMERGENCY = "emergency"
    PROPOSAL = "proposal"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A number and the time it was true at; a correction is a new reading for the same time."""

    id: int
    event_id: int
    value: float
    as_of: datetime
    fetched_at: datetime
    # `hand`, `registrations`, or the key of the feed that it came from.
    source: str
    entered_by: str
    # SHA-256 of the bytes that a feed answered with; empty for readings by hand.
    raw_sha256: str = ""
    # The hours of the event that it is about, where its source says how long each record holds.
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class FormatRule:
    """When an event goes digital. `over` means at or above; `rise_pct` compares with `compare_days` earlier.

    `people` is the least number of confirmed people, or how many may be without a place on site; beyond that.
    `decision_at` is the one moment at which the rule is read; `notice_days` is what people were promised, in local
    calendar days before the start. A rule that only alerts is never read: it has both, and they mean nothing there.
    """

    kind: RuleKind
    decision_at: datetime
    over: float | None = None
    rise_pct: float | None = None
    people: int | None = None
    compare_days: int = 7
    notice_days: int = 4
    mode: RuleMode = RuleMode.PROPOSE
    feed: dict[str, Any] | None = None
    # Counts every change; each version is read once.
    version: int = 0
    # Who allowed the service to decide by itself, for rules that are automatic.
    authorised_by: str = ""
    authorised_at: datetime | None = None

    @property
    def to(self) -> Format:
        """Where the rule wants the event to go; too many people are no reason to send those home who have a place."""
        return Format.HYBRID if self.kind is RuleKind.TOO_MANY else Format.DIGITAL


@dataclass(frozen=True, kw_only=True)
class Switch:
    """The rule says: go there. Only a rule that looks at nothing but the date has no reading."""

    reading: Reading | None
    compared: Reading | None


@dataclass(frozen=True, kw_only=True)
class Stay:
    """The rule says: it stays as it is; the date alone never does."""

    reading: Reading
    compared: Reading | None


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """The rule cannot say: `why` is `missing`, `stale`, `failed` (the feed) or `compare_missing`."""

    why: str
    reading: Reading | None = None


@dataclass(frozen=True, kw_only=True)
class VenueConfirmed:
    """Somebody at the place said that it is ours for these hours; `by` entered it."""

    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class WouldSay:
    """What a rule about people, the place or a date would say at this moment."""

    met: bool
    people: int


@dataclass(frozen=True, kw_only=True)
class ProposalFacts:
    """What was proposed to the organisers and what became of it."""

    id: int
    event_id: int
    rule_version: int
    state: ProposalState
    outcome: Outcome
    # Where the event would go.
    to: Format
    # Why nothing could be read, or why the proposal is void.
    why: str
    reading: Reading | None
    compared: Reading | None
    rule_text: str
    proposed_at: datetime
    reminded_at: datetime | None
    # When an automatic proposal carries itself out; None when a person has to answer.
    carries_out_at: datetime | None
    told: tuple[int, ...]
    decision: Decision | None
    decided_by: str
    decided_at: datetime | None
    reason: str

    @property
    def is_about_too_few(self) -> bool:
        """Whether too few people come: then a smaller room or another day may do as well as going digital."""
        counted = self.reading is not None and self.reading.source == COUNTED
        return counted and self.to is Format.DIGITAL and self.outcome is Outcome.SWITCH


@dataclass(frozen=True, kw_only=True)
class LinkedProposal:
    """A proposal opened by the link in an organiser's mail."""

    proposal: ProposalFacts
    organiser_id: int


class Stage(StrEnum):
    """How far the announced decision is, as everybody may read it."""

    AHEAD = "ahead"
    WAITING = "waiting"
    DELAYED = "delayed"
    STAYS = "stays"


class FormatQuestion(StrEnum):
    """What is to be decided, from where the event stands now and where its rule leads."""

    ONSITE_OR_DIGITAL = "onsite_or_digital"
    ALSO_DIGITAL = "also_digital"
    # Where some of its parts are digital already, and where people may choose.
    REST_DIGITAL = "rest_digital"
    ONLY_DIGITAL = "only_digital"


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What the public page says about the decision between on site and digital."""

    stage: Stage
    decision_at: datetime
    question: FormatQuestion = FormatQuestion.ONSITE_OR_DIGITAL


@dataclass(frozen=True, kw_only=True)
class SwitchFacts:
    """One switch as it is kept for good. `reading` is a copy of what was read, with its times and source."""

    id: int
    event_id: int
    version: int
    from_format: Format
    to_format: Format
    session_ids: tuple[int, ...]
    trigger: Trigger
    reading: dict[str, Any] | None
    rule_text: str
    proposed_at: datetime | None
    decided_by: str
    # Who allowed an automatic rule to decide; empty where a person did.
    authorised_by: str
    decided_at: datetime
    reason: str
    supersedes: int | None
    effects: dict[str, int]
    # Whether it led back on site what a switch had made digital.
    goes_back: bool = False
    # Who stayed digital by what they said or by a draw, with its seed; None where nothing was settled so.
    seating: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class RuleStanding:
    """What the rule as it stands has come to: its proposal, whatever became of it, and the switch that holds."""

    rule: FormatRule | None = None
    proposal: ProposalFacts | None = None
    last_switch: SwitchFacts | None = None


class CallAnswer(StrEnum):
    """What a person without an address said when they were called about a switch."""

    REACHED = "reached"
    JOINS = "joins"
    HELP = "help"
    CANCELS = "cancels"


@dataclass(frozen=True, kw_only=True)
class ToCall:
    """One line of the list of calls of a switch, with what was said."""

    line: CallLine
    answer: CallAnswer | None
    answered_at: datetime | None


# What a use case answers. Wording belongs to the pages.


@dataclass(frozen=True, kw_only=True)
class Switched:
    """The format changed; `effects` counts what follows for whom."""

    version: int
    effects: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """The event is already like this."""

    format: Format
    version: int


@dataclass(frozen=True, kw_only=True)
class SwitchRefused:
    """The format cannot change now; `number` says how many people would have no seat where that is the reason."""

    code: str
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Meal:
    """What somebody has to tell the caterer; `cancel_by` is None where no time is left."""

    title: str
    portions: int
    cancel_by: datetime | None


@dataclass(frozen=True, kw_only=True)
class SwitchPreview:
    """What a switch would do, counted by doing it and rolling back; `blocked` names what stands in its way."""

    effects: dict[str, int]
    blocked: tuple[str, ...] = ()
    # How many people would have no seat, when that blocks the switch.
    without_seat: int = 0
    # The lowest and the highest version that calendar entries would have, and the portions to call off.
    calendar_versions: tuple[int, int] | None = None
    meals: tuple[Meal, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Stayed:
    """Everyone hears that it stays as it is."""

    effects: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class PutOff:
    """The proposal stays open, and nothing happens by itself any more."""


@dataclass(frozen=True, kw_only=True)
class NoProposal:
    """Nothing is open to decide; `last` says who decided before, if anybody did."""

    last: ProposalFacts | None = None


@dataclass(frozen=True, kw_only=True)
class RuleRefused:
    """A rule that cannot be kept; the page translates `code`."""

    field: str
    code: str


@dataclass(frozen=True, kw_only=True)
class ReadingRefused:
    """A reading that cannot be kept; the page translates `code`."""

    code: str
