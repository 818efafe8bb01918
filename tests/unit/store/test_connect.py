from contextlib import nullcontext
from pathlib import Path

import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from tests.support.database import Database
from tocsin.core.errors import Conflict, InvariantBroken, LeaseLost, Rejected, Transient
from tocsin.store.config import StoreConfig
from tocsin.store.connect import connection, connection_string, pool, translate


@pytest.mark.parametrize(
    ("cause", "ours"),
    [
        (errors.ReadOnlySqlTransaction(), Transient),
        (errors.AdminShutdown(), Transient),
        (errors.CannotConnectNow(), Transient),
        (errors.SerializationFailure(), Transient),
        (errors.DeadlockDetected(), Transient),
        (errors.LockNotAvailable(), Transient),
        (errors.QueryCanceled(), Transient),
        (errors.DiskFull(), Transient),
        (errors.TooManyConnections(), Transient),
        (errors.OperationalError("server closed the connection unexpectedly"), Transient),
        (errors.InterfaceError("the connection is closed"), Transient),
        (errors.UniqueViolation(), Conflict),
        (errors.CheckViolation(), Rejected),
        (errors.NumericValueOutOfRange(), Rejected),
        (errors.UntranslatableCharacter(), Rejected),
        (errors.UndefinedTable(), InvariantBroken),
    ],
)
def test_an_error_of_the_driver_becomes_what_the_caller_can_do(
    cause: Exception, ours: type[Exception]
) -> None:
    with pytest.raises(ours) as caught, translate():
        raise cause
    assert caught.value.__cause__ is cause


def test_our_own_errors_pass_untouched() -> None:
    with pytest.raises(LeaseLost), translate():
        raise LeaseLost("gone")


def test_a_connection_string_gets_our_defaults_and_keeps_what_it_says() -> None:
    made = conninfo_to_dict(
        connection_string("host=db keepalives_idle=99 options='-c jit=off'", statement_timeout_seconds=1.5)
    )
    assert made["target_session_attrs"] == "read-write"
    assert made["keepalives_idle"] == "99"
    assert made["options"] == "-c statement_timeout=1500 -c timezone=UTC -c jit=off"


async def test_leaving_by_an_exception_rolls_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  what was done before is what must vanish
        async with connection(database.pool) as borrowed:
            await borrowed.execute("create table half ()")
            raise ZeroDivisionError
    assert await database.execute("select to_regclass('half')") == [(None,)]
    async with connection(database.pool) as borrowed:
        await borrowed.execute("create table whole ()")
    assert await database.execute("select to_regclass('whole')::text") == [("whole",)]


async def test_a_connection_that_died_is_transient_and_the_next_one_works(database: Database) -> None:
    with pytest.raises(Transient):
        async with connection(database.pool) as borrowed:
            await borrowed.execute("select pg_terminate_backend(pg_backend_pid())")
    assert await database.execute("select 1") == [(1,)]


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_connection_that_refuses_to_write_is_not_used_again(
    database: Database, *, wrapped: bool
) -> None:
    with pytest.raises(Transient):  # noqa: PT012  the session before the fault is part of it
        async with connection(database.pool) as borrowed:
            await borrowed.execute("set session characteristics as transaction read only")
            await borrowed.commit()
            with translate() if wrapped else nullcontext():
                await borrowed.execute("create table refused ()")
    assert borrowed.closed
    assert await database.execute("select current_setting('transaction_read_only')") == [("off",)]


async def test_no_database_is_transient(tmp_path: Path) -> None:
    with pytest.raises(Transient):
        async with pool(f"host={tmp_path}", StoreConfig(acquire_seconds=0.2)):
            pytest.fail("connected to nothing")


def test_the_connection_string_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("host=db\n")
    assert StoreConfig(dsn_file=tmp_path / "dsn").connection_string() == "host=db"
    assert StoreConfig().connection_string() is None
    assert StoreConfig(dsn="host=x password=secret").connection_string() == "host=x password=secret"
    assert "secret" not in repr(StoreConfig(dsn="host=x password=secret"))
    with pytest.raises(ValueError, match="not both"):
        StoreConfig(dsn="host=x", dsn_file=tmp_path / "dsn")


@pytest.mark.parametrize("text", [None, " \n"])
def test_a_file_without_a_connection_string_is_refused_in_a_sentence(
    tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "dsn").write_text(text)
    with pytest.raises(Rejected, match="dsn") as refused:
        StoreConfig(dsn_file=tmp_path / "dsn").connection_string()
    assert refused.value.code == "settings.secret"
