import re
from importlib.resources import files

import pytest

from tocsin.core.errors import InvariantBroken
from tocsin.store.sql import parse, queries

FILES = sorted(
    entry.name.removesuffix(".sql")
    for entry in files("tocsin.store.queries").iterdir()
    if entry.name.endswith(".sql")
)


def test_a_query_is_found_by_name_and_carries_it() -> None:
    found = parse(
        "-- A file.\n\n-- name: one\n-- What for.\nselect 1 -- kept\n;\n\n-- name: two\n-- Why.\nselect 2",
        "f",
    )
    assert found == {"one": b"/* f.one */ select 1 -- kept", "two": b"/* f.two */ select 2"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-- name: one\nselect 1", "what for"),
        ("-- name: one\n-- What for.\n", "empty"),
        ("-- name: one\n-- A.\nselect 1\n-- name: one\n-- B.\nselect 2", "twice"),
    ],
)
def test_a_careless_file_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvariantBroken, match=reason):
        parse(text, "f")


@pytest.mark.parametrize("file", FILES)
def test_every_file_of_queries_can_be_read(file: str) -> None:
    assert queries(file)


@pytest.mark.parametrize("file", FILES)
def test_no_query_reads_a_clock_but_ours(file: str) -> None:
    for name, text in queries(file).items():
        clocks = (
            rb"(?i)\b(now\(\)|clock_timestamp|current_timestamp|current_date|localtime|statement_timestamp)"
        )
        assert not re.search(clocks, text), f"{file}.{name}: take an instant, or tocsin_clock()"
