"""A town's catalogue written down in one YAML file: platforms, categories, matters, organisations, calendar.

`read` gives checked values or raises `Rejected` with every fault at once, each with its line. Loading the same
file again changes nothing; what is no longer in it stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade, Stage
from tocsin.core.marked_yaml import line_of, read_marked
from tocsin.core.organisations import Authority
from tocsin.core.working_time import Calendar, Limit, Unit
from tocsin.town import matters as rules
from tocsin.town.matters import Category, Matter, Platform, WorkingTime
from tocsin.town.organisations import (
    AUTHORITIES_MAX,
    PLATFORMS_MAX,
    Fault,
    OrganisationEntry,
    OrganisationKind,
    check,
)

CHARACTERS_MAX: Final = 2_000_000
FAULTS_MAX: Final = 100
"""More faults than this are counted, not written out."""
_SPAN: Final = re.compile(r"([0-2]?[0-9]):([0-5][0-9])\s*[-–]\s*([0-2]?[0-9]):([0-5][0-9])")
_LIMIT: Final = re.compile(r"([0-9]{1,6})\s+([a-z_]+?)s?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSheet:
    """What one file says."""

    platforms: tuple[Platform, ...] = ()
    categories: tuple[Category, ...] = ()
    matters: tuple[Matter, ...] = ()
    organisations: tuple[OrganisationEntry, ...] = ()
    time: WorkingTime | None = None
    """None when the file has no calendar: the stored one stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored already, so that a file need not repeat it."""

    platforms: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    matters: Mapping[str, tuple[Kind, ...]] | None = None
    """Kinds of each matter, none for one that is not active."""
    organisations: Mapping[OrganisationCode, OrganisationCode | None] | None = None
    """Parent of each organisation."""


NOTHING: Final = Known()


def sample_text() -> str:
    """Give the catalogue that is shipped as a beginning."""
    return (files("tocsin.town.samples") / "catalogue.yaml").read_text(encoding="utf-8")


def read(text: str, *, grid: GridCode | None = None, known: Known = NOTHING) -> CatalogueSheet:
    """Read a file's text; organisations without a place of their own stand at `grid`.

    Raises `Rejected` (`catalogue.yaml`, `catalogue.faults`).
    """
    marked = read_marked(
        text,
        what="a catalogue",
        code="catalogue.yaml",
        begins="`matters:` or `organisations:`",
        characters_max=CHARACTERS_MAX,
    )
    twice = [
        Fault(path, f"`{path}` is written twice: keep one of them (line {line})")
        for path, line in marked.twice.items()
    ]
    try:
        entry = _Sheet.model_validate(marked.tree)
    except ValidationError as error:
        faults = [
            Fault(_path(one["loc"]), one["msg"].removeprefix("Value error, "))
            for one in error.errors(include_url=False)
        ]
        raise _refusal([*twice, *faults], marked.lines) from error
    sheet, missing = _sheet(entry, grid)
    found = [*twice, *missing, *check_sheet(sheet, known)]
    if found:
        raise _refusal(found, marked.lines)
    return sheet


def check_sheet(sheet: CatalogueSheet, known: Known = NOTHING) -> list[Fault]:
    """Find everything wrong in what is to be stored together."""
    platforms = {one.code for one in sheet.platforms} | known.platforms
    categories = {one.code for one in sheet.categories} | known.categories
    return [
        *rules.check_named(sheet.platforms, "platforms", rules.PLATFORM_CODE),
        *rules.check_named(sheet.categories, "categories", rules.CATEGORY_CODE),
        *rules.check_matters(
            sheet.matters, categories=categories, platforms=platforms, known=known.matters or {}
        ),
        *check(
            sheet.organisations,
            known=known.organisations or {},
            categories=categories,
            platforms=platforms,
        ),
        *([] if sheet.time is None else rules.check_time(sheet.time)),
    ]


def demand_sound(faults: Iterable[Fault]) -> None:
    """Raise `Rejected` (`catalogue.faults`) with the faults of what a page sent."""
    found = [f"{one.where}: {one.sentence}" for one in faults]
    if found:
        raise Rejected("catalogue.faults", "; ".join(found[:FAULTS_MAX]))


def _refusal(faults: list[Fault], lines: Mapping[str, int]) -> Rejected:
    def said(fault: Fault) -> str:
        line = line_of(lines, fault.where)
        return f"line {line}: {fault.where}: {fault.sentence}" if line else f"{fault.where}: {fault.sentence}"

    ordered = sorted(faults, key=lambda one: (line_of(lines, one.where) or 0, one.where))
    written = [said(one) for one in ordered[:FAULTS_MAX]]
    if len(faults) > FAULTS_MAX:
        written.append(f"and {len(faults) - FAULTS_MAX} more")
    return Rejected("catalogue.faults", "\n".join(written))


def _path(where: tuple[int | str, ...]) -> str:
    path = ""
    for part in where:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _span(value: Any) -> Any:
    """`08:30-12:00` in minutes since midnight."""
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('write a span of the day in quotes: "08:30-12:00"')
    first, first_minute, last, last_minute = (int(part) for part in match.groups())
    return first * 60 + first_minute, last * 60 + last_minute


def _limit(value: Any) -> Any:
    """`4 working_hours`: an amount and its unit."""
    match = _LIMIT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[2] not in {unit.value for unit in Unit}:
        units = ", ".join(f"4 {unit}" for unit in Unit)
        raise ValueError(f"write an amount and its unit: {units}")
    return Limit(int(match[1]), Unit(match[2]))


def _digits(value: Any) -> Any:
    """A code of digits; YAML makes a number of one without quotes and loses its noughts."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError('write the code in quotes, so that no nought is lost: "0101"')  # noqa: TRY004 pydantic reports this one
    return value


def _of(form: Callable[[Any], Any]) -> BeforeValidator:
    return BeforeValidator(form)


Name = Annotated[str, Field(min_length=1, max_length=rules.NAME_CHARACTERS_MAX)]
English = Annotated[str, Field(max_length=rules.NAME_CHARACTERS_MAX)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Digits = Annotated[str, _of(_digits), Field(max_length=8)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class _Named(_Entry):
    code: Annotated[str, _of(_digits), Field(min_length=1, max_length=64)]
    name: Name
    name_en: English = ""


class _MatterEntry(_Named):
    platform: str = Field(default="", max_length=32)
    kinds: list[Kind] = Field(default_factory=list, max_length=len(Kind))
    grade: Grade = Grade.IV
    urgent: bool = False
    limits: dict[Stage, Annotated[Limit, _of(_limit)]] = Field(default_factory=dict)
    active: bool = True


class _AuthorityEntry(_Entry):
    category: Digits = ""
    highest: Grade


class _OrganisationEntry(_Named):
    code: Annotated[str, _of(_digits), Field(min_length=1, max_length=64)]
    kind: OrganisationKind
    tier: Tier
    grid: Annotated[str, _of(_digits), Field(min_length=1, max_length=64)] | None = None
    parent: Code | None = None
    collects: bool = False
    handles: bool = False
    platforms: list[str] = Field(default_factory=list, max_length=PLATFORMS_MAX)
    order: int = 1
    active: bool = True
    authority: list[_AuthorityEntry] = Field(default_factory=list, max_length=AUTHORITIES_MAX)


class _CalendarEntry(_Entry):
    hours: list[Annotated[tuple[int, int], _of(_span)]] = Field(
        default_factory=lambda: list(Calendar().hours), max_length=8
    )
    closed: list[date] = Field(default_factory=list, max_length=rules.DAYS_MAX)
    worked: list[date] = Field(default_factory=list, max_length=rules.DAYS_MAX)
    warn_at: float = 0.8


class _Sheet(_Entry):
    calendar: _CalendarEntry | None = None
    platforms: list[_Named] = Field(default_factory=list, max_length=100)
    categories: list[_Named] = Field(default_factory=list, max_length=100)
    matters: list[_MatterEntry] = Field(default_factory=list, max_length=rules.MATTERS_MAX)
    organisations: list[_OrganisationEntry] = Field(default_factory=list, max_length=5000)


def _sheet(entry: _Sheet, grid: GridCode | None) -> tuple[CatalogueSheet, list[Fault]]:
    missing = [
        Fault(f"organisations[{place}].grid", f"{one.code} names no grid: write `grid:`, or give --grid")
        for place, one in enumerate(entry.organisations)
        if one.grid is None and grid is None
    ]
    sheet = CatalogueSheet(
        platforms=tuple(Platform(**dict(one)) for one in entry.platforms),
        categories=tuple(Category(**dict(one)) for one in entry.categories),
        matters=tuple(Matter(**{**dict(one), "kinds": tuple(one.kinds)}) for one in entry.matters),
        organisations=tuple(_organisation(one, grid) for one in entry.organisations),
        time=None if entry.calendar is None else _time(entry.calendar),
    )
    return sheet, missing


def _organisation(one: _OrganisationEntry, grid: GridCode | None) -> OrganisationEntry:
    return OrganisationEntry(
        code=OrganisationCode(one.code),
        name=one.name,
        name_en=one.name_en,
        kind=one.kind,
        tier=one.tier,
        grid=GridCode(one.grid) if one.grid is not None else grid or GridCode(""),
        parent=None if one.parent is None else OrganisationCode(one.parent),
        collects=one.collects,
        handles=one.handles,
        platforms=tuple(one.platforms),
        order=one.order,
        active=one.active,
        authorities=tuple(Authority(held.category, held.highest) for held in one.authority),
    )


def _time(entry: _CalendarEntry) -> WorkingTime:
    calendar = Calendar(
        hours=tuple(entry.hours),
        closed=tuple(sorted(set(entry.closed))),
        worked=tuple(sorted(set(entry.worked))),
    )
    return WorkingTime(calendar=calendar, warn_at=entry.warn_at)
