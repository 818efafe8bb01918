"""What is gained, lost and moved, and what people had said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tocsin.alerts.quality_ports import JudgedIncident, Truth
from tocsin.core.detections import Kind
from tocsin.core.ids import DeviceId, GridCode, IncidentId, StreamId
from tocsin.evaluate.replay import (
    ROWS_MAX,
    Asked,
    Change,
    Comparison,
    Happening,
    Material,
    Source,
    as_json,
    compare,
    pairs,
)

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HERE, THERE = GridCode("3301101201"), GridCode("3301101202")
CAMERA, GAUGE = DeviceId("weir/camera-1"), DeviceId("weir/gauge-1")
FAMILY = {Kind.SMOKE, Kind.FIRE}


def alike(one: Kind, other: Kind) -> bool:
    return one is other or {one, other} <= FAMILY


def happening(
    seconds: float,
    device: DeviceId = CAMERA,
    kind: Kind = Kind.FIRE,
    grid: GridCode = HERE,
    *,
    began: float | None = None,
) -> Happening:
    return Happening(
        kind=kind,
        grid=grid,
        began=NOON + timedelta(seconds=seconds if began is None else began),
        opened=NOON + timedelta(seconds=seconds),
        devices=(device,),
        sources=(Source(StreamId(device), kind.value),),
    )


def recorded(
    seconds: float,
    judgement: Truth,
    *devices: DeviceId,
    kind: Kind = Kind.FIRE,
    name: str = "i",
    grid: GridCode = HERE,
) -> JudgedIncident:
    at = NOON + timedelta(seconds=seconds)
    return JudgedIncident(
        id=IncidentId(name),
        kind=kind,
        grid=grid,
        began=at,
        opened=at,
        devices=devices,
        detectors=(),
        judgement=judgement,
        reports=0 if devices else 1,
    )


def compared(
    before: Sequence[Happening],
    after: Sequence[Happening],
    record: Sequence[JudgedIncident] = (),
    *,
    seen: Sequence[DeviceId] = (CAMERA, GAUGE),
    cameras: Sequence[DeviceId] = (CAMERA,),
) -> Comparison:
    asked = Asked(
        since=NOON, until=NOON + timedelta(days=7), warm_up_hours=24, scope="", before="a", after="b"
    )
    return compare(asked, before, after, record, Material(), alike=alike, seen=seen, cameras=cameras)


def test_the_same_on_both_sides_changes_nothing() -> None:
    found = compared([happening(0)], [happening(0)])

    assert (found.same, found.moved, found.gained.total, found.lost.total) == (1, 0, 0, 0)
    assert found.rows == []


def test_a_true_one_lost_and_a_false_one_removed_are_told_apart() -> None:
    found = compared(
        [happening(0), happening(86_400)],
        [],
        [
            recorded(4, Truth.REAL, CAMERA, name="real"),
            recorded(86_401, Truth.FALSE, CAMERA, name="false"),
        ],
    )

    assert (found.lost.real, found.lost.false, found.lost.unjudged) == (1, 1, 0)
    assert [(row.change, row.incident, row.judgement) for row in found.rows] == [
        (Change.LOST, "real", Truth.REAL),
        (Change.LOST, "false", Truth.FALSE),
    ]
    assert found.reproduced == 2


def test_one_gained_that_only_people_had_reported_is_a_real_one() -> None:
    found = compared([], [happening(120)], [recorded(300, Truth.REAL)])

    assert (found.gained.real, found.gained.unjudged) == (1, 0)
    assert [(one.why, one.judgement) for one in found.unreplayed] == [("report", Truth.REAL)]


def test_one_gained_where_nothing_happened_was_judged_by_nobody() -> None:
    found = compared([], [happening(0)])

    assert (found.gained.real, found.gained.false, found.gained.unjudged) == (0, 0, 1)
    assert found.rows[0].incident is None


def test_one_opened_later_has_moved_by_so_much() -> None:
    found = compared([happening(0)], [happening(240, began=0)])

    assert found.moved == 1
    assert found.rows[0].seconds == 240


def test_far_apart_in_time_is_no_move() -> None:
    found = compared([happening(0)], [happening(3600)])

    assert (found.lost.total, found.gained.total, found.moved) == (1, 1, 0)


def test_the_same_place_seen_by_another_device_is_the_same_happening() -> None:
    found = compared([happening(0)], [happening(30, GAUGE)])

    assert found.moved == 1
    assert {one.stream for one in found.streams} == {CAMERA, GAUGE}


def test_another_place_is_another_happening() -> None:
    found = compared([happening(0)], [happening(0, DeviceId("far/camera-1"), grid=THERE)])

    assert (found.lost.total, found.gained.total) == (1, 1)


def test_the_same_device_is_preferred_to_the_nearer_in_time() -> None:
    rights = [happening(1, GAUGE), happening(200, CAMERA)]

    assert pairs([happening(0)], rights, alike) == {0: 1}


def test_each_is_taken_once() -> None:
    lefts, rights = [happening(0), happening(20)], [happening(10)]

    assert pairs(lefts, rights, alike) in ({0: 0}, {1: 0})


def test_kinds_of_one_family_are_one_happening_and_others_are_not() -> None:
    assert pairs([happening(0, kind=Kind.SMOKE)], [happening(9)], alike) == {0: 0}
    assert pairs([happening(0, kind=Kind.FLOOD)], [happening(9)], alike) == {}


def test_what_is_not_given_again_says_why() -> None:
    gone = DeviceId("weir/gauge-9")
    found = compared(
        [],
        [],
        [
            recorded(0, Truth.REAL, CAMERA),
            recorded(1, Truth.FALSE, gone),
            recorded(2, Truth.UNJUDGED, GAUGE),
            recorded(3, Truth.REAL),
        ],
    )

    assert [one.why for one in found.unreplayed] == ["picture", "reading", "other", "report"]
    assert (found.recorded, found.reproduced) == (4, 0)


def test_figures_by_stream_put_changes_first() -> None:
    quiet = happening(0, GAUGE, Kind.FLOOD)
    found = compared([happening(0), quiet], [quiet], [recorded(0, Truth.FALSE, CAMERA)])

    assert [one.stream for one in found.streams] == [CAMERA, GAUGE]
    assert found.streams[0].lost.false == 1
    assert found.streams[1].same == 1


def test_rows_are_bounded_and_still_counted() -> None:
    found = compared([], [happening(3600 * n) for n in range(ROWS_MAX + 5)])

    assert found.gained.total == ROWS_MAX + 5
    assert len(found.rows) == ROWS_MAX


def test_a_comparison_is_plain_values() -> None:
    plain = as_json(compared([happening(0)], []))

    assert plain["lost"] == {"real": 0, "false": 0, "unjudged": 1}
    assert plain["rows"][0]["change"] == "lost"
