"""What a message of the Common Alerting Protocol says to people, in Chinese and English.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tocsin.alerts.model import Incident
from tocsin.alerts.notices import GRADE_WORDS, KIND_WORDS
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import State

RESTRICTION: Final = "For authorities that were given access; not for publication."
CATEGORY: Final[dict[Kind, str]] = {
    Kind.SMOKE: "Fire",
    Kind.FIRE: "Fire",
    Kind.FLOOD: "Geo",
    Kind.LEVEL: "Geo",
    Kind.RAIN: "Met",
    Kind.GAS: "Safety",
    Kind.TEMPERATURE: "Safety",
    Kind.CALL: "Rescue",
    Kind.FALL: "Health",
    Kind.INTRUSION: "Security",
    Kind.LOITERING: "Security",
    Kind.TRIPWIRE: "Security",
    Kind.CROWDING: "Security",
    Kind.ABANDONED: "Security",
    Kind.MOTION: "Security",
    Kind.DOOR: "Security",
    Kind.PRESENCE: "Security",
    Kind.TAMPER: "Infra",
    Kind.VIDEO_LOSS: "Infra",
    Kind.SILENCE: "Infra",
    Kind.SENSOR_FAULT: "Infra",
    Kind.LINK_LOSS: "Infra",
    Kind.POWER_LOSS: "Infra",
    Kind.OTHER: "Other",
}
_TIERS: Final = {
    Tier.VILLAGE: ("村级", "village"),
    Tier.TOWNSHIP: ("镇级", "township"),
    Tier.CITY: ("市级", "city"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words."""

    language: str
    event: str
    headline: str
    description: str


def words_of(incident: Incident, place: str, *, cancelled: bool) -> Iterator[Words]:
    """Give the words of an incident as it stands, Chinese first; no names of people, no words of theirs."""
    called = [words for tier, words in _TIERS.items() if tier in incident.clocks]
    what, grade = KIND_WORDS[incident.kind], GRADE_WORDS[incident.grade]
    drill_zh, drill_en = ("【演练】", "DRILL: ") if incident.drill else ("", "")
    over = incident.state in {State.CLOSED, State.EVALUATED}
    zh = "，已解除" if cancelled else "，已处置完毕" if over else ""
    en = ", cancelled" if cancelled else ", dealt with" if over else ""
    tiers_zh = f"，已启动{'、'.join(one for one, _ in called)}响应" if called else ""
    tiers_en = f" Called: {', '.join(one for _, one in called)}." if called else ""
    yield Words(
        "zh-CN",
        what[0],
        f"{drill_zh}{place}{what[0]}{zh}",
        f"{drill_zh}{place}{what[0]}，等级：{grade[0]}{tiers_zh}{zh}。",
    )
    yield Words(
        "en-US",
        what[1],
        f"{drill_en}{what[1]} at {place}{en}",
        f"{drill_en}{what[1]} at {place}, {grade[1]}{en}.{tiers_en}",
    )
