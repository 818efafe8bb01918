"""Sheets that people fill in: CSV and XLSX into rows of text, with every fault by row and column.  Pure.

A sheet has one line of headings, in Chinese or English; the caller says which columns there are and
what each is called.  Nothing is guessed: a heading nobody knows, a formula, a number that lost digits
are faults with what to write instead.  What the texts mean is the caller's business.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from tocsin.core.errors import Rejected

BYTES_MAX: Final = 64 * 1024 * 1024
UNPACKED_BYTES_MAX: Final = 512 * 1024 * 1024
"""A workbook is a packed archive: a few kilobytes may unpack to all the memory there is."""
PARTS_MAX: Final = 2_000
ROWS_MAX: Final = 200_000
COLUMNS_MAX: Final = 100
CELL_CHARACTERS_MAX: Final = 1_000
FAULTS_MAX: Final = 500
"""More than that nobody reads; how many there are is counted."""
EXACT_DIGITS: Final = 15
"""Spreadsheets keep numbers with 15 digits; a longer code must be text."""
_CODE_DIGITS: Final = 10**EXACT_DIGITS


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in what somebody sent."""

    row: int | None
    """Row of the sheet as a spreadsheet counts, its headings are row 1; None for the sheet as a whole."""
    column: str
    """Heading of the column as it stands there; empty for the whole row."""
    code: str
    """Stable and machine-readable: `table.column`."""
    message: str
    """One sentence that says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column that a sheet may have."""

    name: str
    """Its English heading, and the key of its values."""
    zh: str
    """Its Chinese heading."""
    also: tuple[str, ...] = ()
    """Other headings that people write."""
    required: bool = False
    """Whether the sheet must have it; whether a cell may be empty is the caller's business."""
    most: int = 200
    """Characters that a cell may have, at most 1,000."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row with something in it."""

    number: int
    values: dict[str, str]
    """Texts by `Column.name`, without white space around them; every known column of the sheet is there."""

    def get(self, name: str) -> str:
        """Give a text; empty when the cell is, or the sheet lacks the column."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Table:
    """What a sheet says."""

    headings: dict[str, str]
    """`Column.name` to the heading as it stands in the sheet."""
    rows: tuple[Row, ...]
    """Rows without a fault of form."""
    faults: tuple[Fault, ...]
    """Rows with one, at most 500."""
    faulty: int
    """How many faults there are."""

    def fault(self, row: Row, name: str, code: str, message: str) -> Fault:
        """Make a fault of a cell, under the heading that the sheet has for it."""
        return Fault(row.number, self.headings.get(name, name), code, message)


def read_table(data: bytes, columns: Sequence[Column], *, rows_max: int = ROWS_MAX) -> Table:
    """Read a sheet: XLSX when it is a packed archive, else CSV in UTF-8 or GB18030.

    Raises `Rejected` (`table.size`, `table.empty`, `table.encoding`, `table.workbook`, `table.headings`,
    `table.rows`) where nothing can be read at all.
    """
    if len(data) > BYTES_MAX:
        raise Rejected("table.size", f"the sheet is larger than {BYTES_MAX >> 20} MiB: send it in parts")
    cells = _workbook(data) if data[:4] == b"PK\x03\x04" else _text(data)
    return _table(cells, columns, rows_max)


def write_csv(columns: Sequence[Column], rows: Iterable[dict[str, str]]) -> bytes:
    """Write a sheet that spreadsheets open as it is meant: UTF-8 with a mark, Chinese headings, no cell a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([one.zh for one in columns])
    writer.writerows([plain(row.get(one.name, "")) for one in columns] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def plain(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula; `read_table` takes the mark away again."""
    return f"'{text}" if text[:1] in _BEGINS and not _NUMBER.fullmatch(text) else text


_BEGINS: Final = frozenset("=+-@＝＋－＠\t\r")
"""The wide signs too: a Chinese spreadsheet takes them for the others."""
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")

_Cell = str | Fault
"""A text, or what is wrong with it; the fault's place is filled in later."""


def _table(cells: Iterator[tuple[int, list[_Cell]]], columns: Sequence[Column], rows_max: int) -> Table:
    first = next(((number, row) for number, row in cells if any(row)), None)
    if first is None:
        raise Rejected("table.empty", f"the sheet is empty: write a line of headings, {_known(columns)}")
    places, headings = _headings(first[1], columns)
    rows: list[Row] = []
    faults: list[Fault] = []
    faulty = 0
    for number, row in cells:
        if not any(row):
            continue
        if len(rows) >= rows_max:
            raise Rejected("table.rows", f"more than {rows_max} rows: send the sheet in parts")
        found = list(_row_faults(number, row, places, headings))
        faulty += len(found)
        if found:
            faults += found[: FAULTS_MAX - len(faults)]
        else:
            texts = {one.name: str(row[at]) if at < len(row) else "" for at, one in places.items()}
            rows.append(Row(number, texts))
    return Table(headings, tuple(rows), tuple(faults), faulty)


def _headings(row: list[_Cell], columns: Sequence[Column]) -> tuple[dict[int, Column], dict[str, str]]:
    """Find which column stands where; raises `Rejected` with every fault of the headings at once."""
    by_name = {key.casefold(): one for one in columns for key in (one.name, one.zh, *one.also)}
    places: dict[int, Column] = {}
    headings: dict[str, str] = {}
    wrong: list[str] = []
    for at, cell in enumerate(row[:COLUMNS_MAX]):
        text = "" if isinstance(cell, Fault) else cell
        if not text:
            continue
        column = by_name.get(text.casefold())
        if column is None:
            wrong.append(f"there is no column {text[:40]!r}")
        elif column.name in headings:
            wrong.append(f"the column {text!r} stands twice")
        else:
            places[at] = column
            headings[column.name] = text
    wrong += [
        f"the column {one.zh} ({one.name}) is missing"
        for one in columns
        if one.required and one.name not in headings
    ]
    if wrong or len(row) > COLUMNS_MAX:
        wrong = wrong or [f"there are more than {COLUMNS_MAX} columns"]
        raise Rejected("table.headings", f"{'; '.join(wrong[:20])}. Columns are {_known(columns)}")
    return places, headings


def _row_faults(
    number: int, row: list[_Cell], places: dict[int, Column], headings: dict[str, str]
) -> Iterator[Fault]:
    for at, cell in enumerate(row):
        column = places.get(at)
        heading = "" if column is None else headings[column.name]
        if column is None:
            if cell:
                yield Fault(
                    number, "", "table.width", f"cell {at + 1} has no heading: delete it, or quote commas"
                )
                return
        elif isinstance(cell, Fault):
            yield Fault(number, heading, cell.code, cell.message)
        elif len(cell) > min(column.most, CELL_CHARACTERS_MAX):
            most = min(column.most, CELL_CHARACTERS_MAX)
            yield Fault(number, heading, "table.long", f"{len(cell)} characters: write at most {most}")


def _known(columns: Sequence[Column]) -> str:
    return ", ".join(f"{one.zh} ({one.name})" + (" *" if one.required else "") for one in columns)


def _wrong(code: str, message: str) -> Fault:
    return Fault(None, "", code, message)


_FORMULA: Final = _wrong("table.formula", "a formula: copy the cell and paste its value")


def _cell(text: str) -> _Cell:
    text = text.strip().strip("\u3000\ufeff\u200b").strip()
    if text.startswith("="):
        return _FORMULA
    if text[:1] == "'" and text[1:2] in _BEGINS:
        text = text[1:]
    if any((ord(sign) < 32 and sign not in "\n\t") or ord(sign) == 127 for sign in text):
        return _wrong("table.sign", "a sign that cannot be seen: write the text anew")
    return text


# -- CSV ---------------------------------------------------------------------------------------------


def _text(data: bytes) -> Iterator[tuple[int, list[_Cell]]]:
    text = _decoded(data)
    head = text.partition("\n")[0]
    comma = next((sign for sign in ",\t;" if sign in head), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Rejected(
                "table.quotes",
                f"row {number}: {error}; close every quote, and double quotes inside of quotes",
            ) from error
        yield number, [_cell(one) for one in row]


def _decoded(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise Rejected("table.encoding", "the file is UTF-16: save it as CSV UTF-8, or as XLSX")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Rejected(
        "table.encoding", "the file is neither UTF-8 nor GB18030: save it as CSV UTF-8, or as XLSX"
    )


# -- XLSX --------------------------------------------------------------------------------------------


def _workbook(data: bytes) -> Iterator[tuple[int, list[_Cell]]]:
    _check_archive(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX + 1), 1):
            if number > 1_048_576:
                return
            yield number, _without_tail([_workbook_cell(one.value, one.data_type) for one in row])
    except Rejected:
        raise
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        IndexError,
        SyntaxError,
        OSError,
    ) as error:
        # What a damaged workbook raises is as many kinds as it has parts; its XML errors are SyntaxErrors.
        raise Rejected(
            "table.workbook", f"this is no workbook that can be read: {error}; save it anew"
        ) from error


def _check_archive(data: bytes) -> None:
    """Look into the archive before anything unpacks it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX or sum(one.file_size for one in parts) > UNPACKED_BYTES_MAX:
                raise Rejected(
                    "table.workbook", "the workbook unpacks to too much: save its first sheet as CSV"
                )
            for one in parts:
                if one.flag_bits & 1:
                    raise Rejected("table.workbook", "the workbook has a password: save it without one")
                with archive.open(one) as part:
                    if b"<!DOCTYPE" in part.read(4_096):
                        raise Rejected(
                            "table.workbook", "the workbook defines entities of its own: save it anew"
                        )
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, EOFError) as error:
        raise Rejected(
            "table.workbook", f"this is no workbook that can be read: {error}; save it anew"
        ) from error


def _workbook_cell(value: object, kind: str) -> _Cell:
    if kind == "f":
        return _FORMULA
    if kind == "e":
        return _wrong("table.error", f"the spreadsheet shows the error {value}: write a value")
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(value)
        case datetime():
            whole = (value.hour, value.minute, value.second) == (0, 0, 0)
            return value.date().isoformat() if whole else value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            return _cell(str(value))


def _number(value: float) -> _Cell:
    if value != value or abs(value) >= _CODE_DIGITS:  # noqa: PLR0124 only NaN differs from itself
        return _wrong(
            "table.number",
            f"the spreadsheet lost digits of a number beyond {EXACT_DIGITS}: format the column as text and write it anew",
        )
    return str(int(value)) if value == int(value) else repr(value)


def _without_tail(row: list[_Cell]) -> list[_Cell]:
    while row and not row[-1]:
        row.pop()
    return row
