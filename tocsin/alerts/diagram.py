"""The table of moves as a page for people: two diagrams, and who may do what.  Pure.

Made from `alerts.transitions`, so that the page cannot say anything else than the rules do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tocsin.alerts.transitions import OPEN, TRANSITIONS, Only, Row, Track, Who
from tocsin.core.incident_words import State

_URGENT: Final = tuple(
    state for state in State if state.open and state not in {State.FILED, State.DISPATCHED}
)
_CASE: Final = (
    State.FILED,
    State.DISPATCHED,
    State.ACCEPTED,
    State.HANDLING,
    State.HANDLED,
    State.CHECKED,
)
_CHINESE: Final[dict[State, str]] = {
    State.REPORTED: "上报",
    State.RECEIVED: "受理",
    State.VERIFIED: "核实",
    State.FILED: "立案",
    State.DISPATCHED: "派遣",
    State.ACCEPTED: "签收",
    State.HANDLING: "处置",
    State.HANDLED: "处置反馈",
    State.CHECKED: "核查",
    State.CLOSED: "结案",
    State.EVALUATED: "评价",
    State.REJECTED: "不予受理",
    State.MERGED: "合并",
}
_URGENT_CHINESE: Final = _CHINESE | {
    State.ACCEPTED: "前往",
    State.HANDLING: "到场处置",
    State.HANDLED: "处置完毕",
}
_PARTS: Final[dict[Who, str]] = {
    Who.DESK: "desk: an operator",
    Who.LEADER: "leader: a supervisor, or an operator in their name",
    Who.LEAD: "lead: the organisation that has it",
    Who.PARTNER: "partner: an organisation that helps",
    Who.SCENE: "scene: who was called, or is there",
    Who.REPORTER: "reporter: who says that there is something",
    Who.SYSTEM: "system: time, a device, a provider",
}


def page() -> str:
    """Write the page, as Markdown with mermaid diagrams."""
    return "\n".join(
        [
            "# The life of an incident",
            "",
            "Made from the code by `make docs`; do not edit. The table is `tocsin/alerts/transitions.py`: the rules refuse what is",
            "not in it, and the console offers what is. What a row cannot say (whose turn it is, which reasons count) is said by",
            "the answer itself, in a sentence.",
            "",
            "An incident goes one of two tracks. On the **urgent** one it is confirmed, tiers are called, and clocks of minutes run",
            "until somebody is there. On the track of **working time** it is filed as a case of the catalogue, given to an",
            "organisation, and each stage has a limit of working hours or days. A case that turns out to be an emergency is",
            "confirmed and goes on on the urgent track; an emergency never becomes a case while its clocks have run.",
            "",
            "## Urgent track",
            "",
            *_diagram("open", _URGENT, Track.URGENT, begins=(State.REPORTED, State.RECEIVED, State.VERIFIED)),
            "",
            "## Track of working time",
            "",
            *_diagram("case", _CASE, Track.WORK),
            "",
            "## Who may do what",
            "",
            *(f"- {_PARTS[who]}" for who in Who),
            "",
            "| move | track | while it is | then it is | who | only if |",
            "| --- | --- | --- | --- | --- | --- |",
            *(_line(row) for row in TRANSITIONS),
            "",
        ]
    )


def _diagram(
    name: str, inside: tuple[State, ...], track: Track, *, begins: tuple[State, ...] = ()
) -> list[str]:
    """Draw the states of one track; what may be done from every one of them leaves their box as a whole."""
    rows = [row for row in TRANSITIONS if row.to is not None and row.track in {track, Track.BOTH}]
    edges: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        here = [state for state in inside if state in row.states]
        whole = len(here) == len(inside)
        for start in [name] if whole else [state.value for state in here]:
            _add(edges, start, row)
        for ended in (state for state in State if not state.open and state in row.states):
            _add(edges, ended.value, row)
    within = {state.value for state in inside}
    lines = ["```mermaid", "stateDiagram-v2", f"    state {name} {{"]
    words = _URGENT_CHINESE if track is Track.URGENT else _CHINESE
    lines += [f"        {state.value}: {state.value} {words[state]}" for state in inside]
    lines += [f"        [*] --> {state.value}" for state in begins]
    lines += [f"        {line}" for line in _edges(edges, within, inner=True)]
    lines.append("    }")
    others = {end for _, end in edges} | {start for start, _ in edges}
    lines += [
        f"    {state.value}: {state.value} {_CHINESE[state]}"
        for state in State
        if state.value in others - within
    ]
    lines += [f"    {line}" for line in _edges(edges, within, inner=False)]
    return [*lines, "```"]


def _add(edges: dict[tuple[str, str], list[str]], start: str, row: Row) -> None:
    if row.to is None or start == row.to.value:
        return
    moves = edges.setdefault((start, row.to.value), [])
    if row.move not in moves:
        moves.append(row.move)


def _edges(edges: dict[tuple[str, str], list[str]], within: set[str], *, inner: bool) -> Iterator[str]:
    for (start, end), moves in edges.items():
        if ({start, end} <= within) is inner:
            yield f"{start} --> {end}: {', '.join(moves)}"


def _line(row: Row) -> str:
    only = "" if row.only is Only.ALWAYS else row.only.value
    then = row.to.value if row.to is not None else "as it was"
    who = ", ".join(who.value for who in Who if who in row.who)
    return f"| `{row.move}` | {row.track} | {_states(row.states)} | {then} | {who} | {only} |"


def _states(states: Iterable[State]) -> str:
    found = frozenset(states)
    if found == frozenset(State):
        return "any"
    if found >= OPEN:
        rest = [state.value for state in State if state in found - OPEN]
        return ", ".join(["open", *rest])
    return ", ".join(state.value for state in State if state in found)
