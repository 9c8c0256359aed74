"""Every text that a person reads exists in German, with the same placeholders, and none is left over."""

import re
import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "regservice" / "translations" / "de" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def german() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="de")


def extracted(tmp_path: Path) -> Catalog:
    pot = tmp_path / "messages.pot"
    command = [
        str(Path(sys.executable).parent / "pybabel"),
        "-q",
        "extract",
        "-F",
        str(ROOT / "babel.cfg"),
        "-o",
        str(pot),
    ]
    subprocess.run([*command, "-k", "lazy_gettext", str(ROOT)], check=True, cwd=ROOT)
    with pot.open("rb") as file:
        return read_po(file)


def test_every_text_is_translated_and_none_is_left_over(tmp_path: Path) -> None:
    wanted = {message.id for message in extracted(tmp_path) if message.id}
    assert {message.id for message in german() if message.id} == wanted


def test_no_translation_is_empty_or_a_guess() -> None:
    strings = {m.id: m.string if isinstance(m.string, tuple) else (m.string,) for m in german() if m.id}
    assert [key for key, texts in strings.items() if not all(texts)] == []
    assert [message.id for message in german() if message.fuzzy and message.id] == []


def test_placeholders_are_the_same_in_german() -> None:
    wrong = []
    for message in german():
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and any(set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(ids[-1])) for text in texts):
            wrong.append(message.id)
    assert wrong == []
