"""Every row of the service, imported so that migrations and foreign keys see all of them."""

from regservice.accounts.models import ApiToken, OneTimeLink, Organiser, SignIn
from regservice.audit.models import AuditEntry, AuditHead
from regservice.events.models import Event, EventSession, Programme
from regservice.formats.feeds.models import FeedAddressRow, FeedStateRow
from regservice.formats.models import (
    FormatRuleRow,
    ProposalRow,
    ReadingRow,
    SwitchEffectRow,
    SwitchRow,
)
from regservice.limits.models import LimitCount
from regservice.outbox.models import Message, Relay
from regservice.registrations.models import RegistrationRow, SessionPlace
from regservice.town.models import Town
from regservice.workers.models import Heartbeat

ALL_MODELS = (
    ApiToken,
    AuditEntry,
    AuditHead,
    Event,
    EventSession,
    FeedAddressRow,
    FeedStateRow,
    FormatRuleRow,
    Heartbeat,
    LimitCount,
    Message,
    OneTimeLink,
    Organiser,
    Programme,
    ProposalRow,
    ReadingRow,
    RegistrationRow,
    Relay,
    SessionPlace,
    SignIn,
    SwitchEffectRow,
    SwitchRow,
    Town,
)
