"""Figures over HTTP: within one's scope only, explained, traced to rows, as files."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import httpx
import pytest
from msgspec import structs
from openpyxl import load_workbook

from tests.support.api import FAR, FLOOD, SMOKE, TOWNSHIP, WEIR, World, recorded
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.core.incidents import Dispatched, Opened, ReportedUp, UpStage
from tocsin.town.ports import Role

NOVEMBER = {"period": "month", "of": "2026-11"}
OFFICE = OrganisationCode("office")


@pytest.fixture
def world() -> World:
    """Smoke at the weir and a flood at the farm, both opened in November and confirmed."""
    return World()


def figure(body: dict[str, Any], name: str = "incidents") -> dict[str, Any]:
    return next(one for one in body["figures"] if one["name"] == name)


def department(world: World, organisation: OrganisationCode | None = OFFICE) -> httpx.AsyncClient:
    account = replace(world.account(Role.DEPARTMENT, WEIR), organisation=organisation)
    world.town.accounts[account.name] = account
    return world.client(world.session(account))


async def test_figures_are_those_of_the_callers_subtree(world: World) -> None:
    for scope, count in (("", 2), (TOWNSHIP, 1), (FAR, 1), (WEIR, 1), ("1.10.102", 0)):
        async with world.signed_in(Role.SUPERVISOR, scope) as client:
            body = (await client.get("/api/figures", params=NOVEMBER)).json()
        assert body["incidents"] == count
        assert figure(body)["numerator"] == count
        assert body["scope"]["path"] == scope


async def test_a_township_sees_nothing_of_its_neighbour(world: World) -> None:
    async with world.signed_in(Role.SUPERVISOR, TOWNSHIP) as client:
        for address in (
            "/api/figures",
            "/api/figures/incidents/rows",
            "/api/open-items",
            "/api/figures/export.csv",
        ):
            refused = await client.get(
                address, params={**NOVEMBER, "grid": "201"} if "open" not in address else {"grid": "201"}
            )
            assert refused.status_code == 404, address
            assert refused.json()["code"] == "grid.unknown"
        rows = (await client.get("/api/figures/incidents/rows", params=NOVEMBER)).json()
        assert [row["incident"] for row in rows["rows"]] == [SMOKE]
        items = (await client.get("/api/open-items")).json()
        assert [item["incident"] for item in items["items"]] == [SMOKE]
        assert items["open"] == 1
        text = (await client.get("/api/figures/export.csv", params=NOVEMBER)).text
        assert "201" not in text


async def test_a_place_within_the_scope_may_be_chosen(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get("/api/figures", params={**NOVEMBER, "grid": "20"})).json()
    assert body["scope"] == {"path": "1.20", "name": "grid 20"}
    assert [item["key"] for item in body["by"]["grid"]["items"]] == ["201"]


async def test_a_department_sees_what_its_own_organisation_leads_wherever_it_is(world: World) -> None:
    given = Dispatched(lead=OFFICE, level=Tier.TOWNSHIP)
    world.logs[FLOOD].append(recorded(FLOOD, len(world.logs[FLOOD]) + 1, given, seconds=40))
    async with department(world) as client:
        body = (await client.get("/api/figures", params=NOVEMBER)).json()
        rows = (await client.get("/api/figures/incidents/rows", params=NOVEMBER)).json()
        other = (await client.get("/api/figures", params={**NOVEMBER, "organisation": "bureau"})).json()
    assert body["incidents"] == 1
    assert body["filters"] == {"organisation": "office"}
    assert [row["incident"] for row in rows["rows"]] == [FLOOD]
    assert other["filters"] == {"organisation": "office"}, "it cannot ask for another's"


async def test_a_department_without_an_organisation_sees_none(world: World) -> None:
    async with department(world, None) as client:
        refused = await client.get("/api/figures", params=NOVEMBER)
    assert refused.status_code == 403
    assert refused.json()["code"] == "account.organisation"


async def test_without_a_period_it_is_the_month_that_runs(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get("/api/figures")).json()
    assert body["period"]["name"] == "2026-11"
    assert body["period"]["running"]
    assert (body["period"]["from"], body["period"]["until"]) == (
        "2026-10-31T16:00:00Z",
        "2026-11-30T16:00:00Z",
    )
    assert body["compare"]["previous"]["cut"]


async def test_choices_narrow_what_is_counted(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        for choice, count in (
            ({"kind": "smoke"}, 1),
            ({"grade": "I"}, 0),
            ({"source": "sensor"}, 2),
            ({"matter": "01"}, 0),
            ({"drill": "true"}, 0),
            ({"of": "2026-10"}, 0),
        ):
            body = (await client.get("/api/figures", params={**NOVEMBER, **choice})).json()
            assert body["incidents"] == count, choice


async def test_figures_of_one_tier_leave_others_out(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get("/api/figures", params={**NOVEMBER, "tier": "village", "by": "kind"})).json()
    names = {one["name"] for one in body["figures"]}
    assert "on_scene_village" in names
    assert "on_scene_city" not in names
    assert set(body["by"]) == {"kind"}


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"of": "2026-13"}, "period.name"),
        ({"by": "street"}, "figures.by"),
        ({"period": "decade"}, "request.invalid"),
        ({"grid": "1;drop"}, "request.invalid"),
        ({"matter": "x"}, "request.invalid"),
        ({"kind": "unicorn"}, "request.invalid"),
        ({"of": "2026-11" * 9}, "request.invalid"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_its_code(
    world: World, choice: dict[str, str], code: str
) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        refused = await client.get("/api/figures", params={**NOVEMBER, **choice})
    assert refused.status_code == 422
    assert refused.json()["code"] == code


async def test_a_drill_changes_nothing_and_is_said(world: World) -> None:
    (first, *rest) = world.logs[SMOKE]
    assert isinstance(first.event, Opened)
    world.logs[SMOKE] = [structs.replace(first, event=structs.replace(first.event, drill=True)), *rest]
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get("/api/figures", params=NOVEMBER)).json()
        drills = (await client.get("/api/figures", params={**NOVEMBER, "drill": "true"})).json()
    assert (body["incidents"], body["left_out"]) == (1, {"drill": 1})
    assert (drills["incidents"], drills["drill"]) == (1, True)


async def test_rows_are_given_page_by_page_with_why_each_counts(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        address = "/api/figures/on_scene_village/rows"
        first = (await client.get(address, params={**NOVEMBER, "most": 1})).json()
        second = (await client.get(address, params={**NOVEMBER, "most": 1, "after": first["next"]})).json()
        none = (await client.get(address, params={**NOVEMBER, "part": "numerator"})).json()
    assert {page["rows"][0]["incident"] for page in (first, second)} == {SMOKE, FLOOD}
    assert second["next"] is None
    assert first["rows"][0]["cases"] == [
        {"part": "excluded", "reason": "running", "seconds": None, "detail": ""}
    ]
    assert first["figure"]["excluded"] == {"running": 2}
    assert none["rows"] == []


async def test_an_unknown_figure_is_not_found(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        refused = await client.get("/api/figures/speed/rows", params=NOVEMBER)
    assert refused.status_code == 404
    assert refused.json()["code"] == "figure.unknown"


async def test_a_page_that_is_none_is_refused(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        refused = await client.get("/api/figures/closed/rows", params={**NOVEMBER, "after": "nonsense"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "figures.page"


async def test_files_open_with_the_same_numbers(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        sheet = await client.get("/api/figures/export.xlsx", params={**NOVEMBER, "language": "en"})
        lines = await client.get("/api/figures/export.csv", params=NOVEMBER)
        wrong = await client.get("/api/figures/export.pdf", params=NOVEMBER)
    assert sheet.headers["content-disposition"] == 'attachment; filename="tocsin-2026-11.xlsx"'
    book = load_workbook(io.BytesIO(sheet.content))
    rows = {row[0]: row for row in book["Figures"].iter_rows(values_only=True)}
    assert rows["incidents"][4] == 2
    assert lines.headers["content-type"].startswith("text/csv")
    heads, *found = csv.reader(io.StringIO(lines.content.decode("utf-8-sig")))
    assert dict(zip(heads, found[0], strict=True))["分子"] == "2"
    assert wrong.status_code == 422


async def test_definitions_are_given_in_both_languages(world: World) -> None:
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get("/api/figures/definitions")).json()
    first = next(one for one in body["items"] if one["name"] == "on_scene_village")
    assert first["zh"]["title"] == "村级按时到场率"
    assert "stood down" in first["en"]["excluded"]


async def test_what_is_open_is_listed_by_place_and_page(world: World) -> None:
    async with world.signed_in(Role.SUPERVISOR) as client:
        first = (await client.get("/api/open-items", params={"most": 1})).json()
        second = (await client.get("/api/open-items", params={"most": 1, "after": first["next"]})).json()
    assert [first["items"][0]["incident"], second["items"][0]["incident"]] == [SMOKE, FLOOD]
    assert (first["open"], first["overdue"], second["next"]) == (2, 0, None)


async def test_grave_ones_that_were_not_reported_up_are_found(world: World) -> None:
    told = ReportedUp(stage=UpStage.INITIAL)
    world.logs[SMOKE].append(recorded(SMOKE, len(world.logs[SMOKE]) + 1, told, seconds=50))
    async with world.signed_in(Role.SUPERVISOR) as client:
        body = (await client.get("/api/open-items", params={"report_missing": "true"})).json()
    assert [item["incident"] for item in body["items"]] == [FLOOD]
    assert body["report_missing"] == 1
    assert PersonId("wang") not in str(body)
