"""Which words a text gets while languages change within one request."""

from flask import Flask, render_template_string

from regservice.notices.wording import speaking

WORDS = "{% trans %}Register{% endtrans %}"


def test_each_text_is_in_the_language_spoken_at_its_moment(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        said = [render_template_string(WORDS)]
        with speaking("de"):
            said.append(render_template_string(WORDS))
            with speaking("en"):
                said.append(render_template_string(WORDS))
            said.append(render_template_string(WORDS))
        said.append(render_template_string(WORDS))
    assert said == ["Register", "Anmelden", "Register", "Anmelden", "Register"]
