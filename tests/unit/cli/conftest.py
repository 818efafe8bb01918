"""The command line as a person meets it: arguments in; exit code, output and refusals out."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import structlog

from tests.support.database import Server
from tocsin import cli


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def tocsin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command in this process."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tocsin", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Outcome(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def dsn(database_server: Server) -> Iterator[str]:
    """A migrated database of one's own for commands, which bring their own event loop."""
    name = database_server.create(asyncio.run(database_server.template()))
    yield database_server.address(name)
    database_server.drop(name)


@pytest.fixture
def bare_dsn(database_server: Server) -> Iterator[str]:
    """An empty database."""
    name = database_server.create()
    yield database_server.address(name)
    database_server.drop(name)
