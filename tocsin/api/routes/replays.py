"""What another configuration of the detectors would have changed, before it goes live."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from tocsin.api.access import Caller, Tuner, within
from tocsin.api.deps import ApiDeps, Deps
from tocsin.api.params import NAME
from tocsin.api.replays import ReplayRun
from tocsin.api.schemas.replays import (
    CheckBody,
    CheckView,
    FaultView,
    ReplayBody,
    ReplayList,
    ReplayResultView,
    ReplayView,
)
from tocsin.core.errors import NotFound, Rejected
from tocsin.detectors.config import Fault, load, read

router = APIRouter(prefix="/api/replays", tags=["quality"])

DAYS_MAX: Final = 8
"""A page waits for minutes; the command line takes a month."""

_YEARS: Final = (2000, 2999)

RunPath = Annotated[str, Path(description="The replay's id.", min_length=1, max_length=64, pattern=NAME)]


@router.post("/check", operation_id="checkDetectors", summary="Look at a configuration")
async def check_detectors(body: CheckBody, caller: Tuner) -> CheckView:  # noqa: ARG001 the caller is the check
    """Say what is wrong with a configuration of the detectors, with lines; nothing is changed."""
    found = await asyncio.to_thread(read, body.text)
    return CheckView(faults=_faults(found.faults), warnings=_faults(found.warnings))


@router.get("", operation_id="listReplays", summary="Replays")
async def list_replays(caller: Tuner, deps: Deps) -> ReplayList:
    """List the last replays of the caller's scope, newest first; they are gone when the centre is restarted."""
    items = [_view(run) for run in deps.replays.runs() if within(caller.scope, run.scope)]
    return ReplayList(items=items, now=deps.clock.now())


@router.post("", operation_id="startReplay", summary="Try detectors on the past", status_code=201)
async def start_replay(body: ReplayBody, caller: Tuner, deps: Deps) -> ReplayView:
    """Begin to replay a period of the caller's scope under another configuration; nothing is changed.

    One at a time. Ask for it by its id until it has ended.
    """
    await asyncio.to_thread(load, body.text)
    span = body.until - body.since
    # Detectors learn before the beginning: an instant of which there is no day before is none.
    sane = _YEARS[0] <= body.since.year and body.until.year <= _YEARS[1]
    if not sane or not timedelta() < span <= timedelta(days=DAYS_MAX):
        raise Rejected(
            "replay.span",
            f"the beginning must lie before the end, by at most {DAYS_MAX} days: write other instants",
        )
    run = deps.replays.start(
        body.text,
        person=caller.person,
        scope=caller.scope,
        since=body.since,
        until=body.until,
        now=deps.clock.now(),
    )
    return _view(run)


@router.get("/{run}", operation_id="getReplay", summary="One replay")
async def get_replay(run: RunPath, caller: Tuner, deps: Deps) -> ReplayView:
    """Say where a replay stands and, once it is done, what came out."""
    found = _find(deps, caller, run)
    result = None if found.result is None else ReplayResultView.model_validate(found.result)
    return _view(found).model_copy(update={"result": result})


@router.post("/{run}/cancel", operation_id="cancelReplay", summary="Stop it", status_code=204)
async def cancel_replay(run: RunPath, caller: Tuner, deps: Deps) -> Response:
    """Stop a replay; one that has ended stays as it is."""
    deps.replays.cancel(_find(deps, caller, run).id)
    return Response(status_code=204)


def _find(deps: ApiDeps, caller: Caller, name: str) -> ReplayRun:
    for run in deps.replays.runs():
        if run.id == name and within(caller.scope, run.scope):
            return run
    raise NotFound(
        "replay.unknown", f"there is no replay {name} here: replays are gone when the centre is restarted"
    )


def _view(run: ReplayRun) -> ReplayView:
    return ReplayView(
        id=run.id,
        person=run.person,
        since=run.since,
        until=run.until,
        asked=run.asked,
        state=run.state,
        what=run.what,
        part=run.part,
        ended=run.ended,
        reason=run.reason,
        result=None,
    )


def _faults(found: Sequence[Fault]) -> list[FaultView]:
    return [FaultView(line=one.line, place=one.place, sentence=one.sentence) for one in found]
