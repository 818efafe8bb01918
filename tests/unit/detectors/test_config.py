from __future__ import annotations

import pytest

from tocsin.core.errors import Rejected
from tocsin.detectors.config import CameraDetectors, DetectorsConfig, defaults, load


def test_the_shipped_rules_load_and_make_a_round_trip() -> None:
    config = defaults()
    assert len(config.detectors) >= 10
    again = DetectorsConfig.model_validate_json(config.model_dump_json())
    assert again == config
    assert again.digest() == config.digest()


def test_all_faults_come_at_once_each_naming_its_rule() -> None:
    with pytest.raises(Rejected) as caught:
        load(
            "detectors:\n"
            "- {name: a, detector: threshold}\n"
            "- {name: b, detector: nonsense}\n"
            "- {name: c, detector: rate, change: 1, wrong: 2}\n"
            "- {name: d, detector: silence, at: moon}\n"
        )
    lines = caught.value.reason.splitlines()
    assert [line.split(":")[0].split(".")[0] for line in lines] == ["rule a", "rule b", "rule c", "rule d"]
    assert "give `above`, `below` or both" in lines[0]
    assert "write one of threshold" in lines[1]
    assert "wrong: is not known" in lines[2]


@pytest.mark.parametrize("text", ["- 1", "detectors: {", "detectors: 7", "nonsense: 1", "x" * 300_000])
def test_what_is_no_configuration_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Rejected, match=r"detectors\.config"):
        load(text)


def test_a_name_used_twice_is_refused() -> None:
    rule = "{name: a, detector: button}"
    with pytest.raises(Rejected, match="used twice"):
        load(f"detectors: [{rule}, {rule}]")


def test_an_empty_file_watches_nothing() -> None:
    assert load("").detectors == ()


def test_a_camera_takes_bare_names_and_parameters_on_one_level() -> None:
    config = CameraDetectors.model_validate(
        {
            "detectors": [
                "fire",
                {
                    "detector": "motion",
                    "kind": "intrusion",
                    "smallest": 0.01,
                    "zone": [[0, 0], [1, 0], [1, 1]],
                },
            ]
        }
    )
    assert [rule.name for rule in config.detectors] == ["fire", "motion"]
    assert config.detectors[1].parameters == {"smallest": 0.01}
    assert CameraDetectors.model_validate_json(config.model_dump_json()) == config
