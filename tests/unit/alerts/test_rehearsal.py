from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.incidents import DEFAULT, GRID, STAFF, START, Case, staged
from tests.support.policies import FakePolicies
from tocsin.alerts import commands as ask
from tocsin.alerts.policies import default_text
from tocsin.alerts.rehearsal import rehearse, rehearse_generated
from tocsin.alerts.simulate_compare import Comparison, as_json
from tocsin.alerts.simulate_generate import sample_town
from tocsin.core.grids import Tier
from tocsin.core.ids import PolicyId
from tocsin.core.incidents import Actor, Basis

DAY = timedelta(days=1)
ANN = Actor("person", "ann")


def records() -> FakePolicies:
    case = Case()
    case.open()
    case.run_until(20)
    case.do(ask.Confirm(), ANN)
    case.run_until(150)
    case.arrives("ve1", basis=Basis.TAG)
    case.run_until(5000)
    case.do(ask.Close(reason_code="handled"), ANN)
    made = FakePolicies()
    made.past = [case.log]
    made.texts = {PolicyId("default@1"): default_text()}
    made.staff = {GRID: STAFF}
    return made


async def told(made: FakePolicies, policy: object = DEFAULT) -> Comparison:
    return await rehearse(
        made,
        policy,  # type: ignore[arg-type]  # a policy
        scope="",
        since=START - DAY,
        until=START + DAY,
        seed=1,
    )


async def test_the_same_policy_changes_nothing_and_gives_the_record_again() -> None:
    found = await told(records())
    assert (found.changed, found.reproduced, found.skipped) == (0, 1.0, 0)
    assert found.recorded is not None
    assert found.recorded.tiers == found.before.tiers == found.after.tiers


async def test_another_policy_shows_what_it_changes() -> None:
    found = await told(records(), staged())
    assert found.changed == 1
    assert found.incidents[0].spared == ["ci1", "ci2", "to1", "to2"]
    assert found.after.tiers[1].activated == 0


async def test_a_record_of_a_demonstration_is_compared_at_its_own_speed() -> None:
    made = records()
    made.texts = {PolicyId("default@1"): "# speed: 10.000000\n" + default_text()}
    found = await told(made)
    assert (found.changed, found.before.tiers) == (0, found.after.tiers)


async def test_what_cannot_be_run_is_counted_and_left_out() -> None:
    lost, moved = records(), records()
    lost.texts, moved.staff = {}, {}
    for made in (lost, moved):
        found = await told(made)
        assert (found.skipped, found.before.incidents) == (1, 0)


async def test_a_comparison_is_plain_values() -> None:
    plain = as_json(await told(records()))
    assert plain["after"]["tiers"][0]["tier"] == "village"
    assert plain["answers"] == {"city": 2, "township": 2, "village": 4}


def test_generated_incidents_rest_on_assumptions_and_say_so() -> None:
    fewer = replace(DEFAULT, call_together=dict.fromkeys(Tier, 1))
    found = rehearse_generated(fewer, DEFAULT, sample_town(), count=200, seed=3, since=START, days=10)
    village, after = found.before.tiers[0], found.after.tiers[0]
    judged = village.arrived + village.late + village.missed
    assert village.assumed == judged > 0
    assert found.recorded is None
    assert after.people_called > village.people_called
