from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.incidents import DEFAULT, GRID, INCIDENT, STAFF, START, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts import simulate
from tocsin.alerts.model import Incident
from tocsin.alerts.simulate import ENOUGH, SILENCE, Answer, Answers, Arrival, Run, Script, run
from tocsin.alerts.simulate_generate import assumed_answers, generate, sample_town
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode
from tocsin.core.incidents import Basis, Grade, Mode, State, Verdict
from tocsin.core.responders import Channel

S = timedelta(seconds=1)
NOBODY = Answers([], 1)
CLOSED = (START + 3000 * S, ask.Close(reason_code="handled"))
COMES = Answer(
    seen=10 * S, accepted=20 * S, arrived=Arrival(150 * S, Basis.POSITION, 30.0, 10.0), done=400 * S
)


def script(**changes: object) -> Script:
    given: dict[str, object] = {
        "incident": INCIDENT,
        "opened": START,
        "opening": opening(),
        "directory": STAFF,
        "acts": ((START + 20 * S, ask.Confirm()), CLOSED),
        "answers": {
            person("ve1"): COMES,
            person("ve2"): SILENCE,
            person("to1"): SILENCE,
            person("ci1"): SILENCE,
        },
        **changes,
    }
    return Script(**given)  # type: ignore[arg-type]  # fields by name


def verdicts(one: Run) -> dict[str, str]:
    return {str(tier): str(clock.verdict) for tier, clock in one.incident.clocks.items()}


def called(one: Run) -> list[tuple[int, str]]:
    return [(int((call.at - START) / S), str(call.person)) for call in one.calls]


def test_a_person_answers_so_long_after_their_call_as_they_did() -> None:
    one = run(script(), DEFAULT, NOBODY)
    clock = one.incident.clocks[Tier.VILLAGE]
    assert (clock.verdict, clock.at) == (Verdict.ARRIVED, START + 170 * S)
    assert (one.incident.id, one.incident.state) == (INCIDENT, State.CLOSED)
    assert one.impossible == 0


def test_an_earlier_call_moves_the_answer_with_it() -> None:
    certified = script(opening=opening(certified=True))
    one = run(certified, DEFAULT, NOBODY)
    assert one.incident.clocks[Tier.VILLAGE].at == START + 150 * S
    assert one.impossible == 1  # the operator's confirmation came second


def test_who_is_not_called_does_not_come() -> None:
    policy = staged()
    late = script(answers={person("ve1"): SILENCE, person("ve2"): SILENCE, person("to1"): COMES})
    assert "to1" in [who for _, who in called(run(late, policy, NOBODY))]
    soon = script(answers={person("ve1"): COMES, person("ve2"): SILENCE, person("to1"): COMES})
    one = run(soon, policy, NOBODY)
    assert "to1" not in [who for _, who in called(one)]
    assert verdicts(one) == {"village": "arrived"}


def test_soft_timers_and_deadlines_fire_at_their_instants() -> None:
    silent = script(answers=dict.fromkeys(map(person, ("ve1", "ve2", "ve3", "ve4")), SILENCE))
    one = run(silent, staged(), NOBODY)
    assert called(one)[:6] == [(20, "ve1"), (20, "ve2"), (40, "ve1"), (40, "ve2"), (65, "ve3"), (65, "ve4")]
    assert (200, "to1") in called(one)


def test_a_channel_that_failed_fails_again() -> None:
    failing = script(failures={(person("ve1"), Channel.WECOM_BOT): 3 * S})
    one = run(failing, DEFAULT, NOBODY)
    assert (23, "ve1") in called(one)


def test_who_was_never_called_answers_as_others_of_the_tier_there() -> None:
    others = [(Tier.VILLAGE, GRID, COMES)] * ENOUGH
    one = run(script(answers={}), DEFAULT, Answers(others, 7))
    assert {"ve1", "ve2"} <= one.assumed
    assert verdicts(one)["village"] == "arrived"


def test_too_few_answers_of_a_place_give_way_to_those_of_the_tier() -> None:
    rare = [(Tier.VILLAGE, GRID, SILENCE)] * (ENOUGH - 1)
    common = [(Tier.VILLAGE, GridCode("9"), COMES)] * 1000
    answers = Answers([*rare, *common], 7)
    drawn = [answers.draw(INCIDENT, person(f"p{n}"), Tier.VILLAGE, GRID) for n in range(50)]
    assert drawn.count(COMES) > 40
    assert answers.counted() == {Tier.VILLAGE: 1000 + ENOUGH - 1}


def test_the_same_seed_draws_the_same_and_another_one_another() -> None:
    observed = [(Tier.VILLAGE, GRID, Answer(seen=n * S)) for n in range(100)]
    one, same, other = Answers(observed, 1), Answers(observed, 1), Answers(observed, 2)
    people = [person(f"p{n}") for n in range(20)]

    def drawn(answers: Answers) -> list[Answer]:
        return [answers.draw(INCIDENT, who, Tier.VILLAGE, GRID) for who in people]

    assert drawn(one) == drawn(same) != drawn(other)


def test_the_proof_is_judged_by_the_policy_under_which_it_runs() -> None:
    vague = script(answers={person("ve1"): Answer(arrived=Arrival(100 * S, Basis.POSITION, 30.0, 5000.0))})
    far = script(answers={person("ve1"): Answer(arrived=Arrival(100 * S, Basis.POSITION, 30_000.0, 5.0))})
    for one in (vague, far):
        assert verdicts(run(one, DEFAULT, NOBODY))["village"] != "arrived"
    word = script(answers={person("ve1"): Answer(arrived=Arrival(100 * S, Basis.DECLARED))})
    assert verdicts(run(word, DEFAULT, NOBODY))["village"] == "missed"


def test_a_position_without_a_place_is_a_word() -> None:
    nowhere = script(opening=opening(place=None), answers={person("ve1"): COMES})
    assert verdicts(run(nowhere, DEFAULT, NOBODY))["village"] == "missed"


def test_an_incident_that_nobody_ends_ends_when_it_only_rings_again() -> None:
    one = run(script(acts=(), answers={}), DEFAULT, NOBODY)
    assert one.incident.confirmed is not None
    assert set(verdicts(one).values()) == {"missed"}
    ignored = run(script(acts=(), answers={}, opening=opening(grade=Grade.IV)), DEFAULT, NOBODY)
    assert ignored.incident.confirmed is None


def test_every_act_that_people_have_is_played() -> None:
    answer = Answer(refused=5 * S, reason="ill", help=30 * S)
    one = run(script(answers={person("ve1"): answer}), staged(), NOBODY)
    assert "to1" in [who for _, who in called(one)]


def test_asking_for_deadlines_less_often_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    policies = (DEFAULT, staged(), staged(mode=Mode.STAGGERED))
    scripts = generate(150, 5, DEFAULT, sample_town(), since=START, days=3)
    answers = Answers(assumed_answers(5), 5)
    quick = [run(one, policy, answers) for policy in policies for one in scripts]
    take = simulate._Turn.take

    def asking_again(self: simulate._Turn, *step: Any) -> Incident | None:
        after = take(self, *step[:4])  # without the deadlines that are known
        self.only_eased = False
        return after

    monkeypatch.setattr(simulate._Turn, "take", asking_again)
    assert [run(one, policy, answers) for policy in policies for one in scripts] == quick


def test_who_comes_at_the_very_deadline_has_come_before_it() -> None:
    at_the_limit = Answer(accepted=5 * S, arrived=Arrival(180 * S, Basis.TAG))
    one = run(script(answers={person("ve1"): at_the_limit, person("ve2"): SILENCE}), staged(), NOBODY)
    assert verdicts(one) == {"village": "arrived"}
    assert "to1" not in [who for _, who in called(one)]
