"""Parameters that many routes share, each with its bounds and description."""

from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import AwareDatetime

from tocsin.core.ids import AlarmId, CollectorId, DeviceId, IncidentId, PictureHash, StreamId

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
NESTED: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,4}$"

IncidentPath = Annotated[
    IncidentId, Path(description="The incident's id.", min_length=1, max_length=64, pattern=NAME)
]
AlarmPath = Annotated[AlarmId, Path(description="The alarm's id.", min_length=1, max_length=64, pattern=NAME)]
PicturePath = Annotated[
    PictureHash,
    Path(
        description="SHA-256 of the picture's exact bytes: 64 hexadecimal digits.", pattern=r"^[0-9a-f]{64}$"
    ),
]
MostQuery = Annotated[int, Query(description="How many at most, 1 to 500.", ge=1, le=500)]
CollectorQuery = Annotated[
    CollectorId | None, Query(description="Only those of this collector.", max_length=64, pattern=NAME)
]
DeviceQuery = Annotated[
    DeviceId | None,
    Query(description="Only those of this device: `weir/gauge-1`.", max_length=130, pattern=NESTED),
]
CameraQuery = Annotated[
    DeviceId, Query(description="The camera: `weir/camera-1`.", min_length=1, max_length=130, pattern=NESTED)
]
StreamQuery = Annotated[
    StreamId,
    Query(description="The stream: `weir/gauge-1/level`.", min_length=1, max_length=330, pattern=NESTED),
]
BeforeQuery = Annotated[
    AwareDatetime | None,
    Query(description="Only those opened before this instant, with offset: for the next page."),
]
