"""Plain German ("Einfache Sprache"): a language that people choose, in words of its own where it has them, else German.

It is no locale of its own: dates, numbers and the lang attribute are German. Only a small catalogue is looked into
first. So nothing that reads locales ever sees a name that it does not know.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from babel.support import NullTranslations
from flask import g
from flask_babel import Domain, get_babel, get_domain, get_translations

from regservice.config import PLAIN, PROJECT_ROOT

_WHERE = [str(PROJECT_ROOT / "regservice" / name) for name in ("translations", "translations_plain")]
_PLAIN_WORDS = Domain(translation_directories=_WHERE)


def locale_of(language: str) -> str:
    """The locale in which a language writes dates and numbers: plain German is German."""
    return "de" if language == PLAIN else language


def use(language: str) -> None:
    """From now on take the words of this language, until the end of the request or of `words_of`.

    Whoever changes the locale as well does so together with this, since what is looked up before is kept.
    """
    g.pop("catalogue", None)
    (_PLAIN_WORDS if language == PLAIN else get_babel().instance.domain_instance).as_default()


def catalogue() -> NullTranslations:
    """The words being spoken, for the texts of a page: flask-babel looks for them anew at each of its hundred texts."""
    kept: NullTranslations | None = g.get("catalogue")
    if kept is None:
        kept = g.catalogue = get_translations()
    return kept


def in_use() -> bool:
    """Whether plain words are taken at the moment."""
    return get_domain() is _PLAIN_WORDS


@contextmanager
def words_of(language: str) -> Iterator[None]:
    """Take the words of this language for a while; within `force_locale` where the locale is another one, too."""
    before = get_domain()
    use(language)
    try:
        yield
    finally:
        g.pop("catalogue", None)
        before.as_default()
