import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tocsin.core.errors import Rejected
from tocsin.store import embedded


@pytest.fixture
def directory() -> Iterator[Path]:
    # A private parent directory that only we may enter, as /root is.
    parent = Path(tempfile.mkdtemp(prefix="tocsin-embedded-"))
    yield parent / "pg"
    embedded.stop(parent / "pg")
    shutil.rmtree(parent)


def test_a_killed_server_starts_again_with_everything_that_was_committed(directory: Path) -> None:
    server = embedded.start(directory)
    with psycopg.connect(server.dsn) as connection:
        connection.execute("create table kept as select 42 as answer")
        assert connection.execute("show fsync").fetchone() == ("on",)
        assert connection.execute("show synchronous_commit").fetchone() == ("on",)
    os.kill(server.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(server.pid)] if psutil.pid_exists(server.pid) else [], timeout=5)
    assert (directory / "postmaster.pid").exists()
    again = embedded.start(directory)
    assert again.pid != server.pid
    with psycopg.connect(again.dsn) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)
    assert embedded.start(directory) == again
    embedded.stop(directory)
    assert embedded._running(directory) is None
    embedded.stop(directory)


def test_a_pid_file_that_names_a_stranger_is_cleared(directory: Path) -> None:
    embedded.start(directory, durable=False)
    embedded.stop(directory)
    (directory / "postmaster.pid").write_text(f"{os.getpid()}\n{directory}\n0\n5432\n\n\n0 0\nready\n")
    server = embedded.start(directory, durable=False)
    assert server.pid != os.getpid()


def test_a_path_too_long_for_a_socket_gets_a_socket_elsewhere() -> None:
    directory = Path("/tmp") / ("long" * 30)  # noqa: S108
    assert len(str(embedded._socket_directory(directory))) < embedded.SOCKET_PATH_MAX
    assert embedded._socket_directory(Path("/data/pg")) == Path("/data/pg")


def test_a_directory_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Rejected, match="choose a data directory") as caught:
        embedded.start(tmp_path / "file" / "pg")
    assert caught.value.code == "database.directory"


def test_a_server_killed_this_moment_is_started_anew(tmp_path: Path) -> None:
    directory = tmp_path / "pg"
    first = embedded.start(directory, durable=False)
    os.kill(first.pid, signal.SIGKILL)
    try:
        second = embedded.start(directory, durable=False, seconds_max=30)
        assert second.pid != first.pid
        with psycopg.connect(second.dsn) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        embedded.stop(directory)
