"""Reports as the wire carries them.

A report of a city is megabytes: it is encoded once, in a thread, from what was counted; the schemas say
what it looks like, and a test holds it to them.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.api.schemas.figures import (
    DefinitionList,
    DefinitionView,
    NamedView,
    OpenItemView,
    WordsView,
)
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Grade, Source, Stage, State
from tocsin.town.figure_catalogue import DEFINITIONS, GROUPS
from tocsin.town.figure_model import Definition, Words
from tocsin.town.figure_ports import OpenItem
from tocsin.town.figure_words import REASONS, TABLES
from tocsin.town.report_model import Compared, Report, Rows

_encoder = msgspec.json.Encoder()


def report(made: Report) -> bytes:
    """Encode a report as `ReportView` describes it."""
    return _encoder.encode(
        {
            "period": {
                "kind": made.kind,
                "name": made.name,
                "from": made.since,
                "until": made.until,
                "running": made.running,
                "made": made.made,
            },
            "scope": {"path": made.scope, "name": made.scope_name},
            "drill": made.drill,
            "filters": made.filters,
            "incidents": made.incidents,
            "left_out": made.left_out,
            "figures": made.figures,
            "by": {
                table.dimension: {
                    "items": [
                        {
                            "key": group.key,
                            "name": made.names.get(table.dimension, {}).get(group.key, ""),
                            "incidents": group.incidents,
                            "figures": list(group.figures.values()),
                        }
                        for group in table.groups
                    ],
                    "left_out": table.left_out,
                }
                for table in made.tables
            },
            "compare": {"previous": _compared(made.previous), "year_before": _compared(made.year_before)},
        }
    )


def _compared(other: Compared | None) -> Mapping[str, object] | None:
    if other is None:
        return None
    return {
        "name": other.name,
        "from": other.since,
        "until": other.until,
        "cut": other.cut,
        "figures": other.figures,
    }


def rows(made: Rows) -> bytes:
    """Encode a page of rows as `RowsView` describes it."""
    return _encoder.encode(made)


def definitions() -> DefinitionList:
    """Explain all figures."""
    return DefinitionList(
        items=[_definition(one) for one in DEFINITIONS],
        groups=[NamedView(code=code, zh=zh, en=en) for code, (zh, en) in GROUPS.items()],
        tables=[NamedView(code=code, zh=zh, en=en) for code, (zh, en) in TABLES.items()],
        reasons=[NamedView(code=code, zh=zh, en=en) for code, (zh, en) in REASONS.items()],
    )


def _definition(one: Definition) -> DefinitionView:
    return DefinitionView(
        name=one.name,
        group=one.group,
        unit=one.unit,
        better=one.better,
        tier=one.tier,
        zh=_words(one.zh),
        en=_words(one.en),
    )


def _words(words: Words) -> WordsView:
    return WordsView(
        title=words.title,
        numerator=words.numerator,
        denominator=words.denominator,
        excluded=words.excluded,
    )


def open_item(one: OpenItem, *, overdue: bool) -> OpenItemView:
    """Show one open incident."""
    return OpenItemView(
        incident=one.incident,
        state=State(one.state),
        kind=Kind(one.kind),
        grade=Grade(one.grade),
        source=Source(one.source),
        grid=one.grid,
        grid_name=one.grid_name,
        grid_path=one.grid_path,
        opened=one.opened,
        confirmed=one.confirmed,
        matter=one.matter,
        matter_name=one.matter_name,
        level=None if one.level is None else Tier(one.level),
        lead=one.lead,
        lead_name=one.lead_name,
        stage=None if one.stage is None else Stage(one.stage),
        stage_due=one.stage_due,
        next_due=one.next_due,
        overdue=overdue,
        report_missing=one.report_missing,
    )
