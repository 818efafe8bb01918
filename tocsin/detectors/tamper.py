"""A camera that was covered, turned or put out of focus.

Compares with a slowly renewed reference, one for daylight and one for infra-red: how many of its
edges still stand in the same direction, how sharp the picture is, and whether the whole view has
shifted. A change of exposure keeps directions and is no tamper; nightfall without light is not
judged. Cannot see: a covering before the camera was started, a view without edges, a turn by less
than about 3 % of the width; a large vehicle that parks before the lens looks the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import msgspec
import numpy as np
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import STEADY, Gray, Look, edges_kept, gradient, halved
from tocsin.detectors.picture import Judge, Judged, Opinion

_DARK: Final = 14.0
"""Mean grey below which a night without light cannot be told from a cap on the lens."""


class TamperParameters(ConvictionParameters):
    """What counts as tampering."""

    need: int = Field(2, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(3, ge=1, le=32, description="How many pictures are remembered.")
    for_seconds: float = Field(
        0.8, ge=0, le=3600, description="How long it must last; longer where people pass close to the lens."
    )
    pace_seconds: float = Field(
        0.45,
        ge=0,
        le=60,
        description="Judge at most about two pictures a second, so that `of` spans a second.",
    )
    covered: float = Field(
        0.65,
        gt=0,
        lt=1,
        description="Covered when fewer than this share of the usual edges stand and contrast is lost.",
    )
    contrast: float = Field(
        0.75,
        gt=0,
        lt=1,
        description="Contrast is lost below this share of the usual; a wall before the lens has little.",
    )
    moved: float = Field(
        0.4,
        gt=0,
        lt=1,
        description="Moved when fewer than this share of the usual edges stand in a view that is still.",
    )
    crisp: float = Field(
        0.4,
        gt=0,
        lt=1,
        description="Blurred when fine detail against coarse falls below this share of the usual.",
    )
    settle_seconds: float = Field(
        900.0, gt=0, le=86_400, description="A changed view that stays this long becomes the new reference."
    )


@dataclass(slots=True)
class _View:
    gray: Gray
    contrast: float
    crisp: float
    changed_us: int = -1


class _Reference(msgspec.Struct, array_like=True):
    height: int
    width: int
    gray: bytes
    contrast: float
    crisp: float
    changed_us: int


class _Memory(msgspec.Struct, array_like=True):
    day: _Reference | None
    night: _Reference | None


class TamperJudge(Judge):
    """Judge the whole view against its reference."""

    def __init__(self, parameters: TamperParameters) -> None:
        self._parameters = parameters
        self._references: dict[bool, _View] = {}

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if look.switched or (float(look.gray.mean()) < _DARK and not look.infrared):
            return None
        view = _view(look)
        known = self._references.get(look.infrared)
        if known is None or known.gray.shape != view.gray.shape:
            return self._without_reference(look, view)
        opinion = self._compare(known, view, look)
        self._renew(look, known, view, tampered=opinion.score > 0)
        return opinion

    def _without_reference(self, look: Look, view: _View) -> Opinion | None:
        if not _flat(view.gray):
            self._references[look.infrared] = view
            return None
        # A grey cover has no colour, so it looks like infra-red light that was never seen before.
        other = self._references.get(not look.infrared)
        if other is None or other.gray.shape != view.gray.shape:
            return None
        return self._compare(other, view, look)

    def _compare(self, known: _View, view: _View, look: Look) -> Opinion:
        wanted = self._parameters
        kept = edges_kept(known.gray, view.gray)
        contrast = view.contrast / max(1.0, known.contrast)
        crisp = view.crisp / max(0.01, known.crisp)
        figures = (("kept", round(kept, 3)), ("contrast", round(contrast, 3)), ("crisp", round(crisp, 3)))
        if kept < wanted.covered and contrast < wanted.contrast:
            return Opinion(score=1.0 - kept / 2, verdict=_verdict("covered", kept, figures))
        if kept < wanted.moved and look.steady >= STEADY:
            # People who fill the view leave few edges too, but they do not stand still.
            return Opinion(score=0.9 - kept, verdict=_verdict("moved", kept, figures))
        if crisp < wanted.crisp and kept >= wanted.moved:
            return Opinion(score=0.9 - crisp, verdict=_verdict("blurred", kept, figures))
        return Opinion(score=0.0, verdict=_verdict("covered", kept, figures))

    def _renew(self, look: Look, known: _View, view: _View, *, tampered: bool) -> None:
        if tampered:
            if known.changed_us < 0:
                known.changed_us = look.at_us
            waited = (look.at_us - known.changed_us) / SECOND_US
            if waited >= self._parameters.settle_seconds and look.steady >= STEADY and not _flat(view.gray):
                self._references[look.infrared] = view
            return
        known.changed_us = -1
        if look.changed_share > 0.5 or look.steady < STEADY:
            return
        # At most two levels a picture: light moves slowly, what stands before the lens does not count.
        step = np.clip(view.gray.astype(np.int16) - known.gray, -2, 2)
        known.gray = (known.gray + step).astype(np.uint8)
        known.contrast += (view.contrast - known.contrast) * 0.05
        known.crisp += (view.crisp - known.crisp) * 0.05

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(
            _Memory(_saved(self._references.get(False)), _saved(self._references.get(True)))
        )

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        both = {False: known.day, True: known.night}
        self._references = {light: _read(kept) for light, kept in both.items() if kept is not None}


def tamper(subject: Subject, parameters: TamperParameters, zone: Polygon | None) -> Judged:
    """Make a tamper detector."""
    return Judged(subject, parameters, TamperJudge(parameters), zone)


def _view(look: Look) -> _View:
    gray = halved(look.gray)
    across, down = gradient(gray)
    contrast = float(np.sqrt(np.mean(across * across + down * down)))
    fine = float(cv2.Laplacian(look.gray, cv2.CV_16S).std())
    # Fine detail against coarse: both suffer alike from exposure, only the fine from bad focus.
    return _View(gray=gray, contrast=contrast, crisp=fine / max(1.0, contrast))


def _saved(view: _View | None) -> _Reference | None:
    if view is None:
        return None
    height, width = view.gray.shape
    return _Reference(height, width, view.gray.tobytes(), view.contrast, view.crisp, view.changed_us)


def _read(kept: _Reference) -> _View:
    gray = np.frombuffer(kept.gray, np.uint8).reshape(kept.height, kept.width)
    return _View(gray=gray, contrast=kept.contrast, crisp=kept.crisp, changed_us=kept.changed_us)


def _flat(gray: Gray) -> bool:
    return float(gray.std()) < 12.0


def _verdict(state: str, kept: float, figures: tuple[tuple[str, float], ...]) -> Verdict:
    return Verdict(
        reason=f"the camera looks {state}: {kept:.0%} of the usual edges stand",
        code=f"tamper.{state}",
        figures=figures,
        back="the usual view is back",
        back_code="tamper.back",
    )
