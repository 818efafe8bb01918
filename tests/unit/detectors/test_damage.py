from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.detecting import camera, frame
from tests.support.scenes import Scene
from tocsin.detectors.damage import half_decoded


@pytest.mark.parametrize("share", [0.3, 0.6, 0.85])
def test_what_a_decoder_makes_of_a_cut_jpeg_is_recognised(share: float) -> None:
    whole = cv2.imencode(".jpg", Scene().picture(1))[1].tobytes()
    cut = np.frombuffer(whole[: int(len(whole) * share)] + b"\xff\xd9", np.uint8)
    assert half_decoded(cv2.imdecode(cut, cv2.IMREAD_COLOR))
    assert not half_decoded(Scene().picture(1))


def test_a_grey_wall_and_a_tiny_picture_are_none() -> None:
    noise = np.random.default_rng(0).normal(128, 1.5, (360, 640, 3))
    assert not half_decoded(np.rint(noise).clip(0, 255).astype(np.uint8))
    assert not half_decoded(np.full((12, 12, 3), 128, np.uint8))
    assert not half_decoded(np.zeros((0, 0, 3), np.uint8))


def test_the_bank_counts_it_and_no_detector_sees_it() -> None:
    bank, picture = camera("tamper", "dead"), Scene().picture(1)
    before = bank.snapshot()
    picture[200:] = 128
    assert bank.observe(frame(0, picture)) == []
    assert bank.damaged == 1
    assert bank.snapshot() == before
