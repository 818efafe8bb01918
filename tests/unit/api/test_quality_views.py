"""What a page shows of figures on detectors."""

from __future__ import annotations

from tests.unit.alerts.test_quality import day, row
from tocsin.alerts.quality import Verdicts
from tocsin.api import quality_views as views
from tocsin.core.rates import Rate


def test_a_share_is_shown_with_what_it_rests_on() -> None:
    shown = views.rate(Rate(1, 4))

    assert (shown.part, shown.whole, shown.share) == (1, 4, 0.25)
    assert (shown.low, shown.high) == (Rate(1, 4).low, Rate(1, 4).high)


def test_a_share_of_nothing_is_none() -> None:
    assert views.verdicts(Verdicts(unjudged=7)).precision.share is None


def test_a_detector_keeps_its_version_and_place() -> None:
    shown = views.detector(row("smoke", "box/camera-1", 3, 1, 2))

    assert (shown.version, shown.device, shown.grid, shown.verdicts.unjudged) == ("1", "box/camera-1", "1", 2)
    assert shown.verdicts.precision.share == 0.75


def test_a_device_without_a_day_has_no_alarms_a_day() -> None:
    assert views.day(day("a", "camera", 0, 0, 0)).per_day is None
    assert views.day(day("a", "camera", 4, 2, 1)).per_day == 0.5
