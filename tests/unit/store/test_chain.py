from datetime import timedelta

import pytest

from tests.support.response import START, attached, change, incident_id, opened
from tocsin.core.incidents import Recorded
from tocsin.store import chain
from tocsin.store.chain import Link
from tocsin.store.changes import batch

NAME = incident_id(1)


def records() -> list[Recorded]:
    made = batch([change(1, opened(), attached(), attached("alarm-2"))], {}, START)
    return made.recorded[0]


def links() -> list[Link]:
    return chain.forge(chain.origin(NAME), records())


def test_a_chain_that_nobody_touched_is_whole() -> None:
    made = links()
    assert chain.verify(NAME, made, made[-1].hash, 3)


def test_records_are_read_as_they_were_written() -> None:
    assert [chain.read(link.body) for link in links()] == records()


def test_a_chain_goes_on_from_its_head() -> None:
    first, *rest = records()
    begun = chain.forge(chain.origin(NAME), [first])
    made = begun + chain.forge(begun[-1].hash, rest)
    assert made == links()


def test_chains_of_two_incidents_begin_differently() -> None:
    assert chain.origin(NAME) != chain.origin(incident_id(2))
    made = links()
    assert not chain.verify(incident_id(2), made, made[-1].hash, 3)


def forged(made: list[Link]) -> list[list[Link]]:
    later = [replace_recorded(record) for record in records()]
    rewritten = chain.forge(chain.origin(NAME), later)
    return [
        [made[0]._replace(body=made[0].body.replace(b"smoke", b"other")), *made[1:]],
        [rewritten[0], *made[1:]],
        [made[0], made[2]],
        [made[1], made[0], made[2]],
        [*made, made[2]],
        made[:2],
        rewritten,
        [],
    ]


def replace_recorded(record: Recorded) -> Recorded:
    return Recorded(
        incident=record.incident,
        version=record.version,
        event=record.event,
        actor=record.actor,
        occurred=record.occurred - timedelta(minutes=1),
        recorded=record.recorded,
    )


@pytest.mark.parametrize("which", range(8))
def test_any_change_of_a_chain_is_seen(which: int) -> None:
    made = links()
    assert not chain.verify(NAME, forged(made)[which], made[-1].hash, 3)


def test_the_claimed_instant_is_under_the_hash() -> None:
    made = links()
    assert b"occurred" in made[0].body
