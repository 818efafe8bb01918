from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.support.centre import MILL, settings, settings_file, settle
from tests.unit.cli.conftest import Run
from tocsin.api.auth import verify_password
from tocsin.edge import config
from tocsin.wiring import centre


@pytest.fixture
def file(dsn: str, tmp_path: Path) -> Path:
    async def bring_in() -> None:
        async with centre(settings(dsn, tmp_path)) as made:
            await settle(made)

    asyncio.run(bring_in())
    return settings_file(dsn, tmp_path)


def rows(dsn: str, query: str) -> list[tuple]:
    with psycopg.connect(dsn) as database:
        return database.execute(query.encode()).fetchall()


def test_a_collector_is_made_known_with_a_file_that_its_box_takes(tocsin: Run, file: Path, dsn: str) -> None:
    added = tocsin("collector", "add", "mill-box", "--grid", MILL, "--config", file, "--partition", 7)
    assert added.code == 0
    box = config.parse(added.out)
    assert (box.collector, box.partition, box.grid) == ("mill-box", 7, MILL)
    [(kept,)] = rows(dsn, "select secret_hash from collector")
    assert verify_password(kept, box.broker.secret() or "")
    assert str(box.broker.secret()) not in kept
    assert "tocsin edge check mill-box.yaml" in added.err


def test_a_collector_is_kept_out_and_let_in_again(tocsin: Run, file: Path, dsn: str) -> None:
    tocsin("collector", "add", "mill-box", "--grid", MILL, "--config", file)
    for order, said, kept in (
        ("enable", "mill-box is let in, as before\n", True),
        ("disable", "mill-box is kept out\n", False),
        ("disable", "mill-box is kept out, as before\n", False),
        ("enable", "mill-box is let in\n", True),
    ):
        done = tocsin("collector", order, "mill-box", "--config", file)
        assert (done.code, done.err) == (0, said)
        assert rows(dsn, "select enabled from collector") == [(kept,)]
    unknown = tocsin("collector", "disable", "mill-bax", "--config", file)
    assert (unknown.code, unknown.err[:40]) == (2, "tocsin: there is no collector mill-bax: ")


def test_a_collector_is_not_made_known_twice(tocsin: Run, file: Path, dsn: str) -> None:
    tocsin("collector", "add", "mill-box", "--grid", MILL, "--config", file)
    before = rows(dsn, "select * from collector")
    again = tocsin("collector", "add", "mill-box", "--grid", MILL, "--config", file)
    assert (again.code, again.out) == (2, "")
    assert again.err == "tocsin: collector mill-box exists already: choose another name\n"
    assert rows(dsn, "select * from collector") == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("mill-box", "--grid", "99"), "grid '99' is not known: add the grid first, or correct its code"),
        (("mill/box", "--grid", MILL), "collector name 'mill/box' is not allowed: use 1 to 64 of"),
    ],
)
def test_what_is_wrong_with_a_collector_is_a_sentence(
    tocsin: Run, file: Path, dsn: str, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = tocsin("collector", "add", *arguments, "--config", file)
    assert refused.code == 2
    assert sentence in refused.err
    assert rows(dsn, "select * from collector") == []


def test_quarantined_messages_are_listed_and_dropped(tocsin: Run, file: Path, dsn: str) -> None:
    assert "no message is held" in tocsin("quarantine", "list", "-c", file).out
    with psycopg.connect(dsn) as database:
        database.execute(
            "insert into quarantine (topic, collector, lane, received, code, reason, trace, payload) "
            "values ('tocsin/v1/05/mill-box/data', 'mill-box', 'data', '2026-05-01T08:00:00Z', 'envelope.form',"
            " 'not an envelope', '', '\\x00')"
        )
    listed = tocsin("quarantine", "list", "--config", file).out
    assert "envelope.form" in listed
    [(number,)] = rows(dsn, "select id from quarantine")
    assert tocsin("quarantine", "drop", number, "--config", file).out == "1 dropped\n"
    assert tocsin("quarantine", "drop", number, "--config", file).out == "0 dropped\n"
    assert "no message is held" in tocsin("quarantine", "list", "--config", file).out
    assert "envelope.form" in tocsin("quarantine", "list", "--state", "dropped", "--config", file).out
    retried = tocsin("quarantine", "retry", number, "--config", file)
    assert retried.out == "none of these messages is held: see `tocsin quarantine list`\n"


def test_the_tables_are_checked_and_brought_up_to_date(tocsin: Run, bare_dsn: str, tmp_path: Path) -> None:
    file = settings_file(bare_dsn, tmp_path)
    before = tocsin("db", "check", "--config", file)
    assert before.code == 1
    assert "0001_initial" in before.out
    refused = tocsin("quarantine", "list", "--config", file)
    assert refused.code == 2
    assert "run `tocsin db migrate`" in refused.err
    assert tocsin("db", "migrate", "--config", file).out.startswith("applied ")
    assert tocsin("db", "migrate", "--config", file).out == "the tables are up to date\n"
    assert "0001_initial" not in tocsin("db", "check", "--config", file).out


def test_an_account_signs_in_with_the_printed_password(tocsin: Run, file: Path, dsn: str) -> None:
    made = tocsin("account", "add", "fay", "--role", "engineer", "--grid", MILL, "--config", file)
    password = made.out.split()[-1]
    assert made.out == f"fay signs in with {password}\n"
    [(kept, scope)] = rows(dsn, "select password_hash, scope from account where name = 'fay'")
    assert verify_password(kept, password)
    assert scope.endswith(MILL)
    again = tocsin("account", "add", "fay", "--role", "engineer", "--grid", MILL, "--config", file)
    assert again.out != made.out


def test_a_departments_account_belongs_to_its_organisation(tocsin: Run, file: Path, dsn: str) -> None:
    catalogue = file.parent / "catalogue.yaml"
    catalogue.write_text(
        f'organisations: [{{code: fire, name: fire, kind: team, tier: city, grid: "{MILL}", handles: true}}]'
    )
    tocsin("town", "catalogue", "load", catalogue, "--config", file)
    made = tocsin("account", "add", "dep", "--role", "department", "--organisation", "fire", "--config", file)
    assert made.out.startswith("dep signs in with "), made.err
    [(organisation, scope)] = rows(dsn, "select organisation, scope from account where name = 'dep'")
    assert (organisation, scope.endswith(MILL)) == ("fire", True)
    unknown = tocsin("account", "add", "x", "--role", "department", "--organisation", "no", "--config", file)
    assert "organisation no is not known: load it first" in unknown.err


@pytest.mark.parametrize(
    "more", [("--role", "department"), ("--role", "supervisor", "--organisation", "fire")]
)
def test_an_organisation_is_for_departments_alone(tocsin: Run, file: Path, more: tuple[str, ...]) -> None:
    refused = tocsin("account", "add", "fay", *more, "--grid", MILL, "--config", file)
    assert refused.code == 2
    assert "an account of the role department needs --organisation CODE" in refused.err


def test_a_leader_gets_an_account(tocsin: Run, file: Path, dsn: str) -> None:
    tocsin("account", "add", "sun", "--role", "supervisor", "--grid", MILL, "--config", file)
    assert rows(dsn, "select role from account where name = 'sun'") == [("supervisor",)]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--grid", "99"), "grid 99 is not known: import it first, or leave --grid out"),
        (
            (),
            (
                "person fay is not known: say --grid CODE, so that they are added there and the account sees it, "
                "or --person ID of somebody who is known"
            ),
        ),
    ],
)
def test_what_is_wrong_with_an_account_is_a_sentence(
    tocsin: Run, file: Path, more: tuple[str, ...], sentence: str
) -> None:
    refused = tocsin("account", "add", "fay", "--role", "operator", *more, "--config", file)
    assert (refused.code, refused.err) == (2, f"tocsin: {sentence}\n")


def test_faults_of_the_settings_are_all_said(tocsin: Run, tmp_path: Path) -> None:
    file = tmp_path / "centre.yaml"
    file.write_text("http: {port: 99999}\nstor: {}\n")
    refused = tocsin("run", "--config", file)
    assert refused.code == 2
    assert "http.port" in refused.err
    assert "stor: is not a setting" in refused.err


def test_a_database_that_does_not_answer_is_a_sentence(tocsin: Run, tmp_path: Path) -> None:
    file = settings_file("host=127.0.0.1 port=1 connect_timeout=1", tmp_path)
    refused = tocsin("quarantine", "list", "--config", file)
    assert refused.code in {1, 2}
    assert refused.err.startswith("tocsin: ")


def test_a_taken_port_ends_the_centre_with_a_sentence(tocsin: Run, file: Path) -> None:
    import socket

    port = yaml.safe_load(file.read_text())["http"]["port"]
    with socket.create_server(("127.0.0.1", port)):
        refused = tocsin("run", "--config", file, "--role", "api")
    assert refused.code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in refused.err
    assert "set http.port to another port" in refused.err
