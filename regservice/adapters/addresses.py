"""Mail addresses as they may stand in envelopes, headers and calendars."""

import re

from email_validator import EmailNotValidError, validate_email

_DOT_ATOM = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")


class UnusableAddress(ValueError):
    """An address that cannot be written in ASCII, or holds what no plain address holds."""


def ascii_address(address: str) -> str:
    """The address in ASCII, with its domain by IDNA 2008 (RFC 5891): IDNA 2003 would turn ß into ss, another domain.

    Whether an ASCII domain may receive mail is not asked here: internal names are good addresses for an internal relay.
    """
    if address.isascii():
        if not _DOT_ATOM.fullmatch(address):
            raise UnusableAddress("The mail address holds characters that are not allowed.")
        return address
    try:
        plain = validate_email(address, check_deliverability=False).ascii_email
    except EmailNotValidError as refusal:
        raise UnusableAddress(f"The mail address cannot be used: {refusal}") from refusal
    if plain is None:
        raise UnusableAddress("The part of the mail address before the @ has letters that mail relays do not take.")
    return plain
