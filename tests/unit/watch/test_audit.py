from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.incidents import INCIDENT, Case, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.incident import deadlines
from tocsin.core.incidents import Mode
from tocsin.watch.audit import differences


def lived() -> Case:
    """An incident that has missed a tier, with somebody on the way, and still runs."""
    case = Case(staged(mode=Mode.STAGED))
    case.open()
    case.at(10).confirm()
    case.run_until(200)
    case.at(210).do(ask.Accept(person=person("to1")))
    return case


def said(case: Case, **more: object) -> list[str]:
    rows = deadlines(case.incident, case.policy)
    told = [notice.id for notice in case.told]
    arguments = {"rows": rows, "told": told} | more
    return differences(INCIDENT, case.log, case.policy, **arguments)  # type: ignore[arg-type]


def test_what_the_engine_wrote_is_what_a_replay_gives() -> None:
    assert said(lived()) == []


@pytest.mark.parametrize("seconds", [0, 9, 11, 70, 190, 700, 2000, 9000])
def test_at_every_stage(seconds: float) -> None:
    case = Case(staged(mode=Mode.STAGGERED))
    case.open()
    case.run_until(seconds)
    assert said(case) == []


def test_a_deadline_that_is_lost_wrong_or_left_over_is_named() -> None:
    case = lived()
    rows = deadlines(case.incident, case.policy)
    key, at = next(iter(rows.items()))
    lost = {other: when for other, when in rows.items() if other != key}
    assert f"lacks the deadline {key}" in said(case, rows=lost)[0]
    assert f"has the deadline {key} at" in said(case, rows=rows | {key: at + timedelta(seconds=1)})[0]
    assert "tier:nowhere" in said(case, rows=rows | {"tier:nowhere": at})[0]


def test_a_notice_that_was_never_written_is_named_and_one_too_many_is_not() -> None:
    case = lived()
    told = [notice.id for notice in case.told]
    call = next(notice.id for notice in case.told if notice.template == "call")
    assert said(case, told=[*told, "other"]) == []
    assert said(case, told=[one for one in told if one != call]) == [f"{INCIDENT} lacks a notice `call`"]


def test_a_log_without_events_is_a_difference() -> None:
    case = lived()
    assert differences(INCIDENT, [], case.policy, {}, []) == [f"{INCIDENT} has no events"]
