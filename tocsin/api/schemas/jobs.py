"""Work on many rows at once.

Codes for the console: `JobKind`, `JobState`, and why a job failed: `job.stopped`, `job.interrupted`,
`job.lost`, `job.transient`, `job.internal`, or the code of a refusal. The report of a grid job is
`{numbered, written: {new, changed, moved, closed, same, stranded}|null, check: {grids, basic, dedicated, outlines, points,
counts: {check: n}, findings: [{check, code, grid, name, other, area_m2, latitude, longitude, count}]}|null}` with the words of
`town.grid_check`: `Check` (blind, missing, gap, overlap, limit) and `FindingCode` (device_outside, place_outside, elsewhere,
no_outline, no_children, no_grid, no_institution, uncovered, outside_parent, twice, crowded).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tocsin.api.schemas.base import Schema
from tocsin.town.jobs import JobKind, JobState


class JobFaultView(Schema):
    """What is wrong in what was sent."""

    row: int | None
    """Row of the sheet as a spreadsheet counts, or number of the feature; absent for the whole."""
    column: str
    """Heading of the column; may be empty."""
    code: str
    """Stable and machine-readable."""
    message: str
    """What is wrong and what to write instead."""


class JobView(Schema):
    """One job as it stands."""

    id: str
    """Id of the job."""
    kind: JobKind
    """What it does."""
    person: str
    """Id of who asked for it."""
    state: JobState
    """Where it stands."""
    done: int
    """How much is done."""
    total: int
    """Of how much; 0 while nobody knows."""
    faults: list[JobFaultView]
    """The first faults in what was sent, at most 500; lists of jobs leave them out."""
    faulty: int
    """How many faults there are."""
    report: dict[str, Any] | None
    """What came of it; its form is the kind's."""
    reason_code: str
    """Why it failed, as a code; empty when it did not."""
    reason: str
    """Why it failed, as a sentence."""
    file: str
    """Name of the file that it made; empty for none."""
    made: datetime
    """When it was asked for."""
    ended: datetime | None
    """When it ended."""


class JobList(Schema):
    """Jobs, newest first."""

    items: list[JobView]
    """The jobs, newest first."""
