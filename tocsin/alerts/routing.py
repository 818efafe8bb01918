"""Who answers for an incident: found by matter, grade and authority, and frozen in its log.  Pure.

Asked at confirmation, at filing and when the grade is changed; where nobody has set up organisations it
finds nothing, and nothing is said.
"""

from __future__ import annotations

from tocsin.alerts.draft import Draft
from tocsin.core.incidents import Grade, Routed
from tocsin.core.organisations import Route, matter_of, route


def found(draft: Draft, grade: Grade, matter: str = "") -> tuple[str, Route] | None:
    """Give the matter of the case and who would answer for it at a grade; None where nobody has set up organisations."""
    directory = draft.directory
    if not directory.organisations:
        return None
    incident = draft.incident
    matter = matter or incident.matter or matter_of(incident.kind, directory.matters)
    return matter, route(matter, grade, directory.organisations)


def routed(draft: Draft, matter: str = "") -> None:
    """Freeze who answers for the case at its present grade; what stands in the log already is not said again."""
    chosen = found(draft, draft.incident.grade, matter)
    if chosen is None:
        return
    matter, way = chosen
    incident = draft.incident
    if (matter, way.organisations, way.beyond) != (incident.matter, incident.route, incident.beyond):
        draft.emit(Routed(matter=matter, organisations=way.organisations, beyond=way.beyond))


def beyond(draft: Draft, grade: Grade) -> bool:
    """Say whether a grade is beyond the authority of the nearest tier that would deal with the case."""
    chosen = found(draft, grade)
    return draft.incident.beyond if chosen is None else chosen[1].beyond
