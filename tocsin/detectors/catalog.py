"""Which detectors there are: name, version, parameters, kind, and how to make one.

A new detector is one file and one line here; the contract suite then runs over it by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tocsin.core.detections import Kind
from tocsin.core.frames import Polygon
from tocsin.detectors.abandoned import AbandonedParameters, abandoned
from tocsin.detectors.agreement import Agreement, AgreementParameters
from tocsin.detectors.anomaly import Anomaly, AnomalyParameters
from tocsin.detectors.base import Parameters, PictureDetector, StreamDetector, Subject, version_of
from tocsin.detectors.button import Button, ButtonParameters
from tocsin.detectors.crowding import CrowdingParameters, crowding
from tocsin.detectors.dark import DarkParameters, dark
from tocsin.detectors.dead import DeadParameters, dead
from tocsin.detectors.fall import FallParameters, fall
from tocsin.detectors.fire import FireParameters, fire
from tocsin.detectors.frozen import FrozenParameters, frozen
from tocsin.detectors.gauge import GaugeParameters, gauge
from tocsin.detectors.intrusion import IntrusionParameters, intrusion
from tocsin.detectors.loitering import LoiteringParameters, loitering
from tocsin.detectors.motion import MotionParameters, motion
from tocsin.detectors.plausible import Plausible, PlausibleParameters
from tocsin.detectors.presence import PresenceParameters, presence
from tocsin.detectors.rate import Rate, RateParameters
from tocsin.detectors.shift import Shift, ShiftParameters
from tocsin.detectors.silence import Silence, SilenceParameters
from tocsin.detectors.smoke import SmokeParameters, smoke
from tocsin.detectors.stuck import Stuck, StuckParameters
from tocsin.detectors.tamper import TamperParameters, tamper
from tocsin.detectors.threshold import Threshold, ThresholdParameters
from tocsin.detectors.tripwire import TripwireParameters, tripwire
from tocsin.detectors.water import WaterParameters, water


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """A detector of readings."""

    name: str
    number: int
    """Raised when its code answers differently from before."""
    kind: Kind
    """What it raises when the rule names no kind."""
    parameters: type[Parameters]
    make: Callable[[Subject, Any], StreamDetector]
    timed: bool = False
    """Whether `tick` can make it speak; the others are not ticked."""

    def version(self, parameters: Parameters) -> str:
        """Name code and parameters."""
        return version_of(self.name, self.number, parameters)


@dataclass(frozen=True, slots=True)
class PictureEntry:
    """A detector of pictures."""

    name: str
    number: int
    """Raised when its code answers differently from before."""
    kind: Kind
    """What it raises when the rule names no kind."""
    severity: float
    parameters: type[Parameters]
    make: Callable[[Subject, Any, Polygon | None], PictureDetector]
    needs_tracks: bool = False
    """Whether it wants `Look.tracks`, and `Look.things` where the camera has a model."""
    counts: bool = False
    """Whether it counts things, so that the model must be shown its whole zone."""

    def version(self, parameters: Parameters) -> str:
        """Name code and parameters."""
        return version_of(self.name, self.number, parameters)


STREAMS: Final[dict[str, StreamEntry]] = {
    entry.name: entry
    for entry in (
        StreamEntry("threshold", 3, Kind.LEVEL, ThresholdParameters, Threshold, timed=True),
        StreamEntry("rate", 2, Kind.LEVEL, RateParameters, Rate),
        StreamEntry("silence", 2, Kind.SILENCE, SilenceParameters, Silence, timed=True),
        StreamEntry("agreement", 1, Kind.LEVEL, AgreementParameters, Agreement),
        StreamEntry("plausible", 1, Kind.SENSOR_FAULT, PlausibleParameters, Plausible),
        StreamEntry("stuck", 1, Kind.SENSOR_FAULT, StuckParameters, Stuck),
        StreamEntry("anomaly", 1, Kind.LEVEL, AnomalyParameters, Anomaly),
        StreamEntry("shift", 1, Kind.LEVEL, ShiftParameters, Shift),
        StreamEntry("button", 1, Kind.CALL, ButtonParameters, Button, timed=True),
    )
}
PICTURES: Final[dict[str, PictureEntry]] = {
    entry.name: entry
    for entry in (
        PictureEntry("smoke", 3, Kind.SMOKE, 0.7, SmokeParameters, smoke),
        PictureEntry("fire", 2, Kind.FIRE, 0.9, FireParameters, fire),
        PictureEntry("tamper", 2, Kind.TAMPER, 0.4, TamperParameters, tamper),
        PictureEntry("frozen", 1, Kind.VIDEO_LOSS, 0.4, FrozenParameters, frozen),
        PictureEntry("dark", 1, Kind.VIDEO_LOSS, 0.4, DarkParameters, dark),
        PictureEntry("dead", 1, Kind.VIDEO_LOSS, 0.4, DeadParameters, dead),
        PictureEntry("motion", 1, Kind.MOTION, 0.3, MotionParameters, motion),
        PictureEntry("intrusion", 1, Kind.INTRUSION, 0.5, IntrusionParameters, intrusion, needs_tracks=True),
        PictureEntry("loitering", 1, Kind.LOITERING, 0.4, LoiteringParameters, loitering, needs_tracks=True),
        PictureEntry("tripwire", 1, Kind.TRIPWIRE, 0.4, TripwireParameters, tripwire, needs_tracks=True),
        PictureEntry(
            "crowding", 1, Kind.CROWDING, 0.4, CrowdingParameters, crowding, needs_tracks=True, counts=True
        ),
        PictureEntry("presence", 1, Kind.PRESENCE, 0.1, PresenceParameters, presence, needs_tracks=True),
        PictureEntry("abandoned", 1, Kind.ABANDONED, 0.4, AbandonedParameters, abandoned),
        PictureEntry("water", 2, Kind.FLOOD, 0.8, WaterParameters, water),
        PictureEntry("fall", 1, Kind.FALL, 0.2, FallParameters, fall),
        PictureEntry("gauge", 2, Kind.FLOOD, 0.7, GaugeParameters, gauge),
    )
}
GROUPED: Final = frozenset({"agreement"})
"""Stream detectors of which one instance watches all streams of a group."""
