from __future__ import annotations

import pytest

from tocsin.alerts.transitions import TRANSITIONS
from tocsin.core.errors import Rejected
from tocsin.core.incident_words import State
from tocsin.town.profiles import LIFE, PROFILES, STANDARD, profile

DEVICES = {
    "attach_report", "attach_alarm", "clear_alarm", "deadline_reached", "camera_sees", "settle_notice", "add_note",
    "see", "accept", "refuse", "arrive", "say_real", "say_nothing_here", "ask_help", "refute_arrival", "report_done",
}  # fmt: skip
"""Moves of devices, of time and of those on their way, which the console names by itself."""


@pytest.mark.parametrize("name", PROFILES)
def test_every_state_and_every_move_at_a_desk_has_a_name_in_both_languages(name: str) -> None:
    found = profile(name)
    assert set(found.states) == set(LIFE) == set(State)
    assert set(found.moves) == {row.move for row in TRANSITIONS} - DEVICES
    assert all(one.zh and one.en for one in (*found.states.values(), *found.moves.values(), found.title))


@pytest.mark.parametrize("name", PROFILES)
def test_a_loop_is_made_of_names_of_its_states_and_moves(name: str) -> None:
    found = profile(name)
    named = {one.zh for one in (*found.states.values(), *found.moves.values())}
    assert set(found.loop) <= named


def test_the_five_loops_are_there_as_their_towns_write_them() -> None:
    assert {one.title.zh for one in PROFILES.values()} == {
        "国家标准七步（GB/T 30428）",
        "需求采集—分类处置—部门联动—处置反馈—定期评估",
        "收集—上报—督办—销号—评价",
        "六步闭环",
        "巡查—上报—分转—处置—复核",
        "信息收集—分流交办—执行处置—日常督办—信息反馈—督查考核",
    }


def test_names_that_nobody_published_are_not_invented() -> None:
    six = profile("six_steps")
    assert six.states == STANDARD.states
    assert "未见公开" in six.note.zh


def test_a_stretch_of_states_with_one_name_is_one_step() -> None:
    through = [
        State.REPORTED,
        State.RECEIVED,
        State.FILED,
        State.DISPATCHED,
        State.ACCEPTED,
        State.HANDLED,
        State.CHECKED,
    ]
    assert profile("patrol").steps(through) == ["巡查", "上报", "分转", "处置", "复核"]


def test_an_unknown_profile_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(Rejected, match="standard") as refused:
        profile("mine")
    assert refused.value.code == "profile.unknown"
