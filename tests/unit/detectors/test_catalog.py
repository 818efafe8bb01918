from __future__ import annotations

from tocsin.core.detections import Kind
from tocsin.detectors.catalog import GROUPED, PICTURES, STREAMS


def test_names_are_unique_over_both_kinds_and_groups_are_known() -> None:
    assert not set(STREAMS) & set(PICTURES)
    assert set(STREAMS) >= GROUPED


def test_every_parameter_is_described() -> None:
    for entry in (*STREAMS.values(), *PICTURES.values()):
        for name, field in entry.parameters.model_fields.items():
            assert field.description, f"{entry.name}.{name}"


def test_what_pictures_raise() -> None:
    kinds = {name: entry.kind for name, entry in PICTURES.items()}
    assert kinds["frozen"] is Kind.VIDEO_LOSS
    assert kinds["tamper"] is Kind.TAMPER
