from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from tocsin.cli.stopping import until_stopped

STUBBORN = """
import asyncio
from tocsin.cli.stopping import until_stopped
async def work(stop):
    print("ready", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    await asyncio.Event().wait()
asyncio.run(until_stopped(work))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_asks_the_work_to_stop(number: signal.Signals) -> None:
    stopped = []

    async def work(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await stop.wait()
        stopped.append(number)

    before = signal.getsignal(number)
    await asyncio.wait_for(until_stopped(work), 5)
    assert stopped == [number]
    assert signal.getsignal(number) in {before, signal.default_int_handler, signal.SIG_DFL}


def test_a_second_signal_ends_at_once() -> None:
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopping\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
