"""What the fields of incident events mean, for the API's description; the events stand in `core.incidents`."""

from __future__ import annotations

from typing import Final

FIELD_DESCRIPTIONS: Final = {
    "accepted": "Whether this proof stops the tier's clock under the policy.",
    "accuracy_m": "Radius within which the true point lies with 68 %, metres.",
    "alarm": "The alarm's id.",
    "at": "Instant of the fact itself.",
    "basis": "Who or what made the statement.",
    "began": "When the condition began.",
    "cause": "For a miss: `people`, `system` or `provider`, and the segment: `people:not_accepted`.",
    "channel": "Over which channel.",
    "channels": "Over which channels.",
    "device": "The device.",
    "distance_m": "Distance of the phone from the place, metres.",
    "drill": "True for an exercise.",
    "due": "Deadline for being on the scene.",
    "event": "Names the kind of event.",
    "figures": "Figures of the sentence: pairs of name and number.",
    "grade": "Severity.",
    "grid": "Code of the grid.",
    "into": "The incident that remains.",
    "kind": "What kind of happening.",
    "late": "True when it was heard of long after it began: it never confirms.",
    "lateness": "How late it was heard of.",
    "latitude": "Degrees north.",
    "longitude": "Degrees east.",
    "mode": "How tiers are activated.",
    "more": "Number of channels left to try.",
    "note": "Id of the words; they stand in `notes`.",
    "notice": "Id of the notice.",
    "outcome": "What became of the notice.",
    "person": "Id of the person; names stand in `people`.",
    "place": "Where it is.",
    "policy": "Version of the rules that hold for this incident.",
    "radius_m": "Within this distance a phone counts as at the scene, metres.",
    "reason_code": "Stable code of the reason.",
    "report": "Id of the report by hand.",
    "revises": "The verdict that this one replaces.",
    "roster": "Who was on duty when the tier was activated, in order of call.",
    "step": "0 for the first, rising with every repetition.",
    "tier": "Which tier.",
    "verdict": "What became of the tier's clock.",
    "was": "Severity before.",
}

EVENT_DESCRIPTIONS: Final = {
    "AlarmAttached": "Another alarm belongs to the same happening.",
    "ReportAttached": "A report by hand belongs to it.",
    "GradeChanged": "A person changed the severity.",
    "Seen": "A responder opened the call.",
    "Refused": "A responder cannot go.",
    "HelpAsked": "A responder needs help.",
    "Closed": "It is over.",
    "Merged": "It is the same happening as another incident.",
}
"""For the events whose name says it all in the code."""
