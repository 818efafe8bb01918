from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.incidents import DEFAULT, START
from tests.support.response import ANN, CAMERA, VILLAGE, alarm
from tests.support.site import Site
from tocsin.alerts.alarm_model import FalseSpot, Turn, Window
from tocsin.alerts.alarm_silence import (
    NOTHING_AROUND,
    Around,
    around_boxes,
    check_span,
    checked_reason,
    consequences,
    explains,
    lies_in,
    placed,
    quiet,
    reach,
    root_of,
    roots_for,
    shelve,
    spot_for,
)
from tocsin.alerts.ports import Alarm
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.errors import Rejected
from tocsin.core.frames import Box
from tocsin.core.ids import DeviceId, GridCode

PATH = f"33.{VILLAGE}"
HOUR = timedelta(hours=1)
SPOT = Box(0.5, 0.5, 0.2, 0.2)


def window(**changes: object) -> Window:
    made = Window(
        id="w",
        device=DeviceId("box"),
        since=START,
        until=START + HOUR,
        reason="works",
        person=ANN,
        made=START,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names fields that exist


def root(kind: Kind = Kind.LINK_LOSS, device: str = "box/link", **changes: object) -> Alarm:
    return alarm(f"root-{kind}", device=DeviceId(device), kind=kind, **changes)


def silent(**changes: object) -> Alarm:
    return alarm("silent", device=DeviceId("box/s-1"), kind=Kind.SILENCE, **changes)


def seen(*boxes: Box, phase: Phase = Phase.RAISE, kind: str = "smoke") -> Detection:
    made = Site().at("00:00")._intake("cam-1", kind, 0.5, 0.0, phase, raised=True, boxes=boxes)
    return made.detection


def spot(box: Box | None = SPOT, **changes: object) -> FalseSpot:
    made = FalseSpot(
        id="s",
        device=DeviceId("box/cam-1"),
        kind=Kind.SMOKE,
        box=box,
        until=START + HOUR,
        reason="chimney",
        person=ANN,
        made=START,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names fields that exist


@pytest.mark.parametrize(
    ("device", "path", "covered"),
    [("box", PATH, True), ("box/cam-1", PATH, True), ("boxes/cam-1", PATH, False)],
)
def test_a_window_of_a_collector_covers_all_its_devices(device: str, path: str, *, covered: bool) -> None:
    assert window().covers(DeviceId(device), path) is covered


@pytest.mark.parametrize(
    ("path", "covered"), [(PATH, True), (f"{PATH}.1", True), (f"{PATH}1", False), ("33", False)]
)
def test_a_window_of_a_grid_covers_all_below_it(path: str, *, covered: bool) -> None:
    by_grid = window(device=None, grid=GridCode(VILLAGE), grid_path=PATH)
    assert by_grid.covers(CAMERA, path) is covered


def test_a_window_holds_from_its_beginning_until_its_end_or_until_somebody_ends_it() -> None:
    assert not window().holds(START - timedelta(microseconds=1))
    assert window().holds(START)
    assert not window().holds(START + HOUR)
    assert window().over(START + HOUR)
    assert not window(ended=START).holds(START)
    assert window(ended=START).over(START)


def test_only_a_raised_alarm_goes_out_of_service_and_all_come_back() -> None:
    around = Around(windows=(window(),))
    held, said = placed(alarm(), START, PATH, DEFAULT, around)
    assert (held.maintenance, said) == ("w", [(Turn.OUT_OF_SERVICE, "works")])
    assert placed(held, START, PATH, DEFAULT, around) == (held, [])
    assert placed(alarm(raised=False), START, PATH, DEFAULT, around) == (alarm(raised=False), [])
    back, said = placed(held, START + HOUR, PATH, DEFAULT, around)
    assert (back.maintenance, said) == ("", [(Turn.IN_SERVICE, "")])


def test_one_window_takes_over_from_another_without_a_word() -> None:
    later = window(id="w-2", until=START + 2 * HOUR)
    held = alarm(maintenance="w")
    moved, said = placed(held, START + HOUR, PATH, DEFAULT, Around(windows=(window(), later)))
    assert (moved.maintenance, said) == ("w-2", [])


def test_a_shelf_ends_at_its_instant() -> None:
    shelved = alarm(shelved_until=START + HOUR, shelved_by=ANN, shelved_reason="known")
    before = START + HOUR - timedelta(microseconds=1)
    assert placed(shelved, before, PATH, DEFAULT, NOTHING_AROUND) == (shelved, [])
    back, said = placed(shelved, START + HOUR, PATH, DEFAULT, NOTHING_AROUND)
    assert (back, said) == (alarm(), [(Turn.UNSHELVED, "")])


def test_a_call_is_silenced_by_nothing() -> None:
    call = alarm(kind=Kind.CALL)
    around = Around((window(),), (root(),))
    assert placed(call, START, PATH, DEFAULT, around) == (call, [])
    assert not explains(root(), call, DEFAULT)
    with pytest.raises(Rejected, match="somebody may be waiting"):
        shelve(call, ANN, "again", span=HOUR, now=START, policy=DEFAULT)


def test_a_root_suppresses_while_it_stands() -> None:
    held, said = placed(silent(), START, PATH, DEFAULT, Around(roots=(root(),)))
    assert (held.suppressed_by, said) == (root().id, [(Turn.SUPPRESSED, "link_loss")])
    assert quiet(held)
    back, said = placed(held, START, PATH, DEFAULT, NOTHING_AROUND)
    assert (back.suppressed_by, said) == (None, [(Turn.UNSUPPRESSED, "")])
    gone, _ = placed(replace(held, raised=False), START, PATH, DEFAULT, Around(roots=(root(),)))
    assert gone.suppressed_by is None


@pytest.mark.parametrize(
    ("cause", "explained"),
    [
        (root(), True),
        (root(device="other/link"), False),
        (root(Kind.POWER_LOSS, "other/meter"), True),
        (root(Kind.POWER_LOSS, "other/meter", grid=GridCode("other")), False),
        (root(Kind.SMOKE), False),
    ],
)
def test_a_root_explains_its_own_box_and_the_mains_their_grid(cause: Alarm, *, explained: bool) -> None:
    assert explains(cause, silent(), DEFAULT) is explained


def test_two_roots_cannot_hide_each_other() -> None:
    power, link = root(Kind.POWER_LOSS, "box/meter"), root()
    hidden = replace(link, suppressed_by=power.id)
    assert root_of(link, DEFAULT, Around(roots=(power, link))) == power
    assert root_of(power, DEFAULT, Around(roots=(power, hidden))) is None
    assert root_of(silent(), DEFAULT, Around(roots=(hidden,))) is None
    held = silent(suppressed_by=link.id)
    assert root_of(held, DEFAULT, Around(roots=(power, hidden))) == hidden


def test_kinds_know_their_roots_and_roots_their_consequences() -> None:
    assert roots_for(Kind.SILENCE, DEFAULT) == {Kind.POWER_LOSS, Kind.LINK_LOSS}
    assert roots_for(Kind.SMOKE, DEFAULT) == frozenset()
    assert Kind.LINK_LOSS in consequences(Kind.POWER_LOSS, DEFAULT)
    assert consequences(Kind.SILENCE, DEFAULT) == frozenset()
    assert reach([root(), root(Kind.POWER_LOSS, "b2/meter")]) == (["b2", "box"], [VILLAGE])


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        (SPOT, True),
        (Box(0.48, 0.48, 0.24, 0.24), True),
        (Box(0.6175, 0.5, 0.2, 0.2), True),
        (Box(0.625, 0.5, 0.2, 0.2), False),
        (Box(0.0, 0.0, 1.0, 1.0), False),
        (Box(0.1, 0.1, 0.1, 0.1), False),
        (Box(0.6, 0.6, 0.0, 0.0), True),
        (Box(0.9, 0.6, 0.0, 0.0), False),
    ],
)
def test_a_box_lies_in_a_spot_with_half_of_its_area(box: Box, *, inside: bool) -> None:
    assert lies_in(box, SPOT) is inside


def test_a_detection_is_left_out_only_when_all_of_it_is_known_to_be_false() -> None:
    far = Box(0.0, 0.0, 0.1, 0.1)
    assert spot_for(seen(SPOT), START, [spot()]) == spot()
    assert spot_for(seen(SPOT, far), START, [spot()]) is None
    assert spot_for(seen(SPOT, far), START, [spot(), spot(far)]) is not None
    assert spot_for(seen(), START, [spot()]) is None
    assert spot_for(seen(), START, [spot(None)]) is not None
    assert spot_for(seen(far), START, [spot(None)]) is not None


def test_a_spot_is_of_one_device_and_kind_and_has_an_end() -> None:
    assert spot_for(seen(SPOT), START, [spot(device=DeviceId("box/cam-2"))]) is None
    assert spot_for(seen(SPOT, kind="fire"), START, [spot()]) is None
    assert spot_for(seen(SPOT), START + HOUR, [spot()]) is None
    assert spot_for(seen(SPOT), START, [spot(ended=START)]) is None
    assert spot_for(seen(SPOT, phase=Phase.CLEAR), START, [spot()]) is None
    assert spot_for(seen(kind="call"), START, [spot(None, kind=Kind.CALL)]) is None


def test_a_spot_is_taught_by_the_box_around_all_that_was_seen() -> None:
    assert around_boxes([Box(0.25, 0.5, 0.25, 0.25), Box(0.5, 0.25, 0.25, 0.25)]) == Box(0.25, 0.25, 0.5, 0.5)
    assert around_boxes([]) is None
    assert around_boxes([Box(0.5, 0.5, 0.0, 0.0)]) is None


def test_a_shelf_has_a_reason_and_an_end() -> None:
    shelved = shelve(alarm(), ANN, "  known \n fault ", span=HOUR, now=START, policy=DEFAULT)
    assert (shelved.shelved_until, shelved.shelved_by, shelved.shelved_reason) == (
        START + HOUR,
        ANN,
        "known fault",
    )
    for span in (timedelta(seconds=59), DEFAULT.alarms.shelve_max + timedelta(seconds=1)):
        with pytest.raises(Rejected, match="1 to 1440 minutes"):
            shelve(alarm(), ANN, "known", span=span, now=START, policy=DEFAULT)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", "reason.empty"),
        (" \n", "reason.empty"),
        ("a\x00", "reason.empty"),
        ("a" * 501, "reason.too_long"),
    ],
)
def test_a_reason_can_be_read(reason: str, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        checked_reason(reason, "shelving")
    assert refused.value.code == code


def test_a_window_ends_after_it_begins_and_within_a_month() -> None:
    check_span(START - HOUR, START + HOUR, START)
    for since, until in (
        (START, START),
        (START - 2 * HOUR, START - HOUR),
        (START, START + timedelta(days=31, seconds=1)),
    ):
        with pytest.raises(Rejected, match="maintenance window"):
            check_span(since, until, START)


def test_a_window_at_the_end_of_all_calendars_is_refused() -> None:
    last = datetime.fromisoformat("9999-12-31T23:59:59-14:00")
    with pytest.raises(Rejected, match="begins within 366 days"):
        check_span(last - HOUR, last, START)
