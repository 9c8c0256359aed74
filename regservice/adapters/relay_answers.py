"""What a relay's answer, or its silence, means for a message."""

import re
import smtplib

from regservice.adapters.smtp import Progress
from regservice.outbox.delivery import Outcome, Rejected, Retry, Scope, Uncertain

# RFC 3463 and RFC 7505: no such mailbox, no such system, bad syntax, moved away, a domain that takes no mail.
_BAD_ADDRESS = re.compile(r"5\.1\.(1|2|3|6|10)\b")
# Service closing, sign-in needed, sign-in failed for now, sign-in refused.
_CONCERNS_ALL = {421, 454, 530, 535}
_TOO_MUCH = 552
_REASON_LENGTH = 300


def outcome_of(failure: Exception, progress: Progress) -> Outcome:
    """What a failure means for the message (RFC 5321, 4.2.1: the first digit decides)."""
    code, answer = answer_of(failure)
    reason = reason_of(failure)
    if code in _CONCERNS_ALL:
        return Retry(reason=reason, scope=Scope.ALL)
    if 500 <= code < 600 and not _is_passing(failure, code):
        at_recipient = isinstance(failure, smtplib.SMTPRecipientsRefused)
        return Rejected(reason=reason, address_is_bad=at_recipient and bool(_BAD_ADDRESS.match(answer)))
    if 400 <= code < 600:
        return Retry(reason=reason, scope=Scope.MESSAGE)
    if progress is Progress.DOT_WRITTEN:
        return Uncertain(reason=reason)
    return Retry(reason=reason, scope=Scope.ALL if timed_out(failure) else Scope.MESSAGE)


def _is_passing(failure: Exception, code: int) -> bool:
    """Whether a 5xx answer is about something that people put right: our sender's rights, or a full mailbox."""
    if isinstance(failure, smtplib.SMTPSenderRefused):
        return code != _TOO_MUCH
    return isinstance(failure, smtplib.SMTPRecipientsRefused) and code == _TOO_MUCH


def answer_of(failure: Exception) -> tuple[int, str]:
    """The relay's code and text; 0 when it said nothing."""
    code, text = 0, b""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        ((code, text),) = failure.recipients.values()
    elif isinstance(failure, smtplib.SMTPResponseException):
        code, text = failure.smtp_code, failure.smtp_error  # type: ignore[assignment]
    return code, text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def timed_out(failure: Exception) -> bool:
    """Whether nobody answered in time, however deep the time-out is wrapped."""
    return isinstance(failure, TimeoutError) or isinstance(failure.__context__, TimeoutError)


def reason_of(failure: Exception) -> str:
    """One printable line for the ledger, without the recipient's address."""
    code, answer = answer_of(failure)
    text = f"{code} {answer}" if code else f"{type(failure).__name__}: {failure}"
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_REASON_LENGTH]
