"""Which version of MQTT a broker speaks, asked before the real connection.

The question is a bare CONNECT of version 5 without properties and without a name: a broker of 3.1.1
then still understands enough to refuse it. With properties it would read them as the client's name
and wait for the rest of it (aMQTT does).
"""

from __future__ import annotations

import socket
import ssl
from typing import Final

from tocsin.ingest.config import MqttConfig

CONNECT_FIVE: Final = bytes.fromhex("100d 0004 4d515454 05 02 000a 00 0000")
"""Clean start, keep-alive of 10 s, no properties, empty client id."""
CONNACK: Final = 0x20
REFUSED_VERSION: Final = 0x01
"""The answer of 3.1.1; every refusal of version 5 is 0x80 or more."""
ANSWER_SECONDS: Final = 3.0


def understands(answer: bytes) -> bool:
    """Say whether the first four bytes of an answer come from a broker of version 5."""
    return len(answer) == 4 and answer[0] == CONNACK and answer[3] != REFUSED_VERSION


def speaks_five(config: MqttConfig, context: ssl.SSLContext | None) -> bool:
    """Ask; blocks. Raises `OSError` when nobody listens; no answer counts as no."""
    plain = socket.create_connection((config.host, config.port), timeout=config.connect_seconds)
    with plain:
        asked = context.wrap_socket(plain, server_hostname=config.host) if context is not None else plain
        with asked:
            asked.settimeout(ANSWER_SECONDS)
            asked.sendall(CONNECT_FIVE)
            answer = b""
            try:
                while len(answer) < 4 and (more := asked.recv(4 - len(answer))):
                    answer += more
            except (TimeoutError, ConnectionError):
                return False
    return understands(answer)
