"""Rows into statements and rows out of them, where several adapters need the same.

Many rows go into one statement as one JSON array that `json_to_recordset` takes apart: one
parameter instead of one array a column, and the statement names and types the columns.  Bytes
travel in base64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from tocsin.alerts.model import Notice
from tocsin.core.grids import Grid, GridKind, Position, Tier
from tocsin.core.ids import GridCode

Fields: TypeAlias = dict[str, Any]
"""One row by column."""

_encoder = msgspec.json.Encoder()


def as_rows(rows: Sequence[Mapping[str, object] | Notice]) -> str:
    """Encode rows, or notices by their fields; instants in ISO 8601, enumerations by value, absent keys as null."""
    return _encoder.encode(rows).decode()


def grid_of(row: Fields) -> Grid:
    """Make a grid of a row with its columns."""
    return Grid(
        code=GridCode(row["code"]),
        name=row["name"],
        parent=None if row["parent"] is None else GridCode(row["parent"]),
        tier=Tier(row["tier"]),
        kind=GridKind(row["kind"]),
        path=row["path"],
        centre=place_of(row["latitude"], row["longitude"], row["accuracy_m"]),
        radius_m=row["radius_m"],
    )


def place_of(latitude: float | None, longitude: float | None, accuracy_m: float | None) -> Position | None:
    """Make a position of its columns; None when there is none."""
    return None if latitude is None or longitude is None else Position(latitude, longitude, accuracy_m)
