"""Ranges behave as the sets of numbers that they stand for."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.support.field import key
from tests.support.ingest import envelope, level, lost
from tocsin.ingest.ports import LedgerEntry, Ranges
from tocsin.ingest.sequence import add, advance, contains, lane_receipt, missing, subtract

spans = st.tuples(st.integers(1, 40), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def members(ranges: Ranges) -> set[int]:
    return {number for low, high in ranges for number in range(low, high + 1)}


def normal(ranges: Ranges) -> bool:
    return all(low <= high for low, high in ranges) and all(
        before[1] + 1 < after[0] for before, after in itertools.pairwise(ranges)
    )


@given(st.lists(st.tuples(st.booleans(), spans), max_size=30), spans)
def test_ranges_are_sets(steps, asked):
    ranges: Ranges = ()
    model: set[int] = set()
    for adding, (low, high) in steps:
        span = set(range(low, high + 1))
        ranges, model = (
            (add(ranges, low, high), model | span) if adding else (subtract(ranges, low, high), model - span)
        )
        assert normal(ranges)
        assert members(ranges) == model
    wanted = set(range(asked[0], asked[1] + 1))
    assert contains(ranges, *asked) == (wanted <= model)
    assert members(missing(ranges, *asked)) == wanted - model


@given(
    st.lists(
        st.one_of(st.integers(1, 30).map(lambda n: (n, n, True)), spans.map(lambda s: (*s, False))),
        max_size=60,
    )
)
def test_every_order_and_repetition_commits_each_number_once(steps):
    entry = LedgerEntry()
    stored: list[int] = []
    given_up: set[int] = set()
    for low, high, bears in steps:
        step = advance(entry, envelope(low, [level()]) if bears else envelope(low, lost=lost(low, high)))
        entry = step.entry
        if step.fresh:
            stored.append(low)
        if not bears:
            given_up |= set(range(low, high + 1))
    assert len(stored) == len(set(stored))
    assert members(entry.committed) == set(stored) | given_up
    assert members(entry.lost) == given_up - set(stored)
    told = lane_receipt(key(), entry)
    heard = set(range(1, told.upto + 1)) | members(tuple(told.beyond))
    assert heard == members(entry.committed)
    assert not heard & members(tuple(told.gaps))
