from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tocsin.detectors.cards import ModelCard

CARD: dict[str, Any] = {
    "name": "people",
    "file": "people.onnx",
    "sha256": "0" * 64,
    "classes": ["person"],
    "decoder": "yolox",
    "input": [192, 192],
    "licence": "Apache-2.0",
}


def test_a_whole_card_is_taken() -> None:
    assert ModelCard.model_validate(CARD).input == (192, 192)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sha256", "0" * 63),
        ("sha256", "A" * 64),
        ("name", "a b"),
        ("input", [0, 10]),
        ("decoder", "guess"),
        ("classes", []),
        ("colour", "red"),
    ],
)
def test_a_card_that_says_too_little_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        ModelCard.model_validate({**CARD, key: value})
