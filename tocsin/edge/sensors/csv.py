"""Replays a CSV file as if its sensors stood here: same distances in time, or faster.

Reads line by line, so the file may be larger than the memory. A line that cannot be read is
counted and passed over; an empty cell is no reading.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from typing import Final

import structlog
from typing_extensions import override

from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Reading
from tocsin.edge import metrics
from tocsin.edge.config import CollectorConfig, CsvSensor, ValueColumn
from tocsin.edge.ports import Adapter, Intake
from tocsin.edge.sensors.values import instant_us, number, reading

log = structlog.get_logger()

LINES_AT_ONCE: Final = 64
"""Lines read before the event loop gets its turn."""
WAIT_SECONDS_MAX: Final = 86_400.0

Row = tuple[int, list[tuple[StreamId, ValueColumn, float | None, str]]]


class CsvReplay(Adapter):
    """One file."""

    def __init__(self, config: CsvSensor, collector: CollectorConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._streams = {column: collector.stream(value.stream) for column, value in config.columns.items()}

    @override
    async def run(self, intake: Intake) -> None:
        while True:
            await self._once(intake)
            if not self._config.loop:
                log.info("csv.ended", sensor=self._config.name)
                return
            # A file without lines must not spin.
            await asyncio.sleep(0.2)

    async def _once(self, intake: Intake) -> None:
        began = self._clock.monotonic()
        first_us: int | None = None
        for count, (observed_us, cells) in enumerate(self._rows()):
            if first_us is None:
                first_us = observed_us
            await self._wait_for(began, observed_us - first_us)
            if count % LINES_AT_ONCE == 0:
                await asyncio.sleep(0)
            at_us = to_us(self._clock.now()) if self._config.restamp == "now" else observed_us
            await intake.readings([_reading(cell, at_us) for cell in cells])

    async def _wait_for(self, began: float, elapsed_us: int) -> None:
        if self._config.pace == "fast":
            return
        speed = 1.0 if self._config.pace == "original" else self._config.pace
        seconds = began + elapsed_us / 1e6 / speed - self._clock.monotonic()
        if seconds > 0:
            await asyncio.sleep(min(seconds, WAIT_SECONDS_MAX))

    def _rows(self) -> Iterator[Row]:
        try:
            with self._config.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                for _ in range(self._config.skip_lines):
                    file.readline()
                rows = csv.DictReader(file, delimiter=self._config.delimiter, skipinitialspace=True)
                self._check_header(list(rows.fieldnames or []))
                yield from self._parsed(rows)
        except (OSError, csv.Error) as error:
            raise Rejected("csv.file", f"cannot read {self._config.path}: {error}") from error

    def _check_header(self, header: list[str]) -> None:
        missing = [name for name in [self._config.time_column, *self._config.columns] if name not in header]
        if missing:
            raise Rejected(
                "csv.header",
                f"{self._config.path.name} has no column {', '.join(map(repr, missing))}: its columns are {', '.join(map(repr, header[:40]))}",
            )

    def _parsed(self, rows: csv.DictReader[str]) -> Iterator[Row]:
        for row in rows:
            try:
                observed_us = self._instant(row[self._config.time_column])
            except Rejected as error:
                metrics.READINGS_REFUSED.labels(error.code).inc()
                continue
            yield (
                observed_us,
                [
                    (self._streams[column], value, number(row[column]), row[column])
                    for column, value in self._config.columns.items()
                    if row[column] is not None and row[column].strip() != ""
                ],
            )

    def _instant(self, raw: str | None) -> int:
        form = "seconds" if self._config.time_format == "elapsed" else self._config.time_format
        return instant_us(raw, form)


def _reading(cell: tuple[StreamId, ValueColumn, float | None, str], at_us: int) -> Reading:
    stream, column, value, raw = cell
    if value is None:
        return reading(stream, None, at_us, unit=column.unit, text=raw)
    return reading(stream, value * column.factor + column.offset, at_us, unit=column.unit)
