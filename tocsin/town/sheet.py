"""A town written down in one YAML file: grids, people with their numbers and duty, devices.

`read` gives checked values or raises `Rejected` with every fault at once, each as a sentence that
names the place in the file. Loading the same file again changes nothing; people and places that
are no longer in it stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from tocsin.core.errors import Rejected
from tocsin.core.grids import Grid, GridKind, Position, Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel
from tocsin.town.ports import ContactAddress, DevicePlace, DutyShift, Person

ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Beginning of a duty that the file gives no beginning."""

Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class _GridEntry(_Entry):
    code: Code
    name: Name
    tier: Tier
    parent: Code | None = None
    kind: GridKind = GridKind.BASIC
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    radius_m: float = Field(default=500.0, gt=0, le=100_000)


class _ContactEntry(_Entry):
    channel: Channel
    address: str = Field(min_length=1, max_length=500)


class _DutyEntry(_Entry):
    since: AwareDatetime = ALWAYS
    until: AwareDatetime | None = None


class _PersonEntry(_Entry):
    id: Id
    name: Name
    grid: Code
    tier: Tier | None = None
    department: str = Field(default="", max_length=64)
    supervisor: bool = False
    order: int = Field(default=1, ge=1, le=1000)
    language: Literal["zh", "en"] = "zh"
    contacts: list[_ContactEntry] = Field(default_factory=list, max_length=10)
    duty: list[_DutyEntry] | Literal["always"] = Field(default_factory=list, max_length=1000)


class _DeviceEntry(_Entry):
    device: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    kind: Literal["camera", "sensor", "button"]
    name: Name
    grid: Code
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    certified: bool = False


class _Sheet(_Entry):
    grids: list[_GridEntry] = Field(default_factory=list, max_length=50_000)
    people: list[_PersonEntry] = Field(default_factory=list, max_length=100_000)
    devices: list[_DeviceEntry] = Field(default_factory=list, max_length=100_000)


@dataclass(frozen=True, slots=True)
class TownSheet:
    """What one file says, parents before children."""

    grids: tuple[Grid, ...]
    people: tuple[Person, ...]
    contacts: tuple[ContactAddress, ...]
    duty: tuple[DutyShift, ...]
    devices: tuple[DevicePlace, ...]


def read(text: str) -> TownSheet:
    """Read a file's text; raises `Rejected` (`town.yaml`, `town.faults`)."""
    try:
        data: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Rejected("town.yaml", f"not YAML: {error}") from error
    if not isinstance(data, dict):
        raise Rejected("town.yaml", "a town is a mapping with `grids`, `people` and `devices`")
    try:
        sheet = _Sheet.model_validate(data)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)
        ]
        raise Rejected("town.faults", "\n".join(faults)) from error
    return TownSheet(
        grids=tuple(_grids(sheet.grids)),
        people=tuple(_person(entry) for entry in sheet.people),
        contacts=tuple(
            ContactAddress(person=PersonId(entry.id), channel=one.channel, address=one.address, rank=rank)
            for entry in sheet.people
            for rank, one in enumerate(entry.contacts, 1)
        ),
        duty=tuple(shift for entry in sheet.people for shift in _duty(entry)),
        devices=tuple(_device(entry) for entry in sheet.devices),
    )


def _grids(entries: list[_GridEntry]) -> list[Grid]:
    """Order by parent and give paths; a grid whose parent is not in the file is refused."""
    known = {entry.code: entry for entry in entries}
    made: dict[str, Grid] = {}
    faults = [f"grids: code {e.code} stands twice" for e in entries if known[e.code] is not e]
    faults += [
        f"grids: {e.code} names the parent {e.parent}, which is not in the file: add it before"
        for e in entries
        if e.parent is not None and e.parent not in known
    ]
    waiting = [] if faults else list(known.values())
    while waiting:
        ready = [e for e in waiting if e.parent is None or e.parent in made]
        if not ready:
            faults.append(
                f"grids: {', '.join(e.code for e in waiting)} are each other's parents: let one have none"
            )
            break
        for entry in ready:
            made[entry.code] = _grid(entry, made)
        waiting = [e for e in waiting if e.code not in made]
    if faults:
        raise Rejected("town.faults", "\n".join(faults))
    return list(made.values())


def _grid(entry: _GridEntry, made: dict[str, Grid]) -> Grid:
    centre = (
        Position(entry.latitude, entry.longitude)
        if entry.latitude is not None and entry.longitude is not None
        else None
    )
    return Grid(
        code=GridCode(entry.code),
        name=entry.name,
        parent=None if entry.parent is None else GridCode(entry.parent),
        tier=entry.tier,
        kind=entry.kind,
        path=entry.code if entry.parent is None else f"{made[entry.parent].path}.{entry.code}",
        centre=centre,
        radius_m=entry.radius_m,
    )


def _person(entry: _PersonEntry) -> Person:
    return Person(
        id=PersonId(entry.id),
        name=entry.name,
        grid=GridCode(entry.grid),
        tier=entry.tier,
        department=entry.department,
        supervisor=entry.supervisor,
        order=entry.order,
        language=entry.language,
    )


def _duty(entry: _PersonEntry) -> list[DutyShift]:
    shifts = [_DutyEntry()] if isinstance(entry.duty, str) else entry.duty
    return [
        DutyShift(person=PersonId(entry.id), grid=GridCode(entry.grid), since=one.since, until=one.until)
        for one in shifts
    ]


def _device(entry: _DeviceEntry) -> DevicePlace:
    return DevicePlace(
        device=entry.device,
        collector=entry.device.partition("/")[0],
        kind=entry.kind,
        name=entry.name,
        grid=GridCode(entry.grid),
        latitude=entry.latitude,
        longitude=entry.longitude,
        certified=entry.certified,
    )
