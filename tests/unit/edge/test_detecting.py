from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.support.edge import picture
from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.frames import Frame
from tocsin.core.ids import DetectionId, DeviceId, StreamId
from tocsin.core.readings import Reading
from tocsin.detectors.config import defaults
from tocsin.edge import banks, pictures
from tocsin.edge.detecting import Detecting
from tocsin.edge.ports import Shot

YARD = DeviceId("weir/yard")
NOW_US = 1_795_000_000_000_000


def press(at_us: int = NOW_US) -> Reading:
    return Reading(StreamId("weir/help/button"), at_us, 1.0, "/")


class Broken:
    """A bank that fails on everything."""

    bursts_refused = 0

    def observe(self, anything: object) -> Sequence[Detection]:
        raise ZeroDivisionError

    def tick(self, now: datetime) -> Sequence[Detection]:
        return []

    def snapshot(self) -> bytes:
        return b"x"

    def hear(self, said: Sequence[Detection]) -> Sequence[Detection]:
        return []

    def readings(self) -> Sequence[Reading]:
        return []

    def suspicion(self) -> str:
        raise ZeroDivisionError

    def end_burst(self) -> Sequence[Detection]:
        raise ZeroDivisionError

    def restore(self, state: bytes) -> Sequence[Detection]:
        raise Rejected("detectors.state", "of another configuration")

    def raised(self) -> Sequence[DetectionId]:
        return []


class Watching(Broken):
    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.wanted = ""

    def observe(self, anything: object) -> Sequence[Detection]:
        assert isinstance(anything, Frame)
        self.frames.append(anything)
        return []

    def suspicion(self) -> str:
        return self.wanted


async def test_half_a_picture_is_a_fault_of_the_camera_and_no_sign_of_life(tmp_path: Path) -> None:
    whole = np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)
    half = whole.copy()
    half[200:] = 128
    detecting = Detecting({}, None, tmp_path)
    assert (await detecting.look(Shot(YARD, pictures.encode(whole, 95), NOW_US, 0))).detections == ()
    with pytest.raises(Rejected, match="only the upper part"):
        await detecting.look(Shot(YARD, pictures.encode(half, 100), NOW_US, 0))
    detecting.close()


async def test_a_frame_carries_the_hash_of_its_exact_bytes(tmp_path: Path) -> None:
    bank = Watching()
    detecting = Detecting({YARD: bank}, None, tmp_path)
    seen = await detecting.look(Shot(YARD, picture(), NOW_US, 1))
    (frame,) = bank.frames
    assert frame.sha256 == seen.sha256
    assert frame.image.shape == (180, 320, 3)
    assert seen.thumbnail is None, "nothing was said"
    detecting.close()


async def test_a_damaged_picture_reaches_no_detector(tmp_path: Path) -> None:
    bank = Watching()
    detecting = Detecting({YARD: bank}, None, tmp_path)
    with pytest.raises(Rejected):
        await detecting.look(Shot(YARD, picture()[:-9], NOW_US, 1))
    assert bank.frames == []
    detecting.close()


async def test_a_detector_that_fails_silences_nothing_else(tmp_path: Path) -> None:
    detecting = Detecting({YARD: Broken()}, Broken(), tmp_path)
    assert (await detecting.look(Shot(YARD, picture(), NOW_US, 1))).detections == ()
    assert detecting.observe([press()]) == ()
    assert await detecting.tick(datetime.now(UTC)) == []
    detecting.close()


async def test_time_that_breaks_one_bank_passes_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(Watching):
        def tick(self, now: datetime) -> Sequence[Detection]:
            return [said]

    streams = banks.stream_bank(defaults())
    (said,) = streams.observe([press()])
    bad, heard = Broken(), Broken()
    for broken, name in ((bad, "tick"), (heard, "tick"), (heard, "hear")):
        monkeypatch.setattr(broken, name, broken.observe, raising=False)
    detecting = Detecting({DeviceId("weir/a"): bad, YARD: Late()}, heard, tmp_path)
    assert await detecting.tick(datetime.now(UTC)) == [said]
    detecting.close()


async def test_rules_change_even_when_the_old_ones_cannot_say_what_they_knew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = Broken(), banks.stream_bank(defaults())
    monkeypatch.setattr(old, "snapshot", old.suspicion, raising=False)
    detecting = Detecting({YARD: old}, old, tmp_path)
    await detecting.save()
    assert await detecting.change({YARD: Watching()}, new) == []
    assert len(detecting.observe([press()])) == 1
    detecting.close()


async def test_a_restart_forgets_nothing_that_was_saved(tmp_path: Path) -> None:
    first = Detecting({}, banks.stream_bank(defaults()), tmp_path / "box")
    (call,) = first.observe([press()])
    await first.save()
    second = Detecting({}, banks.stream_bank(defaults()), tmp_path / "box")
    await second.restore()
    assert await second.raised() == [call.id]
    first.close()
    second.close()


async def test_state_that_does_not_fit_is_learnt_anew(tmp_path: Path) -> None:
    first = Detecting({YARD: Broken()}, None, tmp_path)
    await first.save()
    await first.restore()
    assert (tmp_path / "detectors-camera-yard.state").read_bytes() == b"x"
    first.close()
