"""The shape of a rule and of its feed, the same in YAML files and in the JSON API."""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, validate

from regservice.events.document import plain
from regservice.events.shapes import Instant, Line, Strict, WebAddress, needed
from regservice.formats.types import FormatRule, RuleKind, RuleMode

NOT_IN_DOCUMENT = {"version", "authorised_by", "authorised_at"}


class SecureAddress(WebAddress):
    """An https address: what is read from it moves an event."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if not text.startswith("https://"):
            raise ValidationError("This must begin with https://")
        return text


class Texts(fields.Field[str | list[str]]):
    """One text or several, any of which counts. Keys with leading zeros must be texts."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str | list[str]:
        given = value if isinstance(value, list) else [value]
        if not given or not all(isinstance(text, str) for text in given):
            raise ValidationError("Write this as a text in quotes, so that leading zeros stay.")
        texts = [str(Line().deserialize(text)) for text in given]
        return texts if isinstance(value, list) else texts[0]


class FeedShape(Strict):
    """Where readings are fetched from, and how one is found in the answer."""

    key = Line(**needed)
    url = SecureAddress(**needed)
    format = fields.String(required=True, validate=validate.OneOf(["csv", "tsv", "json", "jsonp"]))
    where = fields.Dict(keys=Line(), values=Texts())
    unless = fields.Dict(keys=Line(), values=Texts())
    items, probe, as_of, id, begins, ends = (Line(allow_none=True) for _ in range(6))
    value = Line(**needed)
    scale = fields.Dict(keys=Line(), values=fields.Float())
    empty = fields.Float(allow_none=True)
    pick = fields.String(validate=validate.OneOf(["newest"]))
    plausible = fields.List(fields.Float(allow_nan=False), validate=validate.Length(equal=2))
    stale_after_h = fields.Integer(strict=True, validate=validate.Range(1, 24 * 366))
    poll = fields.String(validate=validate.Regexp(r"([01]\d|2[0-3]):[0-5]\d\Z"))
    every_min = fields.Integer(strict=True, validate=validate.Range(5, 24 * 60))
    timeout_s = fields.Integer(strict=True, validate=validate.Range(1, 60))
    max_mb = fields.Integer(strict=True, validate=validate.Range(1, 200))


class FormatRuleShape(Strict):
    """When an event goes digital: `over` means at or above, `rise_pct` compares with `compare_days` earlier."""

    kind = fields.Enum(RuleKind, by_value=True, required=True)
    over = fields.Float(allow_none=True)
    rise_pct = fields.Float(allow_none=True)
    people = fields.Integer(strict=True, allow_none=True)
    compare_days = fields.Integer(strict=True)
    decision_at = Instant(required=True)
    notice_days = fields.Integer(strict=True)
    mode = fields.Enum(RuleMode, by_value=True)
    feed = fields.Nested(FeedShape, allow_none=True)


def rule_from(members: Mapping[str, Any], timezone: str) -> FormatRule:
    """The rule of checked members; a decision time without an offset is meant in the event's zone."""
    decision_at: datetime = members["decision_at"]
    if decision_at.tzinfo is None:
        decision_at = decision_at.replace(tzinfo=ZoneInfo(timezone))
    return FormatRule(**{**members, "decision_at": decision_at.astimezone(ZoneInfo("UTC"))})


def rule_document(rule: FormatRule, timezone: str) -> dict[str, Any]:
    """A rule as a document; the decision time carries the offset of the event's zone."""
    return {
        entry.name: plain(getattr(rule, entry.name), timezone)
        for entry in fields_of(FormatRule)
        if entry.name not in NOT_IN_DOCUMENT and not (entry.name == "people" and rule.people is None)
    }
