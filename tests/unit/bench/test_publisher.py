import pytest

from tocsin.bench.publisher import envelope, name, publish
from tocsin.core.wire import open_envelope, senml_items


def test_an_envelope_of_the_load_is_one():
    opened = open_envelope(envelope(3, 7, 50, 1_700_000_000_000_000, 1_600_000_000_000_000))
    assert (opened.collector, opened.seq, len(senml_items(opened))) == (name(3), 7, 50)


@pytest.mark.parametrize("size", [0, 100, 200, 20_000])
def test_a_packet_says_its_length(size):
    packet = publish("t", 5, b"x" * size)
    length = shift = 0
    for place, digit in enumerate(packet[1:], 2):
        length |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            assert len(packet) - place == length == size + 5
            return
