"""What the mail about a proposal says: what the rule read, what it means, and the link to decide."""

from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from regservice.config import Settings
from regservice.events.types import EventFacts, Format
from regservice.formats.proposals import PURPOSE
from regservice.formats.types import COUNTED, VENUE, FormatRule, Outcome, ProposalFacts, Reading
from regservice.notices import addresses, wording
from regservice.notices.effect_words import effect_words, notable
from regservice.notices.rule_words import rule_source, rule_words
from regservice.outbox.types import MessageFacts
from regservice.registrations.links import derive_token


def decide_url(settings: Settings, proposal_id: int, organiser_id: int) -> str:
    """One organiser's link to one proposal: a GET shows, a POST decides."""
    token = derive_token(settings.secret_key, proposal_id, organiser_id, purpose=PURPOSE)
    return f"{settings.base_url}/decide/{token}"


def proposal_details(
    message: MessageFacts, proposal: ProposalFacts, rule: FormatRule | None, event: EventFacts, settings: Settings
) -> dict[str, Any]:
    """The facts for the templates, in the language being spoken."""
    assert message.organiser_id is not None
    effects = notable(message.payload.get("effects", {}))
    return {
        "outcome": proposal.outcome.value,
        "to": proposal.to.value,
        "again": message.occurrence.endswith("-reminder"),
        "why": _why(proposal) if proposal.outcome is Outcome.UNDECIDED else "",
        "rule": rule_words(rule) if rule else "",
        "source": rule_source(rule) if rule else "",
        "reading": _reading_used(proposal, event),
        "compared": _reading(proposal.compared, event),
        "carries_out_at": wording.moment(proposal.carries_out_at, event),
        "would_do": [] if proposal.outcome is Outcome.STAY else [sentence for _name, sentence in effect_words(effects)],
        "no_join_url": "no_join_url" in message.payload.get("blocked", []),
        "smaller_room": addresses.smaller_room(settings.base_url, event.slug) if proposal.is_about_too_few else "",
        "postpone": addresses.postpone_page(settings.base_url, event.slug) if proposal.is_about_too_few else "",
        "decide_url": decide_url(settings, proposal.id, message.organiser_id),
    }


def _why(proposal: ProposalFacts) -> str:
    texts = {
        "missing": _("There is no reading."),
        "stale": _("The newest reading is too old."),
        "failed": _("The last try to fetch a reading failed."),
        "compare_missing": _("There is no older reading to compare with."),
    }
    return str(texts.get(proposal.why, ""))


def _reading_used(proposal: ProposalFacts, event: EventFacts) -> str:
    reading = proposal.reading
    if reading is None:
        return ""
    if reading.source == VENUE:
        sure = _("The room on site was confirmed."), _("The room on site was not confirmed.")
        return str(sure[0] if reading.value else sure[1])
    text = _reading(reading, event)
    if proposal.outcome is Outcome.UNDECIDED:
        return str(_("The newest reading, not used: %(reading)s", reading=text))
    if reading.source != COUNTED:
        return str(_("The reading used: %(reading)s", reading=text))
    if proposal.to is Format.HYBRID:
        return str(_("People without a place on site: %(reading)s", reading=text))
    return str(_("People with a confirmed place: %(reading)s", reading=text))


def _reading(reading: Reading | None, event: EventFacts) -> str:
    if reading is None:
        return ""
    time = wording.moment(reading.as_of, event)
    return str(_("%(value)s, as of %(time)s", value=format_decimal(reading.value), time=time))
