from __future__ import annotations

from tocsin.core.detections import Kind
from tocsin.evaluate.clip import Raised, Still, Watched
from tocsin.evaluate.page import page
from tocsin.evaluate.run import ClipResult, Result
from tocsin.evaluate.score import EventScore, FalseAlarm


def test_every_miss_and_false_alarm_has_its_picture_and_names_are_escaped() -> None:
    wrong = FalseAlarm("fire", 3.0, "fire", "a <b>lamp</b>")
    clip = ClipResult(
        file="<i>.mp4",
        seconds=20,
        pictures=20,
        ms_per_picture=1,
        events=[EventScore("smoke", 10, 12, hit=False, delay_s=None)],
        false_alarms=[wrong],
        ms_p99=1,
        peak_memory_mb=80,
        bursts=0,
        alarms=[wrong],
        failed=None,
    )
    raised = Raised(Kind.FIRE, 3.0, "fire", "fire/1+0", "a <b>lamp</b>", 0.5, b"\xff\xd8one")
    seen = Watched(20, 20, 0, 1, 1, 80, [raised], [Still(11, b"\xff\xd8two"), Still(19, b"\xff\xd8other")])
    text = page(Result([clip], {}, 180.0, 0.0056, 1.0, burst=True), {"<i>.mp4": seen})
    assert text.count("<img") == 2
    assert "<i>.mp4" not in text
    assert "<b>lamp" not in text
    assert "漏报" in text
