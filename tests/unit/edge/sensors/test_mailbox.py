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


async def test_messages_that_wait_are_bounded_in_bytes_too() -> None:
    bus = FakeBus()
    with Mailbox(bus, "#") as mailbox:
        for number in range(6):
            bus.say("a", bytes([number]) * (5 * 1024 * 1024))
        taken = []
        async for _, payload in mailbox:
            taken.append(payload[0])
            if len(taken) == 3:
                break
        bus.say("a", b"x" * (20 * 1024 * 1024))
        async for _, payload in mailbox:
            assert len(payload) == 20 * 1024 * 1024
            break
    assert taken == [3, 4, 5], "the newest stay"
