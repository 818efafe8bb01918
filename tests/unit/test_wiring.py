from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tests.support import centre as small
from tests.support.database import Database, Server
from tocsin import wiring
from tocsin.alerts.hooks import Hook
from tocsin.core.errors import InvariantBroken, Rejected
from tocsin.settings import Settings
from tocsin.wiring import read_hooks, read_push_key


async def test_old_tables_are_refused_until_they_are_brought_up_to_date(
    database_server: Server, tmp_path: Path
) -> None:
    name = database_server.create()
    try:
        settings = small.settings(database_server.address(name), tmp_path)
        with pytest.raises(Rejected, match=r"lacks 0001.*run `tocsin db migrate`"):
            async with wiring.centre(settings):
                pass
        async with wiring.centre(settings, migrating=True) as made:
            assert await made.town.grids("") == []
        async with wiring.centre(settings) as again:
            assert again.dsn == made.dsn
    finally:
        database_server.drop(name)


async def test_a_collector_signs_in_with_its_own_password_only(database: Database, tmp_path: Path) -> None:
    async with small.settled(database.dsn, tmp_path) as made:
        await small.know(made, "mill-box", small.MILL)
        assert await made.knows("mill-box", "mill-box")
        assert not await made.knows("mill-box", "weir-box")
        assert not await made.knows("weir-box", "mill-box")
        await database.execute("update collector set enabled = false")
        assert not await made.knows("mill-box", "mill-box")


async def test_readiness_says_what_is_missing(database: Database, tmp_path: Path) -> None:
    async with wiring.centre(small.settings(database.dsn, tmp_path)) as made:
        await made.wakeups.listening.wait()
        assert await made.faults() == []
        made.wakeups.listening.clear()
        [deaf] = await made.faults()
        assert "not yet listening" in deaf
        await made.pool.close()
        assert "the database does not answer" in (await made.faults())[0]


def test_a_flush_of_another_store_is_a_defect() -> None:
    with pytest.raises(InvariantBroken, match="a flush of str"):
        wiring.unit_of(cast("Any", "flush"))


def test_the_embedded_broker_keeps_its_own_password(tmp_path: Path) -> None:
    plain = small.settings("", tmp_path).model_copy(update={"data": tmp_path / "new"})
    first, again = wiring.with_own_broker(plain), wiring.with_own_broker(plain)
    assert first == again
    kept = tmp_path / "new" / "broker.secret"
    assert kept.stat().st_mode & 0o077 == 0
    assert first.broker.password_file == kept
    assert first.embedded_broker is not None
    password = first.embedded_broker.users[first.embedded_broker.centre].get_secret_value()
    assert password == kept.read_text().strip() != ""


def test_a_key_of_links_is_made_once_where_all_is_one_process_and_read_elsewhere(tmp_path: Path) -> None:
    own = Settings(data=tmp_path / "data")
    first, second = (wiring.with_own_links(own) for _ in range(2))
    assert first.api.link_key_file == tmp_path / "data" / "link.key"
    assert wiring.read_link_keys(first) == wiring.read_link_keys(second) != wiring.read_link_keys(own)
    shared = small.settings("postgresql:///x", tmp_path)
    assert wiring.with_own_links(shared) is shared
    assert wiring.read_link_keys(shared) is None


def test_a_key_of_links_that_cannot_be_read_or_made_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="write a key into it"):
        wiring.read_link_keys(Settings.model_validate({"api": {"link_key_file": str(tmp_path / "none")}}))
    (tmp_path / "file").write_text("")
    with pytest.raises(Rejected, match="cannot keep the key of links"):
        wiring.with_own_links(Settings(data=tmp_path / "file"))


def test_a_hook_without_its_secret_is_a_sentence_at_the_start(tmp_path: Path) -> None:
    def reading(**hook: object) -> list[Hook]:
        hooks = [{"name": "sms", "form": "aliyun_sms", **hook}]
        return read_hooks(Settings.model_validate({"alerts": {"hooks": hooks}}))

    with pytest.raises(Rejected, match=r"alerts\.hooks: secret_file: .* cannot be read"):
        reading(secret_file=tmp_path / "none")
    (tmp_path / "secret").write_text("short\n")
    with pytest.raises(Rejected, match="16 to 200"):
        reading(secret_file=tmp_path / "secret")
    (tmp_path / "secret").write_text("0123456789abcdef\n")
    (hook,) = reading(secret_file=tmp_path / "secret")
    assert hook.secret == b"0123456789abcdef"


def test_the_key_of_pushes_is_made_once_and_only_where_they_are_set_up(tmp_path: Path) -> None:
    assert read_push_key(Settings()) == ""
    push = {"key_file": tmp_path / "push.pem", "contact": "mailto:ops@example.org"}
    settings = Settings.model_validate({"alerts": {"channels": {"web_push": push}}})
    assert read_push_key(settings) == read_push_key(settings) != ""
    (tmp_path / "push.pem").write_text("no key")
    with pytest.raises(Rejected, match=r"alerts\.channels\.web_push"):
        read_push_key(settings)


def test_the_token_of_other_systems_is_read_from_its_file(tmp_path: Path) -> None:
    def settings(file: Path) -> Settings:
        return Settings.model_validate({"api": {"cap_token_file": str(file)}})

    assert not wiring.read_cap_token(Settings.model_validate({}))
    file = tmp_path / "cap.token"
    with pytest.raises(Rejected, match="write a token into it"):
        wiring.read_cap_token(settings(file))
    file.write_text("x" * 31 + "\n")
    with pytest.raises(Rejected, match="too short"):
        wiring.read_cap_token(settings(file))
    file.write_text("x" * 32 + "\n")
    assert wiring.read_cap_token(settings(file)) == "x" * 32
