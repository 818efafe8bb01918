"""Write the files of the demo's three collectors and of its detectors, as an engineer would write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tocsin.demo import village


def collector_file(
    name: str,
    *,
    partition: int,
    broker: tuple[str, int],
    password: str,
    field: tuple[int, int],
    outbox: Path,
    detectors: Path,
) -> str:
    """Give one collector's YAML; `field` is the HTTP port and the MQTT port of the field process."""
    http_port, mqtt_port = field
    document: dict[str, Any] = {
        "collector": name,
        "partition": partition,
        "grid": str(village.collector_grid(name)),
        "broker": {"host": broker[0], "port": broker[1], "username": name, "password": password},
        "local_broker": {"host": "127.0.0.1", "port": mqtt_port},
        "outbox": {"path": str(outbox)},
        "heartbeat_seconds": 5,
        "clock": "synced",
        "snapshot_minutes": 1,
        "drain_seconds": 30,
        "detectors": str(detectors),
        "cameras": [
            {
                "type": "http",
                "name": camera.device,
                "url": f"http://127.0.0.1:{http_port}/camera/{camera.device}.jpg",
                "digest": False,
                "interval_seconds": 1,
            }
            for camera in village.CAMERAS
            if camera.village.collector == name
        ],
        "sensors": [_sensor(sensor) for sensor in village.sensors() if sensor.village.collector == name],
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


def detectors_file() -> str:
    """Give the YAML of what watches the town; box and centre read the same, rules over readings are as shipped."""
    cameras = {
        f"{camera.village.collector}/{camera.device}": list(camera.detectors) for camera in village.CAMERAS
    }
    return yaml.safe_dump({"cameras": cameras}, allow_unicode=True, sort_keys=False)


def _sensor(sensor: village.SensorPlan) -> dict[str, Any]:
    topic = f"field/{sensor.device}"
    if sensor.quantity == "button":
        return {
            "type": "button",
            "name": sensor.device,
            "topic": topic,
            "path": "action",
            "pressed": ["single"],
        }
    return {
        "type": "mqtt",
        "name": sensor.device,
        "topic": topic,
        "values": {sensor.quantity: {"stream": f"{sensor.device}/{sensor.quantity}", "unit": sensor.unit}},
    }
