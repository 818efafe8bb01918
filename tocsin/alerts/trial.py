"""When each person's channels are tested, and with what words: pure.

Once a week, each person and channel at an instant of its own within the allowed hours, so that tests are
spread and come at the same time every week.  What was missed is made up within the same week's hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from tocsin.alerts.config import ChannelTestConfig
from tocsin.alerts.ports import Message
from tocsin.alerts.reach_ports import Trial
from tocsin.alerts.replies import trial_hint
from tocsin.core.ids import IncidentId, NoticeId, PersonId
from tocsin.core.responders import Channel
from tocsin.core.working_time import LOCAL

DAY = timedelta(days=1)


def slot(person: PersonId, channel: Channel, now: datetime, config: ChannelTestConfig) -> datetime:
    """Give the instant of this week (Monday to Sunday, Beijing time) that belongs to a person and channel."""
    here = now.astimezone(LOCAL)
    monday = here.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=here.isoweekday() - 1)
    chance = int.from_bytes(blake2b(f"{person}\x1f{channel}".encode(), digest_size=8).digest(), "big")
    days = sorted(set(config.weekdays))
    day = days[chance % len(days)]
    seconds = chance // len(days) % ((config.until_hour - config.from_hour) * 3600)
    return monday + timedelta(days=day - 1, hours=config.from_hour, seconds=seconds)


def due(
    contacts: Sequence[tuple[PersonId, Channel, datetime | None]], now: datetime, config: ChannelTestConfig
) -> list[tuple[PersonId, Channel]]:
    """Give whom to test now, the longest overdue first; nobody outside the allowed days and hours."""
    here = now.astimezone(LOCAL)
    open_now = here.isoweekday() in config.weekdays and config.from_hour <= here.hour < config.until_hour
    if not config.weekly or not open_now:
        return []
    found = []
    for person, channel, tested in contacts:
        at = slot(person, channel, now, config)
        if channel in config.channels and at <= now and (tested is None or tested < at):
            found.append((at, person, channel))
    return [(person, channel) for _, person, channel in sorted(found)]


def write(trial: Trial, link: str) -> Message:
    """Write a test; it asks for nothing but an answer, and never looks like an incident."""
    english = trial.language == "en"
    by_phone = trial.channel in {Channel.SMS, Channel.VOICE}
    answer = trial_hint(trial.channel, english=english) if by_phone else ""
    if not by_phone:
        answer = ("Open the link to confirm." if english else "请打开链接确认。") if link else ""
    text = (
        f"Test of your notices, no incident. {answer}"
        if english
        else f"通知通道测试，没有事件，无需出动。{answer}"
    )
    what, where = ("Channel test", trial.person_name) if english else ("通道测试", trial.person_name)
    return Message(
        notice=NoticeId(f"test-{trial.id}"),
        incident=IncidentId(""),
        address=trial.address,
        title=what,
        text=text.strip(),
        link=link,
        template="test",
        seconds_left=None,
        words={
            "what": what,
            "where": where,
            "grade": what,
            "began": what,
            "by": answer or what,
            "reply": answer,
        },
    )
