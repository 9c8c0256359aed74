"""The words of a letter, made once for everybody who gets the same and filled in with what is each person's own.

Most people of an event get the same letter but for their name and their links. So it is made with marks in their
places and kept by everything that it was made from, by values and not by versions: it cannot be out of date.
"""

import secrets
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import escape

from regservice.kept import Kept
from regservice.notices.addresses import PersonalAddresses


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Subject and both bodies of one letter."""

    subject: str
    text: str
    html: str


# Letters with marks, in characters.
_kept: Kept[Texts] = Kept("letters", most=2_000_000, size=lambda texts: len(texts.text) + len(texts.html))

# Nobody can know the marks, so no text of an event can hold one. Each looks like what stands in its place: a name
# without blanks, the end of an address.
_NAME, _LINK, _UNSUBSCRIBE = (f"{place}{secrets.token_hex(16)}" for place in ("name", "link", "unsubscribe"))


@dataclass(frozen=True, kw_only=True)
class Own:
    """What of a letter is one person's own; empty where the letter has none of it."""

    name: str
    links: PersonalAddresses
    unsubscribe_url: str

    def marked(self) -> "Own":
        """The same for everybody: marks where something stands, since a letter differs when nothing does."""
        return Own(
            name=self.name and _NAME,
            links=PersonalAddresses(personal=_with_end(self.links.personal, _LINK)),
            unsubscribe_url=_with_end(self.unsubscribe_url, _UNSUBSCRIBE),
        )

    def fill(self, texts: Texts) -> Texts:
        """The letter with what is this person's in the places of the marks."""
        own = {_LINK: _end(self.links.personal), _UNSUBSCRIBE: _end(self.unsubscribe_url), _NAME: self.name}
        return Texts(
            subject=_filled(texts.subject, own),
            text=_filled(texts.text, own),
            html=_filled(texts.html, {mark: str(escape(value)) for mark, value in own.items()}),
        )


def made_once(made_from: tuple[Hashable, ...], extra: Mapping[str, Any], make: Callable[[], Texts]) -> Texts:
    """The texts that are made of all this; made anew each time when `extra` holds what cannot be compared."""
    key = (*made_from, tuple(sorted(extra.items())))
    try:
        hash(key)
    except TypeError:
        return make()
    return _kept.get(key, make)


def _end(address: str) -> str:
    return address.rpartition("/")[2]


def _with_end(address: str, mark: str) -> str:
    start, slash, end = address.rpartition("/")
    return f"{start}{slash}{mark}" if end else address


def _filled(text: str, own: Mapping[str, str]) -> str:
    for mark, value in own.items():
        text = text.replace(mark, value)
    return text
