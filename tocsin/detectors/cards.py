"""A model's card in `detectors.yaml`: which file, what it finds, how it is fed, under which licence.

The card is data; `detectors.runtime` opens the file it names and refuses one whose SHA-256 differs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tocsin.core.ids import SEGMENT
from tocsin.detectors.form import Form

Decoder = Literal["yolox", "nanodet", "fastestdet", "yolo-fastestv2"]
"""Families of networks whose output is understood."""


def segment(text: str) -> str:
    """Check a name of one segment, for pydantic."""
    if SEGMENT.fullmatch(text) is None:
        raise ValueError("use 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit")
    return text


Name = Annotated[str, AfterValidator(segment)]


class ModelCard(Form):
    """One model that finds people, vehicles and the like."""

    name: Name = Field(description="Name under which cameras ask for it, unique in the file.")
    file: str = Field(
        min_length=1, max_length=1024, description="ONNX file; a relative path begins at this file's folder."
    )
    sha256: str = Field(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 of the file, 64 small hexadecimal digits (`sha256sum FILE`); a file that differs is refused.",
    )
    classes: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        min_length=1, max_length=1000, description="What it finds, in the order of its outputs."
    )
    keep: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        ("person", "bicycle", "car", "motorcycle", "bus", "truck"),
        max_length=100,
        description="Classes that are used; the others are thrown away at once.",
    )
    decoder: Decoder = Field(description="Family of the network: how its output is read.")
    input: tuple[Annotated[int, Field(ge=32, le=1280)], Annotated[int, Field(ge=32, le=1280)]] = Field(
        description="Width and height of what it is fed, in points, as `[416, 416]`."
    )
    score: float = Field(
        0.4, ge=0.05, le=0.95, description="Least score of a find; half-sure finds cost more than they tell."
    )
    overlap: float = Field(
        0.45,
        ge=0.1,
        le=0.95,
        description="Two finds of one class that share more of their union than this are one thing.",
    )
    licence: str = Field(
        min_length=1, max_length=200, description="Licence of the file, for whoever asks what runs here."
    )
