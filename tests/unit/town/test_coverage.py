import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.clock import to_us
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode
from tocsin.town.coverage import Cover, GapCode, Place, Spans, gaps, minus, union

START = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PLACES = [
    Place(code=GridCode(path.rpartition(".")[2]), name=path, path=path, tier=tier)
    for path, tier in (
        ("c", Tier.CITY),
        ("c.t", Tier.TOWNSHIP),
        ("c.t.v", Tier.VILLAGE),
        ("c.t.v.s", Tier.VILLAGE),
        ("c.t.w", Tier.VILLAGE),
    )
]


def cover(path: str, tier: Tier, *hours: tuple[float, float], reachable: bool = True) -> Cover:
    spans = tuple(
        (to_us(START + begin * timedelta(hours=1)), to_us(START + end * timedelta(hours=1)))
        for begin, end in hours
    )
    return Cover(path=path, tier=tier, reachable=reachable, spans=spans)


def found(*covers: Cover, own_tier: bool = True) -> list[tuple[str, GapCode, float, float]]:
    return [
        (
            one.grid,
            one.code,
            (one.since - START) / timedelta(hours=1),
            (one.until - START) / timedelta(hours=1),
        )
        for one in gaps(PLACES, covers, START, START + DAY, own_tier=own_tier)
    ]


FULL = (
    cover("c", Tier.CITY, (0, 24)),
    cover("c.t", Tier.TOWNSHIP, (0, 24)),
    cover("c.t.v", Tier.VILLAGE, (0, 24)),
    cover("c.t.w", Tier.VILLAGE, (0, 8), (8, 24)),
)


def test_a_full_roster_is_silent() -> None:
    assert found(*FULL) == []
    assert found(*FULL, own_tier=False) == []
    assert (
        found(*FULL[:3], cover("c.t.w", Tier.VILLAGE, (-5, 9)), cover("c.t.w", Tier.VILLAGE, (8, 99))) == []
    )


def test_a_grid_below_is_covered_by_the_one_above_and_not_the_reverse() -> None:
    assert {grid for grid, *_ in found(cover("c.t.v.s", Tier.VILLAGE, (0, 24)))} == {"c", "t", "v", "w"}


def test_nobody_at_all_is_nobody_and_a_missing_tier_is_told_from_it() -> None:
    assert found() == [(place.code, GapCode.NOBODY, 0, 24) for place in PLACES]
    short = (*FULL[:2], cover("c.t.v", Tier.VILLAGE, (0, 18)), FULL[3])
    assert found(*short) == [("v", GapCode.TIER_MISSING, 18, 24), ("s", GapCode.TIER_MISSING, 18, 24)]
    assert found(*short, own_tier=False) == []
    assert found(FULL[2], FULL[3])[:2] == [("c", GapCode.NOBODY, 0, 24), ("t", GapCode.NOBODY, 0, 24)]


def test_who_cannot_be_reached_is_as_good_as_nobody_of_the_tier() -> None:
    mute = cover("c.t.v", Tier.VILLAGE, (0, 24), reachable=False)
    voice = cover("c.t.v.s", Tier.VILLAGE, (0, 6))
    assert found(*FULL[:2], FULL[3], mute, voice) == [
        ("v", GapCode.NO_CHANNEL, 0, 24),
        ("s", GapCode.NO_CHANNEL, 6, 24),
    ]
    assert found(*FULL[:2], FULL[3], mute, voice, own_tier=False) == []
    assert found(mute, own_tier=False) == [
        ("c", GapCode.NOBODY, 0, 24),
        ("t", GapCode.NOBODY, 0, 24),
        ("v", GapCode.NO_CHANNEL, 0, 24),
        ("s", GapCode.NO_CHANNEL, 0, 24),
        ("w", GapCode.NOBODY, 0, 24),
    ]
    above = cover("c.t", Tier.TOWNSHIP, (0, 24), reachable=False)
    assert ("w", GapCode.NO_CHANNEL, 0, 24) in found(above)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10)), max_size=6).map(
    lambda rows: union((), _sorted([(begin, begin + length) for begin, length in rows]))
)


def _sorted(rows: list[tuple[int, int]]) -> Spans:
    made: Spans = ()
    for row in rows:
        made = union(made, (row,))
    return made


def instants(spans: Spans) -> set[int]:
    return {at for begin, end in spans for at in range(begin, end)}


@given(first=SPANS, second=SPANS)
def test_spans_are_sets_of_instants(first: Spans, second: Spans) -> None:
    assert instants(union(first, second)) == instants(first) | instants(second)
    assert instants(minus(first, second)) == instants(first) - instants(second)
    for spans in (union(first, second), minus(first, second)):
        assert all(begin < end for begin, end in spans)
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))


ROWS = st.lists(
    st.builds(
        lambda place, tier, begin, length, reachable: cover(place.path, tier, (begin, begin + length), reachable=reachable),
        st.sampled_from(PLACES), st.sampled_from(Tier), st.integers(-2, 25), st.integers(1, 12), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@given(rows=ROWS)
def test_every_hour_has_its_code_and_no_other(rows: list[Cover]) -> None:
    answer = found(*rows)
    for place in PLACES:
        line = [row for row in rows if place.path == row.path or place.path.startswith(f"{row.path}.")]
        for hour in range(24):
            at = to_us(START + (hour + 0.5) * timedelta(hours=1))
            there = [row for row in line if any(begin <= at < end for begin, end in row.spans)]
            own = [row for row in there if row.tier is place.tier]
            if not there:
                wanted = {GapCode.NOBODY}
            elif any(row.reachable for row in own):
                wanted = set()
            elif own or not any(row.reachable for row in there):
                wanted = {GapCode.NO_CHANNEL}
            else:
                wanted = {GapCode.TIER_MISSING}
            codes = {code for grid, code, begin, end in answer if grid == place.code and begin <= hour < end}
            assert codes == wanted, (place, hour)
