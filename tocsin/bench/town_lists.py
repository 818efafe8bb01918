"""How long lists of incidents take, each filter alone and every pair, with a city's year in the store.

Each filter has values that are common and values that are rare; a combination is asked with every pair of them,
several times, through the same port that the faces use. What is given is the worst of the combinations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import Any, Final

from tocsin.alerts.ports import IncidentFilter
from tocsin.bench.response import Figure
from tocsin.bench.town import Ground
from tocsin.bench.town_city import fill
from tocsin.core.clock import Clock, SystemClock
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.core.incidents import Grade, Source, Stage, State
from tocsin.store.alert_queries import PgAlertQueries
from tocsin.store.wakeups import Wakeups

INCIDENTS: Final = 200_000
PAGE: Final = 101
"""What the faces ask for: a hundred, and one more to know whether there are others."""
TARGET_MS: Final = 50.0
TIMES: Final = 5
END: Final = datetime(2026, 11, 1, tzinfo=UTC)

FILTERS: Final[Mapping[str, tuple[Any, ...]]] = {
    "scope": ("3301.3301020", "3301.3301020.3301020011"),
    "open": (True, False),
    "kind": (Kind.SMOKE, Kind.OTHER, Kind.VIDEO_LOSS),
    "grade": (Grade.IV, Grade.II),
    "states": (
        (State.EVALUATED,),
        (State.REJECTED, State.MERGED),
        (State.RECEIVED, State.FILED),
    ),
    "matter": ("01", "0812"),
    "organisation": (OrganisationCode("dep-7"), OrganisationCode("org-3301020")),
    "routed": (OrganisationCode("dep-11"),),
    "source": (Source.SENSOR, Source.MEMBER, Source.SUPERIOR),
    "level": (Tier.VILLAGE, Tier.CITY),
    "stage": (Stage.HANDLE,),
    "drill": (True, False),
    "overdue": (True, False),
    "since": (END - timedelta(days=200), END - timedelta(days=2)),
    "until": (END - timedelta(days=100),),
    "reported_by": (PersonId("person-4711"),),
    "person": (PersonId("person-815"),),
    "before": (END - timedelta(days=30),),
}
"""Every field of the filter with values that are common and values that are rare."""


async def measure(ground: Ground, part: str, *, incidents: int = INCIDENTS) -> Mapping[str, Figure]:  # noqa: ARG001 the only part of this module
    """Fill the database and ask; takes about two minutes."""
    await fill(ground.pool, incidents)
    clock = SystemClock()
    queries = PgAlertQueries(ground.pool, Wakeups(ground.dsn), clock)
    took: dict[str, float] = {}
    for names in asked():
        values = product(*(FILTERS[name] for name in names))
        wanted = [
            replace(IncidentFilter(scope="", most=PAGE), **dict(zip(names, one, strict=True)))
            for one in values
        ]
        took["+".join(names) or "none"] = await _p95(queries, wanted, clock)
    alone = {name: ms for name, ms in took.items() if "+" not in name}
    pairs = {name: ms for name, ms in took.items() if "+" in name}
    return {
        "lists_alone_p95_ms": Figure(_worst(alone), most=TARGET_MS),
        "lists_pairs_p95_ms": Figure(_worst(pairs), most=TARGET_MS),
        "lists_median_ms": Figure(round(sorted(took.values())[len(took) // 2], 1), most=TARGET_MS),
        "lists_combinations": Figure(len(took), least=1),
        "lists_incidents": Figure(incidents, least=incidents),
    }


def asked() -> Iterator[tuple[str, ...]]:
    """Name the combinations: none, each alone, every pair that a caller can ask for."""
    yield ()
    for name in FILTERS:
        yield (name,)
    for one, other in combinations(FILTERS, 2):
        if {one, other} != {"person", "routed"}:  # a responder is no department
            yield one, other


async def _p95(queries: PgAlertQueries, wanted: list[IncidentFilter], clock: Clock) -> float:
    times: list[float] = []
    for one in wanted:
        await queries.incidents(one)  # a page of the disk that is read for the first time is not the list's
        for _ in range(TIMES):
            began = clock.monotonic()
            await queries.incidents(one)
            times.append(1000 * (clock.monotonic() - began))
    return sorted(times)[int(0.95 * (len(times) - 1))]


def _worst(took: Mapping[str, float]) -> float:
    return round(max(took.values()), 1)
