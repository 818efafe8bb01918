"""Time passes again as it passed live, and not where nobody listened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.evaluate.timeline import Timeline

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def filled(
    flushes: Sequence[float], signs: Sequence[float] = (), *, whole: float = 1e6
) -> list[tuple[float, bool]]:
    found = Timeline(at(whole)).fill([at(one) for one in flushes], [at(one) for one in signs])
    return [((instant - NOON).total_seconds(), own) for instant, own in found]


def test_a_whole_log_is_given_as_it_is() -> None:
    assert filled([0, 1, 2.1, 3]) == [(0, True), (1, True), (2.1, True), (3, True)]


def test_between_two_signs_of_life_time_passes() -> None:
    assert filled([0, 12]) == [(0, True), (5, False), (10, False), (12, True)]


def test_signs_of_others_let_time_pass_and_are_no_flush() -> None:
    assert filled([0], [60, 62]) == [(0, True), *((5.0 * n, False) for n in range(1, 13))]


def test_where_the_log_is_whole_a_short_gap_stays_one() -> None:
    assert filled([0, 12, 24], whole=10) == [(0, True), (5, False), (10, False), (12, True), (24, True)]


def test_nothing_passes_in_a_gap() -> None:
    assert filled([0, 7200, 7206]) == [(0, True), (7200, True), (7205, False), (7206, True)]


def test_time_goes_on_from_the_first_sign_after_a_gap() -> None:
    assert filled([0, 7212], [7200]) == [(0, True), (7205, False), (7210, False), (7212, True)]


@given(
    st.lists(st.floats(0, 2000), max_size=40), st.lists(st.floats(0, 2000), max_size=20), st.integers(1, 9)
)
def test_pieces_give_what_the_whole_gives(own: list[float], signs: list[float], cuts: int) -> None:
    flushes, marks = [at(one) for one in own], [at(one) for one in signs]
    pieces, one = Timeline(at(1000)), []
    for number in range(cuts):
        lower, upper = at(2001 * number / cuts), at(2001 * (number + 1) / cuts)
        one += pieces.fill(
            [x for x in flushes if lower <= x < upper], [x for x in marks if lower <= x < upper]
        )

    whole = list(Timeline(at(1000)).fill(flushes, marks))

    assert one == whole
    instants = [instant for instant, _ in whole]
    assert instants == sorted(instants)
    assert {instant for instant, true in whole if true} == set(flushes)
