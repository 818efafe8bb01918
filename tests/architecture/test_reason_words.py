"""Whatever a detector says stands in the console in the reader's words, with figures that the detector gives."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from tocsin.detectors import catalog

ROOT: Final = Path(__file__).parents[2]
DETECTORS: Final = ROOT / "tocsin" / "detectors"
MADE: Final = {"dark.sudden", "dark.unusual", "tamper.blurred", "tamper.covered", "tamper.moved"}
"""Codes that are put together of two parts."""


def strings(path: Path) -> set[str]:
    """Give what stands in quotes, and the names of arguments: `dict(low=…)` names a figure too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg is not None:
            found.add(node.arg)
    return found


def codes() -> set[str]:
    speakers = {*catalog.PICTURES, *catalog.STREAMS, "together", "rule"}
    code = re.compile(rf"({'|'.join(speakers)})\.[a-z_]+|picture\.gone")
    return MADE | {one for path in DETECTORS.glob("*.py") for one in strings(path) if code.fullmatch(one)}


def words(language: str) -> dict[str, str]:
    text = (ROOT / "console" / "src" / "i18n" / language / "codes.ts").read_text("utf-8")
    return {
        match["code"]: match["words"]
        for match in re.finditer(r"^  'why\.(?P<code>[\w.]+)': (['\"])(?P<words>.*)\2,$", text, re.MULTILINE)
    }


def test_the_search_finds_what_detectors_say() -> None:
    assert {"water.risen", "together.agree", "rule.changed", "plausible.spike", "smoke.billow"} <= codes()
    assert not {one for one in codes() if one.endswith(".yaml")}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_has_its_words(language: str) -> None:
    assert sorted(codes() - set(words(language))) == []


def test_every_figure_in_the_words_is_one_that_the_detector_gives() -> None:
    wrong = []
    for code in sorted(codes()):
        speaker = code.split(".")[0]
        given = {one for path in DETECTORS.glob(f"{speaker[:6]}*.py") for one in strings(path)}
        holes = set(re.findall(r"{{(\w+)}}", words("zh")[code]))
        wrong += [(code, hole) for hole in sorted(holes - given)]
    assert wrong == []
