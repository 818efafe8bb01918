"""The child process that decodes one video: masked JPEG pictures on stdout, nothing else leaves it.

Started as `python -m tocsin.edge.cameras.decode` with one JSON object on the command line. A
library that aborts, hangs or leaks takes only this process with it. Every message is a letter, a
length and that many bytes: `P` picture, `F` a fault as a sentence (then it ends), `E` end of file.
A line `burst SECONDS` on stdin orders a burst: every frame of the next seconds of video, small, as
`B` (seconds since its first frame, then the picture), and `O` when it is over. Pictures go on.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from tocsin.core.clock import SystemClock

HEADER: Final = struct.Struct(">cI")
POSITION: Final = struct.Struct(">d")
"""Begins a `B`: seconds of video since the first frame of the burst."""
BURST_WIDTH_MAX: Final = 640
BURST_SECONDS_MAX: Final = 10.0
_GRACE: Final = 0.001
"""Positions are rounded to the video's time base."""
_NEIGHBOURS: Final = 0.2
"""Frames further apart are no neighbours: a burst of five a second is worth nothing."""
_WAITED_MAX: Final = 50
"""Frames without neighbours after which a burst is given up."""
_JUMP: Final = 1.0
"""Further back than this a video has begun anew; less is the order in which frames are coded."""
MESSAGE_BYTES_MAX: Final = 8 * 1024 * 1024
_PR_SET_PDEATHSIG: Final = 1
_FRAME_BYTES_MAX: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What the child is to do."""

    url: str
    interval_seconds: float
    key_frames_only: bool
    speed: float
    """Times real time; 0 as fast as it decodes; 1 for what is live anyway."""
    live: bool
    loop: bool
    masks: list[list[tuple[float, float]]]
    width_max: int
    quality: int
    transport: Literal["tcp", "udp"] = "tcp"
    timeout_seconds: float = 15.0

    def to_argument(self) -> str:
        """Write it as the child's argument."""
        return json.dumps(asdict(self))


class Pacer:
    """Which frames are shown, and when; pure: told the time, answers how long to wait."""

    def __init__(self, interval_seconds: float, speed: float) -> None:
        self._interval = interval_seconds
        self._speed = speed
        self._shown: float | None = None
        self._base: tuple[float, float] | None = None

    def wants(self, position: float) -> bool:
        """Say whether the frame at this position of the video is due."""
        if self._shown is not None and 0 <= position - self._shown < self._interval - _GRACE:
            return False
        self._shown = position
        return True

    def wait(self, position: float, now: float) -> float:
        """Give the seconds until the frame should be shown."""
        if self._speed <= 0:
            return 0.0
        if self._base is None:
            self._base = (position, now)
        return max(0.0, self._base[1] + (position - self._base[0]) / self._speed - now)


class BurstOrders:
    """Which frames belong to a burst; pure: told positions, answers with seconds since its first frame."""

    def __init__(self) -> None:
        self._ordered = 0.0
        self._seconds = 0.0
        self._began: float | None = None
        self._last = float("-inf")
        self._waited = 0

    def order(self, seconds: float) -> None:
        """Begin a burst as soon as every frame is decoded; one that runs is not disturbed."""
        self._ordered = min(max(seconds, 0.0), BURST_SECONDS_MAX)

    @property
    def running(self) -> bool:
        """Whether every frame is wanted."""
        return self._ordered > 0 or self._began is not None

    def takes(self, position: float) -> float | None:
        """Give the seconds since the burst's first frame, None for a frame that is none of it."""
        gap, self._last = position - self._last, position
        if self._began is not None:
            since = position - self._began
            return since if 0 < since <= self._seconds + _GRACE else None
        if self._ordered <= 0:
            return None
        # A decoder still holds key frames that lie seconds apart when it is told to decode all.
        if not 0 < gap <= _NEIGHBOURS:
            self._waited += 1
            return None
        self._began, self._seconds, self._ordered, self._waited = position, self._ordered, 0.0, 0
        return 0.0

    def over(self, position: float) -> bool:
        """Say, once, that the burst has ended before this frame: by time, by a jump back, or for want of frames."""
        began = self._began
        ended = self._waited > _WAITED_MAX or (
            began is not None and (position < began or position - began > self._seconds + _GRACE)
        )
        if ended:
            self._began, self._ordered, self._waited = None, 0.0, 0
        return ended


def _listen(orders: BurstOrders) -> None:
    """Take orders from the parent until it closes the line."""
    for line in sys.stdin.buffer:
        words = line.split()
        if len(words) == 2 and words[0] == b"burst":
            try:
                orders.order(float(words[1]))
            except ValueError:
                continue


def _send(kind: bytes, payload: bytes) -> None:
    sys.stdout.buffer.write(HEADER.pack(kind, len(payload)) + payload)
    sys.stdout.buffer.flush()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _frames(order: Order, bursts: BurstOrders) -> Iterator[tuple[float, Any]]:
    """Decode; positions in seconds from the first frame. During a burst every frame is decoded, from a key frame on."""
    import av  # noqa: PLC0415 the parent imports this module for `Order` and must stay light

    av.logging.set_level(av.logging.PANIC)
    options = {"rtsp_transport": order.transport, "timeout": str(int(order.timeout_seconds * 1e6))}
    patience = (order.timeout_seconds, order.timeout_seconds) if order.live else None
    with av.open(order.url, options=options if order.live else {}, timeout=patience) as container:
        if not container.streams.video:
            raise ValueError("there is no video in it")
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        if order.key_frames_only:
            stream.codec_context.skip_frame = "NONKEY"
        first: float | None = None
        shown: float | None = None
        # What carries no instant is placed by its number, at a rate that can be true.
        rate = float(stream.average_rate or 25)
        rate = min(rate, 240.0)
        for number, frame in enumerate(container.decode(stream)):
            position: float | None = frame.time
            position = number / rate if position is None else position
            first = position if first is None else first
            if shown is None or position > shown or position < shown - _JUMP:
                # When key frames were all that was decoded, frames follow that come before the last one.
                shown = position
                yield position - first, frame
            if order.key_frames_only:
                # Frames in between rest on the key frame that was just shown.
                stream.codec_context.skip_frame = "DEFAULT" if bursts.running else "NONKEY"


def _picture(frame: Any, order: Order, width_max: int) -> bytes:
    from tocsin.edge import pictures  # noqa: PLC0415 loads OpenCV, in the child only

    if frame.width * frame.height * 3 > _FRAME_BYTES_MAX:
        raise ValueError(f"a picture of {frame.width} x {frame.height} points cannot be used")
    width = min(frame.width, width_max)
    height = max(2, round(frame.height * width / frame.width))
    image = frame.to_ndarray(format="bgr24", width=width, height=height)
    return pictures.encode(pictures.burn(image, order.masks), order.quality)


def _show(position: float, frame: Any, order: Order, bursts: BurstOrders, pacer: Pacer) -> None:
    if bursts.over(position):
        _send(b"O", b"")
    since = bursts.takes(position)
    due = pacer.wants(position)
    if not due and since is None:
        return
    time.sleep(pacer.wait(position, SystemClock().monotonic()))
    if due:
        _send(b"P", _picture(frame, order, order.width_max))
    if since is not None:
        small = _picture(frame, order, min(order.width_max, BURST_WIDTH_MAX))
        _send(b"B", POSITION.pack(since) + small)


def play(order: Order, bursts: BurstOrders) -> None:
    """Decode to the end once, or for ever with `loop`; a live stream has no end, only a failure."""
    while True:
        pacer, count = Pacer(order.interval_seconds, order.speed), 0
        for position, frame in _frames(order, bursts):
            count += 1
            _show(position, frame, order, bursts, pacer)
        if bursts.over(float("-inf")):
            _send(b"O", b"")
        if not count:
            raise ValueError("not one picture could be decoded")
        if order.live:
            # A file ends; a camera that ends its stream is to be asked again.
            raise ValueError("the camera ended the stream")
        if not order.loop:
            return
        # A file of one picture must not spin.
        time.sleep(min(order.interval_seconds, 1.0))


def main() -> None:
    """Do what the argument says; every failure that can still be told is told as a sentence."""
    _die_with_parent()
    os.nice(5)
    data = json.loads(sys.argv[1])
    order = Order(**data)
    bursts = BurstOrders()
    threading.Thread(target=_listen, args=(bursts,), name="orders", daemon=True).start()
    try:
        play(order, bursts)
    except BrokenPipeError:
        # The parent has gone; nothing is left to be told.
        os._exit(0)
    except Exception as error:  # noqa: BLE001 whatever a codec raises is told, and the parent starts a new child
        _send(b"F", str(error).replace(order.url, "the source")[:300].encode())
        sys.exit(1)
    _send(b"E", b"")


if __name__ == "__main__":
    main()
