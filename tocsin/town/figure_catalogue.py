"""Every figure there is, with what it counts in words: the console, the exports and `docs/reports.md` say these.

The order is that of reports. Names are stable: they stand in addresses, files and other people's sheets.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tocsin.core.errors import NotFound
from tocsin.town.figure_cases import CASES
from tocsin.town.figure_model import Definition
from tocsin.town.figure_response import RESPONSE

GROUPS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "response": ("响应", "Response"),
        "misses": ("未达标原因", "Why clocks were not met"),
        "case": ("办理", "Cases"),
        "stages": ("各环节按期", "Stages on time"),
        "people": ("群众评价", "What people say"),
        "detectors": ("检测质量", "Detectors"),
    }
)
"""Tables of a report → their titles, Chinese and English."""

DEFINITIONS: Final[tuple[Definition, ...]] = (*RESPONSE, *CASES)
"""All figures in the order of reports."""

BY_NAME: Final[Mapping[str, Definition]] = MappingProxyType({one.name: one for one in DEFINITIONS})


def definition(name: str) -> Definition:
    """Find a figure; raises `NotFound` (`figure.unknown`)."""
    found = BY_NAME.get(name)
    if found is None:
        raise NotFound(
            "figure.unknown", f"there is no figure {name[:40]!r}: GET /api/figures/definitions lists them"
        )
    return found
