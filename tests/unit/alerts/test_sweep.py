"""Whom a sweep tells, and in what words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tocsin.alerts.sweep import SweepCall, responsible, write
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.responders import Channel, Directory, Responder

AT = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
CALL = SweepCall(
    id="c-1", sweep="s-1", person=PersonId("wang"), person_name="王", language="zh", step=1, title="查违规电线",
    words="看楼道。", drill=False, until=AT, made=AT, grids=1, grid_name="磨坊", channel=Channel.SMS, address="138",
    lease=AT,
)  # fmt: skip


def responder(
    name: str, tier: Tier, *channels: Channel, supervisor: bool = False, order: int = 1
) -> Responder:
    return Responder(
        person=PersonId(name),
        tier=tier,
        grid=GridCode("1"),
        order=order,
        channels=channels,
        supervisor=supervisor,
    )


@pytest.mark.parametrize(
    ("staff", "who"),
    [
        ([], None),
        ([responder("boss", Tier.VILLAGE, Channel.SMS, supervisor=True)], None),
        (
            [responder("a", Tier.VILLAGE, Channel.SMS), responder("b", Tier.VILLAGE, Channel.SMS, order=2)],
            "a",
        ),
        ([responder("deaf", Tier.VILLAGE), responder("b", Tier.VILLAGE, Channel.SMS, order=2)], "b"),
        ([responder("siren", Tier.VILLAGE, Channel.MQTT), responder("t", Tier.TOWNSHIP, Channel.LOG)], "t"),
        ([responder("deaf", Tier.VILLAGE)], "deaf"),
    ],
)
def test_the_nearest_whom_a_channel_reaches_is_asked(staff: list[Responder], who: str | None) -> None:
    assert responsible(Directory(GridCode("1"), tuple(staff))) == who


def test_a_call_says_what_where_and_until_when() -> None:
    said = write(CALL, "https://bell.example/sweeps/s-1")
    assert said.text == "清查任务：查违规电线。看楼道。请于5月1日16:00前答复磨坊。"
    assert (said.title, said.template, said.link) == ("清查任务", "sweep", "https://bell.example/sweeps/s-1")
    assert said.notice == "sweep-c-1"
    many = write(replace(CALL, grids=3, step=2, drill=True), "")
    assert many.text == "【演练】清查催办：查违规电线。看楼道。请于5月1日16:00前答复磨坊等3个网格。"
    assert many.words["what"].startswith("【演练】")


def test_a_call_in_english() -> None:
    said = write(replace(CALL, language="en", grids=2, drill=True, words=""), "")
    assert said.text == "DRILL: Sweep: 查违规电线. Answer for 磨坊 and 1 more by 16:00 on 01 May."


def test_long_words_are_cut() -> None:
    said = write(replace(CALL, words="长" * 500), "")
    assert "长" * 120 + "…" in said.text
    assert "长" * 121 not in said.text
