from __future__ import annotations

from tocsin.town.jobs import JobState, Unwatched, first
from tocsin.town.tables import FAULTS_MAX, Fault


def fault(row: int | None) -> Fault:
    return Fault(row, "", "x", "x")


def test_the_first_faults_are_those_of_the_sheet_and_then_in_order_of_rows() -> None:
    assert [one.row for one in first([fault(3), fault(None), fault(2)])] == [None, 2, 3]
    assert len(first([fault(row) for row in range(FAULTS_MAX + 1)])) == FAULTS_MAX


def test_a_job_has_ended_when_it_is_done_or_failed() -> None:
    assert {state for state in JobState if state.ended} == {JobState.DONE, JobState.FAILED}


async def test_work_that_nobody_watches_runs_where_it_is() -> None:
    progress = Unwatched()
    progress(1, 2)
    assert await progress.aside(divmod, 7, 2) == (3, 1)
