"""The heartbeat: how the box is, told every few seconds and kept like everything else."""

from __future__ import annotations

import asyncio
import ctypes
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import structlog

from tocsin.core import wire
from tocsin.core.clock import Clock
from tocsin.core.errors import Transient
from tocsin.core.wire import ClockState, Heartbeat, Lane
from tocsin.detectors.config import DetectorsConfig
from tocsin.edge.config import CollectorConfig
from tocsin.edge.detecting import Detecting
from tocsin.edge.outbox import Outbox
from tocsin.edge.outbox_file import Draft
from tocsin.edge.sending import Urgency
from tocsin.edge.vitals import Vitals

log = structlog.get_logger()

YEAR_MIN: Final = 2026
"""This software did not exist before: an earlier date is no date."""
YEAR_MAX: Final = 2090
_STA_UNSYNC: Final = 0x0040
_STA_NANO: Final = 0x2000
_TIME_ERROR: Final = 5


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2) as far as we read it; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("room", ctypes.c_byte * 256),
    )


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """What the box may claim of its clock."""

    state: ClockState
    offset_seconds: float | None
    """The kernel's remaining correction; None when it does not say."""


def kernel_clock() -> tuple[bool, float] | None:
    """Ask the kernel whether the clock is synchronised, and its offset in seconds; None where it cannot be asked."""
    try:
        timex = _Timex()
        outcome = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    if outcome < 0:
        return None
    scale = 1e9 if timex.status & _STA_NANO else 1e6
    return outcome != _TIME_ERROR and not timex.status & _STA_UNSYNC, timex.offset / scale


def judge_clock(
    configured: Literal["auto", "synced", "drifting", "unset"],
    year: int,
    kernel: tuple[bool, float] | None,
    *,
    timesync_seen: bool,
) -> ClockVerdict:
    """Decide what to claim: an impossible year is `unset`, a date nobody vouches for is `drifting`."""
    if configured != "auto":
        return ClockVerdict(ClockState(configured), kernel[1] if kernel is not None else None)
    if not YEAR_MIN <= year <= YEAR_MAX:
        return ClockVerdict(ClockState.UNSET, None)
    if kernel is not None:
        return ClockVerdict(ClockState.SYNCED if kernel[0] else ClockState.DRIFTING, kernel[1])
    return ClockVerdict(ClockState.SYNCED if timesync_seen else ClockState.DRIFTING, None)


def look_at_clock(config: CollectorConfig, clock: Clock) -> ClockVerdict:
    """Judge the clock of this machine now."""
    return judge_clock(
        config.clock,
        clock.now().year,
        kernel_clock(),
        timesync_seen=Path("/run/systemd/timesync/synchronized").exists(),
    )


def memory_bytes(process: str = "self") -> int:
    """Sum the proportional memory of this process and its children; 0 where the kernel does not tell."""
    total = _pss(process)
    for child in _children(process):
        total += _pss(child)
    return total


def _pss(process: str) -> int:
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return 0
    return 0


def _children(process: str) -> list[str]:
    found: list[str] = []
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            found += (task / "children").read_text(encoding="ascii").split()
    except OSError:
        return found
    return found


def software() -> str:
    """Name this software and its version."""
    try:
        return f"tocsin/{version('tocsin')}"
    except PackageNotFoundError:
        return "tocsin"


class Health:
    """Sends the heartbeat of one box."""

    def __init__(
        self,
        *,
        config: CollectorConfig,
        outbox: Outbox,
        detecting: Detecting,
        vitals: Vitals,
        clock: Clock,
        rules: Callable[[], DetectorsConfig],
    ) -> None:
        """`rules` gives the detectors in force."""
        self._config = config
        self._outbox = outbox
        self._detecting = detecting
        self._vitals = vitals
        self._clock = clock
        self._rules = rules
        self._began = clock.monotonic()
        self._verdict = look_at_clock(config, clock)
        self._software = software()
        outbox.clock_state = lambda: self._verdict.state

    async def run(self) -> None:
        """Send one now and then one every `heartbeat_seconds`, until cancelled."""
        while True:
            await self.send()
            await asyncio.sleep(self._config.heartbeat_seconds)

    async def send(self) -> None:
        """Put one heartbeat into the outbox."""
        self._verdict = look_at_clock(self._config, self._clock)
        live = self._outbox.link_up
        draft = Draft(
            Lane.HEALTH,
            Urgency.HEALTH,
            wire.pack_items([await self.beat()]),
            1,
            self._verdict.state,
            historical=not live,
        )
        try:
            await self._outbox.put(draft)
        except Transient as error:
            log.warning("heartbeat.not_kept", reason=str(error))

    async def beat(self) -> Heartbeat:
        """Measure the box."""
        depth = await self._outbox.depth()
        memory = await asyncio.to_thread(memory_bytes)
        rules = self._rules()
        here = [rule.name for rule in rules.detectors if rule.at == "box"]
        here += [rule.name for rule in rules.together if rule.at == "box"]
        return Heartbeat(
            uptime_seconds=self._clock.monotonic() - self._began,
            outbox_depth=depth.envelopes,
            outbox_bytes=depth.bytes,
            outbox_oldest_us=depth.oldest_us,
            clock=self._verdict.state,
            clock_offset_seconds=self._verdict.offset_seconds,
            disk_free_bytes=_disk_free(self._config.outbox.path),
            memory_bytes=memory,
            revision=self._config.revision,
            software=self._software,
            devices=self._vitals.list(),
            raised=await self._detecting.raised(),
            lost=depth.lost,
            interval_seconds=self._config.heartbeat_seconds,
            rules=here[: wire.RULES_MAX],
            detectors=rules.digest()[:12],
        )


def _disk_free(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return 0
