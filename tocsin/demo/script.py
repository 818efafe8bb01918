"""What happens in the demo and how its people behave: pure tables.

Happenings run in real seconds from the start of a round, because detectors' times are real.
People's delays are for speed 1 and are divided by `--speed` where they are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tocsin.core.grids import Tier
from tocsin.demo.scenes import QUIET, Event, Happening

ROUND_SECONDS: Final = 1_200.0
"""The script begins again after this time, so that a demo left running stays alive."""


@dataclass(frozen=True, slots=True)
class CameraHappening:
    """An event before one camera."""

    camera: str
    event: Event
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class SensorHappening:
    """A stream climbs from its base to `peak` within `climb` seconds and falls back at `end`."""

    device: str
    begin: float
    end: float
    peak: float
    climb: float


CAMERA_SCRIPT: Final = (
    CameraHappening("cam-square", Event.FIRE, 6.0, 100.0),
    CameraHappening("cam-road", Event.CAR, 10.0, 34.0),
    CameraHappening("cam-pond", Event.PERSON, 60.0, 150.0),
    CameraHappening("cam-road", Event.COVERED, 240.0, 300.0),
    CameraHappening("cam-river", Event.RISING, 300.0, 420.0),
    CameraHappening("cam-barn", Event.SMOKE, 600.0, 700.0),
)
SENSOR_SCRIPT: Final = (
    SensorHappening("button-liuxi", 2.0, 3.5, 1.0, 0.0),
    SensorHappening("gauge-zhuwu", 2.0, 90.0, 4.1, 2.0),
    SensorHappening("smoke-qiantang", 4.0, 80.0, 0.9, 2.0),
    SensorHappening("door-shiqiao", 20.0, 40.0, 1.0, 0.0),
    SensorHappening("rain-liuxi", 200.0, 420.0, 1.6, 30.0),
    SensorHappening("button-shiqiao", 480.0, 481.5, 1.0, 0.0),
    SensorHappening("temperature-zhuwu", 600.0, 720.0, 74.0, 40.0),
)
NIGHT_CAMERAS: Final = frozenset({"cam-barn"})
"""Cameras that look at night: infra-red pictures."""


def before_camera(camera: str, seconds: float) -> Happening:
    """Say what happens before a camera at a time since the script began."""
    now = seconds % ROUND_SECONDS
    for item in CAMERA_SCRIPT:
        if item.camera == camera and item.begin <= now < item.end:
            return Happening(item.event, now - item.begin)
    return QUIET


def at_sensor(device: str, base: float, seconds: float) -> float:
    """Give a stream's value without noise at a time since the script began."""
    now = seconds % ROUND_SECONDS
    for item in SENSOR_SCRIPT:
        if item.device == device and item.begin <= now < item.end:
            share = 1.0 if item.climb == 0 else min(1.0, (now - item.begin) / item.climb)
            return base + (item.peak - base) * share
    return base


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one person does after a call, seconds at speed 1; None: never."""

    see: float | None
    accept: float | None
    arrive: float | None
    done: float | None
    offline_until: float | None = None
    """The phone has no network until then: calls bounce, acts wait in its queue with their own time."""


BEHAVIOUR: Final[dict[str, dict[Tier, Behaviour]]] = {
    "prompt": {
        Tier.VILLAGE: Behaviour(5, 12, 95, 1_500),
        Tier.TOWNSHIP: Behaviour(8, 20, 380, None),
        Tier.CITY: Behaviour(10, 30, 1_200, None),
    },
    "late": {
        Tier.VILLAGE: Behaviour(8, 30, 215, 2_000),
        Tier.TOWNSHIP: Behaviour(9, 25, 690, None),
        Tier.CITY: Behaviour(12, 40, 1_950, None),
    },
    "absent": {
        Tier.VILLAGE: Behaviour(None, None, None, None),
        Tier.TOWNSHIP: Behaviour(15, None, None, None),
        Tier.CITY: Behaviour(15, 60, None, None),
    },
    "offline": {
        Tier.VILLAGE: Behaviour(None, None, 140, 900, offline_until=260),
        Tier.TOWNSHIP: Behaviour(8, 25, 450, None),
        Tier.CITY: Behaviour(10, 30, 1_500, None),
    },
}
"""By the story of the incident's village and the tier of the person called."""

CONFIRM_SECONDS: Final = 30.0
"""The simulated operator confirms what nobody else has answered."""
CLOSE_SECONDS: Final = 120.0
"""And closes what the scene has called done."""
