"""The YAML that makes a collector: what `tocsin collector add NAME --grid CODE` prints.

The text holds the password, so it is shown once and kept nowhere at the centre. `load` accepts it
as it stands; cameras and sensors are examples to be uncommented.
"""

from __future__ import annotations

import secrets
from typing import Final

import yaml

from tocsin.core.ids import GridCode, collector_id
from tocsin.core.wire import PARTITIONS

PASSWORD_BYTES: Final = 24

_EXAMPLES: Final = """\
# Cameras and sensors: uncomment and change what you have, then run
#   tocsin edge check THIS-FILE
#
# cameras:
#   - type: rtsp
#     name: yard
#     url: rtsp://user:password@192.0.2.10/stream2
#     interval_seconds: 1
#     masks: [[[0.0, 0.0], [0.3, 0.0], [0.3, 0.2], [0.0, 0.2]]]
#   - type: http
#     name: gate
#     url: http://192.0.2.11/snapshot.jpg
#
# local_broker: {host: 127.0.0.1, port: 1883}
# sensors:
#   - type: mqtt
#     name: gauges
#     topic: zigbee2mqtt/+
#     values:
#       temperature: {stream: "{1}/temperature", unit: Cel}
#       smoke: {stream: "{1}/smoke", unit: /}
#   - type: senml
#     name: weir
#     topic: weir/senml
#   - type: button
#     name: help-1
#     topic: zigbee2mqtt/help-1
#     path: action
#     pressed: [single]
"""


def new_password() -> str:
    """Draw a password of 192 random bits that needs no quoting anywhere."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def collector_yaml(
    *,
    collector: str,
    grid: GridCode,
    partition: int,
    host: str,
    port: int,
    username: str | None,
    password: str | None,
    tls: bool = False,
    ca_file: str | None = None,
) -> str:
    """Write a collector's file; `tls` without `ca_file` trusts the system's authorities.

    Raises `Rejected` (`collector.name`) and `ValueError` for a partition that does not exist.
    """
    if not 0 <= partition < PARTITIONS:
        raise ValueError(f"partition {partition} is not one of 0 to {PARTITIONS - 1}")
    broker: dict[str, object] = {"host": host, "port": port}
    if username is not None:
        broker["username"] = username
    if password is not None:
        broker["password"] = password
    if tls or ca_file is not None:
        broker["tls"] = {} if ca_file is None else {"ca_file": ca_file}
    document = {
        "collector": str(collector_id(collector)),
        "partition": partition,
        "grid": str(grid),
        "broker": broker,
        "outbox": {"path": f"{collector}/outbox.sqlite"},
    }
    head = f"# Collector {collector}. Holds a password: readable by the collector's user only.\n"
    return head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True) + "\n" + _EXAMPLES
