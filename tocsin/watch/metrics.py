"""What the watcher counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

LAST_LOOK: Final = Gauge("tocsin_watch_last_look_timestamp_seconds", "When the watcher last ended a look.")
LOOK_SECONDS: Final = Histogram(
    "tocsin_watch_look_seconds",
    "Duration of one look.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5),
)
BLIND: Final = Counter("tocsin_watch_blind_looks_total", "Looks in which the database could not be asked.")
STANDING: Final = Gauge("tocsin_watch_findings", "Findings that stand, by level.", ["level"])
PAGES: Final = Counter("tocsin_watch_pages_total", "Pages by channel and answer.", ["channel", "answer"])
AUDITED: Final = Counter(
    "tocsin_watch_audited_incidents_total", "Incidents whose log was verified and replayed."
)
