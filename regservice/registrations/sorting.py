"""The order of names in German lists (DIN 5007-1): Ä stands with A, ß with ss, case does not count."""

import unicodedata

# Letters that have no accent to take away.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


def plain(text: str) -> str:
    """The text without accents and case, for sorting and searching."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def name_key(name: str) -> tuple[str, str]:
    """What to sort names by; two that differ only in accents keep a fixed order."""
    return " ".join(plain(name).replace("-", " ").split()), name
