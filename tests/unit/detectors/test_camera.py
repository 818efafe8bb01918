from __future__ import annotations

from datetime import timedelta

import msgspec
import numpy as np
import pytest

from tests.support.detecting import CAMERA, START, burning, camera, frame, noisy, phases, yard
from tocsin.core.errors import Rejected
from tocsin.core.frames import Frame, Image
from tocsin.core.ids import DeviceId
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import CameraDetectors


def shoot(bank: PictureBank, begin: float, pictures: int, rate: float) -> None:
    for index in range(pictures):
        at = START + timedelta(seconds=begin + index / rate)
        bank.observe(Frame(CAMERA, at, yard(index), frame(index, yard()).sha256, burst=True))


def covered(seed: int) -> Image:
    return noisy(np.full((360, 640, 3), 60, np.uint8), seed)


def test_what_did_not_change_goes_on_and_what_is_gone_is_cleared() -> None:
    one = camera("tamper", "frozen")
    for index in range(5):
        one.observe(frame(index, yard(index)))
    found = [said for index in range(5, 12) for said in one.observe(frame(index, covered(index)))]
    assert phases(found) == ["raise"]
    same = camera("tamper", {"detector": "motion", "smallest": 0.1})
    assert same.restore(one.snapshot()) == []
    assert same.raised() == one.raised()
    other = camera("frozen")
    assert phases(other.restore(one.snapshot())) == ["clear"]
    assert other.raised() == ()


def test_the_state_of_another_camera_is_refused() -> None:
    one = camera("tamper")
    one.observe(frame(0, yard()))
    with pytest.raises(Rejected, match="another camera"):
        PictureBank(CameraDetectors(), camera=DeviceId("weir/camera-2")).restore(one.snapshot())


def test_a_burst_too_slow_to_show_a_flicker_is_refused_and_counted() -> None:
    one = camera("fire")
    one.observe(frame(0, yard()))
    shoot(one, 1, 30, 10.0)
    assert one.end_burst() == []
    assert one.bursts_refused == 1
    shoot(one, 5, 75, 25.0)
    one.end_burst()
    assert one.bursts_refused == 1


def test_frames_of_a_burst_leave_the_background_alone() -> None:
    one, other = camera("fire"), camera("fire")
    for bank in (one, other):
        for index in range(4):
            bank.observe(frame(index, burning(index)))
    shoot(one, 4, 20, 25.0)
    assert msgspec.msgpack.decode(one.snapshot())[3] == msgspec.msgpack.decode(other.snapshot())[3]
