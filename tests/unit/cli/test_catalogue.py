"""A catalogue is brought in by one command, again without harm, and refused with its lines."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.unit.cli.conftest import Run
from tocsin.town.catalogue import sample_text


@pytest.fixture
def settings(tmp_path: Path, dsn: str) -> Path:
    """A centre with one root."""
    path = tmp_path / "centre.yaml"
    path.write_text(f"data: {tmp_path / 'data'}\nstore: {{dsn: '{dsn}'}}\n")
    with psycopg.connect(dsn) as database:
        database.execute(
            "insert into grid (code, name, tier, kind, path, radius_m) values ('1', 'x', 'city', 'basic', '1', 500)"
        )
    return path


def test_the_sample_is_loaded_at_the_one_root_and_loaded_again(tocsin: Run, settings: Path, dsn: str) -> None:
    for _ in range(2):
        done = tocsin("town", "catalogue", "load", "--sample", "-c", settings)
        assert done.code == 0, done.err
        assert "6 categories, 41 matters, 4 platforms, 18 organisations, working time" in done.out
    with psycopg.connect(dsn) as database:
        rows = database.execute("select grid, count(*) from organisation group by grid").fetchall()
    assert rows == [("1", 18)]


def test_organisations_of_an_unknown_grid_are_refused(tocsin: Run, settings: Path) -> None:
    done = tocsin("town", "catalogue", "load", "--sample", "--grid", "99", "-c", settings)
    assert done.code == 2
    assert "there is no grid 99: import the grids first" in done.err


def test_a_file_is_checked_without_a_centre(tocsin: Run, tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text(sample_text())
    assert "nothing is wrong" in tocsin("town", "catalogue", "check", file).out
    file.write_text(sample_text().replace('code: "0102"', 'code: "9902"'))
    done = tocsin("town", "catalogue", "check", file)
    assert done.code == 2
    assert "category 99 of 9902 is not known" in done.err
    assert done.err.startswith("tocsin: line ")


def test_one_source_is_named(tocsin: Run, tmp_path: Path) -> None:
    assert "one of them" in tocsin("town", "catalogue", "check").err
    assert "one of them" in tocsin("town", "catalogue", "check", tmp_path / "x.yaml", "--sample").err
    assert "cannot read" in tocsin("town", "catalogue", "check", tmp_path / "x.yaml").err
    (tmp_path / "latin.yaml").write_bytes(b"matters: \xff")
    assert "UTF-8" in tocsin("town", "catalogue", "check", tmp_path / "latin.yaml").err


def test_the_sample_is_printed(tocsin: Run) -> None:
    assert tocsin("town", "catalogue", "sample").out == sample_text()
