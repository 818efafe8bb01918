from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from tests.support.incidents import DEFAULT, GRID, PLACE, START
from tocsin.alerts.correlate import Sign, choose, kinds_together, lock_kind
from tocsin.alerts.ports import OpenIncident
from tocsin.core.detections import Kind
from tocsin.core.grids import Position
from tocsin.core.ids import DeviceId, GridCode, IncidentId

ELSEWHERE = GridCode("330110104202001")


def candidate(name: str = "1", kind: Kind = Kind.SMOKE, **details: object) -> OpenIncident:
    values: dict[str, object] = {
        "grid": GRID, "place": PLACE, "began": START, "last_alarm": START, "devices": (DeviceId("box/cam-1"),),
    }  # fmt: skip
    return OpenIncident(id=IncidentId(name), kind=kind, **(values | details))  # type: ignore[arg-type]


def sign(
    kind: Kind = Kind.SMOKE,
    *,
    at: float = 60,
    grid: GridCode = GRID,
    place: Position | None = PLACE,
    device: str | None = None,
) -> Sign:
    instant = START + timedelta(seconds=at)
    return Sign(kind=kind, grid=grid, place=place, at=instant, device=DeviceId(device) if device else None)


def test_smoke_and_fire_are_one_happening_and_lock_each_other_out() -> None:
    assert choose(sign(Kind.FIRE), [candidate()], DEFAULT) == "1"
    assert lock_kind(Kind.FIRE, DEFAULT) is lock_kind(Kind.SMOKE, DEFAULT)
    assert kinds_together(Kind.FIRE, DEFAULT) == (Kind.FIRE, Kind.SMOKE)


def test_kind_in_no_family_stands_alone() -> None:
    assert kinds_together(Kind.FALL, DEFAULT) == (Kind.FALL,)
    assert choose(sign(Kind.FALL), [candidate()], DEFAULT) is None


def test_time_bounds_are_inclusive_on_both_sides() -> None:
    for at, fits in [(900, True), (900.1, False), (-900, True), (-900.1, False)]:
        assert (choose(sign(at=at), [candidate()], DEFAULT) is not None) is fits


def test_distance_decides_where_both_places_are_known_and_the_grid_where_not() -> None:
    near, far = Position(30.3026, 119.9), Position(30.3028, 119.9)
    assert choose(sign(place=near, grid=ELSEWHERE), [candidate()], DEFAULT) == "1"
    assert choose(sign(place=far), [candidate()], DEFAULT) is None
    assert choose(sign(place=None), [candidate()], DEFAULT) == "1"
    assert choose(sign(place=None, grid=ELSEWHERE), [candidate()], DEFAULT) is None
    assert choose(sign(), [candidate(place=None)], DEFAULT) == "1"


def test_a_case_takes_in_what_people_report_and_no_alarm() -> None:
    case = candidate(filed=True)
    assert choose(sign(device="box/cam-1"), [case], DEFAULT) is None
    assert choose(sign(device="box/cam-9"), [case], DEFAULT) is None
    assert choose(sign(), [case], DEFAULT) == "1"


def test_same_device_belongs_together_wherever_it_is_said_to_stand() -> None:
    far = Position(31, 119.9)
    assert choose(sign(place=far, device="box/cam-1"), [candidate()], DEFAULT) == "1"


def test_choice_does_not_depend_on_order() -> None:
    candidates = [
        candidate("3", devices=(DeviceId("box/other"),)),
        candidate("1"),
        candidate("2"),
        candidate("0", place=Position(30.301, 119.9)),
        candidate("4", last_alarm=START + timedelta(seconds=50), place=Position(30.301, 119.9)),
    ]
    chosen = {choose(sign(device="box/cam-1"), order, DEFAULT) for order in permutations(candidates)}
    assert chosen == {"1"}
    assert choose(sign(), [candidates[3], candidates[4]], DEFAULT) == "4"


def test_a_village_without_link_or_power_is_one_place_whatever_the_metres() -> None:
    far = Position(31.0, 119.9)
    root = candidate(kind=Kind.LINK_LOSS, devices=(DeviceId("box/link"),))
    assert choose(sign(Kind.POWER_LOSS, place=far), [root], DEFAULT) == "1"
    assert (
        choose(sign(Kind.SILENCE, place=far, grid=ELSEWHERE, device="box/sensor-1"), [root], DEFAULT) == "1"
    )
    assert choose(sign(Kind.LINK_LOSS, grid=ELSEWHERE, device="next/link"), [root], DEFAULT) is None
    assert choose(sign(Kind.LINK_LOSS, grid=ELSEWHERE), [root], DEFAULT) is None
    assert lock_kind(Kind.SILENCE, DEFAULT) is lock_kind(Kind.POWER_LOSS, DEFAULT)
