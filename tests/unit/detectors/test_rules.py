from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from tocsin.detectors import catalog
from tocsin.detectors.rules import PictureRule, StreamRule


def test_parameters_stand_on_the_rules_own_level_or_under_parameters() -> None:
    flat = StreamRule.model_validate({"name": "a", "detector": "threshold", "above": 3, "severity": 0.1})
    nested = StreamRule.model_validate(
        {"name": "a", "detector": "threshold", "parameters": {"above": 3}, "severity": 0.1}
    )
    assert flat == nested
    assert flat.parameters == {"above": 3}


def test_faults_of_the_rule_and_of_its_parameters_come_together() -> None:
    with pytest.raises(ValidationError) as caught:
        StreamRule.model_validate({"name": "a b", "detector": "threshold", "above": "high", "at": "moon"})
    assert {one["loc"] for one in caught.value.errors()} == {("name",), ("at",), ("above",)}


def test_a_button_rings_on_the_box_and_nowhere_else() -> None:
    assert StreamRule.model_validate({"name": "a", "detector": "button"}).at == "box"
    with pytest.raises(ValidationError, match="remove `at`"):
        StreamRule.model_validate({"name": "a", "detector": "button", "at": "centre"})


def test_what_is_no_rule_is_refused() -> None:
    for given in (7, None, "smoke", {"detector": 3}, {"detector": "threshold", "parameters": 3}):
        with pytest.raises(ValidationError):
            StreamRule.model_validate(given)


def test_a_bare_name_is_a_picture_rule_of_that_name() -> None:
    assert PictureRule.model_validate("smoke").name == "smoke"


def test_a_rule_knows_the_version_that_its_detections_carry() -> None:
    rule = PictureRule.model_validate("smoke")
    assert rule.version() == catalog.PICTURES["smoke"].version(rule.checked())


def test_a_detector_of_another_number_is_another_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = StreamRule.model_validate({"name": "a", "detector": "silence"})
    before = rule.digest()
    entry = catalog.STREAMS["silence"]
    monkeypatch.setitem(catalog.STREAMS, "silence", replace(entry, number=entry.number + 1))
    assert rule.digest() != before


def test_a_rule_watches_streams_of_its_pattern_and_unit() -> None:
    rule = StreamRule.model_validate({"name": "a", "detector": "silence", "match": "*/level", "unit": "m"})
    assert rule.matches("gauge-1/level", "m")
    assert not rule.matches("gauge-1/level", "cm")
    assert not rule.matches("gauge-1/levels", "m")
