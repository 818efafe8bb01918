from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from tocsin.core.errors import Rejected
from tocsin.town.tables import FAULTS_MAX, Column, Table, plain, read_table, write_csv

COLUMNS = (
    Column(name="code", zh="编码", required=True, most=20),
    Column(name="name", zh="名称", also=("网格名称",)),
    Column(name="count", zh="数量"),
)


def read(text: str, encoding: str = "utf-8") -> Table:
    return read_table(text.encode(encoding), COLUMNS)


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def refused(data: bytes) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read_table(data, COLUMNS)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_texts_come_in_each_usual_encoding(encoding: str) -> None:
    table = read("编码,网格名称\n001,堰村\n", encoding)
    assert [(row.number, row.values) for row in table.rows] == [(2, {"code": "001", "name": "堰村"})]
    assert table.headings == {"code": "编码", "name": "网格名称"}


def test_english_headings_tabs_empty_rows_and_white_space() -> None:
    table = read("Code\tname\n\n a1 \t　堰村 \n\t\nb2\n")
    assert [(row.number, row.values) for row in table.rows] == [
        (3, {"code": "a1", "name": "堰村"}),
        (5, {"code": "b2", "name": ""}),
    ]
    assert table.rows[0].get("count") == "", "a column that the sheet lacks"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("编码,名字\n1,x", "there is no column '名字'. Columns are 编码 (code) *, 名称 (name), 数量 (count)"),
        ("名称\nx", "the column 编码 (code) is missing"),
        ("编码,code\n1,2", "the column 'code' stands twice"),
    ],
)
def test_headings_that_do_not_fit_name_the_columns_there_are(text: str, words: str) -> None:
    refusal = refused(text.encode())
    assert refusal.code == "table.headings"
    assert words in refusal.reason


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "table.empty"),
        (b"\n,,\n", "table.empty"),
        ("编码\n1".encode("utf-16"), "table.encoding"),
        (b"\xe7\xbc\x96\xff\xff\n", "table.encoding"),
        ('编码\n"1'.encode(), "table.quotes"),
        (b"PK\x03\x04 no archive", "table.workbook"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, code: str) -> None:
    assert refused(data).code == code


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("=1+1,x", "编码", "table.formula"),
        ("a\x07,x", "编码", "table.sign"),
        (f"{'9' * 21},x", "编码", "table.long"),
        ("1,堰村,东,3", "", "table.width"),
    ],
)
def test_a_faulty_cell_is_told_with_row_and_column_and_takes_its_row_out(
    row: str, column: str, code: str
) -> None:
    table = read(f"编码,名称\n0,good\n{row}\n")
    assert [(one.row, one.column, one.code) for one in table.faults] == [(3, column, code)]
    assert [one.number for one in table.rows] == [2]


def test_faults_are_counted_beyond_those_that_are_kept() -> None:
    table = read("编码\n" + "=1\n" * (FAULTS_MAX + 7))
    assert (len(table.faults), table.faulty) == (FAULTS_MAX, FAULTS_MAX + 7)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(Rejected, match="more than 2 rows"):
        read_table("编码\n1\n2\n3\n".encode(), COLUMNS, rows_max=2)


def test_a_workbook_is_read_as_its_cells_show() -> None:
    data = workbook(["编码", "名称", "数量"], [370102001, date(2026, 1, 2), 1.5], [None, None], ["007", datetime(2026, 1, 2, 3, 4), True])  # fmt: skip  # noqa: DTZ001
    table = read_table(data, COLUMNS)
    assert [(row.number, *row.values.values()) for row in table.rows] == [
        (2, "370102001", "2026-01-02", "1.5"),
        (4, "007", "2026-01-02 03:04:00", "true"),
    ]


def test_formulas_and_codes_that_lost_digits_are_faults_of_a_workbook() -> None:
    table = read_table(workbook(["编码", "名称"], ["=A1", "x"], [37010200100100100000, "y"]), COLUMNS)
    assert [(one.row, one.column, one.code) for one in table.faults] == [
        (2, "编码", "table.formula"),
        (3, "编码", "table.number"),
    ]


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 3_000_000)
    monkeypatch.setattr("tocsin.town.tables.UNPACKED_BYTES_MAX", 2_000_000)
    assert len(packed.getvalue()) < 10_000
    assert "unpacks to too much" in refused(packed.getvalue()).reason


def test_a_workbook_with_entities_of_its_own_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>')
    assert "entities" in refused(packed.getvalue()).reason


def test_a_broken_workbook_is_a_sentence() -> None:
    good = workbook(["编码"], ["1"])
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as before, zipfile.ZipFile(packed, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            after.writestr(name, text[: len(text) // 2] if name == "xl/worksheets/sheet1.xml" else text)
    assert refused(packed.getvalue()).code == "table.workbook"


@pytest.mark.parametrize("text", ["=cmd()", "@x", "-x", "+x", "＝x", "＠x", "\tx", "-117.5", "plain"])
def test_what_is_written_is_read_again_and_never_a_formula(text: str) -> None:
    data = write_csv(COLUMNS, [{"code": "1", "name": text}])
    assert data.startswith(b"\xef\xbb\xbf")
    assert [row.get("name") for row in read_table(data, COLUMNS).rows] == [text]
    assert plain(text)[0] not in "=@+＝＠\t" or plain(text)[1:].isdigit()
