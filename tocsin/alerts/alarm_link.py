"""When a collector counts as gone, and when it is back.  Pure.

What was silent while nobody listened is not held against anybody: every span is counted from when the centre
itself was listening, so that its own outage or restart raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tocsin.alerts.alarm_model import Link
from tocsin.alerts.ports import Intake
from tocsin.core.detections import Detection, Evidence, Kind, Phase
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, StreamId, derived_id

DETECTOR: Final = "link"
VERSION: Final = "link/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a collector may be silent."""

    offline: timedelta
    missed: int
    """Heartbeats that must be missing besides, where the link itself says nothing."""
    stopped: timedelta
    """For one that somebody stopped."""


def judge(
    links: Iterable[Link], listening: datetime | None, now: datetime, patience: Patience
) -> list[Intake]:
    """Say which collectors went and which came back; `listening` is since when the centre hears, None while it does not."""
    if listening is None:
        return []
    found = []
    for link in links:
        since = gone_since(link, listening, now, patience)
        if since is not None and not link.lost:
            found.append(_gone(link, since, now))
        if link.lost and link.heard is not None and is_back(link, now, patience):
            found.append(_intake(link, Phase.CLEAR, link.heard, ("the box is there again", "link.back"), ()))
    return found


def gone_since(link: Link, listening: datetime, now: datetime, patience: Patience) -> datetime | None:
    """Give since when a collector is gone; None while it is not, or its grace lasts, or it never spoke."""
    if link.state in {"offline", "stopped"} and link.since is not None:
        grace = patience.stopped if link.state == "stopped" else patience.offline
        return link.since if now - max(link.since, listening) >= grace else None
    if link.heard is None:
        return None
    grace = silence_of(link, patience)
    return link.heard if now - max(link.heard, listening) >= grace else None


def is_back(link: Link, now: datetime, patience: Patience) -> bool:
    """Say whether a collector is there again: it says so, and its heartbeats come."""
    return (
        link.state not in {"offline", "stopped"}
        and link.heard is not None
        and now - link.heard < silence_of(link, patience)
    )


def silence_of(link: Link, patience: Patience) -> timedelta:
    """Give how long no heartbeat may come; never shorter than the grace of a link that says that it is down."""
    return max(patience.offline, timedelta(seconds=link.interval_seconds * patience.missed))


def _gone(link: Link, since: datetime, now: datetime) -> Intake:
    seconds = int((now - since).total_seconds())
    said = f"the box is {link.state}" if link.state in {"offline", "stopped"} else "no heartbeat"
    reason = f"{said} for {seconds} s", f"link.{link.state or 'silent'}"
    return _intake(link, Phase.RAISE, since, reason, (("seconds", float(seconds)),))


def _intake(
    link: Link, phase: Phase, at: datetime, why: tuple[str, str], figures: tuple[tuple[str, float], ...]
) -> Intake:
    reason, code = why
    device = device_of(link.collector)
    detection = Detection(
        id=DetectionId(derived_id("link", link.collector, phase, at.isoformat())),
        collector=link.collector,
        device=device,
        stream=StreamId(device),
        detector=DETECTOR,
        version=VERSION,
        kind=Kind.LINK_LOSS,
        phase=phase,
        observed=at,
        score=1.0,
        reason=reason,
        reason_code=code,
        figures=figures,
        evidence=Evidence(first=at, last=at),
    )
    # It is known now that it stands now: however long ago it began, this is no news that came late.
    return Intake(detection=detection, age=timedelta(), raised=phase is Phase.RAISE, grid=link.grid, began=at)


def device_of(collector: CollectorId) -> DeviceId:
    """Name the device that stands for a collector's link."""
    return DeviceId(f"{collector}/link")
