from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tocsin.core.errors import Rejected
from tocsin.evaluate.models import card_of, finder_of

CARD = {
    "name": "people",
    "file": "people.onnx",
    "sha256": "0" * 64,
    "classes": ["person"],
    "decoder": "yolox",
    "input": [192, 192],
    "licence": "Apache-2.0",
}


def written(folder: Path, data: object) -> Path:
    path = folder / "card.yaml"
    path.write_text(yaml.safe_dump(data), "utf-8")
    return path


@pytest.mark.parametrize("data", [CARD, {"models": [CARD]}])
def test_a_card_alone_or_the_first_of_a_site(tmp_path: Path, data: object) -> None:
    assert card_of(written(tmp_path, data)).name == "people"


@pytest.mark.parametrize(
    ("data", "said"),
    [({"models": []}, "names no model"), (["x"], "as a mapping"), ({**CARD, "sha256": "x"}, "sha256")],
)
def test_what_is_no_card_is_refused_with_what_to_write(tmp_path: Path, data: object, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        card_of(written(tmp_path, data))
    assert said in refused.value.reason


def test_the_model_itself_is_no_card(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="write its card"):
        card_of(tmp_path / "people.onnx")


def test_a_file_that_is_not_the_one_of_the_card_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, CARD)
    (tmp_path / "people.onnx").write_bytes(b"another")
    with pytest.raises(Rejected, match="model"):
        finder_of(path)
