"""What the contract suite of proofs cannot ask of both: that a transaction that fails leaves nothing."""

from __future__ import annotations

import pytest

from tests.support.response import START, in_memory
from tocsin.alerts.proof_ports import Challenge
from tocsin.core.ids import IncidentId, PersonId
from tocsin.store.memory.alerts import MemoryAlertsStore
from tocsin.store.memory.proofs import ProofTables


def test_savepoint_is_not_changed_by_what_comes_after() -> None:
    tables = ProofTables()
    saved = tables.copy()
    tables.used.add("challenge-1")
    assert saved == ProofTables()


async def test_code_that_was_used_in_a_transaction_that_failed_is_good_still() -> None:
    challenge = Challenge(
        id="c-1", incident=IncidentId("1"), person=PersonId("li"), code="4711", made=START, expires=START
    )
    async with in_memory() as response:
        assert isinstance(response.store, MemoryAlertsStore)
        async with response.store.unit() as unit:
            await unit.save_challenge(challenge)

        async def fails() -> None:
            async with response.store.unit() as unit:
                assert await unit.use_challenge("c-1", IncidentId("1"), PersonId("li")) == "4711"
                raise LookupError

        with pytest.raises(LookupError):
            await fails()
        async with response.store.unit() as unit:
            assert await unit.use_challenge("c-1", IncidentId("1"), PersonId("li")) == "4711"
