from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy import TEXT_CHARACTERS_MAX, parse_policy, policy_id
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade, Mode

TEXT = default_text()


def faults(text: str) -> list[str]:
    with pytest.raises(Rejected) as caught:
        parse_policy(text)
    assert caught.value.code == "policy.faults"
    return caught.value.reason.splitlines()


def test_shipped_policy_is_three_ten_and_thirty_minutes() -> None:
    assert DEFAULT.windows == {
        Tier.VILLAGE: timedelta(minutes=3),
        Tier.TOWNSHIP: timedelta(minutes=10),
        Tier.CITY: timedelta(minutes=30),
    }
    assert DEFAULT.modes[Grade.IV] is Mode.STAGED
    assert DEFAULT.modes[Grade.III] is Mode.PARALLEL


def test_version_changes_with_every_word_and_not_with_line_ends() -> None:
    assert policy_id(TEXT) == policy_id(TEXT.replace("\n", "\r\n")) == policy_id(TEXT + "  \n\n")
    assert policy_id(TEXT).startswith("default@")
    assert len(policy_id(TEXT)) == len("default@") + 12
    assert policy_id(TEXT) != policy_id(TEXT.replace("village: 3m", "village: 4m"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a",
        "name: [",
        "name: 3",
        "a: 1",
        "name: 'x y'",
        "x" * (TEXT_CHARACTERS_MAX + 1),
        "a: 2026-99-99",
    ],
)
def test_text_that_is_no_policy_has_no_version(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        policy_id(text)
    assert caught.value.code == "policy.form"


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ("village: 3m", "village: 0", "windows.village: must be a duration above 0"),
        ("village: 3m", "village: 30m", "windows.township: must be longer than windows.village"),
        ("village: 3m", "village: true", "windows.village: must be a duration"),
        ("village: 3m", "village: 3 minutes", "windows.village: must be a duration"),
        ("III: parallel", "III: soon", "modes.III: must be one of parallel, staged, staggered, not 'soon'"),
        ("system: 180s", "system: 60s", "unanswered.system: must be longer than unanswered.supervisor"),
        ("alone: [call]", "alone: [ufo]", "automatic.alone: 'ufo' is not one of"),
        ("alone: [call]", "alone: call", "automatic.alone: must be a list of"),
        ("sources: 2", "sources: 2.5", "automatic.sources: must be a whole number from 2 to 10, not 2.5"),
        ("radius: 500", "radius: .nan", "radius: must be a number from 1 to 50000, not nan"),
        ("{IV: 0.0}", "{IV: 0.0, III: 0.0, I: 0.1, II: 0.5}", "grades.other: must fall from I to IV"),
        ("other: {IV: 0.0}", "other: {}", "grades.other: must fall from I to IV"),
        ("other: {IV: 0.0}", "other: {V: 0.0}", "grades.other.V: unknown"),
        ("other: {IV: 0.0}", "ufo: {IV: 0.0}", "grades.ufo: unknown"),
        ("kinds: [call]", "kinds: [smoke]", "families[3].kinds: smoke stands in an earlier family"),
        ("kinds: [call]", "kinds: []", "families[3].kinds: must name at least 1"),
        ("operator, declared]", "deadline]", "stops.city: 'deadline' is not one of operator, position"),
        ("name: default", "name: 3", "name: must be 1 to 64 of"),
        ("siren: [I", "sirens: [I", "sirens: unknown; write one of"),
        ("late: {bound: 2m, call: 30m}", "late: 3", "late: must be a mapping, not 3"),
        ("smoke: {II: 0.9, III: 0.4, IV: 0.0}", "smoke: 3", "grades.smoke: must be a mapping"),
    ],
)  # fmt: skip
def test_each_defect_is_a_sentence_that_says_what_to_write(was: str, becomes: str, sentence: str) -> None:
    assert was in TEXT
    assert any(fault.startswith(sentence) for fault in faults(TEXT.replace(was, becomes, 1)))


def test_all_faults_are_told_at_once() -> None:
    broken = TEXT.replace("village: 3m", "village: x").replace("radius: 500", "radius: -1") + "\nmore: 1\n"
    assert len(faults(broken)) == 3


def test_families_must_be_a_list() -> None:
    assert "families: must be a list of mappings, not 3" in faults(
        TEXT[: TEXT.index("families:")] + "families: 3\n"
    )


def test_numbers_are_seconds_and_hours_are_understood() -> None:
    policy = parse_policy(TEXT.replace("village: 3m", "village: 90.5").replace("city: 30m", "city: 1.5h"))
    assert policy.windows[Tier.VILLAGE] == timedelta(seconds=90.5)
    assert policy.windows[Tier.CITY] == timedelta(hours=1.5)


def test_silent_sensors_and_tampering_open_no_incident_by_default() -> None:
    assert not DEFAULT.opens & {Kind.SILENCE, Kind.TAMPER, Kind.SENSOR_FAULT, Kind.LINK_LOSS, Kind.VIDEO_LOSS}
