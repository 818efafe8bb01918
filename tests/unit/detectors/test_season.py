from __future__ import annotations

import math

import pytest

from tocsin.detectors.season import DAY, SIZE, Season, median


def days(season: Season, count: int, first: int = 0) -> Season:
    for slot in range(first, first + count * DAY):
        hour = slot % DAY
        season.close(slot, 10.0 + hour, 12.0 + hour, 11.0 + hour)
    return season


def test_the_band_is_the_hour_and_its_neighbours() -> None:
    assert days(Season(), 7).band(7 * DAY + 12) == (21.0, 25.0)


def test_one_strange_day_does_not_move_the_band_but_last_week_widens_it() -> None:
    season = days(Season(), 7)
    season.close(7 * DAY - DAY + 12, -90.0, 90.0, 0.0)
    assert season.band(7 * DAY + 12) == (21.0, 25.0)
    a_week_later = days(season, 6, 7 * DAY)
    band = a_week_later.band(13 * DAY + 12)
    assert band == (-90.0, 90.0)


def test_what_is_older_than_the_ring_is_forgotten_and_a_gap_is_empty() -> None:
    season = days(Season(), 7)
    season.close(7 * DAY + SIZE + 5, 1.0, 2.0, 1.5)
    assert season.usual(8 * DAY) is None
    assert season.band(7 * DAY + SIZE + DAY) is None
    assert season.swing() == 0.0


def test_a_clock_that_was_set_back_forgets_nothing() -> None:
    season = days(Season(), 7)
    season.close(5 * DAY, 1.0, 2.0, 1.5)
    assert season.band(7 * DAY + 12) == (21.0, 25.0)


def test_switches_and_streams_at_rest_have_no_habits() -> None:
    switch, rain = Season(), days(Season(), 2)
    for slot in range(100):
        switch.close(slot, 0.0, slot % 2, 0.5)
    assert not switch.lively()
    for slot in range(2 * DAY, 7 * DAY):
        rain.close(slot, 0.0, 0.0, 0.0)
    assert not rain.lively()
    assert days(Season(), 2).lively()
    assert not Season().lively()


def test_a_dump_is_small_and_gives_the_same_again() -> None:
    season, other = days(Season(), 3), Season()
    data = season.dump()
    assert len(data) < 2100
    other.load(season.slot, data)
    assert other.dump() == data
    assert other.band(3 * DAY) == season.band(3 * DAY)
    with pytest.raises(ValueError, match="length"):
        other.load(0, data[:-1])


def test_the_middle_of_an_even_number_of_values_lies_between_two() -> None:
    assert median([4.0, 1.0]) == 2.5
    assert math.isclose(median([3.0, 1.0, 2.0]), 2.0)


def test_means_alone_take_a_third_of_the_room() -> None:
    season = Season(means_only=True)
    for slot in range(3 * DAY):
        season.close(slot, 1.0 + slot % DAY, 1.0 + slot % DAY, 1.0 + slot % DAY)
    assert len(season.dump()) * 3 == len(Season().dump())
    other = Season(means_only=True)
    other.load(season.slot, season.dump())
    assert (other.usual(3 * DAY + 5), other.lively()) == (6.0, True)
