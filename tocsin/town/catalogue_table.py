"""Matters and organisations as sheets that people fill in (CSV, XLSX), in and out.  Pure.

`read_matters` and `read_organisations` give what a sheet says with every fault by row and column; nothing is
right as long as there is one. What `write_…` gives, the reader takes again unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade, Stage
from tocsin.core.organisations import Authority
from tocsin.core.working_time import Limit, Unit
from tocsin.town import organisations
from tocsin.town.catalogue import CatalogueSheet, Known, check_sheet
from tocsin.town.matters import MATTERS_MAX, Matter
from tocsin.town.organisations import OrganisationEntry, OrganisationKind
from tocsin.town.tables import Column, Fault, Row, Table, read_table, write_csv

ORGANISATIONS_MAX: Final = 20_000

MATTER_COLUMNS: Final = (
    Column(name="code", zh="代码", also=("事项代码",), required=True, most=8),
    Column(name="name", zh="名称", also=("事项", "事项名称"), required=True, most=100),
    Column(name="name_en", zh="英文名称", most=100),
    Column(name="platform", zh="平台", most=32),
    Column(name="kinds", zh="事件种类", most=300),
    Column(name="grade", zh="等级", most=8),
    Column(name="urgent", zh="紧急", most=8),
    Column(name="receive", zh="受理时限", most=40),
    Column(name="dispatch", zh="派遣时限", most=40),
    Column(name="accept", zh="签收时限", most=40),
    Column(name="handle", zh="处置时限", most=40),
    Column(name="check", zh="核查时限", most=40),
    Column(name="close", zh="结案时限", most=40),
    Column(name="evaluate", zh="评价时限", most=40),
    Column(name="active", zh="启用", most=8),
)
ORGANISATION_COLUMNS: Final = (
    Column(name="code", zh="代码", also=("机构代码",), required=True, most=64),
    Column(name="name", zh="名称", also=("机构", "机构名称"), required=True, most=100),
    Column(name="name_en", zh="英文名称", most=100),
    Column(name="kind", zh="类型", required=True, most=20),
    Column(name="tier", zh="层级", required=True, most=20),
    Column(name="grid", zh="网格", also=("网格代码",), required=True, most=64),
    Column(name="parent", zh="上级机构", most=64),
    Column(name="collects", zh="采集", most=8),
    Column(name="handles", zh="处置", most=8),
    Column(name="platforms", zh="平台", most=400),
    Column(name="order", zh="顺序", most=6),
    Column(name="active", zh="启用", most=8),
    Column(name="authority", zh="权限", most=1000),
)

_YES: Final = {
    "是": True,
    "yes": True,
    "true": True,
    "1": True,
    "否": False,
    "no": False,
    "false": False,
    "0": False,
}
_UNITS: Final = {
    **{unit.value: unit for unit in Unit},
    **{f"{unit.value}s": unit for unit in Unit},
    "小时": Unit.HOUR, "天": Unit.DAY, "日": Unit.DAY, "工作时": Unit.WORKING_HOUR, "工作小时": Unit.WORKING_HOUR,
    "工作日": Unit.WORKING_DAY,
}  # fmt: skip
_UNIT_ZH: Final = {
    Unit.HOUR: "小时",
    Unit.DAY: "天",
    Unit.WORKING_HOUR: "工作时",
    Unit.WORKING_DAY: "工作日",
}
_KINDS_ZH: Final = {
    OrganisationKind.VILLAGE: "村居",
    OrganisationKind.TOWNSHIP: "镇街",
    OrganisationKind.DEPARTMENT: "部门",
    OrganisationKind.TEAM: "队伍",
    OrganisationKind.CENTRE: "中心",
}
_TIERS_ZH: Final = {Tier.VILLAGE: "村级", Tier.TOWNSHIP: "镇级", Tier.CITY: "市级"}
_GRADES_ZH: Final = {Grade.I: "特别重大", Grade.II: "重大", Grade.III: "较大", Grade.IV: "一般"}
_LIMIT: Final = re.compile(r"([0-9]{1,6})\s*([a-z_]+|[\u4e00-\u9fff]+)")
_AUTHORITY: Final = re.compile(r"([0-9]{0,8}|全部)\s*[:：]\s*(\S+)")
_APART: Final = re.compile(r"[\s,，;；、]+")

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class _Reader:
    """Reads the cells of one row; what is wrong is noted, and a stand-in given."""

    def __init__(self, table: Table, row: Row, faults: list[Fault]) -> None:
        self._table, self._row, self._faults = table, row, faults

    def text(self, name: str) -> str:
        return self._row.get(name)

    def wrong(self, name: str, message: str) -> None:
        self._faults.append(self._table.fault(self._row, name, f"catalogue.{name}", message))

    def yes(self, name: str, *, without: bool) -> bool:
        text = self.text(name).casefold()
        if text and text not in _YES:
            self.wrong(name, f"{text[:20]!r}: write 是 or 否 (yes, no)")
        return _YES.get(text, without)

    def word(self, name: str, words: Mapping[E, str], without: E) -> E:
        text = self.text(name)
        if not text:
            return without
        known = {**{zh: one for one, zh in words.items()}, **{one.value: one for one in words}}
        if text not in known:
            self.wrong(
                name, f"{text[:20]!r}: write one of {', '.join(words.values())}, or {', '.join(words)}"
            )
        return known.get(text, without)

    def parts(self, name: str) -> list[str]:
        return [one for one in _APART.split(self.text(name)) if one]

    def limit(self, name: str) -> Limit | None:
        text = self.text(name)
        match = _LIMIT.fullmatch(text)
        if match is not None and match[2] in _UNITS:
            return Limit(int(match[1]), _UNITS[match[2]])
        if text:
            self.wrong(name, f"{text[:20]!r}: write an amount and its unit: 4工作时, 15工作日, 12小时, 3天")
        return None

    def kinds(self, name: str) -> tuple[Kind, ...]:
        found = []
        for part in self.parts(name):
            try:
                found.append(Kind(part))
            except ValueError:
                self.wrong(name, f"{part[:20]!r} is no kind of happening: write {', '.join(Kind)}")
        return tuple(found)

    def authorities(self, name: str) -> tuple[Authority, ...]:
        known = {**{zh: one for one, zh in _GRADES_ZH.items()}, **{one.value: one for one in Grade}}
        found = []
        for part in re.split(r"[;；\n]+", self.text(name)):
            match = _AUTHORITY.fullmatch(part.strip())
            if match is not None and match[2] in known:
                category = "" if match[1] == "全部" else match[1]
                found.append(Authority(category, known[match[2]]))
            elif part.strip():
                self.wrong(
                    name, f"{part.strip()[:30]!r}: write category and worst grade: 04:II; 0102:IV; 全部:IV"
                )
        return tuple(found)


def read_matters(data: bytes, known: Known) -> tuple[CatalogueSheet, Table, list[Fault]]:
    """Read a sheet of matters; raises `Rejected` (`table.…`) where nothing can be read at all."""
    return _read(
        data,
        MATTER_COLUMNS,
        _matter,
        lambda made: CatalogueSheet(matters=made),
        known=known,
        most=MATTERS_MAX,
    )


def read_organisations(data: bytes, known: Known) -> tuple[CatalogueSheet, Table, list[Fault]]:
    """Read a sheet of organisations; raises as `read_matters`. Whether the grids exist, the store knows."""
    return _read(
        data,
        ORGANISATION_COLUMNS,
        _organisation,
        lambda made: CatalogueSheet(organisations=made),
        known=known,
        most=ORGANISATIONS_MAX,
    )


def write_matters(matters: Iterable[Matter]) -> bytes:
    """Write the catalogue down as a sheet."""
    return write_csv(MATTER_COLUMNS, (_matter_row(one) for one in matters))


def write_organisations(entries: Iterable[OrganisationEntry]) -> bytes:
    """Write organisations down as a sheet."""
    return write_csv(ORGANISATION_COLUMNS, (_organisation_row(one) for one in entries))


def _read(
    data: bytes,
    columns: Sequence[Column],
    make: Callable[[_Reader], T],
    sheet_of: Callable[[tuple[T, ...]], CatalogueSheet],
    *,
    known: Known,
    most: int,
) -> tuple[CatalogueSheet, Table, list[Fault]]:
    table = read_table(data, columns, rows_max=most)
    faults = list(table.faults)
    made = tuple(make(_Reader(table, row, faults)) for row in table.rows)
    sheet = sheet_of(made)
    if not faults:  # a stand-in is no word of whoever wrote the sheet
        faults += [_placed(table, one) for one in check_sheet(sheet, known)]
    return sheet, table, faults


def _placed(table: Table, fault: organisations.Fault) -> Fault:
    """Give a fault of the catalogue its row and column: `matters[3].limits.check` is row 5, column 核查时限."""
    match = re.match(r"[a-z]+\[([0-9]+)\]\.(?:limits\.)?([a-z_]+)", fault.where)
    if match is None:
        return Fault(None, "", "catalogue.faults", f"{fault.where}: {fault.sentence}")
    row = table.rows[int(match[1])]
    return table.fault(row, match[2], f"catalogue.{match[2]}", fault.sentence)


def _matter(cells: _Reader) -> Matter:
    limits = {stage: limit for stage in Stage if (limit := cells.limit(stage.value)) is not None}
    return Matter(
        code=cells.text("code"),
        name=cells.text("name"),
        name_en=cells.text("name_en"),
        platform=cells.text("platform"),
        kinds=cells.kinds("kinds"),
        grade=cells.word("grade", _GRADES_ZH, Grade.IV),
        urgent=cells.yes("urgent", without=False),
        limits=limits,
        active=cells.yes("active", without=True),
    )


def _matter_row(one: Matter) -> dict[str, str]:
    return {
        "code": one.code,
        "name": one.name,
        "name_en": one.name_en,
        "platform": one.platform,
        "kinds": " ".join(one.kinds),
        "grade": one.grade.value,
        "urgent": _said(one.urgent),
        "active": _said(one.active),
        **{stage.value: f"{limit.amount}{_UNIT_ZH[limit.unit]}" for stage, limit in one.limits.items()},
    }


def _organisation(cells: _Reader) -> OrganisationEntry:
    order = cells.text("order") or "1"
    if not order.isdecimal() or not order.isascii():
        cells.wrong("order", f"{order[:20]!r}: write a whole number from 1 on")
        order = "1"
    return OrganisationEntry(
        code=OrganisationCode(cells.text("code")),
        name=cells.text("name"),
        name_en=cells.text("name_en"),
        kind=cells.word("kind", _KINDS_ZH, OrganisationKind.DEPARTMENT),
        tier=cells.word("tier", _TIERS_ZH, Tier.CITY),
        grid=GridCode(cells.text("grid")),
        parent=OrganisationCode(parent) if (parent := cells.text("parent")) else None,
        collects=cells.yes("collects", without=False),
        handles=cells.yes("handles", without=False),
        platforms=tuple(cells.parts("platforms")),
        order=int(order),
        active=cells.yes("active", without=True),
        authorities=cells.authorities("authority"),
    )


def _organisation_row(one: OrganisationEntry) -> dict[str, str]:
    return {
        "code": one.code,
        "name": one.name,
        "name_en": one.name_en,
        "kind": _KINDS_ZH[one.kind],
        "tier": _TIERS_ZH[one.tier],
        "grid": one.grid,
        "parent": one.parent or "",
        "collects": _said(one.collects),
        "handles": _said(one.handles),
        "platforms": " ".join(one.platforms),
        "order": str(one.order),
        "active": _said(one.active),
        "authority": "; ".join(f"{held.category or '全部'}:{held.highest}" for held in one.authorities),
    }


def _said(yes: bool) -> str:  # noqa: FBT001 a cell
    return "是" if yes else "否"
