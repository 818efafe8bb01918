"""Writes what became of notices into their incidents, many in one transaction.

While one batch commits the next one gathers, so that five thousand outcomes take tens of transactions
and one takes no longer than its own.  A batch that fails is done again one incident at a time; what
fails alone is logged and given up: the notice's own row still says what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from tocsin.alerts.commands import SettleNotice
from tocsin.alerts.model import Notice
from tocsin.alerts.service import AlertService
from tocsin.core.ids import IncidentId

log = structlog.get_logger()

WAITING_MAX: Final = 2000
BATCH_MAX: Final = 200

Item = tuple[Notice, SettleNotice]
_Waiting = tuple[Item, asyncio.Future[None] | None]


class Recorder:
    """Batch outcomes; one `run` per recorder."""

    def __init__(self, service: AlertService) -> None:
        self._service = service
        self._waiting: asyncio.Queue[_Waiting | None] = asyncio.Queue(WAITING_MAX)

    async def put(self, item: Item) -> None:
        """Hand an outcome over without waiting for its commit."""
        await self._waiting.put((item, None))

    async def record(self, item: Item) -> None:
        """Hand an outcome over and wait for its commit; raises what the commit raised."""
        done = asyncio.get_running_loop().create_future()
        await self._waiting.put((item, done))
        await done

    async def finish(self) -> None:
        """Let `run` end when everything handed over is written."""
        await self._waiting.put(None)

    async def run(self) -> None:
        """Write outcomes until `finish`."""
        ending = False
        while not ending:
            batch, ending = await self._gather()
            if batch:
                await self._write(batch)

    async def _gather(self) -> tuple[list[_Waiting], bool]:
        batch: list[_Waiting] = []
        one = await self._waiting.get()
        while one is not None:
            batch.append(one)
            if len(batch) >= BATCH_MAX or self._waiting.empty():
                return batch, False
            one = self._waiting.get_nowait()
        return batch, True

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self._service.settle([_outcome(item) for item, _ in batch])
        except Exception as error:  # noqa: BLE001 whatever it is, the outcomes of other incidents must be written
            log.info("outcomes.one_by_one", count=len(batch), reason=str(error))
            await self._write_apart(batch)
        else:
            for _, done in batch:
                if done is not None and not done.done():
                    done.set_result(None)

    async def _write_apart(self, batch: Sequence[_Waiting]) -> None:
        for item, done in batch:
            try:
                await self._service.settle([_outcome(item)])
            except Exception as error:  # the same
                log.exception(
                    "outcome.unrecorded",
                    notice=item[0].id,
                    incident=item[0].incident,
                    outcome=item[1].outcome.value,
                )
                if done is not None and not done.done():
                    done.set_exception(error)
            else:
                if done is not None and not done.done():
                    done.set_result(None)


def _outcome(item: Item) -> tuple[IncidentId, SettleNotice]:
    notice, command = item
    return notice.incident, command
