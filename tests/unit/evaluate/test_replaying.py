"""A replay says again what was said live, and compares the same material under two configurations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.database import Database
from tests.support.detecting import burning, yard
from tests.support.replaying import CAMERA, GAUGE, Past, past
from tocsin.alerts.quality_ports import Truth
from tocsin.cli.replay import record_of
from tocsin.core.detections import Detection, Evidence
from tocsin.core.errors import Rejected
from tocsin.core.ids import collector_of
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import load
from tocsin.evaluate.feeding import Heard
from tocsin.evaluate.replay import Change, Comparison, Material
from tocsin.evaluate.replaying import DAYS_MAX, PIECE, Span, hear, replay

RULES = """
detectors:
  - {name: high, detector: threshold, match: "*/level", unit: m, kind: flood, above: 3, hysteresis: 0.2}
  - {name: quiet, detector: silence, match: "*/level", limit_seconds: 120, known_for: 0}
cameras:
  default: [{detector: motion, name: yard, kind: fire}]
"""
HIGHER = RULES.replace("above: 3", "above: 4")
LOWER = RULES.replace("above: 3", "above: 2")
DEAF = "detectors: []\ncameras: {default: []}\n"


def nobody(_what: str, _part: float) -> None:
    """Nobody is told how far it is."""


@pytest.fixture
async def history(database: Database, tmp_path: Path) -> AsyncIterator[Past]:
    async with past(database, tmp_path, RULES) as made:
        yield made


def span(history: Past, seconds: float = 7200) -> Span:
    return Span(since=history.start - timedelta(hours=1), until=history.at(seconds), warm_up=timedelta())


async def compared(history: Past, new: str, seconds: float = 7200) -> Comparison:
    record = record_of(history.made)
    return await replay(record, history.made.detectors, load(new), span(history, seconds), nobody)


def bare(one: Detection) -> Detection:
    """A detection as a replay keeps it."""
    evidence = Evidence(first=one.evidence.first, last=one.evidence.last, boxes=one.evidence.boxes)
    return msgspec.structs.replace(one, evidence=evidence, mono_us=None)


async def flood(history: Past, begin: float = 0) -> None:
    """Water rises over 3 m and falls again, a value a minute and a tick a second in between."""
    for minute, level in enumerate((1.0, 2.5, 3.4, 3.6, 2.5, 1.0, 1.0)):
        await history.flush(begin + 60 * minute, level=level)
        for second in (1, 2):
            await history.flush(begin + 60 * minute + second)


async def test_what_was_said_live_is_said_again_bit_for_bit(history: Past) -> None:
    await flood(history)
    for second in range(370, 560):
        await history.flush(second)  # nothing is heard: silence is raised
    await history.flush(570, level=1.0)
    rows = await history.database.execute("select body from detection order by at, observed, id")
    live = [bare(msgspec.json.decode(body, type=Detection)) for (body,) in rows]
    again, material = Heard(), Material()

    await hear(record_of(history.made), [(history.made.detectors, again)], span(history), material, nobody)

    assert [one.detection for one in again.ordered()] == live
    assert {one.detector for one in live} == {"high", "quiet"}
    assert len(live) == 4
    assert (material.readings, material.streams) == (8, 1)


async def test_pictures_say_again_what_they_said(history: Past) -> None:
    bank = PictureBank(history.made.detectors.camera(CAMERA), camera=CAMERA)
    live = []
    for number in range(24):
        image = yard(number) if number < 12 else burning(number)
        live += [bare(one) for one in bank.observe(await history.sees(number, image))]
    again, material = Heard(), Material()

    devices, cameras = await hear(
        record_of(history.made), [(history.made.detectors, again)], span(history), material, nobody
    )

    assert [one.detection for one in again.ordered()] == live
    assert live != []
    assert (material.pictures, material.pictures_missing, cameras, devices) == (24, 0, [CAMERA], {CAMERA})


async def test_the_same_configuration_changes_nothing(history: Past) -> None:
    await flood(history)

    found = await compared(history, RULES)

    assert (found.same, found.moved, found.gained.total, found.lost.total) == (1, 0, 0, 0)
    assert (found.recorded, found.reproduced) == (1, 1)
    assert found.before == found.after


async def test_a_flood_that_was_confirmed_and_is_missed_now_is_a_real_one_lost(history: Past) -> None:
    await flood(history)
    ((incident, _),) = await history.incidents()
    await history.judge(incident, real=True, seconds=400)

    found = await compared(history, HIGHER)

    assert (found.lost.real, found.lost.false, found.gained.total) == (1, 0, 0)
    (row,) = found.rows
    assert (row.change, row.incident, row.judgement) == (Change.LOST, incident, Truth.REAL)
    assert (row.devices, row.streams, row.detectors) == ((GAUGE,), (f"{GAUGE}/level",), ("high",))
    assert [(one.stream, one.lost.real) for one in found.streams] == [(f"{GAUGE}/level", 1)]


async def test_one_that_was_rejected_and_comes_no_more_is_a_nuisance_less(history: Past) -> None:
    await flood(history)
    ((incident, _),) = await history.incidents()
    await history.judge(incident, real=False, seconds=400)

    found = await compared(history, HIGHER)

    assert (found.lost.real, found.lost.false) == (0, 1)


async def test_a_lower_limit_is_earlier_and_a_longer_patience_later(history: Past) -> None:
    await flood(history)

    earlier = await compared(history, LOWER)
    later = await compared(history, RULES.replace("hysteresis: 0.2", "hysteresis: 0.2, for_seconds: 60"))

    assert [row.seconds for row in earlier.rows] == [-60]
    assert [(row.change, row.seconds) for row in later.rows] == [(Change.MOVED, 60)]


async def test_pictures_that_are_not_kept_are_lost_on_neither_side(history: Past) -> None:
    bank = PictureBank(history.made.detectors.camera(CAMERA), camera=CAMERA)
    said = []
    for number in range(24):
        image = yard(number) if number < 12 else burning(number)
        said += bank.observe(await history.sees(number, image, kept=False))
    await history.says(said, 25)

    found = await compared(history, RULES)

    assert (found.incidents_before, found.lost.total, found.same) == (0, 0, 0)
    assert (found.recorded, found.reproduced) == (1, 0)
    assert [one.why for one in found.unreplayed] == ["picture"]
    assert found.material.pictures_missing == 24


async def test_what_stood_before_the_period_is_no_incident_of_it(history: Past) -> None:
    await flood(history)
    record = record_of(history.made)
    late = Span(since=history.at(200), until=history.at(7200), warm_up=timedelta(hours=1))

    found = await replay(record, history.made.detectors, load(DEAF), late, nobody)

    assert (found.incidents_before, found.lost.total) == (0, 0)


async def test_much_that_came_at_once_is_read_in_pieces(
    history: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    await flood(history)
    whole = await compared(history, HIGHER)
    monkeypatch.setattr("tocsin.evaluate.replaying.READINGS_MOST", 2)
    monkeypatch.setattr("tocsin.evaluate.replaying.PICTURES_MOST", 1)
    asked = []
    record = record_of(history.made)
    original = record.store.piece

    async def piece(scope: str, since: object, until: object, most: int) -> object:
        found = await original(scope, since, until, most)  # type: ignore[arg-type]
        asked.append(found)
        return found

    monkeypatch.setattr(record.store, "piece", piece)

    pieces = await replay(record, history.made.detectors, load(HIGHER), span(history), nobody)

    assert pieces == whole
    assert None in asked
    assert all(sum(len(x) for p in one.readings.values() for x in p.values()) <= 2 for one in asked if one)
    assert timedelta(hours=1) > PIECE


async def test_only_the_grids_of_a_scope_are_replayed(history: Past) -> None:
    await flood(history)
    elsewhere = Span(
        since=history.start, until=history.at(7200), scope="3301.3301101.3301101202", warm_up=timedelta()
    )

    found = await replay(record_of(history.made), history.made.detectors, load(HIGHER), elsewhere, nobody)

    assert (found.material.readings, found.incidents_before, found.recorded) == (0, 0, 0)


async def test_what_a_box_has_in_another_grid_is_not_told_to_the_grid_of_the_box(history: Past) -> None:
    await flood(history)
    async with history.made.pool.connection() as database:
        await database.execute(
            "insert into device (id, collector, kind, name, grid) values (%s, 'mill', 'sensor', 'x', '3301101202') "
            "on conflict (id) do update set grid = excluded.grid",
            (GAUGE,),
        )
        home = await (
            await database.execute(
                "select grid.path::text from collector join grid on grid.code = collector.grid where collector.id = 'mill'"
            )
        ).fetchone()
    assert home is not None
    own = Span(since=history.start, until=history.at(7200), scope=home[0], warm_up=timedelta())

    found = await replay(record_of(history.made), history.made.detectors, load(HIGHER), own, nobody)

    assert found.material.readings > 0
    assert (found.incidents_before, found.rows) == (0, [])


@pytest.mark.parametrize("days", [-1, 0, DAYS_MAX + 1])
async def test_a_period_that_is_none_is_refused(history: Past, days: float) -> None:
    wrong = Span(since=history.start, until=history.start + timedelta(days=days))
    with pytest.raises(Rejected, match="beginning must lie before the end"):
        await replay(record_of(history.made), history.made.detectors, load(RULES), wrong, nobody)


async def test_nothing_is_written(history: Past) -> None:
    await flood(history)
    counts = "select (select count(*) from incident_event), (select count(*) from detection), (select count(*) from notice)"
    before = await history.database.execute(counts)

    await compared(history, LOWER)

    assert await history.database.execute(counts) == before
    assert collector_of(GAUGE) == "mill"
