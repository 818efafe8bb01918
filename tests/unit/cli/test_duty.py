import json
from pathlib import Path

import psycopg
import pytest

from tests.unit.cli.conftest import Run

TOWN = """
grids:
  - {code: '1', name: City, tier: city}
  - {code: '11', name: East, tier: village, parent: '1'}
people:
  - {id: ann, name: Ann, grid: '11', tier: village, contacts: [{channel: log, address: x}], duty: always}
"""


@pytest.fixture
def settings(tmp_path: Path, dsn: str, tocsin: Run) -> Path:
    """A centre whose village has somebody always, and whose city has nobody."""
    path = tmp_path / "centre.yaml"
    path.write_text(f"data: {tmp_path / 'data'}\nstore: {{dsn: '{dsn}'}}\n")
    town = tmp_path / "town.yaml"
    town.write_text(TOWN)
    assert tocsin("town", "load", town, "-c", path).code == 0
    return path


def test_a_grid_without_anybody_is_shown_and_the_exit_code_says_so(tocsin: Run, settings: Path) -> None:
    shown = tocsin("duty", "check", "-c", settings)
    assert shown.code == 1, shown.err
    assert "无人值班" in shown.out
    assert "1 of 2 grids have gaps" in shown.out
    assert "无责任人" in shown.out


def test_a_covered_part_is_sound(tocsin: Run, settings: Path) -> None:
    shown = tocsin("duty", "check", "--grid", "11", "--days", "30", "-c", settings)
    assert shown.code == 0, shown.err
    assert "1 grids, none without somebody on duty" in shown.out


def test_a_document_names_every_gap(tocsin: Run, settings: Path, dsn: str) -> None:
    with psycopg.connect(dsn) as database:
        database.execute("delete from contact")
    shown = tocsin("duty", "check", "--json", "-c", settings)
    assert shown.code == 1
    document = json.loads(shown.out)
    assert [(one["grid"], one["code"]) for one in document["gaps"]] == [("1", "nobody"), ("11", "no_channel")]
    assert [one["code"] for one in document["warnings"]] == ["no_responsible"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [(("--grid", "99"), "there is no grid 99"), (("--from", "2100-01-01"), "44 days ahead")],
)
def test_what_cannot_be_looked_at_is_said(
    tocsin: Run, settings: Path, wrong: tuple[str, ...], said: str
) -> None:
    shown = tocsin("duty", "check", *wrong, "-c", settings)
    assert shown.code != 0
    assert said in shown.err
