from __future__ import annotations

import math

import pytest

from tocsin.evaluate.nab import PROFILES, Profile, normalised, probation, score_file, worth

STANDARD = PROFILES[0]


def test_an_alarm_is_worth_most_at_the_begin_nothing_at_the_end_and_costs_beyond() -> None:
    assert worth(-1.0) == pytest.approx(2 / (1 + math.exp(-5)) - 1)
    assert worth(-1.0) == pytest.approx(0.98661, abs=1e-5)
    assert worth(0.0) == 0.0
    assert worth(1.0) == pytest.approx(-0.98661, abs=1e-5)
    assert worth(3.1) == -1.0


def test_the_first_tenth_and_a_half_does_not_count_but_never_more_than_750_rows() -> None:
    assert [probation(rows) for rows in (0, 19, 100, 4032, 5000, 22_695)] == [0, 2, 15, 604, 750, 750]


def test_the_first_row_of_a_window_earns_all_of_it() -> None:
    score = score_file(100, [(50, 59)], [50], STANDARD)
    assert score.hits == (pytest.approx(1.0),)
    assert (score.raw, score.nothing, score.perfect) == (pytest.approx(1.0), -1.0, 1.0)
    assert normalised([score]) == pytest.approx(100.0)


def test_the_last_row_of_a_window_earns_what_its_place_is_worth() -> None:
    # Ten rows: the last one lies a tenth of the window before its end.
    score = score_file(100, [(50, 59)], [59], STANDARD)
    assert score.raw == pytest.approx((2 / (1 + math.exp(-0.5)) - 1) / 0.986614298)


def test_further_alarms_in_a_window_neither_earn_nor_cost() -> None:
    once, often = (score_file(100, [(50, 59)], rows, STANDARD) for rows in ([52], range(52, 60)))
    assert once.raw == often.raw
    assert often.false_alarms == 0


def test_an_alarm_before_any_window_costs_in_full_and_just_behind_one_little() -> None:
    before = score_file(100, [(50, 59)], [40, 50], STANDARD)
    assert before.raw == pytest.approx(1 - 0.11)
    behind = score_file(100, [(50, 59)], [50, 60], STANDARD)
    assert behind.raw == pytest.approx(1 + 0.11 * (2 / (1 + math.exp(5 / 9)) - 1))
    far = score_file(100, [(50, 59)], [50, 99], STANDARD)
    assert far.raw == pytest.approx(1 - 0.11)


def test_silence_is_0_and_a_miss_among_hits_lies_between() -> None:
    silent = score_file(100, [(30, 39), (60, 69)], [], STANDARD)
    assert normalised([silent]) == 0.0
    half = score_file(100, [(30, 39), (60, 69)], [30], STANDARD)
    assert normalised([half]) == pytest.approx(50.0)


def test_a_profile_that_hates_misses_counts_them_twice() -> None:
    misses = PROFILES[2]
    half = score_file(100, [(30, 39), (60, 69)], [30], misses)
    assert half.raw == pytest.approx(1 - 2)
    assert normalised([half]) == pytest.approx(100 * (-1 + 4) / (2 + 4))


def test_what_lies_in_the_probation_counts_for_nothing() -> None:
    score = score_file(100, [(5, 9), (50, 59)], [3, 6, 50], STANDARD)
    assert score.false_alarms == 0
    assert score.hits == (pytest.approx(1.0),)
    # The window that nobody could score stays in what perfection would have.
    assert (score.nothing, score.perfect) == (-1.0, 2.0)


def test_files_without_windows_have_costs_but_no_score() -> None:
    quiet = score_file(100, [], [40], STANDARD)
    assert quiet.raw == pytest.approx(-0.11)
    assert normalised([quiet]) is None


def test_repeated_rows_and_any_order_give_the_same() -> None:
    profile = Profile("own", 1.0, 1.0, 0.5)
    assert score_file(100, [(60, 69), (30, 39)], [90, 35, 90, 61], profile) == score_file(
        100, [(30, 39), (60, 69)], [35, 61, 90], profile
    )


def test_a_window_of_one_row_has_no_near_behind() -> None:
    assert score_file(100, [(50, 50)], [50, 51], STANDARD).raw == pytest.approx(1 - 0.11)
