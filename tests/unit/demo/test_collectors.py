from pathlib import Path

import pytest

from tocsin.core.ids import DeviceId
from tocsin.demo import village
from tocsin.demo.collectors import collector_file, detectors_file
from tocsin.detectors.config import load
from tocsin.edge import config


@pytest.mark.parametrize("name", village.COLLECTORS)
def test_the_collectors_own_reader_takes_the_file(name: str, tmp_path: Path) -> None:
    text = collector_file(
        name,
        partition=3,
        broker=("127.0.0.1", 1883),
        password="secret",
        field=(1, 2),
        outbox=tmp_path / "outbox.sqlite",
        detectors=tmp_path / "detectors.yaml",
    )
    read = config.parse(text, base=tmp_path)
    assert read.collector == name
    assert {camera.name for camera in read.cameras} == {
        c.device for c in village.CAMERAS if c.village.collector == name
    }


def test_every_camera_is_watched_as_planned() -> None:
    rules = load(detectors_file())
    for camera in village.CAMERAS:
        watching = rules.camera(DeviceId(f"{camera.village.collector}/{camera.device}")).detectors
        assert tuple(rule.name for rule in watching) == camera.detectors


def test_every_camera_and_sensor_has_one_collector() -> None:
    assert {c.village.collector for c in village.CAMERAS} == set(village.COLLECTORS)
    assert {s.village.collector for s in village.sensors()} == set(village.COLLECTORS)
