"""The words of a notice, Chinese or English, made at the moment of sending.

What, where, by when, how to answer: readable at a glance on a locked phone. A short message stays within
two of 67 characters in Chinese with its link and the digits of the answer; long names give way first.
The link is the channel's to add.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tocsin.alerts.ports import ClaimedNotice, Message
from tocsin.core.detections import Kind
from tocsin.core.incidents import Grade
from tocsin.core.responders import Channel
from tocsin.core.working_time import LOCAL

"""Times in texts are Beijing time, the only civil time of the country."""
NAME_CHARACTERS_MAX: Final = 40
TEXT_CHARACTERS_MAX: Final = 134
"""Two SMS of 67 characters each."""
_NAMES: Final = (NAME_CHARACTERS_MAX, 24, 16, 10, 6)
"""To how many characters names are cut, until the text fits."""

KIND_WORDS: Final[dict[Kind, tuple[str, str]]] = {
    Kind.SMOKE: ("烟雾", "Smoke"),
    Kind.FIRE: ("火情", "Fire"),
    Kind.FLOOD: ("水位超限", "Flood"),
    Kind.RAIN: ("强降雨", "Heavy rain"),
    Kind.GAS: ("燃气泄漏", "Gas"),
    Kind.TEMPERATURE: ("温度异常", "Temperature"),
    Kind.LEVEL: ("监测超限", "Over the limit"),
    Kind.CALL: ("一键求助", "Call for help"),
    Kind.INTRUSION: ("区域入侵", "Intrusion"),
    Kind.LOITERING: ("人员徘徊", "Loitering"),
    Kind.TRIPWIRE: ("越线", "Line crossed"),
    Kind.CROWDING: ("人员聚集", "Crowding"),
    Kind.ABANDONED: ("遗留物", "Abandoned object"),
    Kind.FALL: ("疑似跌倒", "Possible fall"),
    Kind.MOTION: ("画面有动静", "Motion"),
    Kind.DOOR: ("门未关", "Door open"),
    Kind.TAMPER: ("摄像头遮挡或移位", "Camera tampered with"),
    Kind.VIDEO_LOSS: ("视频异常", "Video lost"),
    Kind.SILENCE: ("设备无数据", "Sensor silent"),
    Kind.SENSOR_FAULT: ("传感器故障", "Sensor fault"),
    Kind.LINK_LOSS: ("采集器离线", "Collector offline"),
    Kind.POWER_LOSS: ("停电", "Power lost"),
    Kind.PRESENCE: ("有人在场", "Somebody there"),
    Kind.OTHER: ("突发情况", "Incident"),
}
"""What happens, in Chinese and English."""
GRADE_WORDS: Final[dict[Grade, tuple[str, str]]] = {
    Grade.I: ("特别重大", "grade I"),
    Grade.II: ("重大", "grade II"),
    Grade.III: ("较大", "grade III"),
    Grade.IV: ("一般", "grade IV"),
}
"""How bad it is, in Chinese and English."""
_TEMPLATES: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "call": (
        ("{where}{what}", "{where}{what}，{grade}。{by}"),
        ("{what} at {where}", "{what} at {where}, {grade}. {by}"),
    ),
    "look": (
        ("请查看：{where}{what}", "{began}{where}疑似{what}，尚未核实，请就近到现场查看并反馈。"),
        (
            "Please look: {what} at {where}",
            "{began} possible {what} at {where}, not confirmed. Please look and report.",
        ),
    ),
    "unanswered": (
        ("待核实：{where}{what}", "{began}{where}{what}报警无人核实，请立即处理。"),
        (
            "Not confirmed: {what} at {where}",
            "{what} at {where} since {began}: nobody has confirmed it. Please act now.",
        ),
    ),
    "stand_by": (
        ("请待命：{where}{what}", "{where}{what}，下级尚未到场，请做好出动准备。"),
        ("Stand by: {what} at {where}", "{what} at {where}: nobody has arrived yet. Be ready to go."),
    ),
    "missed_below": (
        ("超时未到场：{where}{what}", "{where}{what}，下级超时未到场，请督办。"),
        (
            "Nobody there in time: {what} at {where}",
            "{what} at {where}: the tier below did not arrive in time.",
        ),
    ),
    "nobody_there": (
        ("仍无人到场：{where}{what}", "{where}{what}，各级均超时，至今无人到场，请立即赶赴现场。"),
        (
            "Still nobody there: {what} at {where}",
            "{what} at {where}: all tiers are late and nobody is there. Go now.",
        ),
    ),
    "help": (
        ("请求支援：{where}{what}", "{where}{what}，现场请求支援，本级人员不足，请立即处理。"),
        (
            "Help needed: {what} at {where}",
            "{what} at {where}: those who were called ask for help. Please act now.",
        ),
    ),
    "recall": (
        ("解除：{where}{what}", "{where}{what}已有人处置或已解除，您无需再前往。谢谢。"),
        ("Stand down: {what} at {where}", "{what} at {where} is taken care of. You need not go. Thank you."),
    ),
    "merged": (
        (
            "并案：{where}{what}",
            "{where}{what}与另一起事件是同一件事，已并案处理。您已在途，请继续前往，到场后向值班员报告。",
        ),
        (
            "Same happening: {what} at {where}",
            "{what} at {where} goes on as another incident. You are on the way: please go on, and report when there.",
        ),
    ),
    "not_closed": (
        ("待结案：{where}{what}", "{began}{where}{what}，现场报告已处置，尚无人结案，请核实。"),
        (
            "Not closed: {what} at {where}",
            "{what} at {where} since {began}: the scene says done and nobody has closed it. Please check.",
        ),
    ),
    "grade_unconfirmed": (
        ("待定级：{where}{what}", "{began}{where}{what}，系统暂定{grade}，尚无人确认等级，请核定。"),
        (
            "Grade not confirmed: {what} at {where}",
            "{what} at {where} since {began}: nobody answers for {grade} yet. Please confirm or change it.",
        ),
    ),
    "report_due": (
        ("待上报：{where}{what}", "{began}{where}{what}，{grade}，应向上级报告，尚未报告，请处理。"),
        (
            "Report due: {what} at {where}",
            "{what} at {where} since {began}, {grade}: the level above must be told and has not been. Please report.",
        ),
    ),
    "not_evaluated": (
        ("待评价：{where}{what}", "{began}{where}{what}已结案，尚未回访评价，请处理。"),
        (
            "Not evaluated: {what} at {where}",
            "{what} at {where} since {began} is closed and nobody has evaluated it. Please do.",
        ),
    ),
    "task": (
        ("新任务：{where}{what}", "{where}{what}已派遣至贵单位，请签收办理。{by}"),
        ("New task: {what} at {where}", "{what} at {where} was dispatched to you: take it on. {by}"),
    ),
    "urge": (
        ("催办：{where}{what}", "{where}{what}尚未办理，请抓紧。{by}"),
        ("Please act: {what} at {where}", "{what} at {where} still waits for you. {by}"),
    ),
    "supervise": (
        ("督办：{where}{what}", "{where}{what}已列入督办，请立即办理并反馈。{by}"),
        (
            "Under supervision: {what} at {where}",
            "{what} at {where} is under supervision. Please act at once and report. {by}",
        ),
    ),
    "waits": (
        ("待办：{where}{what}", "{where}{what}等待处理过久，请督促。{by}"),
        ("Waiting: {what} at {where}", "{what} at {where} has waited too long. Please see to it. {by}"),
    ),
    "siren": (
        ("{where}{what}", "注意！{where}{what}，请注意安全。"),
        ("{what}", "Attention: {what} at {where}."),
    ),
}


_OF_A_CASE: Final = frozenset({"task", "urge", "supervise", "waits"})
"""Templates about work that has a limit, not about being there."""


def write(claimed: ClaimedNotice, now: datetime, *, link: str = "", reply: str = "") -> Message:
    """Write a claimed notice in its person's language; an unknown template reads like a call.

    `reply` says how to answer without a page; it stands at the end, and alone among the words.
    """
    notice = claimed.notice
    english = claimed.language == "en"
    left = None if claimed.due is None else (claimed.due - now).total_seconds()
    title, text = _TEMPLATES.get(notice.template, _TEMPLATES["call"])[english]
    case = notice.template in _OF_A_CASE
    words = {
        "what": _named(claimed, english=english) if case else KIND_WORDS[claimed.kind][english],
        "where": "",
        "grade": GRADE_WORDS[claimed.grade][english],
        "began": _clock(claimed.began, english=english),
        "by": _limit(claimed.due, now, english=english) if case else _by(claimed.due, left, english=english),
    }
    drill = ("【演练】" if not english else "DRILL: ") if notice.drill else ""
    room = TEXT_CHARACTERS_MAX - (len(link) + 1 if link else 0)
    for most in _NAMES:
        words["where"] = _where(claimed, most, english=english)
        written = drill + text.format(**words).strip() + (f"{' ' if english else ''}{reply}" if reply else "")
        if notice.channel is not Channel.SMS or len(written) <= room:
            break
    said = words | {"what": _drilled(words["what"], english=english)} if notice.drill else words
    return Message(
        notice=notice.id,
        incident=notice.incident,
        address=claimed.address,
        title=drill + title.format(**words),
        text=written,
        link=link,
        template=notice.template,
        seconds_left=left,
        words=said | {"reply": reply},
    )


def _drilled(what: str, *, english: bool) -> str:
    return f"drill: {what}" if english else f"演练：{what}"


def _where(claimed: ClaimedNotice, most: int, *, english: bool) -> str:
    grid, place = _short(claimed.grid_name, most), _short(claimed.place_name, most)
    if not place or place == grid:
        return grid
    return f"{place}, {grid}" if english else f"{grid}{place}"


def _short(name: str, most: int) -> str:
    name = " ".join(name.split())
    return name if len(name) <= most else name[: most - 1] + "…"


def _clock(at: datetime, *, english: bool) -> str:
    shown = at.astimezone(LOCAL).strftime("%H:%M")
    return shown if english else f"{shown} "


def _named(claimed: ClaimedNotice, *, english: bool) -> str:
    """Name what it is by its matter, which says more of a case than its kind."""
    return (
        _short(claimed.matter[english] or claimed.matter[0], NAME_CHARACTERS_MAX)
        or KIND_WORDS[claimed.kind][english]
    )


def _limit(due: datetime | None, now: datetime, *, english: bool) -> str:
    """Say when the limit of a stage is, or was; nothing without one."""
    if due is None:
        return ""
    at, today = due.astimezone(LOCAL), now.astimezone(LOCAL).date()
    if at.date() == today:
        return f"Limit: today {at:%H:%M}." if english else f"时限：今日{at:%H:%M}。"
    return f"Limit: {at:%Y-%m-%d %H:%M}." if english else f"时限：{at.month}月{at.day}日{at:%H:%M}。"


def _by(due: datetime | None, left: float | None, *, english: bool) -> str:
    """Say by when to be there, with what is left of it; whole minutes are never rounded up."""
    if due is None or left is None:
        return "Please go there." if english else "请到现场处置。"
    at = due.astimezone(LOCAL).strftime("%H:%M:%S")
    if left <= 0:
        return "Please go there at once." if english else "已超时，请立即到场。"
    minutes, seconds = divmod(int(left), 60)
    if english:
        span = f"{minutes} min" + (f" {seconds} s" if seconds else "") if minutes else f"{seconds} s"
        return f"Be there by {at} ({span} left)."
    span = (
        f"{minutes}分钟"
        if minutes and not seconds
        else f"{minutes}分{seconds}秒"
        if minutes
        else f"{seconds}秒"
    )
    return f"请于{at}前到场（剩{span}）。"
