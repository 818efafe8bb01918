"""The detectors of one box, made from its configuration and the site's rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.core.watched import text_of
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.base import Finder
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import DetectorsConfig, defaults, load
from tocsin.edge.config import CollectorConfig
from tocsin.edge.detecting import told_of


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything that watches a box."""

    rules: DetectorsConfig
    streams: StreamBank
    cameras: dict[DeviceId, PictureBank]
    faults: tuple[str, ...] = ()
    """Why models that cameras name are not in use; those cameras are watched without."""


def read_rules(config: CollectorConfig) -> DetectorsConfig:
    """Read the site's detectors, or what is shipped; raises `Rejected` (`detectors.config`, `config.detectors`)."""
    return defaults() if config.detectors is None else load(read_text(config.detectors))


def read_text(path: Path) -> str:
    """Read the file of detectors; raises `Rejected` (`config.detectors`)."""
    try:
        return text_of(path)
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected("config.detectors", f"cannot read the detectors from {path}: {error}") from error


def watch(config: CollectorConfig, rules: DetectorsConfig) -> Watch:
    """Make everything that watches the box; a model that cannot be used is told, and its cameras do without."""
    finders, faults = open_models(config, rules)
    return Watch(rules, stream_bank(rules), picture_banks(config, rules, finders), tuple(faults))


def stream_bank(rules: DetectorsConfig) -> StreamBank:
    """Make the detectors of readings that run on the box."""
    return StreamBank(rules, at="box", failed=told_of("streams"))


def picture_banks(
    config: CollectorConfig, rules: DetectorsConfig, finders: dict[str, Finder] | None = None
) -> dict[DeviceId, PictureBank]:
    """Make the detectors of each camera; `finders` are the opened models by name."""
    opened = finders or {}
    made = {}
    for device in (config.device(camera.name) for camera in config.cameras):
        detectors = rules.camera(device)
        finder = opened.get(detectors.model) if detectors.model is not None else None
        made[device] = PictureBank(detectors, camera=device, finder=finder, failed=told_of(device))
    return made


def model_files(config: CollectorConfig, rules: DetectorsConfig) -> list[Path]:
    """List the files of the models that this box's cameras name."""
    folder = _folder(config)
    return [folder / rules.card(name).file for name in _models(config, rules)]


def open_models(config: CollectorConfig, rules: DetectorsConfig) -> tuple[dict[str, Finder], list[str]]:
    """Open the models that this box's cameras name; gives them with what is wrong with the others."""
    finders: dict[str, Finder] = {}
    faults = []
    for name in _models(config, rules):
        from tocsin.detectors.runtime.session import Session  # noqa: PLC0415 a box without models loads nothing of them

        try:
            finders[name] = Session(rules.card(name), _folder(config))
        except Rejected as error:
            faults.append(error.reason)
    return finders, faults


def _folder(config: CollectorConfig) -> Path:
    return config.detectors.resolve().parent if config.detectors is not None else Path()


def _models(config: CollectorConfig, rules: DetectorsConfig) -> list[str]:
    named = [rules.camera(config.device(camera.name)).model for camera in config.cameras]
    return list(dict.fromkeys(name for name in named if name is not None))
