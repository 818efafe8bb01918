"""How the centre itself is: what its watcher found, and whether the watcher itself lives."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter

from tocsin.api.access import Staff
from tocsin.api.deps import Deps
from tocsin.api.schemas.watch import BeatView, FindingView, WatchStatus
from tocsin.core.watch import WATCHER, SeenBeat

router = APIRouter(prefix="/api/watch", tags=["watch"])

ENDED_WITHIN: Final = timedelta(days=1)
WATCHER_SILENT: Final = timedelta(seconds=15)
"""It beats every second while the database is there."""


@router.get("", operation_id="watchStatus", summary="The watcher")
async def watch_status(caller: Staff, deps: Deps) -> WatchStatus:  # noqa: ARG001 a role is asked for, no scope
    """Give what the watcher found, and every worker's sign of life; a watcher that is gone is a finding itself."""
    beats, now = await deps.watch.beats()
    findings = [
        FindingView(
            code=one.code, subject=one.subject, since=one.since, until=one.until, sentence=one.sentence
        )
        for one in await deps.watch.findings(now - ENDED_WITHIN)
    ]
    gone = _watcher_gone(beats, now, deps.watched)
    if gone is not None:
        findings.insert(0, gone)
    return WatchStatus(findings=findings, beats=[_beat(one, now) for one in beats], now=now)


def _watcher_gone(beats: Sequence[SeenBeat], now: datetime, language: str | None) -> FindingView | None:
    """Say that no watcher lives; None when one does, or when none is set up and none was ever there."""
    newest = max((one.at for one in beats if one.role == WATCHER), default=None)
    if (newest is None and language is None) or (newest is not None and now - newest <= WATCHER_SILENT):
        return None
    sentence = "值守进程没有运行：中心出故障时无人告警，请检查 tocsin watch。"
    if language == "en":
        sentence = "No watcher runs: nobody is told when the centre fails. See to `tocsin watch`."
    return FindingView(
        code="watcher.gone", subject=WATCHER, since=newest or now, until=None, sentence=sentence
    )


def _beat(one: SeenBeat, now: datetime) -> BeatView:
    return BeatView(
        name=one.name,
        role=one.role,
        host=one.host,
        at=one.at,
        age_s=max(0.0, (now - one.at).total_seconds()),
        skew_s=one.skew_s,
    )
