"""Replays that pages ask for, each as a child process that runs `tocsin replay`.

A replay is minutes of work of one core: a process of its own keeps the page's own process answering, can be
stopped at any moment, and gives its memory back. It is given a settings file of its own with no more than it
needs. Nothing is kept beyond this process: what ran is gone when it ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
import yaml
from typing_extensions import override

from tocsin.api.replays import ReplayRun, Replays, ReplayState
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId, new_id
from tocsin.settings import PREFIX, Settings

log = structlog.get_logger()

KEPT: Final = 10
MINUTES_MAX: Final = 120
RESULT_BYTES_MAX: Final = 16 * 1024 * 1024
SAID_BYTES_MAX: Final = 4_000
NICE: Final = 10
"""Below everything that rings: a replay may take longer, a notice may not."""
_REFUSED: Final = "tocsin: "
"""Begins what a command refuses with."""
_PROGRESS: Final = re.compile(r"(readings|pictures|incidents) (\d{1,3}) %")


@dataclass(frozen=True, slots=True)
class _Asked:
    run: str
    text: str


class ChildReplays(Replays):
    """Runs one child at a time while `run` is running."""

    def __init__(self, settings: Settings, dsn: str, clock: Clock) -> None:
        self._settings = settings
        self._dsn = dsn
        self._clock = clock
        self._runs: dict[str, ReplayRun] = {}
        self._asked: asyncio.Queue[_Asked] = asyncio.Queue(1)
        self._child: asyncio.subprocess.Process | None = None

    @override
    def start(
        self, text: str, *, person: PersonId, scope: str, since: datetime, until: datetime, now: datetime
    ) -> ReplayRun:
        if any(one.state is ReplayState.RUNNING for one in self._runs.values()):
            raise Rejected("replay.busy", "another replay is running: wait until it has ended, or cancel it")
        made = ReplayRun(id=new_id(), person=person, scope=scope, since=since, until=until, asked=now)
        try:
            self._asked.put_nowait(_Asked(made.id, text))
        except asyncio.QueueFull:  # one cancelled before it began is still waiting to be taken
            raise Rejected(
                "replay.busy", "the last replay is still being put away: try again in a few seconds"
            ) from None
        self._runs[made.id] = made
        while len(self._runs) > KEPT:
            del self._runs[next(iter(self._runs))]
        return made

    @override
    def runs(self) -> Sequence[ReplayRun]:
        return list(reversed(self._runs.values()))

    @override
    def cancel(self, run: str) -> None:
        one = self._runs.get(run)
        if one is None or one.state is not ReplayState.RUNNING:
            return
        self._change(run, state=ReplayState.CANCELLED, ended=self._clock.now())
        self._kill()

    async def run(self, stop: asyncio.Event) -> None:
        """Run what is asked for until `stop` is set; a child that runs then is stopped."""
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                asking = asyncio.ensure_future(self._asked.get())
                await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    asking.cancel()
                    break
                working = asyncio.ensure_future(self._one(asking.result()))
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                for name in list(self._runs) if not working.done() else ():
                    self.cancel(name)
                await working
        finally:
            stopping.cancel()
            self._kill()

    async def _one(self, asked: _Asked) -> None:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="tocsin-replay-"))
        try:
            if self._runs[asked.run].state is ReplayState.RUNNING:
                async with asyncio.timeout(60 * MINUTES_MAX):
                    await self._replay(asked, folder)
        except TimeoutError:
            self._fail(asked.run, f"it took longer than {MINUTES_MAX} minutes: replay a shorter period")
        except Exception as error:  # whatever a child does, the page and the next replay go on
            log.exception("replay.failed", reason=str(error))
            self._fail(asked.run, f"it could not be run: {error}")
        finally:
            self._kill()
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _replay(self, asked: _Asked, folder: Path) -> None:
        run = self._runs[asked.run]
        await asyncio.to_thread(self._write, folder, asked.text)
        grid = ["--grid", run.scope.rsplit(".", 1)[-1]] if run.scope else []
        environment = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        child = self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tocsin", "replay",
            "--from", _utc(run.since), "--to", _utc(run.until),
            "--config", str(folder / "new.yaml"), "--settings", str(folder / "centre.yaml"),
            "--json", str(folder / "result.json"), *grid,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            env=environment,
        )  # fmt: skip
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, NICE)
        try:
            if self._runs[asked.run].state is not ReplayState.RUNNING:  # cancelled while it was starting
                self._kill()
            said = await self._listen(asked.run, child)
            code = await child.wait()
        finally:
            self._kill()
            await child.communicate()  # one that was killed is not left behind, nor its pipe
        if self._runs[asked.run].state is not ReplayState.RUNNING:
            return
        if code != 0:
            sentence = _refusal(said)
            if not sentence:
                log.error("replay.failed", reason=f"code {code}: {said}")
            self._fail(asked.run, sentence or f"it ended with code {code}: the centre's log says more")
            return
        result = await asyncio.to_thread(_read, folder / "result.json")
        self._change(asked.run, state=ReplayState.DONE, part=1.0, result=result, ended=self._clock.now())

    async def _listen(self, run: str, child: asyncio.subprocess.Process) -> str:
        """Follow its progress; give the end of what else it said."""
        assert child.stderr is not None  # noqa: S101 it was asked for
        said = ""
        while line := await child.stderr.readline():
            words = line.decode("utf-8", "replace").strip()
            progress = _PROGRESS.fullmatch(words)
            if progress is not None:
                self._change(run, what=progress[1], part=int(progress[2]) / 100)
            elif words:
                said = f"{said}\n{words}"[-SAID_BYTES_MAX:]
        return said.strip()

    def _write(self, folder: Path, text: str) -> None:
        """Write what the child needs; `mkdtemp` made the folder readable by us alone."""
        settings = self._settings
        pictures = settings.store.picture_directory or settings.data / "pictures"
        document = {
            "data": str(settings.data.resolve()),
            "store": {"dsn": self._dsn, "picture_directory": str(pictures.resolve()), "pool_max": 2},
            "detectors": None if settings.detectors is None else str(settings.detectors.resolve()),
            "alerts": {"policy": json.loads(settings.alerts.policy.model_dump_json())},
            "ingest": {"sessions": settings.ingest.sessions},
        }
        (folder / "centre.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        (folder / "new.yaml").write_text(text, encoding="utf-8")

    def _fail(self, run: str, reason: str) -> None:
        if self._runs[run].state is ReplayState.RUNNING:
            self._change(run, state=ReplayState.FAILED, reason=reason, ended=self._clock.now())

    def _change(self, run: str, **changes: object) -> None:
        if run in self._runs:
            self._runs[run] = replace(self._runs[run], **changes)  # type: ignore[arg-type]  # names of its fields

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()


def _utc(at: datetime) -> str:
    """Write an instant as the command takes it: UTC, without an offset."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _refusal(said: str) -> str:
    """Give the sentence a child refused with; what else it wrote, as a traceback, is for the log alone."""
    _, begins, sentence = f"\n{said}".rpartition(f"\n{_REFUSED}")
    return sentence if begins else ""


def _read(path: Path) -> dict[str, object]:
    if path.stat().st_size > RESULT_BYTES_MAX:
        raise Rejected("replay.too_much", "the result is too large for a page: run `tocsin replay` instead")
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found
