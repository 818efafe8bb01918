from __future__ import annotations

from tests.support.edge import Taken, picture
from tocsin.edge import config, pictures
from tocsin.edge.cameras.masking import hand_over


async def test_what_is_hidden_is_hidden_before_it_is_handed_over() -> None:
    box = config.parse(
        "collector: w\ncameras: [{type: http, name: a, url: x, masks: [[[0, 0], [1, 0], [1, 1], [0, 1]]]}]"
    )
    taken = Taken()
    assert await hand_over(taken, box.device("a"), box.cameras[0], picture())
    assert pictures.decode(taken.pictures[0][1]).max() < 10


async def test_a_damaged_picture_is_counted_and_told() -> None:
    box = config.parse("collector: w\ncameras: [{type: http, name: a, url: x}]")
    taken = Taken()
    assert not await hand_over(taken, box.device("a"), box.cameras[0], picture()[:-10])
    assert taken.damages == [("w/a", "picture.truncated")]
    assert taken.faults[0][0] == "w/a"
