"""The model of an evaluation, from a card of its own or from the `models` of a `detectors.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from tocsin.core.errors import Rejected
from tocsin.detectors.cards import ModelCard
from tocsin.detectors.config import load
from tocsin.detectors.runtime.session import Session

_BYTES_MAX: Final = 256 * 1024


def card_of(path: Path) -> ModelCard:
    """Read a card; of several the first. Raises `Rejected` (`eval.model`) with what to write."""
    if path.suffix == ".onnx":
        raise Rejected(
            "eval.model",
            f"{path} is the model itself: write its card (name, file, sha256, classes, decoder, input, licence) "
            "as YAML and name that",
        )
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise Rejected("eval.model", f"{path} is longer than {_BYTES_MAX} bytes: no card is")
        data = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Rejected("eval.model", f"cannot read the card {path}: {error}") from error
    if not isinstance(data, dict):
        raise Rejected("eval.model", f"{path}: write the card as a mapping, or a list of them under `models`")
    cards = load(yaml.safe_dump(data if "models" in data else {"models": [data]})).models
    if not cards:
        raise Rejected("eval.model", f"{path} names no model: write a card under `models`")
    return cards[0]


def finder_of(path: Path) -> Session:
    """Open the model of a card; its file is looked for beside the card. Raises what `Session` raises too."""
    return Session(card_of(path), path.parent)
