"""Connections to the database, and its errors in our words.

`pool` makes the one pool of a process: writable primary only, dead peers noticed within 30 s,
every statement limited.  Every adapter wraps its work in `translate()`, the only place where
psycopg's exceptions become `Transient`, `Conflict`, `Rejected` or `InvariantBroken`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeAlias

import psycopg
import psycopg_pool
from psycopg import AsyncConnection, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tocsin.core.errors import Conflict, InvariantBroken, Rejected, Transient
from tocsin.store.config import StoreConfig

Connection: TypeAlias = AsyncConnection[tuple[Any, ...]]
Pool: TypeAlias = psycopg_pool.AsyncConnectionPool[Connection]

DEFAULTS: Final = {
    # After a failover the old primary still answers and refuses writes.
    "target_session_attrs": "read-write",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "application_name": "tocsin",
}

_TRANSIENT: Final = (
    errors.ReadOnlySqlTransaction,
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.InsufficientResources,
    errors.OperatorIntervention,
    errors.IdleInTransactionSessionTimeout,
    errors.ConnectionException,
    errors.SystemError,
    psycopg_pool.PoolTimeout,
    psycopg_pool.PoolClosed,
    psycopg_pool.TooManyRequests,
)
_CONFLICT: Final = (errors.UniqueViolation, errors.ExclusionViolation)
_REJECTED: Final = (errors.DataError, errors.IntegrityError)


def connection_string(dsn: str, *, statement_timeout_seconds: float = 30.0) -> str:
    """Complete a connection string with our defaults; what it says itself wins."""
    given = conninfo_to_dict(dsn)
    options = str(given.pop("options", None) or "")
    limits = f"-c statement_timeout={int(statement_timeout_seconds * 1000)} -c timezone=UTC"
    return make_conninfo("", **(DEFAULTS | given), options=f"{limits} {options}".strip())


@asynccontextmanager
async def pool(dsn: str, config: StoreConfig | None = None) -> AsyncIterator[Pool]:
    """Open the pool of a process, and close it at the end.

    Raises `Transient` when the database does not answer within `acquire_seconds`.
    """
    config = config or StoreConfig()
    made: Pool = psycopg_pool.AsyncConnectionPool(
        connection_string(dsn, statement_timeout_seconds=config.statement_timeout_seconds),
        min_size=config.pool_min,
        max_size=config.pool_max,
        timeout=config.acquire_seconds,
        max_idle=300.0,
        reconnect_timeout=30.0,
        open=False,
        check=psycopg_pool.AsyncConnectionPool.check_connection,
        name="tocsin",
    )
    try:
        with translate():
            await made.open(wait=True, timeout=config.acquire_seconds)
        yield made
    finally:
        await made.close(timeout=5.0)


@contextmanager
def translate() -> Iterator[None]:
    """Turn the driver's exceptions into ours, `from` the cause; others pass untouched."""
    try:
        yield
    except _TRANSIENT as error:
        raise Transient(_sentence("the database cannot do this now", error)) from error
    except _CONFLICT as error:
        raise Conflict(_sentence("somebody else was faster", error)) from error
    except _REJECTED as error:
        raise Rejected("store.value", _sentence("the database refuses a value", error)) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Transient(_sentence("the database does not answer", error)) from error
    except psycopg.Error as error:
        raise InvariantBroken(_sentence("the database does not understand us", error)) from error


@asynccontextmanager
async def connection(source: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection for one transaction: commit on leaving, roll back on an exception; errors translated.

    One that refuses to write is closed, not given back: it leads to the old primary of a failover.
    """
    with translate():
        async with source.connection() as borrowed:
            try:
                yield borrowed
            except Exception as error:
                if isinstance(error, errors.ReadOnlySqlTransaction) or isinstance(
                    error.__cause__, errors.ReadOnlySqlTransaction
                ):
                    await borrowed.close()
                raise


def _sentence(what: str, error: psycopg.Error) -> str:
    message = (error.diag.message_primary or str(error)).strip().split("\n", 1)[0]
    return f"{what}: {message}" + (f" [{error.sqlstate}]" if error.sqlstate else "")
