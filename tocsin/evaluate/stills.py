"""Smoke and fire on still pictures whose truth is known, through the production path.

A folder holds pictures, and beside it or in it may lie `labels/NAME.txt` in YOLO form: class, middle,
width and height, relative; a picture without such a file shows neither. Each picture is a camera of
its own that has seen nothing before, or the pictures of a folder, in the order of their names, are the
snapshots of one camera. A picture is found when a box of an alarm overlaps a labelled one.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import cv2
import msgspec
import numpy as np

from tocsin.core.detections import Kind, Phase
from tocsin.core.errors import Rejected
from tocsin.core.frames import Box, Frame, Image
from tocsin.core.ids import DeviceId, PictureHash
from tocsin.core.rates import Rate
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import CameraDetectors

_CAMERA: Final = DeviceId("stills/camera")
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_HOT: Final = frozenset({Kind.SMOKE, Kind.FIRE})
_FORMS: Final = frozenset({".jpg", ".jpeg", ".png"})
_PICTURES_MAX: Final = 100_000
_BYTES_MAX: Final = 32 * 1024 * 1024


class Still(msgspec.Struct, frozen=True):
    """One picture and what was said of it."""

    file: str
    labelled: tuple[Box, ...]
    boxes: tuple[Box, ...]
    asks: str
    """Why a burst was asked for; empty when none was."""

    @property
    def found(self) -> bool:
        """Whether an alarm's box overlaps a labelled one."""
        return any(overlaps(box, truth) for box in self.boxes for truth in self.labelled)

    @property
    def false_boxes(self) -> int:
        """Boxes of alarms that overlap no labelled one."""
        return sum(not any(overlaps(box, truth) for truth in self.labelled) for box in self.boxes)


class Counted(msgspec.Struct, frozen=True):
    """What all pictures together say."""

    found: Rate
    """Of the pictures with smoke or fire."""
    alarmed: Rate
    """Of the pictures without: false alarms."""
    asked: Rate
    """Of all pictures: those after which a burst was asked for."""
    false_boxes: int


def evaluate(folders: Sequence[Path], *, every_s: float | None = None) -> list[Still]:
    """Show the pictures to the default detectors; `every_s` makes each folder one camera's snapshots.

    Raises `Rejected` (`evaluate.stills`) for a folder without pictures and for labels that are none.
    """
    return [still for folder in folders for still in _watched(folder, every_s)]


def count(stills: Sequence[Still]) -> Counted:
    """Add up."""
    with_truth = [one for one in stills if one.labelled]
    without = [one for one in stills if not one.labelled]
    return Counted(
        found=Rate(sum(one.found for one in with_truth), len(with_truth)),
        alarmed=Rate(sum(bool(one.boxes) for one in without), len(without)),
        asked=Rate(sum(bool(one.asks) for one in stills), len(stills)),
        false_boxes=sum(one.false_boxes for one in stills),
    )


def document(stills: Sequence[Still]) -> dict[str, object]:
    """Give the result as plain data."""
    said = count(stills)
    rates = {
        name: {"part": rate.part, "whole": rate.whole, "low": round(rate.low, 4), "high": round(rate.high, 4)}
        for name, rate in (("found", said.found), ("alarmed", said.alarmed), ("asked", said.asked))
    }
    pictures = [
        {"file": one.file, "labelled": len(one.labelled), "found": one.found, "false_boxes": one.false_boxes}
        for one in stills
    ]
    return {**rates, "false_boxes": said.false_boxes, "pictures": pictures}


def page(stills: Sequence[Still]) -> str:
    """Write the result as one HTML file; everything from files is escaped."""
    said = count(stills)
    rows = "".join(
        f"<tr><td>{html.escape(one.file)}</td><td>{len(one.labelled)}</td>"
        f"<td>{'✓' if one.found else '–'}</td><td>{one.false_boxes}</td><td>{html.escape(one.asks)}</td></tr>"
        for one in stills
    )
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        "<title>静态画面评估 · Still pictures</title></head><body>"
        f"<h1>静态画面评估 · Still pictures</h1><p>发现 found {in_words(said.found)}；"
        f"误报 false alarms {in_words(said.alarmed)}；多余的框 false boxes {said.false_boxes}</p>"
        "<table><tr><th>文件 file</th><th>标注 labelled</th><th>发现 found</th><th>误框 false</th>"
        f"<th>请求连拍 asks for a burst</th></tr>{rows}</table></body></html>"
    )


def in_words(rate: Rate) -> str:
    """Say a share with its bounds: `3 / 10 (11%–60%)`."""
    return f"{rate.part} / {rate.whole} ({rate.low:.0%}–{rate.high:.0%})" if rate.whole else "–"


def overlaps(one: Box, other: Box) -> bool:
    """Say whether two boxes share more than an edge."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return across > 0 and down > 0


def _watched(folder: Path, every_s: float | None) -> Iterator[Still]:
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _FORMS)[:_PICTURES_MAX]
    if not files:
        raise Rejected("evaluate.stills", f"{folder} holds no picture (.jpg, .png): name a folder that does")
    bank = PictureBank(CameraDetectors(), camera=_CAMERA)
    for number, file in enumerate(files):
        content = file.read_bytes() if file.stat().st_size <= _BYTES_MAX else b""
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
        if image is None:
            continue
        if every_s is None:
            bank = PictureBank(CameraDetectors(), camera=_CAMERA)
        yield _shown(bank, file, image.astype(np.uint8, copy=False), number * (every_s or 0.0))


def _shown(bank: PictureBank, file: Path, image: Image, seconds: float) -> Still:
    digest = PictureHash(hashlib.sha256(image.tobytes()).hexdigest())
    said = bank.observe(Frame(_CAMERA, _BEGIN + timedelta(seconds=seconds), image, digest))
    alarms = [one for one in said if one.kind in _HOT and one.phase is Phase.RAISE]
    boxes = tuple(box for one in alarms for box in one.evidence.boxes)
    return Still(file=file.name, labelled=_labels(file), boxes=boxes, asks=bank.suspicion())


def _labels(file: Path) -> tuple[Box, ...]:
    name = f"{file.stem}.txt"
    places = (file.parent / "labels" / name, file.parent.parent / "labels" / name)
    place = next((one for one in places if one.is_file()), None)
    if place is None:
        return ()
    try:
        rows = [
            tuple(map(float, line.split()[1:5]))
            for line in place.read_text("utf-8").splitlines()
            if line.strip()
        ]
        return tuple(Box(x - w / 2, y - h / 2, w, h) for x, y, w, h in rows)
    except ValueError as error:
        raise Rejected(
            "evaluate.stills", f"{place}: each line must be `class x y width height`, relative ({error})"
        ) from error
