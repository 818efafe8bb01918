from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.support.places import CITY, EAST, SHAPES, TOWN, box, outlines, sheet, town_sheet
from tests.unit.cli.conftest import Run


@pytest.fixture
def settings(tmp_path: Path, dsn: str) -> Path:
    path = tmp_path / "centre.yaml"
    path.write_text(f"data: {tmp_path / 'data'}\nstore: {{dsn: '{dsn}'}}\n")
    (tmp_path / "grids.csv").write_bytes(town_sheet())
    (tmp_path / "grids.geojson").write_bytes(outlines(SHAPES))
    return path


def test_a_town_comes_in_is_checked_and_goes_out_as_it_came(
    tocsin: Run, settings: Path, tmp_path: Path, dsn: str
) -> None:
    files = (tmp_path / "grids.csv", "--outlines", tmp_path / "grids.geojson", "-c", settings)
    dry = tocsin("grid", "import", *files, "--dry-run")
    assert (dry.code, "would be: 8 new" in dry.out) == (0, True), dry.err
    done = tocsin("grid", "import", *files, "--since", "2026-01-01")
    assert (done.code, "8 new, 0 changed (0 moved), 0 given up" in done.out) == (0, True), done.err
    assert "无死角" in done.out
    with psycopg.connect(dsn) as database:
        assert database.execute("select count(*), min(since)::date::text from grid").fetchall() == [
            (8, "2025-12-31")
        ]
    checked = tocsin("grid", "check", "-c", settings)
    assert (checked.code, "8 grids (8 basic, 0 dedicated), 8 with outline" in checked.out) == (0, True), (
        checked.err
    )
    out, drawn = tmp_path / "out.csv", tmp_path / "out.geojson"
    gone = tocsin("grid", "export", "--csv", out, "--geojson", drawn, "--under", EAST, "-c", settings)
    assert (gone.code, gone.out.strip()) == (0, "3 grids"), gone.err
    again = tocsin("grid", "import", out, "--outlines", drawn, "-c", settings)
    assert "0 new, 0 changed" in again.out, "the outlines are written as they are kept"


def test_a_faulty_file_is_a_table_with_row_and_column_and_exit_code_1(
    tocsin: Run, settings: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(sheet(f"{CITY},区,", f"{TOWN},镇,[nowhere]"))
    done = tocsin("grid", "import", bad, "-c", settings)
    assert done.code == 1
    assert all(
        words in done.out for words in ("faults in the files", "3", "上级", "there is no grid [nowhere]")
    )
    assert "nothing was changed: " in done.err


def test_a_tree_that_is_not_whole_ends_a_check_with_1(tocsin: Run, settings: Path, tmp_path: Path) -> None:
    (tmp_path / "hole.geojson").write_bytes(outlines({**SHAPES, f"{EAST}001": box(1, 1, 0.5, 1)}))
    tocsin("grid", "import", tmp_path / "grids.csv", "--outlines", tmp_path / "hole.geojson", "-c", settings)
    divisions = tmp_path / "divisions.csv"
    divisions.write_text("code,name\n370102001,镇\n370102009,别镇\n", encoding="utf-8")
    found = tocsin("grid", "check", "--divisions", divisions, "-c", settings)
    assert found.code == 1
    assert all(
        words in found.out for words in ("ground that", "500,130", "36.015000", "370102009", "别镇")
    ), found.out
    elsewhere = tocsin("grid", "check", "--under", f"{EAST}002", "-c", settings)
    assert elsewhere.code == 0, elsewhere.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "none.csv"], "cannot read none.csv"),
        (["import"], "nothing was sent"),
        (["import", "--since", "soon"], "write it as 2026-11-23"),
        (["export"], "say where to"),
        (["check", "--under", "none"], "there is no grid none"),
    ],
)
def test_a_refusal_is_one_sentence(tocsin: Run, settings: Path, arguments: list[str], words: str) -> None:
    done = tocsin("grid", *arguments, "-c", settings)
    assert (done.code, words in done.err) == (2, True), done.err
