from __future__ import annotations

import asyncio

from tests.support.edge import FakeBus
from tocsin.edge.sensors.mailbox import Mailbox


async def test_messages_come_in_order_and_stop_with_the_context() -> None:
    bus = FakeBus()
    with Mailbox(bus, "a/+") as mailbox:
        bus.say("a/1", b"x")
        bus.say("b/1", b"not ours")
        bus.say("a/2", b"y")
        messages = aiter(mailbox)
        assert [await anext(messages), await anext(messages)] == [("a/1", b"x"), ("a/2", b"y")]
        waiting = asyncio.ensure_future(anext(messages))
        await asyncio.sleep(0)
        bus.say("a/3", b"z")
        assert await waiting == ("a/3", b"z")
    assert bus.handlers == []


async def test_the_oldest_gives_way_when_nobody_reads() -> None:
    bus = FakeBus()
    with Mailbox(bus, "#", most=2) as mailbox:
        for number in range(5):
            bus.say("t", str(number).encode())
        messages = aiter(mailbox)
        assert [(await anext(messages))[1], (await anext(messages))[1]] == [b"3", b"4"]
