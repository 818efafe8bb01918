"""Devices that speak SenML (RFC 8428) in JSON or CBOR.

`resolve` is pure: a pack of records in, readings out, base fields carried forward, relative times
taken from the instant of receipt. Records that cannot be read are refused one by one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import cbor2
import structlog
from typing_extensions import override

from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.ids import SEGMENT, StreamId
from tocsin.core.readings import Reading
from tocsin.core.units import check_unit
from tocsin.edge import metrics
from tocsin.edge.config import CollectorConfig, SenmlSensor
from tocsin.edge.ports import Adapter, Intake, LocalBus
from tocsin.edge.sensors.mailbox import Mailbox
from tocsin.edge.sensors.values import reading

log = structlog.get_logger()

PACK_BYTES_MAX: Final = 256 * 1024
RECORDS_MAX: Final = 5_000
RELATIVE_BELOW: Final = float(1 << 28)
"""RFC 8428 section 4.5.3: smaller times are relative to now."""
CBOR_LABELS: Final[dict[int, str]] = {
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a pack held."""

    readings: list[Reading] = field(default_factory=list)
    refused: list[Rejected] = field(default_factory=list)


def parse_pack(payload: bytes, encoding: str) -> list[dict[str, Any]]:
    """Decode a pack; raises `Rejected` (`senml.form`, `senml.too_large`)."""
    if len(payload) > PACK_BYTES_MAX:
        raise Rejected("senml.too_large", f"a SenML pack of {len(payload)} bytes exceeds {PACK_BYTES_MAX}")
    as_json = encoding == "json" or (encoding == "auto" and payload.lstrip()[:1] in {b"[", b"{"})
    try:
        pack = json.loads(payload) if as_json else cbor2.loads(payload)
    except (ValueError, RecursionError, cbor2.CBORError, OverflowError, TypeError, MemoryError) as error:
        raise Rejected("senml.form", f"not a SenML pack: {str(error)[:120]}") from error
    if not isinstance(pack, list) or not all(isinstance(r, dict) for r in pack) or len(pack) > RECORDS_MAX:
        raise Rejected("senml.form", f"a SenML pack is an array of at most {RECORDS_MAX} records")
    return [
        {(CBOR_LABELS.get(k, str(k)) if isinstance(k, int) else str(k)): v for k, v in r.items()}
        for r in pack
    ]


def resolve(pack: list[dict[str, Any]], name: Callable[[str], StreamId], now_us: int) -> Resolved:
    """Resolve a pack; `name` makes a stream of a full SenML name and may raise `Rejected`."""
    result = Resolved()
    base: dict[str, Any] = {}
    for record in pack:
        base.update({key: record[key] for key in ("bn", "bt", "bu", "bv") if key in record})
        try:
            strange = [key for key in record if key.endswith("_")]
            if strange:
                raise _refusal("senml.must_understand", f"field {strange[0]!r} must be understood and is not")
            if any(key in record for key in ("v", "vs", "vb", "s")):
                result.readings.append(_one(record, base, name, now_us))
        except Rejected as error:
            result.refused.append(error)
    return result


def _one(
    record: dict[str, Any], base: dict[str, Any], name: Callable[[str], StreamId], now_us: int
) -> Reading:
    stream = name(str(base.get("bn", "")) + str(record.get("n", "")))
    unit = check_unit(str(record.get("u", base.get("bu", ""))))
    at_us = _instant(_finite(base.get("bt", 0.0), "bt") + _finite(record.get("t", 0.0), "t"), now_us)
    if isinstance(record.get("vs"), str):
        return reading(stream, None, at_us, unit=unit, text=record["vs"])
    if isinstance(record.get("vb"), bool):
        return reading(stream, 1.0 if record["vb"] else 0.0, at_us, unit=unit or "/")
    raw = record.get("v", record.get("s"))
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return reading(stream, None, at_us, unit=unit)
    return reading(
        stream, float(raw) + (_finite(base.get("bv", 0.0), "bv") if "v" in record else 0.0), at_us, unit=unit
    )


def _finite(raw: Any, label: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise Rejected("senml.number", f"field {label!r} must be a finite number")
    return float(raw)


def _instant(seconds: float, now_us: int) -> int:
    if abs(seconds) > 2e11:
        raise Rejected("senml.time", "a time beyond the year 8000 cannot be kept")
    return round(seconds * 1e6) if seconds >= RELATIVE_BELOW else now_us + round(seconds * 1e6)


def _refusal(code: str, reason: str) -> Rejected:
    return Rejected(code, reason)


class SenmlTopic(Adapter):
    """One topic with SenML packs."""

    def __init__(self, config: SenmlSensor, collector: CollectorConfig, clock: Clock, bus: LocalBus) -> None:
        self._config = config
        self._collector = collector
        self._clock = clock
        self._bus = bus

    @override
    async def run(self, intake: Intake) -> None:
        with Mailbox(self._bus, self._config.topic) as mailbox:
            async for _topic, payload in mailbox:
                try:
                    pack = parse_pack(payload, self._config.encoding)
                except Rejected as error:
                    self._refuse(intake, error)
                    continue
                found = resolve(pack, self._name, to_us(self._clock.now()))
                for refused in found.refused:
                    self._refuse(intake, refused)
                if found.readings:
                    await intake.readings(found.readings)

    def _refuse(self, intake: Intake, error: Rejected) -> None:
        metrics.READINGS_REFUSED.labels(error.code).inc()
        intake.fault(self._collector.device(self._config.name), error.reason)

    def _name(self, full: str) -> StreamId:
        """Make `device/quantity`: RFC names such as `urn:dev:ow:10e2073a0108006:voltage` use `:`."""
        if self._config.device is None and full.count("/") >= 1 and ":" not in full:
            return self._collector.stream(full.strip("/"))
        parts = [part for part in full.replace(":", "/").split("/") if part]
        quantity = parts[-1] if parts else "value"
        device = self._config.device or ("-".join(parts[:-1]) if len(parts) > 1 else self._config.name)
        if SEGMENT.fullmatch(device) is None:
            device = device[-64:].lstrip("-._")
        return self._collector.stream(f"{device}/{quantity}")
