"""A camera that went dark though it should not be: a lamp that failed, a sensor that died, lights out.

Night comes slowly and at its hours; this tells a picture that goes black within a minute, and a
black one at an hour that was lit on earlier days with the hours around it. Cannot see: anything on
the first day, because every evening is new to it; a light that fades like dusk within the first
three; which lamp failed; a failure in hours at which the place is used to be dark. A cover that was
seen coming is `tamper`'s.
"""

from __future__ import annotations

from typing import Final

import cv2
import msgspec
import numpy as np
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion

_APART_US: Final = 120 * SECOND_US
"""Between pictures further apart the sun may have set."""
_SUDDEN_US: Final = 60 * SECOND_US
"""The fastest dusk takes six minutes from a bright picture to a black one."""
_HOUR_US: Final = 3600 * SECOND_US
_HOURS: Final = 24
_DAYS_LEAST: Final = 3.0
"""Days an hour must have been seen before it is a habit."""
_DAY_WEIGHT: Final = 0.25
_MANY: Final = 50


class DarkParameters(ConvictionParameters):
    """What a dark picture is, and for how long."""

    need: int = Field(2, ge=1, le=32, description="Dark pictures of the last `of` that it takes.")
    of: int = Field(3, ge=1, le=32, description="How many pictures are remembered.")
    clear_seconds: float = Field(5.0, gt=0, le=86_400, description="Clear after this long with light.")
    pace_seconds: float = Field(0.9, ge=0, le=60, description="Judge about one picture a second.")
    dark: float = Field(
        22.0,
        gt=0,
        lt=128,
        description="Dark when 99 of 100 pixels are below this grey level; a street lamp in view is light enough.",
    )
    bright: float = Field(
        40.0,
        gt=0,
        lt=256,
        description="Well lit above this mean grey level, by day or by the camera's own lamp.",
    )
    sudden_seconds: float = Field(
        30.0,
        ge=1,
        le=3600,
        description="Tell a sudden darkness after this long; a camera takes up to 10 s to switch its lamp on.",
    )
    learn_days: float = Field(
        1.0,
        ge=0,
        le=30,
        description="Days an hour must be known first; 0 tells lights that are put out on the first evening too.",
    )
    unusual_seconds: float = Field(
        1800.0,
        ge=60,
        le=86_400,
        description="Tell a darkness at an hour that used to be lit after this long.",
    )


class _Memory(msgspec.Struct, array_like=True):
    bright_us: int
    dark_us: int
    last_us: int
    sudden: bool
    told: str
    """What is told at present; it stands until there is light."""
    hour: int
    lit: int
    seen: int
    usual: list[float]
    days: list[float]


class DarkJudge(Judge):
    """Watch the light, and learn at which hours of the day it is there."""

    def __init__(self, parameters: DarkParameters) -> None:
        self._parameters = parameters
        self._known = _Memory(-1, -1, -1, False, "", -1, 0, 0, [0.0] * _HOURS, [0.0] * _HOURS)

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        known, wanted = self._known, self._parameters
        gap_us = look.at_us - known.last_us
        known.last_us = look.at_us
        dark = float(np.mean(look.gray >= wanted.dark)) < 0.01
        if not known.told:
            self._count(look.at_us, lit=not dark)
        if not dark:
            known.dark_us, known.sudden, known.told = -1, False, ""
            if float(cv2.mean(look.gray)[0]) >= wanted.bright:
                known.bright_us = look.at_us
            return self._opinion(0.0)
        if known.dark_us < 0:
            known.dark_us = look.at_us
            within = known.bright_us >= 0 and look.at_us - known.bright_us <= max(_SUDDEN_US, gap_us)
            known.sudden = within and gap_us <= _APART_US
        seconds = (look.at_us - known.dark_us) / SECOND_US
        known.told = known.told or self._reason(_hour(look.at_us), seconds)
        return self._opinion(seconds)

    def _reason(self, hour: int, seconds: float) -> str:
        known, wanted = self._known, self._parameters
        days = min(known.days[h] for h in _around(hour))
        if known.sudden and seconds >= wanted.sudden_seconds and days >= wanted.learn_days:
            return "" if self._used_to(hour, lit=False) else "sudden"
        if seconds >= wanted.unusual_seconds and self._used_to(hour, lit=True):
            return "unusual"
        return ""

    def _count(self, at_us: int, *, lit: bool) -> None:
        """Keep for each hour of the day the share of pictures with light, over about four days."""
        known, hour = self._known, _hour(at_us)
        if hour != known.hour:
            if known.hour >= 0 and known.seen:
                share = known.lit / known.seen
                weight = max(_DAY_WEIGHT, 1 / (known.days[known.hour] + 1))
                known.usual[known.hour] += (share - known.usual[known.hour]) * weight
                known.days[known.hour] = min(_MANY, known.days[known.hour] + 1)
            known.hour, known.lit, known.seen = hour, 0, 0
        known.lit += lit
        known.seen += 1

    def _used_to(self, hour: int, *, lit: bool) -> bool:
        """Whether it used to be lit in this hour and those around it, or dark in one of them."""
        known = self._known
        if lit:
            return all(known.days[h] >= _DAYS_LEAST and known.usual[h] >= 0.95 for h in _around(hour))
        return any(known.days[h] >= 1 and known.usual[h] <= 0.75 for h in _around(hour))

    def _opinion(self, seconds: float) -> Opinion:
        told = self._known.told
        reason = (
            f"the picture went dark all at once and has been for {seconds:.0f} s"
            if told == "sudden"
            else f"dark for {seconds / 60:.0f} min at an hour that used to be lit"
        )
        verdict = Verdict(
            reason=reason,
            code=f"dark.{told}",
            figures=(("seconds", round(seconds, 1)),),
            back="there is light again",
            back_code="dark.back",
        )
        return Opinion(score=1.0 if told else 0.0, verdict=verdict)

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(self._known)

    @override
    def remember(self, state: bytes) -> None:
        self._known = read_state(state, _Memory)


def dark(subject: Subject, parameters: DarkParameters, zone: Polygon | None) -> Judged:
    """Make a detector of darkness; the zone is not used."""
    del zone
    return Judged(subject, parameters, DarkJudge(parameters), None)


def _around(hour: int) -> list[int]:
    return [(hour + by) % _HOURS for by in (-1, 0, 1)]


def _hour(at_us: int) -> int:
    return at_us // _HOUR_US % _HOURS
