from __future__ import annotations

from tests.support.detecting import camera, frame, yard
from tocsin.core.detections import Kind


def test_the_same_bytes_for_long_enough_are_video_loss_until_new_ones_come() -> None:
    one, said = camera("frozen"), []
    for at in range(0, 40, 4):
        said += [(f.phase.value, f.kind, at) for f in one.observe(frame(at, yard(), sha256="a" * 64))]
    for at in range(40, 52, 4):
        said += [(f.phase.value, f.kind, at) for f in one.observe(frame(at, yard(at)))]
    assert [(phase, kind) for phase, kind, _ in said] == [
        ("raise", Kind.VIDEO_LOSS),
        ("clear", Kind.VIDEO_LOSS),
    ]
    assert said[0][2] == 20


def test_one_picture_sent_twice_is_none() -> None:
    one = camera("frozen")
    assert one.observe(frame(0, yard(), sha256="a" * 64)) == []
    assert one.observe(frame(60, yard(), sha256="a" * 64)) == []
