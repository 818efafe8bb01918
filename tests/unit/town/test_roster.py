import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.ids import GridCode, PersonId
from tocsin.core.working_time import LOCAL, Calendar, DayKind
from tocsin.town.ports import DutyShift
from tocsin.town.roster import (
    ChangeKind,
    Pattern,
    Roster,
    RosterChange,
    Slot,
    Step,
    expand,
    rewrite,
)

A, B, C, D = (PersonId(name) for name in "abcd")
CALENDAR = Calendar()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LOCAL).astimezone(UTC)  # type: ignore[misc,arg-type]  # year, month, day, …


JANUARY = local(2025, 1, 1)


def roster(*slots: Slot, first: date = date(2025, 9, 1), since: datetime = JANUARY) -> Roster:
    groups = {name: (PersonId(name),) for name in "abcd"}
    return Roster(
        id="r",
        grid=GridCode("1"),
        name="r",
        pattern=Pattern(groups=groups, slots=slots, first=first),
        since=since,
    )


def slot(begins: int, lasts: int, order: str, step: Step = Step.DAY, *days: DayKind) -> Slot:
    return Slot(begins=begins * 60, lasts=lasts * 60, order=tuple(order), step=step, days=days)


def who(one: Roster, at: datetime, *changes: RosterChange, calendar: Calendar = CALENDAR) -> str:
    """Who is on duty at an instant."""
    found = expand(one, changes, at, at + timedelta(microseconds=1), calendar)
    return "".join(shift.person for shift in found)


def change(
    kind: ChangeKind, person: PersonId, since: datetime, until: datetime, other: PersonId | None = None
) -> RosterChange:
    return RosterChange(id="c", roster="r", kind=kind, person=person, other=other, since=since, until=until)


def test_three_shifts_of_a_day_rotate_and_reach_over_midnight() -> None:
    one = roster(slot(0, 8, "abc"), slot(8, 8, "bca"), slot(16, 8, "cab"))
    assert [who(one, local(2025, 9, 1, hour)) for hour in (0, 7, 8, 16, 23)] == ["a", "a", "b", "c", "c"]
    assert [who(one, local(2025, 9, 2, hour)) for hour in (0, 8, 16)] == ["b", "c", "a"]
    late = roster(slot(20, 12, "ab"))
    assert who(late, local(2025, 9, 2, 7, 59)) == "a"
    assert who(late, local(2025, 9, 2, 8)) == ""
    assert who(late, local(2025, 9, 2, 20)) == "b"


def test_one_night_in_four_and_week_by_week() -> None:
    nights = roster(slot(20, 12, "abcd"))
    assert [who(nights, local(2025, 9, day, 22)) for day in range(1, 9)] == list("abcdabcd")
    weeks = roster(slot(0, 24, "ab", Step.WEEK), first=date(2025, 9, 3))
    assert [who(weeks, local(2025, 9, day, 12)) for day in (1, 7, 8, 14, 15)] == list("aabba")
    assert who(weeks, local(2025, 8, 31, 12)) == "b", "the Sunday before belongs to the week before"


def test_the_year_ends_and_the_rotation_goes_on() -> None:
    weeks = roster(slot(0, 24, "ab", Step.WEEK), first=date(2025, 12, 22))
    assert [
        who(weeks, local(*day, 12)) for day in ((2025, 12, 28), (2025, 12, 29), (2026, 1, 4), (2026, 1, 5))
    ] == list("abba")
    nights = roster(slot(20, 12, "abc"), first=date(2025, 12, 31))
    assert who(nights, local(2026, 1, 1, 7)) == "a"
    assert who(nights, local(2026, 1, 1, 20)) == "b"


def test_holidays_weekends_and_weekends_that_are_worked_have_their_own_slots() -> None:
    one = roster(
        slot(9, 8, "a", Step.DAY, DayKind.WORKING),
        slot(9, 8, "bc", Step.TURN, DayKind.WEEKEND),
        slot(9, 8, "cd", Step.TURN, DayKind.HOLIDAY),
        first=date(2025, 9, 20),
    )
    days = {
        day: who(one, local(2025, *day, 10)) for day in [(9, 20), (9, 21), (9, 26), (9, 27), (9, 28), (9, 30)]
    }
    assert days == {(9, 20): "b", (9, 21): "c", (9, 26): "a", (9, 27): "b", (9, 28): "a", (9, 30): "a"}
    october = [who(one, local(2025, 10, day, 10)) for day in range(1, 13)]
    assert october == [*"cdcdcdcd", "a", "a", "a", "c"], "Saturday the 11th is worked, Sunday the 12th is not"
    closed = Calendar(closed=(date(2025, 9, 30),))
    assert who(one, local(2025, 9, 30, 10), calendar=closed) == "c", "the town's own holiday counts as a turn"


def test_an_order_may_leave_a_turn_empty_and_weekdays_bound_a_slot() -> None:
    pattern = Slot(begins=0, lasts=1440, order=("a", ""), weekdays=(1, 2))
    one = replace(roster(), pattern=Pattern(groups={"a": (A, B)}, slots=(pattern,), first=date(2025, 9, 1)))
    assert [who(one, local(2025, 9, day, 12)) for day in (1, 2, 3, 8, 9)] == ["ab", "", "", "", "ab"]


def test_a_swap_trades_both_ways_within_its_span_only() -> None:
    one = roster(slot(20, 12, "abcd"))
    swap = change(ChangeKind.SWAP, A, local(2025, 9, 1), local(2025, 9, 3), B)
    nights = [who(one, local(2025, 9, day, 22), swap) for day in range(1, 7)]
    assert nights == list("bacdab")
    assert who(one, local(2025, 9, 3, 2), swap) == "b", (
        "beyond its end the rotation holds again, in mid-shift"
    )


def test_an_absence_takes_somebody_out_and_another_may_stand_in() -> None:
    one = roster(slot(0, 24, "a"))
    away = change(ChangeKind.ABSENCE, A, local(2025, 9, 1, 6), local(2025, 9, 1, 12))
    assert [who(one, local(2025, 9, 1, hour), away) for hour in (5, 6, 11, 12)] == ["a", "", "", "a"]
    stands_in = replace(away, other=D)
    assert [who(one, local(2025, 9, 1, hour), stands_in) for hour in (5, 6, 12)] == ["a", "d", "a"]


def test_a_later_change_wins_over_an_earlier_one() -> None:
    one = roster(slot(0, 24, "a"))
    away = change(ChangeKind.ABSENCE, A, local(2025, 9, 1), local(2025, 9, 2))
    extra = change(ChangeKind.EXTRA, A, local(2025, 9, 1, 8), local(2025, 9, 1, 9))
    assert who(one, local(2025, 9, 1, 8), away, extra) == "a"
    assert who(one, local(2025, 9, 1, 8), extra, away) == ""


def test_an_extra_duty_and_the_rotation_are_one_shift_where_they_overlap() -> None:
    one = roster(slot(8, 8, "a"))
    extra = change(ChangeKind.EXTRA, A, local(2025, 9, 1, 12), local(2025, 9, 1, 20))
    (shift,) = expand(one, [extra], local(2025, 9, 1), local(2025, 9, 2), CALENDAR)
    assert (shift.since, shift.until) == (local(2025, 9, 1, 8), local(2025, 9, 1, 20))


def test_a_roster_lasts_from_its_beginning_to_its_end() -> None:
    one = replace(roster(slot(0, 24, "a"), since=local(2025, 9, 1, 6)), until=local(2025, 9, 2, 18))
    found = expand(one, [], local(2025, 8, 1), local(2025, 10, 1), CALENDAR)
    assert [(shift.since, shift.until) for shift in found] == [
        (local(2025, 9, 1, 6), local(2025, 9, 2)),
        (local(2025, 9, 2), local(2025, 9, 2, 18)),
    ]


SLOTS = st.builds(
    Slot,
    begins=st.integers(0, 1439),
    lasts=st.integers(1, 1440),
    order=st.lists(st.sampled_from(["a", "b", "c", "d", ""]), min_size=1, max_size=5).map(tuple),
    step=st.sampled_from(Step),
    days=st.lists(st.sampled_from(DayKind), max_size=2).map(tuple),
    weekdays=st.lists(st.integers(1, 7), max_size=3).map(tuple),
)
INSTANTS = st.integers(0, 40 * 24 * 4).map(
    lambda quarters: local(2025, 9, 15) + quarters * timedelta(minutes=15)
)
CHANGES = st.builds(
    lambda kind, person, other, since, hours: change(
        kind,
        person,
        since,
        since + hours * HOUR,
        None if kind is ChangeKind.EXTRA or other == person else other,
    ),
    st.sampled_from(ChangeKind),
    st.sampled_from([A, B, C, D]),
    st.sampled_from([A, B, C, D]),
    INSTANTS,
    st.integers(1, 72),
)
ROSTERS = st.lists(SLOTS, min_size=1, max_size=4).map(
    lambda slots: roster(*slots, first=date(2025, 9, 20), since=local(2025, 9, 16))
)


def expected(one: Roster, at: datetime) -> set[PersonId]:
    """Say from the words of the pattern, day by day, who serves at an instant."""
    found = set()
    pattern = one.pattern
    for part in pattern.slots:
        for back in range(3):
            day = (at.astimezone(LOCAL) - back * DAY).date()
            begin = local(day.year, day.month, day.day) + timedelta(minutes=part.begins)
            if not begin <= at < begin + timedelta(minutes=part.lasts):
                continue

            def comes(other: date, of: Slot = part) -> bool:
                kind = CALENDAR.kind(other)
                return (not of.days or kind in of.days) and (
                    not of.weekdays or other.isoweekday() in of.weekdays
                )

            if not comes(day):
                continue
            match part.step:
                case Step.DAY:
                    place = (day - pattern.first).days
                case Step.WEEK:
                    place = (day.toordinal() - 1) // 7 - (pattern.first.toordinal() - 1) // 7
                case _:
                    span = sorted([day, pattern.first])
                    between = sum(comes(span[0] + n * DAY) for n in range((span[1] - span[0]).days))
                    place = between if day >= pattern.first else -between
            found |= set(pattern.groups.get(part.order[place % len(part.order)], ()))
    return found


@given(one=ROSTERS, at=INSTANTS)
@settings(max_examples=150, deadline=None)
def test_expansion_covers_exactly_the_pattern(one: Roster, at: datetime) -> None:
    assert set(who(one, at)) == (expected(one, at) if at >= one.since else set())


@given(one=ROSTERS, changes=st.lists(CHANGES, max_size=5), since=INSTANTS, hours=st.integers(1, 200))
@settings(max_examples=100, deadline=None)
def test_nobody_is_doubled_and_a_window_shows_the_same_as_a_wider_one(
    one: Roster, changes: list[RosterChange], since: datetime, hours: int
) -> None:
    until = since + hours * HOUR
    found = expand(one, changes, since, until, CALENDAR)
    for first, second in itertools.pairwise(found):
        for other in found:
            if first is not other and first.person == other.person:
                assert first.until is not None
                assert first.until <= other.since or (other.until or first.since) <= first.since
        assert first.since <= second.since
    wider = expand(one, changes, since - 3 * DAY, until + 3 * DAY, CALENDAR)
    assert within_span(wider, since, until) == within_span(found, since, until)


def within_span(
    shifts: Iterable[DutyShift], since: datetime, until: datetime
) -> list[tuple[datetime, datetime, str]]:
    """Give what lies in a span of the shifts that touch it: somebody may have one without end."""
    cut = [(max(one.since, since), min(one.until or until, until), one.person) for one in shifts]
    return sorted(one for one in cut if one[0] < one[1])


@given(one=ROSTERS, changes=st.lists(CHANGES, max_size=4), now=INSTANTS)
@settings(max_examples=100, deadline=None)
def test_a_change_decides_within_its_span_and_nowhere_else(
    one: Roster, changes: list[RosterChange], now: datetime
) -> None:
    people = set(who(one, now))
    for item in changes:
        if not item.since <= now < item.until:
            continue
        if item.kind is ChangeKind.EXTRA:
            people.add(item.person)
            continue
        trade = {item.person: item.other}
        if item.kind is ChangeKind.SWAP and item.other is not None:
            trade[item.other] = item.person
        people = {other for person in people if (other := trade.get(person, person)) is not None}
    assert set(who(one, now, *changes)) == people


def applied(
    rows: list[DutyShift], one: Roster, changes: list[RosterChange], now: datetime
) -> list[DutyShift]:
    """Do to rows what the store does."""
    own = [row for row in rows if row.until is None or row.until > now]
    made = rewrite(own, expand(one, changes, now, now + 10 * DAY, CALENDAR), now)
    keyed = {(row.person, row.grid, row.since): row for row in rows if row not in made.gone}
    return sorted(
        {**keyed, **{(row.person, row.grid, row.since): row for row in made.put}}.values(),
        key=lambda row: (row.since, row.person),
    )


@given(
    before=ROSTERS,
    after=ROSTERS,
    changes=st.lists(CHANGES, max_size=3),
    now=INSTANTS,
    later=st.integers(0, 200),
)
@settings(max_examples=100, deadline=None)
def test_rewriting_keeps_the_past_gives_the_future_and_is_the_same_twice(
    before: Roster, after: Roster, changes: list[RosterChange], now: datetime, later: int
) -> None:
    rows = applied([], before, [], now)
    edit = now + later * HOUR / 4
    old = applied(rows, before, [], edit)
    new = applied(old, after, changes, edit)
    assert applied(new, after, changes, edit) == new

    def on(shifts: list[DutyShift], at: datetime) -> list[PersonId]:
        return sorted(
            one.person for one in shifts if one.since <= at and one.until is not None and at < one.until
        )

    for at in [now + n * HOUR for n in range(later // 4)]:
        if at < edit:
            assert on(new, at) == on(rows, at)
    for hours in range(0, 240, 7):
        at = edit + hours * HOUR
        assert on(new, at) == sorted(who(after, at, *changes))
