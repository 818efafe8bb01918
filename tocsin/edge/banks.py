"""The detectors of one box, made from its configuration."""

from __future__ import annotations

from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import DetectorsConfig, defaults, load
from tocsin.edge.config import CollectorConfig


def read_rules(config: CollectorConfig) -> DetectorsConfig:
    """Read the site's detectors, or what is shipped; raises `Rejected` (`detectors.config`, `config.detectors`)."""
    if config.detectors is None:
        return defaults()
    try:
        text = config.detectors.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(
            "config.detectors", f"cannot read the detectors from {config.detectors}: {error}"
        ) from error
    return load(text)


def stream_bank(rules: DetectorsConfig) -> StreamBank:
    """Make the detectors of readings that run on the box."""
    return StreamBank(rules, at="box")


def picture_banks(config: CollectorConfig, rules: DetectorsConfig) -> dict[DeviceId, PictureBank]:
    """Make the detectors of each camera."""
    devices = [config.device(camera.name) for camera in config.cameras]
    return {device: PictureBank(rules.camera(device), camera=device) for device in devices}
