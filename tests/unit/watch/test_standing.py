from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tocsin.core.watch import Finding, FindingRow, Level
from tocsin.watch.standing import Ledger, News, Patience

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
S = timedelta(seconds=1)
SILENT = Finding("worker.silent", "relay", Level.PAGE, "无心跳", "silent")
DISK = Finding("disk.low", "data", Level.TICKET, "满", "full")


class Looks:
    """One look a second."""

    def __init__(self, **patience: object) -> None:
        self.ledger = Ledger(Patience(**patience))  # type: ignore[arg-type]
        self.now = NOW

    def __call__(self, *findings: Finding, blind: bool = False, after: float = 1.0) -> tuple[int, int, int]:
        self.now += after * S
        news: News = self.ledger.look(findings, self.now, blind=blind)
        return len(news.raised), len(news.again), len(news.over)


def test_one_look_is_a_hiccup_and_two_are_a_finding_told_once() -> None:
    look = Looks()
    assert look(SILENT) == (0, 0, 0)
    assert look(SILENT) == (1, 0, 0)
    assert [look(SILENT) for _ in range(100)] == [(0, 0, 0)] * 100
    (one,) = look.ledger.standing
    assert (one.since, one.told, one.seen) == (NOW + S, NOW + 2 * S, NOW + 102 * S)


def test_a_hiccup_every_other_look_is_no_finding() -> None:
    look = Looks()
    assert {look(*found) for found in [(SILENT,), ()] * 20} == {(0, 0, 0)}
    assert look.ledger.standing == ()


def test_it_is_over_after_as_many_looks_without_it_and_told_once() -> None:
    look = Looks(clear_after=5)
    look(SILENT)
    look(SILENT)
    assert [look() for _ in range(6)] == [(0, 0, 0)] * 4 + [(0, 0, 1), (0, 0, 0)]


def test_one_that_comes_back_before_that_was_never_away() -> None:
    look = Looks(clear_after=5)
    look(SILENT)
    look(SILENT)
    for _ in range(4):
        look()
    assert look(SILENT) == (0, 0, 0)
    assert [look() for _ in range(5)][-1] == (0, 0, 1)


def test_it_is_said_again_as_long_as_it_stands() -> None:
    look = Looks(repeat=timedelta(minutes=15))
    look(SILENT)
    look(SILENT)
    assert look(SILENT, after=899) == (0, 0, 0)
    assert look(SILENT, after=1) == (0, 1, 0)
    assert look(SILENT, after=899) == (0, 0, 0)
    assert look(SILENT, after=1) == (0, 1, 0)


def test_a_blind_look_ends_nothing() -> None:
    look = Looks(clear_after=2)
    look(SILENT)
    look(SILENT)
    assert [look(blind=True) for _ in range(10)] == [(0, 0, 0)] * 10
    assert len(look.ledger.standing) == 1
    assert [look(), look()] == [(0, 0, 0), (0, 0, 1)]


def test_a_ticket_that_becomes_a_page_is_told_at_once() -> None:
    look = Looks()
    look(DISK)
    assert look(DISK) == (1, 0, 0)
    worse = Finding(DISK.code, DISK.subject, Level.PAGE, "满", "full")
    assert look(worse) == (1, 0, 0)
    assert look(worse) == (0, 0, 0)


def test_findings_do_not_disturb_each_other() -> None:
    look = Looks()
    look(SILENT)
    assert look(SILENT, DISK) == (1, 0, 0)
    assert look(SILENT, DISK) == (1, 0, 0)
    assert [one.finding.code for one in look.ledger.standing] == ["worker.silent", "disk.low"]


def row(paged: datetime | None = NOW) -> FindingRow:
    return FindingRow(
        code="worker.silent", subject="relay", since=NOW - 60 * S, seen=NOW, until=None, sentence="无心跳", paged=paged
    )  # fmt: skip


def test_a_successor_pages_nobody_anew_and_tells_when_it_is_over() -> None:
    look = Looks(clear_after=2)
    look(SILENT)
    look.ledger.adopt([row()])
    assert look(SILENT) == (0, 0, 0)
    (one,) = look.ledger.standing
    assert one.since == NOW - 60 * S
    assert [look(), look()] == [(0, 0, 0), (0, 0, 1)]


def test_what_a_predecessor_found_and_is_well_now_is_over() -> None:
    look = Looks(clear_after=2)
    look.ledger.adopt([row(paged=None)])
    assert [look(), look()] == [(0, 0, 0), (0, 0, 1)]


def test_only_what_pages_is_kept_as_paged() -> None:
    look = Looks()
    look(SILENT, DISK)
    look(SILENT, DISK)
    rows = {one.finding.code: one.row("x") for one in look.ledger.standing}
    assert rows["worker.silent"].paged == NOW + 2 * S
    assert rows["disk.low"].paged is None
    assert rows["disk.low"].until is None
