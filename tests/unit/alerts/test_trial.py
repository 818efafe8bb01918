from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from tocsin.alerts.config import ChannelTestConfig
from tocsin.alerts.reach_ports import Trial
from tocsin.alerts.trial import due, slot, write
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel
from tocsin.core.working_time import LOCAL

WEEKLY = ChannelTestConfig(weekly=True, weekdays=(1, 3), from_hour=9, until_hour=17)
WEDNESDAY = datetime(2026, 5, 6, 4, 0, tzinfo=UTC)
"""Noon in Beijing."""
PEOPLE = [PersonId(f"person-{number}") for number in range(400)]


def test_everybody_has_an_instant_of_their_own_within_the_allowed_hours() -> None:
    slots = [slot(person, Channel.SMS, WEDNESDAY, WEEKLY).astimezone(LOCAL) for person in PEOPLE]
    assert all(one.isoweekday() in {1, 3} and 9 <= one.hour < 17 for one in slots)
    crowded = Counter(one.replace(minute=0, second=0) for one in slots)
    assert len(crowded) == 16
    assert max(crowded.values()) < 60, "400 tests over 16 hours are spread"


def test_it_is_the_same_instant_in_every_week_and_another_for_another_channel() -> None:
    person = PEOPLE[0]
    assert slot(person, Channel.SMS, WEDNESDAY + timedelta(days=7), WEEKLY) == slot(
        person, Channel.SMS, WEDNESDAY, WEEKLY
    ) + timedelta(days=7)
    assert slot(person, Channel.SMS, WEDNESDAY, WEEKLY) != slot(person, Channel.VOICE, WEDNESDAY, WEEKLY)


def test_each_is_due_once_a_week_and_what_was_missed_is_made_up() -> None:
    evening = datetime(2026, 5, 6, 8, 59, tzinfo=UTC)
    contacts = [(person, Channel.SMS, None) for person in PEOPLE]
    assert len(due(contacts, evening, WEEKLY)) == len(PEOPLE)
    tested = [(person, channel, evening) for person, channel, _ in contacts]
    assert due(tested, evening, WEEKLY) == []
    assert len(due(tested, evening + timedelta(days=7), WEEKLY)) == len(PEOPLE)


def test_nobody_is_tested_at_night_on_other_days_or_without_being_asked_to() -> None:
    contacts = [(person, Channel.SMS, None) for person in PEOPLE]
    assert due(contacts, WEDNESDAY + timedelta(hours=10), WEEKLY) == []
    assert due(contacts, WEDNESDAY + timedelta(days=1), WEEKLY) == []
    assert due(contacts, WEDNESDAY, ChannelTestConfig()) == []
    assert due([(PEOPLE[0], Channel.WECOM_BOT, None)], WEDNESDAY, WEEKLY) == []


def test_the_longest_overdue_comes_first() -> None:
    found = due([(person, Channel.SMS, None) for person in PEOPLE], WEDNESDAY, WEEKLY)
    slots = [slot(person, channel, WEDNESDAY, WEEKLY) for person, channel in found]
    assert slots == sorted(slots)


def trial(channel: Channel, language: str = "zh") -> Trial:
    return Trial(
        id="t-1",
        person=PEOPLE[0],
        person_name="王强",
        language=language,
        channel=channel,
        address="x",
        asked=WEDNESDAY,
    )


def test_a_test_says_that_it_is_none_of_the_real_ones_and_how_to_answer() -> None:
    assert write(trial(Channel.SMS), "").text == "通知通道测试，没有事件，无需出动。收到请回复9"
    message = write(trial(Channel.WECOM_APP), "https://t/test/abc")
    assert message.text.endswith("请打开链接确认。")
    assert (message.template, message.incident, message.notice) == ("test", "", "test-t-1")
    assert "no incident" in write(trial(Channel.VOICE, "en"), "").text
    assert all(write(trial(Channel.SMS), "").words[word] for word in ("what", "where", "grade", "by"))
