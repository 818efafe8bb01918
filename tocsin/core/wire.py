"""What goes over MQTT: topics, sealed envelopes, receipts, SenML.

Bytes in, checked values out. `open_envelope` raises `Rejected` with a code and a sentence for
anything that is not exactly an envelope; it never raises anything else. Times on the wire are
whole microseconds since 1970. The format is described in `docs/wire.md`.
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Final, NamedTuple, TypeVar

import msgspec

from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, PictureHash, collector_id

VERSION: Final = 1
PARTITIONS: Final = 64
ENVELOPE_BYTES_MAX: Final = 320 * 1024
"""The largest chunk of a picture (256 KiB) and its frame; anything larger is refused unread."""
ITEMS_MAX: Final = 5_000
RULES_MAX: Final = 500
"""Names of rules in a heartbeat."""
THUMBNAIL_BYTES_MAX: Final = 12 * 1024
PICTURE_BYTES_MAX: Final = 8 * 1024 * 1024
ROOT: Final = "tocsin/v1"
UP_FILTER: Final = f"{ROOT}/+/+/+"


@unique
class Lane(StrEnum):
    """Independent, gapless sequences of envelopes of one collector."""

    ALARM = "alarm"
    HEALTH = "health"
    DATA = "data"
    MEDIA = "media"


@unique
class ClockState(StrEnum):
    """What the box knows of the time."""

    SYNCED = "synced"
    DRIFTING = "drifting"
    UNSET = "unset"


@unique
class LinkState(StrEnum):
    """Payload of the retained `state` topic, as text."""

    ONLINE = "online"
    STOPPED = "stopped"
    OFFLINE = "offline"


class Senml(msgspec.Struct, omit_defaults=True):
    """One SenML record (RFC 8428), string labels; base fields hold for the records after it."""

    n: str = ""
    u: str | None = None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    t: float | None = None
    """Seconds; absolute, or relative to `bt`, as RFC 8428 section 4.5.3 says."""
    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    q: int | None = None
    """Ours: quality bits that the box already knows (`core.readings.Quality`)."""
    us: int | None = None
    """Ours: the exact instant in microseconds, which wins over `t`; a double holds only about a quarter of one."""


class AlarmItem(msgspec.Struct, omit_defaults=True):
    """A detection of the box, with a masked thumbnail where a camera saw it."""

    detection: Detection
    thumbnail: bytes | None = None
    """JPEG of at most `THUMBNAIL_BYTES_MAX`."""
    raised: bool = True
    """Whether the condition still stood when the envelope was sealed."""


class MediaChunk(msgspec.Struct, omit_defaults=True):
    """A piece of one picture; complete when all bytes of `total` are there and the hash fits."""

    sha256: PictureHash
    camera: DeviceId
    observed_us: int
    total: int
    offset: int
    data: bytes
    detection: DetectionId | None = None
    """The detection it is evidence of; None for a routine snapshot."""
    signature: bytes | None = None
    """Ed25519 of the box over the 32 bytes of the hash; on the first chunk."""


class DeviceHealth(msgspec.Struct, omit_defaults=True):
    """One camera's or sensor's sign of life."""

    device: DeviceId
    kind: str
    """`camera`, `sensor` or `button`; `detectors` for what is wrong with the rules."""
    last_us: int | None = None
    """Instant of the last new frame or reading; None when there has been none since start."""
    changed: bool | None = None
    """For cameras: whether the last frame's hash differs from the one before."""
    fault: str | None = None
    """One sentence when it does not work."""
    restarts: int = 0


class Heartbeat(msgspec.Struct, omit_defaults=True):
    """How the box is; sent every 10 s and kept in the ledger like everything else."""

    uptime_seconds: float
    outbox_depth: int
    outbox_bytes: int
    outbox_oldest_us: int | None = None
    clock: ClockState = ClockState.SYNCED
    clock_offset_seconds: float | None = None
    disk_free_bytes: int = 0
    memory_bytes: int = 0
    revision: str = ""
    """First 12 digits of the SHA-256 of the configuration in force."""
    software: str = ""
    devices: list[DeviceHealth] = []
    raised: list[DetectionId] = []
    """Detections whose condition still stands on the box."""
    lost: int = 0
    """Items that the outbox had to drop since it was created."""
    interval_seconds: float = 10.0
    rules: list[str] = []
    """Names of the rules over streams that run on the box; the centre does not say them a second time."""
    detectors: str = ""
    """First 12 digits of the hash of the detectors in force."""


class Tombstone(msgspec.Struct, rename={"first": "from", "last": "to"}):
    """Envelopes `first`..`last` of this lane were evicted and will never come."""

    first: int
    last: int
    reason: str
    """`full`, `age` or `damaged`."""
    count: int
    """Items lost in them."""


class Envelope(msgspec.Struct, omit_defaults=True):
    """What is sealed once and then sent, unchanged, until a receipt names it."""

    v: int
    collector: CollectorId
    epoch: int
    """Random 63-bit number drawn when the outbox file was created."""
    lane: Lane
    seq: int
    """1 for the first of an epoch and lane; gapless. A tombstone has the `seq` of its `from`."""
    boot: str
    """Random name of this start of the machine or process; `mono` counts within it."""
    sent: int
    """Wall clock of the box at sealing, microseconds."""
    mono: int
    """Monotonic clock of the box at sealing, microseconds."""
    clock: ClockState
    historical: bool = False
    """Sealed while the link was gone."""
    items: msgspec.Raw = msgspec.Raw(b"\x90")
    """A msgpack array: of `Senml`, `AlarmItem`, `MediaChunk` or one `Heartbeat`, by lane."""
    lost: list[Tombstone] = []


class LaneReceipt(msgspec.Struct, omit_defaults=True):
    """What the centre has committed of one lane."""

    epoch: int
    lane: Lane
    upto: int
    """Everything from 1 to here is committed."""
    beyond: list[tuple[int, int]] = []
    """Committed ranges above `upto`, inclusive; at most 64, lowest first."""
    gaps: list[tuple[int, int]] = []
    """Missing ranges between `upto` and the highest committed, inclusive; at most 64."""


class Receipt(msgspec.Struct):
    """Sent after the database committed; the box deletes only on this."""

    time: int
    """Clock of the database at commit, microseconds."""
    lanes: list[LaneReceipt]


class Topic(NamedTuple):
    """The parts of an upward topic."""

    partition: int
    collector: CollectorId
    leaf: str


def up_topic(partition: int, collector: CollectorId, leaf: str) -> str:
    """Name an upward topic; `leaf` is a lane or `state`."""
    return f"{ROOT}/{partition:02d}/{collector}/{leaf}"


def receipt_topic(collector: CollectorId) -> str:
    """Name the retained topic of a collector's receipts."""
    return f"{ROOT}/{collector}/receipt"


def command_topic(collector: CollectorId) -> str:
    """Name the topic of a collector's commands: siren, loudspeaker, snapshot now."""
    return f"{ROOT}/{collector}/command"


def partition_filter(partition: int) -> str:
    """Name the subscription of everything that collectors of a partition send."""
    return f"{ROOT}/{partition:02d}/+/+"


def parse_up_topic(topic: str) -> Topic:
    """Take an upward topic apart.

    Raises `Rejected` (`topic.form`) for any other topic.
    """
    parts = topic.split("/")
    if (
        len(parts) == 5
        and parts[0] == "tocsin"
        and parts[1] == "v1"
        and len(parts[2]) == 2
        and parts[2].isascii()
        and parts[2].isdigit()
        and int(parts[2]) < PARTITIONS
    ):
        return Topic(int(parts[2]), collector_id(parts[3]), parts[4])
    raise Rejected(
        "topic.form",
        f"topic {topic[:120]!r} is not tocsin/v1/<00-63>/<collector>/<alarm|data|media|health|state>",
    )


_envelope_decoder = msgspec.msgpack.Decoder(Envelope)
_encoder = msgspec.msgpack.Encoder()
_senml_decoder = msgspec.msgpack.Decoder(list[Senml])
_alarm_decoder = msgspec.msgpack.Decoder(list[AlarmItem])
_media_decoder = msgspec.msgpack.Decoder(list[MediaChunk])
_health_decoder = msgspec.msgpack.Decoder(list[Heartbeat])
_receipt_decoder = msgspec.msgpack.Decoder(Receipt)


def seal(envelope: Envelope) -> bytes:
    """Encode an envelope; the bytes are what is stored and sent."""
    return _encoder.encode(envelope)


def pack_items(items: list[Senml] | list[AlarmItem] | list[MediaChunk] | list[Heartbeat]) -> msgspec.Raw:
    """Encode the items of an envelope."""
    return msgspec.Raw(_encoder.encode(items))


def open_envelope(payload: bytes) -> Envelope:
    """Decode an envelope, its items still packed.

    Raises `Rejected`: `envelope.too_large`, `envelope.form`, `envelope.version`, `envelope.range`.
    """
    if len(payload) > ENVELOPE_BYTES_MAX:
        raise Rejected(
            "envelope.too_large",
            f"an envelope of {len(payload)} bytes exceeds the {ENVELOPE_BYTES_MAX} allowed: send smaller batches or chunks",
        )
    try:
        envelope = _envelope_decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected("envelope.form", f"not an envelope of version {VERSION}: {error}") from error
    if envelope.v != VERSION:
        raise Rejected(
            "envelope.version",
            f"envelope version {envelope.v} is not spoken here: this centre speaks {VERSION}",
        )
    collector_id(envelope.collector)
    if not (
        0 <= envelope.epoch < 2**63
        and 0 < envelope.seq < 2**62
        and abs(envelope.sent) < 2**62
        and 0 <= envelope.mono < 2**62
        and len(envelope.boot) <= 64
    ):
        raise Rejected(
            "envelope.range",
            "epoch must be 0..2^63-1, seq 1..2^62-1, sent and mono microseconds, boot at most 64 characters",
        )
    for stone in envelope.lost:
        if not (0 < stone.first <= stone.last < 2**62 and stone.count >= 0 and len(stone.reason) <= 64):
            raise Rejected(
                "envelope.range",
                "a tombstone needs 0 < from <= to, count >= 0 and a reason of at most 64 characters",
            )
    return envelope


Item = TypeVar("Item")


def _items(decoder: msgspec.msgpack.Decoder[list[Item]], raw: msgspec.Raw, what: str) -> list[Item]:
    try:
        items = decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
        raise Rejected("items.form", f"items are not a list of {what}: {error}") from error
    if len(items) > ITEMS_MAX:
        raise Rejected("items.too_many", f"{len(items)} items exceed the {ITEMS_MAX} allowed in one envelope")
    return items


def senml_items(envelope: Envelope) -> list[Senml]:
    """Decode the items of lane `data`; raises `Rejected` (`items.form`, `items.too_many`)."""
    return _items(_senml_decoder, envelope.items, "SenML records")


def alarm_items(envelope: Envelope) -> list[AlarmItem]:
    """Decode the items of lane `alarm`; raises as `senml_items`."""
    return _items(_alarm_decoder, envelope.items, "detections")


def media_items(envelope: Envelope) -> list[MediaChunk]:
    """Decode the items of lane `media`; raises as `senml_items`."""
    return _items(_media_decoder, envelope.items, "pieces of pictures")


def health_items(envelope: Envelope) -> list[Heartbeat]:
    """Decode the items of lane `health`; raises as `senml_items`."""
    return _items(_health_decoder, envelope.items, "heartbeats")


def encode_receipt(receipt: Receipt) -> bytes:
    """Encode a receipt."""
    return _encoder.encode(receipt)


def decode_receipt(payload: bytes) -> Receipt:
    """Decode a receipt; raises `Rejected` (`receipt.form`)."""
    try:
        return _receipt_decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Rejected("receipt.form", f"not a receipt: {error}") from error


class Command(msgspec.Struct, omit_defaults=True):
    """An order from the centre to a box."""

    id: str
    action: str
    """`siren`, `say`, `snapshot`, `burst` (of one camera) or `reload` (of the detectors)."""
    text: str = ""
    device: DeviceId | None = None
    seconds: float = 0.0
    expires_us: int = 0
    """After this instant the box does nothing; 0 for never."""


_command_decoder = msgspec.msgpack.Decoder(Command)


def encode_command(command: Command) -> bytes:
    """Encode an order to a box."""
    return _encoder.encode(command)


def decode_command(payload: bytes) -> Command:
    """Decode an order; raises `Rejected` (`command.form`)."""
    try:
        return _command_decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Rejected("command.form", f"not a command: {error}") from error
