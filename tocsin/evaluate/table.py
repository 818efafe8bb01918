"""Tables of text (CSV), read with the place of every fault.

Finds the delimiter by itself, bears a byte order mark and quoted cells. A fault is `Rejected`
(`series.file`) with the file, the row as an editor counts it, the column and what to write.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tocsin.core.errors import Rejected

BYTES_MAX: Final = 256 * 1024 * 1024
_FORMS: Final = ("%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Table:
    """One file's cells; `rows[0]` is the first line of the file."""

    path: Path
    rows: tuple[tuple[str, ...], ...]

    def fault(self, row: int, column: int | str, sentence: str) -> Rejected:
        """Make the refusal of one cell; `row` counts from 0, the sentence from 1."""
        named = column if isinstance(column, str) else f"{column + 1}"
        return Rejected("series.file", f"{self.path.name}, row {row + 1}, column {named}: {sentence}")

    def column(self, name: str, *, header: int = 0) -> int:
        """Find a column by its name in the header."""
        names = [cell.strip() for cell in self.rows[header]]
        if name not in names:
            raise self.fault(header, name, f"there is no such column: write one of {', '.join(names)[:200]}")
        return names.index(name)

    def cell(self, row: int, column: int) -> str:
        """Give one cell; raises for a row that is too short."""
        cells = self.rows[row]
        if column >= len(cells):
            raise self.fault(row, column, f"the row ends after {len(cells)} columns: write the missing cells")
        return cells[column].strip()

    def number(self, row: int, column: int) -> float | None:
        """Give one cell as a number; None for an empty one and for NaN."""
        text = self.cell(row, column)
        if text == "" or text.lower() in {"nan", "na", "null", "none"}:
            return None
        try:
            value = float(text)
        except ValueError:
            raise self.fault(row, column, f"{text[:40]!r} is no number: write one, or nothing") from None
        return value if math.isfinite(value) else None

    def instant_us(self, row: int, column: int) -> int:
        """Give one cell as an instant; seconds since 1970, or a date with a time, taken for UTC."""
        text = self.cell(row, column)
        at = instant(text)
        if at is None:
            raise self.fault(
                row, column, f"{text[:40]!r} is no instant: write 2026-01-31 23:59:00, or seconds since 1970"
            )
        return at


def instant(text: str) -> int | None:
    """Read an instant in microseconds; None for what is none."""
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        return round(seconds * 1e6) if 0 <= seconds < 253_402_300_800 else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        found = next((one for form in _FORMS if (one := _by(text, form)) is not None), None)
        if found is None:
            return None
        moment = found
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1e6)


def _by(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None


def read(path: Path) -> Table:
    """Read one file; raises `Rejected` for what is no text, too long, or empty."""
    try:
        if path.stat().st_size > BYTES_MAX:
            raise Rejected("series.file", f"{path.name} is larger than {BYTES_MAX >> 20} MiB: split it")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise Rejected("series.file", f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Rejected(
            "series.file", f"{path.name} is no UTF-8 text (byte {error.start}): save it as UTF-8"
        ) from error
    lines = text.rstrip().splitlines()
    first = next((line for line in lines if line.strip()), "")
    try:
        rows = tuple(tuple(row) for row in csv.reader(lines, delimiter=_delimiter(first)))
    except csv.Error as error:
        raise Rejected("series.file", f"{path.name} is no table: {error}") from error
    if not rows:
        raise Rejected("series.file", f"{path.name} is empty: name a file with rows")
    return Table(path, rows)


def header_of(path: Path) -> tuple[str, ...]:
    """Give the cells of a file's first line without reading the rest; empty when it is no text."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            line = file.readline(1 << 20)
        cells: Sequence[str] = next(csv.reader([line], delimiter=_delimiter(line)), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return ()
    return tuple(cell.strip() for cell in cells)


def _delimiter(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",;\t", key=bare.count)
