"""Water where none should be: over a road, in a yard, far up the bank.

Only ground that has shown its structure for a while can be flooded. It is under water when that
structure is gone for good, and in its place something smooth or restless of one colour lies, which
came in from the edge of the picture or out of water that was there, widened over several seconds
and gave nothing back, while the land around stands as it did. In a zone less of it is enough.
Cannot see: water that was there when it began to learn, a camera that moves, a flood that arrives
between two pictures and rises no more, water as still as glass unless in a zone, black night; a
cloth drawn slowly over half the view, or fog that lies on the ground with a sharp edge, looks alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import msgspec
import numpy as np
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Box, Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import Gray, Look, pixels
from tocsin.detectors.picture import Judge, Judged, Opinion, relative_box
from tocsin.detectors.water_cells import (
    CELL,
    Cells,
    Flags,
    Floats,
    cell_colours,
    compare,
    grown,
    largest,
    small,
    unevenness,
)

_STRUCTURE: Final = 1.5
"""Grey levels of spread from which ground has structure at all; noise has 0.9 at dusk, 1.2 under infra-red."""
_FAINT: Final = 2.0
"""Below this, asphalt at dusk, noise is a part of the structure; asphalt by day has 3."""
_FAINT_KEPT: Final = 0.75
"""Share of the usual correlation that noise leaves to faint structure."""
_FRESH: Final = 0.5
"""Weight of the newest picture in how much of the ground is seen: what moves correlates by chance, once."""
_STANDS: Final = 0.6
"""Correlation from which the ground is seen; in rain and at dusk it is still 0.7."""
_GONE: Final = 0.35
"""Correlation below which nothing of the ground is seen; shadows and wet ground keep more."""
_FIRM: Final = 3
"""Pictures in which ground must have stood before it can be flooded: a river never does."""
_WET: Final = 3
"""Pictures for which water must lie on a cell, so that nobody who walks by counts."""
_WET_MOST: Final = 6
_LAND: Final = 0.85
"""Share of the ground outside the water that must stand, or the light, the camera or fog changed."""
_RESTLESS: Final = 0.85
"""Correlation with the picture a second ago below which a surface moves."""
_STIRS: Final = 1.3
"""Times the noise of still ground from which a surface stirs: the noise of cells differs by a tenth."""
_COLOUR: Final = 8.0
"""Levels by which water must differ from the ground it covers; wind in grass changes no colour."""
_COLOUR_NIGHT: Final = 3.0
"""The same in the dark, where everything is closer together."""
_OTHER: Final = 0.07
"""The same against the brightness, in between."""
_OTHER_GREY: Final = 0.05
"""The same where there are no colours; the noise of a cell is a hundredth."""
_EVEN: Final = 8.0
"""Greatest spread of both colour differences over one water."""
_GIVEN_BACK: Final = 0.2
"""Share of the water that may have been ground again lately: shadows and people give back all."""
_GIVEN_BACK_SECONDS: Final = 60.0
_HIDDEN: Final = 0.8
"""Share of the water in which nothing of the ground may be seen now; floods have 0.9, shadows 0.7."""
_TRACELESS: Final = 0.2
"""Correlation that half of the water stays below; floods have 0.1, shadows 0.3."""
_FRONT: Final = 0.4
"""Against the time it takes to widen, how unlike the times of neighbouring cells may be: water comes
as a front, snow and a crowd anywhere."""
_STEPS: Final = 4
"""Pictures in which it must have widened: what hangs there at once seems to come over two or three."""
_LAND_LEAST: Final = 0.2
"""Share of the picture that must still be ground that stands."""
_NOISE: Final = 0.7
"""Grey levels that a still picture stirs at least, after shrinking."""
_CELLS_LEAST: Final = 12
_WHITE: Final = 215.0
"""What lies still and is brighter than this is snow."""
_DARK: Final = 18.0
"""Mean grey below which a picture shows too little."""


class WaterParameters(ConvictionParameters):
    """What counts as a flood."""

    need: int = Field(3, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(4, ge=1, le=32, description="How many pictures are remembered.")
    clear_seconds: float = Field(
        300.0, gt=0, le=86_400, description="Clear this long after the ground is seen again."
    )
    pace_seconds: float = Field(
        0.9, ge=0, le=60, description="Judge at most about once a second: water is slow, and its stir shows."
    )
    share: float = Field(
        0.08, gt=0, le=1, description="Least share of the picture newly under water, without a zone."
    )
    zone_share: float = Field(0.2, gt=0, le=1, description="Least share of the zone newly under water.")
    width: float = Field(
        0.4, gt=0, le=1, description="Least width of the water against the picture, without a zone."
    )
    grows_seconds: float = Field(
        3.5,
        ge=0,
        le=3600,
        description="It must have widened over at least this long; a lorry that stops is there in two seconds.",
    )
    settle_seconds: float = Field(
        7200.0, ge=60, le=604_800, description="Ground hidden this long without alarm is learnt anew."
    )


class _Memory(msgspec.Struct, array_like=True):
    height: int
    width: int
    ground: bytes
    before: bytes
    colours: bytes
    firm: bytes
    wet: bytes
    since: bytes
    seen: int
    start_us: int
    last_us: int
    learnt_us: int
    kept: bytes
    given_back: float
    standing: bool


@dataclass(frozen=True, slots=True)
class _View:
    """What one picture says of every cell."""

    cells: Cells
    colours: Floats
    apart: Floats
    """Levels between the colour of a cell and that of its ground, at one exposure."""
    flat: Flags
    """Ground without structure, which only its colour can tell."""
    faint: Flags
    """Ground whose structure is little more than noise."""
    stands: Flags
    """Ground that is seen."""
    gone: Flags
    """Ground of which nothing is seen."""
    moves: Flags
    calm: float
    """How much still ground stirs, which is noise and rain."""
    infrared: bool
    seconds: float
    """Since the first picture."""


class WaterJudge(Judge):
    """Learn the ground and watch it go under."""

    def __init__(self, parameters: WaterParameters) -> None:
        self._parameters = parameters
        self._ground: Gray | None = None
        self._standing = False

    def _begin(self, gray: Gray, colours: Floats, at_us: int) -> None:
        cells = (gray.shape[0] // CELL, gray.shape[1] // CELL)
        self._ground, self._before, self._colours = gray, gray, _halves(colours)
        self._firm = np.zeros(cells, np.uint8)
        self._wet = np.zeros(cells, np.uint8)
        self._since = np.zeros(cells, np.float32)
        self._kept = np.ones(cells, np.float32)
        self._seen, self._given_back, self._standing = 1, 0.0, False
        self._start_us = self._last_us = self._learnt_us = at_us

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        gray = small(look.gray)
        colours = cell_colours(look.colour, gray.shape)
        ground = self._ground
        if ground is None or look.switched or ground.shape != gray.shape:
            self._begin(gray, colours, look.at_us)
            return None
        if float(gray.mean()) < _DARK:
            return None
        self._seen = min(1000, self._seen + 1)
        view = self._view(look, compare(gray, ground, self._before), colours)
        self._before = gray
        self._mark(view, max(0.0, (look.at_us - self._last_us) / SECOND_US))
        self._last_us = look.at_us
        water = largest(self._wet >= _WET)
        opinion = self._weigh(view, zone, water, look)
        self._learn(gray, view, look.at_us)
        self._standing = opinion.score > 0
        return opinion

    def _view(self, look: Look, cells: Cells, colours: Floats) -> _View:
        before = self._colours
        self._kept = _halves(self._kept + _FRESH * (cells.kept - self._kept))
        cells = replace(cells, kept=self._kept)
        flat = cells.ground_rough < _STRUCTURE
        part = np.where(cells.ground_rough < _FAINT, np.float32(_FAINT_KEPT), np.float32(1))
        same = (cells.kept >= _STANDS * part) & ~flat
        if np.count_nonzero(same) >= _CELLS_LEAST:
            gain = float(np.median((colours[same][:, 0] + 4) / (before[same][:, 0] + 4)))
            before = before * np.array((min(2.0, max(0.5, gain)), 1, 1), np.float32)
        differ = np.abs(colours - before)
        apart: Floats = differ[..., 0] if look.infrared else differ.max(axis=2)
        least = _least(colours, infrared=look.infrared)
        bare = (apart < least) & (cells.rough < 2 * _FAINT)
        stands = np.where(flat, bare, same)
        calm = max(_NOISE, float(np.median(cells.stir[stands]))) if stands.any() else _NOISE
        moves = (cells.steady < _RESTLESS) & (cells.stir > _STIRS * calm)
        return _View(
            cells=cells,
            colours=colours,
            apart=apart,
            flat=flat,
            faint=part < 1,
            stands=stands & ~(flat & moves),
            gone=np.where(flat, (apart >= 1.5 * least) & moves, cells.kept < _GONE * part),
            moves=moves,
            calm=calm,
            infrared=look.infrared,
            seconds=(look.at_us - self._start_us) / SECOND_US,
        )

    def _mark(self, view: _View, pause: float) -> None:
        """Count for each cell how firmly it is ground, and for how many pictures it has been under."""
        cells, stands = view.cells, view.stands
        gone, moves = view.gone, view.moves
        # Faint structure is soon lost in shade: there only motion is water.
        smooth = (cells.rough < np.maximum(1.0, 0.6 * cells.ground_rough)) & ~view.faint
        firm = stands & (view.faint | (cells.steady >= _STANDS)) & (cells.stir < 4 * view.calm)
        self._firm = np.minimum(10, self._firm + firm).astype(np.uint8)
        watery = gone & (smooth | moves) & (self._firm >= _FIRM)
        was = self._wet >= _WET
        back = int(np.count_nonzero(was & stands))
        self._given_back = self._given_back * math.exp(-pause / _GIVEN_BACK_SECONDS) + back
        # A flood that is known may become still; before that, what lies there without moving is none.
        other = gone & ~watery & (not self._standing)
        count = self._wet + watery.astype(np.int16) - 2 * stands - other
        self._wet = np.clip(count, 0, _WET_MOST).astype(np.uint8)
        self._since[(self._wet >= _WET) & ~was] = view.seconds

    def _weigh(self, view: _View, zone: Gray | None, water: Flags, look: Look) -> Opinion:
        """Decide whether a region is water that came."""
        wanted = self._parameters
        inside = np.ones(water.shape, bool) if zone is None else _in_cells(zone, water.shape)
        water = water & inside
        count = int(np.count_nonzero(water))
        share = count / max(1, int(np.count_nonzero(inside)))
        none = Opinion(score=0.0, verdict=_verdict(share))
        if share < (wanted.share if zone is None else wanted.zone_share) or count < _CELLS_LEAST:
            return none
        # Once it is a flood it need not rise any more, and may be still.
        if not self._standing:
            if not self._land_stands(view, water) or not _one_colour(view, water):
                return none
            if not self._hides(view, water) or not self._widened(water):
                return none
            if zone is None and not self._surely(view, water):
                return none
        return Opinion(score=min(0.95, 0.6 + share), verdict=_verdict(share), boxes=(_box(water, look),))

    def _land_stands(self, view: _View, water: Flags) -> bool:
        """Say whether the rest of the view is as it was, and enough of it."""
        outside = (self._firm >= _FIRM) & ~grown(water, 2)
        standing, ground = int(np.count_nonzero(view.stands & outside)), int(np.count_nonzero(outside))
        return standing >= max(_LAND * ground, _LAND_LEAST * outside.size)

    def _hides(self, view: _View, water: Flags) -> bool:
        """Say whether nothing of the ground shines through, as it does through shade and thin smoke."""
        kept = view.cells.kept[water & (self._wet >= _WET) & ~view.flat]
        if not kept.size:
            return True
        return float((kept < _GONE).mean()) >= _HIDDEN and float(np.median(kept)) < _TRACELESS

    def _widened(self, water: Flags) -> bool:
        """Say whether it came as a front, over some time, and gave nothing back."""
        under = water & (self._wet >= _WET)
        since = self._since[under]
        begin, end = np.quantile(since, (0.1, 0.9))
        spread = float(end - begin)
        if np.unique(since[(since >= begin) & (since <= end)]).size < _STEPS:
            return False
        if spread < self._parameters.grows_seconds or unevenness(self._since, under) > _FRONT * spread:
            return False
        return self._given_back <= _GIVEN_BACK * len(since)

    def _surely(self, view: _View, water: Flags) -> bool:
        """Without a zone: wide, from the edge or out of old water, land above it, restless and no snow."""
        columns = np.flatnonzero(water.any(axis=0))
        if (columns[-1] - columns[0] + 1) / water.shape[1] < self._parameters.width or water[0].any():
            return False
        under = water & (self._wet >= _WET)
        first = under & (self._since <= np.quantile(self._since[under], 0.25))
        edge = np.zeros_like(water)
        edge[-2:] = edge[:, :2] = edge[:, -2:] = True
        if not (first & (edge | grown(self._firm < _FIRM))).any():
            return False
        land = (self._firm >= _FIRM) & ~grown(water)
        calm = float(np.median(view.cells.stir[land])) if land.any() else 0.0
        restless = float(np.median(view.cells.stir[water])) > _STIRS * max(_NOISE, calm)
        return restless and float(np.median(view.colours[water][:, 0])) < _WHITE

    def _learn(self, gray: Gray, view: _View, at_us: int) -> None:
        """Let the ground follow the light, one grey level a second; what is under water waits."""
        if self._ground is None or at_us - self._learnt_us < SECOND_US * 0.9:
            return
        steps = min(10, max(1, round((at_us - self._learnt_us) / SECOND_US)))
        self._learnt_us = at_us
        free = self._wet == 0
        # A level is little by day and much in the dark, where water may differ from the road by six.
        now = self._seen % int(np.clip(500 / max(1.0, float(gray.mean())), 5, 25)) == 0
        pace = np.where(view.stands | (free & (self._seen < 6)), steps, np.where(free, now * 1, 0))
        long = (self._wet >= _WET) & (view.seconds - self._since > self._parameters.settle_seconds)
        if long.any() and not self._standing:
            pace[long] = 255
            self._firm[long], self._wet[long] = 0, 0
        wide = np.repeat(np.repeat(pace, CELL, 0), CELL, 1).astype(np.int16)
        step = np.clip(gray.astype(np.int16) - self._ground, -wide, wide)
        self._ground = pixels(self._ground + step)
        follow = (np.minimum(1.0, pace * 0.1))[..., None].astype(np.float32)
        self._colours = _halves(self._colours + (view.colours - self._colours) * follow)

    @override
    def memory(self) -> bytes:
        ground = self._ground
        if ground is None:
            return b""
        return msgspec.msgpack.encode(
            _Memory(
                ground.shape[0],
                ground.shape[1],
                ground.tobytes(),
                self._before.tobytes(),
                self._colours.astype(np.float16).tobytes(),
                self._firm.tobytes(),
                self._wet.tobytes(),
                self._since.tobytes(),
                self._seen,
                self._start_us,
                self._last_us,
                self._learnt_us,
                self._kept.astype(np.float16).tobytes(),
                self._given_back,
                self._standing,
            )
        )

    @override
    def remember(self, state: bytes) -> None:
        self._ground = None
        if not state:
            return
        known = read_state(state, _Memory)
        shape, cells = (known.height, known.width), (known.height // CELL, known.width // CELL)
        self._ground = np.frombuffer(known.ground, np.uint8).reshape(shape)
        self._before = np.frombuffer(known.before, np.uint8).reshape(shape)
        self._colours = np.frombuffer(known.colours, np.float16).reshape(*cells, 3).astype(np.float32)
        self._firm = np.frombuffer(known.firm, np.uint8).reshape(cells).copy()
        self._wet = np.frombuffer(known.wet, np.uint8).reshape(cells).copy()
        self._since = np.frombuffer(known.since, np.float32).reshape(cells).copy()
        self._kept = np.frombuffer(known.kept, np.float16).reshape(cells).astype(np.float32)
        self._seen, self._given_back, self._standing = known.seen, known.given_back, known.standing
        self._start_us, self._last_us, self._learnt_us = known.start_us, known.last_us, known.learnt_us


def water(subject: Subject, parameters: WaterParameters, zone: Polygon | None) -> Judged:
    """Make a detector of water where none should be; a zone says where."""
    return Judged(subject, parameters, WaterJudge(parameters), zone)


def _one_colour(view: _View, water: Flags) -> bool:
    """Say whether the region has one colour, which is not that of the ground beneath."""
    colours = view.colours[water]
    if float(np.median(view.apart[water])) < float(np.median(_least(colours, infrared=view.infrared))):
        return False
    return view.infrared or float(colours[:, 1:].std(axis=0).max()) <= _EVEN


def _least(colours: Floats, *, infrared: bool) -> Floats:
    """Give the levels by which another colour must differ; by night everything is closer together."""
    share = _OTHER_GREY if infrared else _OTHER
    least: Floats = np.clip(share * colours[..., 0], _COLOUR_NIGHT, _COLOUR)
    return least


def _halves(values: Floats) -> Floats:
    """Round to what a snapshot keeps, so that it changes nothing."""
    return values.astype(np.float16).astype(np.float32)


def _in_cells(zone: Gray, shape: tuple[int, ...]) -> Flags:
    inside: Flags = cv2.resize(zone, (shape[1], shape[0]), interpolation=cv2.INTER_AREA) > 127
    return inside


def _box(water: Flags, look: Look) -> Box:
    rows, columns = np.flatnonzero(water.any(axis=1)), np.flatnonzero(water.any(axis=0))
    height, width = look.gray.shape
    top, bottom = int(rows[0]) * height // water.shape[0], (int(rows[-1]) + 1) * height // water.shape[0]
    left, right = int(columns[0]) * width // water.shape[1], (int(columns[-1]) + 1) * width // water.shape[1]
    return relative_box((left, top, right - left, bottom - top), look, "water", 0.8)


def _verdict(share: float) -> Verdict:
    return Verdict(
        reason=f"water has come over {share:.0%} of the ground in view",
        code="water.risen",
        figures=(("share", round(share, 4)),),
        back="the ground is seen again",
        back_code="water.gone",
    )
