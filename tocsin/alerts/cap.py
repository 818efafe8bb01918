"""An incident's log as messages of the Common Alerting Protocol 1.2: what other authorities are told.  Pure.

Confirmation is an Alert; a tier that is called later, another grade, a hand-up, the end and a reopening are
Updates that refer to all before; a false alarm is a Cancel. What was decided at one instant is one message.
Nobody is named, no words of reporters are passed on, and where a person is the place (a call for help, a
fall, a report by hand) only the grid is given.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from tocsin.alerts.cap_words import CATEGORY, RESTRICTION, Words, words_of
from tocsin.alerts.evolve import evolve
from tocsin.alerts.model import Incident
from tocsin.core import incidents as happened
from tocsin.core.detections import Kind
from tocsin.core.grids import Position
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Basis, Grade, IncidentEvent, Recorded, State
from tocsin.core.working_time import LOCAL

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM: Final = "http://www.w3.org/2005/Atom"
CAP_TYPE: Final = "application/cap+xml"
SEVERITY: Final = {
    Grade.I: "Extreme",
    Grade.II: "Severe",
    Grade.III: "Moderate",
    Grade.IV: "Minor",
}
_OF_PEOPLE: Final = frozenset({Kind.CALL, Kind.FALL})
"""Where the place is somebody's home."""
_SURE: Final = frozenset({Basis.OPERATOR, Basis.SCENE})
_ENDED: Final = frozenset({State.CLOSED, State.EVALUATED})
_FORBIDDEN: Final = re.compile(r"[\s,<&]")
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
RADIUS_KM_MIN: Final = 0.05

ET.register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapPlace:
    """The grid of an incident, as messages describe it."""

    code: GridCode
    name: str
    centre: Position | None = None
    radius_m: float = 500.0
    outline: tuple[tuple[float, float], ...] = ()
    """Latitude and longitude of its border, the last as the first; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapSender:
    """Who speaks."""

    id: str
    """Without space, comma, `<` and `&`."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapMessage:
    """One message."""

    identifier: str
    sent: datetime
    kind: str
    """`Alert`, `Update` or `Cancel`."""
    headline: str
    xml: bytes


def messages(log: Sequence[Recorded], place: CapPlace, sender: CapSender) -> list[CapMessage]:
    """Give the messages of an incident, oldest first; none before it is confirmed."""
    made: list[CapMessage] = []
    incident: Incident | None = None
    references: list[str] = []
    before = _Told()
    for _, group in groupby(log, key=lambda one: one.recorded):
        decided = list(group)
        was = incident
        for recorded in decided:
            incident = evolve(incident, recorded)
        if incident is None:
            continue
        kind = _kind(was, incident, [one.event for one in decided], before, spoken=bool(references))
        if kind is None:
            continue
        message = _message(incident, decided[-1], kind, references, place, sender)
        made.append(message)
        references.append(f"{sender.id},{message.identifier},{_instant(message.sent)}")
        before = _Told.of(incident)
        if kind == "Cancel":
            references, before = [], _Told()
    return made


def incident_of(identifier: str) -> str:
    """Give the incident that a message is about."""
    return identifier.rpartition("-")[0]


def feed(entries: Sequence[CapMessage], sender: CapSender, base: str, now: datetime) -> bytes:
    """Write an Atom feed of messages, newest first; `base` is the address of the product, or empty."""
    root = ET.Element(f"{{{ATOM}}}feed")
    newest = max((one.sent for one in entries), default=now)
    _atom(root, "id", f"urn:tocsin:cap:{sender.id}")
    _atom(root, "title", sender.name)
    _atom(root, "updated", _instant(newest))
    _atom(_atom(root, "author"), "name", sender.name)
    ET.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": f"{base}/api/cap/feed.atom"})
    for one in sorted(entries, key=lambda one: (one.sent, one.identifier), reverse=True):
        entry = _atom(root, "entry")
        _atom(entry, "id", f"urn:tocsin:cap:{sender.id}:{one.identifier}")
        _atom(entry, "title", one.headline)
        _atom(entry, "updated", _instant(one.sent))
        ET.SubElement(entry, f"{{{ATOM}}}category", {"term": one.kind})
        href = f"{base}/api/cap/{one.identifier}.xml"
        ET.SubElement(entry, f"{{{ATOM}}}link", {"rel": "alternate", "type": CAP_TYPE, "href": href})
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


@dataclass(frozen=True, slots=True)
class _Told:
    """What the last message said that a later one may change."""

    grade: Grade | None = None
    tiers: frozenset[str] = frozenset()
    level: str = ""
    ended: bool = False

    @classmethod
    def of(cls, incident: Incident) -> _Told:
        level = "" if incident.work is None else str(incident.work.level or "")
        return cls(incident.grade, frozenset(incident.clocks), level, incident.state in _ENDED)


def _kind(
    was: Incident | None,
    incident: Incident,
    events: Sequence[IncidentEvent],
    before: _Told,
    *,
    spoken: bool,
) -> str | None:
    """Say what kind of message an instant needs; None when nothing changed that others are told."""
    if not spoken:
        confirmed = incident.confirmed is not None and (was is None or was.confirmed is None)
        return "Alert" if confirmed and incident.state not in {State.REJECTED, State.MERGED} else None
    if incident.state in {State.REJECTED, State.MERGED}:
        return "Cancel"
    handed_up = any(isinstance(event, happened.HandedUp) for event in events)
    return "Update" if handed_up or _Told.of(incident) != before else None


def _message(  # noqa: PLR0917 what a message is made of
    incident: Incident,
    last: Recorded,
    kind: str,
    references: Sequence[str],
    place: CapPlace,
    sender: CapSender,
) -> CapMessage:
    identifier = f"{_FORBIDDEN.sub('_', incident.id)}-{last.version}"
    root = ET.Element(f"{{{NAMESPACE}}}alert")
    _add(root, "identifier", identifier)
    _add(root, "sender", sender.id)
    _add(root, "sent", _instant(last.recorded))
    _add(root, "status", "Exercise" if incident.drill else "Actual")
    _add(root, "msgType", kind)
    _add(root, "scope", "Restricted")
    _add(root, "restriction", RESTRICTION)
    if kind == "Cancel":
        _add(root, "note", "merged into another incident" if incident.merged_into else "false alarm")
    if references:
        _add(root, "references", " ".join(references))
    _add(root, "incidents", _FORBIDDEN.sub("_", incident.id))
    told = list(words_of(incident, place.name, cancelled=kind == "Cancel"))
    for words in told:
        _info(root, incident, kind, words, place, sender)
    ET.indent(root)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return CapMessage(
        identifier=identifier, sent=last.recorded, kind=kind, headline=_clean(told[0].headline), xml=xml
    )


def _info(  # noqa: PLR0917 what a block is made of
    root: ET.Element, incident: Incident, kind: str, words: Words, place: CapPlace, sender: CapSender
) -> None:
    over = kind == "Cancel" or incident.state in _ENDED
    sure = incident.confirmed_by in _SURE or incident.arrivals
    info = _add(root, "info")
    _add(info, "language", words.language)
    _add(info, "category", CATEGORY[incident.kind])
    _add(info, "event", words.event)
    _add(info, "responseType", "AllClear" if over else "Execute")
    _add(info, "urgency", "Past" if over else "Expected" if incident.handled else "Immediate")
    _add(info, "severity", SEVERITY[incident.grade])
    _add(info, "certainty", "Unlikely" if kind == "Cancel" else "Observed" if sure else "Likely")
    _add(info, "onset", _instant(incident.began))
    _add(info, "senderName", sender.name)
    _add(info, "headline", words.headline)
    _add(info, "description", words.description)
    for name, value in _parameters(incident):
        parameter = _add(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    _area(info, incident, place)


def _parameters(incident: Incident) -> Iterator[tuple[str, str]]:
    yield "grade", incident.grade.value
    yield "gradeConfirmed", "true" if incident.grade_by is not None else "false"
    yield "state", incident.state.value
    if incident.work is not None and incident.work.level is not None:
        yield "level", incident.work.level.value
    for tier, clock in incident.clocks.items():
        yield f"deadline:{tier}", _instant(clock.due)
        if clock.verdict is not None:
            yield f"verdict:{tier}", clock.verdict.value


def _area(info: ET.Element, incident: Incident, place: CapPlace) -> None:
    """Describe where: around the device, else the outline of the grid, else around its middle."""
    area = _add(info, "area")
    _add(area, "areaDesc", place.name)
    exact = incident.place if incident.device is not None and incident.kind not in _OF_PEOPLE else None
    if exact is not None:
        _add(area, "circle", _circle(exact, incident.radius_m))
    elif len(place.outline) >= 4:
        _add(
            area,
            "polygon",
            " ".join(f"{latitude:.6f},{longitude:.6f}" for latitude, longitude in place.outline),
        )
    elif place.centre is not None:
        _add(area, "circle", _circle(place.centre, place.radius_m))
    geocode = _add(area, "geocode")
    _add(geocode, "valueName", "GRID")
    _add(geocode, "value", place.code)


def _circle(at: Position, radius_m: float) -> str:
    return f"{at.latitude:.6f},{at.longitude:.6f} {max(radius_m / 1000, RADIUS_KM_MIN):.3f}"


def _instant(at: datetime) -> str:
    """Write an instant as CAP wants it: with an offset, never `Z`, whole seconds."""
    return at.astimezone(LOCAL).replace(microsecond=0).isoformat()


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    return _child(parent, f"{{{NAMESPACE}}}{name}", text)


def _atom(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    return _child(parent, f"{{{ATOM}}}{name}", text)


def _child(parent: ET.Element, name: str, text: str | None) -> ET.Element:
    child = ET.SubElement(parent, name)
    if text is not None:
        child.text = _clean(text)
    return child


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return _NO_XML.sub("", text)
