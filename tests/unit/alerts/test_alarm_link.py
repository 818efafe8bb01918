from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import START
from tests.support.response import VILLAGE
from tocsin.alerts.alarm_link import Patience, device_of, gone_since, is_back, judge
from tocsin.alerts.alarm_model import Link
from tocsin.core.detections import Kind, Phase
from tocsin.core.ids import CollectorId

PATIENCE = Patience(offline=timedelta(seconds=60), missed=3, stopped=timedelta(minutes=10))
EARLIER = START - timedelta(hours=1)


def link(state: str | None = "online", **changes: object) -> Link:
    made = Link(
        collector=CollectorId("box"),
        grid=VILLAGE,
        state=state,
        since=START,
        heard=START,
        interval_seconds=10.0,
        lost=False,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test names fields that exist


@pytest.mark.parametrize(
    ("one", "after", "gone"),
    [
        (link("offline"), 59.999, False),
        (link("offline"), 60, True),
        (link("stopped"), 599.999, False),
        (link("stopped"), 600, True),
        (link("online"), 59.999, False),
        (link("online"), 60, True),
        (link(None), 60, True),
        (link("online", interval_seconds=60.0), 179.999, False),
        (link("online", interval_seconds=60.0), 180, True),
        (link(None, heard=None, since=None), 86_400, False),
        (link("online", heard=None), 86_400, False),
    ],
)
def test_a_collector_is_gone_after_its_grace(one: Link, after: float, *, gone: bool) -> None:
    now = START + timedelta(seconds=after)
    assert (gone_since(one, EARLIER, now, PATIENCE) == START) is gone


def test_the_grace_counts_from_when_the_centre_listens() -> None:
    heard_again = START + timedelta(hours=2)
    one = link("offline")
    assert judge([one], None, heard_again, PATIENCE) == []
    assert judge([one], heard_again, heard_again + timedelta(seconds=59), PATIENCE) == []
    [raised] = judge([one], heard_again, heard_again + timedelta(seconds=60), PATIENCE)
    assert raised.began == START


def test_what_is_lost_is_said_once_and_the_same_by_every_watch() -> None:
    now = START + timedelta(seconds=90)
    [raised] = judge([link("offline")], EARLIER, now, PATIENCE)
    again = judge([link("offline")], EARLIER, now + timedelta(seconds=5), PATIENCE)
    assert again[0].detection.id == raised.detection.id
    assert (raised.detection.device, raised.detection.kind) == (device_of(CollectorId("box")), Kind.LINK_LOSS)
    assert raised.detection.reason == "the box is offline for 90 s"
    assert (raised.age, raised.raised) == (timedelta(), True)
    assert judge([link("offline", lost=True)], EARLIER, now, PATIENCE) == []


def test_it_is_back_when_it_says_so_and_its_heartbeats_come() -> None:
    now = START + timedelta(seconds=30)
    assert not is_back(link("offline"), now, PATIENCE)
    assert not is_back(link("online", heard=None), now, PATIENCE)
    assert not is_back(link("online"), START + timedelta(seconds=60), PATIENCE)
    [cleared] = judge([link("online", lost=True)], EARLIER, now, PATIENCE)
    assert (cleared.detection.phase, cleared.began, cleared.raised) == (Phase.CLEAR, START, False)
    assert judge([link("online")], EARLIER, now, PATIENCE) == []
