"""Figures over anything that may happen: each is the sum of its rows, and nothing but the log decides it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.figures import FakeFigures
from tests.support.wild_logs import wild
from tocsin.alerts.evolve import fold
from tocsin.core.clock import ManualClock
from tocsin.core.grids import TIERS
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import (
    Checked,
    Dispatched,
    Filed,
    HandedUp,
    Recorded,
    Rejected,
    Reopened,
    Returned,
    SentBack,
    Stage,
    State,
    Verdict,
)
from tocsin.core.rates import Rate
from tocsin.town.fact_reader import facts_of
from tocsin.town.facts import Facts
from tocsin.town.figure_catalogue import BY_NAME, DEFINITIONS
from tocsin.town.figure_model import Figure, Part, Unit
from tocsin.town.figures import DIMENSIONS, Counted, Tally, keys_of
from tocsin.town.periods import PeriodKind, parse
from tocsin.town.report_model import Row, Wanted
from tocsin.town.reporting import Reporting

BEGIN = datetime(2026, 9, 30, 16, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
OCTOBER = Wanted(period=parse(PeriodKind.MONTH, "2026-10"), compare=False)
PATHS = ("1", "1.10", "1.10.101", "1.10.102", "1.20.201")

SEEDS = 120
"""So many different lives; each is played once and kept. The heavy test plays others."""
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Logs = dict[IncidentId, Sequence[Recorded]]


@cache
def life(seed: int, *, drill: bool = False) -> Sequence[Recorded]:
    """Play an incident of October by the real rules out of one number."""
    random = Random(seed)
    name = f"{'drill' if drill else 'i'}-{seed}"
    opened = BEGIN + timedelta(seconds=random.uniform(0, 30 * 86_400))
    return tuple(wild(random, name, opened, drill=drill))


def logs(*, most: int = 8) -> st.SearchStrategy[Logs]:
    """Some of them."""
    seeds = st.lists(st.integers(0, SEEDS - 1), min_size=1, max_size=most, unique=True)
    return seeds.map(lambda chosen: {IncidentId(f"i-{seed}"): life(seed) for seed in chosen})


def path_of(incident: IncidentId) -> str:
    return PATHS[int(incident.rpartition("-")[2]) % len(PATHS)]


def tallied(known: Mapping[IncidentId, Sequence[Recorded]], by: Sequence[str] = ()) -> Tally:
    tally = Tally(NOW, keys_of(by, "1"))
    for incident, log in known.items():
        tally.add(Counted(facts_of(log), path_of(incident), f"class {path_of(incident)[-1]}"))
    return tally


def stripped(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {one.name: one for one in figures}


@FEW
@given(st.integers(0, SEEDS - 1))
def test_facts_say_what_the_state_says(seed: int) -> None:
    agree(life(seed))


def agree(log: Sequence[Recorded]) -> None:
    facts, state = facts_of(log), fold(log)

    assert facts.version == state.version
    assert facts.open is state.state.open
    assert facts.ended == state.ended
    assert (facts.grade, facts.kind, facts.matter, facts.source) == (
        state.grade,
        state.kind,
        state.matter,
        state.source,
    )
    assert (facts.lateness, facts.drill, facts.beyond) == (state.lateness, state.drill, state.beyond)
    assert (facts.confirmed, facts.confirmed_by) == (state.confirmed, state.confirmed_by)
    assert facts.evaluated is (state.state is State.EVALUATED)
    assert (facts.satisfaction, facts.answered, facts.calls_back) == (
        state.satisfaction,
        state.answered,
        state.called_back,
    )
    assert facts.reported_up == len(state.reported_up)
    assert facts.reopened == state.reopened
    now = {clock.tier: clock for clock in facts.clocks[-len(state.clocks) :]} if state.clocks else {}
    assert {tier: (c.due, c.activated, c.verdict, c.at, c.basis) for tier, c in now.items()} == {
        tier: (c.due, c.activated, c.verdict, c.at, c.basis) for tier, c in state.clocks.items()
    }


@pytest.mark.heavy
def test_facts_say_what_the_state_says_of_many_more() -> None:
    for seed in range(1_000, 1_600):
        agree(life(seed))


@FEW
@given(st.integers(0, SEEDS - 1))
def test_the_stage_that_runs_is_the_one_the_case_waits_in(seed: int) -> None:
    log = life(seed)
    facts, work = facts_of(log), fold(log).work

    running = [one for one in facts.stages if one.ended is None and one.stage is not Stage.RECEIVE]
    if work is None or work.stage is None:
        assert not running
    else:
        assert [(one.stage, one.due) for one in running] == [(work.stage, work.due)]
    for one, after in zip(facts.stages, facts.stages[1:], strict=False):
        assert one.ended is not None, "of two passages the first is over"
        assert one.ended <= after.since


def events(log: Sequence[Recorded], *kinds: type) -> int:
    return sum(isinstance(line.event, kinds) for line in log)


def of_rejected(log: Sequence[Recorded]) -> bool:
    return any(
        isinstance(line.event, Reopened) and line.event.was in {State.REJECTED, State.MERGED} for line in log
    )


@FEW
@given(logs())
def test_counts_are_those_of_the_events(known: Logs) -> None:
    """Numerators and denominators are found a second time, by looking through events and folded states."""
    figures = stripped(tallied(known).totals())
    counted = {i: log for i, log in known.items() if not (facts_of(log).test or facts_of(log).drill)}
    states = [fold(log) for log in counted.values()]

    assert figures["incidents"].denominator == len(counted)
    plain = [fold(log) for log in counted.values() if not of_rejected(log)]
    if len(plain) == len(states):
        for tier in TIERS:
            verdicts = Counter(s.clocks[tier].verdict for s in states if tier in s.clocks)
            figure = figures[f"on_scene_{tier}"]
            assert figure.numerator == verdicts[Verdict.ARRIVED]
            started = sum(verdicts.values())
            assert figure.denominator == started - verdicts[Verdict.STOOD_DOWN] - verdicts[None]
    closed = [s for s in states if s.state in {State.CLOSED, State.EVALUATED}]
    assert figures["closed"].numerator == len(closed)
    marks = [s.satisfaction for s in closed if s.satisfaction is not None]
    assert (figures["satisfied"].numerator, figures["satisfied"].denominator) == (
        sum(mark >= 4 for mark in marks),
        len(marks),
    )
    checked = [log for log in counted.values() if events(log, Checked, SentBack)]
    assert figures["rework"].denominator == len(checked)
    assert figures["rework"].numerator == sum(events(log, SentBack) > 0 for log in checked)
    given_out = [log for log in counted.values() if events(log, Dispatched)]
    assert figures["returned"].denominator == len(given_out)
    assert figures["returned"].numerator == sum(events(log, Returned) > 0 for log in given_out)
    taken = [
        log
        for log, s in zip(counted.values(), states, strict=True)
        if (s.confirmed or events(log, Filed)) and s.state not in {State.REJECTED, State.MERGED}
    ]
    assert figures["handed_up"].denominator == len(taken)
    assert figures["handed_up"].numerator == sum(events(log, HandedUp) > 0 for log in taken)


@FEW
@given(logs())
async def test_every_figure_is_the_sum_of_its_rows(known: Logs) -> None:
    reporting = Reporting(FakeFigures(known, path_of), ManualClock(NOW))
    report = await reporting.report(OCTOBER)
    for figure in report.figures:
        rows: list[Row] = []
        after = None
        while True:
            page = await reporting.rows(BY_NAME[figure.name], OCTOBER, after=after, most=2)
            rows += page.rows
            after = page.next
            assert page.figure == figure
            if after is None:
                break
        cases = [case for row in rows for case in row.cases]
        assert len({row.incident for row in rows}) == len(rows), "an incident stands on one page only"
        parts = Counter(case.part for case in cases)
        assert figure.numerator == parts[Part.HIT]
        assert figure.denominator == parts[Part.HIT] + parts[Part.MISS]
        assert figure.excluded == Counter(case.reason for case in cases if case.part is Part.OUT)
        assert figure.counted == Counter(case.reason for case in cases if case.part is not Part.OUT)
        if figure.unit is Unit.SHARE and figure.denominator:
            rate = Rate(figure.numerator, figure.denominator)
            assert (figure.value, figure.low, figure.high) == (rate.share, rate.low, rate.high)
        if figure.unit is Unit.SECONDS:
            times = sorted(case.seconds for case in cases if case.part is Part.HIT)
            assert figure.p50 is None or figure.p50 in times
            assert figure.p90 is None or figure.p90 in times
            for share, found, never in (
                (0.5, figure.p50, figure.p50_never),
                (0.9, figure.p90, figure.p90_never),
            ):
                if found is not None:
                    within = sum(one <= found for one in times)
                    assert within >= share * figure.denominator
                    assert sum(one < found for one in times) < share * figure.denominator
                elif figure.denominator:
                    assert never
                    assert len(times) < share * figure.denominator


@FEW
@given(logs(), st.integers(0, 9))
def test_a_drill_or_a_test_changes_no_figure(known: Logs, seed: int) -> None:
    before = tallied(known, by=["grid", "kind"])
    more: Logs = dict(known)
    more[IncidentId(f"drill-{seed}")] = life(seed, drill=True)
    trial = wild(Random(seed), "test-2", BEGIN, acts=0)
    rejected = Recorded(
        incident=IncidentId("test-2"),
        version=len(trial) + 1,
        event=Rejected(basis="operator", reason_code="test"),
        actor=trial[0].actor,
        occurred=BEGIN,
        recorded=BEGIN,
    )
    more[IncidentId("test-2")] = [*trial, rejected]
    after = tallied(more, by=["grid", "kind"])

    assert after.totals() == before.totals()
    assert [after.table(by) for by in ("grid", "kind")] == [before.table(by) for by in ("grid", "kind")]
    assert after.left_out["drill"] == before.left_out["drill"] + 1
    assert after.left_out["test"] == before.left_out["test"] + 1


@FEW
@given(logs())
def test_groups_of_every_table_add_up_to_the_total(known: Logs) -> None:
    dimensions = ["grid", *DIMENSIONS]
    tally = tallied(known, by=dimensions)
    totals = stripped(tally.totals())
    for dimension in dimensions:
        table = tally.table(dimension)
        assert sum(group.incidents for group in table.groups) == tally.incidents
        for name, total in totals.items():
            found = [group.figures[name] for group in table.groups if name in group.figures]
            assert sum(one.numerator for one in found) == total.numerator, (dimension, name)
            assert sum(one.denominator for one in found) == total.denominator, (dimension, name)
            for what in ("excluded", "counted"):
                summed: Counter[str] = Counter()
                for one in found:
                    summed.update(getattr(one, what))
                assert summed == getattr(total, what), (dimension, name, what)


@FEW
@given(logs(), st.randoms(use_true_random=False))
def test_the_order_in_which_incidents_come_says_nothing(known: Logs, random: Random) -> None:
    names = list(known)
    random.shuffle(names)
    assert tallied({name: known[name] for name in names}).totals() == tallied(known).totals()


@FEW
@given(logs())
def test_of_children_the_figures_add_up_to_their_parent(known: Logs) -> None:
    """The report of a place is the sum of the reports of the places below it, and of itself."""

    def within(scope: str, *, only: bool = False) -> dict[str, Figure]:
        chosen = {
            i: log
            for i, log in known.items()
            if path_of(i) == scope or (not only and path_of(i).startswith(f"{scope}."))
        }
        return stripped(tallied(chosen).totals())

    parts = [within("1", only=True), within("1.10"), within("1.20")]
    whole = stripped(tallied(known).totals())
    for name, total in whole.items():
        assert sum(one[name].numerator for one in parts) == total.numerator
        assert sum(one[name].denominator for one in parts) == total.denominator


@FEW
@given(st.integers(0, SEEDS - 1))
def test_facts_do_not_depend_on_when_they_are_read(seed: int) -> None:
    """Read at any length of its log, an incident's facts are those of a log that ends there."""
    log = life(seed)
    for end in {1, *range(1, len(log), max(1, len(log) // 6)), len(log)}:
        facts: Facts = facts_of(log[:end])
        assert facts.version == end
        assert facts.open or facts.ended is not None
        assert facts.reached is None or facts.confirmed is None or facts.reached >= facts.confirmed
        assert facts.going is None or (facts.confirmed is not None and facts.going >= facts.confirmed)
        for definition in DEFINITIONS:
            for case in definition.rule(facts, NOW):
                assert case.seconds is None or case.seconds >= 0
                assert case.part is not Part.OUT or case.seconds is None


@FEW
@given(logs())
async def test_drills_have_figures_of_their_own(known: Logs) -> None:
    drills = {IncidentId(f"drill-{n}"): life(n, drill=True) for n in range(3)}
    reporting = Reporting(FakeFigures({**known, **drills}, path_of), ManualClock(NOW))
    report = await reporting.report(replace(OCTOBER, drill=True))
    tests = sum(facts_of(log).test for log in drills.values())
    assert report.incidents == 3 - tests
    assert stripped(report.figures)["incidents"].numerator == 3 - tests
