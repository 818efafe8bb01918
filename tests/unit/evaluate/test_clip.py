from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.detecting import burning, noisy, yard
from tests.support.video import film
from tocsin.core.detections import Kind
from tocsin.evaluate.clip import Order, detectors_of, watch
from tocsin.evaluate.clips import Clip


def order(path: Path, every_s: float = 0.5, *, burst: bool = False, **clip: object) -> Order:
    return Order(str(path), {"file": path.name, "fps": 4, **clip}, every_s, burst, stills=True)


@pytest.fixture(scope="module")
def fire(tmp_path_factory: pytest.TempPathFactory) -> Path:
    images = [yard(i) for i in range(16)] + [burning(i) for i in range(40)]
    return film(tmp_path_factory.mktemp("films") / "fire.mp4", images, 4)


def test_a_drawn_fire_is_seen_at_its_time_with_its_picture(fire: Path) -> None:
    seen = watch(order(fire, events=[{"kind": "fire", "from_s": 4, "to_s": 13}]))
    assert seen.failed is None
    assert (seen.pictures, round(seen.seconds)) == (28, 14)
    alarms = [one for one in seen.raised if one.kind in {Kind.FIRE, Kind.SMOKE}]
    assert alarms
    assert 4 <= alarms[0].at_s <= 14
    assert alarms[0].still.startswith(b"\xff\xd8")
    assert alarms[0].version.startswith(f"{alarms[0].detector}/")
    assert len(seen.stills) == 3
    assert seen.ms_per_picture > 0
    assert seen.peak_memory_mb > 1


def test_health_is_judged_of_a_camera_that_stands_still_only(tmp_path: Path) -> None:
    cover = np.full((360, 640, 3), 60, np.uint8)
    images = [yard(i) for i in range(24)] + [noisy(cover, i) for i in range(24)]
    path = film(tmp_path / "cover.mp4", images, 4)
    assert {one.kind for one in watch(order(path)).raised} == {Kind.TAMPER}
    assert watch(order(path, fixed=False)).raised == []


def test_only_the_first_pictures_are_judged_and_cut_out_where_the_clip_says_so(fire: Path) -> None:
    seen = watch(order(fire, frames=17, crop=[0, 0, 320, 240]))
    assert round(seen.seconds) == 4
    assert seen.raised == []


def test_a_file_that_is_no_video_is_told_and_not_raised(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"no video at all")
    seen = watch(order(path))
    assert seen.failed is not None
    assert str(path) not in seen.failed


def test_a_site_kind_gets_its_detector_its_zone_and_its_line() -> None:
    config = detectors_of(Clip(file="x", kinds=("line",), zone=((0, 0.5), (1, 0.5))), model=None)
    (rule,) = [rule for rule in config.detectors if rule.detector == "tripwire"]
    assert rule.parameters["line"] == [[0, 0.5], [1, 0.5]]
    config = detectors_of(Clip(file="x", kinds=("intrusion",), zone=((0, 0), (1, 0), (1, 1))), model=None)
    (rule,) = [rule for rule in config.detectors if rule.detector == "intrusion"]
    assert rule.zone == ((0, 0), (1, 0), (1, 1))
