"""Metrics of the response engine."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from tocsin.alerts.ports import Change

DEADLINE_LATENESS = Histogram(
    "tocsin_alerts_deadline_lateness_seconds",
    "From the instant of a deadline to the start of the transaction that decided it.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600),
)
DEADLINES_FIRED = Counter("tocsin_alerts_deadlines_fired_total", "Deadlines that were decided and committed.")
DEADLINES_FAILED = Counter(
    "tocsin_alerts_deadlines_failed_total", "Deadlines whose decision failed and was pushed back."
)
DUE_BATCH_SECONDS = Histogram(
    "tocsin_alerts_due_batch_seconds",
    "Claim, decide and commit of one batch of due incidents.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
ESCALATOR_FAILURES = Counter("tocsin_alerts_escalator_failures_total", "Rounds of the escalator that failed.")
ESCALATOR_LAST_ROUND = Gauge(
    "tocsin_alerts_escalator_last_round_timestamp_seconds",
    "When the escalator last looked for due deadlines.",
)

INCIDENT_EVENTS = Counter("tocsin_alerts_incident_events_total", "Incident events committed.", ["event"])
COMMANDS_REFUSED = Counter(
    "tocsin_alerts_commands_refused_total", "Commands that the rules refused.", ["code"]
)
COMMAND_RETRIES = Counter(
    "tocsin_alerts_command_retries_total", "Decisions made again after a conflict or a fault."
)
INTAKE_DETECTIONS = Counter(
    "tocsin_alerts_intake_detections_total", "Detections taken in, by what they did.", ["effect"]
)
ANNUNCIATIONS = Counter(
    "tocsin_alerts_annunciations_total", "Times that an alarm asked for an operator's attention.", ["kind"]
)
ALARMS_STANDING = Gauge("tocsin_alerts_alarms", "Alarms by what an operator must know of them.", ["what"])
"""`raised`, `stale`, `chattering`, `shelved`, `suppressed`, `out_of_service`."""
ALARM_KEEPER_LAST_ROUND = Gauge(
    "tocsin_alerts_alarm_keeper_last_round_timestamp_seconds",
    "When the keeper last looked for alarms whose time had come.",
)
ALARM_KEEPER_FAILURES = Counter(
    "tocsin_alerts_alarm_keeper_failures_total", "Rounds of the alarm keeper that failed."
)
ALARM_LATENESS = Histogram(
    "tocsin_alerts_alarm_due_lateness_seconds",
    "From the instant at which an alarm had to be looked at to the transaction that did.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600),
)
LINKS_LOST = Gauge("tocsin_alerts_links_lost", "Collectors whose link is lost, as the watch sees it.")
LINK_WATCH_FAILURES = Counter(
    "tocsin_alerts_link_watch_failures_total", "Rounds of the watch over collectors' links that failed."
)

NOTICES = Counter(
    "tocsin_alerts_notices_total",
    "Notices that came to an end, by channel and outcome.",
    ["channel", "outcome"],
)
NOTICE_TRIES = Counter(
    "tocsin_alerts_notice_tries_total", "Tries by channel and answer.", ["channel", "answer"]
)
NOTICE_SECONDS = Histogram(
    "tocsin_alerts_notice_send_seconds",
    "Duration of one try.",
    ["channel"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
NOTICE_DELAY = Histogram(
    "tocsin_alerts_notice_delay_seconds",
    "From the instant at which a notice may be sent to the provider's acceptance.",
    ["channel"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45, 90, 180, 600),
)
NOTICES_POSTPONED = Counter(
    "tocsin_alerts_notices_postponed_total", "Notices given back for later, by reason.", ["channel", "reason"]
)
PROVIDER_UP = Gauge(
    "tocsin_alerts_provider_up",
    "Whether a provider takes what is sent, as all relays see it.",
    ["channel", "provider"],
)
PROVIDER_DOWN = Counter(
    "tocsin_alerts_provider_down_total",
    "How often this relay saw a provider go down.",
    ["channel", "provider"],
)
RECEIPTS = Counter(
    "tocsin_alerts_receipts_total",
    "Receipts of providers that were written into a notice.",
    ["provider", "outcome"],
)
REPLIES = Counter(
    "tocsin_alerts_replies_total",
    "Answers by SMS or key, by what became of them.",
    ["provider", "result"],
)
UNREACHABLE = Gauge(
    "tocsin_alerts_people_unreachable",
    "People who may be called and have no working channel, by why.",
    ["reason"],
)
CHANNEL_SCORE = Gauge(
    "tocsin_alerts_channel_answered_ratio",
    "Part of the last tests of a channel, over all people, that were answered within a day.",
    ["channel"],
)
CHANNEL_TESTS = Counter(
    "tocsin_alerts_channel_tests_total",
    "Tests of people's channels, by what became of them.",
    ["channel", "outcome"],
)
SWEEP_CALLS = Counter(
    "tocsin_alerts_sweep_calls_total",
    "Calls and reminders of sweeps, by what became of sending them.",
    ["outcome"],
)
RELAY_IN_FLIGHT = Gauge("tocsin_alerts_relay_in_flight", "Notices on the way to providers now.")
RELAY_FAILURES = Counter("tocsin_alerts_relay_failures_total", "Rounds of the relay that failed.")
DETECTOR_VERDICTS = Gauge(
    "tocsin_detector_verdicts",
    "Alarms of incidents opened in the last 30 days, by detector and by what a person said: real, false, unjudged.",
    ["detector", "kind", "verdict"],
)
DEVICE_DAYS = Gauge(
    "tocsin_device_days", "Days of the last 30 on which anything came from a device, summed.", ["device_kind"]
)
DEVICE_FALSE_ALARMS = Gauge(
    "tocsin_device_false_alarms", "False alarms of the last 30 days, by kind of device.", ["device_kind"]
)
DEVICE_FALSE_DAYS = Gauge(
    "tocsin_device_false_days",
    "Days of the last 30 on which a device gave a false alarm, summed.",
    ["device_kind"],
)


def count_events(changes: Iterable[Change]) -> None:
    """Count the events of changes that were saved."""
    for change in changes:
        for event in change.events:
            INCIDENT_EVENTS.labels(event.__struct_config__.tag).inc()
