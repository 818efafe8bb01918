import math

import pytest

from tests.support.ingest import NOON_US, SECOND
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId
from tocsin.core.readings import Quality
from tocsin.core.wire import Senml
from tocsin.ingest.senml import INSTANT_MAX_US, Names, resolve


def resolved(*items: Senml):
    return resolve(items, NOON_US, Names(CollectorId("weir")))


def test_base_fields_hold_for_the_records_after_them():
    records = resolved(
        Senml(bn="gauge-1/", bt=1.7e9, bu="m", bv=100.0),
        Senml(n="level", v=1.5),
        Senml(n="flow", v=2.0, u="m3/s", t=-5),
        Senml(bn="gauge-2/", n="level", v=0.0),
    )
    assert [(r[0], r[1], r[2], r[3]) for r in records] == [
        ("weir/gauge-1/level", 1_700_000_000 * SECOND, 101.5, "m"),
        ("weir/gauge-1/flow", 1_699_999_995 * SECOND, 102.0, "m3/s"),
        ("weir/gauge-2/level", 1_700_000_000 * SECOND, 100.0, "m"),
    ]


@pytest.mark.parametrize(("t", "expected"), [(None, 0), (0, 0), (-30.5, -30_500_000), (12, 12 * SECOND)])
def test_small_times_count_from_the_sealing(t, expected):
    [record] = resolved(Senml(n="a", v=1.0, t=t))
    assert record[1] == NOON_US + expected


def test_exact_microseconds_win_over_seconds():
    [record] = resolved(Senml(n="a", v=1.0, t=1.7e9, us=1_700_000_000_123_457))
    assert record[1] == 1_700_000_000_123_457


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_becomes_none(value):
    [record] = resolved(Senml(n="a", v=value))
    assert (record[2], record[5]) == (None, Quality.NOT_A_NUMBER)


def test_booleans_text_and_missing_values():
    yes, words, nothing = resolved(
        Senml(n="a", vb=True), Senml(n="b", vs="half\0open"), Senml(n="c", q=int(Quality.HISTORICAL))
    )
    assert yes[2] == 1.0
    assert words[4] == "half\ufffdopen"
    assert (nothing[2], nothing[5]) == (None, Quality.NOT_A_NUMBER | Quality.HISTORICAL)


@pytest.mark.parametrize("t", [math.nan, math.inf, 1e300])
def test_a_time_that_is_none_is_flagged_and_kept(t):
    [record] = resolved(Senml(n="a", v=1.0, t=t))
    assert record[5] & Quality.TIME_OUT_OF_RANGE
    assert abs(record[1]) <= INSTANT_MAX_US


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b/c/d/e", "网格"])
def test_a_bad_name_is_refused(name):
    with pytest.raises(Rejected) as refused:
        resolved(Senml(n=name, v=1.0))
    assert refused.value.code == "stream.name"


def test_a_unit_has_a_bound():
    with pytest.raises(Rejected) as refused:
        resolved(Senml(n="a", v=1.0, u="m" * 33))
    assert refused.value.code == "reading.unit"


def test_unknown_quality_bits_are_dropped():
    [record] = resolved(Senml(n="a", v=1.0, q=1 << 20))
    assert record[5] == 0
