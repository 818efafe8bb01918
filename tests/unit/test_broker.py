import asyncio
import socket

import aiomqtt
import pytest
from amqtt.contexts import Action
from argon2 import PasswordHasher
from pydantic import SecretStr

from tocsin.broker import Access, EmbeddedBrokerConfig, allowed, embedded_broker
from tocsin.core.errors import Rejected

USERS = {"tocsin": SecretStr("centre"), "weir": SecretStr("w"), "hall": SecretStr("h")}


@pytest.mark.parametrize(
    ("user", "topic", "action", "may"),
    [
        ("weir", "tocsin/v1/03/weir/data", Action.PUBLISH, True),
        ("weir", "tocsin/v1/03/hall/data", Action.PUBLISH, False),
        ("weir", "tocsin/v1/03/weir/receipt", Action.PUBLISH, False),
        ("weir", "tocsin/v1/weir/receipt", Action.PUBLISH, False),
        ("weir", "tocsin/v1/weir/receipt", Action.SUBSCRIBE, True),
        ("weir", "tocsin/v1/weir/command", Action.RECEIVE, True),
        ("weir", "tocsin/v1/hall/receipt", Action.SUBSCRIBE, False),
        ("weir", "tocsin/v1/+/receipt", Action.SUBSCRIBE, False),
        ("weir", "tocsin/v1/03/weir/data", Action.SUBSCRIBE, False),
        ("weir", "#", Action.SUBSCRIBE, False),
        ("03", "tocsin/v1/03/#", Action.SUBSCRIBE, False),
        ("03", "tocsin/v1/03/weir/data", Action.RECEIVE, False),
        ("tocsin", "#", Action.SUBSCRIBE, True),
        ("tocsin", "tocsin/v1/weir/receipt", Action.PUBLISH, True),
    ],
)
def test_a_collector_writes_below_its_name_and_reads_its_own(user, topic, action, may):
    assert allowed(user, topic, action, "tocsin") is may


async def test_passwords_come_from_settings_from_a_file_or_from_the_centre(tmp_path):
    file = tmp_path / "passwords"
    file.write_text(f"# boxes\nmill:{PasswordHasher().hash('m')}\n")
    asked: list[str] = []

    async def verify(name: str, password: str) -> bool:
        asked.append(name)
        return (name, password) == ("lock", "l")

    access = Access(EmbeddedBrokerConfig(users=USERS, password_file=file), verify)
    assert await access.signs_in("weir", "w")
    assert not await access.signs_in("weir", "h")
    assert await access.signs_in("mill", "m")
    assert not await access.signs_in("mill", "x")
    assert await access.signs_in("lock", "l")
    assert await access.signs_in("lock", "l")
    assert not await access.signs_in("lock", "x")
    assert not await access.signs_in("", "x")
    assert not await access.signs_in("a/b", "x")
    assert asked == ["lock", "lock"], "remembered when right, asked again when wrong"


@pytest.mark.parametrize("content", ["mill", "mill:plain"])
async def test_a_password_file_of_another_form_names_its_line(tmp_path, content):
    file = tmp_path / "passwords"
    file.write_text(f"# first\n{content}\n")
    with pytest.raises(Rejected, match="line 2"):
        Access(EmbeddedBrokerConfig(password_file=file))


async def test_a_taken_port_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Rejected, match="choose another port"):
            async with embedded_broker(EmbeddedBrokerConfig(port=port)):
                pytest.fail("two listen on one port")


def client(port: int, user: str) -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1", port, username=user, password=USERS[user].get_secret_value(), identifier=user
    )


async def test_a_retained_receipt_reaches_its_collector_and_nobody_else():
    async with embedded_broker(EmbeddedBrokerConfig(port=0, users=USERS)) as broker:
        async with client(broker.port, "tocsin") as centre:
            await centre.publish("tocsin/v1/weir/receipt", b"weir", qos=1, retain=True)
            await centre.publish("tocsin/v1/hall/receipt", b"hall", qos=1, retain=True)
        for name in ("weir", "hall"):
            async with client(broker.port, name) as box:
                await box.subscribe(f"tocsin/v1/{name}/receipt", qos=1)
                async with client(broker.port, "tocsin") as centre:
                    await centre.publish(f"tocsin/v1/{name}/receipt", b"last", qos=1)
                heard = []
                async with asyncio.timeout(10):
                    async for message in box.messages:
                        heard.append(message.payload)
                        if message.payload == b"last":
                            break
                assert set(heard) == {name.encode(), b"last"}


async def test_a_wrong_password_does_not_get_in():
    async with embedded_broker(EmbeddedBrokerConfig(port=0, users=USERS)) as broker:
        stranger = aiomqtt.Client("127.0.0.1", broker.port, username="weir", password="wrong", identifier="x")
        with pytest.raises(aiomqtt.MqttError):
            async with stranger:
                pytest.fail("it got in")


async def test_who_hangs_up_before_a_word_is_hung_up_on() -> None:
    async with embedded_broker(EmbeddedBrokerConfig(port=0, anonymous=True)) as running:
        reader, writer = await asyncio.open_connection(running.host, running.port)
        try:
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 5) == b""
        finally:
            writer.close()
            await writer.wait_closed()


async def test_no_socket_outlives_the_broker() -> None:
    async with embedded_broker(EmbeddedBrokerConfig(port=0, anonymous=True)) as running:
        reader, writer = await asyncio.open_connection(running.host, running.port)
    try:
        assert await asyncio.wait_for(reader.read(), 5) == b""
    finally:
        writer.close()
        await writer.wait_closed()
