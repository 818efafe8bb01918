"""What ingest counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

MESSAGES: Final = Counter("tocsin_ingest_messages_total", "Messages by what became of them.", ["outcome"])
READINGS: Final = Counter("tocsin_ingest_readings_total", "Readings committed.")
OUT_OF_ORDER: Final = Counter(
    "tocsin_ingest_readings_out_of_order_total", "Readings stored but not shown to detectors."
)
DETECTIONS: Final = Counter("tocsin_ingest_detections_total", "New detections committed.")
QUARANTINED: Final = Counter("tocsin_ingest_quarantined_total", "Messages put aside, by code.", ["code"])
LOST: Final = Counter(
    "tocsin_ingest_lost_items_total", "Items that collectors had to drop, as they reported."
)
DROPPED: Final = Counter(
    "tocsin_ingest_messages_dropped_total",
    "Messages sent without asking for an acknowledgement (QoS 0) that came while too many waited.",
)
FLUSHES: Final = Counter("tocsin_ingest_flushes_total", "Flushes by outcome.", ["outcome"])
FLUSH_SECONDS: Final = Histogram(
    "tocsin_ingest_flush_seconds",
    "Duration of a flush from its lease to its commit.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
RECEIPTS: Final = Counter("tocsin_ingest_receipts_total", "Receipts published.")
REPLAYED: Final = Counter(
    "tocsin_ingest_replayed_flushes_total", "Stored flushes shown to restored detectors."
)
CONNECTIONS: Final = Counter("tocsin_ingest_connections_total", "Connections to the broker that stood.")
STALE_ACKS: Final = Counter(
    "tocsin_ingest_stale_acknowledgements_total",
    "Acknowledgements dropped because their connection was gone.",
)
OVERSIZE: Final = Counter(
    "tocsin_ingest_oversize_total", "Messages larger than an envelope may be, cut on receipt."
)
WAITING: Final = Gauge("tocsin_ingest_waiting_messages", "Messages received and not yet taken up.")
IN_FLIGHT_LIMIT: Final = Gauge(
    "tocsin_ingest_in_flight_limit", "Messages the broker hands over without acknowledgement, as measured."
)
RULES_FAULTY: Final = Gauge(
    "tocsin_ingest_detectors_faulty", "1 while the detectors' file has faults and an earlier one is in force."
)
RULES_CHANGES: Final = Counter(
    "tocsin_ingest_detectors_changes_total", "Changes of the detectors' file: done or refused.", ["outcome"]
)
TWICE: Final = Counter(
    "tocsin_ingest_detections_twice_total",
    "Detections of a rule that also runs on the collector's box: left to the box.",
    ["rule"],
)
