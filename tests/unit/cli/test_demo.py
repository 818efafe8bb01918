from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run
from tocsin.core.errors import Rejected
from tocsin.demo import run
from tocsin.demo.model import DemoOptions


def test_what_is_said_on_the_command_line_reaches_the_demo(
    tocsin: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    async def started(options: DemoOptions, stop: asyncio.Event, say: Callable[[str], None]) -> None:
        given.append(options)
        assert not stop.is_set()
        say("ready after 3.0 s: [link]")

    monkeypatch.setattr(run, "run", started)
    done = tocsin(
        "demo", "--headless", "--for", 60, "--speed", 60, "--report", "r.json", "--port", 8800, "--fresh"
    )
    assert (done.code, done.out) == (0, "ready after 3.0 s: [link]\n")
    assert given == [
        DemoOptions(
            data=Path("data/demo"),
            port=8800,
            speed=60,
            seconds=60,
            report=Path("r.json"),
            fresh=True,
            headless=True,
        )
    ]


def test_a_refusal_of_the_demo_is_a_sentence(tocsin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(options: DemoOptions, stop: asyncio.Event, say: Callable[[str], None]) -> None:
        raise Rejected("demo.port", "port 8700 is taken: choose another with --port")

    monkeypatch.setattr(run, "run", refused)
    done = tocsin("demo")
    assert (done.code, done.out) == (2, "")
    assert done.err == "tocsin: port 8700 is taken: choose another with --port\n"


@pytest.mark.parametrize("wrong", [("--speed", 0), ("--for", 0), ("--port", 0), ("--haste",)])
def test_what_makes_no_sense_is_refused_before_anything_starts(
    tocsin: Run, monkeypatch: pytest.MonkeyPatch, wrong: tuple[object, ...]
) -> None:
    monkeypatch.setattr(run, "run", None)
    done = tocsin("demo", *wrong)
    assert done.code == 2
    assert str(wrong[0]) in done.err
