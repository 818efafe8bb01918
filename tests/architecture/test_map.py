"""The folders are the contract: what stands where, who has a twin, who reads a clock."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "tocsin"

FOLDERS = {
    "core": "imports nothing of ours",
    "detectors": "pure",
    "ingest": "from MQTT to committed rows",
    "alerts": "from a detection to people at the scene",
    "town": "who and where",
    "store": "the database",
    "edge": "the box in the village",
    "api": "the HTTP face",
    "demo": "the demo village",
    "cli": "the command line",
    "bench": "measurements",
    "evaluate": "how good the detectors are",
    "watch": "sees when the centre does not do its work",
}
"""Every package below `tocsin/`; a new one is a decision (docs/decisions) and a line here."""

TWINLESS = {
    "__init__", "__main__", "ports", "config", "metrics", "model", "command", "commands", "work_commands", "incident_words", "work_events", "policy_model", "reach_ports",
    "alarm_model", "alarm_ports", "cap_ports", "evaluation_ports", "grid_ports", "figure_model", "figure_ports", "people_ports", "policy_ports", "lint_model", "proof_ports", "quality_ports", "query_ports", "replay_ports",
}  # fmt: skip
"""Declarations only: exercised by the tests of those who use them."""

CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns", "time.process_time",
}  # fmt: skip


def modules() -> Iterator[Path]:
    """Every Python file of the product."""
    return (path for path in sorted(PACKAGE.rglob("*.py")) if "static" not in path.parts)


def test_the_folders_are_those_of_the_contract() -> None:
    there = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert there == set(FOLDERS), "a new folder needs a decision and a line in FOLDERS"


def test_every_module_has_its_test_twin() -> None:
    missing = []
    for path in modules():
        inside = path.relative_to(PACKAGE)
        if path.stem in TWINLESS or inside.parts[0] == "bench" or "schemas" in inside.parts:
            continue
        twin = ROOT / "tests" / "unit" / inside.parent / f"test_{path.stem}.py"
        if not twin.exists():
            missing.append(f"{inside} → {twin.relative_to(ROOT)}")
    assert not missing, "write the twin, or name the module in TWINLESS with a reason:\n" + "\n".join(missing)


def test_no_twin_has_lost_its_module() -> None:
    unit = ROOT / "tests" / "unit"
    lost = [
        str(twin.relative_to(ROOT))
        for twin in unit.rglob("test_*.py")
        if not (PACKAGE / twin.relative_to(unit).parent / f"{twin.stem.removeprefix('test_')}.py").exists()
    ]
    assert not lost, "the module these tests belong to is gone or renamed:\n" + "\n".join(lost)


def clock_reads(text: str) -> list[int]:
    """Lines of a module that read a clock of the machine."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and ast.unparse(node).removeprefix("datetime.") in CLOCKS | {
            "now"
        }:
            name = ast.unparse(node)
            if name in CLOCKS or name.removeprefix("datetime.") in CLOCKS:
                found.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            found.append(node.lineno)
    return found


def test_only_core_clock_reads_a_clock() -> None:
    readers = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        if path != PACKAGE / "core" / "clock.py"
        for line in clock_reads(path.read_text())
    ]
    assert not readers, "take `now` or a `Clock` (tocsin.core.clock) instead:\n" + "\n".join(readers)


@pytest.mark.parametrize(
    "planted",
    ["import time\nt = time.monotonic()", "from datetime import datetime\nn = datetime.now()", "from time import time",
     "import datetime\nn = datetime.datetime.now()"],
)  # fmt: skip
def test_a_planted_clock_read_is_found(planted: str) -> None:
    assert clock_reads(planted)


def test_sql_takes_instants_from_one_function() -> None:
    pattern = re.compile(
        r"\b(now\(\)|current_timestamp|clock_timestamp\(\)|statement_timestamp\(\)|localtimestamp)",
        re.IGNORECASE,
    )
    readers = []
    for path in sorted((PACKAGE / "store").rglob("*.sql")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.partition("--")[0]
            if pattern.search(code) and "language sql volatile as 'select clock_timestamp()'" not in code:
                readers.append(f"{path.relative_to(ROOT)}:{number}")
    assert not readers, "take the instant as a parameter or from tocsin_clock():\n" + "\n".join(readers)


def test_files_and_functions_stay_readable() -> None:
    long = []
    for path in modules():
        text = path.read_text()
        if text.count("\n") > 600:
            long.append(f"{path.relative_to(ROOT)} has {text.count(chr(10))} lines, 600 at most")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                if length > 70:
                    long.append(
                        f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines, 70 at most"
                    )
    assert not long, "\n".join(long)


def test_every_module_opens_with_its_contract() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent, (
        "say in two to six lines what goes in, what comes out, what it promises:\n" + "\n".join(silent)
    )


def test_no_file_names_an_address_of_a_registry() -> None:
    locks = [ROOT / "requirements.lock", ROOT / "console" / "package-lock.json", ROOT / "pyproject.toml"]
    named = [
        f"{path.name}:{number}"
        for path in locks
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r'"resolved"|--(extra-)?index-url|--find-links', line)
    ]
    assert not named, "lock files carry hashes, never addresses: run `make lock`"


def test_every_ignored_rule_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    rules = tomllib.loads(text)["tool"]["ruff"]["lint"]["ignore"]
    bare = [rule for rule in rules if not re.search(rf'"{rule}",\s*# \S', text)]
    assert not bare, f"give each of these its reason in a comment: {bare}"
