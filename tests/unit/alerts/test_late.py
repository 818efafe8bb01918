from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.incidents import DEFAULT
from tocsin.alerts.late import classify
from tocsin.core.detections import Kind
from tocsin.core.incidents import Lateness


@pytest.mark.parametrize(
    ("kind", "age", "raised", "expected"),
    [
        (Kind.SMOKE, 120, True, Lateness.LIVE),
        (Kind.SMOKE, 120.000001, True, Lateness.LATE),
        (Kind.SMOKE, 120.000001, False, Lateness.RETROSPECTIVE),
        (Kind.SMOKE, 5, False, Lateness.LIVE),
        (Kind.SMOKE, None, True, Lateness.LATE),
        (Kind.SMOKE, None, False, Lateness.LATE),
        (Kind.CALL, 1800, False, Lateness.LIVE),
        (Kind.CALL, 1800.000001, False, Lateness.RETROSPECTIVE),
        (Kind.CALL, None, False, Lateness.LIVE),
        (Kind.SMOKE, -30, True, Lateness.LIVE),
    ],
)
def test_late_data_never_pages_by_itself(
    kind: Kind, age: float | None, *, raised: bool, expected: object
) -> None:
    given = None if age is None else timedelta(seconds=age)
    assert classify(given, kind, DEFAULT, raised=raised) is expected
