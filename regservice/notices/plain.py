"""Plain German ("Einfache Sprache"): a language that people choose, in words of its own where it has them, else German.

It is no locale of its own: dates, numbers and the lang attribute are German. Only a small catalogue is looked into
first. So nothing that reads locales ever sees a name that it does not know.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import Domain, get_babel, get_domain

from regservice.config import PLAIN, PROJECT_ROOT

_WHERE = [str(PROJECT_ROOT / "regservice" / name) for name in ("translations", "translations_plain")]
_PLAIN_WORDS = Domain(translation_directories=_WHERE)


def locale_of(language: str) -> str:
    """The locale in which a language writes dates and numbers: plain German is German."""
    return "de" if language == PLAIN else language


def use(language: str) -> None:
    """From now on take the words of this language, until the end of the request or of `words_of`."""
    (_PLAIN_WORDS if language == PLAIN else get_babel().instance.domain_instance).as_default()


def in_use() -> bool:
    """Whether plain words are taken at the moment."""
    return get_domain() is _PLAIN_WORDS


@contextmanager
def words_of(language: str) -> Iterator[None]:
    """Take the words of this language for a while."""
    before = get_domain()
    use(language)
    try:
        yield
    finally:
        before.as_default()
