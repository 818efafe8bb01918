"""A camera that was covered, turned or put out of focus.

Compares with a slowly renewed reference, one for daylight and one for infra-red: how many of its
edges still stand in the same direction, how sharp the picture is, and whether the whole view has
shifted. A change of exposure keeps directions and is no tamper; nightfall without light is not
judged. Cannot see: a covering before the camera was started, a view without edges, a turn by less
than about 3 % of the width; a large vehicle that parks before the lens looks the same.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import msgspec
import numpy as np
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import Gray, Look, edges_kept, halved
from tocsin.detectors.picture import Judge, Judged, Opinion

_NORMAL: Final = 0.75
"""Edges kept above this renew the reference."""
_DARK: Final = 14.0
"""Mean grey below which a night without light cannot be told from a cap on the lens."""
_SETTLE: Final = 5
"""Pictures like each other that may replace a reference that fits no more (the view after a repair)."""


class TamperParameters(ConvictionParameters):
    """What counts as tampering."""

    need: int = Field(2, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(3, ge=1, le=32, description="How many pictures are remembered.")
    for_seconds: float = Field(
        0.8, ge=0, le=3600, description="How long it must last; longer where people pass close to the lens."
    )
    kept: float = Field(
        0.5, gt=0, lt=1, description="Suspect when fewer than this share of the reference's edges stand."
    )
    sharpness: float = Field(
        0.3, gt=0, lt=1, description="Blurred when the fine detail falls below this share of the reference's."
    )
    shift: float = Field(
        0.03, gt=0, lt=1, description="Moved when the view shifts by this share of its width."
    )
    settle_seconds: float = Field(
        900.0, gt=0, le=86_400, description="A changed view that stays this long becomes the new reference."
    )


class _Reference(msgspec.Struct, array_like=True):
    height: int
    width: int
    gray: bytes
    sharp: float
    changed_us: int = -1


class _Memory(msgspec.Struct, array_like=True):
    day: _Reference | None
    night: _Reference | None


class TamperJudge(Judge):
    """Judge the whole view against its reference."""

    def __init__(self, parameters: TamperParameters) -> None:
        self._parameters = parameters
        self._references: dict[bool, _Reference] = {}

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        gray = halved(look.gray)
        sharp = _sharpness(look.gray)
        known = self._references.get(look.infrared)
        if known is None or (known.height, known.width) != gray.shape:
            # A flat picture is no reference: it may be a cap that is on since the start.
            if known is None and self._references and _flat(gray):
                return self._compare(next(iter(self._references.values())), gray, sharp)
            if not _flat(gray):
                self._references[look.infrared] = _reference(gray, sharp)
            return None
        if look.switched:
            return None
        if float(gray.mean()) < _DARK and not look.infrared:
            return None
        opinion = self._compare(known, gray, sharp)
        self._renew(look, known, gray, sharp, tampered=opinion.score > 0)
        return opinion

    def _compare(self, known: _Reference, gray: Gray, sharp: float) -> Opinion:
        reference = np.frombuffer(known.gray, np.uint8).reshape(known.height, known.width)
        if reference.shape != gray.shape:
            return Opinion(score=0.0, verdict=_verdict("covered", 1.0, 0.0))
        kept = edges_kept(reference, gray)
        crisp = sharp / max(1.0, known.sharp)
        if kept >= self._parameters.kept:
            blurred = crisp < self._parameters.sharpness and kept < 0.97
            return Opinion(score=0.7 if blurred else 0.0, verdict=_verdict("blurred", kept, crisp))
        (x, y), response = cv2.phaseCorrelate(
            reference.astype(np.float32), gray.astype(np.float32), _window(gray.shape)
        )
        share = math.hypot(x, y) / gray.shape[1]
        if response > 0.1 and share >= self._parameters.shift:
            return Opinion(score=0.8, verdict=_verdict("moved", kept, share))
        if crisp < self._parameters.sharpness or kept < self._parameters.kept * 0.8:
            return Opinion(score=min(1.0, 1.0 - kept / 2), verdict=_verdict("covered", kept, crisp))
        return Opinion(score=0.0, verdict=_verdict("covered", kept, crisp))

    def _renew(self, look: Look, known: _Reference, gray: Gray, sharp: float, *, tampered: bool) -> None:
        if tampered:
            if known.changed_us < 0:
                known.changed_us = look.at_us
            waited = (look.at_us - known.changed_us) / 1e6
            if waited >= self._parameters.settle_seconds and look.steady > _NORMAL and not _flat(gray):
                self._references[look.infrared] = _reference(gray, sharp)
            return
        known.changed_us = -1
        if look.changed_share > 0.5:
            return
        old = np.frombuffer(known.gray, np.uint8).reshape(known.height, known.width)
        # Rounding towards the new picture, or a step of less than one level would never arrive.
        step = gray.astype(np.int16) - old
        moved = old + np.sign(step) * np.minimum(np.abs(step), 2)
        known.gray = moved.astype(np.uint8).tobytes()
        known.sharp += (sharp - known.sharp) * 0.05

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(_Memory(self._references.get(False), self._references.get(True)))

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        both = {False: known.day, True: known.night}
        self._references = {light: kept for light, kept in both.items() if kept is not None}


def tamper(subject: Subject, parameters: TamperParameters, zone: Polygon | None) -> Judged:
    """Make a tamper detector."""
    return Judged(subject, parameters, TamperJudge(parameters), zone)


def _reference(gray: Gray, sharp: float) -> _Reference:
    return _Reference(gray.shape[0], gray.shape[1], gray.tobytes(), sharp)


def _flat(gray: Gray) -> bool:
    return float(gray.std()) < 12.0


def _sharpness(gray: Gray) -> float:
    return float(cv2.Laplacian(gray, cv2.CV_16S).std()) ** 2


def _window(shape: tuple[int, ...]) -> np.ndarray:
    return cv2.createHanningWindow((shape[1], shape[0]), cv2.CV_32F)


def _verdict(state: str, kept: float, amount: float) -> Verdict:
    return Verdict(
        reason=f"the camera looks {state}: {kept:.0%} of the usual edges stand",
        code=f"tamper.{state}",
        figures=(("kept", round(kept, 3)), ("amount", round(amount, 3))),
        back="the usual view is back",
        back_code="tamper.back",
    )
