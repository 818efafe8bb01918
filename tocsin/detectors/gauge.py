"""The level of water at a gauge board, read from the picture, in metres.

The water line is the uppermost strong change of brightness right across a strip of the board. The
strip is a zone drawn over a staff that stands upright in the picture, or, exact from any angle and
while the camera moves a little, it is laid between `marks` whose metres are known and that are found
again in every picture. The median of a minute counts; what would be faster than water can rise must
be seen three times. Pictures without a clear line or without marks give no level and are counted.
Works by day and under infra-red. Cannot see: a line between two equal surfaces, ice, a boat before
the board, a board that is dirty below and clean above a straight edge; it is as exact as the marks.
"""

from __future__ import annotations

from typing import Final, Self

import cv2
import msgspec
import numpy as np
from pydantic import Field, model_validator
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import SECOND_US, Measured, Parameters, Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.gauge_board import Points, find, movement, patch, shrunk_gray, straightened
from tocsin.detectors.gauge_line import water_line
from tocsin.detectors.look import Gray, Look, pixels
from tocsin.detectors.picture import Judge, Judged, Opinion

_MEDIAN: Final = 5
_MEDIAN_US: Final = 60 * SECOND_US
_DOUBTS: Final = 3
"""Pictures that must agree on a level which the water cannot have reached since the last one."""
_SLACK: Final = 0.02
"""Share of the board's height that two readings may differ by from waves alone."""
_DARK: Final = 8.0
"""Mean grey below which a picture shows no board."""


class Mark(Parameters):
    """One mark on the board: where it is in a picture, and on the board."""

    x: float = Field(ge=0, le=1, description="Its middle in the picture, from the left, relative.")
    y: float = Field(ge=0, le=1, description="Its middle in the picture, from the top, relative.")
    across_m: float = Field(ge=-100, le=100, description="Metres to the right of any point of the board.")
    up_m: float = Field(ge=-1000, le=10_000, description="Its level in metres.")


class GaugeParameters(ConvictionParameters):
    """Where the board stands and when the water is too high."""

    need: int = Field(3, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(5, ge=1, le=32, description="How many pictures are remembered.")
    pace_seconds: float = Field(
        1.0, ge=0, le=60, description="Read at most this often; water needs no more, and waves average out."
    )
    bottom_m: float = Field(
        0.0, ge=-1000, le=10_000, description="Level in metres at the lower edge of the strip."
    )
    top_m: float = Field(
        2.0, ge=-1000, le=10_000, description="Level in metres at the upper edge of the strip."
    )
    above: float = Field(
        1.5, ge=-1000, le=10_000, description="Raise when the water stands higher than this, in metres."
    )
    hysteresis: float = Field(
        0.05, ge=0, le=100, description="Clear only this far below `above`, so that waves do not repeat it."
    )
    fastest: float = Field(
        0.3,
        gt=0,
        le=100,
        description="Metres a minute that the water can rise or fall; a flash flood in a narrow bed has 0.3.",
    )
    marks: tuple[Mark, ...] = Field(
        (),
        max_length=8,
        description="Four to eight marks on the board; without them the zone is the strip.",
    )
    strip: tuple[float, float] | None = Field(
        None,
        description="From and to `across_m` of a plain part of the board; the middle between the marks when "
        "not given.",
    )

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if not self.bottom_m < self.above < self.top_m:
            raise ValueError("`above` must lie between `bottom_m` and `top_m`")
        if self.marks and _board(self.marks) is None:
            raise ValueError("write at least four `marks` that do not all stand in one line, or none")
        if self.strip is not None and not self.strip[0] < self.strip[1]:
            raise ValueError("`strip` must go from left to right: write the smaller number first")
        return self


class _Memory(msgspec.Struct, array_like=True):
    levels: list[tuple[int, float]]
    doubts: list[float]
    patches: list[bytes]
    shape: tuple[int, int]
    high: bool
    unread: int


class GaugeJudge(Judge):
    """Find the board and its water line."""

    def __init__(self, parameters: GaugeParameters) -> None:
        self._parameters = parameters
        self._corners = _corners(parameters) if parameters.marks else None
        self._places = np.array([(mark.x, mark.y) for mark in parameters.marks], np.float64).reshape(-1, 2)
        self._levels: list[tuple[int, float]] = []
        self._doubts: list[float] = []
        self._patches: list[Gray | None] = []
        self._shape = (0, 0)
        self._high = False
        self._unread = 0
        self._measured: Measured | None = None

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        self._measured = None
        level = self._read(look, zone)
        if level is None or not self._possible(look.at_us, level):
            self._unread += level is None
            return None
        recent = [(at, one) for at, one in self._levels if look.at_us - at <= _MEDIAN_US]
        self._levels = [*recent[-(_MEDIAN - 1) :], (look.at_us, level)]
        usual = float(np.median([one for _, one in self._levels]))
        self._measured = Measured("level", look.at_us, round(usual, 4), "m")
        wanted = self._parameters
        self._high = usual > wanted.above - (wanted.hysteresis if self._high else 0.0)
        verdict = Verdict(
            reason=f"water at {usual:.2f} m, limit {wanted.above:g} m",
            code="gauge.above",
            figures=(("level", round(usual, 3)), ("limit", wanted.above), ("unread", float(self._unread))),
            back=f"water back at {usual:.2f} m",
            back_code="gauge.back",
        )
        return Opinion(score=0.8 if self._high else 0.0, verdict=verdict)

    def _read(self, look: Look, zone: Gray | None) -> float | None:
        if float(look.gray.mean()) < _DARK:
            return None
        corners = _zone_corners(zone) if self._corners is None else self._moved(look)
        if corners is None:
            return None
        line = water_line(straightened(look.image, corners))
        wanted = self._parameters
        return None if line is None else wanted.top_m - line * (wanted.top_m - wanted.bottom_m)

    def _moved(self, look: Look) -> Points | None:
        """Lay the strip's corners where the marks say the board is now."""
        gray = shrunk_gray(look.image)
        size = np.array([gray.shape[1], gray.shape[0]], np.float64)
        places = self._places * size
        if self._shape != gray.shape or not any(one is not None for one in self._patches):
            # The first picture shows what the marks look like and where they are.
            self._shape = (gray.shape[0], gray.shape[1])
            self._patches = [patch(gray, place) for place in places]
        moved = movement(places, find(gray, self._patches, places))
        if moved is None or self._corners is None:
            return None
        corners: Points = (self._corners * size) @ moved[:, :2].T + moved[:, 2]
        return corners / size

    def _possible(self, at_us: int, level: float) -> bool:
        """Say whether the water can have come there since it was read last, or is seen there again."""
        wanted = self._parameters
        if not self._levels:
            return True
        last_us, last = self._levels[-1]
        minutes = max(0.0, (at_us - last_us) / SECOND_US / 60)
        slack = _SLACK * (wanted.top_m - wanted.bottom_m)
        if abs(level - last) <= slack + wanted.fastest * minutes:
            self._doubts = []
            return True
        self._doubts = [*(one for one in self._doubts if abs(one - level) <= 2 * slack), level]
        if len(self._doubts) < _DOUBTS:
            return False
        self._doubts, self._levels = [], []
        return True

    @override
    def measured(self) -> Measured | None:
        return self._measured

    @override
    def memory(self) -> bytes:
        kept = [b"" if one is None else one.tobytes() for one in self._patches]
        return msgspec.msgpack.encode(
            _Memory(self._levels, self._doubts, kept, self._shape, self._high, self._unread)
        )

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        self._levels, self._doubts, self._shape = known.levels, known.doubts, known.shape
        self._high, self._unread, self._measured = known.high, known.unread, None
        self._patches = [_square(kept) if kept else None for kept in known.patches]


def gauge(subject: Subject, parameters: GaugeParameters, zone: Polygon | None) -> Judged:
    """Make a gauge reader; without zone and marks the whole picture is the staff."""
    return Judged(subject, parameters, GaugeJudge(parameters), zone)


def _square(kept: bytes) -> Gray:
    side = round(len(kept) ** 0.5)
    return np.frombuffer(kept, np.uint8).reshape(side, side)


def _board(marks: tuple[Mark, ...]) -> Points | None:
    """Give the 3 x 3 that leads from metres on the board to the picture; None when the marks do not tell."""
    board = np.array([(mark.across_m, mark.up_m) for mark in marks], np.float64)
    if len(marks) < 4 or np.linalg.matrix_rank(board - board.mean(axis=0), tol=1e-6) < 2:
        return None
    picture = np.array([(mark.x, mark.y) for mark in marks], np.float64)
    found = np.asarray(cv2.findHomography(board, picture, 0)[0])
    return found.astype(np.float64) if found.shape == (3, 3) else None


def _corners(parameters: GaugeParameters) -> Points | None:
    """Where the strip's corners are in the picture in which the marks were named, relative."""
    to_picture = _board(parameters.marks)
    if to_picture is None:
        return None
    across = [mark.across_m for mark in parameters.marks]
    left, right = min(across), max(across)
    begin, end = parameters.strip or (left + 0.3 * (right - left), right - 0.3 * (right - left))
    top, bottom = parameters.top_m, parameters.bottom_m
    board = np.array([[begin, top, 1], [end, top, 1], [end, bottom, 1], [begin, bottom, 1]], np.float64)
    seen = board @ to_picture.T
    corners: Points = seen[:, :2] / seen[:, 2:]
    return corners


def _zone_corners(zone: Gray | None) -> Points | None:
    if zone is None:
        return np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    left, top, width, height = cv2.boundingRect(pixels(zone))
    if height < 8:
        return None
    rows, columns = zone.shape
    x, y = (left / columns, (left + width) / columns), (top / rows, (top + height) / rows)
    return np.array([[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]], np.float64)
