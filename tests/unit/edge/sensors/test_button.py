from __future__ import annotations

import pytest

from tests.support.edge import FakeBus, reading_with
from tocsin.core.clock import SystemClock
from tocsin.edge import config
from tocsin.edge.config import ButtonSensor
from tocsin.edge.sensors.button import Button


def button(more: str = "", bus: FakeBus | None = None) -> Button:
    box = config.parse(f"collector: weir\nsensors: [{{type: button, name: help, topic: z/help{more}}}]")
    sensor = box.sensors[0]
    assert isinstance(sensor, ButtonSensor)
    return Button(sensor, box, SystemClock(), bus or FakeBus())


async def test_a_press_is_a_reading_on_the_buttons_own_stream() -> None:
    bus = FakeBus()
    async with reading_with(button(bus=bus), bus) as taken:
        bus.say("z/help", b"\xff anything")
        await taken.until(lambda: bool(taken.taken))
    assert (taken.taken[0].stream, taken.taken[0].value) == ("weir/help/button", 1.0)


@pytest.mark.parametrize(
    ("payload", "pressed"),
    [
        (b'{"action": "single"}', True),
        (b'{"action": 1}', True),
        (b'{"action": "release"}', False),
        (b'{"battery": 9}', False),
        (b"{}", False),
    ],
)
def test_only_the_values_named_are_a_press(payload: bytes, pressed: bool) -> None:  # noqa: FBT001 a table
    assert button(", path: action, pressed: [single, '1']").is_press(payload) is pressed


def test_a_plain_payload_may_be_compared_too() -> None:
    made = button(", pressed: [SOS]")
    assert made.is_press(b"SOS")
    assert not made.is_press(b"idle")


async def test_nonsense_from_a_button_is_told_as_its_fault() -> None:
    bus = FakeBus()
    async with reading_with(button(", path: action", bus), bus) as taken:
        bus.say("z/help", b"\xff")
        bus.say("z/help", b'{"action": "x"}')
        await taken.until(lambda: bool(taken.taken))
    assert taken.faults[0][0] == "weir/help"
