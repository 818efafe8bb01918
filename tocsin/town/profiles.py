"""What the steps of a case are called in a town: display profiles, data only.  Pure.

The life of a case is the same everywhere; its names are not (巡查—上报—分转—处置—复核 here, 收集—上报—督办—销号—评价
there).  A profile names states and moves; what a local loop does not name keeps the words of the standard
(GB/T 30428).  Consecutive states with the same words are one step of the loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from tocsin.core.errors import Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.incident_words import State

LIFE: Final = (
    State.REPORTED,
    State.RECEIVED,
    State.VERIFIED,
    State.FILED,
    State.DISPATCHED,
    State.ACCEPTED,
    State.HANDLING,
    State.HANDLED,
    State.CHECKED,
    State.CLOSED,
    State.EVALUATED,
    State.REJECTED,
    State.MERGED,
)
"""The states in the order of a life; the last two end it aside."""


@dataclass(frozen=True, slots=True)
class Name:
    """What something is called, for people."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The names of one loop."""

    id: str
    title: Name
    loop: tuple[str, ...]
    """The steps as the town writes them, in order; the standard's where it does not list them."""
    states: Mapping[State, Name]
    moves: Mapping[str, Name]
    """By the tag of the command."""
    note: Name = field(default=Name("", ""))
    """What a reader should know of these names."""

    def of(self, state: State) -> Name:
        """Name a state."""
        return self.states[state]

    def steps(self, states: Sequence[State]) -> list[str]:
        """Give the steps that a case has gone through, each once for a stretch of states."""
        found: list[str] = []
        for state in states:
            if not found or found[-1] != self.states[state].zh:
                found.append(self.states[state].zh)
        return found


class ProfileStore(Protocol):
    """Which profile is in force where."""

    async def profile_of(self, root: GridCode | None) -> str:
        """Give the id that was chosen for a tree, else the one for all, else `standard`."""
        ...

    async def choose_profile(
        self, root: GridCode | None, profile: str, person: PersonId, at: datetime
    ) -> None:
        """Choose a profile for a tree, or for all that have chosen none."""
        ...


STATES: Final[Mapping[State, Name]] = {
    State.REPORTED: Name("信息收集", "Reported"),
    State.RECEIVED: Name("受理", "Received"),
    State.VERIFIED: Name("核实", "Verified"),
    State.FILED: Name("案卷建立", "Filed"),
    State.DISPATCHED: Name("任务派遣", "Dispatched"),
    State.ACCEPTED: Name("签收", "Taken on"),
    State.HANDLING: Name("任务处理", "Being handled"),
    State.HANDLED: Name("处理反馈", "Reported done"),
    State.CHECKED: Name("核实结案", "Checked"),
    State.CLOSED: Name("核实结案", "Closed"),
    State.EVALUATED: Name("综合评价", "Evaluated"),
    State.REJECTED: Name("不成立", "Rejected"),
    State.MERGED: Name("并案", "Merged"),
}
"""The seven steps of GB/T 30428; 受理, 核实 and 签收 stand between them."""

MOVES: Final[Mapping[str, Name]] = {
    "receive": Name("受理", "Receive"),
    "confirm": Name("核实", "Confirm"),
    "reject": Name("不成立", "Reject"),
    "file": Name("立案", "File"),
    "dispatch": Name("派遣", "Dispatch"),
    "take_on": Name("签收", "Take on"),
    "begin_work": Name("开始处置", "Begin work"),
    "finish_work": Name("处置反馈", "Report done"),
    "return": Name("退回", "Return"),
    "join": Name("协办", "Ask another to help"),
    "hand_up": Name("提级上报", "Hand up"),
    "ask_extension": Name("申请延期", "Ask for more time"),
    "answer_extension": Name("审批延期", "Answer for more time"),
    "urge": Name("催办", "Urge"),
    "supervise": Name("督办", "Supervise"),
    "check": Name("核查", "Check"),
    "close": Name("结案", "Close"),
    "call_back": Name("回访", "Call back"),
    "evaluate": Name("评价", "Evaluate"),
    "reopen": Name("重新办理", "Reopen"),
    "merge": Name("并案", "Merge"),
    "transfer": Name("转 110/119/120", "Call in another service"),
    "report_up": Name("信息报送", "Report upwards"),
    "confirm_grade": Name("定级", "Answer for the grade"),
    "change_grade": Name("调整等级", "Change the grade"),
    "tick_step": Name("勾选预案步骤", "Tick a step"),
    "activate": Name("启动层级", "Call a tier"),
}

_STANDARD_LOOP: Final = ("信息收集", "案卷建立", "任务派遣", "任务处理", "处理反馈", "核实结案", "综合评价")
_SOME_LOCAL: Final = Name(
    "本地流程未列出的环节沿用国家标准用词。", "What the loop does not name has the words of the standard."
)


def _local(  # noqa: PLR0917 a table of names
    id_: str,
    loop: tuple[str, ...],
    title_en: str,
    states: Mapping[State, Name],
    moves: Mapping[str, Name],
    note: Name = _SOME_LOCAL,
) -> Profile:
    return Profile(
        id=id_,
        title=Name("—".join(loop), title_en),
        loop=loop,
        states={**STATES, **states},
        moves={**MOVES, **moves},
        note=note,
    )


_NEEDS = _local(
    "needs",
    ("需求采集", "分类处置", "部门联动", "处置反馈", "定期评估"),
    "Needs, sorted, dealt with together, fed back, assessed",
    {
        State.REPORTED: Name("需求采集", "Need collected"),
        State.RECEIVED: Name("分类处置", "Sorted"),
        State.FILED: Name("分类处置", "Sorted"),
        State.DISPATCHED: Name("部门联动", "Departments at work"),
        State.ACCEPTED: Name("部门联动", "Departments at work"),
        State.HANDLING: Name("部门联动", "Departments at work"),
        State.HANDLED: Name("处置反馈", "Fed back"),
        State.EVALUATED: Name("定期评估", "Assessed"),
    },
    {
        "file": Name("分类处置", "Sort"),
        "dispatch": Name("部门联动", "Give to departments"),
        "join": Name("部门联动", "Ask another department to help"),
        "finish_work": Name("处置反馈", "Feed back"),
        "evaluate": Name("定期评估", "Assess"),
    },
)
_STRUCK_OFF = _local(
    "struck_off",
    ("收集", "上报", "督办", "销号", "评价"),
    "Collected, reported, supervised, struck off, evaluated",
    {
        State.REPORTED: Name("收集", "Collected"),
        State.RECEIVED: Name("上报", "Reported"),
        **dict.fromkeys(
            (
                State.FILED,
                State.DISPATCHED,
                State.ACCEPTED,
                State.HANDLING,
                State.HANDLED,
            ),
            Name("督办", "Under supervision"),
        ),
        State.CHECKED: Name("销号", "Struck off"),
        State.CLOSED: Name("销号", "Struck off"),
        State.EVALUATED: Name("评价", "Evaluated"),
    },
    {
        "receive": Name("上报", "Report"),
        "supervise": Name("督办", "Supervise"),
        "close": Name("销号", "Strike off"),
        "evaluate": Name("评价", "Evaluate"),
    },
)
_SIX_STEPS = Profile(
    id="six_steps",
    title=Name("六步闭环", "Six steps"),
    loop=_STANDARD_LOOP,
    states=STATES,
    moves=MOVES,
    note=Name(
        "当地“六步”的步骤名称未见公开，此处用国家标准用词，请按当地文件填写后再用。",
        "The names of its six steps are not published: these are the words of the standard.",
    ),
)
_PATROL = _local(
    "patrol",
    ("巡查", "上报", "分转", "处置", "复核"),
    "Patrolled, reported, passed on, handled, reviewed",
    {
        State.REPORTED: Name("巡查", "Found on patrol"),
        State.RECEIVED: Name("上报", "Reported"),
        State.FILED: Name("分转", "Passed on"),
        State.DISPATCHED: Name("分转", "Passed on"),
        State.ACCEPTED: Name("处置", "Handled"),
        State.HANDLING: Name("处置", "Handled"),
        State.HANDLED: Name("处置", "Handled"),
        State.CHECKED: Name("复核", "Reviewed"),
        State.CLOSED: Name("复核", "Reviewed"),
    },
    {
        "receive": Name("上报", "Report"),
        "file": Name("分转", "Pass on"),
        "dispatch": Name("分转", "Pass on"),
        "begin_work": Name("处置", "Handle"),
        "check": Name("复核", "Review"),
    },
)
_ASSIGNED = _local(
    "assigned",
    ("信息收集", "分流交办", "执行处置", "日常督办", "信息反馈", "督查考核"),
    "Collected, assigned, carried out, supervised, fed back, inspected",
    {
        State.RECEIVED: Name("分流交办", "Assigned"),
        State.FILED: Name("分流交办", "Assigned"),
        State.DISPATCHED: Name("分流交办", "Assigned"),
        State.ACCEPTED: Name("执行处置", "Carried out"),
        State.HANDLING: Name("执行处置", "Carried out"),
        State.HANDLED: Name("信息反馈", "Fed back"),
        State.CHECKED: Name("督查考核", "Inspected"),
        State.CLOSED: Name("督查考核", "Inspected"),
        State.EVALUATED: Name("督查考核", "Inspected"),
    },
    {
        "receive": Name("受理", "Receive"),
        "dispatch": Name("分流交办", "Assign"),
        "begin_work": Name("执行处置", "Carry out"),
        "urge": Name("日常督办", "Supervise day by day"),
        "supervise": Name("日常督办", "Supervise day by day"),
        "finish_work": Name("信息反馈", "Feed back"),
        "check": Name("督查考核", "Inspect"),
        "evaluate": Name("督查考核", "Inspect"),
    },
    Name(
        "“日常督办”贯穿处置过程，是催办和督办动作的名称，不是单独的状态。",
        "Supervision goes on beside the handling: it names moves, not a state.",
    ),
)

STANDARD: Final = Profile(
    id="standard",
    title=Name("国家标准七步（GB/T 30428）", "Seven steps of GB/T 30428"),
    loop=_STANDARD_LOOP,
    states=STATES,
    moves=MOVES,
)
PROFILES: Final[Mapping[str, Profile]] = {
    one.id: one for one in (STANDARD, _NEEDS, _STRUCK_OFF, _SIX_STEPS, _PATROL, _ASSIGNED)
}


def profile(id_: str) -> Profile:
    """Find a profile; raises `Rejected` (`profile.unknown`)."""
    found = PROFILES.get(id_)
    if found is None:
        raise Rejected(
            "profile.unknown", f"there is no profile {id_[:40]!r}: choose one of {', '.join(PROFILES)}"
        )
    return found
