import pytest

from tocsin.core.errors import Rejected
from tocsin.core.ids import (
    CollectorId,
    StreamId,
    collector_id,
    collector_of,
    derived_id,
    device_of,
    new_id,
    stream_id,
)


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "-a", "ä", "x" * 65, "a b", "a\n"])
def test_a_bad_collector_name_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(Rejected, match="use 1 to 64"):
        collector_id(name)


@pytest.mark.parametrize("name", ["a//b", "/a", "a/", "a/b/c/d/e", "a/+"])
def test_a_bad_stream_name_is_refused(name: str) -> None:
    with pytest.raises(Rejected, match=r"stream\.name"):
        stream_id(CollectorId("box"), name)


def test_a_stream_names_its_device_and_collector() -> None:
    stream = stream_id(CollectorId("weir"), "gauge-1/level")
    assert stream == StreamId("weir/gauge-1/level")
    assert device_of(stream) == "weir/gauge-1"
    assert collector_of(stream) == "weir"


def test_derived_ids_depend_on_every_part_and_its_place() -> None:
    assert derived_id("a", "b") == derived_id("a", "b")
    assert derived_id("a", "b") != derived_id("b", "a")
    assert derived_id("ab", "") != derived_id("a", "b")
    assert new_id() != new_id()
