"""The figures of the response circle: heard of, confirmed, reached, on scene, contained, and why not."""

from __future__ import annotations

from typing import Final

from tocsin.core.grids import TIERS, Tier
from tocsin.town import figure_rules as rules
from tocsin.town.figure_model import Better, Definition, Unit, Words

_TIERS: Final = {
    Tier.VILLAGE: ("村级", "village", "3 分钟", "3 minutes"),
    Tier.TOWNSHIP: ("镇级", "township", "10 分钟", "10 minutes"),
    Tier.CITY: ("市级", "city", "30 分钟", "30 minutes"),
}
_SIDES: Final = {
    "people": ("人员", "people"),
    "system": ("本系统", "our system"),
    "provider": ("通信服务商", "providers"),
}


def _on_scene(tier: Tier) -> Definition:
    zh, en, limit_zh, limit_en = _TIERS[tier]
    return Definition(
        name=f"on_scene_{tier}",
        group="response",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.on_scene(tier),
        tier=tier,
        zh=Words(
            f"{zh}按时到场率",
            f"{zh}人员在截止时刻前到场（默认 {limit_zh}），以最后一次判定为准",
            f"{zh}启动的时限，减去截止前撤销与进行中的；迟到与未到均计入",
            "截止前撤销的（事件已否定、并入或结案，或下级已到场）；进行中的",
        ),
        en=Words(
            f"On scene in time, {en}",
            f"the {en}'s people were at the scene by the deadline ({limit_en} by default); the last verdict counts",
            f"clocks of the {en} that were started, less those stood down before the deadline and those that run; late and missed ones are in it",
            "stood down before the deadline (rejected, merged, closed, or the tier below had come); running",
        ),
    )


def _arrival(tier: Tier) -> Definition:
    zh, en, _, _ = _TIERS[tier]
    return Definition(
        name=f"arrival_{tier}",
        group="response",
        unit=Unit.SECONDS,
        better=Better.LESS,
        rule=rules.arrival(tier),
        tier=tier,
        zh=Words(
            f"{zh}到场用时",
            f"从确认到{zh}人员到场",
            f"{zh}到场（含迟到）与未到的时限；未到的按最长计",
            "截止前撤销的；进行中的",
        ),
        en=Words(
            f"Time to arrival, {en}",
            f"from confirmation until the {en}'s people are at the scene",
            f"clocks of the {en} that ended with an arrival, in time or late, or with a miss; a miss counts as longer than any",
            "stood down before the deadline; running",
        ),
    )


RESPONSE: Final[tuple[Definition, ...]] = (
    Definition(
        name="incidents",
        group="response",
        unit=Unit.COUNT,
        better=Better.NEITHER,
        rule=rules.incidents,
        zh=Words("事件数", "本期立起的全部事件，含误报与重复", "同左", "演练与测试不计"),
        en=Words(
            "Incidents",
            "all that were opened in the period, false and double ones too",
            "the same",
            "drills and tests are counted nowhere",
        ),
    ),
    Definition(
        name="confirmation_time",
        group="response",
        unit=Unit.SECONDS,
        better=Better.LESS,
        rule=rules.confirmation,
        zh=Words(
            "观测到确认用时",
            "从现象开始（设备校正时间）到确认",
            "已确认的事件",
            "等待确认的（进行中）；未确认即结束或转为案件的不在其中",
        ),
        en=Words(
            "Observation to confirmation",
            "from the beginning of the condition, corrected time, to confirmation",
            "confirmed incidents",
            "those that wait for confirmation (running); what ended or became a case without one does not belong here",
        ),
    ),
    Definition(
        name="unanswered",
        group="response",
        unit=Unit.SHARE,
        better=Better.LESS,
        rule=rules.unanswered,
        zh=Words("无人应答由系统确认率", "值守席位未应答、系统自行确认的事件", "已确认的事件", "无"),
        en=Words(
            "Confirmed because nobody answered",
            "incidents that the system confirmed because no operator answered",
            "confirmed incidents",
            "nothing",
        ),
    ),
    Definition(
        name="reached_60s",
        group="response",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.reached,
        zh=Words(
            "60 秒触达率",
            "确认后 60 秒内至少一名被呼叫人员收到（送达回执、查看、应答或到场）",
            "已确认且启动时限的事件",
            "60 秒内即结束的；确认未满 60 秒的（进行中）",
        ),
        en=Words(
            "Reached within 60 s",
            "within 60 s of confirmation at least one of those called had it: a receipt of delivery, seen, answered or there",
            "confirmed incidents whose clocks ran",
            "those that ended within the 60 s; those confirmed less than 60 s ago (running)",
        ),
    ),
    Definition(
        name="accepted_time",
        group="response",
        unit=Unit.SECONDS,
        better=Better.LESS,
        rule=rules.going,
        zh=Words(
            "接单用时",
            "从确认到首名人员表示前往（或已在现场）",
            "已确认且启动时限的事件；有时限超过而无人前往的按最长计",
            "无人前往即结束的；尚在时限内的（进行中）",
        ),
        en=Words(
            "Time until somebody goes",
            "from confirmation until the first says that they go, or is there",
            "confirmed incidents whose clocks ran; one that nobody went to though a clock ran out counts as longer than any",
            "those that ended before anybody went; those whose clocks still run (running)",
        ),
    ),
    *[_on_scene(tier) for tier in TIERS],
    *[_arrival(tier) for tier in TIERS],
    Definition(
        name="contained_village",
        group="response",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.contained(Tier.VILLAGE),
        zh=Words(
            "小事不出村率",
            "村级即处理完毕的已结案事件",
            "已结案的事件",
            "无任何层级到场或承办的（层级不明）",
        ),
        en=Words(
            "Contained in the village",
            "closed incidents that no level above the village had to deal with",
            "closed incidents",
            "those that no level dealt with: nobody came and no organisation was given it",
        ),
    ),
    Definition(
        name="contained_township",
        group="response",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.contained(Tier.TOWNSHIP),
        zh=Words(
            "大事不出镇率",
            "村级或镇级处理完毕的已结案事件",
            "已结案的事件",
            "无任何层级到场或承办的（层级不明）",
        ),
        en=Words(
            "Contained in the township",
            "closed incidents that the city did not have to deal with",
            "closed incidents",
            "those that no level dealt with: nobody came and no organisation was given it",
        ),
    ),
    Definition(
        name="reported_up",
        group="response",
        unit=Unit.SHARE,
        better=Better.MORE,
        rule=rules.told_above,
        zh=Words(
            "较大以上事件上报率", "已向上级报告的", "已确认的Ⅰ至Ⅲ级事件", "被否定或并入其他事件的不在其中"
        ),
        en=Words(
            "Grave incidents reported up",
            "those of which the level above was told",
            "confirmed incidents of grade I to III",
            "rejected and merged ones do not belong here",
        ),
    ),
    *[
        Definition(
            name=f"missed_by_{side}",
            group="misses",
            unit=Unit.SHARE,
            better=Better.LESS,
            rule=rules.charged(side),
            zh=Words(
                f"迟到与未到：归于{zh}",
                f"原因归于{zh}的时限；系统与服务商的原因不记在人员头上",
                "全部迟到与未到的时限（各层级）",
                "日志未写明原因的",
            ),
            en=Words(
                f"Not in time: charged to {en}",
                f"clocks whose lost time is charged to {en}; what was ours or a provider's is never charged to people",
                "all clocks that ended late or missed, of every tier",
                "those whose log names no cause",
            ),
        )
        for side, (zh, en) in _SIDES.items()
    ],
)
"""In the order of reports."""
