"""Replays as child processes: one at a time, followed, stopped, and forgotten with the process."""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.database import Database
from tests.support.replaying import past
from tocsin import replays
from tocsin.api.replays import ReplayRun, ReplayState
from tocsin.core.clock import SystemClock
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId
from tocsin.replays import KEPT, ChildReplays
from tocsin.settings import Settings

SINCE = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
ELLA = PersonId("ella")
SCRIPT = """
import json, os, sys, pathlib, time
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
out = pathlib.Path(given["--json"])
print("readings 40 %", file=sys.stderr, flush=True)
{body}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(replays.tempfile, "mkdtemp", lambda prefix: str(_made(tmp_path / prefix)))
    return tmp_path / "tocsin-replay-"


def _made(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path


def gone(folder: Path) -> bool:
    """Whether what the child was given is no more."""
    return not folder.exists()


def child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> ChildReplays:
    """Replays whose child is a script instead of `python -m tocsin replay`."""
    script = tmp_path / "child.sh"
    code = tmp_path / "child.py"
    code.write_text(SCRIPT.format(body=body))
    script.write_text(f'#!/bin/sh\nshift 3\nexec {sys.executable} {code} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(replays.sys, "executable", str(script))
    settings = Settings.model_validate({"data": str(tmp_path / "data"), "ingest": {"sessions": 3}})
    return ChildReplays(settings, "postgresql://tocsin:secret@host/db", SystemClock())


def start(made: ChildReplays, scope: str = "", text: str = "detectors: []") -> ReplayRun:
    until = SINCE + timedelta(days=1)
    return made.start(text, person=ELLA, scope=scope, since=SINCE, until=until, now=SINCE)


@asynccontextmanager
async def running(made: ChildReplays) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(made.run(stop))
        yield stop
        stop.set()


async def until(made: ChildReplays, *states: ReplayState, what: str = "") -> ReplayRun:
    async with asyncio.timeout(30):
        while True:
            run = made.runs()[0]
            if run.state in states and run.what.startswith(what):
                return run
            await asyncio.sleep(0.02)


async def test_what_a_child_writes_is_the_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    body = (
        'out.write_text(json.dumps({"argv": given, "settings": open(given["--settings"]).read(),'
        ' "text": open(given["--config"]).read(), "nice": os.nice(0), "mode": os.stat(out.parent).st_mode}))'
    )
    monkeypatch.setenv("TOCSIN__STORE__POOL_MAX", "1")
    made = child(monkeypatch, tmp_path, body)
    async with running(made):
        start(made, scope="1.10")
        run = await until(made, ReplayState.DONE)
    assert run.result is not None
    given = run.result["argv"]
    assert (given["--from"], given["--to"], given["--grid"]) == (
        "2026-11-20T06:30:00",
        "2026-11-21T06:30:00",
        "10",
    )
    settings = yaml.safe_load(run.result["settings"])
    assert settings["store"]["dsn"] == "postgresql://tocsin:secret@host/db"
    assert settings["ingest"] == {"sessions": 3}
    assert Settings.model_validate(settings).data == (tmp_path / "data").resolve()
    assert run.result["text"] == "detectors: []"
    assert (run.result["mode"] & 0o077, run.what, run.part) == (0, "readings", 1.0)
    assert gone(folder)


async def test_a_child_that_refuses_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    made = child(monkeypatch, tmp_path, 'print("tocsin: too much", file=sys.stderr); sys.exit(2)')
    async with running(made):
        start(made)
        run = await until(made, ReplayState.FAILED)
        start(made)
        await until(made, ReplayState.FAILED)
    assert run.reason == "too much"
    assert run.ended is not None
    assert gone(folder)


async def test_instants_of_any_offset_reach_the_child_as_utc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    made = child(monkeypatch, tmp_path, 'out.write_text(json.dumps({"argv": given}))')
    beijing = SINCE.astimezone(timezone(timedelta(hours=8)))
    async with running(made):
        made.start("", person=ELLA, scope="", since=beijing, until=beijing + timedelta(hours=1), now=SINCE)
        run = await until(made, ReplayState.DONE)
    assert run.result is not None
    assert run.result["argv"]["--from"] == "2026-11-20T06:30:00"
    assert run.result["argv"]["--to"] == "2026-11-20T07:30:00"
    assert gone(folder)


async def test_only_the_sentence_of_a_refusal_is_told_not_a_trace_with_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    said = '"trace: postgresql://tocsin:secret@host"'
    made = child(monkeypatch, tmp_path, f"print({said}, file=sys.stderr); sys.exit(1)")
    async with running(made):
        start(made)
        run = await until(made, ReplayState.FAILED)
    assert "secret" not in run.reason
    assert "code 1" in run.reason
    (tmp_path / "child.py").write_text(
        SCRIPT.format(body=f'print({said} + "\\ntocsin: too much\\nof it", file=sys.stderr); sys.exit(2)')
    )
    async with running(made):
        start(made)
        run = await until(made, ReplayState.FAILED)
    assert run.reason == "too much\nof it"
    assert gone(folder)


async def test_one_cancelled_before_it_began_makes_the_next_wait_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    made = child(monkeypatch, tmp_path, 'out.write_text("{}")')
    made.cancel(start(made).id)
    with pytest.raises(Rejected, match="try again"):
        start(made)
    async with running(made):
        async with asyncio.timeout(30):
            while not made._asked.empty():
                await asyncio.sleep(0.01)
        start(made)
        await until(made, ReplayState.DONE)
    assert gone(folder)


async def test_a_child_can_be_stopped_and_another_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    made = child(monkeypatch, tmp_path, "time.sleep(600)")
    async with running(made):
        first = start(made)
        await until(made, ReplayState.RUNNING, what="readings")
        with pytest.raises(Rejected, match="another replay is running"):
            start(made)
        made.cancel(first.id)
        made.cancel("unknown")
        assert made.runs()[0].state is ReplayState.CANCELLED
        start(made)
        await until(made, ReplayState.RUNNING, what="readings")
    assert made.runs()[0].state is ReplayState.CANCELLED
    assert gone(folder)


async def test_one_that_takes_too_long_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    monkeypatch.setattr(replays, "MINUTES_MAX", 0.01)
    monkeypatch.setattr(asyncio.subprocess.Process, "kill", asyncio.subprocess.Process.terminate)
    slowly = "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), sys.exit()))"
    made = child(monkeypatch, tmp_path, f"import signal\n{slowly}\nout.touch()\ntime.sleep(600)")
    begun: list[asyncio.subprocess.Process] = []
    begin = asyncio.create_subprocess_exec

    async def remembered(*argv: str, **options: Any) -> asyncio.subprocess.Process:
        begun.append(await begin(*argv, **options))
        async with asyncio.timeout(30):
            while not (folder / "result.json").exists():
                await asyncio.sleep(0.01)
        return begun[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", remembered)
    async with running(made):
        start(made)
        run = await until(made, ReplayState.FAILED)
    assert "shorter period" in run.reason
    assert begun[0].returncode is not None, "a child was left behind"


async def test_a_result_without_end_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    monkeypatch.setattr(replays, "RESULT_BYTES_MAX", 10)
    made = child(monkeypatch, tmp_path, 'out.write_text("x" * 100)')
    async with running(made):
        start(made)
        run = await until(made, ReplayState.FAILED)
    assert "too large" in run.reason


async def test_only_the_last_few_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    made = child(monkeypatch, tmp_path, "")
    for _ in range(KEPT + 3):
        made.cancel(start(made).id)
        made._asked.get_nowait()
    assert len(made.runs()) == KEPT


@pytest.mark.heavy
async def test_the_real_child_compares_a_real_past(database: Database, tmp_path: Path) -> None:
    rules = "detectors:\n  - {name: high, detector: threshold, match: '*/level', unit: m, kind: flood, above: 3, hysteresis: 0.2}\n"
    async with past(database, tmp_path, rules) as history:
        for minute, level in enumerate((1.0, 3.5, 3.6, 1.0)):
            await history.flush(60 * minute, level=level)
        made = history.made.replays
        async with running(made):
            made.start(
                rules.replace("above: 3", "above: 4"),
                person=ELLA,
                scope="3301.3301101.3301101201",
                since=history.at(-60),
                until=history.at(3600),
                now=history.at(3600),
            )
            run = await until(made, ReplayState.DONE, ReplayState.FAILED)
    assert run.reason == ""
    assert run.result is not None
    assert run.result["lost"] == {"real": 0, "false": 0, "unjudged": 1}
