"""Keeps the figures on detectors for Prometheus: what people said of the alarms of the last thirty days.

Asks now and then; a question that fails is asked again, for a figure that is late harms nobody.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Final

import structlog

from tocsin.alerts import metrics
from tocsin.alerts.quality_ports import QualityQueries, Truth
from tocsin.core.clock import Clock
from tocsin.core.detections import Kind

log = structlog.get_logger()

SPAN: Final = timedelta(days=30)
EVERY_SECONDS: Final = 300.0
ROWS_MOST: Final = 20_000
NAMES_MAX: Final = 200
"""Detectors told apart, those with the most verdicts first; the rest is summed as `other`: names come from files."""
OTHER: Final = "other"
DEVICE_KINDS: Final = frozenset({"camera", "sensor", "button"})


class QualityKeeper:
    """Refresh gauges until told to stop."""

    def __init__(self, queries: QualityQueries, clock: Clock) -> None:
        self._queries = queries
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Count every five minutes until `stop` is set."""
        while not stop.is_set():
            try:
                await self.count()
            except Exception as error:  # noqa: BLE001 figures must never stop those who ring
                log.warning("quality.postponed", reason=f"{type(error).__name__}: {error}"[:500])
            try:
                async with asyncio.timeout(EVERY_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def count(self) -> None:
        """Count once; raises `Transient` when the store is away."""
        now = self._clock.now()
        counts: Counter[tuple[str, Kind, Truth]] = Counter()
        names: Counter[str] = Counter()
        for row in await self._queries.detectors("", now - SPAN, now, ROWS_MOST):
            for judgement, number in (
                (Truth.REAL, row.real),
                (Truth.FALSE, row.false),
                (Truth.UNJUDGED, row.unjudged),
            ):
                counts[row.detector, row.kind, judgement] += number
                names[row.detector] += number
        known = {name for name, _ in names.most_common(NAMES_MAX)}
        metrics.DETECTOR_VERDICTS.clear()
        for (detector, kind, judgement), number in counts.items():
            name = detector if detector in known else OTHER
            metrics.DETECTOR_VERDICTS.labels(name, kind.value, judgement.value).inc(number)
        worked = await self._queries.days("", now - SPAN, now, ROWS_MOST)
        for gauge in (metrics.DEVICE_DAYS, metrics.DEVICE_FALSE_ALARMS, metrics.DEVICE_FALSE_DAYS):
            gauge.clear()
        for day in worked:
            fleet = day.device_kind if day.device_kind in DEVICE_KINDS else OTHER
            metrics.DEVICE_DAYS.labels(fleet).inc(day.days)
            metrics.DEVICE_FALSE_ALARMS.labels(fleet).inc(day.false)
            metrics.DEVICE_FALSE_DAYS.labels(fleet).inc(day.false_days)
