from __future__ import annotations

import re

from tocsin.alerts.diagram import page
from tocsin.alerts.transitions import TRANSITIONS, Only, Who
from tocsin.core.incident_words import State


def diagrams() -> list[str]:
    return re.findall(r"```mermaid\n(.*?)```", page(), re.DOTALL)


def test_there_is_a_diagram_of_each_track_with_every_state_between_them() -> None:
    urgent, work = diagrams()
    assert "state open {" in urgent
    assert "state case {" in work
    assert {state for state in State if f"{state.value}: {state.value} " in urgent + work} == set(State)


def test_what_may_be_done_from_every_state_is_drawn_once() -> None:
    urgent, work = diagrams()
    assert urgent.count("--> merged: merge") == work.count("--> merged: merge") == 1
    assert "open --> merged: merge" in urgent
    assert "case --> verified: attach_alarm, confirm, ask_help" in work


def test_moves_of_one_track_are_not_drawn_on_the_other() -> None:
    urgent, work = diagrams()
    assert "take_on" not in urgent
    assert "dispatched --> accepted: take_on" in work
    assert "report_done" not in work


def test_no_edge_leads_from_a_state_to_itself() -> None:
    for drawn in diagrams():
        assert not re.findall(r"^\s*(\w+) --> \1:", drawn, re.MULTILINE)


def test_every_row_is_a_line_and_everybody_is_explained() -> None:
    text = page()
    assert len(re.findall(r"^\| `", text, re.MULTILINE)) == len(TRANSITIONS)
    assert all(f"- {who.value}: " in text for who in Who)
    assert all(only.value in text for only in Only if only is not Only.ALWAYS)


def test_all_open_states_are_called_open() -> None:
    assert "| `reject` | both | open | rejected | desk |  |" in page()
    assert "| `add_note` | both | any | as it was |" in page()
