from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from tests.support.api import START, detection
from tocsin import pipeline
from tocsin.alerts.ports import Intake
from tocsin.core.ids import GridCode, PictureHash
from tocsin.ingest.ports import IncomingDetection


class Alerts:
    def __init__(self) -> None:
        self.taken: list[tuple[object, list[Intake]]] = []

    async def intake(self, unit: object, intakes: Sequence[Intake]) -> None:
        self.taken.append((unit, list(intakes)))


async def test_a_flushs_detections_reach_the_alerts_inside_its_own_transaction() -> None:
    alerts = Alerts()
    attached = pipeline.attach(cast("Any", alerts), lambda flush: cast("Any", ("unit of", flush)))
    seen = detection(PictureHash("0" * 64))
    age, grid = timedelta(seconds=3), GridCode("3301")
    incoming = IncomingDetection(detection=seen, age=age, raised=False, grid=grid, began=START)
    await attached(cast("Any", "flush 7"), [incoming])
    expected = Intake(detection=seen, age=age, raised=False, grid=grid, began=START)
    assert alerts.taken == [(("unit of", "flush 7"), [expected])]
