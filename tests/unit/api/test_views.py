from __future__ import annotations

from tests.support.api import ANN, CHEN, ELLA, SMOKE, START, WANG, World, notice, report
from tocsin.alerts.evolve import fold
from tocsin.api import case_views, views
from tocsin.api.schemas.base import Place
from tocsin.core.clock import to_us
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading


def test_a_point_survives_there_and_back() -> None:
    given = Place(latitude=30.5, longitude=120.25, accuracy_m=8.0)
    assert views.position(given) == Position(30.5, 120.25, 8.0)
    assert views.place(views.position(given)) == given
    assert views.place(None) is views.position(None) is None


def test_the_callers_number_is_shown_only_on_request() -> None:
    assert views.report(report(), with_caller=True).caller == "13800000000"
    assert views.report(report(), with_caller=False).caller is None


async def test_everybody_mentioned_is_named() -> None:
    world = World()
    ahead = (await world.alerts.outlook(SMOKE)).upcoming
    found = views.mentioned(world.logs[SMOKE], [notice(CHEN)], [report()], ahead)
    assert found == {WANG, ANN, CHEN, ELLA}


def test_clocks_stand_village_first() -> None:
    world = World()
    row = world.queries.row(SMOKE)
    line = case_views.incident_line(row)
    assert [clock.tier for clock in line.clocks] == [Tier.VILLAGE]
    standing = views.standing(fold(world.logs[SMOKE]), START)
    assert [(clock.tier, clock.reason_code) for clock in standing.clocks] == [(Tier.VILLAGE, "confirmed")]


def test_an_event_keeps_its_name_and_ids_only() -> None:
    line = views.log_line(World().logs[SMOKE][3])
    assert line.event["event"] == "called"
    assert line.event["person"] == WANG


def test_a_series_is_told_in_instants() -> None:
    (point,) = views.points([Reading(StreamId("a/b/c"), 0, 1.5, at_us=to_us(START))])
    assert (point.at, point.value) == (START, 1.5)
