"""`tocsin replay`: the record of a period under the current and under another configuration of the detectors.

Reads the record piece by piece, so that a week needs no more memory than an hour; writes nothing anywhere.
Detectors begin some hours before the period, to have learnt what they learn; what they say there is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from tocsin.alerts.alarm_model import FalseSpot, Window
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import AlertsStore, Site
from tocsin.alerts.quality_ports import BehindFilter, JudgedIncident
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.frames import Frame
from tocsin.core.grids import Grid
from tocsin.core.ids import DeviceId, collector_of
from tocsin.detectors.config import DetectorsConfig
from tocsin.edge.pictures import decode
from tocsin.evaluate.feeding import Camera, Heard, Partition
from tocsin.evaluate.happenings import Places, happenings
from tocsin.evaluate.replay import Asked, Comparison, Material, compare
from tocsin.evaluate.timeline import Timeline
from tocsin.ingest.ports import PictureStore
from tocsin.ingest.replay_ports import KeptPicture, Piece, ReplayStore

log = structlog.get_logger()

DAYS_MAX: Final = 31
WARM_UP_HOURS_MAX: Final = 168
READINGS_MOST: Final = 50_000
"""Readings in one piece, about 15 MB."""
PIECE: Final = timedelta(minutes=10)
PIECE_MOST: Final = timedelta(hours=1)
PIECE_LEAST: Final = timedelta(milliseconds=1)
PICTURES_MOST: Final = 500
RECORD_MOST: Final = 20_000
DEVICES_AT_ONCE: Final = 1000

Progress = Callable[[str, float], None]
"""Told what is being done and which part of that is done, 0 to 1."""


class Quality(Protocol):
    """What people said, of what happened and in advance."""

    async def behind(self, wanted: BehindFilter) -> Sequence[JudgedIncident]:
        """List incidents, newest first."""
        ...

    async def said_in_advance(
        self, since: datetime, until: datetime
    ) -> tuple[Sequence[Window], Sequence[FalseSpot]]:
        """Give maintenance and false spots of a span."""
        ...


class Tree(Protocol):
    """The grids."""

    async def grids(self, scope: str) -> Sequence[Grid]:
        """List a subtree in order of path."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Where the record is read from."""

    store: ReplayStore
    pictures: PictureStore
    quality: Quality
    town: Tree
    alerts: AlertsStore
    policies: PolicyBook
    sessions: int
    """Of ingest: a partition belongs to the session that it is congruent to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is to be replayed."""

    since: datetime
    until: datetime
    scope: str = ""
    warm_up: timedelta = timedelta(hours=24)

    def checked(self) -> Span:
        """Give itself; raises `Rejected` (`replay.span`)."""
        if not timedelta() < self.until - self.since <= timedelta(days=DAYS_MAX):
            raise Rejected(
                "replay.span",
                f"the beginning must lie before the end, by at most {DAYS_MAX} days: write other instants",
            )
        if not timedelta() <= self.warm_up <= timedelta(hours=WARM_UP_HOURS_MAX):
            raise Rejected("replay.span", f"the warm-up is 0 to {WARM_UP_HOURS_MAX} hours: write another")
        return self


async def replay(
    record: Record, current: DetectorsConfig, new: DetectorsConfig, span: Span, progress: Progress
) -> Comparison:
    """Replay a span under both configurations and compare.

    Raises `Rejected` (`replay.span`, `replay.too_much`, `replay.failed`) and `Transient`.
    """
    span.checked()
    material = Material()
    before, after = Heard(), Heard()
    sides = [(current, before), (new, after)]
    devices, cameras = await hear(record, sides, span, material, progress)
    material.detections_before, material.detections_after = (
        sum(one.at >= span.since for one in side.said) for side in (before, after)
    )
    places = await _places(record, [before, after], span)
    told_before, more_before = await happenings(
        before.ordered(), record.policies, places, progress=lambda part: progress("incidents", part / 2)
    )
    told_after, more_after = await happenings(
        after.ordered(), record.policies, places, progress=lambda part: progress("incidents", 0.5 + part / 2)
    )
    if more_before or more_after:
        raise Rejected(
            "replay.too_much",
            f"{more_before + more_after} incidents are more than can be compared: replay a shorter period or one grid",
        )
    truth = await record.quality.behind(
        BehindFilter(scope=span.scope, since=span.since, until=span.until, most=RECORD_MOST)
    )
    versions = {version.id: version.policy for version in map(record.policies.for_grid, places.grids)}

    # A box may have devices that stand in another grid: what happened there is not for this scope.
    within = {grid.code for grid in await record.town.grids(span.scope)}

    def alike(one: Kind, other: Kind) -> bool:
        return one is other or any(other in policy.family(one).kinds for policy in versions.values())

    return compare(
        Asked(
            since=span.since,
            until=span.until,
            warm_up_hours=span.warm_up / timedelta(hours=1),
            scope=span.scope,
            before=current.digest()[:12],
            after=new.digest()[:12],
        ),
        # What was opened while the detectors warmed up explains what stood when the period began, and counts not.
        [one for one in told_before if one.opened >= span.since and one.grid in within],
        [one for one in told_after if one.opened >= span.since and one.grid in within],
        truth,
        material,
        alike=alike,
        seen=devices,
        cameras=cameras,
    )


async def hear(
    record: Record,
    sides: Sequence[tuple[DetectorsConfig, Heard]],
    span: Span,
    material: Material,
    progress: Progress,
) -> tuple[set[DeviceId], list[DeviceId]]:
    """Show the record of a span and its warm-up to each side; give the devices that spoke in it, and its cameras."""
    # Cameras first: rules over several sources must hear them between the readings.
    cameras = await _pictures(record, sides, span, material, progress)
    material.cameras = len(cameras)
    devices, material.streams = await _readings(record, sides, span, material, progress)
    return devices | set(cameras), cameras


async def _readings(
    record: Record,
    sides: Sequence[tuple[DetectorsConfig, Heard]],
    span: Span,
    material: Material,
    progress: Progress,
) -> tuple[set[DeviceId], int]:
    """Show the readings of all partitions; give the devices and how many streams they had."""
    begin = span.since - span.warm_up
    kept = await record.store.kept_since()
    if kept is not None and kept > span.since:
        material.from_kept = kept
    begin = span.until if kept is None else max(begin, kept)
    whole = await record.store.whole_since()
    seen = [heard.ordered() for _, heard in sides]
    partitions = {}
    for number, collectors in (await record.store.partitions(span.scope)).items():
        partition, own = Partition(number, sides), set(collectors)
        partition.expect([[one for one in said if one.detection.collector in own] for said in seen])
        partitions[number] = (partition, Timeline(whole))
    at, length = begin, PIECE
    while at < span.until and partitions:
        until = min(at + length, span.until)
        piece = await record.store.piece(span.scope, at, until, READINGS_MOST)
        if piece is None:
            if length <= PIECE_LEAST:
                raise Rejected(
                    "replay.too_much", f"more than {READINGS_MOST} readings came at once at {at.isoformat()}"
                )
            length /= 4
            continue
        number = _show(piece, partitions, record.sessions, material)
        at = until
        progress("readings", (at - begin) / (span.until - begin))
        if number < READINGS_MOST / 4:
            length = min(length * 2, PIECE_MOST)
    devices = {device for partition, _ in partitions.values() for device in partition.devices}
    return devices, sum(len(partition.streams) for partition, _ in partitions.values())


def _show(
    piece: Piece, partitions: Mapping[int, tuple[Partition, Timeline]], sessions: int, material: Material
) -> int:
    shown = 0
    for number, (partition, timeline) in partitions.items():
        own = piece.readings.get(number, {})
        mine = [mark.at for mark in piece.marks if number in mark.partitions]
        signs = [mark.at for mark in piece.marks if mark.session == number % sessions]
        for at, true in timeline.fill([*own, *mine], signs):
            readings = own.get(at, ()) if true else ()
            partition.flush(at, readings)
            shown += len(readings)
            material.flushes += true
            material.filled += not true
    material.readings += shown
    return shown


async def _pictures(
    record: Record,
    sides: Sequence[tuple[DetectorsConfig, Heard]],
    span: Span,
    material: Material,
    progress: Progress,
) -> list[DeviceId]:
    """Show the kept pictures of each camera; give the cameras."""
    begin = span.since - span.warm_up
    known = await record.store.cameras(span.scope, begin, span.until)
    total, done = sum(one.kept for one in known), 0
    for one in known:
        camera, after = Camera(one.camera, sides), None
        material.pictures_missing += one.announced - one.kept
        while page := await record.store.pictures(one.camera, begin, span.until, after, PICTURES_MOST):
            for picture in page:
                await _picture(record, camera, one.camera, picture, material)
                done += 1
            after = page[-1]
            progress("pictures", min(1.0, done / max(total, 1)))
    return [one.camera for one in known]


async def _picture(
    record: Record, camera: Camera, name: DeviceId, picture: KeptPicture, material: Material
) -> None:
    data = await record.pictures.get(picture.sha256)
    if data is None:
        material.pictures_missing += 1
        return
    try:
        camera.show(Frame(name, picture.observed, decode(data), picture.sha256))
    except Rejected as error:
        if error.code.startswith("replay."):
            raise
        material.pictures_missing += 1
        log.info("replay.picture_skipped", picture=picture.sha256, reason=error.reason)
        return
    material.pictures += 1


async def _places(record: Record, heard: Sequence[Heard], span: Span) -> Places:
    """Find where everything that spoke stands, and what kept it quiet."""
    spoke = {one.detection.device for side in heard for one in side.said}
    wanted = sorted(spoke | {DeviceId(collector_of(device)) for device in spoke})
    sites: dict[DeviceId, Site] = {}
    async with record.alerts.unit() as unit:
        for first in range(0, len(wanted), DEVICES_AT_ONCE):
            sites |= await unit.sites(wanted[first : first + DEVICES_AT_ONCE])
    windows, spots = await record.quality.said_in_advance(span.since - span.warm_up, span.until)
    return Places(grids=await record.town.grids(""), sites=sites, windows=windows, spots=spots)
