"""Sums that say what they rest on."""

from __future__ import annotations

from tocsin.alerts.quality import Verdicts, by_detector, by_fleet, per_day, total
from tocsin.alerts.quality_ports import DayFigures, DetectorFigures, RecallFigures, Witness
from tocsin.core.detections import Kind
from tocsin.core.ids import DeviceId, GridCode
from tocsin.core.rates import Rate


def row(detector: str, device: str, real: int, false: int, unjudged: int = 0) -> DetectorFigures:
    return DetectorFigures(
        detector=detector,
        version="1",
        kind=Kind.SMOKE,
        device=DeviceId(device),
        device_kind="camera",
        grid=GridCode("1"),
        real=real,
        false=false,
        unjudged=unjudged,
    )


def knew(detector: str, witness: Witness, seen: int, expected: int) -> RecallFigures:
    return RecallFigures(
        witness=witness,
        detector=detector,
        kind=Kind.SMOKE,
        device=DeviceId("a" if detector else ""),
        seen=seen,
        expected=expected,
    )


def day(device: str, kind: str, days: int, false: int, false_days: int) -> DayFigures:
    return DayFigures(
        device=DeviceId(device), device_kind=kind, days=days, false=false, false_days=false_days
    )


def test_what_nobody_judged_is_in_no_share() -> None:
    assert Verdicts(real=3, false=1, unjudged=50).precision == Rate(3, 4)
    assert total([row("smoke", "a", 1, 2, 3), row("fire", "b", 10, 20, 30)]) == Verdicts(
        real=11, false=22, unjudged=33
    )


def test_a_detector_is_summed_over_its_devices_the_worst_first() -> None:
    found = by_detector(
        [row("fire", "a", 1, 0), row("smoke", "a", 1, 1), row("smoke", "b", 1, 2)],
        [
            knew("smoke", Witness.DRILL, 1, 2),
            knew("smoke", Witness.DRILL, 2, 2),
            knew("", Witness.REPORT, 0, 4),
        ],
    )

    assert [(one.detector, one.devices, one.verdicts.false) for one in found] == [
        ("smoke", 2, 3),
        ("fire", 1, 0),
        ("", 0, 0),
    ]
    assert found[0].recall == {Witness.DRILL: Rate(3, 4)}
    assert found[2].recall == {Witness.REPORT: Rate(0, 4)}


def test_false_alarms_a_day_are_of_the_whole_fleet() -> None:
    camera, sensor = by_fleet(
        [day("a", "camera", 10, 3, 2), day("b", "camera", 20, 0, 0), day("c", "sensor", 5, 0, 0)]
    )

    assert (camera.devices, camera.days, camera.per_day, camera.false_days) == (2, 30, 0.1, Rate(2, 30))
    assert (sensor.device_kind, sensor.false_days.share) == ("sensor", 0.0)
    assert per_day(3, 0) is None
