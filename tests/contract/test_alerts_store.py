"""What every `AlertsStore` promises, in memory and in PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from tests.support.database import Server
from tests.support.response import (
    ANN,
    BOB,
    CAMERA,
    CAT,
    OTHER,
    POLICY,
    START,
    STREET,
    TOWN,
    VILLAGE,
    Response,
    alarm,
    attached,
    change,
    confirmed,
    in_memory,
    in_postgres,
    incident_id,
    notice,
    opened,
    shared,
)
from tocsin.alerts.ports import Report
from tocsin.core.clock import MICROSECOND
from tocsin.core.detections import Kind
from tocsin.core.errors import Conflict, NotFound, Rejected
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import DeviceId, GridCode, PolicyId, ReportId
from tocsin.core.incidents import Closed, ConfirmationOverdue, Filed, Lateness, ReportAttached, State
from tocsin.core.responders import Channel
from tocsin.core.working_time import Terms

SOON = START + timedelta(seconds=60)
LATER = START + timedelta(seconds=180)


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def response(request: pytest.FixtureRequest) -> AsyncIterator[Response]:
    if request.param == "memory":
        async with in_memory() as made:
            yield made
        return
    async with in_postgres(request.getfixturevalue("shared_database")) as made:
        yield made


class Planned(Exception):
    pass


async def test_events_come_back_in_order_as_they_were_saved(response: Response) -> None:
    (recorded,) = await response.save(change(1, opened(), attached()))
    assert [one.version for one in recorded] == [1, 2]
    async with response.store.unit() as unit:
        assert unit.now == START
        found = await unit.load([incident_id(1), incident_id(2)])
    assert {name: tuple(events) for name, events in found.items()} == {incident_id(1): tuple(recorded)}
    assert all(one.recorded == START for one in recorded)


async def test_later_events_follow_the_earlier_ones(response: Response) -> None:
    await response.save(change(1, opened()))
    before = await response.load(incident_id(1))
    await response.save(change(1, *confirmed(), before=before))
    after = await response.load(incident_id(1))
    assert after.version == 4
    assert after.state is State.VERIFIED
    assert after.clocks[Tier.VILLAGE].due == LATER


async def test_many_incidents_and_the_same_one_twice_are_saved_at_once_in_their_order(
    response: Response,
) -> None:
    first = change(1, opened(), deadlines={"unanswered": SOON})
    second = change(1, attached(), before=first.incident, deadlines={"unanswered": LATER})
    other = change(2, opened(device=None))
    recorded = await response.save(first, other, second)
    assert [[one.version for one in records] for records in recorded] == [[1], [1], [2]]
    assert await response.store.next_due() == (START, LATER)


async def test_a_decision_on_an_old_version_is_refused_and_leaves_nothing(response: Response) -> None:
    await response.save(change(1, opened()))
    before = await response.load(incident_id(1))
    await response.save(change(1, attached(), before=before))
    with pytest.raises(Conflict):
        await response.save(change(2, opened(device=None)), change(1, *confirmed(), before=before))
    async with response.store.unit() as unit:
        found = await unit.load([incident_id(1), incident_id(2)])
    assert {name: len(events) for name, events in found.items()} == {incident_id(1): 2}


async def test_an_incident_does_not_begin_twice(response: Response) -> None:
    await response.save(change(1, opened()))
    with pytest.raises(Conflict):
        await response.save(change(1, opened()))


async def test_an_exception_rolls_everything_back(response: Response) -> None:
    async def fail() -> None:
        async with response.store.unit() as unit:
            await unit.save_alarms([alarm()])
            await unit.save([change(1, opened(), deadlines={"unanswered": SOON}, notices=(notice(1),))])
            raise Planned

    with pytest.raises(Planned):
        await fail()
    assert await response.store.next_due() is None
    assert await response.notices.next_send() is None
    async with response.store.unit() as unit:
        assert await unit.alarm(alarm().id) is None
        assert await unit.load([incident_id(1)]) == {}


async def test_the_same_act_is_answered_once(response: Response) -> None:
    await response.save(change(1, opened(), act="act-1"))
    before = await response.load(incident_id(1))
    async with response.store.unit() as unit:
        assert await unit.answered(incident_id(1), "act-1")
        assert not await unit.answered(incident_id(1), "act-2")
        assert not await unit.answered(incident_id(2), "act-1")
    with pytest.raises(Conflict):
        await response.save(change(1, attached(), before=before, act="act-1"))


async def test_an_act_that_decides_to_nothing_is_remembered_too(response: Response) -> None:
    await response.save(change(1, opened()))
    before = await response.load(incident_id(1))
    await response.save(change(1, before=before, act="act-1"))
    async with response.store.unit() as unit:
        assert await unit.answered(incident_id(1), "act-1")


async def test_a_deadline_is_due_at_its_instant_and_not_before(response: Response) -> None:
    await response.save(change(1, opened(), deadlines={"unanswered": SOON, "system": LATER}))
    assert await response.store.next_due() == (START, SOON)
    await response.travel(SOON - MICROSECOND)
    async with response.store.due(10) as (_, due):
        assert list(due) == []
    await response.travel(SOON)
    async with response.store.due(10) as (unit, due):
        assert unit.now == SOON
        assert list(due) == [(incident_id(1), "unanswered", SOON)]


async def test_a_fired_deadline_does_not_fire_again(response: Response) -> None:
    await response.save(change(1, opened(), deadlines={"unanswered": SOON, "system": LATER}))
    before = await response.load(incident_id(1))
    await response.travel(SOON)
    async with response.store.due(10) as (unit, due):
        assert len(due) == 1
        await unit.save([change(1, ConfirmationOverdue(step=1), before=before, deadlines={"system": LATER})])
    async with response.store.due(10) as (_, due):
        assert list(due) == []
    assert await response.store.next_due() == (SOON, LATER)


async def test_a_fired_deadline_that_decided_to_nothing_is_over(response: Response) -> None:
    await response.save(change(1, opened(), deadlines={"unanswered": SOON, "system": LATER}))
    await response.travel(SOON)
    async with response.store.due(10) as (_, due):
        assert len(due) == 1
    assert await response.store.next_due() == (SOON, LATER)


async def test_a_deadline_whose_transaction_failed_fires_again(response: Response) -> None:
    await response.save(change(1, opened(), deadlines={"unanswered": SOON}))
    await response.travel(SOON)
    with pytest.raises(Planned):
        async with response.store.due(10):
            raise Planned
    async with response.store.due(10) as (_, due):
        assert list(due) == [(incident_id(1), "unanswered", SOON)]


async def test_all_due_deadlines_of_an_incident_come_together_earliest_first(response: Response) -> None:
    for number, first in ((1, 30), (2, 10), (3, 20)):
        deadlines = {
            "b": START + timedelta(seconds=first),
            "a": START + timedelta(seconds=first + 1),
            "later": START + timedelta(hours=1),
        }
        await response.save(change(number, opened(device=None), deadlines=deadlines))
    await response.travel(START + timedelta(minutes=1))
    async with response.store.due(2) as (_, due):
        assert [(incident, key) for incident, key, _ in due] == [
            (incident_id(2), "b"),
            (incident_id(2), "a"),
            (incident_id(3), "b"),
            (incident_id(3), "a"),
        ]


async def test_a_moved_deadline_fires_at_its_new_instant_only(response: Response) -> None:
    await response.save(change(1, opened(), deadlines={"unanswered": SOON, "gone": SOON}))
    before = await response.load(incident_id(1))
    await response.save(change(1, attached(), before=before, deadlines={"unanswered": LATER}))
    await response.travel(SOON)
    async with response.store.due(10) as (_, due):
        assert list(due) == []
    await response.travel(LATER)
    async with response.store.due(10) as (_, due):
        assert list(due) == [(incident_id(1), "unanswered", LATER)]


async def test_an_undecidable_deadline_is_pushed_back_and_not_lost(response: Response) -> None:
    await response.save(change(1, opened(), deadlines={"unanswered": SOON, "system": LATER}))
    await response.travel(SOON)
    async with response.store.due(10) as (unit, due):
        assert len(due) == 1
        await unit.push_back(incident_id(1), SOON + timedelta(seconds=30))
    assert await response.store.next_due() == (SOON, SOON + timedelta(seconds=30))
    await response.travel(SOON + timedelta(seconds=30))
    async with response.store.due(10) as (_, due):
        assert [key for _, key, _ in due] == ["unanswered"]


async def test_a_savepoint_undoes_what_is_written_inside_and_nothing_before(response: Response) -> None:
    await response.save(*(change(number, opened(), deadlines={"confirm:1": SOON}) for number in (1, 2)))
    await response.travel(SOON)
    asked = ConfirmationOverdue(step=1)
    before = {number: await response.load(incident_id(number)) for number in (1, 2)}
    async with response.store.due(10) as (unit, _):
        first, second = (
            change(number, asked, before=before[number], deadlines={"confirm:2": LATER}, at=SOON)
            for number in (1, 2)
        )
        await unit.save([first])
        with suppress(Planned):
            async with unit.savepoint():
                await unit.save([second])
                raise Planned
        assert len((await unit.load([incident_id(2)]))[incident_id(2)]) == 1
        await unit.push_back(incident_id(2), SOON + timedelta(seconds=5))
    assert [(await response.load(incident_id(number))).unanswered for number in (1, 2)] == [1, 0]
    assert await response.store.next_due() == (SOON, SOON + timedelta(seconds=5))


async def test_open_incidents_of_a_township_are_found_oldest_first(response: Response) -> None:
    await response.save(change(2, opened(), attached()))
    await response.travel(SOON)
    fire = attached("alarm-2", DeviceId("box/camera-2"), Kind.FIRE)
    await response.save(change(1, opened(kind=Kind.FIRE, grid=STREET, device=None), fire, at=SOON))
    await response.save(change(3, opened(kind=Kind.FLOOD)))
    await response.save(change(4, opened(grid=OTHER, device=None)))
    async with response.store.unit() as unit:
        await unit.lock_places([(Kind.SMOKE, TOWN), (Kind.FIRE, TOWN), (Kind.SMOKE, TOWN)])
        found = await unit.open_incidents([Kind.SMOKE, Kind.FIRE], TOWN)
    assert [one.id for one in found] == [incident_id(2), incident_id(1)]
    smoke, fire_found = found
    assert smoke.devices == (CAMERA,)
    assert smoke.place == Position(30.27, 119.88)
    assert smoke.last_alarm == START
    assert (fire_found.kind, fire_found.grid, fire_found.last_alarm) == (Kind.FIRE, STREET, SOON)


async def test_an_open_incident_says_whether_it_is_dealt_with_as_a_case(response: Response) -> None:
    filed = Filed(matter="0101", terms=Terms())
    await response.save(change(1, opened()), change(2, opened(device=None), filed))
    async with response.store.unit() as unit:
        found = await unit.open_incidents([Kind.SMOKE], TOWN)
    assert {one.id: one.filed for one in found} == {incident_id(1): False, incident_id(2): True}


async def test_nothing_joins_what_is_over_or_a_drill_or_a_record_of_the_past(response: Response) -> None:
    await response.save(
        change(1, opened(), Closed(reason_code="handled")),
        change(2, opened(drill=True)),
        change(3, opened(lateness=Lateness.RETROSPECTIVE)),
        change(4, opened(lateness=Lateness.LATE)),
    )
    async with response.store.unit() as unit:
        found = await unit.open_incidents([Kind.SMOKE], TOWN)
    assert [one.id for one in found] == [incident_id(4)]


async def test_one_raise_of_an_alarm_has_one_open_incident(response: Response) -> None:
    async with response.store.unit() as unit:
        await unit.save_alarms([alarm()])
    await response.save(change(1, opened(), attached()))
    with pytest.raises(Conflict):
        await response.save(change(2, opened(), attached()))
    await response.save(change(3, opened(drill=True), attached()))
    before = await response.load(incident_id(1))
    await response.save(change(1, Closed(reason_code="handled"), before=before))
    await response.save(change(2, opened(), attached()))


async def test_a_new_raise_may_open_an_incident_while_the_old_one_is_still_open(response: Response) -> None:
    async with response.store.unit() as unit:
        await unit.save_alarms([alarm()])
    await response.save(change(1, opened(), attached()))
    async with response.store.unit() as unit:
        await unit.save_alarms([alarm(raised_at=LATER)])
    await response.save(change(2, opened(), attached()))
    before = await response.load(incident_id(1))
    await response.save(change(1, attached("alarm-2"), before=before))


async def test_alarms_are_kept_and_changed(response: Response) -> None:
    key = (CAMERA, Kind.SMOKE, "smoke")
    async with response.store.unit() as unit:
        assert await unit.alarms([key]) == {}
        await unit.save_alarms([alarm(), alarm("alarm-2", detector="other")])
    changed = alarm(
        raised=False, cleared_at=SOON, count=3, armed=False, acknowledged=True, acknowledged_by=ANN
    )
    async with response.store.unit() as unit:
        assert await unit.alarms([key]) == {key: alarm()}
        await unit.save_alarms([changed])
    async with response.store.unit() as unit:
        assert await unit.alarm(changed.id) == changed
        assert len(await unit.alarms([key, (CAMERA, Kind.SMOKE, "other")])) == 2
        assert await unit.alarms([]) == {}


async def test_a_device_stands_where_it_was_put_and_an_unknown_one_where_its_collector_is(
    response: Response,
) -> None:
    new, lost = DeviceId("box/new"), DeviceId("nowhere/x")
    async with response.store.unit() as unit:
        found = await unit.sites([CAMERA, new, lost])
    assert found.keys() == {CAMERA, new}
    assert found[CAMERA].place == Position(30.27, 119.88)
    assert found[CAMERA].certified
    assert (found[new].grid.code, found[new].township, found[new].place) == (VILLAGE, TOWN, None)
    assert not found[new].certified
    assert (found[CAMERA].device_kind, found[new].device_kind) == ("camera", "")


async def test_the_township_of_a_grid_is_the_nearest_above_it(response: Response) -> None:
    async with response.store.unit() as unit:
        assert await unit.township(STREET) == TOWN
        assert await unit.township(TOWN) == TOWN
        assert await unit.township(GridCode("3301")) == "3301"
        assert (await unit.grid(STREET)).path == f"3301.{TOWN}.{VILLAGE}.{STREET}"
        for question in (unit.township, unit.grid, unit.directory):
            with pytest.raises(NotFound, match=r"grid\.unknown"):
                await question(GridCode("99"))


async def test_a_directory_holds_who_answers_for_a_place(response: Response) -> None:
    async with response.store.unit() as unit:
        found = await unit.directories([STREET, TOWN])
        one = await unit.directory(STREET)
    assert one == found[STREET]
    assert [person.person for person in one.responders] == [ANN, BOB, CAT]
    assert one.responders[0].channels == (Channel.WEBHOOK, Channel.SMTP)
    assert one.responders[1].channels == ()
    assert [person.person for person in found[TOWN].responders] == [CAT]


async def test_a_policy_version_is_never_changed(response: Response) -> None:
    async with response.store.unit() as unit:
        await unit.save_policy(POLICY, "default", "name: default")
        assert await unit.policy_text(POLICY) == "name: default"
        with pytest.raises(NotFound, match=r"policy\.unknown"):
            await unit.policy_text(PolicyId("none"))
    with pytest.raises(Rejected, match=r"policy\.changed"):
        async with response.store.unit() as unit:
            await unit.save_policy(POLICY, "default", "name: other")
    async with response.store.unit() as unit:
        assert await unit.policy_text(POLICY) == "name: default"


async def test_words_and_positions_may_be_stored_before_their_incident(response: Response) -> None:
    report = Report(
        id=ReportId("report-1"),
        kind=Kind.FIRE,
        grid=VILLAGE,
        words="着火了",
        caller="13800000000",
        place=None,
        reported_by=CAT,
        at=START,
    )
    async with response.store.unit() as unit:
        await unit.store_report(report)
        await unit.store_note("note-1", incident_id(1), ANN, "smells of plastic")
        await unit.store_position(incident_id(1), ANN, Position(30.1, 119.2, 8.0), START)
        await unit.save([change(1, opened(device=None), ReportAttached(report=report.id))])
    assert (await response.load(incident_id(1))).reports == (report.id,)


async def test_a_report_is_found_where_it_belongs(response: Response) -> None:
    await response.save(change(1, opened(), ReportAttached(report=ReportId("r-1"))))
    async with response.store.unit() as unit:
        assert await unit.reported(ReportId("r-1")) == incident_id(1)
        assert await unit.reported(ReportId("r-2")) is None
