"""Parameters that many routes share, each with its bounds and description."""

from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import AwareDatetime

from tocsin.core.grids import Tier
from tocsin.core.ids import (
    AlarmId,
    CollectorId,
    DeviceId,
    GridCode,
    IncidentId,
    OrganisationCode,
    PersonId,
    PictureHash,
    StreamId,
)
from tocsin.core.incidents import Source, Stage, State

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
BeforeIdQuery = Annotated[
    IncidentId | None,
    Query(
        description="With `before`: the last line shown; those opened at that very instant go on after it.",
        max_length=64,
        pattern=NAME,
    ),
]
StateQuery = Annotated[
    list[State], Query(alias="state", description="Only these states; may be repeated.", max_length=13)
]
MatterQuery = Annotated[
    str,
    Query(description="Only this matter: its code, or a beginning of one.", pattern=r"^[0-9]{0,8}$"),
]
OrganisationQuery = Annotated[
    OrganisationCode | None,
    Query(description="Only those that this organisation leads.", max_length=64, pattern=r"^[^./\s]+$"),
]
SourceQuery = Annotated[Source | None, Query(description="Only those heard of there.")]
LevelQuery = Annotated[Tier | None, Query(description="Only cases that this level deals with now.")]
StageQuery = Annotated[Stage | None, Query(description="Only cases that wait for this.")]
DrillQuery = Annotated[bool | None, Query(description="`true`: only drills; `false`: none of them.")]
OverdueQuery = Annotated[
    bool | None, Query(description="`true`: only open cases whose stage should be over.")
]
OpenedSinceQuery = Annotated[
    AwareDatetime | None, Query(alias="since", description="Only those opened then or later, with offset.")
]
OpenedUntilQuery = Annotated[
    AwareDatetime | None, Query(alias="until", description="Only those opened before, with offset.")
]
GridQuery = Annotated[
    GridCode | None,
    Query(description="Only those of this grid and what lies below it.", max_length=64, pattern=NAME),
]
ReporterQuery = Annotated[
    PersonId | None, Query(description="Only those that this person reported.", max_length=64, pattern=NAME)
]
