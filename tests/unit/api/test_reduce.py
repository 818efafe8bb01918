from __future__ import annotations

import cv2
import numpy as np
import pytest

from tocsin.api.reduce import PictureReducer, reduced
from tocsin.core.errors import Rejected


def jpeg(width: int, height: int) -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(".jpg", noise)[1].tobytes()


def size(data: bytes) -> tuple[int, int]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.shape[1], image.shape[0]


@pytest.mark.parametrize(
    ("given", "shown"),
    [((640, 360), (160, 90)), ((161, 91), (160, 90)), ((100, 60), (100, 60)), ((200, 2000), (32, 320))],
)
def test_a_list_shows_at_most_160_by_320(given: tuple[int, int], shown: tuple[int, int]) -> None:
    assert size(reduced(jpeg(*given))) == shown


@pytest.mark.parametrize("data", [b"", b"no picture", jpeg(64, 64)[:30]])
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        reduced(data)
    assert refused.value.code == "picture.unreadable"


async def test_it_is_done_off_the_loop() -> None:
    assert size(await PictureReducer().reduce(jpeg(640, 360))) == (160, 90)
