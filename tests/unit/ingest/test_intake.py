from dataclasses import replace

import pytest

from tests.support.field import collector
from tests.support.ingest import NOON, FakeTransport, deliver, envelope, level
from tocsin.core.clock import ManualClock
from tocsin.ingest.config import IngestConfig
from tocsin.ingest.decode import Decoder
from tocsin.ingest.intake import Intake
from tocsin.store.memory.field import MemoryFlushStore


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
async def intake(transport) -> Intake:
    clock = ManualClock(NOON)
    made = Intake(transport, MemoryFlushStore(clock, [collector()]), IngestConfig(), clock)
    await made.know_collectors()
    return made


async def test_deliveries_become_a_batch(intake, transport):
    transport.push(envelope(1, [level()]))
    assert len((await intake.gather()).messages) == 1


async def test_a_retained_message_that_is_wrong_is_acknowledged_and_forgotten(intake, transport):
    transport.push(replace(deliver(b"gone", "tocsin/v1/03/weir/state"), retained=True))
    assert len(await intake.gather()) == 0
    assert len(transport.acknowledged) == 1


async def test_after_forgetting_the_same_refusal_counts_again(intake, transport):
    for expected in (1, 0):
        transport.push(deliver(b"rubbish", "tocsin/v1/03/weir/data"))
        assert len((await intake.gather()).refused) == expected
    intake.forget()
    transport.push(deliver(b"rubbish", "tocsin/v1/03/weir/data"))
    assert len((await intake.gather()).refused) == 1


async def test_a_defect_of_ours_is_quarantined_with_its_trace(intake, transport, monkeypatch):
    def decode(_self, _delivery) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Decoder, "decode", decode)
    transport.push(envelope(1, [level()]))
    [refused] = (await intake.gather()).refused
    assert refused.code == "envelope.unexpected"
    assert "ZeroDivisionError" in refused.trace
