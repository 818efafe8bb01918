import msgspec

from tocsin.core.frames import Box


def test_a_box_survives_the_wire() -> None:
    box = Box(0.1, 0.2, 0.3, 0.4, "person", 0.9)
    assert msgspec.json.decode(msgspec.json.encode(box), type=Box) == box
