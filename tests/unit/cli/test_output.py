from __future__ import annotations

import json

import pytest
from rich.console import Console
from rich.table import Table

from tocsin.cli.output import code_column, failure, print_json


def test_a_refusal_goes_to_standard_error_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    failure("write `[relay]` into centre.yaml: " + "x" * 200)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"tocsin: write `[relay]` into centre.yaml: {'x' * 200}\n"


def test_json_is_one_document_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"readings_per_s": 50_000, "ran_on": {"machine": "石桥"}})
    said = capsys.readouterr()
    assert json.loads(said.out) == {"readings_per_s": 50_000, "ran_on": {"machine": "石桥"}}
    assert "石桥" in said.out
    assert said.err == ""


def test_a_narrow_terminal_cuts_no_code(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(code_column("grid"), "what", "where")
    table.add_row("330199101201901", "ground that none of its children holds", "30.275000, 119.929000")
    Console(width=40).print(table)
    assert "330199101201901" in capsys.readouterr().out
