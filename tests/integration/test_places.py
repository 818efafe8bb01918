"""The real towns of one county, with villages and grids drawn beneath: in by the command, found by point, merged, read as they were."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import shapely

from tests.support.database import Server
from tocsin.bench.town_tiling import Place, Tiling, outlines, sheet
from tocsin.core.ids import GridCode
from tocsin.store.connect import pool
from tocsin.store.places import PgPlacesStore
from tocsin.town.places import Places

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TOCSIN_SHARED", ROOT.parent / "shared"))
DIVISIONS = SHARED / "data" / "divisions"
COUNTY = "371481"


def rows(name: str) -> list[dict[str, str]]:
    path = DIVISIONS / name
    if not path.is_file():
        pytest.skip("the official divisions are not here")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def county() -> tuple[list[Place], dict[str, str]]:
    """The county's towns by their real codes and names, each with 6 villages of 6 grids."""
    towns = [(row["code"], row["name"]) for row in rows("streets.csv") if row["areaCode"] == COUNTY]
    assert len(towns) >= 8
    assert all(code.startswith(COUNTY) and len(code) == 9 for code, _ in towns)
    tiling = Tiling(COUNTY, ((len(towns), 1), (2, 3), (3, 2)), seed=7)
    return list(tiling.places([towns])), dict(towns)


def tocsin(*arguments: object) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "grid", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


async def test_a_real_county_lives_through_a_merge_of_villages(
    database_server: Server, tmp_path: Path, county: tuple[list[Place], dict[str, str]]
) -> None:
    places, towns = county
    by_code = {one.code: one for one in places}
    (tmp_path / "grids.csv").write_bytes(sheet(places))
    (tmp_path / "grids.geojson").write_bytes(outlines(places))
    (tmp_path / "divisions.csv").write_text(
        "code,name\n" + "".join(f"{code},{name}\n" for code, name in towns.items())
    )
    name = database_server.create(await database_server.template())
    dsn = database_server.address(name)
    config = tmp_path / "centre.yaml"
    config.write_text(f"data: {tmp_path}\nstore: {{dsn: '{dsn}'}}\n")
    try:
        code, out, err = tocsin(
            "import", tmp_path / "grids.csv", "--outlines", tmp_path / "grids.geojson", "--divisions", tmp_path / "divisions.csv",
            "--since", "2026-01-01", "-c", config,
        )  # fmt: skip
        assert (code, f"{len(places)} new" in out) == (0, True), out + err
        assert tocsin("check", "--divisions", tmp_path / "divisions.csv", "-c", config)[0] == 0
        async with pool(dsn) as connections:
            store = PgPlacesStore(connections)
            await every_point_finds_its_grid(Places(store), places)
            await merge(store, by_code, dsn=dsn, folder=tmp_path, config=config, town=next(iter(towns)))
    finally:
        database_server.drop(name)


async def every_point_finds_its_grid(tree: Places, places: list[Place]) -> None:
    locator = await tree.locator()
    for one in places:
        if len(one.code) == 15:
            middle = shapely.Polygon(one.ring).point_on_surface()
            found = locator.find(middle.y, middle.x)
            assert found is not None
            assert [grid.code for grid in locator.line(found.grid.code)] == [
                one.code,
                one.code[:12],
                one.code[:9],
                COUNTY,
            ]


async def merge(
    store: PgPlacesStore, by_code: dict[str, Place], *, dsn: str, folder: Path, config: Path, town: str
) -> None:
    """Two villages of a town become one; an incident and an account of the second were there before."""
    first, second = f"{town}001", f"{town}002"
    grid = f"{second}001"
    path = f"{COUNTY}.{town}.{second}.{grid}"
    before = datetime.now(UTC)
    with psycopg.connect(dsn) as database:
        database.execute("insert into policy (id, name, text, saved) values ('p', 'p', 'p', %s)", [before])
        database.execute(
            """insert into incident (id, version, state, kind, grade, grid, grid_path, township, opened, began, ended, changed,
                   lateness, drill, policy, alarms, reports, head)
               values ('old', 1, 'closed', 'fire', 'IV', %s, %s, %s, %s, %s, %s, %s, 'live', false, 'p', 0, 0, sha256('x'))""",
            [grid, path, town, before, before, before, before],
        )
        database.execute("insert into person (id, name, grid) values ('li', 'Li', %s)", [grid])
        database.execute(
            "insert into account (name, person, role, scope, password_hash) values ('li', 'li', 'operator', %s, 'x')",
            [path],
        )
    whole = shapely.union_all([shapely.Polygon(by_code[code].ring) for code in (first, second)])
    moved = [one for one in by_code.values() if one.parent == second]
    lines = [f"{town},{by_code[town].name},{COUNTY}", f"{first},合村,{town}"]
    lines += [f"{one.code},{one.name},{first if one.parent == second else one.parent}" for one in by_code.values()
              if one.code.startswith(town) and one.code not in {town, first, second}]  # fmt: skip
    (folder / "merge.csv").write_text("\n".join(["code,name,parent", *lines]), encoding="gb18030")
    feature = {
        "type": "Feature",
        "properties": {"code": first},
        "geometry": json.loads(shapely.to_geojson(whole)),
    }
    (folder / "merge.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    files = (
        folder / "merge.csv",
        "--outlines",
        folder / "merge.geojson",
        "--close-missing",
        "--reason",
        "merge",
    )
    code, out, err = tocsin("import", *files, "-c", config)
    assert (code, "7 changed (6 moved), 1 given up" in out) == (0, True), out + err
    now = {one.code: one for one in await store.records("")}
    assert second not in now
    assert {now[GridCode(one.code)].grid.parent for one in moved} == {first}
    then = {one.code: one for one in await store.records("", at=before)}
    assert then[GridCode(grid)].grid.path == path
    assert len(then) == len(by_code)
    with psycopg.connect(dsn) as database:
        assert database.execute("select grid, grid_path from incident").fetchall() == [(grid, path)]
        assert database.execute("select scope from account").fetchall() == [
            (f"{COUNTY}.{town}.{first}.{grid}",)
        ]
    assert tocsin("check", "-c", config)[0] == 0
    middle = shapely.Polygon(by_code[grid].ring).point_on_surface()
    found = (await Places(store).locator()).find(middle.y, middle.x)
    assert found is not None
    assert found.grid.path == f"{COUNTY}.{town}.{first}.{grid}"
