"""A camera that sends no pictures any more.

Learns how often pictures come and tells when three of these intervals, and at least
`least_seconds`, have passed without one; two pictures make it good. A span in which nobody listened
is not counted, and a clock that is set back begins anew. Cannot see: a camera that never sent, a
camera that sends the same picture (`frozen`), a whole box that is gone (the centre tells that as a
lost link), whether the camera or the way to it failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from pydantic import Field
from typing_extensions import override

from tocsin.core.detections import Detection, Phase
from tocsin.core.frames import Polygon
from tocsin.core.ids import DetectionId
from tocsin.detectors.base import (
    EMPTY,
    SECOND_US,
    Parameters,
    PictureDetector,
    Statement,
    Subject,
    read_state,
)
from tocsin.detectors.look import Look

_ATTENTION_US: Final = 30 * SECOND_US
"""A longer pause between ticks means that the box slept or was off, not that the camera was silent."""
_SHRINK: Final = 32
"""A longer interval is taken at once, a shorter one is learnt over about so many pictures."""


class DeadParameters(Parameters):
    """How long a camera may be silent."""

    factor: float = Field(3.0, ge=1.5, le=100, description="Learned intervals without a picture.")
    least_seconds: float = Field(
        60.0, ge=1, le=86_400, description="But at least this long; a camera takes so long to start anew."
    )
    most_seconds: float = Field(
        3600.0,
        ge=1,
        le=7 * 86_400,
        description="An interval longer than this is an outage, and teaches no more than this.",
    )
    learn: int = Field(4, ge=1, le=1000, description="Intervals that must have been seen first.")
    good: int = Field(2, ge=1, le=100, description="Pictures that make it good again.")


class _State(msgspec.Struct, array_like=True):
    picture_us: int = -1
    heard_us: int = -1
    """When the last picture came, by the listener's time, less what nobody listened."""
    tick_us: int = -1
    usual_us: int = 0
    intervals: int = 0
    good: int = 0
    raised: str | None = None


class Dead(PictureDetector):
    """Wait for one camera's next picture."""

    def __init__(self, subject: Subject, parameters: DeadParameters) -> None:
        self._subject = subject
        self._parameters = parameters
        self._known = _State()

    @property
    @override
    def raised(self) -> DetectionId | None:
        return None if self._known.raised is None else DetectionId(self._known.raised)

    @override
    def observe(self, look: Look) -> Sequence[Detection]:
        known = self._known
        if known.raised is None and known.picture_us >= 0:
            self._learn(look.at_us - known.picture_us)
        known.picture_us = look.at_us
        known.heard_us = max(look.at_us, known.tick_us)
        known.good += 1
        if known.raised is None or known.good < self._parameters.good:
            return EMPTY
        known.raised = None
        return (
            self._subject.detection(
                Statement(
                    phase=Phase.CLEAR,
                    observed_us=look.at_us,
                    first_us=look.at_us,
                    reason="pictures come again",
                    code="dead.back",
                    pictures=(look.sha256,),
                )
            ),
        )

    def _learn(self, interval_us: int) -> None:
        known = self._known
        interval_us = min(interval_us, round(self._parameters.most_seconds * SECOND_US))
        if interval_us > known.usual_us:
            known.usual_us = interval_us
        elif interval_us > 0:
            known.usual_us -= (known.usual_us - interval_us) // _SHRINK
        known.intervals = min(known.intervals + 1, self._parameters.learn)

    @override
    def tick(self, now_us: int) -> Sequence[Detection]:
        known, wanted = self._known, self._parameters
        paused = now_us - known.tick_us
        if known.tick_us >= 0 and known.heard_us >= 0 and not 0 <= paused <= _ATTENTION_US:
            # Whoever did not listen, or whose clock was set, begins to wait where it stopped.
            known.heard_us = min(now_us, known.heard_us + paused)
        known.tick_us = now_us
        if known.raised is not None or known.heard_us < 0 or known.intervals < wanted.learn:
            return EMPTY
        limit_us = max(round(wanted.least_seconds * SECOND_US), round(wanted.factor * known.usual_us))
        quiet_us = now_us - known.heard_us
        if quiet_us <= limit_us:
            return EMPTY
        found = self._subject.detection(
            Statement(
                phase=Phase.RAISE,
                observed_us=now_us,
                first_us=min(known.picture_us, now_us),
                reason=f"no picture for {quiet_us / SECOND_US:.0f} s, usually one every {known.usual_us / SECOND_US:.1f} s",
                code="dead.silent",
                figures=(
                    ("seconds", round(quiet_us / SECOND_US, 1)),
                    ("usual", round(known.usual_us / SECOND_US, 1)),
                ),
                limit=limit_us / SECOND_US,
                unit="s",
            )
        )
        known.raised, known.good = found.id, 0
        return (found,)

    @override
    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(self._known)

    @override
    def restore(self, state: bytes) -> None:
        self._known = read_state(state, _State)


def dead(subject: Subject, parameters: DeadParameters, zone: Polygon | None) -> Dead:
    """Make a detector of silent cameras; the zone is not used."""
    del zone
    return Dead(subject, parameters)
