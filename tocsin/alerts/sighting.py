"""What a camera that sees a person means for the incidents that it belongs to.

A sighting opens nothing and raises nothing; it goes as `CameraSees` to the open incidents of its camera,
which decide whether it proves anybody's word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.alerts.alarm_model import FalseSpot
from tocsin.alerts.alarm_silence import spot_for
from tocsin.alerts.assign import Assigned, Located, in_order
from tocsin.alerts.commands import CameraSees
from tocsin.alerts.ports import AlertsUnit
from tocsin.core.detections import Kind, Phase
from tocsin.core.ids import IncidentId

Sightings = Mapping[IncidentId, Sequence[CameraSees]]


async def sightings(
    unit: AlertsUnit, batch: Sequence[Located], false: Sequence[FalseSpot]
) -> dict[IncidentId, list[CameraSees]]:
    """Say which open incidents are told of which sightings of a batch, in order of their instants.

    One whose age cannot be known proves nothing, nor does what was called false at its spot.
    """
    seen = [
        one.intake
        for one in in_order(batch)
        if one.intake.detection.kind is Kind.PRESENCE
        and one.intake.age is not None
        and spot_for(one.intake.detection, one.intake.began, false) is None
    ]
    if not seen:
        return {}
    watched = await unit.watched(sorted({one.detection.device for one in seen}))
    found: dict[IncidentId, list[CameraSees]] = {}
    for one in seen:
        detection = one.detection
        for incident in watched.get(detection.device, ()):
            found.setdefault(incident, []).append(
                CameraSees(
                    device=detection.device,
                    at=one.began,
                    gone=detection.phase is Phase.CLEAR,
                    proof=detection.id,
                )
            )
    return found


def add(assigned: Assigned, seen: Sightings, dead: frozenset[IncidentId]) -> Assigned:
    """Put sightings among the commands of a batch, after what its alarms ask; gives the same batch."""
    for incident, commands in seen.items():
        if incident not in dead:
            assigned.commands.setdefault(incident, []).extend(commands)
    return assigned
