"""What moves in one camera's view, joined: regions, the model's finds where it is asked, and tracks.

`see` adds `things` and `tracks` to a `Look`. All that it knows is in its snapshot; the model is asked at
most once a picture and only through the gate. What the model does not name counts as a moving thing at once where
there is no model and under infra-red light, in which models miss people; else after two seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np

from tocsin.core.errors import Rejected
from tocsin.core.frames import Box, Polygon
from tocsin.detectors.base import SECOND_US, Finder
from tocsin.detectors.blobs import Blob, blobs, stir_picture, stir_share, stirred
from tocsin.detectors.gate import Gate
from tocsin.detectors.look import Gray, Look
from tocsin.detectors.restless import Restless
from tocsin.detectors.settled import SIZE, Settled
from tocsin.detectors.tracks import MOVING, Follower, Sight

_STILL: Final = 0.02
"""Share of a box below which nothing stirred there."""
_SAME: Final = 0.5
"""A region of which this part lies in a find is the same thing."""
_AGE_US: Final = 30 * SECOND_US
"""A picture older than this says nothing about what stirs now."""


class _State(msgspec.Struct, array_like=True):
    before: bytes
    before_us: int
    follower: bytes
    gate: bytes
    restless: bytes
    settled: bytes


class Following:
    """Follow what moves in one camera's view."""

    def __init__(
        self, zones: Sequence[Polygon | None], *, finder: Finder | None = None, whole: bool = False
    ) -> None:
        """`zones` are those of the rules that want tracks; `whole`: one of them counts what is in its zone."""
        self._finder = finder
        self._gate = Gate(zones, whole=whole)
        self._follower = Follower()
        self._restless = Restless()
        self._settled = Settled()
        self._before: Gray | None = None
        self._before_us = 0

    def see(self, look: Look) -> Look:
        """Take one picture; gives it with what was seen and what is followed."""
        now = stir_picture(look)
        fresh = 0 <= look.at_us - self._before_us <= _AGE_US and not look.switched
        stir = stirred(self._before if fresh else None, now)
        if stir is not None:
            self._restless.learn(stir, (look.at_us - self._before_us) / SECOND_US)
        self._before, self._before_us = now, look.at_us
        moving = blobs(look, stir, now, self._settled)
        followed = self._follower.boxes()
        region, things = None, None
        if self._finder is not None:
            region = self._gate.region(look, moving, stir, followed)
            if region is not None:
                things = _found(self._finder, look, region)
        rows, columns = look.gray.shape
        tracks = self._follower.follow(
            look.at_us,
            columns / rows,
            _sights(moving, things, stir),
            [
                stir is not None and stir_share(stir, one.x, one.y, one.width, one.height) < _STILL
                for one in followed
            ],
            asked=region,
            nameless=self._finder is None or look.infrared,
            restless=self._restless,
        )
        return replace(look, things=things, tracks=tracks)

    def snapshot(self) -> bytes:
        """Give everything it knows."""
        return msgspec.msgpack.encode(
            _State(
                b"" if self._before is None else self._before.tobytes(),
                self._before_us,
                self._follower.state(),
                self._gate.state(),
                self._restless.state(),
                self._settled.state(),
            )
        )

    def restore(self, state: bytes) -> None:
        """Go on from a snapshot; raises `Rejected` (`detectors.state`) for anything else."""
        try:
            known = msgspec.msgpack.decode(state, type=_State)
            before = np.frombuffer(known.before, np.uint8)
            self._before = before.reshape(SIZE[1], SIZE[0]).copy() if before.size else None
            self._before_us = known.before_us
            self._follower.set_state(known.follower)
            self._gate.set_state(known.gate)
            self._restless.set_state(known.restless)
            self._settled.set_state(known.settled)
        except (ValueError, msgspec.MsgspecError) as error:
            raise Rejected("detectors.state", "the saved tracks are damaged; start without them") from error


def _found(finder: Finder, look: Look, region: Box) -> tuple[Box, ...]:
    """Ask about a part of the picture, in its own size; gives places in the whole of it."""
    rows, columns = look.image.shape[:2]
    top, left = int(region.y * rows), int(region.x * columns)
    bottom, right = round((region.y + region.height) * rows), round((region.x + region.width) * columns)
    part = look.image[top:bottom, left:right]
    if min(part.shape[:2]) < 8:
        return ()
    wide, high = part.shape[1] / columns, part.shape[0] / rows
    return tuple(
        Box(
            x=round(left / columns + box.x * wide, 4),
            y=round(top / rows + box.y * high, 4),
            width=round(box.width * wide, 4),
            height=round(box.height * high, 4),
            label=box.label,
            score=box.score,
        )
        for box in finder.find(part)
    )


def _sights(moving: Sequence[Blob], things: Sequence[Box] | None, stir: Gray | None) -> list[Sight]:
    named = [
        Sight(box, stir_share(stir, box.x, box.y, box.width, box.height), solid=True)
        for box in things or ()
        if box.width > 0 and box.height > 0
    ]
    rest = [
        Sight(Box(blob.x, blob.y, blob.width, blob.height, MOVING), blob.stirs, solid=blob.solid)
        for blob in moving
        if not any(_within(blob, sight.box) for sight in named)
    ]
    return [*named, *rest]


def _within(blob: Blob, box: Box) -> bool:
    across = min(blob.x + blob.width, box.x + box.width) - max(blob.x, box.x)
    down = min(blob.y + blob.height, box.y + box.height) - max(blob.y, box.y)
    return across > 0 and down > 0 and across * down >= _SAME * blob.width * blob.height
