"""How long one reading takes through the detectors of streams, on one thread.

Threshold, rate and silence alone, then every detector of readings together, at a reading a second and
at one every five minutes, where hours are over sooner. Give figures, print nothing; what they ran on
is added by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tocsin.core.clock import SystemClock
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import DetectorsConfig

_clock = SystemClock()
_BEGIN_US = 1_767_225_600_000_000
_STREAMS = 500
_ROUNDS: Final = 4
"""Short batches: the best of many is then one that nothing else on the machine has cut in two."""
_BATCHES = 250
_SPARSE_SECONDS: Final = 300
_SPARSE_STREAMS: Final = 100
_SPARSE_ROUNDS: Final = 12
"""An hour in each batch, so that each works out what is usual once for every stream."""
_SPARSE_BATCHES = 240
"""Ten days: every detector has learnt its week before it is measured."""
_RULES: Final[dict[str, dict[str, object]]] = {
    "threshold": {"above": 3.0, "for_seconds": 10, "step_max": 1.0},
    "rate": {"change": 2.0, "step_max": 1.0},
    "silence": {},
    "agreement": {"above": 3.0},
    "plausible": {},
    "stuck": {},
    "anomaly": {},
    "shift": {},
}
_FIRST: Final = ("threshold", "rate", "silence")


def run() -> dict[str, Any]:
    """Measure; every figure is the best of several batches, in microseconds per reading."""
    streams = [StreamId(f"box/device-{index}/level") for index in range(_STREAMS)]
    fast = [_batch(number, streams, 1, _ROUNDS) for number in range(_BATCHES)]
    few = streams[:_SPARSE_STREAMS]
    sparse = [_batch(number, few, _SPARSE_SECONDS, _SPARSE_ROUNDS) for number in range(_SPARSE_BATCHES)]
    return {
        "us_per_reading": _best(_FIRST, fast),
        "all_us_per_reading": _best(tuple(_RULES), fast),
        "all_us_per_reading_every_five_minutes": _best(tuple(_RULES), sparse),
        "readings": sum(map(len, fast)),
    }


def _best(detectors: Sequence[str], batches: Sequence[Sequence[Reading]]) -> float:
    rules = [{"name": name, "detector": name, "at": "centre", **_RULES[name]} for name in detectors]
    bank = StreamBank(DetectorsConfig.model_validate({"detectors": rules}), at="centre")
    took = []
    for readings in batches:
        begin = _clock.monotonic()
        bank.observe(readings)
        took.append((_clock.monotonic() - begin) / len(readings))
    # The later half: what makes its detectors, or has learnt nothing yet, says little.
    return round(min(took[len(took) // 2 :]) * 1e6, 3)


def _batch(number: int, streams: Sequence[StreamId], seconds: int, rounds: int) -> list[Reading]:
    readings = []
    for turn in range(rounds):
        at_us = _BEGIN_US + (number * rounds + turn) * seconds * 1_000_000
        value = 1.0 + (number * rounds + turn) % 7 / 20
        readings += [
            Reading(stream=stream, observed_us=at_us, value=value, unit="m", at_us=at_us, received_us=at_us)
            for stream in streams
        ]
    return readings
