import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.support.response import incident_id, notice
from tocsin.alerts.commands import SettleNotice
from tocsin.alerts.recorder import BATCH_MAX, Item, Recorder
from tocsin.core.errors import Transient
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import Outcome


class Service:
    """Takes batches; those with an incident named in `broken` fail."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.settled: list[IncidentId] = []
        self.broken: set[IncidentId] = set()

    async def settle(self, outcomes: list[tuple[IncidentId, SettleNotice]]) -> None:
        self.batches.append(len(outcomes))
        if self.broken & {incident for incident, _ in outcomes}:
            raise Transient("away")
        self.settled += [incident for incident, _ in outcomes]


def item(number: int) -> Item:
    one = notice(number, lasts=timedelta(minutes=1))
    command = SettleNotice(notice=one.id, person=one.person, channel=one.channel, outcome=Outcome.SENT)
    return one, command


async def run(recorder: Recorder) -> None:
    await recorder.finish()
    async with asyncio.timeout(5):
        await recorder.run()


async def test_what_waits_is_written_in_batches_and_nothing_is_left_at_the_end() -> None:
    service = Service()
    recorder = Recorder(service)
    for number in range(BATCH_MAX + 50):
        await recorder.put(item(number))
    await run(recorder)
    assert service.batches == [BATCH_MAX, 50]
    assert service.settled == [incident_id(number) for number in range(BATCH_MAX + 50)]


async def test_one_that_fails_does_not_take_the_others_with_it() -> None:
    service = Service()
    service.broken = {incident_id(2)}
    recorder = Recorder(service)
    for number in (1, 2, 3):
        await recorder.put(item(number))
    with capture_logs() as lines:
        await run(recorder)
    assert service.settled == [incident_id(1), incident_id(3)]
    assert [line["incident"] for line in lines if line["event"] == "outcome.unrecorded"] == [incident_id(2)]


async def test_who_waits_for_the_commit_hears_of_it_and_of_its_failure() -> None:
    service = Service()
    service.broken = {incident_id(2)}
    recorder = Recorder(service)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(recorder.run())
        await recorder.record(item(1))
        assert service.settled == [incident_id(1)]
        with capture_logs(), pytest.raises(Transient):
            await recorder.record(item(2))
        await recorder.finish()
        await running
