"""Sums over what is known of detectors, each as a share with its bounds.  Pure.

Precision is real among judged; what nobody judged stands beside it and is in no share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.alerts.quality_ports import DayFigures, DetectorFigures, RecallFigures, Witness
from tocsin.core.detections import Kind
from tocsin.core.rates import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What became of alarms."""

    real: int = 0
    false: int = 0
    unjudged: int = 0

    @property
    def precision(self) -> Rate:
        """Real among judged."""
        return Rate(self.real, self.real + self.false)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSum:
    """One detector over all its devices and versions."""

    detector: str
    kind: Kind
    verdicts: Verdicts
    devices: int
    recall: dict[Witness, Rate]
    """Only of witnesses that knew of anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSum:
    """All devices of one kind."""

    device_kind: str
    devices: int
    days: int
    false: int
    false_days: Rate

    @property
    def per_day(self) -> float | None:
        """False alarms a day of work of one device; None without a day."""
        return per_day(self.false, self.days)


def per_day(number: int, days: int) -> float | None:
    """Give how many come on one day of one device; None without a day."""
    return number / days if days else None


def total(rows: Iterable[DetectorFigures]) -> Verdicts:
    """Add verdicts."""
    real = false = unjudged = 0
    for row in rows:
        real, false, unjudged = real + row.real, false + row.false, unjudged + row.unjudged
    return Verdicts(real=real, false=false, unjudged=unjudged)


def by_detector(rows: Sequence[DetectorFigures], recall: Sequence[RecallFigures]) -> list[DetectorSum]:
    """Sum by detector and kind, those with the most false alarms first; also those that only others knew of."""
    names = dict.fromkeys(
        [*((row.detector, row.kind) for row in rows), *((row.detector, row.kind) for row in recall)]
    )
    found = []
    for detector, kind in names:
        own = [row for row in rows if (row.detector, row.kind) == (detector, kind)]
        knew = [row for row in recall if (row.detector, row.kind) == (detector, kind)]
        found.append(
            DetectorSum(
                detector=detector,
                kind=kind,
                verdicts=total(own),
                devices=len({row.device for row in own} | {row.device for row in knew if row.device}),
                recall={
                    witness: Rate(sum(row.seen for row in of), sum(row.expected for row in of))
                    for witness in Witness
                    if (of := [row for row in knew if row.witness is witness])
                },
            )
        )
    return sorted(found, key=lambda one: (-one.verdicts.false, -one.verdicts.real, one.detector, one.kind))


def by_fleet(rows: Sequence[DayFigures]) -> list[FleetSum]:
    """Sum by kind of device; a kind that nobody registered is empty."""
    found = []
    for kind in sorted({row.device_kind for row in rows}):
        own = [row for row in rows if row.device_kind == kind]
        days = sum(row.days for row in own)
        found.append(
            FleetSum(
                device_kind=kind,
                devices=len(own),
                days=days,
                false=sum(row.false for row in own),
                false_days=Rate(sum(row.false_days for row in own), days),
            )
        )
    return found
