"""Videos for tests, made from drawn pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np

from tocsin.core.frames import Image


def film(path: Path, images: Iterable[Image], rate: int) -> Path:
    """Write pictures as MPEG-4, `rate` a second."""
    with av.open(str(path), "w") as container:
        stream = None
        for image in images:
            if stream is None:
                stream = container.add_stream("mpeg4", rate=rate)
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.bit_rate = 4_000_000
            shown = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), "rgb24")):
                container.mux(packet)
        if stream is not None:
            for packet in stream.encode():
                container.mux(packet)
    return path
