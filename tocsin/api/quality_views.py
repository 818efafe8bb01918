"""Figures on detectors as the bodies that show them: each share with its bounds.  Pure."""

from __future__ import annotations

from tocsin.alerts import quality
from tocsin.alerts.quality_ports import (
    DayFigures,
    DetectorFigures,
    Drill,
    HourFigures,
    JudgedIncident,
    RecallFigures,
)
from tocsin.api.schemas.quality import (
    DayView,
    DetectorSumView,
    DetectorView,
    DrillView,
    FleetView,
    HourOfDayView,
    JudgedView,
    RateView,
    RecallView,
    VerdictsView,
    WitnessView,
)
from tocsin.core.rates import Rate


def rate(one: Rate) -> RateView:
    """Show a share."""
    return RateView(part=one.part, whole=one.whole, share=one.share, low=one.low, high=one.high)


def verdicts(of: quality.Verdicts) -> VerdictsView:
    """Show what became of alarms."""
    return VerdictsView(real=of.real, false=of.false, unjudged=of.unjudged, precision=rate(of.precision))


def _counted(row: DetectorFigures | HourFigures) -> VerdictsView:
    return verdicts(quality.Verdicts(real=row.real, false=row.false, unjudged=row.unjudged))


def summed(one: quality.DetectorSum) -> DetectorSumView:
    """Show a detector over all its devices."""
    return DetectorSumView(
        detector=one.detector,
        kind=one.kind,
        devices=one.devices,
        verdicts=verdicts(one.verdicts),
        recall=[WitnessView(witness=witness, recall=rate(known)) for witness, known in one.recall.items()],
    )


def detector(row: DetectorFigures) -> DetectorView:
    """Show a detector at a device."""
    return DetectorView(
        detector=row.detector,
        version=row.version,
        kind=row.kind,
        device=row.device,
        device_kind=row.device_kind,
        grid=row.grid,
        verdicts=_counted(row),
    )


def hour(row: HourFigures) -> HourOfDayView:
    """Show a detector in an hour of the day."""
    return HourOfDayView(detector=row.detector, kind=row.kind, hour=row.hour, verdicts=_counted(row))


def fleet(one: quality.FleetSum) -> FleetView:
    """Show all devices of a kind."""
    return FleetView(
        device_kind=one.device_kind,
        devices=one.devices,
        days=one.days,
        false=one.false,
        per_day=one.per_day,
        false_days=rate(one.false_days),
    )


def day(row: DayFigures) -> DayView:
    """Show a device against its days of work."""
    return DayView(
        device=row.device,
        device_kind=row.device_kind,
        days=row.days,
        false=row.false,
        per_day=quality.per_day(row.false, row.days),
        false_days=rate(Rate(row.false_days, row.days)),
    )


def recall(row: RecallFigures) -> RecallView:
    """Show what others knew and a detector saw."""
    return RecallView(
        witness=row.witness,
        detector=row.detector,
        kind=row.kind,
        device=row.device,
        recall=rate(Rate(row.seen, row.expected)),
    )


def judged(row: JudgedIncident) -> JudgedView:
    """Show an incident behind a number."""
    return JudgedView(
        incident=row.id,
        kind=row.kind,
        grid=row.grid,
        began=row.began,
        opened=row.opened,
        devices=list(row.devices),
        detectors=list(row.detectors),
        judgement=row.judgement,
        reports=row.reports,
    )


def drill(one: Drill) -> DrillView:
    """Show a drill and what became of it."""
    return DrillView(
        id=one.id,
        device=one.device,
        kind=one.kind,
        since=one.since,
        until=one.until,
        reason=one.reason,
        person=one.person,
        withdrawn=one.withdrawn,
        seen_at=one.seen_at,
        detector=one.detector,
    )
