from __future__ import annotations

from dataclasses import replace

from tests.support.incidents import DEFAULT, START
from tocsin.alerts import commands as ask
from tocsin.alerts.simulate_generate import ANSWERS_EACH, assumed_answers, generate, sample_town
from tocsin.core.detections import Kind
from tocsin.core.grids import TIERS, Tier

TOWN = sample_town()


def test_the_same_seed_generates_the_same_and_another_one_another() -> None:
    one, same, other = (generate(20, seed, DEFAULT, TOWN, since=START, days=3) for seed in (1, 1, 2))
    assert one == same != other


def test_generated_incidents_lie_in_their_days_and_places() -> None:
    scripts = generate(200, 1, DEFAULT, TOWN, since=START, days=3)
    assert {script.opening.path for script in scripts} == set(TOWN)
    assert all(0 <= (script.opened - START).days < 3 for script in scripts)
    assert {script.incident for script in scripts} == {f"generated-{n}" for n in range(200)}


def test_only_kinds_that_open_incidents_are_generated() -> None:
    policy = replace(DEFAULT, opens=frozenset({Kind.CALL}))
    assert {one.opening.kind for one in generate(30, 1, policy, TOWN, since=START, days=1)} == {Kind.CALL}


def test_operators_confirm_reject_or_say_nothing() -> None:
    acts = [script.acts for script in generate(400, 1, DEFAULT, TOWN, since=START, days=3)]
    firsts = {type(one[0][1]) if one else None for one in acts}
    assert firsts == {ask.Confirm, ask.Reject, None}
    assert all(one[0][0] < one[1][0] for one in acts if len(one) == 2)


def test_answers_are_drawn_for_every_tier_in_their_order() -> None:
    found = assumed_answers(1)
    assert [len([one for one in found if one[0] is tier]) for tier in TIERS] == [ANSWERS_EACH] * 3
    for _, _, answer in found:
        if answer.arrived is not None:
            assert answer.seen is not None
            assert answer.accepted is not None
            assert answer.seen < answer.accepted < answer.arrived.after
            assert answer.done is None or answer.done > answer.arrived.after
    silent = [one for one in found if one[0] is Tier.VILLAGE and one[2].seen is None]
    assert 0.15 < len(silent) / ANSWERS_EACH < 0.35
