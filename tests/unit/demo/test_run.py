from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.support import centre as small
from tests.support.database import Database
from tests.support.edge import free_port
from tocsin.alerts.lint_read import budgets_of
from tocsin.api.auth import verify_password
from tocsin.core.errors import Rejected
from tocsin.demo import run, village
from tocsin.demo.model import DemoOptions, Secrets
from tocsin.settings import load
from tocsin.wiring import centre


def options(data: Path) -> DemoOptions:
    return DemoOptions(
        data=data, port=free_port(), speed=60, seconds=1, report=None, fresh=False, headless=True
    )


def test_beginning_anew_forgets_everything_and_going_on_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "demo" / "kept"
    run._check(options(tmp_path / "demo"))
    kept.write_text("")
    run._check(options(tmp_path / "demo"))
    assert kept.exists()
    run._check(replace(options(tmp_path / "demo"), fresh=True))
    assert not kept.exists()
    assert list((tmp_path / "demo").iterdir()) == []


def test_a_report_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wrong = replace(options(tmp_path / "demo"), report=tmp_path / "file" / "r.json")
    with pytest.raises(Rejected, match="cannot write to"):
        run._check(wrong)


def test_secrets_are_made_once_and_are_for_the_owner_alone(tmp_path: Path) -> None:
    first = run._secrets(tmp_path)
    assert run._secrets(tmp_path) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_folder_of_an_earlier_version_gets_the_secrets_that_it_lacks(tmp_path: Path) -> None:
    first = run._secrets(tmp_path)
    older = {name: secret for name, secret in first.accounts.items() if name != "department"}
    (tmp_path / "secrets.json").write_bytes(
        msgspec.json.encode(Secrets(webhook="w", accounts=older, collectors={}))
    )
    now = run._secrets(tmp_path)
    assert (now.webhook, now.accounts.keys(), now.collectors.keys()) == (
        "w", first.accounts.keys(), first.collectors.keys(),
    )  # fmt: skip
    assert older.items() <= now.accounts.items()
    assert run._secrets(tmp_path) == now
    assert set(first.collectors) == set(village.COLLECTORS)
    assert set(first.accounts) >= {"operator", "responder", "engineer", "administrator"}


def test_the_brokers_port_stays_while_it_is_free(tmp_path: Path) -> None:
    port = run._broker_port(tmp_path)
    run._leave_settings(options(tmp_path), run._secrets(tmp_path), port)
    assert run._broker_port(tmp_path) == port


def test_commands_find_the_demo_as_it_runs(tmp_path: Path) -> None:
    chosen, kept = options(tmp_path), run._secrets(tmp_path)
    run._leave_settings(chosen, kept, 1883)
    left, runs = load(tmp_path / "centre.yaml"), run._settings(chosen, kept, 1883)
    assert left.alerts.policy == runs.alerts.policy
    assert set(budgets_of(left.alerts.channels)) == set(budgets_of(runs.alerts.channels))
    assert (left.data, left.embedded_broker, left.http) == (runs.data, runs.embedded_broker, runs.http)


def test_speed_divides_the_policys_durations(tmp_path: Path) -> None:
    settings = run._settings(options(tmp_path), run._secrets(tmp_path), free_port())
    assert settings.alerts.policy.speed == 60
    assert settings.alerts.channels.webhook is not None


async def test_the_village_settles_once_however_often_it_is_started(
    database: Database, tmp_path: Path
) -> None:
    kept = run._secrets(tmp_path)
    async with centre(small.settings(database.dsn, tmp_path)) as made:
        await run._settle(made, kept, 8001)
        before = await counts(database)
        await run._settle(made, kept, 8002)
        assert await counts(database) == before
        assert before["collector"] == len(village.COLLECTORS)
        assert before["device"] == len(village.devices())
        addresses = await database.execute("select distinct address from contact where channel = 'webhook'")
        assert {address.split("/phone/")[0] for (address,) in addresses} == {"http://127.0.0.1:8002"}
        operator = await made.town.account("operator")
        assert operator is not None
        assert verify_password(operator.password_hash, kept.accounts["operator"])
        for name in village.COLLECTORS:
            assert await made.knows(name, kept.collectors[name])


async def counts(database: Database) -> dict[str, int]:
    tables = ("grid", "person", "contact", "duty_shift", "device", "account", "collector")
    return {name: (await database.execute(f"select count(*) from {name}"))[0][0] for name in tables}  # noqa: S608 names of our own


async def test_a_centre_that_fails_while_it_starts_is_not_waited_for() -> None:
    async def failing() -> None:
        raise Rejected("broker.port", "cannot listen")

    serving = asyncio.create_task(failing())
    with pytest.raises(Rejected, match="cannot listen"):
        await asyncio.wait_for(run._first(asyncio.Event().wait(), serving), 5)
