"""One form for each e-mail address, so that one person has one registration."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

GMAIL = {"gmail.com", "googlemail.com"}
LONGEST_ADDRESS = 254


def parse_address(text: str) -> str | None:
    """The address as a relay takes it (domain in IDNA 2008 form), or None when it cannot be one.

    Addresses with letters outside ASCII before the @ are refused, since relays without SMTPUTF8 cannot deliver to them.
    """
    if len(text) > LONGEST_ADDRESS * 2:
        return None
    try:
        parsed = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        return None
    return parsed.ascii_email


def address_key(address: str) -> str:
    """What two spellings of one mailbox have in common: case, Unicode form, +tags and Gmail's dots do not count."""
    local, _, domain = unicodedata.normalize("NFKC", address).casefold().rpartition("@")
    local = local.split("+", 1)[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
