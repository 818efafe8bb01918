"""Scores re-compute from their rows, and no ledger goes below zero, whatever happens in whatever order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.clock import ManualClock
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import GridCode, PersonId
from tocsin.store.memory.evaluation import Known, MemoryEvaluation
from tocsin.town.evaluation import Indicator, Member, Weight, Weights, check_weights, part, ranked, scored
from tocsin.town.evaluation_ports import Act
from tocsin.town.points import Entry, EntryKind, balance

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = [PersonId(name) for name in "abc"]
MEMBERS = [Member(person=one, name=one, grid=GridCode("1"), grid_name="1", grid_class="x") for one in PEOPLE]
KNOWN = Known(members=MEMBERS, paths={GridCode("1"): "1"})


@st.composite
def weightings(draw: st.DrawFn) -> Weights:
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=4, max_size=4)))
    points = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    return {
        one: Weight(share, draw(st.integers(1, 50))) for one, share in zip(Indicator, points, strict=True)
    }


ACTS = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(list(Indicator)), st.integers(0, 30)), max_size=60
)


@settings(max_examples=60, deadline=None)
@given(weights=weightings(), acts=ACTS)
def test_every_score_is_found_again_from_its_rows(
    weights: Weights, acts: Sequence[tuple[PersonId, Indicator, int]]
) -> None:
    check_weights(weights)
    store = MemoryEvaluation(ManualClock(NOW), lambda: KNOWN)
    for number, (person, indicator, day) in enumerate(acts):
        act = Act(indicator=indicator, at=NOW + timedelta(days=day), subject=str(number))
        store.add_act(str(number), person, act)
    until = NOW + timedelta(days=20)

    async def counted() -> None:
        found = await store.members("1", NOW, until)
        scores = ranked(scored(member, counts, weights) for member, counts in found)
        for one in scores:
            rows = await store.acts(one.member.person, NOW, until, 1000)
            again = Counter(row.indicator for row in rows)
            assert one.total == sum(part(again[indicator], weights[indicator]) for indicator in Indicator)
            assert 0 <= one.total <= 10_000
            assert one.place == 1 + sum(other.total > one.total for other in scores)

    asyncio.run(counted())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["award", "correct", "grant", "refuse", "redeem"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
        st.integers(-3, 40),
        st.integers(0, 12),
    ),
    max_size=40,
)


@settings(max_examples=120, deadline=None)
@given(steps=STEPS)
def test_no_ledger_goes_below_zero_and_nobody_serves_themselves(
    steps: Sequence[tuple[str, PersonId, PersonId, int, int]],
) -> None:
    async def play() -> None:
        store = MemoryEvaluation(ManualClock(NOW), lambda: KNOWN)
        for number, (what, by, holder, points, other) in enumerate(steps):
            try:
                await _step(store, what, by, holder, points, f"e{other}", f"e{number}")
            except (Rejected, NotFound):
                continue
        every = await store.entries("", None, waiting=False, most=1000, before=None)
        for person in PEOPLE:
            mine = [one for one in every if one.holder == person]
            assert await store.balance(person) == balance(mine) >= 0
        for one in every:
            assert one.made_by != one.holder
            assert one.answered_by is None or one.answered_by not in {one.made_by, one.holder}
        corrected = Counter(one.corrects for one in every if one.corrects and one.granted)
        assert all(count == 1 for count in corrected.values())

    asyncio.run(play())


async def _step(  # noqa: PLR0917 one argument for each thing that is drawn
    store: MemoryEvaluation,
    what: str,
    by: PersonId,
    holder: PersonId,
    points: int,
    other: str,
    name: str,
) -> None:
    made = Entry(
        id=name,
        holder=holder,
        kind=EntryKind.AWARD,
        category="family",
        points=points,
        reason="x",
        source="",
        made=NOW,
        made_by=by,
    )
    match what:
        case "award":
            await store.award(made)
        case "redeem":
            await store.redeem(_changed(made, kind=EntryKind.REDEMPTION, category=None, points=-points))
        case "correct":
            found = await store.entry("", other)
            if found is not None:
                await store.correct(
                    _changed(
                        made,
                        holder=found.holder,
                        kind=EntryKind.CORRECTION,
                        points=-found.points,
                        corrects=other,
                    )
                )
        case _:
            await store.answer(other, by, granted=what == "grant")


def _changed(entry: Entry, **changes: object) -> Entry:
    return replace(entry, **changes)  # type: ignore[arg-type]
