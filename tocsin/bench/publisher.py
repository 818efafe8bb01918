"""A load of sealed envelopes from one process: `python -m tocsin.bench.publisher PORT COLLECTORS STREAMS FIRST LAST`.

Speaks just enough MQTT 3.1.1 by hand that making the load costs little beside taking it in. Every
collector sends envelopes FIRST to LAST, each with one reading of each of its streams, at QoS 1 with
a bounded number unacknowledged. Hangs up when its standard input ends.
"""

from __future__ import annotations

import math
import socket
import sys
from typing import Final

from tocsin.core.clock import SystemClock, to_us
from tocsin.core.ids import CollectorId
from tocsin.core.wire import ClockState, Envelope, Lane, Senml, pack_items, seal, up_topic

WINDOW: Final = 400
"""Messages without the broker's acknowledgement."""
PUBACK_BYTES: Final = 4
PUBLISH_QOS_1: Final = 0x32
CONNECT: Final = b"\x00\x04MQTT\x04\x02\x00\x3c"


def name(number: int) -> CollectorId:
    """Name a collector of the load."""
    return CollectorId(f"bench-{number:03d}")


def publish(topic: str, packet: int, payload: bytes) -> bytes:
    """Encode a PUBLISH at QoS 1."""
    where = topic.encode()
    body = len(where).to_bytes(2, "big") + where + packet.to_bytes(2, "big") + payload
    return bytes([PUBLISH_QOS_1]) + _length(len(body)) + body


def _length(number: int) -> bytes:
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(digits)


def envelope(collector: int, sequence: int, streams: int, now_us: int, begin_us: int) -> bytes:
    """Seal one envelope: a reading of every stream, a second after the one before."""
    at = begin_us + sequence * 1_000_000
    items = [
        Senml(n=f"s{stream:02d}/temperature", u="Cel", v=20 + 3 * math.sin(sequence / 60 + stream), us=at)
        for stream in range(streams)
    ]
    return seal(
        Envelope(
            v=1,
            collector=name(collector),
            epoch=1,
            lane=Lane.DATA,
            seq=sequence,
            boot="bench",
            sent=now_us,
            mono=now_us - begin_us,
            clock=ClockState.SYNCED,
            items=pack_items(items),
        )
    )


def main(port: int, collectors: int, streams: int, first: int, last: int, begin_us: int) -> None:  # noqa: PLR0917 - the command line, in its order
    """Send everything."""
    clock = SystemClock()
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        identifier = f"bench-{first}".encode()
        body = CONNECT + len(identifier).to_bytes(2, "big") + identifier
        line.sendall(bytes([0x10]) + _length(len(body)) + body)
        line.recv(4)
        packet = waiting = 0
        for sequence in range(first, last + 1):
            for collector in range(collectors):
                packet = packet % 65_535 + 1
                payload = envelope(collector, sequence, streams, to_us(clock.now()), begin_us)
                line.sendall(publish(up_topic(collector % 64, name(collector), "data"), packet, payload))
                waiting += PUBACK_BYTES
                while waiting > WINDOW * PUBACK_BYTES:
                    waiting -= _acknowledged(line)
        while waiting:
            waiting -= _acknowledged(line)
        sys.stdin.read()


def _acknowledged(line: socket.socket) -> int:
    answer = len(line.recv(65_536))
    if not answer:
        raise SystemExit("the broker closed the connection")
    return answer


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:7]))
