from datetime import timedelta

import pytest

from tests.support.people import staffed
from tests.support.response import ANN, OTHER, START, VILLAGE
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel
from tocsin.town.coverage import GapCode
from tocsin.town.duty_report import SPAN_MAX, WRITTEN, check_span, report
from tocsin.town.ports import DutyShift
from tocsin.town.staffing import StaffingCode

DAY = timedelta(days=1)


async def test_a_report_names_gaps_and_what_is_missing_among_the_appointed() -> None:
    async with staffed("memory", str) as town:
        await town.town.add_duty([DutyShift(person=ANN, grid=VILLAGE, since=START, until=None)])
        made = await report(
            town.duty, town.people, [Channel.SMTP], scope="", since=START, until=START + DAY, now=START
        )
    assert made.names[VILLAGE] == f"name of {VILLAGE}"
    assert {one.code for one in made.gaps if one.grid == OTHER} == {GapCode.NOBODY}
    assert VILLAGE not in {one.grid for one in made.gaps}
    assert (OTHER, StaffingCode.NO_RESPONSIBLE) in {(one.grid, one.code) for one in made.warnings}
    assert VILLAGE not in {one.grid for one in made.warnings}


def test_a_period_is_one_whose_shifts_are_written() -> None:
    check_span(START, START + DAY, START)
    check_span(START - SPAN_MAX, START, START)
    check_span(START, START + WRITTEN, START)
    for since, until in (
        (START, START),
        (START - SPAN_MAX - DAY, START),
        (START + DAY, START + WRITTEN + DAY / 2),
    ):
        with pytest.raises(Rejected, match=r"coverage\.span"):
            check_span(since, until, START)
