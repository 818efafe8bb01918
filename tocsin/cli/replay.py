"""`tocsin replay`: what another configuration of the detectors would have changed in a recorded period."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Column, Table

from tocsin.alerts.quality_ports import Truth
from tocsin.cli.centre import with_centre
from tocsin.cli.output import err, out
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode
from tocsin.detectors.config import load
from tocsin.evaluate.replay import Change, Comparison, Counts, as_json
from tocsin.evaluate.replaying import WARM_UP_HOURS_MAX, Record, Span, replay
from tocsin.store.quality import PgQuality
from tocsin.store.replay import PgReplay
from tocsin.wiring import Centre

FORMATS: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
ROWS_SHOWN: Final = 40
STREAMS_SHOWN: Final = 20
SAY_SECONDS: Final = 0.5
WHY: Final = {
    "report": "reported by people, no machine had seen it",
    "picture": "its pictures are not kept here, or not enough of them",
    "reading": "its readings are not kept any more",
    "other": "its material is here; other rules, other versions or what people did led to it",
}


def replay_command(
    since: Annotated[
        datetime, typer.Option("--from", help="First instant of the period (UTC).", formats=FORMATS)
    ],
    until: Annotated[datetime, typer.Option("--to", help="End of the period (UTC).", formats=FORMATS)],
    config: Annotated[
        Path,
        typer.Option("--config", help="The new configuration of the detectors (YAML).", metavar="NEW.yaml"),
    ],
    *,
    against: Annotated[
        Path | None,
        typer.Option(help="Compare with this configuration instead of the centre's own.", metavar="OLD.yaml"),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            "-s",
            help="Settings of the centre (YAML).",
            envvar="TOCSIN_CONFIG",
            metavar="FILE.yaml",
        ),
    ] = None,
    grid: Annotated[str, typer.Option(help="Only this grid and what lies below it, by its code.")] = "",
    warm_up: Annotated[
        float,
        typer.Option(help="Hours before the period in which detectors learn.", min=0, max=WARM_UP_HOURS_MAX),
    ] = 24.0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the whole comparison here.", metavar="FILE")
    ] = None,
) -> None:
    """Run stored readings and kept pictures under another configuration; list incidents gained, lost and moved.

    Changes nothing. What it can and cannot say stands in docs/quality.md.
    """
    new = load(_read(config))
    old = None if against is None else load(_read(against))
    begin, end = since.replace(tzinfo=UTC), until.replace(tzinfo=UTC)

    async def work(centre: Centre) -> Comparison:
        span = Span(
            since=begin, until=end, scope=await _scope(centre, grid), warm_up=timedelta(hours=warm_up)
        )
        return await replay(record_of(centre), old or centre.detectors, new, span, _Teller(centre.clock))

    found = with_centre(settings, work)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(found), ensure_ascii=False, indent=1) + "\n", "utf-8")
    _print(found)


def record_of(centre: Centre) -> Record:
    """Say where a centre's record is read from."""
    return Record(
        store=PgReplay(centre.pool),
        pictures=centre.pictures,
        quality=PgQuality(centre.pool),
        town=centre.town,
        alerts=centre.alerts_store,
        policies=centre.alerts.policies,
        sessions=centre.settings.ingest.sessions,
    )


async def _scope(centre: Centre, grid: str) -> str:
    if not grid:
        return ""
    found = await centre.town.grid(GridCode(grid))
    if found is None:
        raise Rejected("grid.unknown", f"there is no grid {grid!r}: use a code of the tree of grids")
    return found.path


class _Teller:
    """Says how far it is: one line that changes on a terminal, a line per percent elsewhere."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said = ("", -1)
        self._at = float("-inf")

    def __call__(self, what: str, part: float) -> None:
        percent, now = int(100 * part), self._clock.monotonic()
        if (what, percent) == self._said or (percent < 100 and now - self._at < SAY_SECONDS):
            return
        self._said, self._at = (what, percent), now
        if err.is_terminal:
            err.print(f"\r{what} {percent} %   ", end="\n" if percent >= 100 else "")
        else:
            err.print(f"{what} {percent} %")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Rejected("replay.file", f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Rejected("replay.file", f"{file} is no UTF-8 text: save it as UTF-8") from error


def _print(found: Comparison) -> None:
    material = found.material
    out.print(
        f"{material.readings} readings of {material.streams} streams, {material.pictures} pictures of "
        f"{material.cameras} cameras; {material.pictures_missing} pictures were not there"
    )
    if material.from_kept is not None:
        out.print(f"readings are kept from {material.from_kept:%Y-%m-%d %H:%M} UTC only")
    out.print(
        f"incidents: {found.incidents_before} under the current configuration, {found.incidents_after} under the new one; "
        f"{found.same} the same, {found.moved} moved in time"
    )
    out.print(
        f"lost: {_counts(found.lost)}   (a real one lost is a miss, a false one lost a nuisance less)",
        markup=False,
    )
    out.print(f"gained: {_counts(found.gained)}", markup=False)
    out.print(
        f"of {found.recorded} recorded incidents the current configuration gives {found.reproduced} again; "
        "nothing is said of the others:"
    )
    for why, sentence in WHY.items():
        number = sum(one.why == why for one in found.unreplayed)
        if number:
            out.print(f"  {number}: {sentence}")
    _print_streams(found)
    _print_rows(found)


def _print_streams(found: Comparison) -> None:
    changed = [one for one in found.streams if one.gained.total or one.lost.total or one.moved]
    if not changed:
        return
    figures = ("lost real", "lost false", "lost unjudged", "gained", "moved", "same")
    table = Table(Column("stream or camera", overflow="fold"), *figures)
    for one in changed[:STREAMS_SHOWN]:
        cells = (
            one.lost.real,
            one.lost.false,
            one.lost.unjudged,
            one.gained.total,
            one.moved,
            one.same,
        )
        table.add_row(one.stream, *map(str, cells))
    out.print(table)


def _print_rows(found: Comparison) -> None:
    if not found.rows:
        return
    heads = ("", "opened (UTC)", "kind", "grid", "devices", "detectors", "judged", "incident")
    table = Table(*(Column(head, overflow="fold") for head in heads))
    for row in found.rows[:ROWS_SHOWN]:
        at = row.before or row.after
        moved = f" {row.seconds:+.0f} s" if row.change is Change.MOVED and row.seconds is not None else ""
        table.add_row(
            f"{row.change}{moved}",
            "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}",
            row.kind,
            row.grid,
            ", ".join(row.devices),
            ", ".join(row.detectors),
            "" if row.judgement is Truth.UNJUDGED else row.judgement,
            row.incident or "",
        )
    out.print(table)
    if len(found.rows) > ROWS_SHOWN:
        out.print(f"{len(found.rows) - ROWS_SHOWN} more; --json FILE writes all of them")


def _counts(counts: Counts) -> str:
    return f"{counts.total} ({counts.real} real, {counts.false} false, {counts.unjudged} not judged)"
