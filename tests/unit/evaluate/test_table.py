from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.errors import Rejected
from tocsin.evaluate.table import header_of, instant, read


def written(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_delimiter_quotes_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    found = read(written(tmp_path, '\ufeff"time";"a, b"\n1;2.5\n'))
    assert found.rows == (("time", "a, b"), ("1", "2.5"))
    assert found.column("a, b") == 1
    assert header_of(found.path) == ("time", "a, b")


@pytest.mark.parametrize(
    "text", ["2026-01-31 23:59:00", "1/31/2026 23:59:00", "31.01.2026 23:59:00", "1769903940"]
)
def test_instants_of_many_hands_are_the_same(text: str) -> None:
    assert instant(text) == 1_769_903_940_000_000


def test_what_is_no_instant_is_none() -> None:
    assert [instant(text) for text in ("", "soon", "nan", "-5", "1e99")] == [None] * 5


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (1, 1, "a.csv, row 2, column 2: 'wet' is no number"),
        (2, 1, "a.csv, row 3, column 2: the row ends after 1 columns"),
    ],
)
def test_a_fault_names_row_and_column(tmp_path: Path, row: int, column: int, said: str) -> None:
    found = read(written(tmp_path, "t,v\n1,wet\n2\n"))
    with pytest.raises(Rejected) as caught:
        found.number(row, column)
    assert caught.value.reason.startswith(said)


def test_a_blank_line_keeps_its_number_and_blank_lines_at_the_end_are_none(tmp_path: Path) -> None:
    found = read(written(tmp_path, "t,v\n1,2\n\n3,wet\n\n\n"))
    assert len(found.rows) == 4
    with pytest.raises(Rejected, match="row 4, column 2"):
        found.number(3, 1)


def test_a_bad_instant_and_a_missing_column_say_what_to_write(tmp_path: Path) -> None:
    found = read(written(tmp_path, "t,v\nsoon,1\n"))
    with pytest.raises(Rejected, match=r"row 2, column 1: 'soon' is no instant: write 2026"):
        found.instant_us(1, 0)
    with pytest.raises(Rejected, match=r"write one of t, v"):
        found.column("anomaly")


def test_empty_cells_and_nan_are_absent(tmp_path: Path) -> None:
    found = read(written(tmp_path, "t,v\n1,\n2,NaN\n3,inf\n4,0\n"))
    assert [found.number(row, 1) for row in range(1, 5)] == [None, None, None, 0.0]


@pytest.mark.parametrize(("text", "said"), [(b"", "is empty"), (b"\xff\xfe\x00x", "no UTF-8")])
def test_what_is_no_table_is_refused(tmp_path: Path, text: bytes, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        read(written(tmp_path, text))
    assert header_of(written(tmp_path, b"\xff\xfe")) == ()


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot read"):
        read(tmp_path / "none.csv")


def test_a_first_line_without_end_is_no_header(tmp_path: Path) -> None:
    """A cell beyond what a table may hold, as in a file of another kind under a wrong name."""
    assert header_of(written(tmp_path, b"x" * 300_000)) == ()
    with pytest.raises(Rejected, match="no table"):
        read(written(tmp_path, b"x" * 300_000))
