import socket
import threading

import pytest

from tocsin.ingest.config import MqttConfig
from tocsin.ingest.protocol import CONNECT_FIVE, speaks_five, understands


@pytest.mark.parametrize(
    ("answer", "five"),
    [
        (bytes.fromhex("20030000"), True),
        (bytes.fromhex("20030087"), True),
        (bytes.fromhex("20020001"), False),
        (b"", False),
        (b"HTTP", False),
    ],
)
def test_answers(answer, five):
    assert understands(answer) is five


def test_the_question_is_a_whole_packet():
    assert CONNECT_FIVE[1] == len(CONNECT_FIVE) - 2


@pytest.mark.parametrize(("answer", "five"), [(bytes.fromhex("2003000000"), True), (b"", False)])
def test_a_broker_is_asked(answer, five):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                assert line.recv(100) == CONNECT_FIVE
                line.sendall(answer)

        broker = threading.Thread(target=serve)
        broker.start()
        assert speaks_five(MqttConfig(port=server.getsockname()[1]), None) is five
        broker.join()


def test_nobody_there_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        speaks_five(MqttConfig(port=port), None)
