from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.support.detecting import START, phases, reading
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Quality
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.config import DetectorsConfig, load


def rules(*given: dict[str, object], **more: object) -> DetectorsConfig:
    return DetectorsConfig.model_validate({"detectors": list(given), **more})


HIGH: dict[str, object] = {
    "name": "high",
    "detector": "threshold",
    "match": "*/level",
    "unit": "m",
    "above": 3,
}
QUIET: dict[str, object] = {"name": "quiet", "detector": "silence", "limit_seconds": 60}


def test_only_streams_that_match_by_name_and_unit_are_watched() -> None:
    one = StreamBank(rules(HIGH), at="centre")
    assert phases(one.observe([reading(0, 4)])) == ["raise"]
    assert not one.observe([reading(0, 4, stream=StreamId("weir/x/level"), unit="cm")])
    assert not one.observe([reading(0, 4, stream=StreamId("weir/x/rain"))])
    assert len(one.raised()) == 1


def test_a_rule_runs_only_where_it_is_placed() -> None:
    assert not StreamBank(rules({**HIGH, "at": "box"}), at="centre").observe([reading(0, 4)])
    assert StreamBank(rules({**HIGH, "at": "box"}), at="box").observe([reading(0, 4)])


def test_readings_out_of_order_are_dropped_and_counted() -> None:
    one = StreamBank(rules(HIGH), at="centre")
    one.observe([reading(10, 1)])
    assert not one.observe([reading(9, 4)])
    flagged = msgspec.structs.replace(reading(11, 4), quality=int(Quality.OUT_OF_ORDER))
    assert not one.observe([flagged])
    assert one.out_of_order == 2
    late = msgspec.structs.replace(reading(12, 4), quality=int(Quality.HISTORICAL))
    assert phases(one.observe([late])) == ["raise"]


def test_on_the_box_the_observed_instant_counts() -> None:
    one = StreamBank(rules(HIGH), at="centre")
    (found,) = one.observe([msgspec.structs.replace(reading(5, 4), at_us=0)])
    assert found.observed == START + timedelta(seconds=5)


def test_a_clock_that_was_set_back_does_not_make_a_stream_deaf() -> None:
    one = StreamBank(rules(HIGH), at="box")
    one = StreamBank(rules({**HIGH, "at": "box"}), at="box")
    one.observe([reading(86_400 * 365, 1)])
    one.tick(START)
    assert phases(one.observe([reading(1, 4)])) == ["raise"]


def test_streams_beyond_the_limit_are_counted_not_watched() -> None:
    one = StreamBank(rules(HIGH, streams_max=1), at="centre")
    one.observe([reading(0, 1), reading(0, 4, stream=StreamId("weir/other/level"))])
    assert (one.streams(), one.refused) == (1, 1)


def test_a_restart_of_ours_is_not_silence_of_theirs_but_real_silence_still_is() -> None:
    one = StreamBank(rules(QUIET), at="centre")
    one.observe([reading(0, 1)])
    one.tick(START + timedelta(seconds=1))
    other = StreamBank(rules(QUIET), at="centre")
    other.restore(one.snapshot())
    hour = START + timedelta(hours=1)
    assert not other.tick(hour)
    said = [p for s in range(1, 80) for p in phases(other.tick(hour + timedelta(seconds=s)))]
    assert said == ["raise"]


def test_a_standing_silence_survives_a_restart_and_is_not_repeated() -> None:
    one = StreamBank(rules(QUIET), at="centre")
    one.observe([reading(0, 1)])
    said = [p for s in range(0, 80, 10) for p in phases(one.tick(START + timedelta(seconds=s)))]
    assert said == ["raise"]
    other = StreamBank(rules(QUIET), at="centre")
    other.restore(one.snapshot())
    assert other.raised() == one.raised()
    assert not other.tick(START + timedelta(seconds=90))
    assert phases(other.observe([reading(91, 1)])) == ["clear"]


def test_rules_that_did_not_change_go_on_under_another_configuration() -> None:
    one = StreamBank(rules(QUIET, HIGH), at="centre")
    one.observe([reading(0, 1)])
    assert phases(one.tick(START + timedelta(seconds=80))) == ["raise"]
    other = StreamBank(rules({**HIGH, "above": 4}, QUIET), at="centre")
    assert other.restore(one.snapshot()) == []
    assert other.raised() == one.raised()
    assert phases(other.observe([reading(91, 1)])) == ["clear"]


def test_what_stood_by_a_rule_that_is_gone_is_cleared() -> None:
    one = StreamBank(rules(QUIET), at="centre")
    one.observe([reading(0, 1)])
    one.tick(START + timedelta(seconds=80))
    other = StreamBank(rules(HIGH), at="centre")
    (cleared,) = other.restore(one.snapshot())
    assert (cleared.phase.value, cleared.reason_code) == ("clear", "rule.changed")
    assert other.raised() == ()


def test_a_state_of_the_other_place_is_refused() -> None:
    state = StreamBank(rules(QUIET), at="centre").snapshot()
    with pytest.raises(Rejected, match="at the centre"):
        StreamBank(rules(QUIET), at="box").restore(state)


def test_members_of_a_group_share_one_detector() -> None:
    config = load("detectors: [{name: both, detector: agreement, above: 1, need: 2}]")
    one = StreamBank(config, at="centre")
    found = one.observe([reading(i, 2, stream=StreamId(f"weir/g{i}/smoke")) for i in range(3)])
    assert phases(found) == ["raise"]
    elsewhere = StreamBank(config, at="centre")
    assert not elsewhere.observe([reading(i, 2, stream=StreamId(f"box{i}/g/smoke")) for i in range(3)])


def test_a_detector_that_fails_is_told_and_the_others_of_its_stream_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    given = rules({**QUIET, "at": "box"}, {**HIGH, "at": "box"})
    one = StreamBank(given, at="box", failed=lambda rule, error: told.append(f"{rule} {error}"))
    strict = StreamBank(given, at="box")

    def broken(*_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr("tocsin.detectors.silence.Silence.observe", broken)
    assert phases(one.observe([reading(0, 1), reading(1, 4)])) == ["raise"]
    assert told == ["quiet no", "quiet no"]
    with pytest.raises(ValueError, match="no"):
        strict.observe([reading(0, 1)])


def test_a_state_that_lost_a_bit_or_its_end_is_refused_and_the_bank_begins_anew() -> None:
    one = StreamBank(rules(HIGH, QUIET), at="centre")
    empty = one.snapshot()
    one.observe([reading(0, 4), reading(1, 4)])
    state = one.snapshot()
    for at in range(len(state)):
        for damaged in (state[:at], state[:at] + bytes([state[at] ^ (1 << at % 8)]) + state[at + 1 :]):
            with pytest.raises(Rejected):
                one.restore(damaged)
            assert one.snapshot() == empty
    assert phases(one.observe([reading(2, 4)])) == ["raise"]
