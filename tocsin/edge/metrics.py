"""What a collector counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

READINGS: Final = Counter("tocsin_edge_readings_total", "Readings taken from sensors.")
READINGS_REFUSED: Final = Counter(
    "tocsin_edge_readings_refused_total", "Values that were no reading.", ["reason"]
)
PICTURES: Final = Counter("tocsin_edge_pictures_total", "Whole pictures taken from cameras.", ["camera"])
PICTURES_DAMAGED: Final = Counter(
    "tocsin_edge_pictures_damaged_total", "Pictures that could not be used.", ["camera", "reason"]
)
PICTURES_SKIPPED: Final = Counter(
    "tocsin_edge_pictures_skipped_total", "Pictures passed over because the detectors were busy.", ["camera"]
)
DETECTIONS: Final = Counter("tocsin_edge_detections_total", "Detections on the box.", ["kind", "phase"])
DETECT_SECONDS: Final = Histogram(
    "tocsin_edge_detect_seconds",
    "Decoding and detectors for one picture.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2),
)
DETECTOR_ERRORS: Final = Counter("tocsin_edge_detector_errors_total", "Detectors that failed on an input.")
RELOADS: Final = Counter(
    "tocsin_edge_detectors_reloads_total", "Changes of the detectors' file: done or refused.", ["outcome"]
)
RULES_FAULTY: Final = Gauge(
    "tocsin_edge_detectors_faulty", "1 while the detectors' file has faults or a model cannot be used."
)
BURSTS: Final = Counter(
    "tocsin_edge_bursts_total",
    "Bursts by outcome: alarm, nothing, refused (too slow or too short), failed.",
    ["outcome"],
)
BURST_PICTURES: Final = Counter("tocsin_edge_burst_pictures_total", "Pictures taken in bursts.")
RESTARTS: Final = Counter("tocsin_edge_adapter_restarts_total", "Adapters started again.", ["device"])
OUTBOX_ENVELOPES: Final = Gauge("tocsin_edge_outbox_envelopes", "Envelopes that wait for a receipt.")
OUTBOX_BYTES: Final = Gauge("tocsin_edge_outbox_bytes", "Bytes that wait for a receipt.")
OUTBOX_LOST: Final = Gauge("tocsin_edge_outbox_lost_items", "Items dropped since the outbox was created.")
OUTBOX_REFUSED: Final = Counter(
    "tocsin_edge_outbox_refused_items_total", "Items that the disk did not take: lost without a tombstone."
)
SENT: Final = Counter("tocsin_edge_sent_total", "Envelopes handed to the broker.", ["lane"])
RESENT: Final = Counter("tocsin_edge_resent_total", "Envelopes sent again.", ["lane"])
SETTLED: Final = Counter("tocsin_edge_settled_total", "Envelopes deleted on a receipt.")
RECEIPTS_REFUSED: Final = Counter("tocsin_edge_receipts_refused_total", "Receipts not believed.", ["reason"])
CONNECTED: Final = Gauge("tocsin_edge_connected", "1 while the broker is there.")
CONNECTIONS: Final = Counter("tocsin_edge_connections_total", "Connections made to the broker.")
LINK_RATE: Final = Gauge("tocsin_edge_link_rate_bytes", "Measured rate of the link, bytes a second.")
