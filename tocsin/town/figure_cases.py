"""The figures of cases: handled, closed, in time, sent back, called back, and how often detectors erred."""

from __future__ import annotations

from typing import Final

from tocsin.core.incidents import Stage
from tocsin.town import figure_rules as rules
from tocsin.town.figure_model import Better, Definition, Unit, Words

_STAGES: Final = {
    Stage.DISPATCH: ("派遣", "dispatching"),
    Stage.ACCEPT: ("签收", "taking on"),
    Stage.HANDLE: ("处置", "handling"),
    Stage.CHECK: ("核查", "checking"),
    Stage.CLOSE: ("结案", "closing"),
}


CASES: Final[tuple[Definition, ...]] = (
    Definition(
        name="handled",
        group="case",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.handling,
        zh=Words(
            "处置率",
            "已处置或已结案的",
            "已确认或已立案、未被否定或并入的事件",
            "补录的；无需处置而结案的；尚未认定的",
        ),
        en=Words(
            "Handled",
            "those that the scene or the organisation has said to be done, or that were closed",
            "incidents that were confirmed or filed and neither rejected nor merged",
            "records of the past; those closed without action; those that nobody has decided on",
        ),
    ),
    Definition(
        name="closed",
        group="case",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.closing,
        zh=Words("结案率", "已结案的", "已确认、已立案或已结案，且未被否定或并入的事件", "尚未认定的"),
        en=Words(
            "Closed",
            "those that were struck off",
            "incidents that were confirmed, filed or closed and neither rejected nor merged",
            "those that nobody has decided on",
        ),
    ),
    Definition(
        name="filed",
        group="case",
        unit=Unit.SHARE,
        better=Better.NEITHER,
        rule=rules.filing,
        zh=Words("立案率", "已立案或已确认的", "人员与群众上报的事件（非设备发现）", "重复的；尚未认定的"),
        en=Words(
            "Taken as a case",
            "those that were filed or confirmed",
            "what people reported, not what machines found",
            "duplicates; those that nobody has decided on",
        ),
    ),
    Definition(
        name="take_up_time",
        group="case",
        unit=Unit.SECONDS,
        better=Better.LESS,
        rule=rules.take_up,
        zh=Words("受理用时", "从上报到席位受理", "上报后等待受理的事件", "仍在等待的（进行中）"),
        en=Words(
            "Time until taken up",
            "from the report until the desk takes it up",
            "incidents that came as a report waiting for the desk",
            "those that still wait (running)",
        ),
    ),
    Definition(
        name="case_time",
        group="case",
        unit=Unit.SECONDS,
        better=Better.LESS,
        rule=rules.case_time,
        zh=Words("办结用时", "从立案到结案（日历时间）", "走工作时限流程且已结案的案件", "未结的（进行中）"),
        en=Words(
            "Time to close a case",
            "from filing to closing, by the calendar",
            "closed cases of the working-time track",
            "open ones (running)",
        ),
    ),
    Definition(
        name="case_on_time",
        group="case",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.case_on_time,
        zh=Words(
            "按期办结率",
            "已结案且各环节均未超时的案件",
            "已结案的，以及已有环节超时的案件",
            "未结且未超时的（进行中）；无时限的；中途否定或并入的",
        ),
        en=Words(
            "Closed in time",
            "closed cases of which no stage overstepped its limit",
            "closed cases, and open ones of which a stage has overstepped its limit",
            "open ones within their limits (running); those without limits; those rejected or merged on the way",
        ),
    ),
    Definition(
        name="overdue_open",
        group="case",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.overdue_now,
        zh=Words("超时未结率", "当前环节已超时的未结案件", "当前环节有时限的未结案件", "当前环节无时限的"),
        en=Words(
            "Overdue now",
            "open cases that have overstepped the limit of the stage they stand in",
            "open cases whose stage has a limit",
            "those whose stage has none",
        ),
    ),
    Definition(
        name="rework",
        group="case",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.rework,
        zh=Words("返工率", "至少一次核查不通过的案件", "核查过的案件", "无"),
        en=Words(
            "Sent back as not done", "cases sent back at least once", "cases that were checked", "nothing"
        ),
    ),
    Definition(
        name="returned",
        group="case",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.returned,
        zh=Words("退回率", "至少一次被承办单位退回的案件", "派遣过的案件", "无"),
        en=Words(
            "Given back by the organisation",
            "cases given back at least once",
            "cases that were given to an organisation",
            "nothing",
        ),
    ),
    Definition(
        name="handed_up",
        group="case",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.handed_up,
        zh=Words("提级率", "至少一次提交上级的", "已确认或已立案、未被否定或并入的事件", "无"),
        en=Words(
            "Handed up",
            "those given to the next level at least once",
            "incidents that were confirmed or filed and neither rejected nor merged",
            "nothing",
        ),
    ),
    Definition(
        name="urged",
        group="case",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.urged,
        zh=Words("催办率", "至少一次被催办的案件", "走工作时限流程的案件", "无"),
        en=Words("Urged", "cases urged at least once", "cases of the working-time track", "nothing"),
    ),
    Definition(
        name="supervised",
        group="case",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.supervised,
        zh=Words("督办率", "至少一次被督办的案件", "走工作时限流程的案件", "无"),
        en=Words(
            "Supervised", "cases supervised at least once", "cases of the working-time track", "nothing"
        ),
    ),
    Definition(
        name="extended",
        group="case",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.extended,
        zh=Words("延期率", "至少一次获准延期的案件", "走工作时限流程的案件", "无"),
        en=Words(
            "Extended",
            "cases granted more time at least once",
            "cases of the working-time track",
            "nothing",
        ),
    ),
    Definition(
        name="reopened",
        group="case",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.reopened,
        zh=Words("重开率", "结束后又重开的", "结束过的事件", "无"),
        en=Words("Reopened", "those that went on after they had ended", "incidents that ended", "nothing"),
    ),
    *[
        Definition(
            name=f"on_time_{stage}",
            group="stages",
            unit=Unit.SHARE,
            better=Better.MORE,
            rule=rules.on_time(stage),
            zh=Words(
                f"按期{zh}率",
                f"在冻结时限内完成{zh}的次数（多次经过的分别计）",
                f"已完成的{zh}，以及已超时未完成的",
                "时限内进行中的；无时限的；期限内退回、提级、否定、并入或提前结案的",
            ),
            en=Words(
                f"In time: {en}",
                f"passages through {en} that were over within the limit frozen at their beginning; each passage counts",
                f"passages through {en} that are over, and those that run beyond their limit",
                "running within the limit; without a limit; given back, handed up, rejected, merged or closed early within the limit",
            ),
        )
        for stage, (zh, en) in _STAGES.items()
    ],
    Definition(
        name="called_back",
        group="people",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.call_back,
        zh=Words("回访率", "结案后回访到人的", "已结案的事件", "无"),
        en=Words("Called back", "closed incidents whose people were reached", "closed incidents", "nothing"),
    ),
    Definition(
        name="satisfied",
        group="people",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.satisfaction,
        zh=Words(
            "满意率", "评分 4 或 5 分的（满分 5）", "给出评分的已结案事件", "未回访的；未接通或未作答的"
        ),
        en=Words(
            "Satisfied",
            "those who gave 4 or 5 of 5",
            "closed incidents for which somebody gave a mark",
            "not asked; not reached, or no mark given",
        ),
    ),
    Definition(
        name="false_alarms",
        group="detectors",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.false_alarm,
        zh=Words(
            "误报率",
            "人员否定为误报或现场无事的",
            "设备发现、且有人判断过真假的事件",
            "重复的；无人判断的（系统自行确认不算判断）",
        ),
        en=Words(
            "False alarms",
            "those that a person rejected as false, or found nothing behind",
            "incidents that a detector began and a person judged",
            "duplicates; those that no person judged: the system's own confirmation is no judgement",
        ),
    ),
)
"""In the order of reports."""
