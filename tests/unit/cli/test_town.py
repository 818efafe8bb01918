from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from tests.unit.cli.conftest import Run
from tocsin.alerts.proving import tag_hash
from tocsin.cli import application
from tocsin.core.errors import Rejected

ROOT = Path(__file__).resolve().parents[3]


def test_a_town_is_loaded_and_loaded_again(tmp_path: Path) -> None:
    settings = tmp_path / "centre.yaml"
    settings.write_text(f"data: {tmp_path / 'data'}\n")
    for _ in range(2):
        done = CliRunner().invoke(
            application(), ["town", "load", str(ROOT / "deploy/examples/town.yaml"), "-c", str(settings)]
        )
        assert done.exit_code == 0, done.output
        assert "4 grids, 4 people, 4 shifts, 2 devices" in done.stdout


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(application(), ["town", "load", str(tmp_path / "none.yaml")])
    assert isinstance(done.exception, Rejected)
    assert "cannot read" in done.exception.reason


@pytest.fixture
def settings(tmp_path: Path, dsn: str) -> Path:
    """A centre with one grid."""
    path = tmp_path / "centre.yaml"
    path.write_text(
        f"data: {tmp_path / 'data'}\nstore: {{dsn: '{dsn}'}}\n"
        "api: {public_url: 'https://bell.example', cookie_secure: true}\n"
    )
    with psycopg.connect(dsn) as database:
        database.execute(
            "insert into grid (code, name, tier, kind, path, radius_m) values ('1', 'x', 'city', 'basic', '1', 500)"
        )
    return path


def test_a_code_for_a_place_is_shown_to_scan_and_kept_as_its_hash(
    tocsin: Run, settings: Path, dsn: str, tmp_path: Path
) -> None:
    shown = tocsin("town", "tag", "1", "东门", "-c", settings)
    assert shown.code == 0, shown.err
    assert "▀" in shown.out
    address = next(line for line in shown.out.splitlines() if line.startswith("https://bell.example/tag/"))
    drawing = tmp_path / "gate.svg"
    drawn = tocsin("town", "tag", "1", "gate", "--device", "weir/camera-1", "--svg", drawing, "-c", settings)
    assert drawn.code == 0, drawn.err
    assert drawing.read_text().startswith("<?xml")
    with psycopg.connect(dsn) as database:
        rows = database.execute("select name, device, secret from place_tag order by made").fetchall()
    assert rows == [("东门", None, tag_hash(address)), ("gate", "weir/camera-1", rows[1][2])]


def test_a_code_that_leads_nowhere_is_refused(tocsin: Run, settings: Path, tmp_path: Path) -> None:
    assert "no grid 9" in tocsin("town", "tag", "9", "gate", "-c", settings).err
    assert "1 to 80" in tocsin("town", "tag", "1", " ", "-c", settings).err
    into = tocsin("town", "tag", "1", "gate", "--svg", tmp_path / "none" / "x.svg", "-c", settings)
    assert "cannot write" in into.err
    settings.write_text(settings.read_text().replace("public_url: 'https://bell.example', ", ""))
    assert "public_url" in tocsin("town", "tag", "1", "gate", "-c", settings).err
