from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT, STAFF, START, Case, person
from tocsin.alerts import commands as ask
from tocsin.alerts.draft import Draft, how_it_ended, who
from tocsin.alerts.policy_rules import Rule, When
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import SYSTEM, Actor, AlarmCleared, Grade, GradeChanged
from tocsin.core.responders import Channel

S = timedelta(seconds=1)


def draft_of(case: Case) -> Draft:
    return Draft(case.incident, case.now, case.policy, case.staff)


def test_empty_draft_knows_no_incident() -> None:
    draft = Draft(None, START, DEFAULT, STAFF)
    assert draft.fresh
    with pytest.raises(Rejected, match="does not exist"):
        _ = draft.incident


def test_rules_see_the_state_after_earlier_events() -> None:
    case = Case()
    case.open()
    draft = draft_of(case)
    draft.emit(AlarmCleared(alarm=case.incident.alarms[0]))
    assert draft.incident.raised == ()
    assert case.incident.raised == ("alarm-1",)


def test_channels_follow_the_policy_and_nobody_off_duty_has_any() -> None:
    case = Case()
    case.open()
    assert draft_of(case).channels(person("ve1"), Tier.VILLAGE) == (Channel.WECOM_BOT, Channel.SMTP)
    assert draft_of(case).channels(person("gone"), Tier.VILLAGE) == ()


def test_what_follows_counts_from_its_instant_unless_we_were_away() -> None:
    case = Case()
    case.open()
    draft = draft_of(case.at(100))
    assert draft.anchored(START + 95 * S) == START + 95 * S
    assert draft.anchored(START + 94.999 * S) == START + 100 * S


def test_endings_are_told_in_words() -> None:
    case = Case()
    case.open()
    case.at(57).do(ask.Merge(into=IncidentId("7")), Actor("person", "ann"))
    assert how_it_ended(case.incident) == "incident 42 was merged into 7 at 2026-07-14 06:03:57 UTC by ann"


def test_system_is_named_by_its_kind() -> None:
    assert who(SYSTEM) == "the system"


def test_values_are_those_of_the_case_as_it_stands_and_of_another_grade_on_asking() -> None:
    rule = Rule(name="worst", when=When(grades=frozenset({Grade.I})), then={"stand_by_at": 0.1})
    policy = replace(DEFAULT, rules=(rule,))
    case = Case(policy)
    assert Draft(None, START, policy, STAFF).policy is policy
    case.open()
    draft = draft_of(case)
    assert draft.policy.stand_by_at == DEFAULT.stand_by_at
    assert draft.policy_at(Grade.I).stand_by_at == 0.1
    draft.emit(GradeChanged(grade=Grade.I, was=case.incident.grade))
    assert draft.policy.stand_by_at == 0.1
