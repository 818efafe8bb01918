"""`tocsin replay` on a centre with a past."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.centre import settings_file
from tests.support.database import Database
from tests.support.replaying import past
from tests.unit.cli.conftest import Run
from tocsin.store.config import StoreConfig
from tocsin.store.connect import pool

RULES = """
detectors:
  - {name: high, detector: threshold, match: "*/level", unit: m, kind: flood, above: 3, hysteresis: 0.2}
"""


@pytest.fixture
def made(dsn: str, tmp_path: Path) -> tuple[Path, str, str]:
    """A settings file, and the period of a flood that an operator confirmed."""

    async def bring_in() -> tuple[str, str]:
        async with pool(dsn, StoreConfig(pool_min=1)) as connections:
            database = Database(dsn, connections)
            async with past(database, tmp_path, RULES) as history:
                for minute, level in enumerate((1.0, 3.5, 3.6, 1.0)):
                    await history.flush(60 * minute, level=level)
                ((incident, _),) = await history.incidents()
                await history.judge(incident, real=True, seconds=300)
                return f"{history.at(-60):%Y-%m-%dT%H:%M}", f"{history.at(3600):%Y-%m-%dT%H:%M}"

    since, until = asyncio.run(bring_in())
    return settings_file(dsn, tmp_path), since, until


def test_a_confirmed_flood_that_would_be_missed_is_said_and_written(
    tocsin: Run, made: tuple[Path, str, str], tmp_path: Path
) -> None:
    settings, since, until = made
    (tmp_path / "new.yaml").write_text(RULES.replace("above: 3", "above: 4"))
    (tmp_path / "old.yaml").write_text(RULES)

    done = tocsin(
        "replay", "--from", since, "--to", until, "--config", tmp_path / "new.yaml",
        "--against", tmp_path / "old.yaml", "--settings", settings, "--grid", "3301101201",
        "--json", tmp_path / "out.json",
    )  # fmt: skip

    assert done.code == 0, done.err
    assert "lost: 1 (1 real, 0 false, 0 not judged)" in done.out
    assert "of 1 recorded incidents the current configuration gives 1 again" in done.out
    assert "readings 100 %" in done.err
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["lost"] == {"real": 1, "false": 0, "unjudged": 0}
    assert [row["change"] for row in written["rows"]] == ["lost"]
    assert [one["stream"] for one in written["streams"]] == ["mill/gauge-1/level"]


def test_a_bad_configuration_is_refused_with_its_lines(tocsin: Run, tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text(RULES + "  - {name: odd, detector: thresold, above: 3}\n")

    done = tocsin("replay", "--from", "2026-01-01", "--to", "2026-01-02", "--config", tmp_path / "new.yaml")

    assert done.code == 2
    assert "line 4" in done.err
    assert "Traceback" not in done.err


def test_a_grid_that_is_none_is_refused(tocsin: Run, made: tuple[Path, str, str], tmp_path: Path) -> None:
    settings, since, until = made
    (tmp_path / "new.yaml").write_text(RULES)

    done = tocsin(
        "replay", "--from", since, "--to", until, "--config", tmp_path / "new.yaml",
        "--settings", settings, "--grid", "99",
    )  # fmt: skip

    assert done.code == 2
    assert "there is no grid '99'" in done.err
