"""What is asked of the response engine, measured on this machine, each figure with its target.

Ten thousand incidents stand open while deadlines come one by one and commands are given; five thousand
deadlines fall on one instant; one of two engines is killed; incidents are simulated; two hundred people
are called through one provider that holds to its budget.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tocsin.alerts.commands import Accept, Arrive, Confirm
from tocsin.alerts.escalator import Fired
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.simulate import Answers
from tocsin.alerts.simulate import run as simulate
from tocsin.alerts.simulate_generate import assumed_answers, generate, sample_town
from tocsin.bench import calls, takeover
from tocsin.bench.engine import Bench, bench, name_of, percentiles, village
from tocsin.core.clock import SystemClock
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Actor, Basis

_clock = SystemClock()

STANDING: Final = 10_000
DEADLINES: Final = 400
EVERY: Final = timedelta(milliseconds=25)
COMMANDS: Final = 200
"""Incidents to which three commands each are given."""
BURST: Final = 5_000
TAKEOVER: Final = 600
PEOPLE: Final = 200
SIMULATED: Final = 10_000
OUT_OF_THE_WAY: Final = timedelta(seconds=60)
"""Between the last deadline that is measured and the first of those that only stand there."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, in the unit that its name ends with, and the bound that it is held to."""

    value: float
    most: float | None = None
    least: float | None = None

    @property
    def passed(self) -> bool:
        """Say whether it is within its bound."""
        return (self.most is None or self.value <= self.most) and (
            self.least is None or self.value >= self.least
        )

    def shown(self) -> dict[str, object]:
        """Give it as it is printed."""
        target = f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"
        return {"value": self.value, "target": target, "passed": self.passed}


async def run(
    *,
    standing: int = STANDING,
    deadlines: int = DEADLINES,
    commands: int = COMMANDS,
    burst: int = BURST,
    killed: int = TAKEOVER,
    people: int = PEOPLE,
    simulated: int = SIMULATED,
) -> dict[str, object]:
    """Measure everything; takes about two minutes, half of it for opening the incidents.

    `deadline_ms` is from a deadline's instant to the transaction that fires it; the burst is claimed when
    every incident has been locked, and committed at the end of the last commit, notices included.
    """
    figures: dict[str, Figure] = {}
    async with bench() as made:
        figures |= await _beside_many(made, standing, deadlines, commands)
        figures |= await _at_one_instant(made, burst)
        called = await calls.measure(made, people)
        taken = await takeover.measure(made, killed)
    figures |= {
        "simulated_per_s": Figure(_simulated(simulated), least=5000),
        "calls_lost": Figure(called.lost, most=0),
        "calls_twice": Figure(called.twice, most=0),
        "calls_over_budget": Figure(called.over, most=0),
        "calls_s": Figure(round(called.seconds, 2), most=calls.LIMIT_SECONDS),
        "takeover_lost": Figure(taken.lost, most=0),
        "takeover_twice": Figure(taken.twice, most=0),
        "takeover_s": Figure(round(taken.seconds, 3), most=2.0),
    }
    return judged(figures) | {
        "sizes": {
            "standing": standing,
            "deadlines": deadlines,
            "commands": 3 * commands,
            "burst": burst,
            "takeover": killed,
            "people": people,
            "simulated": simulated,
        },
        "ran_on": {
            "cpus": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "database": "embedded PostgreSQL, synchronous_commit on",
        },
    }


def judged(figures: Mapping[str, Figure]) -> dict[str, object]:
    """Give the figures with their targets, and whether all are within them."""
    return {
        "figures": {name: figure.shown() for name, figure in figures.items()},
        "passed": all(figure.passed for figure in figures.values()),
    }


async def _beside_many(made: Bench, standing: int, deadlines: int, commands: int) -> dict[str, Figure]:
    """Measure deadlines one by one, then commands, while many other incidents stand open."""
    begin = await made.now() + timedelta(minutes=10)
    await made.open("single", deadlines, EVERY, begin)
    await made.open("standing", standing, timedelta(), begin + deadlines * EVERY + OUT_OF_THE_WAY)
    async with made.firing(begin + made.first_limit, deadlines) as fired:
        singles = list(fired)
        took = await _commands(made, commands)
    return {
        "deadline_p99_ms": Figure(percentiles(_lateness(singles))["p99"], most=10),
        "command_p99_ms": Figure(percentiles(took)["p99"], most=30),
    }


def _lateness(fired: Sequence[Fired]) -> list[float]:
    """Give the milliseconds from each deadline to the transaction that fired it."""
    return [
        1000 * (late - (one.seconds - one.claim_seconds)) for one in fired for late in one.lateness_seconds
    ]


async def _commands(made: Bench, number: int) -> list[float]:
    """Confirm incidents, let somebody go and arrive; give the milliseconds of each command."""
    service, took = made.service, list[float]()
    for place in range(number):
        incident, person = name_of("standing", place), PersonId(f"{village(place).code}-0")
        for command in (
            Confirm(),
            Accept(person=person),
            Arrive(person=person, basis=Basis.TAG, proof="tag"),
        ):
            began = _clock.monotonic()
            await service.command(incident, command, Actor("person", person))
            took.append(1000 * (_clock.monotonic() - began))
    return took


async def _at_one_instant(made: Bench, number: int) -> dict[str, Figure]:
    await made.measure("warm", min(200, number), timedelta())
    crowd = await made.measure("burst", number, timedelta())
    (notices,) = await made.row(b"select count(*) from notice where incident like 'burst-%'")
    return {
        "burst_claimed_ms": Figure(round(sum(1000 * one.claim_seconds for one in crowd), 1), most=500),
        "burst_committed_ms": Figure(
            round(max(1000 * max(one.lateness_seconds) for one in crowd), 1), most=3000
        ),
        "burst_notices": Figure(notices, least=4 * number),
    }


def _simulated(number: int) -> float:
    """Give how many generated incidents are run in thought per second, under the shipped policy."""
    policy = PolicyBook({}).for_path("").policy
    town = sample_town()
    scripts = generate(number, 1, policy, town, since=datetime(2026, 1, 1, tzinfo=UTC), days=365)
    answers = Answers(assumed_answers(1), 1)
    began = _clock.monotonic()
    for script in scripts:
        simulate(script, policy, answers)
    return round(number / (_clock.monotonic() - began))
