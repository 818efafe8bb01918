from datetime import timedelta

from tests.support.ingest import NOON, alarm, envelope
from tocsin.core.detections import Phase
from tocsin.core.ids import CollectorId
from tocsin.core.wire import AlarmItem, Heartbeat
from tocsin.ingest.conditions import Conditions


def beat(*raised: str) -> list[Heartbeat]:
    return [Heartbeat(uptime_seconds=1, outbox_depth=0, outbox_bytes=0, raised=list(raised))]


def test_without_a_heartbeat_the_alarm_speaks_for_itself():
    assert Conditions().stands(AlarmItem(alarm()), envelope())
    assert not Conditions().stands(AlarmItem(alarm(), raised=False), envelope())


def test_a_younger_heartbeat_is_believed():
    conditions = Conditions()
    conditions.hear(envelope(mono=200), beat())
    assert not conditions.stands(AlarmItem(alarm()), envelope(mono=100))
    conditions.hear(envelope(mono=300), beat(alarm().id))
    assert conditions.stands(AlarmItem(alarm(), raised=False), envelope(mono=100))


def test_an_older_heartbeat_is_not():
    conditions = Conditions()
    conditions.hear(envelope(mono=200), beat(alarm().id))
    conditions.hear(envelope(mono=100), beat())
    assert conditions.stands(AlarmItem(alarm()), envelope(mono=150))
    assert conditions.stands(AlarmItem(alarm()), envelope(mono=250))


def test_history_of_an_earlier_start_says_nothing_about_now():
    conditions = Conditions()
    conditions.hear(envelope(mono=200, boot="now"), beat(alarm().id))
    conditions.hear(envelope(mono=900, boot="before", historical=True), beat())
    assert conditions.stands(AlarmItem(alarm(), raised=False), envelope(mono=100, boot="now"))


def test_what_is_cleared_does_not_stand():
    cleared = alarm(NOON + timedelta(seconds=9), Phase.CLEAR)
    assert not Conditions().stands(AlarmItem(cleared), envelope())


def test_a_box_is_believed_about_the_rules_it_runs():
    conditions = Conditions()
    assert not conditions.runs(CollectorId("weir"), "rising")
    conditions.hear(envelope(1), [Heartbeat(1.0, 0, 0, rules=["rising"])])
    assert conditions.runs(CollectorId("weir"), "rising")
    assert not conditions.runs(CollectorId("weir"), "high")
    assert not conditions.runs(CollectorId("hall"), "rising")
    conditions.hear(envelope(2, mono=6_000_000_000), [Heartbeat(1.0, 0, 0)])
    assert not conditions.runs(CollectorId("weir"), "rising")
