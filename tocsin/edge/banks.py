"""The detectors of one box, made from its configuration."""

from __future__ import annotations

from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import DetectorsConfig, defaults, load
from tocsin.edge.config import CollectorConfig


def stream_rules(config: CollectorConfig) -> DetectorsConfig:
    """Read the rules over streams; a button always rings on the box, for it must not wait for a batch.

    The default rules say the same, so that the centre does not hear a press a second time in its
    reading. Raises `Rejected` (`detectors.config`, `config.detectors`).
    """
    rules = defaults() if config.detectors is None else load(_text(config))
    return rules.model_copy(
        update={
            "detectors": tuple(
                rule.model_copy(update={"at": "box"}) if rule.detector == "button" else rule
                for rule in rules.detectors
            )
        }
    )


def _text(config: CollectorConfig) -> str:
    assert config.detectors is not None  # noqa: S101 the caller asked
    try:
        return config.detectors.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(
            "config.detectors", f"cannot read the detectors from {config.detectors}: {error}"
        ) from error


def stream_bank(config: CollectorConfig) -> StreamBank:
    """Make the detectors of readings that run on the box."""
    return StreamBank(stream_rules(config), at="box")


def picture_banks(config: CollectorConfig) -> dict[DeviceId, PictureBank]:
    """Make the detectors of each camera."""
    return {
        config.device(camera.name): PictureBank(camera.picture_detectors(), camera=config.device(camera.name))
        for camera in config.cameras
    }
