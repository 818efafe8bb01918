from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from tocsin.docs import pages
from tocsin.edge.config import CollectorConfig
from tocsin.settings import Settings


def fields(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> Iterator[tuple[str, str]]:
    """Every plain field of a tree of settings with what is said about it."""
    seen = set() if seen is None else seen
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        inner = list(_models(field.annotation))
        if not inner and name != "type":  # a section has the sentence of its class, a `type` its literal
            yield f"{model.__name__}.{name}", field.description or ""
        for kind in inner:
            yield from fields(kind, seen)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


@pytest.mark.parametrize(
    ("page", "model"), [("docs/configuration.md", Settings), ("docs/collector.md", CollectorConfig)]
)
def test_every_setting_is_on_its_page_with_its_sentence(page: str, model: type[BaseModel]) -> None:
    text = pages()[page].replace("\\|", "|")
    told = list(fields(model))
    assert len(told) > 40
    assert [name for name, sentence in told if not sentence] == []
    assert [name for name, sentence in told if sentence.replace("\n", " ") not in text] == []


def test_bounds_defaults_and_secrets_are_told() -> None:
    text = pages()["docs/configuration.md"]
    row = next(line for line in text.splitlines() if line.startswith("| `flush_messages` "))
    assert "≥ 1" in row
    assert "≤ 5000" in row
    assert "| `500` |" in row
    assert "SecretStr" not in text
    assert "PydanticUndefined" not in text
    assert "typing." not in text


def test_every_row_has_as_many_columns_as_its_heading() -> None:
    for name, text in pages().items():
        if not name.endswith(".md"):
            continue
        tables = [
            [line.replace("\\|", "") for line in block.splitlines()]
            for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
        ]
        assert tables, name
        for rows in tables:
            assert {row.count("|") for row in rows} == {rows[0].count("|")}, rows[0]
