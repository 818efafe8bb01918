"""Smoke, from pictures one to thirty seconds apart, sooner with a burst.

Two ways. Before a background that it knows (`smoke_veil`): a veil that hides fine structure in a
group of blocks, stays where it is, never rests, has no outline and leaves the rest of the picture
clear. Without one (`smoke_billow`): a large grey mass that billows in one place, also seen from a
camera that moves. Works by day and, with a background, under infra-red. Cannot see: smoke before a
background without structure (sky, white wall), a plume of fewer than about ten blocks (1 % of the
picture), smoke over most of the picture at once, which it takes for fog; small smoke that was there
before the camera was. Takes steam or dust that lasts as long as smoke for smoke.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Box, Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.burst import Burst
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import STEADY, Gray, Look, edges_kept, halved
from tocsin.detectors.picture import Judge, Judged, Opinion, relative_box
from tocsin.detectors.smoke_billow import MASS_BLOCK, Billow, Small, billow, small, soft_mass
from tocsin.detectors.smoke_veil import BLOCK, Cloud, Grid, Mask, Trace, blocks, clouds, follow, veil

_RESTLESS: Final = 0.4
"""Least share of a veil that changes within a few seconds; what was put down or sticks to the lens rests."""
_RESTLESS_CLOSED: Final = 0.45
"""So much more for a closed veil: a person near the lens hides all and moves a little."""
_GRADED: Final = 0.3
"""Least share with partial view: smoke thins out to its rim, things are closed."""
_OUTLINED: Final = 0.2
"""Most of the rim that may have new sharp edges, which things have all around."""
_SPILT: Final = 0.2
"""Most of the rest of the picture that may be touched; fog leaves nothing clear."""
_COVERED: Final = 0.6
"""More of all structure than this is veiled by weather or on the lens."""
_LARGEST: Final = 0.35
"""A veil over more of the picture than this is weather, even if part of the picture is clear."""
_FOOT: Final = 0.4
"""Least share of where it was first seen that is still veiled: smoke stands over its source, while a person,
a shadow or an insect on the lens goes on."""
_LEFT: Final = 0.15
"""Most of what was hidden some seconds ago that may be wholly open again: an insect on the lens, or a person, uncovers
a quarter and more as it goes; a column thins out, and a gust bares its rim."""
_STANDS: Final = 0.3
"""Least share of a veil that was veiled before: smoke stands over its source."""
_SHRUNK: Final = 0.5
"""Smaller than this share of its largest a veil is dissolving: steam, the dust of a car."""
_TEXTURED: Final = 0.12
"""Least share of a veil with structure behind it: brightness alone changes with any light."""
_KEPT, _VEILED = 6, 8
"""Fewer blocks than this are noise, whatever share they are."""
_SIZES: Final = 8
_RESTING: Final = 0.02
"""With less than this changed against a known background nothing large billows."""
_APART_US: Final = (950_000, 2_100_000)
"""Pictures must be so far apart to show a mass billow: sooner nothing moved, later clouds have."""
_PICTURES: Final = 4
_KNOWN: Final = 2
"""A mass must be so many times larger where the background is known: there a veil says more."""
_BILLOW_STEP: Final = (4.0, 30.0)
"""Least change of every block, and most of all in the mean, in a second, grey levels. Noise and clouds stay
below; smoke, whose own contrast is low, does not reach what lamps and things do."""
_BURST_STEP: Final = (2.0, 14.0)
"""The same in half a second."""
_BURST_PICTURES: Final = 7
_BURST_SECONDS: Final = 2.7
"""A shorter burst shows too little of something as slow as smoke."""
_BURST_LAG: Final = 2
"""Pictures of a burst are compared a second apart, as slow smoke needs."""
_BURST_AGREE: Final = 3
"""Of the five later pictures of a burst, so many must show the veil; a passer-by is gone sooner."""
_BURST_AGE: Final = 1.5
"""A burst may end the wait early, but not that early: steam lasts as long as a burst."""
_STILL: Final = 0.15
"""A veil of which less than this changes within a burst stands still: no smoke."""
_STILL_US: Final = 120 * SECOND_US
"""What stood still in a burst is passed over for so long."""


class SmokeParameters(ConvictionParameters):
    """What counts as smoke."""

    need: int = Field(3, ge=1, le=32, description="Pictures of the last `of` that must show smoke.")
    of: int = Field(5, ge=1, le=32, description="How many pictures are remembered.")
    pace_seconds: float = Field(
        0.45, ge=0, le=60, description="Judge at most about two pictures a second; change needs time to show."
    )
    stand_seconds: float = Field(
        3.0,
        ge=0,
        le=600,
        description="A veil counts once it has stood over its source for so long; puffs of steam and passers-by do not.",
    )
    blocks: int = Field(
        10,
        ge=4,
        le=400,
        description="Least number of joined blocks (8 x 8 of about 320 x 180 pixels) that must be veiled.",
    )
    faded: float = Field(
        0.7,
        gt=0,
        lt=1,
        description="A block is veiled when at most this share of its background's fine structure comes through.",
    )
    mass_blocks: int = Field(
        10,
        ge=5,
        le=200,
        description="Least number of joined blocks of 16 x 16 pixels that must billow where no background is known, as from a moving camera.",
    )


class _Memory(msgspec.Struct, array_like=True):
    rows: int
    columns: int
    before_us: int
    passed: bytes
    level: bytes
    clouded: bytes
    kept: bytes
    calm: bytes
    trail: bytes
    foot: bytes
    sizes: list[tuple[int, int]]
    pictures: list[Small]
    still: bytes
    still_until_us: int


class SmokeJudge(Judge):
    """Judge a picture or a burst for a veil or a billowing mass."""

    def __init__(self, parameters: SmokeParameters) -> None:
        self._parameters = parameters
        self._before: Trace | None = None
        self._before_us = 0
        self._sizes: list[tuple[int, int]] = []
        """Since when a veil has been seen without a break, and its blocks each time."""
        self._foot: Mask | None = None
        """Where it was seen first."""
        self._pictures: list[Small] = []
        self._still: Mask | None = None
        self._still_until_us = 0

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if look.switched:
            self._before, self._sizes, self._pictures = None, [], []
            return None
        opinion = self._billows(look, zone)
        if look.learning or look.steady < STEADY:
            self._before, self._sizes = None, []
            return opinion
        veiled = self._veils(look, zone)
        return opinion if opinion is not None and opinion.score > veiled.score else veiled

    def _veils(self, look: Look, zone: Gray | None) -> Opinion:
        now = veil(look.background, look.gray, look.colour, self._parameters.faded)
        before_us, self._before_us = self._before_us, look.at_us
        trace = follow(now, self._before, abs(look.at_us - before_us) / SECOND_US)
        self._before = trace
        seen = clouds(now, trace, self._parameters.blocks, self._allowed(now.clouded.shape, zone, look.at_us))
        found = next((cloud for cloud in seen if self._drifts(cloud)), None)
        if found is None:
            self._sizes = []
            return _NOTHING
        if not self._stands(now.clouded):
            # Part of it was there in the picture before; without that it would not be here.
            self._sizes, self._foot = [(before_us, found.kept)], found.blocks
        largest = max((size for _, size in self._sizes), default=0)
        self._sizes = [*self._sizes[:1], *self._sizes[1:][-(_SIZES - 2) :], (look.at_us, found.size)]
        if found.size < _SHRUNK * largest:
            return _NOTHING
        seconds = (look.at_us - self._sizes[0][0]) / SECOND_US
        if seconds < self._parameters.stand_seconds:
            return Opinion(score=0.0, verdict=_NO_VERDICT, suspicion=_SUSPECT)
        score = _score(found.size / found.blocks.size, found.hidden)
        box = relative_box(_pixels(found.box, BLOCK), look, "smoke", score)
        said = _veil_verdict(found, now.clouded.size, seconds, self._sizes[0][1])
        return Opinion(score=score, verdict=said, boxes=(box,), suspicion=_SUSPECT)

    def _stands(self, clouded: Mask) -> bool:
        foot = self._foot
        if not self._sizes or foot is None or foot.shape != clouded.shape:
            return False
        return int(np.count_nonzero(foot & clouded)) >= _FOOT * int(np.count_nonzero(foot))

    def _drifts(self, cloud: Cloud) -> bool:
        return (
            cloud.kept >= max(_KEPT, _STANDS * cloud.size)
            and cloud.veiled >= max(_VEILED, _TEXTURED * cloud.size)
            and cloud.restless >= _RESTLESS + _RESTLESS_CLOSED * cloud.closed
            and cloud.left <= _LEFT
            and _looks(cloud)
        )

    def _billows(self, look: Look, zone: Gray | None) -> Opinion | None:
        least, most = _APART_US
        newest = self._pictures[-1] if self._pictures else None
        if newest is not None and 0 <= look.at_us - newest.at_us < least:
            return None
        picture = small(look.gray)
        gap = newest is not None and look.at_us - newest.at_us > most
        if newest is not None and (gap or newest.shape != picture.shape):
            self._pictures = []
        self._pictures = [
            *self._pictures[-(_PICTURES - 1) :],
            Small(look.at_us, picture.shape[0], picture.shape[1], picture.tobytes()),
        ]
        known = not look.learning and look.steady >= STEADY
        if look.infrared or (known and look.changed_share < _RESTING):
            return _NOTHING
        mass = soft_mass(look.gray, look.colour)
        if zone is not None:
            mass &= blocks(zone, MASS_BLOCK) > 127
        if np.count_nonzero(mass) < self._parameters.mass_blocks:
            return _NOTHING
        pictures = [kept.picture() for kept in self._pictures]
        found = billow(pictures, mass, *_BILLOW_STEP) if len(pictures) > 1 else None
        size = 0 if found is None else found.size
        needed = self._parameters.mass_blocks * (_KNOWN if known else 1)
        if found is None or len(pictures) < _PICTURES or size < needed:
            # Too far apart to be compared, only a burst can tell; a camera that knows its view looks itself.
            doubtful = not known and (
                (len(pictures) == 1 and gap) or 2 * size >= self._parameters.mass_blocks
            )
            return Opinion(score=0.0, verdict=_NO_VERDICT, suspicion="a large grey mass" if doubtful else "")
        score = _score(found.size / mass.size, 0.5)
        box = relative_box(_pixels(found.box, MASS_BLOCK), look, "smoke", score)
        said = _billow_verdict(found, mass.size)
        return Opinion(score=score, verdict=said, boxes=(box,), suspicion="a billowing grey mass")

    @override
    def examine(self, burst: Burst, zone: Gray | None) -> Opinion | None:
        seconds = (int(burst.at_us[-1]) - int(burst.at_us[0])) / SECOND_US
        if seconds < _BURST_SECONDS:
            return None
        chosen = np.linspace(0, len(burst.gray) - 1, _BURST_PICTURES).round().astype(int)
        fixed = edges_kept(halved(burst.gray[0]), halved(burst.gray[-1])) >= STEADY
        look = burst.look
        known = fixed and look is not None and not look.learning and look.steady >= STEADY
        if known and look is not None and look.gray.shape == burst.gray[0].shape:
            opinion = self._burst_veils(burst, look, chosen, zone)
            if opinion is not None:
                return opinion
        if burst.infrared:
            return None
        mass = soft_mass(burst.gray[-1], burst.colour[-1])
        if zone is not None:
            mass &= blocks(zone, MASS_BLOCK) > 127
        needed = self._parameters.mass_blocks * (_KNOWN if known else 1)
        if np.count_nonzero(mass) < needed:
            return None
        found = billow([small(burst.gray[i]) for i in chosen], mass, *_BURST_STEP)
        if found is None or found.size < needed:
            return None
        score = _score(found.size / mass.size, 0.5)
        box = _relative(found.box, MASS_BLOCK, burst.gray[0].shape, score)
        return Opinion(score=score, verdict=_billow_verdict(found, mass.size), boxes=(box,))

    def _burst_veils(
        self, burst: Burst, look: Look, chosen: NDArray[np.int_], zone: Gray | None
    ) -> Opinion | None:
        if not self._sizes:
            return None
        allowed = self._allowed(
            (burst.gray.shape[1] // BLOCK, burst.gray.shape[2] // BLOCK), zone, int(burst.at_us[0])
        )
        traces: list[Trace] = []
        seen: list[Cloud] = []
        still: list[Cloud] = []
        for number, index in enumerate(chosen):
            now = veil(look.background, burst.gray[index], burst.colour[index], self._parameters.faded)
            if number < _BURST_LAG:
                traces.append(follow(now, None, 0.0))
                continue
            lag = int(burst.at_us[index]) - int(burst.at_us[chosen[number - _BURST_LAG]])
            traces.append(follow(now, traces[-_BURST_LAG], lag / SECOND_US))
            found = clouds(now, traces[-1], self._parameters.blocks, allowed)
            seen += [cloud for cloud in found if self._drifts(cloud)][:1]
            still += [one for one in found if one.kept >= 0.9 * one.size and one.stirred < _STILL][:1]
        if len(still) == len(chosen) - _BURST_LAG:
            self._still = np.logical_or.reduce([cloud.blocks for cloud in still])
            self._still_until_us = int(burst.at_us[-1]) + _STILL_US
            return None
        age = (int(burst.at_us[-1]) - self._sizes[0][0]) / SECOND_US
        if (
            len(seen) < _BURST_AGREE
            or not self._stands(traces[-1].clouded)
            or age < _BURST_AGE * self._parameters.stand_seconds
            or seen[-1].size < 0.7 * seen[0].size
        ):
            return None
        score = _score(seen[-1].size / seen[-1].blocks.size, seen[-1].hidden)
        said = _veil_verdict(seen[-1], seen[-1].blocks.size, age, self._sizes[0][1])
        return Opinion(
            score=score, verdict=said, boxes=(_relative(seen[-1].box, BLOCK, burst.gray[0].shape, score),)
        )

    def _allowed(self, shape: tuple[int, ...], zone: Gray | None, at_us: int) -> Mask | None:
        allowed = None if zone is None else blocks(zone) > 127
        if self._still is None or at_us >= self._still_until_us or self._still.shape != shape:
            self._still = None
            return allowed
        return ~self._still if allowed is None else allowed & ~self._still

    @override
    def memory(self) -> bytes:
        before = self._before
        shape = before.clouded.shape if before is not None else (0, 0)
        still = self._still
        if still is not None and before is None:
            shape = still.shape
        return msgspec.msgpack.encode(
            _Memory(
                shape[0],
                shape[1],
                self._before_us,
                b"" if before is None else before.passed.tobytes(),
                b"" if before is None else before.level.tobytes(),
                b"" if before is None else before.clouded.tobytes(),
                b"" if before is None else before.kept.tobytes(),
                b"" if before is None else before.calm.tobytes(),
                b"" if before is None else before.trail.tobytes(),
                b"" if self._foot is None or not self._sizes else self._foot.tobytes(),
                self._sizes,
                self._pictures,
                b"" if still is None else still.tobytes(),
                self._still_until_us,
            )
        )

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        shape = (known.rows, known.columns)

        def grid(values: bytes) -> Grid:
            return np.frombuffer(values, np.float32).reshape(shape)

        def mask(values: bytes) -> Mask:
            return np.frombuffer(values, np.bool_).reshape(shape)

        self._before, self._before_us = None, known.before_us
        if known.passed:
            self._before = Trace(
                passed=grid(known.passed),
                level=grid(known.level),
                clouded=mask(known.clouded),
                kept=mask(known.kept),
                calm=grid(known.calm),
                trail=grid(known.trail),
            )
        self._foot = mask(known.foot) if known.foot else None
        self._sizes, self._pictures = list(known.sizes), list(known.pictures)
        self._still = mask(known.still) if known.still else None
        self._still_until_us = known.still_until_us


def smoke(subject: Subject, parameters: SmokeParameters, zone: Polygon | None) -> Judged:
    """Make a smoke detector."""
    return Judged(subject, parameters, SmokeJudge(parameters), zone)


def _looks(cloud: Cloud) -> bool:
    return (
        cloud.graded >= _GRADED
        and cloud.outlined <= _OUTLINED
        and cloud.spilt < _SPILT
        and cloud.covered < _COVERED
        and cloud.size < _LARGEST * cloud.blocks.size
    )


def _score(share: float, hidden: float) -> float:
    return min(1.0, 0.4 + 1.5 * share + 0.4 * hidden)


def _pixels(box: tuple[int, int, int, int], block: int) -> tuple[int, int, int, int]:
    return box[0] * block, box[1] * block, box[2] * block, box[3] * block


def _relative(box: tuple[int, int, int, int], block: int, shape: tuple[int, ...], score: float) -> Box:
    rows, columns = shape[0] / block, shape[1] / block
    return Box(
        x=round(box[0] / columns, 4),
        y=round(box[1] / rows, 4),
        width=round(box[2] / columns, 4),
        height=round(box[3] / rows, 4),
        label="smoke",
        score=round(score, 3),
    )


def _veil_verdict(cloud: Cloud, of: int, seconds: float, first: int) -> Verdict:
    return Verdict(
        reason=(
            f"a moving veil without an outline over {cloud.size / of:.0%} of the picture hides "
            f"{cloud.hidden:.0%} of the background behind it"
        ),
        code="smoke.veil",
        figures=(
            ("blocks", float(cloud.size)),
            ("blocks_first", float(first)),
            ("hidden", round(cloud.hidden, 3)),
            ("restless", round(cloud.restless, 3)),
            ("seconds", round(seconds, 1)),
        ),
        back="the veil is gone",
        back_code="smoke.gone",
    )


def _billow_verdict(found: Billow, of: int) -> Verdict:
    return Verdict(
        reason=f"a soft grey mass over {found.size / of:.0%} of the picture billows in one place",
        code="smoke.billow",
        figures=(("blocks", float(found.size)), ("change", round(found.change, 1))),
        back="the billowing mass is gone",
        back_code="smoke.gone",
    )


_SUSPECT: Final = "a veil before the background"
_NO_VERDICT: Final = Verdict(
    reason="no smoke", code="smoke.none", back="the smoke is gone", back_code="smoke.gone"
)
_NOTHING: Final = Opinion(score=0.0, verdict=_NO_VERDICT)
