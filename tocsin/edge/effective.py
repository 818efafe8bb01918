"""What watches each camera and each known stream of a box, and what in a file of detectors it does not fit. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.core.ids import DeviceId
from tocsin.detectors.catalog import PICTURES, STREAMS
from tocsin.detectors.config import DEFAULT, DetectorsConfig, Fault, Place, StreamRule
from tocsin.edge.config import ButtonSensor, CollectorConfig, CsvSensor, MqttSensor
from tocsin.edge.sensors.button import QUANTITY

_BLANK: Final = re.compile(r"\{\d\}")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that a box can give, as far as its file tells."""

    name: str
    """`device/quantity`; `{1}` stands for what a topic names."""
    unit: str


@dataclass(frozen=True, slots=True)
class Watcher:
    """One rule that watches something, with the version its detections carry."""

    rule: str
    detector: str
    kind: str
    version: str
    at: Place


def streams(config: CollectorConfig) -> list[Stream]:
    """List the streams that the file names; a SenML device names its own when it speaks."""
    found = []
    for sensor in config.sensors:
        match sensor:
            case CsvSensor():
                found += [Stream(one.stream, one.unit) for one in sensor.columns.values()]
            case MqttSensor():
                found += [Stream(one.stream, one.unit) for one in sensor.values.values()]
            case ButtonSensor():
                found.append(Stream(f"{sensor.name}/{QUANTITY}", "/"))
            case _:
                continue
    return found


def camera_watchers(rules: DetectorsConfig, device: DeviceId) -> list[Watcher]:
    """List what watches a camera."""
    return [
        Watcher(
            rule.name,
            rule.detector,
            str(rule.kind or PICTURES[rule.detector].kind),
            rule.version(),
            "box",
        )
        for rule in rules.camera(device).detectors
    ]


def stream_watchers(rules: DetectorsConfig, stream: Stream) -> list[Watcher]:
    """List the rules that watch a stream, wherever they run."""
    return [
        Watcher(
            rule.name, rule.detector, str(rule.kind or STREAMS[rule.detector].kind), rule.version(), rule.at
        )
        for rule in rules.detectors
        if may_match(rule, stream)
    ]


def may_match(rule: StreamRule, stream: Stream) -> bool:
    """Say whether a rule watches a stream, for some name that its topic may give."""
    fillings = {"x", rule.match.partition("/")[0].replace("*", "x").replace("?", "x") or "x"}
    return any(
        rule.matches(_BLANK.sub(lambda _, filling=filling: filling, stream.name), stream.unit)  # type: ignore[misc]
        for filling in fillings
    )


def misfits(rules: DetectorsConfig, boxes: Sequence[CollectorConfig]) -> Iterator[Fault]:
    """Give what hardly is meant: rules that watch nothing on these boxes, cameras that none of them has."""
    known = [stream for box in boxes for stream in streams(box)]
    told = all(sensor.type != "senml" for box in boxes for sensor in box.sensors)
    for number, rule in enumerate(rules.detectors):
        if told and known and not any(may_match(rule, stream) for stream in known):
            place = f"detectors[{number}].match"
            unit = f" with the unit {rule.unit}" if rule.unit is not None else ""
            yield Fault(
                place, f"the rule {rule.name} watches no stream here: none is like {rule.match}{unit}"
            )
    cameras = {camera.name for box in boxes for camera in box.cameras}
    cameras |= {f"{box.collector}/{name}" for box in boxes for name in (c.name for c in box.cameras)}
    for name in rules.cameras:
        if name not in {*cameras, DEFAULT}:
            near = difflib.get_close_matches(name, cameras, 1, 0.6)
            hint = f"write `{near[0]}` if that is meant" if near else "name it as in the collector's file"
            yield Fault(f"cameras.{name}", f"no box here has this camera: {hint}")
    buttons = any(sensor.type == "button" for box in boxes for sensor in box.sensors)
    if buttons and not any(rule.detector == "button" for rule in rules.detectors):
        yield Fault(
            "detectors",
            'no rule hears the buttons: add `{name: button, detector: button, match: "*/button", severity: 1.0}`',
        )
