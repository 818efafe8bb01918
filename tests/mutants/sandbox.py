"""A copy of the product and its tests, in which one fault at a time is planted; the work tree is never touched."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.mutants.fault import Fault

ROOT: Final = Path(__file__).parents[2]
_LEFT_OUT: Final = shutil.ignore_patterns("static", "__pycache__", "node_modules", "mutants")
TEST_SECONDS: Final = 30
"""A fault may make a loop endless; the test that hangs has caught it."""
_HOW: Final = (
    *("-x", "-q", "-m", "not heavy", "-p", "no:cacheprovider", f"--timeout={TEST_SECONDS}"),
    # What the processes share is imported before pytest can see its assertions; nothing in it is a test.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
GREEN, RED = 0, 1
"""Exit codes of pytest; any other means that nothing was judged."""


def build(folder: Path) -> Path:
    """Copy the product, its tests and the pages that they read into an empty folder."""
    shutil.copytree(ROOT / "tocsin", folder / "tocsin", ignore=_LEFT_OUT)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=_LEFT_OUT)
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy2(ROOT / "pyproject.toml", folder)
    return folder


def places(fault: Fault, root: Path = ROOT) -> int:
    """Count how often a fault's text stands in its file."""
    path = root / "tocsin" / fault.file
    return path.read_text().count(fault.text) if path.is_file() else 0


@contextlib.contextmanager
def planted(folder: Path, fault: Fault, number: int) -> Iterator[None]:
    """Plant a fault in a copy, and take it out again."""
    path = folder / "tocsin" / fault.file
    sound, before = path.read_text(), path.stat()
    path.write_text(sound.replace(fault.text, fault.instead))
    # Compiled files are known by whole seconds and size: each fault has seconds of its own.
    os.utime(path, (before.st_atime, before.st_mtime + 10 * (number + 1)))
    try:
        yield
    finally:
        path.write_text(sound)
        os.utime(path, (before.st_atime, before.st_mtime))


def check(folder: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests of a copy in this process, up to the first that fails; a process may call it once."""
    import pytest

    os.chdir(folder)
    sys.path[:] = [str(folder), *(one for one in sys.path if one not in {"", str(ROOT)})]
    for name in [name for name in sys.modules if name.split(".")[0] in {"tests", "tocsin"}]:
        del sys.modules[name]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main([*tests, *_HOW])
    return int(code), said.getvalue()
