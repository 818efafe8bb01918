from __future__ import annotations

from datetime import timedelta

import msgspec
import numpy as np
import pytest

from tests.support.detecting import CAMERA, START, burning, camera, frame, noisy, phases, yard
from tocsin.core.errors import Rejected
from tocsin.core.frames import Frame, Image
from tocsin.core.ids import DeviceId
from tocsin.detectors.base import sealed, unsealed
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
    first, second = (msgspec.msgpack.decode(unsealed(bank.snapshot())) for bank in (one, other))
    assert first[3] == second[3]


def test_a_detector_that_fails_is_told_and_the_others_of_its_camera_go_on() -> None:
    told: list[tuple[str, str]] = []
    watched = CameraDetectors.model_validate({"detectors": [{"detector": "motion", "name": "bad"}, "tamper"]})
    one = PictureBank(
        watched, camera=CAMERA, failed=lambda rule, error: told.append((rule, type(error).__name__))
    )
    strict = PictureBank(watched, camera=CAMERA)

    class Bad:
        suspicion = ""

        def observe(self, *_: object) -> None:
            raise ZeroDivisionError

        examine = tick = observe

    for bank in (one, strict):
        bank._detectors[0] = Bad()  # type: ignore[call-overload]
    said = []
    for index in range(12):
        said += one.observe(frame(index, yard(index) if index < 5 else covered(index)))
    assert phases(said) == ["raise"]
    assert set(told) == {("bad", "ZeroDivisionError")}
    one.tick(START + timedelta(seconds=13))
    shoot(one, 13, 75, 25.0)
    one.end_burst()
    assert len(told) == 14
    with pytest.raises(ZeroDivisionError):
        strict.observe(frame(0, yard()))


def test_a_state_that_lost_a_bit_or_its_end_is_refused_and_the_bank_begins_anew() -> None:
    one, chance = camera("tamper", "fire", "smoke"), np.random.default_rng(1)
    empty = one.snapshot()
    for index in range(5):
        one.observe(frame(index, yard(index)))
    state = one.snapshot()
    places = chance.integers(len(state), size=150)
    flipped = [state[:at] + bytes([state[at] ^ (1 << at % 8)]) + state[at + 1 :] for at in places]
    for damaged in (b"", b"abc", sealed(b""), *flipped, *(state[:at] for at in places)):
        with pytest.raises(Rejected):
            one.restore(damaged)
        assert one.snapshot() == empty
    assert one.observe(frame(9, yard(9))) == []


def test_a_state_of_impossible_values_is_refused_with_the_same_words() -> None:
    one = camera("tamper", "motion")
    for index in range(12):
        one.observe(frame(index, yard(index) if index < 5 else covered(index)))
    known = msgspec.msgpack.decode(unsealed(one.snapshot()))
    # A rule that is gone ends its conditions at the newest instant: none is so far away.
    known[1] = 1 << 62
    other = camera("motion")
    with pytest.raises(Rejected, match="damaged"):
        other.restore(sealed(msgspec.msgpack.encode(known)))
    assert other.snapshot() == camera("motion").snapshot()
