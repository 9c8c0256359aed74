"""Tables that leave the service: what people typed stays text, and German spreadsheets open them."""

import csv
import io
import zipfile

import pytest

from regservice.adapters import sheets

ATTACKS = [
    "=1+1",
    "+49 30 1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1+1",
    "\u200b=1",
    "＝1+1",
    "|calc",
    "%0",
    "\u00a0@x",
]


def written_csv(rows: list[tuple[str, ...]]) -> bytes:
    return b"".join(sheets.csv_lines(rows))


def test_a_csv_opens_by_double_click_in_german_programs():
    assert written_csv([("Name", "Ort"), ("Änne; Ö", 'ein "Wort"')]) == (
        '\ufeff"Name";"Ort"\r\n"Änne; Ö";"ein ""Wort"""\r\n'.encode()
    )


def test_a_csv_is_made_a_line_at_a_time():
    endless = (("a", str(number)) for number in iter(int, 1))
    lines = sheets.csv_lines(endless)
    assert (next(lines), next(lines)) == ('\ufeff"a";"0"\r\n'.encode(), b'"a";"0"\r\n')


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_cell_that_would_be_a_formula_gets_an_apostrophe(attack: str):
    content = written_csv([(attack, "next")]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""), delimiter=";")) == [[f"'{attack}", "next"]]


@pytest.mark.parametrize("text", ["", "Kim Muster", "1-2", "a=b", "kim@example.org", "''", "5 % more", "Ä"])
def test_other_cells_stay_as_they_are(text: str):
    assert sheets.harmless(text) == text


def test_a_comma_does_not_begin_a_cell_for_programs_that_split_at_commas():
    content = written_csv([("a,=1+1",)]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content, newline=""))) == [["a,=1+1"]]


def test_an_xlsx_holds_only_text():
    file = io.BytesIO()
    sheets.write_xlsx(
        file, "List: [a/b]", [("Name",), *((attack,) for attack in ATTACKS), ("http://example.org",), ("7",)]
    )
    with zipfile.ZipFile(file) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        names = archive.namelist()
    assert "<f>" not in sheet
    assert sheet.count('t="inlineStr"') == len(ATTACKS) + 3
    assert [name for name in names if "rels" in name and "sheet" in name] == []


@pytest.mark.parametrize(
    ("title", "name"),
    [("", "1"), ("'", "1"), ("a" * 40, "a" * 31), ("Wer? [a/b]: *\\", "Wer   a b"), ("Bürger", "Bürger")],
)
def test_a_sheet_gets_a_name_that_excel_accepts(title: str, name: str):
    assert sheets._sheet_name(title) == name
