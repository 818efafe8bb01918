"""What a value of a unit can be in a village, and what a broken sensor says instead.

Pure tables and one gate, shared by the detectors that must not take a fault for an event. Ranges
are physical, not usual: what lies outside is no measurement. Nothing here raises or remembers time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ANYTHING: Final = 1e300
"""Bound of units that know none; differences of larger values overflow."""


@dataclass(frozen=True, slots=True)
class Physics:
    """What one unit's quantity can do."""

    low: float = -ANYTHING
    high: float = ANYTHING
    spike: float = ANYTHING
    """No medium moves this far and back between two readings: such a reading is a fault."""
    inert: bool = False
    """A medium (water, air) that cannot stand at two levels in turn; currents and switches can."""
    rests: bool = True
    """Whether it may lie at exactly zero for days, as rain, light and gas do."""
    full: float = ANYTHING
    """At this value and above it may stay for days: fog is 100 percent, a full battery too."""
    noise: float = 0.0
    """A difference up to this is nobody's business, however steady the stream is."""


_UNKNOWN: Final = Physics()
_TABLE: Final[dict[str, Physics]] = {
    # Water and distance: heights over sea level included. A metre between two readings and back
    # again is no wave that a gauge in a stilling well or over a river can show.
    "m": Physics(-500, 9_000, spike=1.0, inert=True, noise=0.05),
    "cm": Physics(-50_000, 900_000, spike=100.0, inert=True, noise=5.0),
    "mm": Physics(-500_000, 9_000_000),
    "mm/h": Physics(0, 2_000),
    # Air: thermocouples in a fire reach 1,300; a probe in air cannot fall and rise 25 in one reading.
    "Cel": Physics(-90, 1_500, spike=25.0, inert=True, rests=False, noise=1.0),
    "K": Physics(0, 1_800, spike=25.0, inert=True, rests=False, noise=1.0),
    "%RH": Physics(-1, 110, full=99.0, spike=40.0, inert=True, rests=False, noise=5.0),
    "hPa": Physics(300, 1_200, spike=30.0, inert=True, rests=False, noise=5.0),
    "Pa": Physics(-1e8, 1e9),
    "ppm": Physics(-1_000, 1e6, noise=20.0),
    "%": Physics(-1_000, 10_000),
    "%EL": Physics(-1, 110, full=99.0, noise=5.0),
    "/": Physics(-1e6, 1e6),
    "lx": Physics(-100, 300_000),
    "W/m2": Physics(-500, 3_000),
    "V": Physics(-1e6, 1e6, rests=False, noise=0.1),
    "A": Physics(-1e6, 1e6),
    "m/s": Physics(-200, 200),
    "deg": Physics(-360, 720),
    "dB": Physics(-300, 300),
    "pH": Physics(-2, 16, inert=True, rests=False),
}

_BROKEN: Final = frozenset(
    full * scale
    for scale in (1.0, 0.1, 0.01)
    for full in (65_535.0, 32_767.0, -32_768.0, -9_999.0, -99_999.0)
) | {-999.0, -999.9, -127.0, 4_294_967_295.0, 2_147_483_647.0, -2_147_483_648.0, 16_777_215.0}
"""Numbers of which all bits are set, and the usual marks of a missing value. 999 and 9,999 are not among
them: gas meters stop there, and a full scale of gas is an alarm."""

_POWER_ON: Final = {"Cel": 85.0}
"""What the commonest probe says once when its power comes back; others stop there in a fire."""


def physics(unit: str) -> Physics:
    """Give what is known of a unit; nothing is forbidden to an unknown one."""
    return _TABLE.get(unit, _UNKNOWN)


def broken(value: float) -> bool:
    """Say whether a number is a known mark for "no value" rather than a value."""
    return value in _BROKEN


def possible(value: float, unit: str) -> bool:
    """Say whether a sensor that works can give this value; not-a-number is not possible."""
    known = _TABLE.get(unit, _UNKNOWN)
    return known.low <= value <= known.high and value not in _BROKEN


def power_on(value: float, unit: str) -> bool:
    """Say whether a number may be what a probe says once after its power came back."""
    return _POWER_ON.get(unit) == value


class StepGate:
    """Hold back a reading that jumped until the next ones agree with it.

    One implausible reading is never let through; a real jump is let through with the reading that
    confirms it. `last` is the newest reading believed; the owner may set it by itself.
    """

    __slots__ = ("_confirm", "_step", "count", "last", "near")

    def __init__(self, step: float, confirm: int) -> None:
        self._step = step
        self._confirm = confirm
        self.last: float | None = None
        self.near = 0.0
        self.count = 0

    def holds(self, value: float) -> bool:
        """Say whether the reading is to be ignored for now."""
        step, last = self._step, self.last
        if last is not None and -step <= value - last <= step:
            self.last, self.count = value, 0
            return False
        self.count = self.count + 1 if self.count and -step <= value - self.near <= step else 1
        self.near = value
        if self.count < self._confirm:
            return True
        self.last, self.count = value, 0
        return False
