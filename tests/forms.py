"""Filling in forms as a browser without scripts does."""

from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class _Forms(HTMLParser):
    """Collects every POST form with its hidden inputs and named buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = given.get("method", "get").lower() == "post"
            if self._open:
                self.forms.append((given.get("action", ""), {}))
        elif (self._open and tag == "input" and given.get("type") == "hidden") or (
            self._open and tag == "button" and given.get("name")
        ):
            self.forms[-1][1][given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


def forms_in(html: str) -> list[tuple[str, dict[str, str]]]:
    """Each POST form of a page: its address and what it sends by itself."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms


def fill_in(client: FlaskClient, page: str, values: dict[str, str | list[str]], *, form: int = 0) -> TestResponse:
    """Open a page, fill in one of its forms and send it."""
    shown = client.get(page)
    action, hidden = forms_in(shown.text)[form]
    return client.post(action or page, data={**hidden, **values})
