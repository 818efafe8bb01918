from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.core.watch import Box, Disk, Level, ProviderDown, SeenBeat, Sight, Township, Uncovered, Waiting
from tocsin.watch.checks import CHECKS, Look, Rules, judge
from tocsin.watch.limits import LimitsConfig

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
S = timedelta(seconds=1)
RULES = Rules(limits=LimitsConfig(), expect=("ingest", "escalator", "relay", "api"))


def beat(role: str, ago: float = 0.5, *, host: str = "a", name: str = "", **more: object) -> SeenBeat:
    at = NOW - ago * S
    made = SeenBeat(name=name or f"{role}@{host}", role=role, host=host, at=at, clock=at)
    return replace(made, **more)  # type: ignore[arg-type]


WELL = Sight(
    now=NOW,
    clock=NOW,
    beats=(beat("ingest", name="ingest-0"), beat("escalator"), beat("relay"), beat("api")),
)


def found(sight: Sight | None = WELL, **more: object) -> dict[tuple[str, str], Level]:
    look = Look(sight=sight, **more)  # type: ignore[arg-type]
    return {one.key: one.level for one in judge(look, RULES)}


def others(*gone: str) -> tuple[SeenBeat, ...]:
    return tuple(one for one in WELL.beats if one.role not in gone)


def test_a_centre_that_works_has_no_findings() -> None:
    assert found() == {}


def test_a_database_that_does_not_answer_is_all_that_is_said() -> None:
    (finding,) = judge(Look(sight=None, fault="no answer within 3 s"), RULES)
    assert (finding.code, finding.level) == ("database.down", Level.PAGE)
    assert "no answer within 3 s" in finding.english
    assert "no answer within 3 s" in finding.chinese


def test_a_database_that_takes_no_writes_is_as_good_as_none() -> None:
    assert found(replace(WELL, writable=False)) == {("database.read_only", "database"): Level.PAGE}


def test_what_waits_names_the_longest() -> None:
    late = Waiting(count=3, oldest=NOW - 7 * S, example="incident-9", detail="sms")
    sight = replace(WELL, overdue=late, unsent=late)
    findings = judge(Look(sight=sight), RULES)
    assert [one.key for one in findings] == [("deadline.overdue", "escalator"), ("notice.unsent", "relay")]
    assert all("7 s" in one.english and "incident-9" in one.english for one in findings)


@pytest.mark.parametrize(
    ("role", "ago", "silent"),
    [("escalator", 5.0, False), ("escalator", 5.1, True), ("relay", 5.1, True), ("api", 5.1, True)],
)
def test_a_role_is_silent_after_its_limit(role: str, ago: float, *, silent: bool) -> None:
    sight = replace(WELL, beats=(*others(role), beat(role, ago)))
    assert found(sight) == ({("worker.silent", role): Level.PAGE} if silent else {})


@pytest.mark.parametrize(("ago", "silent"), [(10.0, False), (10.1, True)])
def test_ingest_may_be_silent_for_a_flush(ago: float, *, silent: bool) -> None:
    sight = replace(WELL, beats=(*others("ingest"), beat("ingest", ago, name="ingest-0")))
    assert bool(found(sight)) is silent


def test_a_role_that_never_beat_is_missed_only_where_it_is_expected() -> None:
    assert found(replace(WELL, beats=others("relay"))) == {("worker.silent", "relay"): Level.PAGE}
    unexpected = Rules(limits=RULES.limits, expect=("ingest", "escalator", "api"))
    assert judge(Look(sight=replace(WELL, beats=others("relay"))), unexpected) == []


def test_an_unexpected_role_that_was_there_is_missed_too() -> None:
    sight = replace(WELL, beats=(*WELL.beats, beat("alarm_keeper", 60)))
    assert found(sight) == {("worker.silent", "alarm_keeper"): Level.PAGE}


def test_one_of_two_that_falls_silent_is_a_ticket_until_it_is_forgotten() -> None:
    two = (*WELL.beats, beat("relay", 60, host="b"))
    assert found(replace(WELL, beats=two)) == {("worker.gone", "relay@b"): Level.TICKET}
    assert found(replace(WELL, beats=(*WELL.beats, beat("relay", 1801, host="b")))) == {}


def test_each_session_of_ingest_is_missed_for_itself() -> None:
    sight = replace(WELL, beats=(*WELL.beats, beat("ingest", 11, name="ingest-1")))
    assert found(sight) == {("worker.silent", "ingest-1"): Level.PAGE}


def test_the_watchers_own_sign_is_no_business_of_its_checks() -> None:
    assert found(replace(WELL, beats=(*WELL.beats, beat("watcher", 600)))) == {}


def test_workers_are_given_time_when_the_database_has_come_back() -> None:
    late = Waiting(count=1, oldest=NOW - 60 * S, example="x")
    sight = replace(WELL, beats=(beat("relay", 60),), overdue=late, unsent=late)
    assert found(sight, settling=True) == {}
    assert len(found(sight)) == 6


@pytest.mark.parametrize(("skew", "wrong"), [(0.99, False), (1.0, True), (-1.0, True), (-0.99, False)])
def test_clocks_may_differ_by_less_than_a_second(skew: float, *, wrong: bool) -> None:
    host = replace(WELL, beats=(*others("relay"), beat("relay", 1, host="b", clock=NOW - S + skew * S)))
    own = replace(WELL, clock=NOW + skew * S)
    assert bool(found(host)) is wrong
    assert bool(found(own)) is wrong
    if wrong:
        assert set(found(host)) == {("clock.skew", "b")}
        assert set(found(own)) == {("clock.skew", "watcher")}


def test_the_skew_of_a_host_that_is_silent_says_nothing() -> None:
    gone = beat("relay", 60, host="b", clock=NOW)
    assert ("clock.skew", "b") not in found(replace(WELL, beats=(*WELL.beats, gone)))


@pytest.mark.parametrize(
    ("collectors", "gone", "expected"),
    [
        (10, ("a",), {("collector.gone", "a"): Level.TICKET}),
        (2, ("a", "b"), {("collector.gone", "a"): Level.TICKET, ("collector.gone", "b"): Level.TICKET}),
        (6, ("a", "b", "c"), {("collectors.gone", "town"): Level.PAGE}),
        (3, ("a", "b", "c"), {("collectors.gone", "town"): Level.PAGE}),
    ],
)
def test_many_collectors_of_one_township_are_one_finding(
    collectors: int, gone: tuple[str, ...], expected: dict[tuple[str, str], Level]
) -> None:
    township = Township(code="town", name="Town", collectors=collectors, gone=gone)
    assert found(replace(WELL, townships=(township,))) == expected


@pytest.mark.parametrize(
    ("free", "share", "level"),
    [
        (10**12, 0.84, None),
        (10**12, 0.85, Level.TICKET),
        (10**12, 0.95, Level.PAGE),
        (999_999_999, 0.10, Level.PAGE),
        (10**9, 0.10, None),
    ],
)
def test_a_disk_is_low_by_share_or_by_bytes(free: int, share: float, level: Level | None) -> None:
    disk = Disk(free, share)
    told = replace(WELL, beats=(*others("api"), beat("api", disks={"data": disk})))
    assert found(told) == ({("disk.low", "a:data"): level} if level else {})
    assert found(disks={"here": disk}) == ({("disk.low", "here"): level} if level else {})


def test_a_box_without_room_for_its_outbox_is_a_ticket_and_one_that_says_nothing_is_none() -> None:
    boxes = (
        Box(collector="weir", outbox_bytes=5_000_000, disk_free_bytes=400_000_000),
        Box(collector="old", outbox_bytes=0, disk_free_bytes=0),
        Box(collector="well", outbox_bytes=0, disk_free_bytes=10**10),
    )
    assert found(replace(WELL, boxes=boxes)) == {("disk.low", "collector:weir"): Level.TICKET}


@pytest.mark.parametrize(
    ("before", "held", "wrong"), [(None, 500, False), (480, 500, True), (481, 500, False), (500, 0, False)]
)
def test_a_quarantine_that_grows_is_a_ticket(before: int | None, held: int, *, wrong: bool) -> None:
    expected = {("quarantine.growing", "quarantine"): Level.TICKET} if wrong else {}
    assert found(replace(WELL, quarantined=held), quarantined_before=before) == expected


def test_a_call_that_was_put_aside_pages() -> None:
    assert found(replace(WELL, quarantined=1, calls_held=1)) == {("quarantine.calls", "alarm"): Level.PAGE}


def test_the_last_provider_of_a_channel_pages() -> None:
    def down(*, alone: bool) -> Sight:
        one = ProviderDown(channel="sms", provider="aliyun", since=NOW, reason="timeout", alone=alone)
        return replace(WELL, providers=(one,))

    assert found(down(alone=True)) == {("provider.down", "sms:aliyun"): Level.PAGE}
    assert found(down(alone=False)) == {("provider.down", "sms:aliyun"): Level.TICKET}


def uncovered(number: int, *, silent: bool = False) -> Uncovered:
    return Uncovered(
        grid=f"g{number}",
        name=f"Grid {number}",
        silent=silent,
        since=NOW + 8 * 3600 * S,
        until=NOW + 86_400 * S,
    )


def test_a_grid_with_nobody_on_duty_is_named_with_its_hours() -> None:
    sight = replace(WELL, uncovered=(uncovered(1), uncovered(2, silent=True)), uncovered_grids=2)
    nobody, silent = judge(Look(sight=sight), RULES)
    assert (nobody.key, nobody.level) == (("duty.uncovered", "g1"), Level.TICKET)
    assert "Grid 1 (g1) has nobody on duty from 11-22 18:00 to 11-23 10:00" in nobody.english
    assert "网格Grid 1（g1）自11-22 18:00至11-23 10:00无人值班" in nobody.chinese
    assert "whom a channel reaches" in silent.english
    assert "联系方式" in silent.chinese


def test_many_grids_with_nobody_on_duty_are_one_finding() -> None:
    sight = replace(WELL, uncovered=tuple(uncovered(number) for number in range(6)), uncovered_grids=32)
    (finding,) = judge(Look(sight=sight), RULES)
    assert finding.key == ("duty.uncovered", "duty")
    assert "32 grids" in finding.english
    assert "tocsin duty check" in finding.chinese


def test_audits_page() -> None:
    assert found(broken_chains=("i-1",), differences=("i-2 lacks the deadline tier:village",)) == {
        ("chain.broken", "incident_event"): Level.PAGE,
        ("audit.difference", "replay"): Level.PAGE,
    }


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_check_needs_the_database_to_be_there(check: Callable[[Look, Rules], object]) -> None:
    list(check(Look(sight=None), RULES))  # type: ignore[call-overload]


def test_what_pages_comes_first() -> None:
    sight = replace(
        WELL,
        calls_held=1,
        townships=(Township(code="t", name="T", collectors=9, gone=("a",)),),
    )
    assert [one.level for one in judge(Look(sight=sight), RULES)] == [Level.PAGE, Level.TICKET]
