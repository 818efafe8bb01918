from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.unit.detectors.test_cards import CARD
from tocsin.detectors.catalog import PICTURES, STREAMS
from tocsin.detectors.config import read
from tocsin.detectors.config_schema import detectors_schema, schema_text

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    Draft202012Validator.check_schema(detectors_schema())
    return Draft202012Validator(detectors_schema())


def test_the_published_schema_is_the_one_the_code_makes() -> None:
    assert (ROOT / "docs" / "detectors.schema.json").read_text("utf-8") == schema_text(), "run make docs"


@pytest.mark.parametrize("path", ["tocsin/detectors/defaults.yaml", "deploy/examples/river-village.yaml"])
def test_files_that_are_shipped_fit_it(schema: Draft202012Validator, path: str) -> None:
    assert list(schema.iter_errors(yaml.safe_load((ROOT / path).read_text("utf-8")))) == []


def test_every_detector_has_its_own_parameters_in_it() -> None:
    parts = detectors_schema()["$defs"]
    for prefix, catalog in (("stream", STREAMS), ("picture", PICTURES)):
        for name, entry in catalog.items():
            keys = parts[f"{prefix}.{name}"]["properties"]
            assert set(entry.parameters.model_fields) <= set(keys)
            assert all(keys[key].get("description") for key in keys), name


WRONG: tuple[dict[str, Any], ...] = (
    {"nonsense": 1},
    {"detectors": [{"name": "a"}]},
    {"detectors": [{"name": "a", "detector": "treshold", "above": 1}]},
    {"detectors": [{"name": "a", "detector": "rate", "change": 1, "hysteresis": 1}]},
    {"detectors": [{"name": "a", "detector": "button", "at": "centre"}]},
    {"detectors": [{"name": "a", "detector": "threshold", "above": 1, "severity": 2}]},
    {"cameras": {"yard": ["smok"]}},
    {"cameras": {"yard": {"modl": "x"}}},
    {"cameras": {"yard": [{"detector": "motion", "zone": [[0, 0], [2, 0], [1, 1]]}]}},
    {"cameras": {"yard": [{"detector": "motion", "smalest": 1}]}},
    {"models": [{"name": "a"}]},
)
RIGHT: tuple[dict[str, Any], ...] = (
    {},
    {"detectors": [{"name": "a", "detector": "threshold", "above": 1, "kind": "flood"}]},
    {"models": [CARD], "cameras": {"default": {"model": "people"}}},
    {"cameras": {"yard": ["smoke", {"detector": "motion", "smallest": 0.01}]}},
    {
        "cameras": {
            "yard": {
                "zones": {"z": [[0, 0], [1, 0], [1, 1]]},
                "detectors": [{"detector": "motion", "zone": "z"}],
            }
        }
    },
)


@pytest.mark.parametrize("tree", [*WRONG, *RIGHT])
def test_it_refuses_what_the_reader_refuses_and_takes_what_it_takes(
    schema: Draft202012Validator, tree: dict[str, Any]
) -> None:
    right = tree in RIGHT
    assert schema.is_valid(tree) is right
    assert (read(yaml.safe_dump(tree)).config is not None) is right
