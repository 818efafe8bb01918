"""One node and three give the same answers to the same night; a night with an outage in it loses and repeats nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from msgspec import structs

from tests.support.database import Server
from tests.support.nodes import Act, Nodes, grid_of_seconds, incident_name
from tocsin.alerts import commands as ask
from tocsin.alerts.policy_book import PolicyBook
from tocsin.bench.engine import village
from tocsin.core.clock import SystemClock
from tocsin.core.detections import Kind
from tocsin.core.grids import Position
from tocsin.core.ids import AlarmId, DeviceId, PersonId, PolicyId
from tocsin.core.incidents import Basis, Lateness

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]
INCIDENTS = 300
STEP = 15
"""Everything happens at whole multiples of so many seconds, so that many things fall on one instant."""


def evening() -> datetime:
    """Give eight in the evening of tomorrow: the town's duty has begun, and partitions stand."""
    day = SystemClock().now().astimezone(UTC) + timedelta(days=1)
    return day.replace(hour=20, minute=0, second=0, microsecond=0)


def script(seed: int, number: int, start: datetime, spread: timedelta) -> list[Act]:
    """Draw what happens: incidents of every kind of ending, with people who come, refuse, or never answer."""
    random = Random(seed)
    policy = PolicyBook({}).for_grid(village(0)).id
    acts: list[Act] = []
    for incident in range(number):
        at = grid_of_seconds(start + random.random() * spread, STEP)
        acts.append(Act(at, incident, _opening(incident, at, policy, random)))
        acts += _life(random, incident, at)
    return acts


def _opening(incident: int, at: datetime, policy: PolicyId, random: Random) -> ask.Open:
    kind = random.choice([Kind.SMOKE, Kind.SMOKE, Kind.CALL, Kind.FLOOD])
    return ask.Open(
        kind=kind,
        severity=random.choice([0.1, 0.5, 0.9]),
        grid=village(incident).code,
        device=DeviceId(f"bench/{incident}"),
        place=Position(30.0, 119.0),
        began=at,
        lateness=random.choice([Lateness.LIVE] * 8 + [Lateness.LATE]),
        policy=policy,
        alarm=AlarmId(f"alarm-{incident}"),
    )


def _life(random: Random, incident: int, opened: datetime) -> list[Act]:
    def later(most: int) -> datetime:
        return grid_of_seconds(opened + timedelta(seconds=random.randrange(most)), STEP)

    here, above = village(incident).code, village(incident).parent
    acts = []
    if random.random() < 0.7:
        acts.append(Act(later(200), incident, ask.Confirm()))
    for person in (*(f"{here}-{one}" for one in range(3)), *(f"{above}-{one}" for one in range(2))):
        who, drawn = PersonId(person), random.random()
        if drawn < 0.2:
            acts.append(Act(later(300), incident, ask.Refuse(person=who, reason_code="ill")))
        elif drawn < 0.5:
            acts.append(Act(later(300), incident, ask.Accept(person=who)))
        elif drawn < 0.7:
            acts.append(Act(later(900), incident, ask.Arrive(person=who, basis=Basis.TAG, proof="tag")))
        elif drawn < 0.75:
            acts.append(Act(later(400), incident, ask.AskHelp(person=who)))
    drawn = random.random()
    if drawn < 0.3:
        acts.append(Act(later(600), incident, ask.Reject(reason_code="false_alarm")))
    elif drawn < 0.6:
        acts.append(Act(later(2400), incident, ask.Close(reason_code="handled")))
    # At last an operator ends what would otherwise ring all night.
    last = grid_of_seconds(opened + timedelta(seconds=2700 + 60 * random.randrange(10)), STEP)
    acts.append(Act(last, incident, ask.Confirm()))
    acts.append(Act(last, incident, ask.Close(reason_code="no_action")))
    return acts


async def played(  # noqa: PLR0917 one argument for each thing that a night needs
    server: Server,
    number: int,
    acts: Sequence[Act],
    start: datetime,
    until: datetime,
    away: tuple[datetime, datetime] | None = None,
    *,
    in_step: bool = False,
) -> Nodes:
    async with server.fresh() as database:
        nodes = Nodes(database, number, start, in_step=in_step)
        await nodes.begin()
        await nodes.play(acts, until, away)
        nodes.results = await nodes.verdicts(), await nodes.told(), await nodes.sent_late()
    return nodes


OVERTAKEN_MOST = 6
"""Of some six thousand notices: a relay's turn and what withdraws a notice may still meet, and either may be first."""


def _otherwise_told(one: Sequence[Sequence[str]], three: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Give the notices that differ, but for a few that one side withdrew as they went out on the other."""
    pairs = [(a, b) for a, b in zip(sorted(one), sorted(three), strict=True) if a != b]
    overtaken = [a for a, b in pairs if a[:-1] == b[:-1] and {a[-1], b[-1]} == {"cancelled", "sent"}]
    rest = [a for a, b in pairs if a not in overtaken]
    return rest if len(overtaken) <= OVERTAKEN_MOST else [*rest, *overtaken]


async def test_three_nodes_give_the_same_answers_as_one(database_server: Server) -> None:
    start = evening()
    acts = script(7, INCIDENTS, start, timedelta(minutes=20))
    until = start + timedelta(minutes=75)
    one = await played(database_server, 1, acts, start, until, in_step=True)
    three = await played(database_server, 3, acts, start, until, in_step=True)
    assert len(one.results[0]) > 500
    assert one.results[0] == three.results[0], "another verdict"
    assert len(one.results[1]) == len(three.results[1])
    assert not _otherwise_told(one.results[1], three.results[1]), "somebody else was told"
    assert one.refused == three.refused
    for nodes in (one, three):
        assert set(nodes.phones.sent.values()) == {1}, "somebody was told twice"
        assert set(nodes.phones.sent) == {row[0] for row in nodes.results[1] if row[5] == "sent"}
        assert nodes.results[2] == 0


async def test_a_night_with_an_outage_in_it(database_server: Server) -> None:
    start = evening()
    dawn = start + timedelta(hours=12)
    away = (start + timedelta(hours=6), start + timedelta(hours=6, minutes=40))
    acts = [_queued(act, away) for act in script(11, 80, start, timedelta(hours=11))]
    nodes = await played(database_server, 3, acts, start, dawn, away)
    verdicts, told, sent_late = nodes.results
    opened = {act.incident for act in acts if isinstance(act.command, ask.Open)}
    assert {row[0] for row in verdicts.values()} == {incident_name(number) for number in opened}

    assert nodes.refused.keys() <= {
        "incident.closed",
        "incident.rejected",
        "incident.confirmed",
        "incident.unknown",
    }
    running = [row for row in verdicts.values() if row[2] is not None and row[3] is None and row[5] < dawn]
    assert running == [], "a clock that ran out has no verdict"
    missed = [row for row in verdicts.values() if row[3] == "missed"]
    in_outage = [row for row in missed if away[0] < row[5] < away[1] - timedelta(seconds=5)]
    assert in_outage, "nothing was due while the nodes were away: the night proves nothing"
    assert {row[8].split(":")[0] for row in in_outage} == {"system"}
    assert all(row[6] == row[5] for row in missed), "a miss stands at its deadline, whenever it was noticed"

    assert set(nodes.phones.sent.values()) == {1}, "somebody was told twice"
    assert sent_late == 0, "something was sent after it was worth nothing"
    states = Counter(row[5] for row in told)
    assert not states.keys() & {"pending", "leased"} or _young(told), states


def _queued(act: Act, away: tuple[datetime, datetime]) -> Act:
    """Keep on the phone what is done during the outage; it arrives afterwards, with its own time."""
    if not away[0] <= act.at < away[1]:
        return act
    command = act.command
    if isinstance(command, ask.Arrive):
        command = structs.replace(command, at=act.at)
    return Act(away[1] + timedelta(seconds=STEP), act.incident, command, occurred=act.at)


def _young(told: Sequence[tuple[object, ...]]) -> bool:
    return sum(row[5] in {"pending", "leased"} for row in told) < 10
