"""The form that all pages are built on: what WTForms says by itself is in the language of the page."""

from functools import cache
from typing import Any

import wtforms
from flask_babel import get_locale
from wtforms.i18n import get_translations
from wtforms.meta import DefaultMeta


class Form(wtforms.Form):
    """A form whose own messages, such as that of a choice that is not offered, people can read."""

    class Meta(DefaultMeta):
        """How a form finds its words."""

        def get_translations(self, form: Any) -> Any:
            """The words of WTForms in the language that is being spoken."""
            return _words(str(get_locale()))


@cache
def _words(locale: str) -> Any:
    """Looked for in the file system once a language."""
    return get_translations([locale])
