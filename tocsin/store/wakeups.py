"""Wakes whoever waits for incidents, one listening connection a process.

`run` listens for ever and reconnects; `wait` returns when something was written, or after its
seconds.  Nobody may rely on being woken: a lost connection costs at most the second that every
wait is limited to.
"""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakKeyDictionary

import structlog
from psycopg import AsyncConnection

from tocsin.core.errors import Transient
from tocsin.store.connect import connection_string, translate

log = structlog.get_logger()

WAIT_SECONDS_MAX: Final = 1.0
"""A dead peer is not noticed by listening; so nobody waits longer without asking."""
_BACK_OFF_SECONDS: Final = (0.1, 1.0)


class Wakeups:
    """Spread the database's notifications to the tasks of this process."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._count = 0
        self._bell = asyncio.Event()
        self._heard: WeakKeyDictionary[asyncio.Task[object], int] = WeakKeyDictionary()
        self.listening = asyncio.Event()
        """Set while the connection listens."""

    async def wait(self, seconds: float) -> None:
        """Return at once when something was written since this task's last wait, else when it is or after `seconds` (≤ 1)."""
        task = asyncio.current_task()
        if task is None or self._heard.get(task, self._count) == self._count:
            bell = self._bell
            try:
                async with asyncio.timeout(min(max(seconds, 0.0), WAIT_SECONDS_MAX)):
                    await bell.wait()
            except TimeoutError:
                pass
        if task is not None:
            self._heard[task] = self._count

    async def run(self) -> None:
        """Listen until cancelled; runs beside those who wait, in the task group of the process."""
        delay = _BACK_OFF_SECONDS[0]
        while True:
            try:
                await self._listen()
            except Transient as error:
                if self.listening.is_set():
                    delay = _BACK_OFF_SECONDS[0]
                    log.warning("wakeups.lost", reason=str(error))
            finally:
                self.listening.clear()
            await asyncio.sleep(delay)
            delay = min(delay * 2, _BACK_OFF_SECONDS[1])

    async def _listen(self) -> None:
        with translate():
            async with await AsyncConnection.connect(
                connection_string(self._dsn), autocommit=True
            ) as connection:
                await connection.execute("listen tocsin_incident")
                self.listening.set()
                self._ring()  # what was written while nobody listened
                while True:
                    async for _ in connection.notifies(timeout=WAIT_SECONDS_MAX, stop_after=1):
                        self._ring()
                    answer = await connection.execute("select current_setting('transaction_read_only')")
                    if await answer.fetchone() != ("off",):
                        raise Transient("the server that was listened to takes no writes any more")

    def _ring(self) -> None:
        self._count += 1
        self._bell.set()
        self._bell = asyncio.Event()
