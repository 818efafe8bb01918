from __future__ import annotations

import asyncio
import sys

import prometheus_client
import pytest

from tests.support.edge import free_port
from tocsin import telemetry
from tocsin.core.errors import Rejected
from tocsin.demo import processes


async def test_a_collectors_count_is_taken_when_it_stands_still() -> None:
    registry = prometheus_client.REGISTRY
    counted = registry.get_sample_value("tocsin_edge_readings_total")
    with telemetry.serve("127.0.0.1", 0, list) as port:
        assert await processes._drained(port) == int(counted or 0)
    assert await processes._drained(free_port()) == 0


async def test_a_process_that_does_not_stop_is_ended() -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    await processes._end(process, 0.1)
    assert process.returncode == -9
    await processes._end(process, 0.1)


async def test_memory_is_of_the_processes_that_live() -> None:
    children = processes.Children()
    gone = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await gone.wait()
    children.collectors["box-gone"] = gone
    found = await asyncio.to_thread(processes.memory, children)
    assert set(found) == {"centre"}
    assert 10 < found["centre"] < 4_000


async def test_a_field_that_ends_at_once_is_a_sentence() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await process.wait()
    with pytest.raises(Rejected, match=r"see field\.log"):
        await processes._answers(f"http://127.0.0.1:{free_port()}/", process)
