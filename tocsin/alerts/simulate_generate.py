"""Generated incidents: a stated mixture, drawn by seed, for a policy that has no past yet.  Pure.

Who answers and how fast are assumptions (`ASSUMED`), printed with every result; they are nobody's figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from tocsin.alerts import commands as ask
from tocsin.alerts.commands import Command
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.alerts.simulate import SILENCE, Answer, Arrival, Script
from tocsin.core.detections import Kind
from tocsin.core.grids import TIERS, Position, Tier
from tocsin.core.ids import AlarmId, DeviceId, GridCode, IncidentId, PersonId, PolicyId
from tocsin.core.incidents import Basis, Lateness, Readiness
from tocsin.core.responders import Channel, Directory, Responder

ANSWERS_EACH: Final = 500
"""Answers of each tier from which generated people draw theirs."""


class Assumed(msgspec.Struct, frozen=True, kw_only=True):
    """How people of a tier are assumed to answer; medians of log-normal delays, seconds from the call."""

    answers: float
    """Share of calls that are answered at all."""
    seen: float
    going: float
    arrives: float
    spread: float = 0.5
    """Standard deviation of the logarithm."""


ASSUMED: Final[Mapping[Tier, Assumed]] = {
    Tier.VILLAGE: Assumed(answers=0.75, seen=15, going=20, arrives=120),
    Tier.TOWNSHIP: Assumed(answers=0.85, seen=20, going=35, arrives=390),
    Tier.CITY: Assumed(answers=0.9, seen=25, going=60, arrives=1100),
}
NOTHING: Final = 0.35
"""Share of incidents that an operator finds to be nothing."""
REPORTS: Final = 0.5
"""Share of those who came who say *done*: one of two is enough."""
LOOKS: Final = 25.0
"""Median of the seconds after which an operator answers; one in twenty never does."""
_KINDS: Final = (
    (Kind.SMOKE, 5),
    (Kind.FIRE, 2),
    (Kind.FLOOD, 2),
    (Kind.GAS, 1),
    (Kind.CALL, 4),
    (Kind.INTRUSION, 6),
)


def sample_town() -> dict[str, Directory]:
    """Give three villages of one township with four, three and two people, by path; for a centre without a town."""
    found = {}
    for number, staff in enumerate((4, 3, 2), start=1):
        code = GridCode(f"330110104{200 + number}")
        village = [
            _person(f"village-{number}-{order}", Tier.VILLAGE, code, order) for order in range(1, staff + 1)
        ]
        town = GridCode("330110104")
        others = [
            _person("township-1", Tier.TOWNSHIP, town, 1),
            _person("township-2", Tier.TOWNSHIP, town, 2),
            msgspec.structs.replace(_person("township-head", Tier.TOWNSHIP, town, 3), supervisor=True),
            _person("city-1", Tier.CITY, GridCode("330110"), 1),
            _person("city-2", Tier.CITY, GridCode("330110"), 2),
        ]
        found[f"330110.330110104.{code}"] = Directory(code, tuple(village + others))
    return found


def assumed_answers(seed: int) -> list[tuple[Tier, GridCode, Answer]]:
    """Draw the answers from which generated people take theirs."""
    random = Random(seed)  # noqa: S311 a simulation, no secret
    return [
        (tier, GridCode(""), _answer(random, ASSUMED[tier])) for tier in TIERS for _ in range(ANSWERS_EACH)
    ]


def generate(
    count: int,
    seed: int,
    policy: ResponsePolicy,
    town: Mapping[str, Directory],
    *,
    since: datetime,
    days: int,
) -> list[Script]:
    """Draw incidents: kinds by a fixed mixture, any hour, places of `town` (path → who is on duty) alike."""
    random = Random(seed)  # noqa: S311 a simulation, no secret
    places = sorted(town.items())
    kinds, weights = zip(*((kind, weight) for kind, weight in _KINDS if kind in policy.opens), strict=True)
    scripts = []
    for number in range(count):
        place = random.choice(places)
        opened = since + timedelta(seconds=random.uniform(0, days * 86_400))
        kind = random.choices(kinds, weights)[0]
        scripts.append(_script(random, f"generated-{number}", place, opened, kind))
    return scripts


def _script(random: Random, name: str, place: tuple[str, Directory], opened: datetime, kind: Kind) -> Script:
    path, directory = place
    opening = ask.Open(
        kind=kind,
        severity=random.random(),
        grid=directory.grid,
        device=DeviceId(f"{name}/device"),
        place=Position(30.0, 120.0),
        began=opened,
        lateness=Lateness.LIVE,
        policy=PolicyId(""),
        path=path,
        readiness=Readiness.PEACE,
        alarm=AlarmId(name),
    )
    return Script(
        incident=IncidentId(name),
        opened=opened,
        opening=opening,
        directory=directory,
        acts=tuple(_desk(random, opened)),
    )


def _desk(random: Random, opened: datetime) -> Sequence[tuple[datetime, Command]]:
    """Say what the operator does: nothing, rejects, or confirms and closes."""
    if random.random() < 0.05:
        return ()
    answered = opened + _delay(random, LOOKS, 0.6)
    if random.random() < NOTHING:
        return ((answered, ask.Reject(reason_code="false_alarm")),)
    closed = answered + timedelta(minutes=random.uniform(35, 120))
    return ((answered, ask.Confirm()), (closed, ask.Close(reason_code="handled")))


def _answer(random: Random, like: Assumed) -> Answer:
    if random.random() >= like.answers:
        return SILENCE
    seen = _delay(random, like.seen, like.spread)
    accepted = seen + _delay(random, like.going, like.spread)
    arrived = accepted + _delay(random, like.arrives, like.spread)
    return Answer(
        seen=seen,
        accepted=accepted,
        arrived=Arrival(arrived, Basis.POSITION, 20.0, 15.0, 5.0),
        done=arrived + timedelta(minutes=random.uniform(5, 40)) if random.random() < REPORTS else None,
    )


def _delay(random: Random, median: float, spread: float) -> timedelta:
    return timedelta(seconds=median * random.lognormvariate(0, spread))


def _person(name: str, tier: Tier, grid: GridCode, order: int) -> Responder:
    return Responder(
        person=PersonId(name),
        tier=tier,
        grid=grid,
        order=order,
        channels=(Channel.WECOM_BOT, Channel.SMTP),
    )
