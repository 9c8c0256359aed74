"""Rows as the first released schema held them; frozen, whatever the models become. Times are UTC."""

_EVENT = """
INSERT INTO event (id, slug, lifecycle, status_reason, title, summary, description, starts_at, ends_at, timezone, venue,
    capacity, waiting_list, registration_mode, registration_address, contact, speakers, agenda, groups, questions,
    documents, target_groups, host, access, town, retention_days, assumptions, format_version, schedule_version,
    version, calendar_sequence, calendar_changed_at, created_at)
VALUES (1, 'old-evening', 'published', '', 'Old evening', '', '', '2026-11-20 15:00:00.000000',
    '2026-11-20 18:00:00.000000', 'Europe/Berlin', '{"name": "Town hall", "room": "", "street": "", "postal_code": "",
    "city": "Exampletown"}', 40, TRUE, 'form', '', '{"name": "Office", "role": "", "email": "office@example.org",
    "phone": ""}', '[]', '[]', '[]', '[]', '[]', '[]', '', '', '', 30, '[]', 1, 1, 1, 0,
    '2026-09-01 10:00:00.000000', '2026-09-01 10:00:00.000000')"""
_SESSION = """
INSERT INTO event_session (id, event_id, position, title, format, join_url) VALUES (1, 1, 0, '', 'onsite', '')"""


def _person(number: int, name: str, state: str, confirmed_at: str) -> str:
    mail = f"{name.lower().replace(' ', '.')}@example.org"
    return f"""
INSERT INTO registration (id, event_id, state, name, email, email_key, language, attendance, source, code, answers,
    registered_at, confirmed_at, requests, confirmations, calendar_sequence, request_key, consent_hash,
    link_generation, link_key_id, link_hash, planned_version, muted, note)
VALUES ({number}, 1, '{state}', '{name}', '{mail}', '{mail}', 'de', 'onsite', 'form', 'AAA{number:03}', '{{}}',
    '2026-09-02 10:00:00.000000', {confirmed_at}, 1, 1, 0, '', '', 1, '', 'hash{number}', 1, '[]', '')"""


def _message(number: int, kind: str, person: int, state: str) -> str:
    return f"""
INSERT INTO message (id, dedupe_key, kind, occurrence, event_id, registration_id, recipient, language, payload,
    message_id, state, uncertain, priority, created_at, due_at, next_attempt_at, attempts, reason)
VALUES ({number}, '{kind}:r{person}:1', '{kind}', '1', 1, {person}, 'p{person}@example.org', 'de', '{{}}',
    '<{number}@example.org>', '{state}', FALSE, 30, '2026-09-02 10:00:00.000000', '2026-09-20 10:00:00.000000',
    '2026-09-20 10:00:00.000000', 1, '')"""


# Ada has a place and was told, and another message to her was due; Berta never confirmed.
OLD_ROWS = (
    _EVENT,
    _SESSION,
    _person(1, "Ada Old", "confirmed", "'2026-09-02 11:00:00.000000'"),
    _person(2, "Berta Old", "expired", "NULL"),
    _message(1, "confirmed", 1, "sent"),
    _message(2, "remind_1d", 1, "waiting"),
    "INSERT INTO audit_entry (id, at, actor, verb, subject, details) "
    "VALUES (1, '2026-09-02 11:00:00.000000', 'person', 'registration.confirmed', 'registration:1', '{}')",
)
# PostgreSQL counts separately what was given by hand.
NUMBERS_GIVEN = tuple(
    f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"
    for table in ("event", "event_session", "registration", "message", "audit_entry")
)


def old_rows(*, postgresql: bool) -> tuple[str, ...]:
    """The statements that write them."""
    return ("SET TIME ZONE 'UTC'", *OLD_ROWS, *NUMBERS_GIVEN) if postgresql else OLD_ROWS
