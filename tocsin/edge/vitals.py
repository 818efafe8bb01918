"""What is known of each device: its last new frame or reading, its fault, how often it was restarted.

A camera is alive by its last *new* frame: a cached picture that comes again and again has the same
hash and moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.core.ids import DeviceId, PictureHash
from tocsin.core.wire import DeviceHealth

FAULT_MAX = 300


@dataclass(slots=True)
class _Vital:
    kind: str
    last_us: int | None = None
    last_hash: PictureHash | None = None
    changed: bool | None = None
    fault: str | None = None
    restarts: int = 0


@dataclass(slots=True)
class Vitals:
    """All devices of one collector; bounded by `devices_max`."""

    devices_max: int = 2000
    _known: dict[DeviceId, _Vital] = field(default_factory=dict)

    def expect(self, device: DeviceId, kind: str) -> None:
        """Know a device before it has spoken; `kind` is `camera`, `sensor` or `button`."""
        if device not in self._known and len(self._known) < self.devices_max:
            self._known[device] = _Vital(kind)

    def spoke(self, device: DeviceId, at_us: int) -> None:
        """Note a reading."""
        self.expect(device, "sensor")
        if (vital := self._known.get(device)) is not None:
            vital.last_us, vital.fault = at_us, None

    def pictured(self, camera: DeviceId, at_us: int, sha256: PictureHash) -> None:
        """Note a picture; only one that differs from the one before counts as new."""
        self.expect(camera, "camera")
        if (vital := self._known.get(camera)) is not None:
            vital.changed = vital.last_hash is None or vital.last_hash != sha256
            if vital.changed:
                vital.last_us = at_us
            vital.last_hash, vital.fault = sha256, None

    def fault(self, device: DeviceId, sentence: str) -> None:
        """Note what is wrong, until the next sign of life."""
        self.expect(device, "sensor")
        if (vital := self._known.get(device)) is not None:
            vital.fault = sentence[:FAULT_MAX]

    def told(self, device: DeviceId, kind: str, fault: str | None) -> None:
        """Note how something that never speaks is; it is known from its first fault on."""
        if fault is None and device not in self._known:
            return
        self.expect(device, kind)
        if (vital := self._known.get(device)) is not None:
            vital.fault = None if fault is None else fault[:FAULT_MAX]

    def restarted(self, device: DeviceId) -> None:
        """Count a restart of its adapter."""
        if (vital := self._known.get(device)) is not None:
            vital.restarts += 1

    def list(self) -> list[DeviceHealth]:
        """Give all, as the heartbeat carries them."""
        return [
            DeviceHealth(
                device=device,
                kind=vital.kind,
                last_us=vital.last_us,
                changed=vital.changed,
                fault=vital.fault,
                restarts=vital.restarts,
            )
            for device, vital in self._known.items()
        ]
