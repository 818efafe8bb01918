"""How long one reading takes through threshold, rate and silence, on one thread.

Give figures, print nothing; what they ran on is added by the caller.
"""

from __future__ import annotations

from typing import Any

from tocsin.core.clock import SystemClock
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import DetectorsConfig

_clock = SystemClock()
_BEGIN_US = 1_767_225_600_000_000
_STREAMS = 500
_ROUNDS = 200


def run() -> dict[str, Any]:
    """Measure; gives `{"us_per_reading": best of five, "readings": n}`."""
    config = DetectorsConfig.model_validate(
        {
            "detectors": [
                {"name": "high", "detector": "threshold", "above": 50.0, "for_seconds": 10},
                {"name": "fast", "detector": "rate", "change": 40.0},
                {"name": "quiet", "detector": "silence"},
            ]
        }
    )
    bank = StreamBank(config, at="centre")
    streams = [StreamId(f"box/device-{index}/level") for index in range(_STREAMS)]
    batches = [_batch(number, streams) for number in range(5)]
    took = []
    for readings in batches:
        begin = _clock.monotonic()
        bank.observe(readings)
        took.append((_clock.monotonic() - begin) / len(readings))
    return {"us_per_reading": round(min(took) * 1e6, 3), "readings": sum(map(len, batches))}


def _batch(number: int, streams: list[StreamId]) -> list[Reading]:
    readings = []
    for turn in range(_ROUNDS):
        at_us = _BEGIN_US + (number * _ROUNDS + turn) * 1_000_000
        value = 20.0 + turn % 7
        readings += [
            Reading(stream=stream, observed_us=at_us, value=value, at_us=at_us, received_us=at_us)
            for stream in streams
        ]
    return readings
