from __future__ import annotations

import asyncio
import os
import signal
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.support import rtsp
from tests.support.edge import Taken
from tests.support.rtsp import camera_on_the_network
from tocsin.core.errors import Transient
from tocsin.edge import config, pictures
from tocsin.edge.cameras.video import VideoCamera
from tocsin.edge.config import FileCamera, RtspCamera


def shared(name: str) -> Path:
    root = Path(os.environ.get("TOCSIN_SHARED") or Path(__file__).parents[5] / "shared")
    path = root / "data" / "video" / name
    if not path.exists():
        pytest.skip("the folder with real video is absent: set TOCSIN_SHARED")
    return path


def camera(path: Path, more: str = "pace: fast, interval_seconds: 0.04") -> VideoCamera:
    box = config.parse(f"collector: weir\ncameras: [{{type: file, name: yard, path: {path}, {more}}}]")
    (made,) = box.cameras
    assert isinstance(made, FileCamera)
    return VideoCamera(made, box.device("yard"))


def video(path: Path, frames: int = 30, group: int = 10, rate: int = 10) -> Path:
    """Draw a white video that grows darker, with a key frame every `group` frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.codec_context.gop_size = group
        for number in range(frames):
            image = np.full((96, 128, 3), 250 - number % 200, np.uint8)
            cv2.circle(image, (20 + number * 2 % 100, 40), 8, (0, 0, 200), -1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


async def test_only_key_frames_are_decoded_unless_all_are_asked_for(tmp_path: Path) -> None:
    path = video(tmp_path / "x.mp4")
    key, every = Taken(), Taken()
    await asyncio.gather(
        camera(path).run(key),
        camera(path, "pace: fast, interval_seconds: 0.04, key_frames_only: false").run(every),
    )
    assert len(key.pictures) == 3
    assert len(every.pictures) == 30
    assert pictures.decode(key.pictures[0][1]).shape == (96, 128, 3)


async def test_masks_are_burnt_in_before_the_picture_leaves_the_child(tmp_path: Path) -> None:
    path = video(tmp_path / "x.mp4", 10)
    taken = Taken()
    masks = "masks: [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]"
    await camera(path, f"pace: fast, {masks}, width_max: 64").run(taken)
    image = pictures.decode(taken.pictures[0][1])
    assert image.shape == (48, 64, 3)
    assert image[:, :26].max() < 30
    assert image[:, 40:].min() > 200


async def test_a_killed_child_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    made = camera(video(tmp_path / "x.mp4"), "loop: true, interval_seconds: 0.04")
    taken = Taken()
    task = asyncio.create_task(made.run(taken))
    await taken.until(lambda: bool(taken.pictures))
    assert made.child is not None
    os.kill(made.child.pid, signal.SIGKILL)
    with pytest.raises(Transient, match="SIGKILL"):
        await task
    assert made.child is None


async def test_a_cancelled_camera_takes_its_child_with_it(tmp_path: Path) -> None:
    made = camera(video(tmp_path / "x.mp4"), "loop: true, interval_seconds: 0.04")
    taken = Taken()
    task = asyncio.create_task(made.run(taken))
    await taken.until(lambda: bool(taken.pictures))
    child = made.child
    assert child is not None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert child.returncode is not None


@pytest.mark.parametrize("content", [b"", b"this is no video", os.urandom(5000)])
async def test_a_file_that_is_no_video_is_told_as_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret-name.mp4"
    path.write_bytes(content)
    with pytest.raises(Transient, match="cannot be read") as told:
        await camera(path).run(Taken())
    assert "secret-name" not in str(told.value)


async def test_a_video_cut_off_gives_what_it_has_and_never_crashes(tmp_path: Path) -> None:
    path = video(tmp_path / "x.avi", 60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    taken = Taken()
    await camera(path).run(taken)
    assert taken.pictures


async def test_a_file_that_aborts_opencv_is_read_to_its_end() -> None:
    taken = Taken()
    await camera(shared("odd/raw_dib_48x48_crashes_opencv.avi")).run(taken)
    assert len(taken.pictures) == 51


async def test_a_file_that_claims_a_thousand_frames_a_second_is_read() -> None:
    taken = Taken()
    await camera(shared("odd/nonsense_fps_1000.mp4")).run(taken)
    assert taken.pictures


def test_a_password_in_the_address_stands_in_no_message() -> None:
    box = config.parse("collector: w\ncameras: [{type: rtsp, name: a, url: 'rtsp://u:hush@192.0.2.1/x'}]")
    (made,) = box.cameras
    assert isinstance(made, RtspCamera)
    order = VideoCamera(made, box.device("a")).order()
    assert order.live
    assert order.url.endswith("hush@192.0.2.1/x")
    assert "hush" not in repr(made)


@pytest.mark.parametrize("speed", [4, 8])
async def test_a_burst_is_every_frame_of_its_seconds_and_pictures_go_on(tmp_path: Path, speed: int) -> None:
    path = video(tmp_path / "x.mp4", frames=200, group=25, rate=25)
    made, taken = camera(path, f"pace: {speed}, interval_seconds: 0.5"), Taken()
    running = asyncio.create_task(made.run(taken))
    await taken.until(lambda: len(taken.pictures) == 1)
    assert made.burst_fault() == ""
    assert made.ask_burst(3.0)
    await taken.until(lambda: bool(taken.overs))
    before = len(taken.pictures)
    await running
    since = [since_us / 1e6 for _, _, since_us in taken.bursts]
    # From one key frame on, three seconds of video whatever its pace: 25 a second and both ends.
    assert since == pytest.approx([number / 25 for number in range(76)], abs=0.002)
    shades = [float(pictures.decode(jpeg)[80:].mean()) for _, jpeg, _ in taken.bursts]
    assert all(later < one for one, later in pairwise(shades[::10])), "in order"
    assert shades[-1] < shades[0] - 60
    assert before >= 3
    assert len(taken.pictures) > before, "only key frames again after the burst"
    assert taken.overs == [("weir/yard", "")]


async def test_frames_of_a_burst_are_small_and_masked(tmp_path: Path) -> None:
    path = video(tmp_path / "x.mp4", frames=100, rate=25)
    made = camera(path, "pace: 4, width_max: 64, masks: [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]")
    taken = Taken()
    running = asyncio.create_task(made.run(taken))
    await taken.until(lambda: bool(taken.pictures))
    made.ask_burst(0.5)
    await taken.until(lambda: bool(taken.overs))
    await running
    image = pictures.decode(taken.bursts[0][1])
    assert image.shape == (48, 64, 3)
    assert image[:, :26].max() < 30


async def test_a_video_that_ends_ends_its_burst(tmp_path: Path) -> None:
    path = video(tmp_path / "x.mp4", frames=60, rate=25)
    made, taken = camera(path, "pace: 4, interval_seconds: 0.04"), Taken()
    running = asyncio.create_task(made.run(taken))
    await taken.until(lambda: bool(taken.pictures))
    made.ask_burst(9.0)
    await running
    assert taken.overs
    assert not made.ask_burst(1.0), "nobody is there to take it"


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["forest_walk_nofire", "indoor_battery_fire_cctv"])
async def test_a_burst_has_no_gap_although_the_decoder_held_key_frames(name: str) -> None:
    """Frames coded out of order, as real cameras do."""
    made, taken = camera(shared(f"fire-smoke/{name}.mp4"), "pace: 4, interval_seconds: 1"), Taken()
    running = asyncio.create_task(made.run(taken))
    await taken.until(lambda: bool(taken.pictures), 30)
    assert made.ask_burst(3.0)
    await taken.until(lambda: bool(taken.overs), 30)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    since = [since_us for _, _, since_us in taken.bursts]
    assert since[-1] == pytest.approx(3_000_000, abs=50_000)
    assert max(later - one for one, later in pairwise(since)) < 50_000


@pytest.mark.heavy
async def test_a_network_camera_gives_a_burst_at_its_full_rate() -> None:
    async with camera_on_the_network() as network:
        box = config.parse(
            "collector: weir\ncameras: [{type: rtsp, name: yard, interval_seconds: 1,"
            f" url: 'rtsp://127.0.0.1:{network.port}/yard', timeout_seconds: 3}}]"
        )
        (made,) = box.cameras
        assert isinstance(made, RtspCamera)
        adapter, taken = VideoCamera(made, box.device("yard")), Taken()
        running = asyncio.create_task(adapter.run(taken))
        await taken.until(lambda: bool(taken.pictures), 30)
        assert adapter.ask_burst(2.0)
        await taken.until(lambda: bool(taken.overs), 30)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        since = [since_us for _, _, since_us in taken.bursts]
        assert since == sorted(set(since))
        assert len(since) - 1 == pytest.approx(2 * rtsp.RATE, abs=2)


@pytest.mark.heavy
async def test_a_network_camera_is_read_and_again_after_it_was_gone() -> None:
    async with camera_on_the_network() as camera:
        box = config.parse(
            "collector: weir\ncameras: [{type: rtsp, name: yard, interval_seconds: 0.4,"
            f" url: 'rtsp://127.0.0.1:{camera.port}/yard', timeout_seconds: 3}}]"
        )
        (made,) = box.cameras
        assert isinstance(made, RtspCamera)
        for visit in (1, 2):
            taken = Taken()
            running = asyncio.create_task(VideoCamera(made, box.device("yard")).run(taken))
            await taken.until(lambda taken=taken: len(taken.pictures) >= 3, 30)
            camera.cut(politely=visit == 1)
            with pytest.raises(Transient):
                await asyncio.wait_for(running, 30)
            assert camera.viewers == visit
            shades = [int(pictures.decode(jpeg).mean()) for _, jpeg in taken.pictures]
            assert len(set(shades)) > 1, "pictures of now, not one again and again"


@pytest.mark.heavy
async def test_a_network_camera_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silence(self: object, writer: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(rtsp.RtspCamera, "_play", silence)
    async with camera_on_the_network() as camera:
        box = config.parse(
            "collector: weir\ncameras: [{type: rtsp, name: yard,"
            f" url: 'rtsp://127.0.0.1:{camera.port}/yard', timeout_seconds: 1}}]"
        )
        (made,) = box.cameras
        assert isinstance(made, RtspCamera)
        with pytest.raises(Transient):
            await asyncio.wait_for(VideoCamera(made, box.device("yard")).run(Taken()), 30)
