from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT, INCIDENT, STAFF, START, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.policy import ResponsePolicy
from tocsin.alerts.simulate import SILENCE, Answer, Answers, Arrival, Run, Script, run
from tocsin.alerts.simulate_compare import differences, figures, reproduced, wilson
from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis

S = timedelta(seconds=1)
COMES = Answer(arrived=Arrival(100 * S, Basis.TAG))


def lived(policy: ResponsePolicy = DEFAULT, hour: int = 0, **answers: Answer) -> Run:
    opened = START + timedelta(hours=hour)
    script = Script(
        incident=INCIDENT,
        opened=opened,
        opening=opening(),
        directory=STAFF,
        acts=((opened, ask.Confirm()), (opened + 5000 * S, ask.Close(reason_code="handled"))),
        answers={
            **{one.person: SILENCE for one in STAFF.responders},
            **{person(k): v for k, v in answers.items()},
        },
    )
    return run(script, policy, Answers([], 1))


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_bounds_of_a_share_are_those_of_wilson(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_each_tier_is_counted_by_its_verdicts() -> None:
    found = figures([lived(ve1=COMES), lived(), lived(staged(), ve1=COMES)])
    village, township, city = found.tiers
    assert (village.activated, village.arrived, village.missed) == (3, 2, 1)
    assert (village.rate, village.people_called) == (pytest.approx(2 / 3), 12)
    assert (township.activated, township.missed, city.activated) == (2, 2, 2)
    assert (found.incidents, found.confirmed) == (3, 3)


def test_the_load_of_a_person_tells_calls_at_night_apart() -> None:
    day, night = lived(ve1=COMES), lived(hour=10, ve1=COMES)  # 14:03 and 00:03 in China
    load = {one.person: (one.calls, one.night_calls) for one in figures([day, night]).load}
    assert load["ve1"] == (2 * load["ve1"][1], load["ve1"][1])
    assert figures([day]).load[0].night_calls == 0


def test_clocks_that_rest_on_an_assumption_are_counted() -> None:
    runs = [lived(ve1=COMES), lived(ve1=COMES)]
    found = figures(runs, [frozenset({person("ve2")}), frozenset()])
    assert found.tiers[0].assumed == 1
    assert found.tiers[1].assumed == 0


def test_differences_name_people_and_verdicts() -> None:
    before, after = lived(ve1=COMES), lived(staged(), ve1=COMES)
    (one,) = differences([before], [after])
    assert (one.incident, one.called) == (INCIDENT, [])
    assert {"to1", "ci1"} <= set(one.spared)
    assert one.verdicts == {"township": ["missed", "-"], "city": ["missed", "-"]}
    assert differences([before], [before]) == []


def test_a_run_is_believed_as_far_as_it_gives_the_record_again() -> None:
    fact = lived(ve1=COMES)
    assert reproduced([fact], [fact]) == 1.0
    assert reproduced([fact], [lived()]) == pytest.approx(2 / 3)
    assert reproduced([], []) is None


def test_nothing_has_no_rate() -> None:
    assert figures([]).tiers[0].rate is None
    assert [one.tier for one in figures([]).tiers] == list(Tier)
