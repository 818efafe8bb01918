"""`tocsin report` as a person meets it: a table to read, files to send, one document to compute with."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest

from tests.unit.cli.conftest import Run
from tocsin.bench.town_logs import alarm, moved, policy_of_shipped
from tocsin.bench.town_report import put
from tocsin.cli.report import language_of, time_of, value_of
from tocsin.core.ids import GridCode, IncidentId
from tocsin.town.figure_model import Figure, Unit

BEGIN = datetime(2026, 10, 5, 2, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, dsn: str) -> Path:
    """A centre with a village, in which six alarms were raised in October."""
    path = tmp_path / "centre.yaml"
    path.write_text(f"data: {tmp_path / 'data'}\nstore: {{dsn: '{dsn}'}}\n")

    async def fill() -> None:
        async with await psycopg.AsyncConnection.connect(dsn) as database:
            await database.execute("insert into policy values ('default@1', 'x', 'x', tocsin_clock())")
            await database.execute(
                "insert into grid (code, name, parent, tier, kind, path, level, radius_m) values"
                " ('1', '市', null, 'city', 'basic', '1', 1, 500),"
                " ('11', '[red]东村', '1', 'village', 'basic', '1.11', 2, 500)"
            )
            logs = [
                moved(
                    alarm(Random(n), "x", BEGIN, policy_of_shipped()).log,
                    IncidentId(f"i-{n}"),
                    timedelta(hours=n),
                    GridCode("11"),
                    "1.11",
                )
                for n in range(6)
            ]
            await put(database, logs)

    asyncio.run(fill())
    return path


def test_a_month_is_a_table_to_read_in_chinese_or_english(tocsin: Run, settings: Path) -> None:
    shown = tocsin("report", "--of", "2026-10", "--grid", "1", "--language", "zh", "-c", settings)
    assert shown.code == 0, shown.err
    for text in ("统计周期: 2026-10", "村级按时到场率", "结案率", "东村 11", "2026-10-01 00:00"):
        assert text in shown.out
    english = tocsin("report", "--of", "2026-10", "--language", "en", "-c", settings)
    assert "On scene in time, village" in english.out
    assert "[red]" in shown.out, "a name is a name and no instruction"


def test_one_document_holds_everything(tocsin: Run, settings: Path) -> None:
    shown = tocsin("report", "--of", "2026-10", "--by", "kind", "--json", "-c", settings)
    body = json.loads(shown.out)
    assert body["incidents"] + sum(body["left_out"].values()) == 6
    assert set(body["by"]) == {"kind"}
    assert sum(item["incidents"] for item in body["by"]["kind"]["items"]) == body["incidents"]


def test_files_are_written_where_asked(tocsin: Run, settings: Path, tmp_path: Path) -> None:
    sheet, lines = tmp_path / "month.xlsx", tmp_path / "month.csv"
    done = tocsin("report", "--of", "2026-10", "--xlsx", sheet, "--csv", lines, "-c", settings)
    assert done.code == 0, done.err
    assert sheet.read_bytes().startswith(b"PK")
    assert "incidents" in lines.read_text(encoding="utf-8-sig")
    assert done.out == "", "who writes a file does not want a table"
    refused = tocsin("report", "--xlsx", tmp_path / "none" / "x.xlsx", "-c", settings)
    assert refused.code == 2
    assert "choose another file" in refused.err


def test_kept_facts_are_checked_against_their_logs(tocsin: Run, settings: Path, dsn: str) -> None:
    tocsin("report", "--of", "2026-10", "--json", "-c", settings)
    well = tocsin("report", "--of", "2026-10", "--check", "-c", settings)
    assert (well.code, "6 logs of 31 days read anew, 0 kept facts differ" in well.out) == (0, True)
    with psycopg.connect(dsn) as database:
        database.execute(
            """update incident_fact set body = convert_to(replace(convert_from(body, 'UTF8'), '"grade":"I', '"grade":"V'), 'UTF8')
            where incident = (select min(incident) from incident_fact)"""
        )
    ill = tocsin("report", "--of", "2026-10", "--check", "-c", settings)
    assert ill.code == 1
    assert "are not what its log says" in ill.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--of", "October"), "write 2026-10"),
        (("--grid", "nowhere"), "is not known"),
        (("--by", "street"), "name at most 6"),
        (("--language", "fr"), "write zh or en"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    tocsin: Run, settings: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = tocsin("report", *arguments, "-c", settings)
    assert refused.code == 2
    assert sentence in refused.err


def test_the_language_is_the_terminals() -> None:
    assert language_of({"LANG": "zh_CN.UTF-8"}) == "zh"
    assert language_of({"LC_ALL": "en_GB.UTF-8", "LANG": "zh_CN.UTF-8"}) == "en"
    assert language_of({}) == "en"


def test_values_are_written_as_people_say_them() -> None:
    def shown(unit: Unit, value: float | None, **said: bool) -> str:
        return value_of(
            Figure(name="closed", unit=unit, numerator=0, denominator=1, value=value, **said), "zh"
        )

    assert shown(Unit.SHARE, 0.9425) == "94.2%"
    assert shown(Unit.COUNT, 192000) == "192000"
    assert shown(Unit.SHARE, None) == "—"
    assert shown(Unit.SECONDS, None, p50_never=True) == "未完成"
    assert [time_of(s, False, "zh") for s in (95, 300, 9000, 400_000)] == ["95秒", "5.0分", "2.5时", "4.6天"]
    assert time_of(None, False, "en") == "—"
