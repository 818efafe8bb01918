"""docs/troubleshooting.md and the code name the same log lines and the same refusals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
LEVELS = {"warning", "error", "exception", "critical"}
NOT_FOR_PEOPLE = {
    "incident.exists", "incident.merge_itself", "merge.itself",  # a page cannot ask for these
    "live.cursor", "readings.span", "metrics.off", "act.form", "policy.unknown", "store.value",  # for programs
    "receipt.form", "command.form",  # told as log lines
    "address.form", "address.insecure", "address.private", "password.length",  # said where they are typed
    "picture.unreadable", "picture.original", "picture.not_here", "picture.shape",  # shown in the picture's place
    "report.caller", "report.severity",
    "detectors.state", "detectors.configuration",  # told as detectors.anew, detectors.learn_anew
    "camera.sign_in", "camera.no_stream", "camera.packed", "payload.form", "payload.too_large", "picture.form", "picture.half", "picture.too_large", "picture.truncated",
    "picture.undecodable", "picture.unencodable", "senml.form", "senml.number", "senml.time", "senml.too_large",
    "time.form", "unit.unknown",  # reasons of adapter.fell and labels of metrics on the box
}  # fmt: skip


@cache
def calls() -> list[ast.Call]:
    return list(_calls())


def _calls() -> Iterator[ast.Call]:
    for path in sorted((ROOT / "tocsin").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                yield node


def events() -> set[str]:
    return {
        str(call.args[0].value)
        for call in calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and ast.unparse(call.func.value) == "log"
        and isinstance(call.args[0], ast.Constant)
    }


def codes() -> set[str]:
    return {
        str(call.args[0].value)
        for call in calls()
        if isinstance(call.func, ast.Name)
        and call.func.id in {"Rejected", "NotFound"}
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_warning_and_error_has_its_entry() -> None:
    entries = set(re.findall(r"^### ([a-z_]+(?:\.[a-z_]+)?)$", TEXT, re.MULTILINE))
    assert len(events()) > 40
    assert not events() - entries, "write what it means and what to do"
    assert not entries - events(), "no code writes these any more"


def test_the_index_is_complete_in_order_and_its_links_lead_somewhere() -> None:
    index = re.findall(r"^\| \[([a-z_.]+)\]\(#([a-z_]+)\)", TEXT, re.MULTILINE)
    assert [name for name, _ in index] == sorted(events())
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", TEXT))
    assert not links - anchors


def test_every_refusal_that_people_meet_is_named() -> None:
    known = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", TEXT))
    assert len(codes()) > 60
    missing = codes() - known - NOT_FOR_PEOPLE
    assert not missing, "add a row to docs/troubleshooting.md, or name it in NOT_FOR_PEOPLE with a reason"


@pytest.mark.parametrize("name", sorted(NOT_FOR_PEOPLE))
def test_what_is_excused_still_exists(name: str) -> None:
    assert name in codes() or f"`{name}`" in TEXT, f"take {name} out of NOT_FOR_PEOPLE"


def test_metrics_that_are_named_exist() -> None:
    declared = {
        str(call.args[0].value)
        for call in calls()
        if isinstance(call.func, ast.Name)
        and call.func.id in {"Counter", "Gauge", "Histogram"}
        and isinstance(call.args[0], ast.Constant)
    }
    named = set(re.findall(r"`(tocsin_[a-z_]+)", TEXT))
    assert named
    assert not named - declared
