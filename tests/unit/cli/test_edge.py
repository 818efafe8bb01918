from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.edge import free_port
from tests.unit.cli.conftest import Run
from tocsin.edge import run as collector


def box_file(folder: Path, more: str = "") -> Path:
    path = folder / "weir.yaml"
    path.write_text(f"collector: weir\nbroker: {{port: {free_port()}}}\nclock: synced\n{more}")
    return path


def test_every_fault_of_a_collectors_file_is_a_sentence(tocsin: Run, tmp_path: Path) -> None:
    file = box_file(tmp_path, "partition: 64\nheartbeat: 3\n")
    for command in ("check", "run"):
        refused = tocsin("edge", command, file)
        assert refused.code == 2
        assert "partition: " in refused.err
        assert "heartbeat: is not known here: remove it or correct its spelling" in refused.err


def test_a_file_that_is_not_there_is_a_sentence(tocsin: Run, tmp_path: Path) -> None:
    refused = tocsin("edge", "run", tmp_path / "none.yaml")
    assert refused.code == 2
    assert refused.err.startswith(f"tocsin: cannot read {tmp_path / 'none.yaml'}")


def test_the_check_says_what_is_right_and_what_to_do_about_what_is_not(tocsin: Run, tmp_path: Path) -> None:
    found = tocsin("edge", "check", box_file(tmp_path))
    assert found.code == 1
    lines = found.out.splitlines()
    wrong = next(place for place, line in enumerate(lines) if line.startswith("✗"))
    assert lines[wrong + 1].lstrip().startswith("→")
    assert any(line.startswith("✓") for line in lines)


def test_a_collector_runs_with_its_file_until_it_is_stopped(
    tocsin: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: dict[str, Any] = {}

    async def running(settings: Any, *, stop: asyncio.Event, **options: Any) -> None:
        given.update(options, collector=settings.collector)

    monkeypatch.setattr(collector, "run", running)
    assert tocsin("edge", "run", box_file(tmp_path), "--metrics-port", 9100).code == 0
    assert (given["collector"], given["metrics_port"]) == ("weir", 9100)
    assert callable(given["serve"])


def test_a_box_loads_nothing_of_the_centre() -> None:
    """A small box has no memory to spare for the API, the database and the rules of response."""
    code = (
        "import sys; from tocsin.cli import application; application(box_only=True); import tocsin.edge.run; "
        "print([n for n in ('psycopg', 'fastapi', 'uvicorn', 'tocsin.wiring', 'tocsin.alerts.service') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
