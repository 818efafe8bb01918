"""A network camera on loopback: RTSP with H.264 over the same TCP connection, for ever, at real pace."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import av
import numpy as np

RATE = 20
GROUP = 10
NAL_BYTES_MAX = 1200


def _film(frames: int = 40) -> list[list[bytes]]:
    """Draw a scene that grows darker; give the NAL units of each frame, a key frame every half second."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 128, 96, "yuv420p"
    encoder.framerate, encoder.gop_size = RATE, GROUP
    encoder.options = {"tune": "zerolatency", "x264-params": f"keyint={GROUP}:scenecut=0"}
    film = []
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(np.full((96, 128, 3), 250 - 4 * number, np.uint8), format="bgr24")
        frame.pts = number
        film += [_units(bytes(packet)) for packet in encoder.encode(frame)]
    return film


def _units(stream: bytes) -> list[bytes]:
    parts = stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def _payloads(unit: bytes) -> list[bytes]:
    """Cut one unit into RTP payloads (RFC 6184: whole, or FU-A)."""
    if len(unit) <= NAL_BYTES_MAX:
        return [unit]
    head, body = unit[0], unit[1:]
    pieces = [body[i : i + NAL_BYTES_MAX] for i in range(0, len(body), NAL_BYTES_MAX)]
    last = len(pieces) - 1
    return [
        bytes([head & 0xE0 | 28, (i == 0) << 7 | (i == last) << 6 | head & 0x1F]) + piece
        for i, piece in enumerate(pieces)
    ]


class RtspCamera:
    """What `camera_on_the_network` gives."""

    def __init__(self) -> None:
        self.port = 0
        self.viewers = 0
        """Sessions begun so far."""
        self._film = _film()
        self._ends: list[asyncio.StreamWriter] = []

    def cut(self, *, politely: bool = False) -> None:
        """Drop every connection, as a camera does that begins anew, politely or not."""
        for end in self._ends:
            if politely:
                end.close()
            else:
                end.transport.abort()
        self._ends.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one viewer until he or the camera goes."""
        self._ends.append(writer)
        playing: asyncio.Task[None] | None = None
        try:
            while request := await self._request(reader):
                method, headers = request
                writer.write(self._answer(method, headers))
                if method == "PLAY":
                    self.viewers += 1
                    playing = asyncio.create_task(self._play(writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if playing is not None:
                playing.cancel()
                await asyncio.gather(playing, return_exceptions=True)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
        while True:
            first = await reader.read(1)
            if not first:
                return None
            if first != b"$":
                break
            _, length = struct.unpack(">BH", await reader.readexactly(3))
            await reader.readexactly(length)
        lines = (first + await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        return lines[0].split(" ")[0], headers

    def _answer(self, method: str, headers: dict[str, str]) -> bytes:
        said = ["RTSP/1.0 200 OK", f"CSeq: {headers['CSeq']}", "Session: 1"]
        body = ""
        if method == "OPTIONS":
            said.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        elif method == "DESCRIBE":
            body = self._description()
            said += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            said.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        return ("\r\n".join(said) + "\r\n\r\n" + body).encode()

    def _description(self) -> str:
        sets = ",".join(base64.b64encode(u).decode() for u in self._film[0] if u[0] & 0x1F in {7, 8})
        return (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=yard\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
            "c=IN IP4 0.0.0.0\r\na=rtpmap:96 H264/90000\r\n"
            f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets}\r\na=control:track0\r\n"
        )

    async def _play(self, writer: asyncio.StreamWriter) -> None:
        sequence = count = 0
        while True:
            units = self._film[count % len(self._film)]
            stamp = count * 90_000 // RATE
            payloads = [payload for unit in units for payload in _payloads(unit)]
            for index, payload in enumerate(payloads):
                marker = 0x80 if index == len(payloads) - 1 else 0
                packet = struct.pack(">BBHII", 0x80, marker | 96, sequence & 0xFFFF, stamp, 7) + payload
                writer.write(b"$" + struct.pack(">BH", 0, len(packet)) + packet)
                sequence += 1
            await writer.drain()
            count += 1
            await asyncio.sleep(1 / RATE)


@asynccontextmanager
async def camera_on_the_network() -> AsyncIterator[RtspCamera]:
    """Run one until the context ends."""
    camera = RtspCamera()
    server = await asyncio.start_server(camera.serve, "127.0.0.1", 0)
    camera.port = server.sockets[0].getsockname()[1]
    try:
        yield camera
    finally:
        server.close()
        camera.cut()
        await asyncio.sleep(0.05)
