"""What every detector promises.

A detector is fed in event time and answers with detections; it never reads a clock, a file or
chance, so the same input gives the same output. `snapshot` holds everything it knows, and a
detector restored from it goes on as if nothing had happened. Bad values are ignored, never raised.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from tocsin.core.clock import from_us
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.errors import Rejected
from tocsin.core.frames import Box, Image
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, PictureHash, StreamId, derived_id
from tocsin.core.readings import Reading
from tocsin.detectors.burst import Burst
from tocsin.detectors.look import Look

EMPTY: Final[tuple[Detection, ...]] = ()
"""Shared answer of a detector that has nothing to say; the hot path allocates nothing."""
NEVER_US: Final = 1 << 62
"""A `due_us` that no tick reaches."""
SECOND_US: Final = 1_000_000
Failed = Callable[[str, Exception], None]
"""Is told, while the error is being handled, which rule's detector failed; the others then go on."""
POINTS_MAX: Final = 64
"""Points of a series that evidence may carry."""
PICTURES_MAX: Final = 8

Point = tuple[int, float]
"""Instant in microseconds and value."""


class Parameters(BaseModel):
    """Base of a detector's parameters: unknown keys are refused, values do not change later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def version_of(name: str, number: int, parameters: BaseModel) -> str:
    """Name the detector's code and parameters: `threshold/1+a1b2c3d4`."""
    text = json.dumps(parameters.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return f"{name}/{number}+{hashlib.sha256(text.encode()).hexdigest()[:8]}"


class Measured(msgspec.Struct, frozen=True, array_like=True):
    """A quantity that a detector read from a picture."""

    name: str
    """Name of its stream below the camera: `level`."""
    at_us: int
    value: float
    unit: str


class Statement(msgspec.Struct, kw_only=True):
    """What one detection says, before it is bound to a stream."""

    phase: Phase
    observed_us: int
    first_us: int
    """Begin of the evidence; `observed_us` is widened into it."""
    reason: str
    code: str
    figures: tuple[tuple[str, float], ...] = ()
    score: float = 1.0
    severity: float | None = None
    """None keeps the subject's."""
    values: Sequence[Point] = ()
    boxes: tuple[Box, ...] = ()
    pictures: tuple[PictureHash, ...] = ()
    limit: float | None = None
    unit: str = ""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What one detector instance watches, and under which name it speaks."""

    collector: CollectorId
    device: DeviceId
    stream: StreamId
    detector: str
    version: str
    kind: Kind
    severity: float = 0.5

    def detection(self, said: Statement) -> Detection:
        """Bind a statement; the id is the same in every replay."""
        instants = [said.observed_us, said.first_us, *(at for at, _ in said.values)]
        return Detection(
            id=DetectionId(
                derived_id(self.collector, self.stream, self.detector, said.phase, str(said.observed_us))
            ),
            collector=self.collector,
            device=self.device,
            stream=self.stream,
            detector=self.detector,
            version=self.version,
            kind=self.kind,
            phase=said.phase,
            observed=from_us(said.observed_us),
            score=min(1.0, max(0.0, said.score)),
            reason=said.reason,
            reason_code=said.code,
            figures=said.figures,
            evidence=Evidence(
                first=from_us(min(instants)),
                last=from_us(max(instants)),
                boxes=said.boxes,
                values=tuple((from_us(at), value) for at, value in said.values[-POINTS_MAX:]),
                pictures=said.pictures[-PICTURES_MAX:],
                limit=said.limit,
                unit=said.unit,
            ),
            severity=min(1.0, max(0.0, self.severity if said.severity is None else said.severity)),
        )


class StreamDetector(Protocol):
    """Watch one stream (or one group of streams)."""

    due_us: int
    """Earliest `now_us` at which `tick` may have something to say; `NEVER_US` for none."""
    raised: DetectionId | None
    """The detection that raised the condition, while it stands."""

    def observe(self, reading: Reading) -> Sequence[Detection]:
        """Take the next reading; the bank has dropped what is out of order."""
        ...

    def tick(self, now_us: int) -> Sequence[Detection]:
        """Let time pass; may be called at any rate, and with the same instant twice."""
        del now_us
        return EMPTY

    def postpone(self, by_us: int) -> None:
        """Do not count a span in which nobody was listening (a restart, a stopped clock)."""

    def snapshot(self) -> bytes:
        """Give everything it knows."""
        ...

    def restore(self, state: bytes) -> None:
        """Go on from a snapshot; raises `Rejected` (`detectors.state`) for anything else."""
        ...


class Finder(Protocol):
    """Finds things in a picture with a model; the bank asks it at most once a picture."""

    @property
    def version(self) -> str:
        """Name and hash of the model: `person:1a2b3c4d`; stamped on what was decided with it."""
        ...

    @property
    def classes(self) -> frozenset[str]:
        """What it can find."""
        ...

    def find(self, image: Image) -> tuple[Box, ...]:
        """Give what it sees, the surest first, each with label and score."""
        ...


class PictureDetector(Protocol):
    """Watch one camera through the features that all its detectors share."""

    @property
    def raised(self) -> DetectionId | None:
        """The detection that raised the condition, while it stands."""
        ...

    @property
    def suspicion(self) -> str:
        """Why a burst would help now, in a few words; empty when it would not."""
        return ""

    def observe(self, look: Look) -> Sequence[Detection]:
        """Take the next picture's features; never changes them."""
        ...

    def examine(self, burst: Burst) -> Sequence[Detection]:
        """Take a burst, which somebody's suspicion had asked for; never changes it."""
        del burst
        return EMPTY

    def measured(self) -> Measured | None:
        """Give what it read from the newest picture it judged; None when it reads nothing."""
        return None

    def tick(self, now_us: int) -> Sequence[Detection]:
        """Let time pass without a picture."""
        ...

    def snapshot(self) -> bytes:
        """Give everything it knows."""
        ...

    def restore(self, state: bytes) -> None:
        """Go on from a snapshot; raises `Rejected` (`detectors.state`) for anything else."""
        ...


S = TypeVar("S")


def sealed(state: bytes) -> bytes:
    """Put a checksum before the state of a whole bank: a card that loses a bit must not be believed."""
    return zlib.crc32(state).to_bytes(4, "big") + state


def unsealed(state: bytes) -> bytes:
    """Take the checksum off again; raises `Rejected` (`detectors.state`) when it does not fit."""
    inner = state[4:]
    if zlib.crc32(inner).to_bytes(4, "big") != state[:4]:
        raise Rejected(
            "detectors.state", "the saved state is damaged or of an earlier version; start without it"
        )
    return inner


def read_state(state: bytes, kind: type[S]) -> S:
    """Decode a snapshot; raises `Rejected` (`detectors.state`) when it is none of this detector."""
    try:
        return msgspec.msgpack.decode(state, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Rejected(
            "detectors.state",
            f"the saved state does not belong to this detector ({error}); start without it",
        ) from error
