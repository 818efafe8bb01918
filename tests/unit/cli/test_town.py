from pathlib import Path

from typer.testing import CliRunner

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
