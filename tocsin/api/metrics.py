"""Figures of the HTTP face for Prometheus."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS: Final = Counter(
    "tocsin_api_requests_total", "Requests answered, by operation and status.", ["operation", "status"]
)
SECONDS: Final = Histogram(
    "tocsin_api_request_seconds",
    "Seconds from the request's arrival to the answer's first byte; live streams are not in it.",
    ["operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
SIGN_INS: Final = Counter(
    "tocsin_api_sign_ins_total", "Sign-ins by outcome: ok, wrong, throttled.", ["outcome"]
)
LIVE_STREAMS: Final = Gauge("tocsin_api_live_streams", "Open live streams.")
LIVE_EVENTS: Final = Counter("tocsin_api_live_events_total", "Events sent over live streams.")
ORIGINALS: Final = Counter(
    "tocsin_api_original_views_total", "Views of original pictures; each has its audit line."
)
LINKS: Final = Counter(
    "tocsin_api_links_total",
    "Uses of one-tap links by outcome: opened, acted, refused, throttled.",
    ["outcome"],
)
