from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tocsin import console


class Node:
    """Stands for npm: remembers, and fails where it is told to."""

    def __init__(self, root: Path, failing: str = "") -> None:
        self.root, self.failing, self.told = root, failing, []

    def __call__(self, arguments: Sequence[str]) -> int:
        self.told.append(" ".join(arguments))
        if arguments[-1] == "build":
            (self.root / "dist").mkdir(exist_ok=True)
            (self.root / "dist" / "index.html").write_text("built")
        return 3 if self.failing and self.failing in self.told[-1] else 0


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "console"
    root.mkdir()
    (root / "package-lock.json").write_text("{}")
    monkeypatch.setattr(console, "ROOT", root)
    monkeypatch.setattr(console, "STATIC", tmp_path / "static")
    return root


def test_a_build_describes_installs_builds_and_replaces(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(site)
    monkeypatch.setattr(console, "_npm", node)
    (console.STATIC / "old.js").parent.mkdir()
    (console.STATIC / "old.js").write_text("old")
    assert console.main(["build"]) == 0
    assert [line.split()[0] for line in node.told] == ["ci", "run"]
    assert [path.name for path in console.STATIC.iterdir()] == ["index.html"]
    assert json.loads((site / "openapi.json").read_text())["openapi"].startswith("3.")


def test_what_is_installed_and_fresh_is_not_installed_again(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node(site)
    monkeypatch.setattr(console, "_npm", node)
    monkeypatch.setattr(console, "_openapi", lambda: None)
    (site / "node_modules").mkdir()
    (site / "node_modules" / ".package-lock.json").write_text("{}")
    assert console.main(["check"]) == 0
    assert node.told == ["run --silent check"]


@pytest.mark.parametrize("failing", ["ci", "build"])
def test_a_failed_step_keeps_the_console_that_was_there(
    site: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    monkeypatch.setattr(console, "_npm", Node(site, failing))
    monkeypatch.setattr(console, "_openapi", lambda: None)
    console.STATIC.mkdir()
    (console.STATIC / "index.html").write_text("before")
    assert console.main(["build"]) == 3
    assert (console.STATIC / "index.html").read_text() == "before"


def test_any_other_word_is_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert console.main(["deploy"]) == 2
    assert "build|check|test" in capsys.readouterr().err
