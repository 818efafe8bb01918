"""A tree of grids out of a sheet (CSV or XLSX) and outlines (GeoJSON): drafts, or every fault with its row.  Pure.

The sheet says which grids there are, the outlines where they lie, by the property `code`; either may
come alone. A column that the sheet lacks changes nothing. Grids without a code are numbered by the
15-digit rule; one that is known by its name and parent keeps its code. What does not fit into the tree
says `grid_plan.plan`; its faults get their row here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, TypeVar

from msgspec import UNSET

from tocsin.core.errors import Rejected
from tocsin.core.grids import GridKind, Position, Tier
from tocsin.core.ids import GridCode
from tocsin.core.working_time import LOCAL
from tocsin.town import codes
from tocsin.town.grid_outline import Feature, Outlines, read_outlines
from tocsin.town.grid_plan import PlanFault
from tocsin.town.grid_ports import GridDraft, GridRecord
from tocsin.town.tables import Column, Fault, Table, read_table

W = TypeVar("W")

ROWS_MAX: Final = 50_000
RADIUS_MAX_M: Final = 100_000.0
COLUMNS: Final = (
    Column(name="code", zh="编码", also=("网格编码",), most=64),
    Column(name="name", zh="名称", also=("网格名称",), most=100),
    Column(name="parent", zh="上级", also=("上级网格", "上级编码"), most=100),
    Column(name="kind", zh="类型", also=("网格类型", "type"), most=20),
    Column(name="tier", zh="层级", most=20),
    Column(name="region", zh="行政区划", also=("行政区划代码",), most=12),
    Column(name="report_to", zh="报告对象", also=("上报网格",), most=64),
    Column(name="class", zh="分组", also=("考核分组",), most=64),
    Column(name="latitude", zh="纬度", most=24),
    Column(name="longitude", zh="经度", most=24),
    Column(name="radius_m", zh="半径", also=("到场半径",), most=24),
    Column(name="since", zh="启用日期", most=10),
)
KINDS: Final[Mapping[str, GridKind]] = {
    "basic": GridKind.BASIC,
    "基础": GridKind.BASIC,
    "基础网格": GridKind.BASIC,
    "dedicated": GridKind.DEDICATED,
    "专属": GridKind.DEDICATED,
    "专属网格": GridKind.DEDICATED,
}
TIERS: Final[Mapping[str, Tier]] = {
    "village": Tier.VILLAGE,
    "村": Tier.VILLAGE,
    "村级": Tier.VILLAGE,
    "township": Tier.TOWNSHIP,
    "镇": Tier.TOWNSHIP,
    "镇级": Tier.TOWNSHIP,
    "乡镇": Tier.TOWNSHIP,
    "city": Tier.CITY,
    "市": Tier.CITY,
    "市级": Tier.CITY,
    "县": Tier.CITY,
    "县级": Tier.CITY,
}
_BELOW: Final = {Tier.CITY: Tier.TOWNSHIP, Tier.TOWNSHIP: Tier.VILLAGE, Tier.VILLAGE: Tier.VILLAGE}


@dataclass(frozen=True, slots=True)
class Import:
    """What the files say."""

    drafts: tuple[GridDraft, ...]
    rows: Mapping[GridCode, int]
    """Row or feature of each grid."""
    numbered: int
    """Grids that got a code."""
    faults: tuple[Fault, ...]
    faulty: int

    def placed(self, faults: Iterable[PlanFault]) -> list[Fault]:
        """Give the faults of a plan their rows."""
        zh = {one.name: one.zh for one in COLUMNS}
        return [
            Fault(self.rows.get(one.grid), zh.get(one.column, one.column), one.code, one.message)
            for one in faults
        ]


@dataclass(slots=True)
class _Entry:
    """One grid of the files, on its way to a draft."""

    number: int
    texts: Mapping[str, str]
    """Only what the files have."""
    code: str
    feature: Feature | None = None
    parent: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    """Heading by column."""

    def fault(self, column: str, code: str, message: str) -> Fault:
        return Fault(self.number, self.names.get(column, column), code, message)


def read_import(
    sheet: bytes | None, outlines: bytes | None, known: Mapping[GridCode, GridRecord], now: datetime
) -> Import:
    """Read what was sent, beside the tree that is known; raises `Rejected` as `read_table` and `read_outlines`."""
    if sheet is None and outlines is None:
        raise Rejected("grid.import", "nothing was sent: send a sheet of grids, outlines, or both")
    table = None if sheet is None else read_table(sheet, COLUMNS, rows_max=ROWS_MAX)
    drawn = None if outlines is None else read_outlines(outlines)
    entries = _sheet_entries(table) if table is not None else _feature_entries(drawn)
    reading = _Reading(entries, known, now)
    reading.find_codes()
    if table is not None and drawn is not None:
        reading.attach(drawn)
    reading.number()
    reading.check()
    drafts = reading.drafts()
    faults = [*(table.faults if table else ()), *(drawn.faults if drawn else ()), *reading.faults]
    more = (table.faulty - len(table.faults) if table else 0) + (
        drawn.faulty - len(drawn.faults) if drawn else 0
    )
    rows = {GridCode(one.code): one.number for one in entries if one.code}
    return Import(tuple(drafts), rows, reading.made, tuple(faults), len(faults) + more)


def _sheet_entries(table: Table) -> list[_Entry]:
    return [_Entry(row.number, row.values, row.get("code"), names=table.headings) for row in table.rows]


def _feature_entries(drawn: Outlines | None) -> list[_Entry]:
    """Take the features' properties for rows; one with nothing but a code changes the outline alone."""
    entries = []
    for feature in drawn.features if drawn else ():
        texts = dict(_known_properties(feature))
        entries.append(_Entry(feature.number, texts, texts.get("code", ""), feature))
    return entries


def _known_properties(feature: Feature) -> Iterator[tuple[str, str]]:
    for column in COLUMNS:
        for name in (column.name, column.zh, *column.also):
            if name.casefold() in feature.properties:
                yield column.name, feature.properties[name.casefold()]
                break


class _Reading:
    """One reading of the files."""

    def __init__(self, entries: list[_Entry], known: Mapping[GridCode, GridRecord], now: datetime) -> None:
        self.entries = entries
        self.known = known
        self.now = now
        self.made = 0
        self.faults: list[Fault] = []
        open_ = [one for one in known.values() if one.until is None]
        self._by_place = {(one.grid.parent, one.grid.name): one.code for one in open_}
        self._codes = {one.code for one in entries if one.code} | set(known)
        names = Counter(one.texts.get("name", "") for one in entries)
        self._by_name = {name: one for one in entries if names[name := one.texts.get("name", "")] == 1}
        known_names = Counter(one.grid.name for one in open_)
        self._known_by_name = {one.grid.name: one.code for one in open_ if known_names[one.grid.name] == 1}

    def find_codes(self) -> None:
        """Give grids that are known by name and parent their code, parents before children."""
        for entry in self.entries:
            text = entry.texts.get("parent", "")
            entry.parent = text or None
            if text and text not in self._codes:
                entry.parent = self._known_by_name.get(text, text)
        for entry in self.entries:
            if entry.code:
                continue
            name = entry.texts.get("name", "")
            found = self._by_place.get((None if entry.parent is None else GridCode(entry.parent), name))
            if found is not None:
                entry.code = found
            elif not name:
                self.faults.append(
                    entry.fault("name", "grid.name", "neither code nor name: write at least one")
                )

    def attach(self, drawn: Outlines) -> None:
        """Give each grid of the sheet its outline, by code, or by parent and name where it has no code yet."""
        by_code = {one.code: one for one in self.entries if one.code}
        by_name = {(one.parent, one.texts.get("name", "")): one for one in self.entries if not one.code}
        for feature in drawn.features:
            texts = dict(_known_properties(feature))
            code = texts.get("code", "")
            entry = by_code.get(code) or by_name.get((texts.get("parent") or None, texts.get("name", "")))
            if entry is None and code in self.known:
                entry = _Entry(feature.number, {"code": code}, code)
                self.entries.append(entry)
                by_code[code] = entry
            if entry is None:
                message = (
                    f"feature {feature.number}: its code {code!r} is in no row: correct the property `code`"
                )
                self.faults.append(Fault(feature.number, "code", "outline.unknown", message))
            elif entry.feature is not None:
                message = f"feature {feature.number}: {code or texts.get('name')} has an outline already, feature {entry.feature.number}: send one MultiPolygon"
                self.faults.append(Fault(feature.number, "code", "outline.twice", message))
            else:
                entry.feature = feature

    def number(self) -> None:
        """Number the grids without a code, village by village; and name parents by their codes."""
        without: dict[str, list[_Entry]] = {}
        for entry in self.entries:
            self._resolve_parent(entry)
            if not entry.code and entry.texts.get("name"):
                without.setdefault(entry.parent or "", []).append(entry)
        for parent, entries in without.items():
            try:
                made = codes.numbered(parent, [_place(one) for one in entries], self._codes)
            except Rejected as refusal:
                self.faults += [one.fault("code", refusal.code, refusal.reason) for one in entries]
                continue
            for entry, code in zip(entries, made, strict=True):
                entry.code = code
            self._codes |= set(made)
            self.made += len(made)

    def _resolve_parent(self, entry: _Entry) -> None:
        """A parent may be called by its name where only one has it."""
        text = entry.parent
        if text and text not in self._codes and text in self._by_name and self._by_name[text].code:
            entry.parent = self._by_name[text].code

    def check(self) -> None:
        """Look at forms, at codes that stand twice, and at parents; a known grid keeps its code wherever it moves."""
        first: dict[str, _Entry] = {}
        for entry in self.entries:
            code = entry.code
            if not code:
                continue
            if codes.FORM.fullmatch(code) is None:
                self._say(
                    entry,
                    "code",
                    "grid.code",
                    f"the code {code[:70]!r} has a space, a full stop or a stroke: leave them out",
                )
            elif code in first:
                self._say(
                    entry,
                    "code",
                    "grid.twice",
                    f"the code {code} stands in row {first[code].number} already: write another",
                )
            else:
                first[code] = entry
            if entry.parent is not None and entry.parent not in self._codes:
                self._say(
                    entry,
                    "parent",
                    "grid.parent",
                    f"there is no grid {entry.parent}: write the code of one that is in the file or known",
                )
            elif (
                entry.parent is not None
                and code not in self.known
                and (wrong := codes.misfit(code, entry.parent))
            ):
                self._say(entry, "parent", "grid.code_parent", wrong)

    def drafts(self) -> list[GridDraft]:
        """Make drafts of what has a code; a cell that cannot be understood is a fault."""
        by_code = {one.code: one for one in self.entries if one.code}
        tiers: dict[str, Tier] = {}
        made = []
        for entry in by_code.values():
            try:
                made.append(self._draft(entry, self._tier(entry, by_code, tiers)))
            except _Unreadable as wrong:
                self._say(entry, wrong.column, wrong.code, wrong.message)
        return made

    def _draft(self, entry: _Entry, tier: Tier | None) -> GridDraft:
        texts = entry.texts
        new = GridCode(entry.code) not in self.known
        feature = entry.feature
        region = texts.get("region", "") or (codes.region_of(entry.code) if new else "")
        if region and (len(region) != codes.REGION_DIGITS or not region.isdigit()):
            raise _Unreadable(
                "region",
                "grid.region",
                f"{region} has not 12 digits: write the statistical code, filled up with 0",
            )
        centre = _centre(texts)
        if (
            centre is None
            and feature is not None
            and (new or self.known[GridCode(entry.code)].grid.centre is None)
        ):
            centre = Position(round(feature.latitude, 7), round(feature.longitude, 7))
        report_to = texts.get("report_to")
        return GridDraft(
            code=GridCode(entry.code),
            name=texts["name"] if texts.get("name") else UNSET,
            parent=UNSET if "parent" not in texts else (GridCode(entry.parent) if entry.parent else None),
            tier=UNSET if tier is None else tier,
            kind=_word(texts, "kind", KINDS) or UNSET,
            region=region or UNSET,
            report_to=UNSET if report_to is None else (GridCode(report_to) if report_to else None),
            grid_class=texts.get("class", UNSET),
            centre=centre or UNSET,
            radius_m=_radius(texts) or UNSET,
            outline=UNSET if feature is None else feature.outline,
            since=self._since(texts) or UNSET,
        )

    def _tier(self, entry: _Entry, by_code: Mapping[str, _Entry], found: dict[str, Tier]) -> Tier | None:
        """Give the tier that is written; for a new grid that of its code, else the one below its parent's."""
        written = _word(entry.texts, "tier", TIERS)
        if written is not None or GridCode(entry.code) in self.known:
            return written
        line: list[str] = []
        at: str | None = entry.code
        while at is not None and at not in found and len(line) < 20:
            line.append(at)
            at = by_code[at].parent if at in by_code else None
        for code in reversed(line):
            known = self.known.get(GridCode(code))
            one = by_code.get(code)
            above = found.get(one.parent) if one is not None and one.parent else None
            said = _quiet_word(one, "tier", TIERS) if one is not None else None
            usual = Tier.VILLAGE if above is None else _BELOW[above]
            found[code] = said or (known.grid.tier if known else None) or codes.tier_of(code) or usual
        return found.get(entry.code)

    def _since(self, texts: Mapping[str, str]) -> datetime | None:
        text = texts.get("since", "")
        if not text:
            return None
        try:
            day = date.fromisoformat(text.replace("/", "-"))
        except ValueError:
            raise _Unreadable("since", "grid.since", f"{text!r} is no date: write it as 2026-11-23") from None
        at = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
        if not 2000 <= day.year < 3000 or at > self.now:
            raise _Unreadable(
                "since", "grid.since", f"{text} lies before 2000 or in the future: write another day"
            )
        return at

    def _say(self, entry: _Entry, column: str, code: str, message: str) -> None:
        self.faults.append(entry.fault(column, code, message))


class _Unreadable(Exception):
    """A cell that cannot be understood; becomes a fault with its row."""

    def __init__(self, column: str, code: str, message: str) -> None:
        super().__init__(message)
        self.column, self.code, self.message = column, code, message


def _word(texts: Mapping[str, str], column: str, words: Mapping[str, W]) -> W | None:
    """Understand a word of a list; None for an empty cell."""
    text = texts.get(column, "")
    found = words.get(text.casefold())
    if text and found is None:
        raise _Unreadable(
            column, f"grid.{column}", f"{text!r} is none of {', '.join(words)}: write one of them"
        )
    return found


def _quiet_word(entry: _Entry, column: str, words: Mapping[str, W]) -> W | None:
    return words.get(entry.texts.get(column, "").casefold())


def _decimal(texts: Mapping[str, str], column: str, most: float) -> float | None:
    """Understand a number within bounds; None for an empty cell."""
    text = texts.get(column, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= most:
        raise _Unreadable(
            column,
            f"grid.{column}",
            f"{text!r} is no number up to {most:g}: write degrees or metres with a point",
        )
    return value


def _centre(texts: Mapping[str, str]) -> Position | None:
    latitude, longitude = _decimal(texts, "latitude", 90.0), _decimal(texts, "longitude", 180.0)
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise _Unreadable(
            missing, f"grid.{missing}", "latitude and longitude come together: write both or none"
        )
    return None if latitude is None or longitude is None else Position(latitude, longitude)


def _radius(texts: Mapping[str, str]) -> float | None:
    value = _decimal(texts, "radius_m", RADIUS_MAX_M)
    if value is not None and value <= 0:
        raise _Unreadable(
            "radius_m", "grid.radius_m", "a radius is more than 0 metres: write how near counts as there"
        )
    return value


def _place(entry: _Entry) -> tuple[float, float] | None:
    """Give where a grid lies, to number it: its outline's middle, else what is written."""
    if entry.feature is not None:
        return entry.feature.latitude, entry.feature.longitude
    try:
        centre = _centre(entry.texts)
    except _Unreadable:
        return None  # told when its draft is made
    return None if centre is None else (centre.latitude, centre.longitude)
