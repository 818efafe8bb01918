from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.network import yolox_output
from tocsin.detectors.runtime.decoding import (
    DECODERS,
    best_of_class,
    fastestdet,
    nanodet,
    yolo_fastestv2,
    yolox,
)


@given(st.floats(1, 62), st.floats(1, 62), st.floats(2, 60), st.floats(2, 60), st.floats(0.1, 1))
def test_yolox_reads_back_what_was_written(
    x: float, y: float, width: float, height: float, score: float
) -> None:
    given = yolox([yolox_output(64, [(x, y, width, height, 1, score)], 2)], 64, 64)
    best = int(given.scores[:, 1].argmax())
    assert given.boxes[best] == pytest.approx((x, y, width, height), abs=1e-3)
    assert given.scores[best, 1] == pytest.approx(score, abs=1e-6)
    assert len(given.boxes) == 64 + 16 + 4


def test_nanodet_averages_the_distances_to_the_sides() -> None:
    cells = (16, 4, 1)
    classes = [np.zeros((1, count, 2), np.float32) for count in cells]
    sides = [np.zeros((1, count, 32), np.float32) for count in cells]
    classes[0][0, 5, 1] = 0.8
    sides[0][0, 5].reshape(4, 8)[:, 2] = 50  # all the weight on the second bin: two strides to each side
    given = nanodet([*classes, *sides], 32, 32)
    assert given.scores[5].tolist() == [0.0, pytest.approx(0.8)]
    assert given.boxes[5] == pytest.approx((11.5, 11.5, 32, 32), abs=1e-3)


def test_fastestdet_has_one_thing_to_a_cell() -> None:
    output = np.zeros((1, 7, 2, 2), np.float32)
    output[0, :, 1, 0] = (0.9, 0.0, 0.0, 0.0, 0.0, 0.2, 0.8)
    given = fastestdet([output], 32, 32)
    assert given.boxes[2] == pytest.approx((0, 16, 16, 16))
    assert given.scores[2, 1] == pytest.approx(0.9**0.6 * 0.8**0.4)


def test_yolo_fastestv2_scales_its_anchors() -> None:
    output = np.zeros((4 + 1, 17), np.float32)
    output[2, 4:8] = (0.5, 0.5, 0.5, 0.5)  # second anchor of the third cell of stride 16
    output[2, 13], output[2, 16] = 0.5, 0.9
    given = yolo_fastestv2([output], 32, 32)
    best = int(given.scores[:, 1].argmax())
    assert best == 2 * 3 + 1
    assert given.boxes[best] == pytest.approx((8, 24, 37.88, 51.48))
    assert given.scores[best, 1] == pytest.approx(0.45)


def test_the_surest_of_each_heap_is_kept() -> None:
    boxes = np.array([[0, 0, 1, 1], [0.05, 0, 1, 1], [2, 2, 3, 3], [0, 0, 0.4, 1]], np.float32)
    assert best_of_class(boxes, np.array([0.5, 0.9, 0.4, 0.8], np.float32), 0.45) == [1, 3, 2]
    assert best_of_class(boxes[:0], np.zeros(0, np.float32), 0.45) == []


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4, st.floats(0, 1)), max_size=20))
def test_what_is_kept_does_not_overlap_and_hides_the_rest(
    given: list[tuple[float, float, float, float, float]],
) -> None:
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h, _ in given], np.float32).reshape(-1, 4)
    scores = np.array([score for *_, score in given], np.float32)
    kept = best_of_class(boxes, scores, 0.5)
    assert len(kept) == len(set(kept))
    assert scores[kept].tolist() == sorted(scores[kept].tolist(), reverse=True)


def test_every_family_of_the_cards_is_read() -> None:
    assert set(DECODERS) == {"yolox", "nanodet", "fastestdet", "yolo-fastestv2"}
