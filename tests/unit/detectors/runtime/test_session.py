from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.network import card_of, network, yolox_output
from tocsin.core.errors import Rejected
from tocsin.core.frames import Image
from tocsin.detectors.runtime.session import Session, fitted

pytest.importorskip("onnxruntime", reason="the optional extra `models` is not installed")
PICTURE: Image = np.full((180, 320, 3), 90, np.uint8)
PERSON = (32.0, 18.0, 8.0, 16.0, 0, 0.9)
"""In 64 x 64 points, of which a picture of 16:9 fills the upper 36."""


def told(*finds: tuple[float, float, float, float, int, float]) -> bytes:
    return network([yolox_output(64, finds, 3)], [1, 3, 64, 64])


def test_what_the_network_says_comes_back_relative_to_the_picture(tmp_path: Path) -> None:
    session = Session(card_of(tmp_path, told(PERSON)), tmp_path)
    (box,) = session.find(PICTURE)
    assert (box.label, box.score) == ("person", 0.9)
    assert (box.x, box.y, box.width, box.height) == pytest.approx(
        (28 / 64, 10 / 36, 8 / 64, 16 / 36), abs=1e-3
    )
    assert session.classes == {"person", "car"}
    assert session.find(PICTURE) == (box,)


def test_one_thing_found_twice_is_one_and_classes_do_not_hide_each_other(tmp_path: Path) -> None:
    again = (32.5, 18.0, 8.0, 16.0, 0, 0.7)
    car = (32.0, 18.0, 8.0, 16.0, 2, 0.6)
    doubtful = (10.0, 10.0, 8.0, 16.0, 0, 0.3)
    cat = (50.0, 18.0, 8.0, 8.0, 1, 0.95)
    found = Session(card_of(tmp_path, told(PERSON, again, car, doubtful, cat)), tmp_path).find(PICTURE)
    assert [(box.label, box.score) for box in found] == [("person", 0.9), ("car", 0.6)]


def test_the_version_names_the_model_and_its_hash(tmp_path: Path) -> None:
    card = card_of(tmp_path, told(PERSON))
    assert Session(card, tmp_path).version == f"told:{card.sha256[:8]}"


def test_a_changed_file_is_refused_with_both_hashes(tmp_path: Path) -> None:
    card = card_of(tmp_path, told(PERSON))
    other = card_of(tmp_path, told())
    with pytest.raises(Rejected, match=f"{other.sha256}.*{card.sha256}"):
        Session(card, tmp_path)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"file": "gone.onnx"}, "model.file", "cannot be read"),
        ({"classes": ["person"]}, "model.network", "knows 3 classes"),
        ({"input": [96, 96]}, "model.network", "input"),
        ({"decoder": "nanodet"}, "model.network", "decoder"),
        ({"keep": ["dog"]}, "model.network", "keep"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, Any], code: str, words: str
) -> None:
    card = card_of(tmp_path, told(PERSON), **changes)
    with pytest.raises(Rejected, match=words) as refused:
        Session(card, tmp_path)
    assert refused.value.code == code


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"model\.network"):
        Session(card_of(tmp_path, b"no network at all"), tmp_path)


def test_without_the_library_the_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "onnxruntime":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Rejected, match=r"tocsin\[models\]"):
        Session(card_of(tmp_path, told(PERSON)), tmp_path)


def test_numbers_that_are_none_find_nothing(tmp_path: Path) -> None:
    output = yolox_output(64, [PERSON], 3)
    output[0, :, :4] = np.nan
    session = Session(card_of(tmp_path, network([output], [1, 3, 64, 64])), tmp_path)
    assert session.find(PICTURE) == ()


def test_pictures_keep_their_shape_or_are_stretched_as_the_family_was_trained() -> None:
    whole, across, down = fitted(PICTURE, 64, 64, "yolox")
    assert (across, down) == (0.2, 0.2)
    assert whole[0, 0, 35, 5] == 90
    assert whole[0, 0, 36, 5] == 114
    stretched, across, down = fitted(PICTURE, 64, 64, "fastestdet")
    assert (across, down) == (0.2, 64 / 180)
    assert stretched.max() == pytest.approx(90 / 255)
    assert fitted(PICTURE, 64, 64, "nanodet")[0].max() < 1
