"""What every `EvaluationStore` promises, in memory and in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.database import Server
from tests.support.response import (
    ANN,
    BOB,
    CAT,
    CITY,
    GRIDS,
    OTHER,
    PEOPLE,
    START,
    TOWN,
    VILLAGE,
    emptied,
    settle,
    shared,
    travel,
)
from tocsin.core.clock import ManualClock
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import PersonId
from tocsin.store.evaluation import PgEvaluation
from tocsin.store.memory.evaluation import Known, MemoryEvaluation
from tocsin.town.evaluation import (
    DEFAULT_WEIGHTS,
    GridMonth,
    Indicator,
    Member,
    Standing,
    Weight,
    ranked,
    scored,
)
from tocsin.town.evaluation_ports import Contest, EvaluationStore, Publication
from tocsin.town.points import Entry, EntryKind, balance

MAY = date(2026, 5, 1)
SINCE, UNTIL = datetime(2026, 4, 30, 16, tzinfo=UTC), datetime(2026, 5, 31, 16, tzinfo=UTC)
SECRET = b"s" * 32
PATHS = {grid.code: grid.path for grid in GRIDS}
ANNS_SIGN_INS = 2


@dataclass
class Subject:
    store: EvaluationStore
    travel: Callable[[datetime], Awaitable[None]]


@pytest.fixture(scope="module")
def shared_database(database_server: Server) -> Iterator[str]:
    with shared(database_server) as dsn:
        yield dsn


@pytest.fixture(params=["memory", "postgres"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "memory":
        clock = ManualClock(START)
        known = Known(
            members=[
                Member(
                    person=one.id,
                    name=one.name,
                    grid=one.grid,
                    grid_name=f"name of {one.grid}",
                    grid_class="",
                )
                for one in PEOPLE
            ],
            paths=PATHS,
            tags={SECRET: ("tag-1", "gate", VILLAGE)},
        )

        async def jump(to: datetime) -> None:
            clock.jump(to)

        yield Subject(MemoryEvaluation(clock, lambda: known), jump)
        return
    async with emptied(request.getfixturevalue("shared_database")) as database:
        await settle(database)
        await database.execute(
            "insert into place_tag (id, grid, name, secret, made, made_by) values ('tag-1', %s, 'gate', %s, %s, 'ann')",
            VILLAGE,
            SECRET,
            START,
        )

        async def to(instant: datetime) -> None:
            await travel(database, instant)

        yield Subject(PgEvaluation(database.pool), to)


def entry(name: str, points: int, holder: PersonId = ANN, **more: object) -> Entry:
    kept = Entry(
        id=name,
        holder=holder,
        kind=EntryKind.AWARD if points > 0 else EntryKind.REDEMPTION,
        category="volunteering" if points > 0 else None,
        points=points,
        reason="because",
        source="",
        made=START,
        made_by=CAT,
    )
    return replace(kept, **more)  # type: ignore[arg-type]


async def given(subject: Subject, name: str = "a", points: int = 30) -> None:
    await subject.store.award(entry(name, points))
    await subject.store.answer(name, BOB, granted=True)


def refused(code: str) -> pytest.RaisesExc[Rejected]:
    return pytest.RaisesExc(Rejected, check=lambda error: error.code == code)


# What counts.


async def test_a_sign_in_counts_once_a_local_day(subject: Subject) -> None:
    midnight = datetime(2026, 5, 1, 16, tzinfo=UTC)
    for at in (START, midnight - timedelta(seconds=1), midnight, midnight + timedelta(hours=3)):
        await subject.travel(at)
        await subject.store.note("", ANN, Indicator.SIGN_IN, "")
    acts = await subject.store.acts(ANN, SINCE, UNTIL, 100)
    assert [(act.indicator, act.subject) for act in acts] == [
        (Indicator.SIGN_IN, "2026-05-01"),
        (Indicator.SIGN_IN, "2026-05-02"),
    ]


async def test_the_same_act_is_one_row_and_strangers_have_none(subject: Subject) -> None:
    for _ in range(2):
        await subject.store.note("u1", ANN, Indicator.UPKEEP, "grid:1")
    await subject.store.note("u2", PersonId("nobody"), Indicator.UPKEEP, "grid:1")
    assert len(await subject.store.acts(ANN, SINCE, UNTIL, 100)) == 1
    assert await subject.store.acts(PersonId("nobody"), SINCE, UNTIL, 100) == []


async def test_a_place_is_checked_in_at_once_a_day(subject: Subject) -> None:
    for _ in range(2):
        assert await subject.store.patrol(ANN, SECRET) == ("gate", VILLAGE)
    await subject.travel(START + timedelta(days=1))
    await subject.store.patrol(ANN, SECRET)
    assert await subject.store.patrol(ANN, b"x" * 32) is None
    acts = await subject.store.acts(ANN, SINCE, UNTIL, 100)
    assert [act.subject for act in acts] == ["tag:tag-1", "tag:tag-1"]


async def test_members_are_counted_within_scope_and_span_and_as_many_as_there_are_rows(
    subject: Subject,
) -> None:
    for day in range(3):
        await subject.travel(START + timedelta(days=15 * day))
        await subject.store.note("", ANN, Indicator.SIGN_IN, "")
        await subject.store.patrol(ANN, SECRET)
    found = {
        member.person: counts for member, counts in await subject.store.members(PATHS[TOWN], SINCE, UNTIL)
    }
    assert set(found) == {ANN, BOB, CAT}
    assert {one: count for one, count in found[ANN].items() if count} == {
        Indicator.SIGN_IN: 3,
        Indicator.PATROL: 3,
    }
    assert not any(found[BOB].values())
    rows = await subject.store.acts(ANN, SINCE, UNTIL, 100)
    assert len(rows) == sum(found[ANN].values())
    assert await subject.store.members(PATHS[OTHER], SINCE, UNTIL) == []
    ((only, _),) = await subject.store.members("", SINCE, UNTIL, BOB)
    assert only == Member(person=BOB, name="Bob", grid=VILLAGE, grid_name=f"name of {VILLAGE}", grid_class="")
    ((_, early),) = await subject.store.members("", SINCE, START + timedelta(days=1), ANN)
    assert sum(early.values()) == ANNS_SIGN_INS


# Weights, publication, contests.


async def test_weights_hold_for_what_lies_below_until_others_are_set_there(subject: Subject) -> None:
    assert await subject.store.weights(PATHS[VILLAGE]) == DEFAULT_WEIGHTS
    others = {one: Weight(20, 5) for one in Indicator}
    await subject.store.set_weights(CITY, others, CAT)
    assert await subject.store.weights(PATHS[VILLAGE]) == others
    nearer = {**others, Indicator.PATROL: Weight(20, 7)}
    await subject.store.set_weights(TOWN, others, CAT)
    await subject.store.set_weights(TOWN, nearer, CAT)
    assert await subject.store.weights(PATHS[VILLAGE]) == nearer
    assert await subject.store.weights(PATHS[OTHER]) == others


async def published(subject: Subject, month: date = MAY) -> Publication:
    await subject.store.note("u1", ANN, Indicator.UPKEEP, "grid:1")
    members = await subject.store.members(PATHS[TOWN], SINCE, UNTIL)
    scores = ranked(scored(member, counts, DEFAULT_WEIGHTS) for member, counts in members)
    publication = Publication(
        id=f"p-{month}",
        root=TOWN,
        month=month,
        weights=DEFAULT_WEIGHTS,
        published=START,
        published_by=CAT,
    )
    assert await subject.store.publish(publication, scores)
    return publication


async def test_a_month_is_published_once_and_stays(subject: Subject) -> None:
    made = await published(subject)
    assert await subject.store.publication(TOWN, MAY) == made
    assert await subject.store.publication(CITY, MAY) is None
    scores = await subject.store.published(made, PATHS[TOWN], None, 10, 0)
    assert [(one.member.person, one.total, one.place, one.among) for one in scores] == [
        (ANN, 150, 1, 3),
        (BOB, 0, 2, 3),
        (CAT, 0, 2, 3),
    ]
    await subject.store.note("u2", BOB, Indicator.UPKEEP, "grid:2")
    assert not await subject.store.publish(replace(made, id="other"), [])
    assert await subject.store.published(made, PATHS[TOWN], None, 10, 0) == scores
    again = scored(scores[0].member, scores[0].counts, made.weights)
    assert (again.total, again.parts) == (scores[0].total, scores[0].parts)


async def test_published_scores_are_paged_and_cut_to_a_scope_and_a_class(subject: Subject) -> None:
    made = await published(subject)
    assert [
        one.member.person for one in await subject.store.published(made, PATHS[VILLAGE], None, 10, 0)
    ] == [ANN, BOB]
    assert [one.member.person for one in await subject.store.published(made, PATHS[TOWN], "", 1, 1)] == [BOB]
    assert await subject.store.published(made, PATHS[TOWN], "model", 10, 0) == []


async def test_a_member_finds_their_published_score(subject: Subject) -> None:
    made = await published(subject)
    found = await subject.store.published_of(ANN, MAY)
    assert found is not None
    assert (found[0], found[1].total, found[1].place) == (made, 150, 1)
    assert await subject.store.published_of(ANN, date(2026, 6, 1)) is None
    assert await subject.store.published_of(PersonId("nobody"), MAY) is None


async def test_totals_are_those_that_were_published(subject: Subject) -> None:
    await published(subject)
    totals = await subject.store.totals(TOWN, [MAY, date(2026, 6, 1)])
    assert {
        month: {member.person: total for member, total in scores} for month, scores in totals.items()
    } == {MAY: {ANN: 150, BOB: 0, CAT: 0}}


async def test_a_contest_is_fixed_once_and_stays(subject: Subject) -> None:
    standing = Standing(
        grid=VILLAGE,
        grid_name=f"name of {VILLAGE}",
        grid_class="model",
        months={MAY: GridMonth(members=2, total=150)},
        total=75,
        place=1,
    )
    made = Contest(
        id="c-1", root=TOWN, quarter=date(2026, 4, 1), fixed=START, fixed_by=CAT, standings=(standing,)
    )
    assert await subject.store.fix(made)
    assert not await subject.store.fix(replace(made, id="c-2", standings=()))
    assert await subject.store.contests(PATHS[CITY], 10) == [made]
    assert await subject.store.contests(PATHS[OTHER], 10) == []


# Points.


async def test_eight_categories_to_begin_with(subject: Subject) -> None:
    found = await subject.store.categories()
    assert [one.zh for one in found] == [
        "勤劳致富", "孝老爱亲", "移风易俗", "矛盾调解", "环保卫生", "遵纪守法", "热心公益", "榜样好人",
    ]  # fmt: skip


async def test_what_waits_counts_nothing(subject: Subject) -> None:
    await subject.store.award(entry("a", 30))
    await subject.store.award(entry("a", 30))
    assert await subject.store.balance(ANN) == 0
    (waiting,) = await subject.store.entries("", None, waiting=True, most=10, before=None)
    assert (waiting, waiting.waits) == (entry("a", 30), True)
    await subject.store.answer("a", BOB, granted=True)
    await subject.store.answer("a", BOB, granted=True)
    assert await subject.store.balance(ANN) == 30
    assert await subject.store.entries("", None, waiting=True, most=10, before=None) == []
    kept = await subject.store.entry("", "a")
    assert kept is not None
    assert (kept.granted, kept.answered_by) == (True, BOB)


async def test_a_refusal_is_an_answer(subject: Subject) -> None:
    await subject.store.award(entry("a", 30))
    await subject.store.answer("a", BOB, granted=False)
    assert await subject.store.balance(ANN) == 0
    with refused("points.answered"):
        await subject.store.answer("a", BOB, granted=True)


async def test_wrong_entries_leave_nothing(subject: Subject) -> None:
    with refused("points.category"):
        await subject.store.award(entry("a", 30, category="heroism"))
    with refused("points.own"):
        await subject.store.award(entry("a", 30, made_by=ANN))
    with refused("points.overdrawn"):
        await subject.store.redeem(entry("b", -1))
    with refused("points.corrects"):
        await subject.store.correct(
            entry("c", -30, kind=EntryKind.CORRECTION, category="family", corrects="a")
        )
    for wrong in (
        subject.store.award(entry("a", 30, holder=PersonId("nobody"))),
        subject.store.redeem(entry("b", -1, holder=PersonId("nobody"))),
        subject.store.answer("zz", BOB, granted=True),
    ):
        with pytest.raises(NotFound):
            await wrong
    assert await subject.store.entries("", None, waiting=False, most=10, before=None) == []


async def test_an_approver_is_somebody_else(subject: Subject) -> None:
    await subject.store.award(entry("a", 30))
    with refused("points.approver"):
        await subject.store.answer("a", CAT, granted=True)
    with refused("points.own"):
        await subject.store.answer("a", ANN, granted=True)
    assert await subject.store.balance(ANN) == 0


async def test_a_counter_entry_is_granted_like_any_other_and_only_one(subject: Subject) -> None:
    await given(subject)
    back = entry("c", -30, kind=EntryKind.CORRECTION, category="volunteering", corrects="a")
    await subject.store.correct(back)
    await subject.store.correct(back)
    with refused("points.corrected"):
        await subject.store.correct(replace(back, id="d"))
    assert await subject.store.balance(ANN) == 30
    await subject.store.answer("c", BOB, granted=True)
    assert await subject.store.balance(ANN) == 0


async def test_of_two_redemptions_at_once_that_spend_too_much_one_is_refused(subject: Subject) -> None:
    await given(subject)
    answers = await asyncio.gather(
        *(subject.store.redeem(entry(f"r{number}", -20)) for number in range(4)), return_exceptions=True
    )
    refusals = [one for one in answers if one is not None]
    assert len(refusals) == 3
    assert {getattr(one, "code", one) for one in refusals} == {"points.overdrawn"}
    assert await subject.store.balance(ANN) == 10


async def test_the_same_redemption_at_once_is_one(subject: Subject) -> None:
    await given(subject)
    await asyncio.gather(*(subject.store.redeem(entry("r", -20)) for _ in range(4)))
    assert await subject.store.balance(ANN) == 10


async def test_the_ledger_is_listed_newest_first_within_a_scope_and_adds_up(subject: Subject) -> None:
    await given(subject, "a", 30)
    await subject.store.award(entry("b", 5, made=START + timedelta(minutes=1)))
    await subject.store.redeem(entry("r", -10, made=START + timedelta(minutes=2)))
    await subject.store.award(entry("o", 7, holder=CAT, made_by=ANN, made=START + timedelta(minutes=3)))
    every = await subject.store.entries("", None, waiting=False, most=10, before=None)
    assert [one.id for one in every] == ["o", "r", "b", "a"]
    mine = await subject.store.entries(PATHS[VILLAGE], None, waiting=False, most=10, before=None)
    assert [one.id for one in mine] == ["r", "b", "a"]
    assert balance(mine) == await subject.store.balance(ANN) == 20
    older = await subject.store.entries("", ANN, waiting=False, most=1, before=mine[0].made)
    assert [one.id for one in older] == ["b"]
    assert await subject.store.entry(PATHS[OTHER], "a") is None
