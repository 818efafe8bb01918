"""What Prometheus is told of duty."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

ROSTERS_WRITTEN: Final = Counter("tocsin_rosters_written_total", "Rosters whose shifts were written ahead.")
DUTY_GAPS: Final = Gauge(
    "tocsin_duty_gap_grids",
    "Grids with a gap in their duty within the coming day, by what is missing.",
    ["code"],
)
