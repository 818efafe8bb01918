from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.unit.cli.conftest import Run
from tocsin.cli import watch
from tocsin.core.errors import Rejected
from tocsin.settings import Settings
from tocsin.watch.config import WatchConfig

WELL = {"expect": [], "language": "en"}


def file(folder: Path, dsn: str, **rules: object) -> Path:
    path = folder / "watch.yaml"
    path.write_text(yaml.safe_dump({"data": str(folder), "store": {"dsn": dsn}, "watch": {**WELL, **rules}}))
    return path


def test_one_look_at_a_centre_that_is_well_says_so(tocsin: Run, dsn: str, tmp_path: Path) -> None:
    outcome = tocsin("watch", "--once", "--config", file(tmp_path, dsn))
    assert (outcome.code, outcome.out) == (0, "all is well\n")


def test_one_look_at_a_centre_that_is_not_prints_what_is_wrong(tocsin: Run, dsn: str, tmp_path: Path) -> None:
    outcome = tocsin("watch", "--once", "--config", file(tmp_path, dsn, expect=["relay"]))
    assert outcome.code == 1
    assert "worker.silent" in outcome.out
    assert "relay" in outcome.out


def test_one_look_at_no_database_is_a_finding_and_no_traceback(tocsin: Run, tmp_path: Path) -> None:
    dsn = f"host={tmp_path} dbname=x user=x"
    outcome = tocsin("watch", "--once", "--config", file(tmp_path, dsn))
    assert outcome.code == 1
    assert "database.down" in outcome.out


def test_the_embedded_database_is_looked_at_and_never_started(tocsin: Run, tmp_path: Path) -> None:
    path = tmp_path / "watch.yaml"
    path.write_text(yaml.safe_dump({"data": str(tmp_path / "centre"), "watch": WELL}))
    outcome = tocsin("watch", "--once", "--config", path)
    assert outcome.code == 1
    assert not (tmp_path / "centre" / "postgres").exists()


def test_a_channel_that_is_not_set_up_is_refused(dsn: str) -> None:
    rules = WatchConfig.model_validate({**WELL, "page": [{"channel": "smtp", "address": "a@example.org"}]})
    chosen = Settings.model_validate({"store": {"dsn": dsn}})
    with pytest.raises(Rejected, match=r"write watch\.channels\.smtp"):
        asyncio.run(watch.run(chosen, rules, asyncio.Event()))


def test_a_secret_that_is_not_there_is_refused(dsn: str, tmp_path: Path) -> None:
    rules = WatchConfig.model_validate(
        {**WELL, "channels": {"siren": None, "webhook": {"signing_key_file": str(tmp_path / "none")}}}
    )
    chosen = Settings.model_validate({"store": {"dsn": dsn}})
    with pytest.raises(Rejected, match="cannot be read"):
        asyncio.run(watch.run(chosen, rules, asyncio.Event()))


def test_it_watches_until_it_is_stopped_and_leaves_no_sign(dsn: str) -> None:
    rules = WatchConfig.model_validate({**WELL, "metrics_port": 0, "every_seconds": 0.2})
    chosen = Settings.model_validate({"store": {"dsn": dsn}})

    async def watched() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(watch.run(chosen, rules, stop))
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as database:
            async with asyncio.timeout(10):
                while not await (
                    await database.execute("select from beat where role = 'watcher'")
                ).fetchall():
                    await asyncio.sleep(0.05)
            stop.set()
            await task
            assert not await (await database.execute("select from beat")).fetchall()

    asyncio.run(watched())


def test_chains_are_verified(tocsin: Run, dsn: str, tmp_path: Path) -> None:
    outcome = tocsin("db", "verify-chains", "--all", "--config", file(tmp_path, dsn))
    assert (outcome.code, outcome.out) == (0, "0 logs verified, 0 do not prove themselves\n")
