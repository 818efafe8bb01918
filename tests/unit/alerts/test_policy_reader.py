from __future__ import annotations

from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator

from tocsin.alerts.policy_reader import (
    At,
    Codes,
    Duration,
    Key,
    ListOf,
    Name,
    Number,
    PartOfDay,
    Section,
    Sentence,
    Severities,
    Spec,
    Table,
    Term,
    Text,
    Word,
    Words,
)
from tocsin.alerts.policy_rules import Hours
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade, Mode
from tocsin.core.working_time import Limit, Unit


def read(spec: Spec, value: object) -> tuple[object, list[str]]:
    at = At(value, "a")
    return spec.read(at), at.text.faults


@pytest.mark.parametrize(
    ("value", "seconds"), [(1, 1), (0.5, 0.5), ("45s", 45), (" 3 m ", 180), ("2h", 7200), ("168h", 604_800)]
)
def test_durations(value: object, seconds: float) -> None:
    assert read(Duration(), value) == (timedelta(seconds=seconds), [])


@pytest.mark.parametrize("value", [0, -1, "169h", "3d", None, True, [], float("nan"), float("inf"), "1e9s"])
def test_durations_out_of_bounds_are_faults_and_never_raise(value: object) -> None:
    _, faults = read(Duration(), value)
    assert len(faults) == 1
    assert faults[0].startswith("a: must be a duration above 0 and up to 168h like 45s, 3m or 2h, not ")


def test_nothing_is_a_duration_only_where_it_means_something() -> None:
    assert read(Duration(zero=True), 0) == (timedelta(), [])
    assert read(Duration(zero=True), -1)[1][0].startswith("a: must be a duration from 0 up to 168h")


def test_words_are_read_in_order_and_once() -> None:
    assert read(Words(Mode), ["staged", "parallel", "staged"]) == ((Mode.STAGED, Mode.PARALLEL), [])


def test_words_that_are_no_words_are_faults() -> None:
    chosen, faults = read(Words(Mode), [3, None, {}])
    assert chosen == ()
    assert len(faults) == 3


@pytest.mark.parametrize(
    ("text", "hours"),
    [("22:00-06:00", Hours(1320, 360)), (" 00:00-24:00 ", Hours(0, 1440)), ("09:30-12:00", Hours(570, 720))],
)
def test_parts_of_the_day(text: str, hours: Hours) -> None:
    assert read(PartOfDay(), text) == (hours, [])


@pytest.mark.parametrize(
    "text", ["22:00", "22:00-25:00", "24:00-06:00", "06:00-06:00", "12:00-24:01", 3, None]
)
def test_other_parts_of_the_day_are_faults(text: object) -> None:
    _, (fault,) = read(PartOfDay(), text)
    assert fault.startswith("a: must be two different times of day like 22:00-06:00")


def test_codes_of_grids_are_digits_in_quotes() -> None:
    assert read(Codes(), ["330110"]) == (frozenset({"330110"}), [])
    assert read(Codes(), [330110])[1] == ["a: 330110 is no grid code: write its digits in quotes"]
    assert read(Codes(), [])[1] == ['a: must be a list of grid codes like ["330110"], not []']


def test_missing_section_names_its_keys() -> None:
    section = Section((Key("seen", Duration(), ""),), dict)
    assert read(section, None)[1] == [
        "a.seen: must be a duration above 0 and up to 168h like 45s, 3m or 2h, not nothing"
    ]


def test_unknown_keys_are_told_at_every_depth() -> None:
    inner = Section((Key("b", Number(0, 5), ""),), dict)
    section = Section((Key("a", inner, ""),), dict)
    at = At({"a": {"b": 1, "c": 2}, "d": 3, 4: 5})
    section.read(at)
    assert at.text.faults == [
        "a.c: unknown; write one of b, or remove it",
        "d: unknown; write one of a, or remove it",
        "4: unknown; write one of a, or remove it",
    ]


def test_what_may_be_left_out_keeps_its_own_default() -> None:
    section = Section((Key("b", Number(0, 5), "", optional=True),), dict)
    assert read(section, {}) == ({}, [])


def test_a_part_of_a_section_holds_only_what_is_written_and_at_least_something() -> None:
    inner = Table(Tier, Duration(), whole=True)
    section = Section((Key("b", inner, ""), Key("c", Number(0, 5), "")), dict).partial()
    assert read(section, {"b": {"village": 3}}) == ({"b": {Tier.VILLAGE: timedelta(seconds=3)}}, [])
    assert read(section, {"b": {}})[1] == ["a.b: must name at least one of village, township, city"]
    assert read(section, {})[1] == ["a: must name at least one of b, c"]


def test_a_list_is_cut_at_its_bound_with_a_sentence() -> None:
    values, faults = read(ListOf(Name(), 2), ["a", "b", "c"])
    assert values == ("a", "b")
    assert faults == ["a: must have at most 2 entries, not 3"]


def test_a_fault_names_the_line_of_the_place_or_of_what_should_hold_it() -> None:
    text = Text(lines={"soft": 7, "rules[0].when": 9})
    text.note("soft.seen", "missing")
    text.note("rules[0].when", "odd")
    text.note("rules[1]", "elsewhere")
    assert text.faults == [
        "soft.seen: missing (line 7)",
        "rules[0].when: odd (line 9)",
        "rules[1]: elsewhere",
    ]


@pytest.mark.parametrize(
    ("spec", "good", "bad"),
    [
        (Name(), ["a.b-c"], ["", "a b", 3]),
        (Duration(), [1, 0.5, "45s", "2 h"], [0, "3d", None, True, 604_801]),
        (Duration(zero=True), [0], [-1]),
        (Number(1, 5, whole=True), [1, 5], [0, 6, 1.5, "1"]),
        (Number(1, 5), [1.5], [5.1, None]),
        (Word(Mode), ["staged"], ["soon", 3]),
        (Words(Mode, least=1), [["staged"]], [[], ["soon"], "staged"]),
        (Codes(), [["330110"]], [[], [330110], ["x"]]),
        (PartOfDay(), ["22:00-06:00"], ["22:00", "25:00-06:00"]),
        (Severities(), [{"IV": 0.0}], [{}, {"V": 0.0}, {"IV": 2}]),
        (Table(Grade, Number(0, 1)), [{}, {"I": 1}], [{"V": 1}, {"I": 2}, 3]),
        (Table(Tier, Number(0, 1), whole=True), [{"village": 0, "township": 0, "city": 1}], [{"village": 0}]),
        (ListOf(Name(), 2), [[], ["a"]], [["a", "b", "c"], "a"]),
        (Section((Key("a", Name(), ""),), dict), [{"a": "b"}], [{}, {"a": "b", "c": 1}, 3]),
    ],
)
def test_schema_and_reader_say_the_same(spec: Spec, good: list[object], bad: list[object]) -> None:
    validator = Draft202012Validator(spec.schema())
    for value in good:
        assert (read(spec, value)[1], validator.is_valid(value)) == ([], True), value
    for value in bad:
        assert (bool(read(spec, value)[1]), validator.is_valid(value)) == (True, False), value


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ("3wd", Limit(3, Unit.WORKING_DAY)),
        (" 8 wh ", Limit(8, Unit.WORKING_HOUR)),
        ("2d", Limit(2, Unit.DAY)),
        ("999h", Limit(999, Unit.HOUR)),
    ],
)
def test_long_limits_are_counted_in_days_or_in_working_time(value: str, limit: Limit) -> None:
    assert read(Term(), value) == (limit, [])
    assert Draft202012Validator(Term().schema()).is_valid(value)


@pytest.mark.parametrize("value", ["0wd", "1000h", "3", 3, None, "3 weeks", "3wd2h", [], True])
def test_other_long_limits_are_faults_and_never_raise(value: object) -> None:
    _, faults = read(Term(), value)
    assert faults[0].startswith(
        "a: must be a limit of 1 to 999 like 3wd (working days), 8wh, 2d or 48h, not "
    )
    assert not Draft202012Validator(Term().schema()).is_valid(value)


def test_words_for_people_stand_on_one_line() -> None:
    assert read(Sentence(20), "  call\n  119 ") == ("call 119", [])
    for value in ("", "   ", None, 3, "x" * 21):
        _, faults = read(Sentence(20), value)
        assert faults[0].startswith("a: must be a text of 1 to 20 characters, not ")
