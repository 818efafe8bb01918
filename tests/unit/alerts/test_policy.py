from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.incidents import DEFAULT
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy import (
    TEXT_CHARACTERS_MAX,
    parse_policy,
    policy_id,
    policy_schema,
    written_twice,
)
from tocsin.alerts.policy_model import ReportsUp
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade, Mode

TEXT = default_text()
SCHEMA = Path(__file__).parents[3] / "docs" / "policy.schema.json"


def ruled(rule: str) -> str:
    return f"{TEXT}\nrules:\n  - {rule}\n"


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
        ("village: 3m", "village: 10m", "windows.township: must be longer than windows.village"),
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
    broken = faults(TEXT[: TEXT.index("families:")] + "families: 3\n")
    assert any(fault.startswith("families: must be a list of mappings, not 3 (line ") for fault in broken)


def test_numbers_are_seconds_and_hours_are_understood() -> None:
    policy = parse_policy(TEXT.replace("village: 3m", "village: 90.5").replace("city: 30m", "city: 1.5h"))
    assert policy.windows[Tier.VILLAGE] == timedelta(seconds=90.5)
    assert policy.windows[Tier.CITY] == timedelta(hours=1.5)


def test_only_the_root_of_many_faults_opens_an_incident_by_default() -> None:
    assert not DEFAULT.opens & {Kind.SILENCE, Kind.TAMPER, Kind.SENSOR_FAULT, Kind.VIDEO_LOSS}
    assert DEFAULT.opens >= {Kind.LINK_LOSS, Kind.POWER_LOSS}


def test_a_fault_names_its_line() -> None:
    line = (
        TEXT.splitlines().index(
            "radius: 500                 # metres around the place, where neither device nor grid says otherwise"
        )
        + 1
    )
    assert faults(TEXT.replace("radius: 500", "radius: -1")) == [
        f"radius: must be a number from 1 to 50000, not -1 (line {line})"
    ]


def test_rules_by_case_are_read() -> None:
    (rule,) = parse_policy(
        ruled("{name: night, when: {hours: 22:00-06:00, grades: [I]}, then: {windows: {village: 5m}}}")
    ).rules
    assert rule.name == "night"
    assert rule.when.grades == {Grade.I}
    assert rule.then == {"windows": {Tier.VILLAGE: timedelta(minutes=5)}}


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("{name: a, then: {radius: 3}, when: {}}", "rules[0].then.radius: unknown; write one of accuracy"),
        ("{name: a, then: {opens: []}, when: {}}", "rules[0].then.opens: unknown"),
        ("{name: a, then: {}, when: {}}", "rules[0].then: must name at least one of windows, modes"),
        ("{name: a, then: {soft: {}}, when: {}}", "rules[0].then.soft: must name at least one of seen"),
        ("{name: a, when: {grids: [330110]}, then: {siren: []}}", "rules[0].when.grids: 330110 is no grid code: write its digits in quotes"),
        ("{name: a, when: {hours: 22-6}, then: {siren: []}}", "rules[0].when.hours: must be two different times of day like 22:00-06:00"),
        ("{name: a, when: {readiness: war}, then: {siren: []}}", "rules[0].when.readiness: must be one of peace, alert, not 'war'"),
        ("{name: a, when: {kinds: []}, then: {siren: []}}", "rules[0].when.kinds: must name at least 1"),
        ("{name: a, when: {kind: [fire]}, then: {siren: []}}", "rules[0].when.kind: unknown; write one of grades, grids, hours, kinds, readiness"),
        ("{name: a, if: {}, when: {}, then: {siren: []}}", "rules[0].if: unknown; write one of name, then, when"),
        ("{when: {}, then: {siren: []}}", "rules[0].name: must be 1 to 64 of A-Z a-z 0-9 . _ -, not nothing"),
        ("3", "rules[0]: must be a mapping, not 3"),
        ("{name: a, when: {}, then: {windows: {village: 12m}}}", "rules[0].then.windows.township: must be longer than windows.village (with a)"),
        ("{name: a, when: {}, then: {unanswered: {supervisor: 3m}}}", "rules[0].then.unanswered.system: must be longer than unanswered.supervisor (with a)"),
        ("{name: a, when: {}, then: {siren: []}}\n  - {name: a, when: {}, then: {siren: []}}", "rules[1].name: a is an earlier rule; give each a name of its own"),
        ("{name: a, when: {kinds: [fire]}, then: {windows: {village: 9m}}}\n  - {name: b, when: {}, then: {windows: {township: 5m}}}", "rules[1].then.windows.township: must be longer than windows.village (with a and b)"),
    ],
)  # fmt: skip
def test_each_defect_of_a_rule_is_a_sentence(rule: str, sentence: str) -> None:
    found = faults(ruled(rule))
    assert any(fault.startswith(sentence) for fault in found), found
    assert all(fault.endswith(")") and "(line " in fault for fault in found)


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ("count: 3", "count: 11", "alarms.chatter.count: must be a whole number from 2 to 10, not 11"),
        ("silence: {on: 2m", "silence: {on: -1", "alarms.delays.silence.on: must be a duration from 0"),
        ("silence: {on: 2m", "silence: {before: 0", "alarms.delays.silence.before: unknown; write one of off, on"),
        ("stale: 24h", "stale: 8 days", "alarms.stale: must be a duration"),
        ("roots: [link_loss]", "roots: []", "alarms.causes[1].roots: must name at least 1"),
        ("position_age: 90s", "position_age: 0", "proofs.position_age: must be a duration above 0"),
        ("most: 4", "most: -1", "reminders.most: must be a whole number from 0 to 100, not -1"),
        ("grade: 10m", "grade: 0", "reminders.grade: must be a duration above 0"),
        ("initial: {I: 20m", "initial: {V: 20m", "reports_up.initial.V: unknown; write one of I, II, III, IV"),
        ("final: {I: 3wd", "final: {I: 3 days", "reports_up.final.I: must be a limit of 1 to 999 like 3wd"),
        ("id: flood", "id: fire", "plans[1].id: fire is an earlier plan; give each a name of its own"),
        ("id: call_119", "id: people_out", "plans[0].steps[1].id: people_out is an earlier step"),
        ("tier: township}", "tier: county}", "plans[0].steps[4].tier: must be one of village, township, city"),
    ],
)  # fmt: skip
def test_each_defect_of_what_may_be_left_out_is_a_sentence(was: str, becomes: str, sentence: str) -> None:
    assert was in TEXT
    assert any(fault.startswith(sentence) for fault in faults(TEXT.replace(was, becomes, 1)))


def test_an_old_file_still_means_what_it_meant() -> None:
    old = TEXT[: TEXT.index("alarms:")]
    policy = parse_policy(old)
    assert policy.reminders == replace(DEFAULT.reminders, grade=None)
    assert (policy.reports_up, policy.plans) == (ReportsUp(), ())
    assert policy.alarms.delays == {}
    assert policy.rules == ()


def test_on_and_off_are_keys_and_no_truth_values() -> None:
    assert DEFAULT.alarms.delays[Kind.SILENCE].off == timedelta(minutes=1)


def test_a_key_that_is_written_twice_is_told_with_both_lines() -> None:
    assert written_twice(TEXT) == []
    lines = len(TEXT.splitlines())
    assert written_twice(TEXT + "radius: 5\n") == [
        f"radius: written again in line {lines + 1}, and only that one holds; keep one"
    ]


@pytest.mark.parametrize("text", ["name: a\nb: &b [*b]", "name: a\nb: &b {c: *b}"])
def test_a_text_that_holds_itself_ends_in_a_sentence(text: str) -> None:
    assert any(fault.startswith("b: unknown") for fault in faults(text))


def test_published_schema_is_the_one_of_the_code() -> None:
    assert json.loads(SCHEMA.read_text()) == policy_schema(), "run make docs"


def test_schema_takes_the_shipped_policy_and_refuses_what_the_reader_refuses() -> None:
    validator = Draft202012Validator(policy_schema())
    plain = yaml.safe_load(re.sub(r"\b(on|off):", r'"\1":', TEXT))
    assert list(validator.iter_errors(plain)) == []
    assert not validator.is_valid({**plain, "sirens": []})
    assert not validator.is_valid({**plain, "radius": 0})
    assert not validator.is_valid({key: value for key, value in plain.items() if key != "opens"})


def bomb(first: str, more: str) -> str:
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{n}: &a{n} {more.format(','.join([f'*a{n - 1}'] * 9))}" for n in range(1, 12)]
    return "\n".join([*lines, "name: *a11"])


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        bomb("[x, x, x]", "[{}]"),
        bomb("{k: v}", "{{<<: [{}]}}"),
        "name: " + "9" * 400,
        "name: 0x" + "f" * 20_000,
        "name: !!bool maybe",
        "name: !!timestamp x",
        "name: !!int ''",
    ],
)
def test_a_text_made_to_harm_its_reader_ends_in_a_sentence(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_policy(text)
    assert caught.value.code == "policy.form"
