from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import aiomqtt
import httpx
import pytest
from structlog.testing import capture_logs

from tests.support import centre as small
from tests.support.database import Database
from tests.support.edge import free_port
from tests.support.ingest import envelope
from tocsin import roles
from tocsin.core.errors import Rejected
from tocsin.core.wire import Senml, pack_items, seal, up_topic
from tocsin.roles import Role
from tocsin.watch.config import WatchConfig
from tocsin.wiring import centre


async def test_all_roles_store_what_a_collector_sends_and_answer_people(
    database: Database, tmp_path: Path
) -> None:
    async with small.settled(database.dsn, tmp_path) as made:
        await small.know(made, "weir-box", small.WEIR)
        port = made.settings.broker.port
        async with (
            small.serving(made),
            aiomqtt.Client("127.0.0.1", port, username="weir-box", password="weir-box") as box,
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{made.settings.http.port}", trust_env=False
            ) as people,
        ):
            while (await people.get("/readyz")).status_code != 200:  # until ingest is subscribed
                await asyncio.sleep(0.02)
            now = round(made.clock.now().timestamp() * 1e6)
            items = pack_items([Senml(n="gauge/level", u="m", v=1.25, us=now)])
            sent = seal(envelope(collector="weir-box", items=items, sent=now))
            await box.subscribe("tocsin/v1/weir-box/receipt", qos=1)
            while not (await database.execute("select 1 from reading")):
                # The broker inside forgets what was sent before ingest listened: a box sends again.
                await box.publish(up_topic(5, small.CollectorId("weir-box"), "data"), sent, qos=1)
                await asyncio.sleep(0.2)
            [(stream, value)] = await database.execute(
                "select stream.name, value from reading join stream on stream.id = reading.stream"
            )
            assert (stream, value) == ("weir-box/gauge/level", 1.25)
            receipt = await asyncio.wait_for(anext(aiter(box.messages)), 10)
            assert receipt.topic.matches("tocsin/v1/weir-box/receipt")
            signed_in = await people.post("/api/session", json={"name": "desk", "password": small.PASSWORD})
            assert signed_in.status_code == 201


async def test_every_worker_gives_signs_of_life_and_takes_them_away_when_it_stops(
    database: Database, tmp_path: Path
) -> None:
    async with small.settled(database.dsn, tmp_path) as made:
        await small.know(made, "weir-box", small.WEIR)
        expected = set(WatchConfig().expect)
        async with small.serving(made), asyncio.timeout(30):
            while {one.role for one in (await made.watch.beats())[0]} != expected:
                await asyncio.sleep(0.05)
            beats, now = await made.watch.beats()
            assert {one.name for one in beats if one.role == "ingest"} == {"ingest-0"}
            assert all(abs(one.skew_s) < 1 for one in beats)
            assert all(one.disks for one in beats)
            assert all(now - one.at < timedelta(seconds=5) for one in beats)
        assert (await made.watch.beats())[0] == []


async def test_a_role_without_the_api_answers_on_its_telemetry_port(
    database: Database, tmp_path: Path
) -> None:
    port = free_port()
    settings = small.settings(database.dsn, tmp_path, telemetry={"port": port}, embedded_broker=None)
    async with (
        centre(settings) as made,
        small.serving(made, frozenset({Role.API})),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        await made.wakeups.listening.wait()
        assert (await client.get(f"http://127.0.0.1:{port}/readyz")).text == "ready\n"
        assert "tocsin_" in (await client.get(f"http://127.0.0.1:{port}/metrics")).text


async def test_a_taken_port_is_a_sentence(database: Database, tmp_path: Path) -> None:
    settings = small.settings(database.dsn, tmp_path, embedded_broker=None)
    with (
        socket.create_server(("127.0.0.1", settings.http.port)),
        pytest.raises(ExceptionGroup) as refused,
    ):
        await asyncio.wait_for(roles.run(settings, frozenset({Role.API}), asyncio.Event()), 20)
    told, other = refused.value.split(Rejected)
    assert other is None
    assert "set http.port to another port" in str(told.exceptions)


async def test_a_stop_before_the_start_is_over_ends_cleanly(database: Database, tmp_path: Path) -> None:
    stop = asyncio.Event()
    stop.set()
    settings = small.settings(database.dsn, tmp_path)
    await asyncio.wait_for(roles.run(settings, frozenset(Role), stop), 30)


async def test_a_quarantined_message_is_fed_again(database: Database, tmp_path: Path) -> None:
    async with small.settled(database.dsn, tmp_path) as made:
        items = pack_items(
            [Senml(n="gauge/level", u="m", v=2.5, us=round(made.clock.now().timestamp() * 1e6))]
        )
        sent = seal(
            envelope(collector="weir-box", items=items, sent=round(made.clock.now().timestamp() * 1e6))
        )
        await database.execute(
            "insert into quarantine (topic, collector, lane, received, code, reason, trace, payload) "
            "values ('tocsin/v1/05/weir-box/data', 'weir-box', 'data', tocsin_clock(), 'collector.unknown', '', '', %s)",
            sent,
        )
        [(number,)] = await database.execute("select id from quarantine")
        async with small.serving(made, frozenset({Role.ALERTS})):
            assert "0 of 1 stored" in await roles.retry_quarantined(made, [number])
            await small.know(made, "weir-box", small.WEIR)
            [(again,)] = await database.execute("select id from quarantine where state = 'held'")
            assert "1 of 1 stored" in await roles.retry_quarantined(made, [again])
        assert await database.execute("select value from reading") == [(2.5,)]
        assert "none of these messages is held" in await roles.retry_quarantined(made, [again])


async def test_start_says_what_phones_will_miss(database: Database, tmp_path: Path) -> None:
    (tmp_path / "link.key").write_text("k" * 32)
    api = {"public_url": "https://bell.example", "cookie_secure": True}
    for given, said in (
        ({}, ["https"]),
        ({"api": api}, ["link_key_file"]),
        ({"api": {**api, "link_key_file": str(tmp_path / "link.key")}}, []),
    ):
        async with centre(small.settings(database.dsn, tmp_path, **given)) as made:
            with capture_logs() as lines:
                async with small.serving(made, frozenset({Role.API})):
                    pass
        found = [line["reason"] for line in lines if line["event"] == "api.address"]
        assert len(found) == len(said)
        assert all(word in reason for word, reason in zip(said, found, strict=True))
