"""What the codes of reports are called, Chinese and English: reasons, tables, units, choices.

Consoles, exports and the terminal say these, so that one code has one name everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from tocsin.town.figure_model import Better, Reason, Unit

Language: TypeAlias = Literal["zh", "en"]

REASONS: Final[Mapping[Reason, tuple[str, str]]] = MappingProxyType(
    {
        Reason.COUNTED: ("计入", "counted"),
        Reason.REACHED: ("60 秒内触达", "reached within 60 s"),
        Reason.REACHED_LATER: ("60 秒后触达", "reached later"),
        Reason.NOT_REACHED: ("未触达", "nobody reached"),
        Reason.GOING: ("有人前往", "somebody went"),
        Reason.NOBODY_WENT: ("无人前往", "nobody went"),
        Reason.ARRIVED: ("按时到场", "arrived in time"),
        Reason.LATE: ("迟到", "late"),
        Reason.MISSED: ("未到场", "missed"),
        Reason.NEVER_CAME: ("始终未到", "never came"),
        Reason.CHARGED: ("归于此方", "charged to this side"),
        Reason.CHARGED_ELSEWHERE: ("归于他方", "charged to another side"),
        Reason.CONFIRMED: ("已确认", "confirmed"),
        Reason.SYSTEM_CONFIRMED: ("系统自行确认", "confirmed by the system"),
        Reason.ANSWERED: ("有人应答", "answered"),
        Reason.THIS_LEVEL: ("本级及以下处理", "dealt with at this level or below"),
        Reason.HIGHER_LEVEL: ("更高层级处理", "dealt with above"),
        Reason.HANDLED: ("已处置", "handled"),
        Reason.NOT_HANDLED: ("未处置", "not handled yet"),
        Reason.CLOSED: ("已结案", "closed"),
        Reason.STILL_OPEN: ("未结案", "still open"),
        Reason.TAKEN_AS_CASE: ("立案或确认", "filed or confirmed"),
        Reason.TURNED_DOWN: ("不予立案", "turned down"),
        Reason.ON_TIME: ("按期", "in time"),
        Reason.DONE_LATE: ("超时完成", "done late"),
        Reason.OVERDUE: ("超时未完成", "overdue"),
        Reason.WITHIN_LIMIT: ("时限内", "within its limit"),
        Reason.HAPPENED: ("发生过", "it happened"),
        Reason.DID_NOT_HAPPEN: ("未发生", "it did not happen"),
        Reason.SATISFIED: ("满意", "satisfied"),
        Reason.UNSATISFIED: ("不满意", "not satisfied"),
        Reason.CALLED_BACK: ("已回访", "called back"),
        Reason.NOT_CALLED_BACK: ("未回访到人", "nobody was reached"),
        Reason.FALSE_ALARM: ("误报", "false alarm"),
        Reason.REAL: ("属实", "real"),
        Reason.RUNNING: ("进行中", "running"),
        Reason.STOOD_DOWN: ("截止前撤销", "stood down before the deadline"),
        Reason.ENDED_BEFORE: ("提前结束", "ended before"),
        Reason.NO_CAUSE: ("原因未记", "no cause in the log"),
        Reason.NO_LEVEL: ("层级不明", "no level dealt with it"),
        Reason.NO_LIMIT: ("无时限", "no limit"),
        Reason.NO_ACTION: ("无需处置", "needed no action"),
        Reason.GIVEN_BACK: ("退回或提级", "given back or handed up"),
        Reason.DUPLICATE: ("重复", "duplicate"),
        Reason.UNDECIDED: ("尚未认定", "not decided yet"),
        Reason.UNJUDGED: ("无人判断", "judged by nobody"),
        Reason.NOT_ASKED: ("未回访", "nobody was asked"),
        Reason.NO_ANSWER: ("未接通或未作答", "no answer"),
        Reason.RETROSPECTIVE: ("补录", "record of the past"),
    }
)
TABLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "grid": ("网格", "Grid"),
        "class": ("网格类别", "Class of grid"),
        "level": ("处理层级", "Level"),
        "kind": ("事件类型", "Kind"),
        "grade": ("等级", "Grade"),
        "source": ("来源", "Source"),
        "category": ("事项大类", "Category"),
        "matter": ("事项", "Matter"),
        "organisation": ("承办单位", "Organisation"),
        "detector": ("检测类型", "Detector"),
        "device": ("设备", "Device"),
    }
)
UNITS: Final[Mapping[Unit, tuple[str, str]]] = MappingProxyType(
    {Unit.SHARE: ("比率", "share"), Unit.SECONDS: ("秒", "seconds"), Unit.COUNT: ("件", "count")}
)
BETTER: Final[Mapping[Better, tuple[str, str]]] = MappingProxyType(
    {
        Better.MORE: ("越高越好", "more is better"),
        Better.LESS: ("越低越好", "less is better"),
        Better.NEITHER: ("无好坏", "neither is better"),
    }
)
LEFT_OUT: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"drill": ("演练", "drills"), "test": ("测试", "tests"), "actual": ("真实事件", "actual incidents")}
)


def pick(pair: tuple[str, str], language: Language) -> str:
    """Take the word of a language."""
    return pair[0] if language == "zh" else pair[1]


def reasons(counts: Mapping[str, int], language: Language) -> str:
    """Say counts by reason in one line: `截止前撤销 3，进行中 1`."""
    told = [f"{pick(REASONS[Reason(code)], language)} {count}" for code, count in sorted(counts.items())]
    return ("，" if language == "zh" else ", ").join(told)
