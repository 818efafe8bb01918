"""What the database costs, as Prometheus metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

READINGS = Counter("tocsin_store_readings_total", "Readings stored.")
STREAMS = Counter("tocsin_store_streams_total", "Streams registered.")
FLUSH_SECONDS = Histogram(
    "tocsin_store_flush_seconds",
    "Length of the transaction of a flush, from its lease to its commit.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
DIRTY_HOURS = Gauge("tocsin_store_dirty_buckets", "Hours of streams whose roll-ups wait for being computed.")
PARTITIONS_DROPPED = Counter(
    "tocsin_store_partitions_dropped_total", "Old days dropped, by table.", ["table"]
)
MAINTENANCE_FAILURES = Counter(
    "tocsin_store_maintenance_failures_total", "Maintenance steps that failed.", ["step"]
)
PICTURES_KEPT = Counter(
    "tocsin_store_pictures_kept_total", "Pictures put together and given to the picture store."
)
PICTURES_DAMAGED = Counter(
    "tocsin_store_pictures_damaged_total", "Pictures whose bytes did not fit their hash."
)
