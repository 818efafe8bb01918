"""What only a fault of the sensor, its clock or its line can say.

Names the fault by its code: `plausible.range` (outside what the unit can be), `plausible.broken` (all
bits set, or a mark for a missing value), `plausible.no_number`, `plausible.spike` (metres away in one
reading and back in the next), `plausible.two_sources` (two devices in one stream: values alternate
between two levels), `plausible.clock` (the device lives in another year, or jumps about). A jump that
stays is an event and none of these. Clears after an hour of sound readings.
Cannot see: a wrong value that is possible, a spike that two readings agree on, two devices that say
nearly the same, steps of quantities that may jump (power, light, gas).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
from pydantic import Field
from typing_extensions import override

from tocsin.core.detections import Detection, Phase
from tocsin.core.ids import DetectionId
from tocsin.core.readings import Quality, Reading
from tocsin.detectors.base import (
    EMPTY,
    NEVER_US,
    SECOND_US,
    Parameters,
    Point,
    Statement,
    StreamDetector,
    Subject,
    read_state,
)
from tocsin.detectors.plausibility import broken, physics

_EPOCH_US: Final = 1_420_070_400 * SECOND_US
"""Begin of 2015: a device that says less has lost its clock (1970, 1980 and 2000 are what chips start at)."""
_SWITCHES: Final = 8
"""So many changes between two levels ..."""
_WITHIN: Final = 24
"""... within so many readings are two devices, and no event that comes and goes."""
_TURNS: Final = 12
"""So many readings in succession, each like the one before the last: noise does that once in ten million."""
_TIDE_US: Final = 2 * 3600 * SECOND_US
"""Of readings further apart a tide can make the same pattern."""
_BACK: Final = 2
"""After a spike the value is back within the spike's limit divided by this."""
_KEPT: Final = 16
_NO_NUMBER: Final = int(Quality.NOT_A_NUMBER)
_OLD: Final = int(Quality.HISTORICAL)

_SENTENCES: Final = {
    "plausible.range": "{value:g} {unit} is outside what this unit can be ({low:g} to {high:g})",
    "plausible.broken": "{value:g} {unit} is the mark of a missing value or of broken bytes",
    "plausible.no_number": "the device sent something that is no number",
    "plausible.spike": "{value:g} {unit} between {low:g} and {high:g}: one reading cannot be that far away and back",
    "plausible.two_sources": "the values alternate between {low:g} and {high:g} {unit}: two devices speak in one stream",
    "plausible.clock": "the device's clock is {hours:.1f} h away from the time its reading was taken for",
}


class PlausibleParameters(Parameters):
    """What is taken for a fault."""

    low: float | None = Field(None, description="Least possible value; the unit's own when not given.")
    high: float | None = Field(None, description="Greatest possible value; the unit's own when not given.")
    spike: float | None = Field(
        None,
        gt=0,
        description="How far away and back in one reading is a fault; the unit's own when not given (1 m, 25 Cel).",
    )
    clock_seconds: float = Field(
        86_400.0,
        gt=0,
        le=10 * 365 * 86_400,
        description="How far the device's own time may lie from the corrected one; time zones are less than a day.",
    )
    calm_seconds: float = Field(
        3600.0, ge=0, le=31 * 86_400, description="It clears after so long without a further fault ..."
    )
    calm_readings: int = Field(10, ge=1, le=10_000, description="... and so many sound readings.")


class _State(msgspec.Struct, array_like=True):
    last: float | None
    before: float | None
    turns: int
    turned: int
    away: float | None
    newest_us: int
    number: int
    switches: list[int]
    upper: float
    codes: list[str]
    points: list[Point]
    first_us: int
    fault_us: int
    sound: int
    unit: str
    raised: str | None


class Plausible(StreamDetector):
    """Hold each reading of one stream against what is possible."""

    __slots__ = (
        "_away",
        "_before",
        "_clock_us",
        "_codes",
        "_fault_us",
        "_first_us",
        "_high",
        "_inert",
        "_last",
        "_low",
        "_newest_us",
        "_number",
        "_points",
        "_quiet",
        "_sound",
        "_spike",
        "_still",
        "_switches",
        "_turned",
        "_turns",
        "_unit",
        "_upper",
        "due_us",
        "parameters",
        "raised",
        "subject",
    )

    def __init__(self, subject: Subject, parameters: PlausibleParameters) -> None:
        self.subject = subject
        self.parameters = parameters
        self.due_us = NEVER_US
        self.raised: DetectionId | None = None
        self._clock_us = round(parameters.clock_seconds * SECOND_US)
        self._before = self._last = math.nan
        self._turns = self._turned = 0
        self._away: float | None = None
        self._newest_us = -1
        self._number = 0
        self._switches: list[int] = []
        self._upper = 0.0
        self._codes: list[str] = []
        self._points: list[Point] = []
        self._first_us = self._fault_us = -1
        self._sound = 0
        self._quiet = True
        self._learn_unit("")

    def _learn_unit(self, unit: str) -> None:
        own, known = self.parameters, physics(unit)
        self._unit = unit
        self._low = known.low if own.low is None else own.low
        self._high = known.high if own.high is None else own.high
        self._spike = known.spike if own.spike is None else own.spike
        self._inert = known.inert or own.spike is not None
        self._still = min(self._spike, known.noise) if known.inert else self._spike

    @override
    def observe(self, reading: Reading) -> Sequence[Detection]:
        value = reading.value
        at_us = reading.at_us
        if (
            self._quiet
            and value is not None
            and -self._still <= value - self._last <= self._still
            and self._low <= value <= self._high
            and -self._clock_us <= at_us - reading.observed_us <= self._clock_us
            and at_us >= self._newest_us
        ):
            self._before, self._last = self._last, value
            self._newest_us = at_us
            self._number += 1
            return EMPTY
        return self._look(reading)

    def _look(self, reading: Reading) -> Sequence[Detection]:
        value, at_us = reading.value, reading.at_us
        if self._newest_us < 0:
            self._learn_unit(reading.unit)
            self._newest_us = at_us
        self._number += 1
        gap_us, self._newest_us = at_us - self._newest_us, at_us
        self._quiet = False
        if gap_us < 0 or not self._clock_fits(reading):
            return self._fault(
                "plausible.clock", at_us, value, hours=(at_us - reading.observed_us) / SECOND_US / 3600
            )
        if value is None or not math.isfinite(value):
            if reading.quality & _NO_NUMBER or value is not None:
                return self._fault("plausible.no_number", at_us, None)
            return EMPTY
        if broken(value):
            return self._fault("plausible.broken", at_us, value)
        if not self._low <= value <= self._high:
            return self._fault("plausible.range", at_us, value, low=self._low, high=self._high)
        said = self._step(at_us, value, gap_us)
        return said or self._calm(at_us)

    def _clock_fits(self, reading: Reading) -> bool:
        if reading.observed_us < _EPOCH_US <= reading.at_us:
            return False
        return bool(reading.quality & _OLD) or abs(reading.at_us - reading.observed_us) <= self._clock_us

    def _step(self, at_us: int, value: float, gap_us: int) -> Sequence[Detection]:
        """Follow jumps: one reading that is away and back is a spike, many are two devices."""
        last, away = self._last, self._away
        if not math.isnan(last) and abs(value - last) > self._spike:
            if away is None or abs(value - away) > self._spike:
                self._away = value
                return EMPTY
            # Two readings agree: the level itself has moved.
            self._before, self._last, self._away = last, value, None
            return self._two(at_us, value, last)
        zigzag = gap_us <= _TIDE_US and self._zigzags(value)
        self._before, self._last, self._away = last, value, None
        if zigzag:
            return self._fault(
                "plausible.two_sources", at_us, value, low=min(value, last), high=max(value, last)
            )
        if away is None:
            return EMPTY
        two = self._two(at_us, value, away)
        if two or abs(value - last) > self._spike / _BACK:
            return two
        return self._fault("plausible.spike", at_us, away, low=min(last, value), high=max(last, value))

    def _zigzags(self, value: float) -> bool:
        """Say whether each of many readings was like the one before the last, and not like the last."""
        turned = self._inert and abs(value - self._last) > max(self._still, 3 * abs(value - self._before))
        if not turned or self._number - self._turned > 1:
            self._turns = 0
        if turned:
            self._turns += 1
            self._turned = self._number
        return self._turns >= _TURNS

    def _two(self, at_us: int, value: float, other: float) -> Sequence[Detection]:
        if not self._switched(max(value, other)):
            return EMPTY
        return self._fault(
            "plausible.two_sources", at_us, value, low=min(value, other), high=max(value, other)
        )

    def _switched(self, upper: float) -> bool:
        if not self._inert:
            return False
        if abs(upper - self._upper) > self._spike:
            self._switches = []
        self._upper = upper
        self._switches = [*self._switches, self._number][-_SWITCHES:]
        return len(self._switches) == _SWITCHES and self._number - self._switches[0] <= _WITHIN

    def _fault(self, code: str, at_us: int, value: float | None, **figures: float) -> Sequence[Detection]:
        self._fault_us, self._sound = at_us, 0
        if value is not None and math.isfinite(value):
            self._points = [*self._points, (at_us, value)][-_KEPT:]
        if code in self._codes and self.raised is not None:
            return EMPTY
        phase = Phase.RAISE if self.raised is None else Phase.UPDATE
        if phase is Phase.RAISE:
            self._codes, self._first_us = [], at_us
            self._points = self._points[-1:] if value is not None else []
        self._codes.append(code)
        named = {"value": 0.0 if value is None or not math.isfinite(value) else value, **figures}
        found = self.subject.detection(
            Statement(
                phase=phase,
                observed_us=at_us,
                first_us=min(self._first_us, at_us),
                reason=_SENTENCES[code].format(unit=self._unit, **named).replace("  ", " "),
                code=code,
                figures=tuple(named.items()),
                values=self._points,
                unit=self._unit,
            )
        )
        if phase is Phase.RAISE:
            self.raised = found.id
        return (found,)

    def _calm(self, at_us: int) -> Sequence[Detection]:
        if self.raised is None:
            self._quiet = self._away is None
            return EMPTY
        self._sound += 1
        if self._sound < self.parameters.calm_readings or (
            at_us - self._fault_us < self.parameters.calm_seconds * SECOND_US
        ):
            return EMPTY
        self._quiet = self._away is None
        self.raised = None
        seconds = (at_us - self._fault_us) / SECOND_US
        return (
            self.subject.detection(
                Statement(
                    phase=Phase.CLEAR,
                    observed_us=at_us,
                    first_us=min(self._first_us, at_us),
                    reason=f"{self._sound} sound readings, the last fault was {seconds:.0f} s ago",
                    code="plausible.sound",
                    figures=(("readings", float(self._sound)), ("seconds", seconds)),
                    values=self._points,
                    unit=self._unit,
                )
            ),
        )

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(
            _State(
                None if math.isnan(self._last) else self._last,
                None if math.isnan(self._before) else self._before,
                self._turns,
                self._turned,
                self._away,
                self._newest_us,
                self._number,
                self._switches,
                self._upper,
                self._codes,
                self._points,
                self._first_us,
                self._fault_us,
                self._sound,
                self._unit,
                self.raised,
            )
        )

    @override
    def restore(self, state: bytes) -> None:
        known = read_state(state, _State)
        self._learn_unit(known.unit)
        self._last = math.nan if known.last is None else known.last
        self._before = math.nan if known.before is None else known.before
        self._turns, self._turned = known.turns, known.turned
        self._away = known.away
        self._newest_us, self._number = known.newest_us, known.number
        self._switches, self._codes = list(known.switches), list(known.codes)
        self._points, self._upper = list(known.points), known.upper
        self._first_us, self._fault_us, self._sound = known.first_us, known.fault_us, known.sound
        self.raised = None if known.raised is None else DetectionId(known.raised)
        self._quiet = False
