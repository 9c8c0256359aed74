"""An event goes back on site with fewer places than people: in both forms, with the places given as `seating` says."""

from datetime import datetime

from regservice.db import dry_run, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import proposals, seating, switching, switching_back
from regservice.formats.return_types import Return, Seated, Seating
from regservice.formats.switching import Order
from regservice.formats.types import Switched, SwitchRefused, Trigger, Unchanged


def preview(event_id: int, how: Seating, *, reason: str, now: datetime, confirm_by: datetime | None = None) -> Return:
    """Who would come and who would stay digital, and the numbers, counted by doing it and rolling back."""
    with dry_run():
        event = events.lock(event_id)
        seated = seating.seated(event, how)
        if refused := _refusal(event, seated, reason, confirm_by, now):
            return Return(seated=seated, effects={}, blocked=refused.code)
        order = _order(seated, reason, "preview", confirm_by, now)
        return Return(seated=seated, effects=switching.apply(event, seating.targets(event), None, order, now).effects)


def switch(
    event_id: int,
    how: Seating,
    *,
    reason: str,
    by: str,
    now: datetime,
    expected_version: int | None = None,
    seen: str | None = None,
    confirm_by: datetime | None = None,
) -> Switched | Unchanged | SwitchRefused:
    """Go back with the places given so; `seen` stands for who stayed digital in the preview that the person saw.

    Who does not confirm by `confirm_by` that they come takes part digitally from then on.
    """
    with transaction():
        event = events.lock(event_id)
        if expected_version is not None and expected_version != event.format_version:
            return SwitchRefused(code="just_switched")
        seated = seating.seated(event, how)
        if refused := _refusal(event, seated, reason, confirm_by, now):
            return refused
        if seen is not None and seen != seated.mark:
            return SwitchRefused(code="others_stay")
        order = _order(seated, reason, by, confirm_by, now)
        answer = switching.switch_locked(event, seating.targets(event), None, order, now)
        if isinstance(answer, Switched):
            proposals.void_proposals(event_id, why="switched_by_hand", by=by, now=now)
        return answer


def _refusal(
    event: EventFacts, seated: Seated, reason: str, confirm_by: datetime | None, now: datetime
) -> SwitchRefused | None:
    if code := seating.refusal(event, reason, now):
        return SwitchRefused(code=code)
    if seated.missing:
        return SwitchRefused(code="too_many_for_room", number=seated.missing)
    if confirm_by is not None and (code := switching_back.confirm_by_refusal(event, confirm_by, now)):
        return SwitchRefused(code=code)
    return None


def _order(seated: Seated, reason: str, by: str, confirm_by: datetime | None, now: datetime) -> Order:
    return Order(reason=reason, by=by, trigger=Trigger.HAND, mails_at=now, seated=seated, confirm_by=confirm_by)
