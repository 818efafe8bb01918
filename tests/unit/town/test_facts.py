"""Facts are plain values that survive being kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from tests.support.wild_logs import wild
from tocsin.town.fact_reader import facts_of
from tocsin.town.facts import Facts

BEGIN = datetime(2026, 10, 5, 2, tzinfo=UTC)


def test_what_is_kept_is_read_back_as_it_was() -> None:
    for seed in range(12):
        facts = facts_of(wild(Random(seed), "i-1", BEGIN, acts=15))
        body = msgspec.json.encode(facts)
        assert msgspec.json.decode(body, type=Facts) == facts
        assert msgspec.json.encode(msgspec.json.decode(body, type=Facts)) == body, "byte for byte, to compare"


def test_an_incident_is_open_until_an_end_is_recorded() -> None:
    facts = facts_of(wild(Random(1), "i-1", BEGIN, acts=0))
    assert facts.open
    assert not msgspec.structs.replace(facts, end="closed", ended=BEGIN + timedelta(hours=1)).open
