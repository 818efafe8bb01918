"""Another configuration of the detectors tried on the past."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from tocsin.alerts.quality_ports import Truth
from tocsin.api.replays import ReplayState
from tocsin.api.schemas.base import Schema
from tocsin.core.detections import Kind

TEXT_MAX = 60_000
"""Characters; with its quoting it fits the bound on bodies."""

ConfigurationText = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX)]


class CheckBody(Schema):
    """A configuration to look at."""

    text: ConfigurationText
    """YAML, as in `detectors.yaml`."""


class FaultView(Schema):
    """One thing that is wrong, or hardly meant."""

    line: int | None
    """Line, from 1; null where it is about the whole."""
    place: str
    """Which key; empty where it is about the whole."""
    sentence: str
    """What is wrong and what to write instead."""


class CheckView(Schema):
    """What there is to say of a configuration."""

    faults: list[FaultView]
    """It cannot be used with these."""
    warnings: list[FaultView]
    """It can be used with these."""


class ReplayBody(Schema):
    """A configuration and a period to try it on."""

    text: ConfigurationText
    """YAML, as in `detectors.yaml`."""
    since: AwareDatetime
    """Beginning, with offset."""
    until: AwareDatetime
    """End, with offset; at most 8 days later."""


class CountsView(Schema):
    """Incidents by what people said of them."""

    real: int
    """Real."""
    false: int
    """False."""
    unjudged: int
    """Not judged, or nothing like it happened."""


class ChangedView(Schema):
    """One incident that changes."""

    change: str
    """`gained`, `lost` or `moved`."""
    kind: Kind
    """Kind."""
    grid: str
    """Code of its grid."""
    devices: list[str]
    """Devices of its alarms."""
    detectors: list[str]
    """Their detectors."""
    streams: list[str]
    """Streams and cameras that they watched."""
    before: datetime | None
    """When it is opened under the current configuration; null for one gained."""
    after: datetime | None
    """… and under the new one; null for one lost."""
    seconds: float | None
    """How much later under the new one; null unless it is in both."""
    judgement: Truth
    """What a person said of the recorded one."""
    incident: str | None
    """The recorded one; null where nothing like it happened."""


class StreamChangeView(Schema):
    """What changes at one stream or camera."""

    stream: str
    """The stream, or the camera."""
    gained: CountsView
    """Incidents gained."""
    lost: CountsView
    """Incidents lost."""
    moved: int
    """Incidents that move in time."""
    same: int
    """Incidents that stay as they are."""


class UnreplayedView(Schema):
    """A recorded incident of which nothing is said."""

    incident: str
    """Its id."""
    kind: Kind
    """Kind."""
    grid: str
    """Code of its grid."""
    opened: datetime
    """When it was opened."""
    judgement: Truth
    """What a person said."""
    why: str
    """`report`, `picture`, `reading` or `other`."""


class MaterialView(Schema):
    """What was replayed, and what was not there."""

    readings: int
    """Readings shown."""
    flushes: int
    """Flushes shown, empty ones too."""
    filled: int
    """Instants made up where the log of flushes is thinned."""
    pictures: int
    """Pictures shown."""
    pictures_missing: int
    """Pictures that are not kept here, or damaged."""
    cameras: int
    """Cameras with pictures."""
    streams: int
    """Streams with readings."""
    detections_before: int
    """Detections under the current configuration."""
    detections_after: int
    """… and under the new one."""
    from_kept: datetime | None
    """Where readings begin, when that is later than was asked."""


class ReplayResultView(Schema):
    """One configuration against the current one over the same material."""

    since: datetime
    """Beginning."""
    until: datetime
    """End."""
    warm_up_hours: float
    """Hours before it in which detectors learnt."""
    scope: str
    """Path of the subtree that was replayed."""
    before: str
    """Digest of the current configuration."""
    after: str
    """Digest of the new one."""
    incidents_before: int
    """Incidents under the current configuration."""
    incidents_after: int
    """… and under the new one."""
    gained: CountsView
    """Incidents gained."""
    lost: CountsView
    """Incidents lost: a real one is a miss, a false one a nuisance less."""
    moved: int
    """Incidents that move in time."""
    same: int
    """Incidents that stay as they are."""
    rows: list[ChangedView]
    """Those that change, in order of time; at most 1000 of each change."""
    streams: list[StreamChangeView]
    """By stream and camera, those where most changes first."""
    recorded: int
    """Incidents of the record in that period."""
    reproduced: int
    """Of these given again by the current configuration."""
    unreplayed: list[UnreplayedView]
    """The others; at most 1000."""
    material: MaterialView
    """What it rests on."""


class ReplayView(Schema):
    """One replay and where it stands; it is gone when this process of the centre ends."""

    id: str
    """Its id."""
    person: str
    """Who asked: an id."""
    since: datetime
    """Beginning of the period."""
    until: datetime
    """End."""
    asked: datetime
    """When it was asked for."""
    state: ReplayState
    """`running`, `done`, `failed` or `cancelled`."""
    what: str
    """What it does now: `readings`, `pictures`, `incidents`; empty at the beginning."""
    part: float
    """How much of that is done, 0 to 1."""
    ended: datetime | None
    """When it ended."""
    reason: str
    """Why it failed."""
    result: ReplayResultView | None
    """What came out; null in lists and until it is done."""


class ReplayList(Schema):
    """Replays of this process."""

    items: list[ReplayView]
    """Newest first, at most ten, without results."""
    now: datetime
    """The centre's time."""
