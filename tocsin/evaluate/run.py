"""All clips of a list, each in a child process, and the result as one document."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from tocsin.core.errors import Rejected
from tocsin.evaluate.clip import Order, Watched
from tocsin.evaluate.clips import Clip
from tocsin.evaluate.models import card_of
from tocsin.evaluate.score import Alarm, EventScore, FalseAlarm, KindScore, by_kind, judge

_PATIENCE_SECONDS: Final = 1800.0
"""A clip that is not through by then is given up; a minute of video takes a few seconds."""


class ClipResult(msgspec.Struct, frozen=True):
    """One clip; the first six keys are the form that others read."""

    file: str
    seconds: float
    pictures: int
    ms_per_picture: float
    events: list[EventScore]
    false_alarms: list[FalseAlarm]
    ms_p99: float
    peak_memory_mb: float
    bursts: int
    alarms: list[FalseAlarm]
    """Every alarm, right or wrong."""
    failed: str | None


class Result(msgspec.Struct, frozen=True):
    """A whole evaluation."""

    clips: list[ClipResult]
    kinds: dict[str, KindScore]
    false_alarms_per_hour: float
    hours: float
    every_s: float
    burst: bool


def evaluate(
    clips: Sequence[Clip],
    folder: Path,
    *,
    every_s: float,
    burst: bool,
    stills: bool,
    card: Path | None = None,
    done: Callable[[ClipResult], None] = lambda _: None,
) -> tuple[Result, dict[str, Watched]]:
    """Run all clips, files relative to `folder`; gives the result and, for a page, what was seen.

    Raises `Rejected` (`eval.every`, `eval.clips`, `eval.model`) before the first clip when something cannot work.
    """
    if not 0.02 <= every_s <= 3600:
        raise Rejected("eval.every", f"a picture every {every_s} s cannot be: write 0.02 to 3600")
    missing = [clip.file for clip in clips if not (folder / clip.file).is_file()]
    if missing:
        raise Rejected("eval.clips", f"these files are not in {folder}: {', '.join(missing[:5])}")
    if card is not None:
        card_of(card)
    seen: dict[str, Watched] = {}
    results = []
    for clip in clips:
        order = Order(
            path=str(folder / clip.file),
            clip=clip.model_dump(exclude_none=True),
            every_s=every_s,
            burst=burst,
            stills=stills,
            card=None if card is None else str(card.resolve()),
        )
        watched = _in_a_child(order)
        seen[clip.file] = watched
        results.append(_scored(clip, watched))
        done(results[-1])
    return _summed(results, every_s=every_s, burst=burst), seen


def _in_a_child(order: Order) -> Watched:
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "tocsin.evaluate.clip"],
            input=msgspec.msgpack.encode(order),
            capture_output=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        return _lost(f"not through after {_PATIENCE_SECONDS:.0f} s")
    if ended.returncode:
        last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return _lost(f"ended with code {ended.returncode}{': ' + last[0][:200] if last else ''}")
    try:
        return msgspec.msgpack.decode(ended.stdout, type=Watched)
    except msgspec.MsgspecError as error:
        return _lost(f"gave no result: {error}")


def _lost(why: str) -> Watched:
    return Watched(0.0, 0, 0, 0.0, 0.0, 0.0, [], [], why)


def _scored(clip: Clip, watched: Watched) -> ClipResult:
    alarms = [Alarm(one.kind, one.at_s, one.detector, one.reason) for one in watched.raised]
    events, wrong = judge(clip.events, alarms)
    return ClipResult(
        file=clip.file,
        seconds=watched.seconds,
        pictures=watched.pictures,
        ms_per_picture=watched.ms_per_picture,
        events=events,
        false_alarms=wrong,
        ms_p99=watched.ms_p99,
        peak_memory_mb=watched.peak_memory_mb,
        bursts=watched.bursts,
        alarms=[FalseAlarm(one.kind.value, round(one.at_s, 3), one.detector, one.reason) for one in alarms],
        failed=watched.failed,
    )


def _summed(results: list[ClipResult], *, every_s: float, burst: bool) -> Result:
    hours = sum(result.seconds for result in results) / 3600
    wrong = sum(len(result.false_alarms) for result in results)
    return Result(
        clips=results,
        kinds=by_kind(event for result in results for event in result.events),
        false_alarms_per_hour=round(wrong / hours, 3) if hours else 0.0,
        hours=round(hours, 4),
        every_s=every_s,
        burst=burst,
    )


def document(result: Result) -> dict[str, Any]:
    """Give the JSON document."""
    built: dict[str, Any] = msgspec.to_builtins(result)
    return built
