"""Tables for spreadsheets: CSV as German programs open it by double click, and XLSX.

What people typed stays text in both. A spreadsheet that finds `=…` at the start of a CSV cell runs it as a formula
(OWASP: CSV injection), so such a cell gets an apostrophe; XLSX says of each cell that it is text.
"""

import csv
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

BYTE_ORDER_MARK = "\ufeff"
# Also in their full-width forms, which some spreadsheets read as the plain ones.
_STARTS_FORMULA = frozenset("=+-@＝＋－＠\t\r\n|%")
_LONGEST_XLSX_CELL = 32_767
_WIDEST_COLUMN = 50


class _Line:
    """What csv writes into: the line is handed on instead of kept."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """CSV in UTF-8 with byte order mark, semicolons and CRLF, a line at a time so that long lists need no memory.

    Every cell is quoted, so that a comma inside one cannot begin a new cell in a program that splits at commas.
    """
    writer = csv.writer(_Line(), delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    start = BYTE_ORDER_MARK
    for row in rows:
        line: str = writer.writerow([harmless(cell) for cell in row])
        yield (start + line).encode()
        start = ""


def harmless(cell: str) -> str:
    """The cell as text that no spreadsheet takes for a formula."""
    cell = cell.replace("\0", "")
    first = cell.lstrip(" \u00a0\u200b\u2060\ufeff")[:1]
    return f"'{cell}" if first in _STARTS_FORMULA and first else cell


def write_xlsx(file: IO[bytes], sheet_name: str, rows: Iterable[Sequence[str]]) -> None:
    """Write one sheet row by row; the first row is the heading and stays in sight while scrolling.

    Raises OSError when there is no room for it, also in the folder for temporary files.
    """
    # What was written so far holds people's names, and would stay behind where the room ends. The package writes into a
    # file of its own: into ours it would go on writing after it has failed, when Python collects what it left open.
    with TemporaryDirectory() as folder:
        book = Path(folder) / "book.xlsx"
        try:
            _write_sheet(book, sheet_name, rows, folder)
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error
        with book.open("rb") as written:
            shutil.copyfileobj(written, file)


def _write_sheet(book: Path, sheet_name: str, rows: Iterable[Sequence[str]], folder: str) -> None:
    options = {
        "constant_memory": True,
        "tmpdir": folder,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(str(book), options) as workbook:
        sheet = workbook.add_worksheet(_sheet_name(sheet_name))
        heading = workbook.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            if number == 0:
                for column, cell in enumerate(row):
                    sheet.set_column(column, column, min(max(len(cell) + 2, 16), _WIDEST_COLUMN))
            for column, cell in enumerate(row):
                text = cell.replace("\0", "")[:_LONGEST_XLSX_CELL]
                sheet.write_string(number, column, text, heading if number == 0 else None)


def _sheet_name(title: str) -> str:
    """A name that Excel accepts: at most 31 characters, none of []:*?/\\, no apostrophe at the ends."""
    plain = "".join(" " if character in "[]:*?/\\" else character for character in title)
    return plain[:31].strip("' ") or "1"
