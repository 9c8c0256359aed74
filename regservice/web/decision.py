"""The page behind the link in the organisers' mail: what was read, what a switch would do, and three buttons.

Opening it changes nothing, since mail scanners open links. The first answer wins; whoever comes later sees it.
"""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import TextAreaField
from wtforms.validators import Length, Optional

from regservice.accounts import service as accounts
from regservice.events import service as events
from regservice.formats import breaks
from regservice.formats import service as formats
from regservice.formats.types import Decision, LinkedProposal, NoProposal, ProposalState, SwitchRefused
from regservice.web.forms import Form
from regservice.web.registration_form import clean_text
from regservice.wiring import current_wiring

blueprint = Blueprint("decision", __name__)


class DecisionForm(Form):
    """Why; people read it in their mail."""

    reason = TextAreaField(
        _("Reason"),
        [Optional(), Length(max=1000, message=_("Please write at most %(max)d characters."))],
        filters=[clean_text],
        description=_("One or two sentences that the people read in their mail."),
    )


def name_of(actor: str) -> str:
    """Who decided, by name; empty when it was the service itself or a program."""
    kind, _colon, number = actor.partition(":")
    if kind != "organiser" or not number.isdigit():
        return ""
    return next((organiser.name for organiser in accounts.organisers() if organiser.id == int(number)), "")


def decision_of(data: str | None) -> Decision:
    """Which button was pressed; anything else was not one of ours."""
    if data not in set(Decision):
        abort(400)
    return Decision(data)


@blueprint.get("/decide/<token>")
def proposal_page(token: str) -> ResponseReturnValue:
    """What is proposed and the buttons, or who has decided already."""
    found = formats.find_proposal_by_link(token, current_wiring().now())
    if found is None:
        return render_template("organiser/decide_over.html"), 404
    return _page(token, found, DecisionForm())


@blueprint.post("/decide/<token>")
def answer_proposal(token: str) -> ResponseReturnValue:
    """Decide, once."""
    now = current_wiring().now()
    found = formats.find_proposal_by_link(token, now)
    if found is None:
        return render_template("organiser/decide_over.html"), 404
    form, decision = DecisionForm(request.form), decision_of(request.form.get("decision"))
    if not form.validate():
        return _page(token, found, form), 400
    answer = formats.decide(
        found.proposal.event_id,
        decision,
        reason=form.reason.data or "",
        by=f"organiser:{found.organiser_id}",
        now=now,
        proposal_id=found.proposal.id,
    )
    match answer:
        case NoProposal() | SwitchRefused():
            return _page(token, formats.find_proposal_by_link(token, now) or found, form, answer), 409
        case _:
            return redirect(url_for("decision.proposal_page", token=token), 303)


def _page(token: str, found: LinkedProposal, form: Form, refused: NoProposal | SwitchRefused | None = None) -> str:
    proposal, now = found.proposal, current_wiring().now()
    preview = None
    if proposal.state is ProposalState.OPEN:
        preview = formats.preview(proposal.event_id, proposal.to, reason="", join_url=None, now=now)
    event = events.get(proposal.event_id)
    return render_template(
        "organiser/decide.html",
        token=token,
        event=event,
        breaks=breaks.suggested_after(event, proposal.to),
        proposal=proposal,
        rule=formats.rule_of(proposal),
        preview=preview,
        decided_by=name_of(proposal.decided_by),
        refused=refused.code if isinstance(refused, SwitchRefused) else "",
        form=form,
    )
