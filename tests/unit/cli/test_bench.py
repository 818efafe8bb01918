from __future__ import annotations

import json
from importlib import import_module

import pytest

from tests.unit.cli.conftest import Run
from tocsin.bench import pictures, response
from tocsin.cli.bench import _WHAT


@pytest.mark.parametrize("name", _WHAT)
def test_every_measurement_has_its_module(name: str) -> None:
    assert callable(import_module(f"tocsin.bench.{name}").run)


def test_a_measurement_is_printed_as_one_json_document(tocsin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "run", lambda: {"ms_per_picture": {"p50": 1.5}})
    assert json.loads(tocsin("bench", "pictures", "--json").out) == {"ms_per_picture": {"p50": 1.5}}


def test_one_that_takes_the_event_loop_is_awaited(tocsin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> dict[str, object]:
        return {"lateness_ms": {"p99": 3.5}}

    monkeypatch.setattr(response, "run", run)
    assert tocsin("bench", "response").out == "lateness_ms: {'p99': 3.5}\n"


def test_the_help_names_every_measurement(tocsin: Run) -> None:
    shown = tocsin("bench", "--help").out
    assert all(name in shown for name in _WHAT)
