"""The last step of cameras that give whole JPEGs: masks burnt in, damaged ones counted, handed over."""

from __future__ import annotations

import asyncio

from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId
from tocsin.edge import pictures
from tocsin.edge.config import CameraConfig
from tocsin.edge.ports import Intake


async def hand_over(intake: Intake, camera: DeviceId, config: CameraConfig, jpeg: bytes) -> bool:
    """Mask and hand over one picture; say whether it could be used."""
    try:
        masked = await asyncio.to_thread(
            pictures.masked, jpeg, config.masks, width_max=config.width_max, quality=config.jpeg_quality
        )
    except Rejected as error:
        intake.damaged(camera, error.code)
        intake.fault(camera, error.reason)
        return False
    await intake.picture(camera, masked)
    return True
