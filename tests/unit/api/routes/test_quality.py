"""Figures on detectors with their bounds, what stands behind them, and drills."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.api import ANN, START, TOWNSHIP, WEIR, World
from tocsin.alerts.quality_ports import (
    BehindFilter,
    DayFigures,
    DetectorFigures,
    HourFigures,
    JudgedIncident,
    RecallFigures,
    Truth,
    Witness,
)
from tocsin.core.detections import Kind
from tocsin.core.ids import DeviceId, GridCode, IncidentId
from tocsin.core.rates import Rate
from tocsin.town.ports import Role

CAMERA = DeviceId("weir/camera-1")
DRILL = {
    "act": "act-00000001",
    "device": CAMERA,
    "kind": "smoke",
    "since": "2026-11-22T15:00:00Z",
    "until": "2026-11-22T16:00:00Z",
    "reason": "smoke cartridge in the yard",
}


def figures(device: DeviceId = CAMERA, version: str = "smoke/1+aa", **counts: int) -> DetectorFigures:
    return DetectorFigures(
        detector="smoke",
        version=version,
        kind=Kind.SMOKE,
        device=device,
        device_kind="camera",
        grid=GridCode("101"),
        real=counts.get("real", 0),
        false=counts.get("false", 0),
        unjudged=counts.get("unjudged", 0),
    )


def world() -> World:
    made = World()
    made.quality.detector_rows = [figures(real=3, false=1, unjudged=2), figures(version="smoke/2+bb", real=2)]
    made.quality.hour_rows = [
        HourFigures(detector="smoke", kind=Kind.SMOKE, hour=6, real=0, false=1, unjudged=0)
    ]
    made.quality.day_rows = [DayFigures(device=CAMERA, device_kind="camera", days=20, false=3, false_days=2)]
    made.quality.recall_rows = [
        RecallFigures(
            witness=Witness.DRILL, detector="smoke", kind=Kind.SMOKE, device=CAMERA, seen=2, expected=3
        )
    ]
    return made


async def test_every_share_has_its_bounds_and_what_nobody_judged_stands_apart() -> None:
    asked = world()
    async with asked.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        body = (await client.get("/api/quality")).json()

    rate = Rate(5, 6)
    assert body["total"]["precision"] == {
        "part": 5, "whole": 6, "share": 5 / 6, "low": rate.low, "high": rate.high
    }  # fmt: skip
    assert body["total"]["unjudged"] == 2
    (one,) = body["sums"]
    assert (one["detector"], one["devices"], one["verdicts"]["false"]) == ("smoke", 1, 1)
    assert [(row["witness"], row["recall"]["share"]) for row in one["recall"]] == [("drill", 2 / 3)]
    assert [row["version"] for row in body["detectors"]] == ["smoke/1+aa", "smoke/2+bb"]
    assert body["hours"][0]["verdicts"]["precision"]["share"] == 0.0
    assert (body["fleets"][0]["per_day"], body["fleets"][0]["false_days"]["share"]) == (0.15, 0.1)
    assert body["days"][0]["device"] == CAMERA
    assert body["recall"][0]["recall"]["whole"] == 3
    assert body["truncated"] is False
    now = asked.clock.now()
    assert asked.quality.asked == [(TOWNSHIP, now - timedelta(days=30), now)]


async def test_nothing_counted_is_no_share() -> None:
    async with World().signed_in(Role.ENGINEER, WEIR) as client:
        body = (await client.get("/api/quality")).json()

    assert body["total"]["precision"] == {"part": 0, "whole": 0, "share": None, "low": 0.0, "high": 1.0}


@pytest.mark.parametrize("since", ["2026-11-22T15:00:00Z", "2026-08-01T00:00:00Z"])
async def test_a_period_is_bounded(since: str) -> None:
    async with World().signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.get("/api/quality", params={"since": since})

    assert (answer.status_code, answer.json()["code"]) == (422, "quality.period")


@pytest.mark.parametrize("path", ["", "/incidents", "/drills"])
@pytest.mark.parametrize(
    "asked",
    [
        {"until": "0001-01-01T00:00:00Z"},
        {"until": "9999-12-31T23:59:59-12:00"},
        {"since": "0001-01-01T00:00:00+12:00"},
    ],
)
async def test_instants_at_the_ends_of_time_are_refused(path: str, asked: dict[str, str]) -> None:
    async with World().signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.get(f"/api/quality{path}", params=asked)

    assert (answer.status_code, answer.json()["code"]) == (422, "quality.period")


async def test_more_than_may_be_shown_is_said() -> None:
    asked = world()
    asked.quality.hour_rows *= 2_001
    async with asked.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        body = (await client.get("/api/quality")).json()

    assert (body["truncated"], len(body["hours"])) == (True, 2_000)


async def test_what_stands_behind_a_number_is_asked_for_with_its_filter() -> None:
    asked = world()
    asked.quality.judged = [
        JudgedIncident(
            id=IncidentId("i-1"),
            kind=Kind.SMOKE,
            grid=GridCode("101"),
            began=START,
            opened=START,
            devices=(CAMERA,),
            detectors=("smoke",),
            judgement=Truth.FALSE,
            reports=0,
        )
    ]
    async with asked.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.get(
            "/api/quality/incidents",
            params={"detector": "smoke", "device": CAMERA, "judgement": "false", "hour": 6, "most": 5},
        )

    assert [row["incident"] for row in answer.json()["items"]] == ["i-1"]
    assert asked.quality.wanted == [
        BehindFilter(
            scope=TOWNSHIP,
            since=asked.clock.now() - timedelta(days=30),
            until=asked.clock.now(),
            most=5,
            detector="smoke",
            device=CAMERA,
            judgement=Truth.FALSE,
            hour=6,
        )
    ]


async def test_a_drill_is_kept_with_who_arranged_it() -> None:
    asked = world()
    async with asked.signed_in(Role.OPERATOR, TOWNSHIP, ANN) as client:
        made = await client.post("/api/quality/drills", json=DRILL)
        listed = (await client.get("/api/quality/drills")).json()["items"]
        gone = await client.post("/api/quality/drills/act-00000001/withdraw")

    assert (made.status_code, made.json()["seen_at"]) == (200, None)
    assert [(one["id"], one["person"], one["reason"]) for one in listed] == [
        ("act-00000001", ANN, "smoke cartridge in the yard")
    ]
    assert (gone.status_code, asked.quality.withdrawn) == (204, [("act-00000001", TOWNSHIP)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": "2026-11-22T15:00:00Z"},
        {"until": "2026-11-23T16:00:00Z"},
        {"since": "2026-11-20T15:00:00Z", "until": "2026-11-20T16:00:00Z"},
        {"since": "2027-01-20T15:00:00Z", "until": "2027-01-20T16:00:00Z"},
    ],
)
async def test_nobody_makes_last_weeks_false_alarms_a_drill(wrong: dict[str, str]) -> None:
    async with World().signed_in(Role.OPERATOR, TOWNSHIP) as client:
        answer = await client.post("/api/quality/drills", json={**DRILL, **wrong})

    assert (answer.status_code, answer.json()["code"]) == (422, "drill.span")


async def test_a_drill_for_a_device_that_is_none_is_refused() -> None:
    async with World().signed_in(Role.ENGINEER, TOWNSHIP) as client:
        answer = await client.post("/api/quality/drills", json={**DRILL, "device": "lost/camera-1"})

    assert answer.status_code == 404
