"""Deliveries in, checked messages out; no I/O, and never an exception for what somebody sent.

Everything that is wrong with a message ends in `Refused` with a code and a sentence. Whether its
envelope is known tells what the sender hears: a refused message whose envelope was sound is kept in
quarantine and committed in the ledger, so that the box need not send it again for ever.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from tocsin.core.clock import to_us
from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId, PictureHash
from tocsin.core.wire import (
    PICTURE_BYTES_MAX,
    RULES_MAX,
    THUMBNAIL_BYTES_MAX,
    AlarmItem,
    Envelope,
    Heartbeat,
    Lane,
    LinkState,
    MediaChunk,
    Topic,
    alarm_items,
    health_items,
    media_items,
    open_envelope,
    parse_up_topic,
    senml_items,
)
from tocsin.ingest.ports import CollectorEntry, Delivery, QuarantinedMessage
from tocsin.ingest.senml import INSTANT_MAX_US, INSTANT_MIN_US, Names, Record, resolve
from tocsin.ingest.sequence import EMPTY_ITEMS

COLLECTORS_MAX: Final = 10_000
"""Collectors whose names are remembered before all are forgotten."""
UNCOMMITTED_CODES: Final = frozenset({"topic", "envelope", "collector", "partition", "lane", "sequence"})
"""First parts of the codes under which a message is quarantined without being in the ledger."""
_HEX: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Message:
    """One envelope, its items checked."""

    delivery: Delivery
    entry: CollectorEntry
    envelope: Envelope
    records: Sequence[Record] = ()
    alarms: Sequence[AlarmItem] = ()
    chunks: Sequence[MediaChunk] = ()
    """Of lane `media`, and the thumbnails of lane `alarm`."""
    heartbeats: Sequence[Heartbeat] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """The retained state of a collector's link; stands outside the ledger."""

    delivery: Delivery
    entry: CollectorEntry
    state: LinkState


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that can not be taken in."""

    delivery: Delivery
    code: str
    reason: str
    entry: CollectorEntry | None = None
    envelope: Envelope | None = None
    """Set when only the items were wrong: the ledger commits it together with the quarantine."""
    trace: str = ""


Decoded: TypeAlias = Message | Link | Refused


@dataclass(slots=True)
class Decoder:
    """Decode deliveries of known collectors; remembers names only."""

    collectors: Mapping[CollectorId, CollectorEntry]
    """Replaced by the service when it reads them again."""
    _names: dict[CollectorId, Names] = field(default_factory=dict)

    def decode(self, delivery: Delivery) -> Decoded:
        """Take one message apart and check it."""
        entry: CollectorEntry | None = None
        envelope: Envelope | None = None
        try:
            topic = parse_up_topic(delivery.topic)
            entry = self._entry(topic)
            if topic.leaf == "state":
                return Link(delivery, entry, _link_state(delivery.payload))
            opened = open_envelope(delivery.payload)
            _check_address(opened, topic)
            envelope = opened
            return self._items(delivery, entry, envelope)
        except Rejected as error:
            return Refused(delivery, error.code, error.reason, entry, envelope)

    def _entry(self, topic: Topic) -> CollectorEntry:
        entry = self.collectors.get(topic.collector)
        if entry is None:
            raise Rejected(
                "collector.unknown",
                f"collector {topic.collector} is not known here: make it known with `tocsin collector add`",
            )
        if not entry.enabled:
            raise Rejected("collector.disabled", f"collector {topic.collector} is disabled: enable it first")
        if entry.partition != topic.partition:
            raise Rejected(
                "partition.wrong",
                f"collector {topic.collector} belongs to partition {entry.partition:02d}, not {topic.partition:02d}: "
                "correct `partition` in its configuration",
            )
        return entry

    def _items(self, delivery: Delivery, entry: CollectorEntry, envelope: Envelope) -> Message:
        if envelope.lost and bytes(envelope.items) == EMPTY_ITEMS:
            return Message(delivery, entry, envelope)
        match envelope.lane:
            case Lane.DATA:
                names = self._names_of(envelope.collector)
                return Message(
                    delivery, entry, envelope, records=resolve(senml_items(envelope), envelope.sent, names)
                )
            case Lane.ALARM:
                alarms = alarm_items(envelope)
                for item in alarms:
                    _check_alarm(item, envelope.collector)
                chunks = [_thumbnail(item.detection, item.thumbnail) for item in alarms if item.thumbnail]
                return Message(delivery, entry, envelope, alarms=alarms, chunks=chunks)
            case Lane.MEDIA:
                chunks = media_items(envelope)
                for chunk in chunks:
                    _check_chunk(chunk, envelope.collector)
                return Message(delivery, entry, envelope, chunks=chunks)
            case Lane.HEALTH:
                beats = health_items(envelope)
                for beat in beats:
                    _check_heartbeat(beat, envelope.collector)
                return Message(delivery, entry, envelope, heartbeats=beats)

    def _names_of(self, collector: CollectorId) -> Names:
        names = self._names.get(collector)
        if names is None:
            if len(self._names) >= COLLECTORS_MAX:
                self._names.clear()
            names = self._names[collector] = Names(collector)
        return names


def was_committed(message: QuarantinedMessage) -> bool:
    """Say whether the ledger was told of a message when it was quarantined.

    One that was is stored on retry although its number is committed; one that was not may have come
    again in the meantime, and the ledger decides.
    """
    return message.code.split(".", 1)[0] not in UNCOMMITTED_CODES


def _link_state(payload: bytes) -> LinkState:
    try:
        return LinkState(payload[:16].decode("ascii"))
    except ValueError as error:
        raise Rejected(
            "lane.state", f"link state {payload[:40]!r} is none of online, stopped, offline"
        ) from error


def _check_address(envelope: Envelope, topic: Topic) -> None:
    if envelope.collector != topic.collector:
        raise Rejected(
            "collector.mismatch",
            f"the topic says {topic.collector}, the envelope {envelope.collector}: a collector speaks for itself only",
        )
    if envelope.lane.value != topic.leaf:
        raise Rejected(
            "lane.mismatch", f"the topic says lane {topic.leaf[:40]!r}, the envelope {envelope.lane.value!r}"
        )


def _own(name: str, collector: CollectorId, what: str) -> None:
    if name.split("/", 1)[0] != collector or len(name) > 260 or not name.isprintable():
        raise Rejected("device.foreign", f"{what} {name[:80]!r} does not belong to collector {collector}")


def _check_alarm(item: AlarmItem, collector: CollectorId) -> None:
    detection = item.detection
    if detection.collector != collector:
        raise Rejected(
            "detection.foreign",
            f"a detection of {detection.collector[:80]!r} came from collector {collector}",
        )
    _own(detection.device, collector, "device")
    _own(detection.stream, collector, "stream")
    evidence = detection.evidence
    instants = (detection.observed, evidence.first, evidence.last, *(at for at, _ in evidence.values))
    if any(at.tzinfo is None for at in instants):
        raise Rejected("detection.time", "every instant of a detection needs a time zone")
    if not evidence.first <= detection.observed <= evidence.last:
        raise Rejected("detection.time", "the instant of a detection must lie within its evidence")
    if not (0.0 <= detection.score <= 1.0 and 0.0 <= detection.severity <= 1.0):
        raise Rejected("detection.score", "score and severity of a detection must lie between 0 and 1")
    if not all(math.isfinite(value) for _, value in (*detection.figures, *evidence.values)):
        raise Rejected("detection.figures", "figures and values of a detection must be finite numbers")
    if len(evidence.pictures) > 8 or len(evidence.values) > 64 or len(evidence.boxes) > 256:
        raise Rejected("detection.evidence", "evidence holds at most 8 pictures, 64 values and 256 boxes")
    if any(
        len(text) > 512 for text in (detection.id, detection.detector, detection.version, detection.reason)
    ):
        raise Rejected("detection.text", "id, detector, version and reason hold at most 512 characters each")
    if item.thumbnail is not None and len(item.thumbnail) > THUMBNAIL_BYTES_MAX:
        raise Rejected(
            "thumbnail.too_large",
            f"a thumbnail of {len(item.thumbnail)} bytes exceeds the {THUMBNAIL_BYTES_MAX} allowed",
        )


def _thumbnail(detection: Detection, data: bytes) -> MediaChunk:
    """Make the whole picture in one piece that a thumbnail is."""
    return MediaChunk(
        sha256=PictureHash(hashlib.sha256(data).hexdigest()),
        camera=detection.device,
        observed_us=to_us(detection.observed),
        total=len(data),
        offset=0,
        data=data,
        detection=detection.id,
    )


def _check_chunk(chunk: MediaChunk, collector: CollectorId) -> None:
    _own(chunk.camera, collector, "camera")
    if len(chunk.sha256) != 64 or not _HEX.issuperset(chunk.sha256):
        raise Rejected("picture.hash", "the hash of a picture is 64 lower-case hexadecimal digits")
    if not 0 < chunk.total <= PICTURE_BYTES_MAX:
        raise Rejected("picture.size", f"a picture holds 1 to {PICTURE_BYTES_MAX} bytes, not {chunk.total}")
    if chunk.offset < 0 or not chunk.data or chunk.offset + len(chunk.data) > chunk.total:
        raise Rejected("picture.offset", "a piece must lie within its picture and hold at least one byte")
    _check_instant(chunk.observed_us, "picture.time")


def _check_heartbeat(beat: Heartbeat, collector: CollectorId) -> None:
    numbers = (beat.uptime_seconds, beat.interval_seconds, beat.clock_offset_seconds or 0.0)
    if not all(math.isfinite(number) for number in numbers):
        raise Rejected("heartbeat.number", "uptime, interval and clock offset must be finite numbers")
    counts = (beat.outbox_depth, beat.outbox_bytes, beat.disk_free_bytes, beat.memory_bytes, beat.lost)
    if not all(0 <= count < 2**62 for count in counts):
        raise Rejected("heartbeat.number", "counts and sizes must be 0 or more")
    if len(beat.devices) > 2_000 or len(beat.raised) > 2_000:
        raise Rejected(
            "heartbeat.too_many", "a heartbeat names at most 2,000 devices and 2,000 raised conditions"
        )
    if len(beat.rules) > RULES_MAX or any(len(name) > 64 for name in beat.rules):
        raise Rejected("heartbeat.too_many", f"a heartbeat names at most {RULES_MAX} rules of 64 characters")
    _check_instant(beat.outbox_oldest_us, "heartbeat.time")
    for device in beat.devices:
        _own(device.device, collector, "device")
        _check_instant(device.last_us, "heartbeat.time")


def _check_instant(us: int | None, code: str) -> None:
    if us is not None and not INSTANT_MIN_US <= us <= INSTANT_MAX_US:
        raise Rejected(code, f"instant {us} is not in microseconds since 1970, within the years 1 to 9999")
