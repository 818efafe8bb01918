from __future__ import annotations

import pytest

from tocsin.core.wire import Lane, LaneReceipt
from tocsin.edge.sending import (
    BACKLOG_ENVELOPES,
    EVICTION_ORDER,
    WINDOW_BYTES,
    WINDOW_ENVELOPES,
    Candidate,
    Run,
    Sending,
    Urgency,
    choose_evictions,
    confirmed,
    resend_delay,
    runs,
)

DATA = Lane.DATA


def sending(count: int, *, size: int = 100, at: float = 100.0) -> Sending:
    made = Sending()
    for seq in range(1, count + 1):
        made.sent(DATA, seq, seq, size, at)
    return made


def receipt(upto: int, *beyond: tuple[int, int]) -> LaneReceipt:
    return LaneReceipt(1, DATA, upto, list(beyond))


def test_the_window_closes_after_sixty_four_envelopes() -> None:
    assert sending(WINDOW_ENVELOPES).room(DATA, Urgency.LIVE)[0] == 0
    assert sending(WINDOW_ENVELOPES - 1).room(DATA, Urgency.LIVE)[0] == 1


def test_the_window_closes_after_one_mebibyte() -> None:
    assert sending(1, size=WINDOW_BYTES).room(DATA, Urgency.LIVE)[1] == 0
    assert sending(1, size=WINDOW_BYTES - 7).room(DATA, Urgency.LIVE)[1] == 7


def test_lanes_do_not_share_a_window() -> None:
    assert sending(WINDOW_ENVELOPES).room(Lane.ALARM, Urgency.ALARM) == (WINDOW_ENVELOPES, WINDOW_BYTES)


def test_a_backlog_leaves_places_for_live_readings() -> None:
    full_of_backlog = sending(BACKLOG_ENVELOPES)
    assert full_of_backlog.room(DATA, Urgency.BACKLOG)[0] == 0
    assert full_of_backlog.room(DATA, Urgency.LIVE)[0] == WINDOW_ENVELOPES - BACKLOG_ENVELOPES


def test_only_the_oldest_is_sent_again_after_fifteen_seconds() -> None:
    made = sending(5)
    assert made.due(114.9) == []
    assert made.due(115.0) == [(DATA, 1)]
    assert made.next_due() == 115.0


def test_the_wait_doubles_up_to_ten_minutes() -> None:
    assert [resend_delay(n) for n in (1, 2, 3, 7, 50)] == [15, 30, 60, 600, 600]
    made = sending(1)
    made.sent(DATA, 1, 1, 100, 115.0)
    assert made.due(144.9) == []
    assert made.due(145.0) == [(DATA, 1)]


def test_a_receipt_ends_what_it_names() -> None:
    made = sending(5)
    ended = made.receipt(receipt(2, (4, 4)))
    assert [f.seq for f in ended] == [1, 2, 4]
    assert set(made.in_flight(DATA)) == {3, 5}


def test_a_gap_among_what_was_sent_is_due_at_once() -> None:
    made = sending(5)
    made.receipt(receipt(2, (4, 4)))
    assert made.due(100.1) == [(DATA, 3)], "5 was sent after 4 and may still come"
    assert made.next_due() == 0.0


def test_a_gap_is_not_sent_twice_for_the_same_proof() -> None:
    made = sending(5)
    made.receipt(receipt(2, (4, 4)))
    made.sent(DATA, 3, 3, 100, 100.1)
    made.receipt(receipt(2, (4, 5)))
    assert made.due(100.2) == []


def test_an_echo_of_a_second_sending_proves_no_order() -> None:
    made = sending(3)
    made.sent(DATA, 1, 1, 100, 115.0)
    made.receipt(receipt(1))
    assert made.due(114.0) == []


def test_losing_everything_is_made_good_ever_faster() -> None:
    made = sending(64)
    rounds = 0
    now = 120.0
    while made.in_flight(DATA):
        again = made.due(now)
        assert again
        for _, seq in again:
            made.sent(DATA, seq, seq, 100, now)
        now += 2.0
        made.receipt(receipt(again[-1][1]))
        rounds += 1
    assert rounds <= 8


def test_a_second_silence_makes_it_careful_again() -> None:
    made = sending(8)
    made.sent(DATA, 1, 1, 100, 115.0)
    made.receipt(receipt(1))
    assert len(made.due(116.0)) == 2
    for _, seq in made.due(116.0):
        made.sent(DATA, seq, seq, 100, 116.0)
    assert made.due(146.0) == [(DATA, 2)]


def test_what_the_broker_did_not_take_is_not_on_its_way() -> None:
    made = sending(1)
    made.withdrawn(DATA, 1)
    assert not made.in_flight(DATA)
    assert made.next_due() is None


def test_a_new_file_has_nothing_on_its_way() -> None:
    made = sending(3)
    made.forget()
    assert made.due(1e9) == []


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [(1, 1, True), (5, 5, True), (6, 6, False), (5, 6, False), (8, 9, True), (9, 10, False)],
)
def test_a_range_is_confirmed_only_as_a_whole(first: int, last: int, named: bool) -> None:  # noqa: FBT001 a table
    assert confirmed(receipt(5, (8, 9)), first, last) is named


def test_unimportant_goes_before_important() -> None:
    assert EVICTION_ORDER[0] is Urgency.ROUTINE
    assert EVICTION_ORDER[1] is Urgency.BACKLOG
    assert EVICTION_ORDER[-1] is Urgency.ALARM
    assert Urgency.LOSS not in EVICTION_ORDER, "a tombstone is never dropped"
    assert set(EVICTION_ORDER) | {Urgency.LOSS} == set(Urgency)


def test_no_more_is_dropped_than_needed() -> None:
    three = [Candidate(DATA, seq, 100, 5) for seq in (1, 2, 3)]
    assert choose_evictions(three, 150) == three[:2]
    assert choose_evictions(three, 0) == []
    assert choose_evictions(three, 10_000) == three


def test_adjacent_losses_share_a_tombstone() -> None:
    evicted = [Candidate(DATA, seq, 1, 10) for seq in (3, 1, 2, 7)] + [Candidate(Lane.MEDIA, 4, 1, 1)]
    assert runs(evicted) == [Run(DATA, 1, 3, 30), Run(DATA, 7, 7, 10), Run(Lane.MEDIA, 4, 4, 1)]
