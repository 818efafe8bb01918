"""The twin keeps what `tests/contract/test_evaluation_store.py` promises; here is what it alone has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tocsin.core.clock import ManualClock
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.memory.evaluation import CATEGORIES, Known, MemoryEvaluation
from tocsin.town.evaluation import Indicator, Member
from tocsin.town.evaluation_ports import Act

NOW = datetime(2026, 5, 1, tzinfo=UTC)
WANG = PersonId("wang")


async def test_acts_that_the_log_of_incidents_holds_are_told_to_it_once() -> None:
    member = Member(person=WANG, name="Wang", grid=GridCode("1"), grid_name="one", grid_class="")
    store = MemoryEvaluation(ManualClock(NOW), lambda: Known(members=[member], paths={GridCode("1"): "1"}))
    act = Act(indicator=Indicator.HANDLING, at=NOW, subject="incident:1")
    store.add_act("a", WANG, act)
    store.add_act("a", WANG, act)
    hour = timedelta(hours=1)
    assert await store.acts(WANG, NOW - hour, NOW + hour, 10) == [act]
    assert await store.members("1", NOW - hour, NOW + hour) == [(member, {Indicator.HANDLING: 1})]


def test_it_has_the_categories_of_the_migration() -> None:
    assert len({one.code for one in CATEGORIES}) == 8
