import pytest

from tests.support.field import key
from tests.support.ingest import envelope, level, lost
from tocsin.core.errors import Rejected
from tocsin.ingest.ports import LedgerEntry
from tocsin.ingest.sequence import RANGES_MAX, advance, lane_receipt


def test_a_number_is_new_once():
    first = advance(LedgerEntry(), envelope(1, [level()]))
    assert first.fresh
    assert advance(first.entry, envelope(1, [level()])).duplicate


def test_an_envelope_that_was_given_up_and_comes_all_the_same_is_stored_and_no_longer_lost():
    gone = advance(LedgerEntry(((1, 1),)), envelope(2, lost=lost(2, 4)))
    assert gone.entry == LedgerEntry(((1, 4),), ((2, 4),))
    back = advance(gone.entry, envelope(3, [level()]))
    assert back.fresh
    assert back.entry == LedgerEntry(((1, 4),), ((2, 2), (4, 4)))
    assert advance(back.entry, envelope(3, [level()])).duplicate


def test_a_tombstone_over_what_is_committed_loses_only_the_rest():
    step = advance(LedgerEntry(((1, 2),)), envelope(2, lost=lost(2, 3)))
    assert step.entry == LedgerEntry(((1, 3),), ((3, 3),))
    assert not step.fresh
    assert advance(step.entry, envelope(2, lost=lost(2, 3))).duplicate


def test_more_holes_than_any_honest_sender_makes_are_refused():
    full = LedgerEntry(tuple((n * 2, n * 2) for n in range(1, RANGES_MAX + 1)))
    with pytest.raises(Rejected) as refused:
        advance(full, envelope(RANGES_MAX * 4, [level()]))
    assert refused.value.code == "sequence.gaps"


def test_a_receipt_names_what_is_missing():
    told = lane_receipt(key(), LedgerEntry(((1, 3), (5, 5), (9, 12))))
    assert (told.upto, told.beyond, told.gaps) == (3, [(5, 5), (9, 12)], [(4, 4), (6, 8)])
    none = lane_receipt(key(), LedgerEntry(((4, 4),)))
    assert (none.upto, none.gaps) == (0, [(1, 3)])


def test_a_receipt_is_bounded():
    told = lane_receipt(key(), LedgerEntry(tuple((n * 2, n * 2) for n in range(1, 1000))))
    assert len(told.beyond) == len(told.gaps) == 64
