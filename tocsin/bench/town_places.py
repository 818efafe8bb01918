"""How long a city's grids take to come in with the four checks, and how long a point takes to find its grid."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from resource import struct_rusage
from typing import Final

import numpy as np
import yaml

from tocsin.bench.response import Figure
from tocsin.bench.town import Ground
from tocsin.bench.town_tiling import Tiling, outlines, sheet
from tocsin.core.clock import SystemClock
from tocsin.core.errors import Rejected
from tocsin.store.places import PgPlacesStore
from tocsin.town.grid_desk import Order, import_grids
from tocsin.town.jobs import Unwatched
from tocsin.town.locator import Locator

CITY: Final = ((4, 2), (2, 5), (4, 5), (4, 5))
"""8 counties, 80 towns, 1,600 villages, 32,000 grids."""
POINTS: Final = 20_000


async def measure(ground: Ground, part: str) -> Mapping[str, Figure]:
    """Measure `import` or `locate`."""
    return await (_import(ground) if part == "import" else _locate(ground))


async def _import(ground: Ground) -> Mapping[str, Figure]:
    """Run the command in a process of its own: what it takes is what an administrator waits for."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        places = list(Tiling("3701", CITY).places())
        (folder / "grids.csv").write_bytes(sheet(places))
        (folder / "grids.geojson").write_bytes(outlines(places))
        (folder / "centre.yaml").write_text(yaml.safe_dump({"data": name, "store": {"dsn": ground.dsn}}))
        command = [
            sys.executable, "-m", "tocsin", "grid", "import", str(folder / "grids.csv"),
            "--outlines", str(folder / "grids.geojson"), "--config", str(folder / "centre.yaml"),
        ]  # fmt: skip
        began = clock.monotonic()
        code, used = await asyncio.to_thread(_run, command)
        seconds = clock.monotonic() - began
    if code != 0:
        raise Rejected("bench.import", f"the import ended with code {code}")
    kept = await PgPlacesStore(ground.pool).records("", most=40_000)
    return {
        "import_grids": Figure(len(kept), least=32_000),
        "import_seconds": Figure(round(seconds, 2), most=30.0),
        "import_processor_seconds": Figure(round(used.ru_utime + used.ru_stime, 2), most=30.0),
        "import_peak_mb": Figure(round(used.ru_maxrss / 1024), most=1000.0),
    }


def _run(command: list[str]) -> tuple[int, struct_rusage]:
    """Run a command; give its exit code and what it used."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 our own command
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, used


async def _locate(ground: Ground) -> Mapping[str, Figure]:
    """Ask for points all over the city, one at a time."""
    store, clock = PgPlacesStore(ground.pool), SystemClock()
    places = list(Tiling("3701", CITY).places())
    order = Order(sheet=sheet(places), outlines=outlines(places))
    await import_grids(store, order, clock.now(), Unwatched())
    records = await store.records("", outlines=True)
    began = clock.monotonic()
    locator = Locator(records)
    built = clock.monotonic() - began
    west, south = np.array(places[0].ring).min(axis=0)
    east, north = np.array(places[0].ring).max(axis=0)
    points = np.random.default_rng(2).uniform((south, west), (north, east), (POINTS, 2)).tolist()
    found = 0
    began = clock.monotonic()
    for latitude, longitude in points:
        found += locator.find(latitude, longitude) is not None
    micro = (clock.monotonic() - began) / POINTS * 1e6
    return {
        "locate_us": Figure(round(micro, 1), most=50.0),
        "locate_build_seconds": Figure(round(built, 2), most=10.0),
        "locate_found_share": Figure(round(found / POINTS, 3), least=0.95),
    }
