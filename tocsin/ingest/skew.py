"""How far a collector's clock is off, and what follows for the instants it gives; no I/O.

The monotonic clock of one boot maps to ours by the smallest (received - mono) of its live
envelopes: delay only ever adds. A wall clock that claims to be synced is believed within
`TRUSTED_US`, one ahead of us is always corrected (nothing arrives before it was sent), one behind
us only when the mapping is sure: a message that was delayed looks exactly like a clock that lags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tocsin.core.clock import to_us
from tocsin.core.detections import Detection
from tocsin.core.ids import CollectorId
from tocsin.core.readings import Quality, Reading
from tocsin.core.wire import ClockState, Envelope
from tocsin.ingest.senml import INSTANT_MAX_US, INSTANT_MIN_US, Record

_SECOND: Final = 1_000_000
TRUSTED_US: Final = 2 * _SECOND
"""Below this an offset is network delay or jitter: the box's own time is better."""
STEADY_US: Final = _SECOND // 2
"""An applied offset is kept until the estimate moves this far, so that jitter never disorders a stream."""
SURE_SPAN_US: Final = 20 * _SECOND
"""A mapping is sure when samples this far apart on the box agree within `TRUSTED_US`."""
WINDOW_US: Final = 600 * _SECOND
"""The minimum is taken over one to two windows, so that it follows a monotonic clock that drifts."""
PAST_US: Final = 60 * 86_400 * _SECOND
FUTURE_US: Final = 600 * _SECOND
"""Corrected instants outside [received - 60 days, received + 10 min] are not believed."""
COLLECTORS_MAX: Final = 100_000

_UNSET: Final = int(Quality.CLOCK_UNSET)
_DRIFTING: Final = int(Quality.CLOCK_DRIFTING)
_OUT_OF_RANGE: Final = int(Quality.TIME_OUT_OF_RANGE)
_HISTORICAL: Final = int(Quality.HISTORICAL)


@dataclass(slots=True)
class _Mapping:
    """What is known of one boot of one collector."""

    boot: str
    base_us: int
    """received - mono, smallest of the present window."""
    base_before_us: int
    """The same of the window before."""
    window_until_us: int
    agreed_from_us: int
    """The box's monotonic clock at the first of the samples that agree."""
    agreed_base_us: int
    """received - mono of that sample."""
    sure: bool = False
    offset_us: int = 0
    """The offset in force."""

    @property
    def best_us(self) -> int:
        return min(self.base_us, self.base_before_us)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known about the clock behind one envelope."""

    offset_us: int
    """Add to what the box says."""
    sealed_us: int | None
    """Our instant of its sealing by the monotonic clock; None when the mapping is not sure."""


class Skew:
    """Estimate the clock offset of every collector from the envelopes seen."""

    def __init__(self) -> None:
        self._mappings: dict[CollectorId, _Mapping] = {}

    def observe(self, envelope: Envelope, received_us: int) -> None:
        """Learn from an envelope that was sealed while the link was up; others teach nothing."""
        if envelope.historical:
            return
        base = received_us - envelope.mono
        known = self._mappings.get(envelope.collector)
        if known is None or known.boot != envelope.boot:
            if known is None and len(self._mappings) >= COLLECTORS_MAX:
                self._mappings.pop(next(iter(self._mappings)))
            offset = known.offset_us if known is not None else 0
            self._mappings[envelope.collector] = _Mapping(
                envelope.boot, base, base, received_us + WINDOW_US, envelope.mono, base, offset_us=offset
            )
            return
        if received_us >= known.window_until_us:
            known.base_before_us, known.base_us = known.base_us, base
            known.window_until_us = received_us + WINDOW_US
        if base < known.agreed_base_us - TRUSTED_US:
            # Less delayed than all before: those were a backlog, or the box was suspended.
            known.sure = False
            known.agreed_from_us, known.agreed_base_us = envelope.mono, base
        elif base <= known.best_us + TRUSTED_US and envelope.mono - known.agreed_from_us >= SURE_SPAN_US:
            known.sure = True
        known.base_us = min(known.base_us, base)

    def estimate(self, envelope: Envelope) -> Estimate:
        """Say what is known about the clock behind an envelope, after `observe` of its flush."""
        known = self._mappings.get(envelope.collector)
        if known is None:
            return Estimate(0, None)
        if known.boot != envelope.boot:
            return Estimate(known.offset_us, None)
        sealed = known.best_us + envelope.mono
        offset = sealed - envelope.sent
        believable = known.sure or offset < 0
        if envelope.clock is ClockState.SYNCED and abs(offset) <= TRUSTED_US:
            offset = 0
        elif not believable:
            offset = known.offset_us if not envelope.historical else 0
        elif abs(offset - known.offset_us) <= STEADY_US:
            offset = known.offset_us
        known.offset_us = offset
        return Estimate(offset, sealed if known.sure else None)


def stamp(
    records: Sequence[Record], envelope: Envelope, estimate: Estimate, received_us: int
) -> list[Reading]:
    """Make readings of records: corrected instant, the `at` rule of DESIGN section 6, quality."""
    offset = estimate.offset_us
    unset = envelope.clock is ClockState.UNSET
    doubt = _HISTORICAL if envelope.historical else 0
    if unset:
        doubt |= _UNSET
    elif envelope.clock is ClockState.DRIFTING:
        doubt |= _DRIFTING
    earliest, latest = received_us - PAST_US, received_us + FUTURE_US
    readings: list[Reading] = []
    append = readings.append
    for stream, observed, value, unit, text, quality in records:
        corrected = at = observed + offset
        if not earliest <= corrected <= latest:
            at = received_us
            corrected = min(max(corrected, INSTANT_MIN_US), INSTANT_MAX_US)
            quality |= _OUT_OF_RANGE  # noqa: PLW2901 - a copy per record on the hot path buys nothing
        elif unset:
            at = received_us
        append(Reading(stream, observed, value, unit, text, at, received_us, corrected, quality | doubt))
    return readings


def at_us(observed_us: int, envelope: Envelope, estimate: Estimate, received_us: int) -> int:
    """Place one instant of the box on the centre's axis by the same rule."""
    corrected = observed_us + estimate.offset_us
    if (
        envelope.clock is ClockState.UNSET
        or not received_us - PAST_US <= corrected <= received_us + FUTURE_US
    ):
        return received_us
    return corrected


def age(detection: Detection, envelope: Envelope, estimate: Estimate, received_us: int) -> timedelta | None:
    """Say how old a detection was when it was received; None when that cannot be known.

    On the corrected time for a synced clock, on the box's monotonic clock otherwise. Never negative.
    A correction that is not sure proves nothing about age: the envelope may have waited.
    """
    trusted = estimate.offset_us == 0 or estimate.sealed_us is not None
    if envelope.clock is ClockState.SYNCED and trusted:
        corrected = to_us(detection.observed) + estimate.offset_us
        if received_us - PAST_US <= corrected <= received_us + FUTURE_US:
            return timedelta(microseconds=max(0, received_us - corrected))
    if detection.mono_us is None or estimate.sealed_us is None or detection.mono_us > envelope.mono:
        return None
    waited = received_us - estimate.sealed_us + envelope.mono - detection.mono_us
    return timedelta(microseconds=max(0, waited))
