from __future__ import annotations

import pytest
import yaml

from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode
from tocsin.edge import config
from tocsin.edge.provision import collector_yaml, new_password


def made(**changes: object) -> str:
    values: dict[str, object] = {
        "collector": "weir",
        "grid": GridCode("330106001001001"),
        "partition": 7,
        "host": "centre.example",
        "port": 8883,
        "username": "weir",
        "password": "p:w#1",
        "tls": True,
    }
    return collector_yaml(**{**values, **changes})  # type: ignore[arg-type]


def test_what_is_printed_is_a_configuration_that_loads() -> None:
    box = config.parse(made())
    assert (box.collector, box.partition, box.grid) == ("weir", 7, "330106001001001")
    assert (box.broker.host, box.broker.port, box.broker.secret()) == ("centre.example", 8883, "p:w#1")
    assert box.broker.tls is not None


def test_the_examples_in_it_load_when_they_are_uncommented() -> None:
    text = made()
    head, examples = text.split("# Cameras and sensors:")
    lines = [line.removeprefix("# ").removeprefix("#") for line in examples.splitlines()[3:]]
    box = config.parse(head + "\n".join(lines))
    assert len(box.cameras) == 2
    assert len(box.sensors) == 3


def test_digits_of_a_grid_stay_text() -> None:
    assert yaml.safe_load(made())["grid"] == "330106001001001"


def test_a_name_or_partition_that_cannot_be_is_refused() -> None:
    with pytest.raises(Rejected):
        made(collector="a/b")
    with pytest.raises(ValueError, match="partition"):
        made(partition=64)


def test_passwords_are_long_and_differ() -> None:
    assert new_password() != new_password()
    assert len(new_password()) >= 32
