from datetime import UTC, datetime

import msgspec
import pytest

from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis, IncidentEvent, State, Verdict, VerdictGiven, event_encoder


def test_an_event_reads_back_as_it_was_written_byte_for_byte() -> None:
    event = VerdictGiven(
        tier=Tier.CITY, verdict=Verdict.LATE, at=datetime(2026, 1, 1, tzinfo=UTC), basis=Basis.POSITION
    )
    stored = event_encoder.encode(event)
    read = msgspec.json.decode(stored, type=IncidentEvent)
    assert read == event
    assert event_encoder.encode(read) == stored


@pytest.mark.parametrize("state", [State.CLOSED, State.EVALUATED, State.REJECTED, State.MERGED])
def test_ended_states_are_not_open(state: State) -> None:
    assert not state.open


def test_all_other_states_wait_on_somebody() -> None:
    assert {s for s in State if s.open} == {
        State.REPORTED,
        State.RECEIVED,
        State.VERIFIED,
        State.FILED,
        State.DISPATCHED,
        State.CHECKED,
        State.ACCEPTED,
        State.HANDLING,
        State.HANDLED,
    }
