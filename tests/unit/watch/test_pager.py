from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from tests.support.site import until
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, RefusedBy, Sent
from tocsin.core.clock import ManualClock
from tocsin.core.errors import Rejected
from tocsin.core.responders import Channel
from tocsin.core.watch import Finding, Level
from tocsin.watch import pager as pagers
from tocsin.watch.config import PageTo, WatchConfig
from tocsin.watch.pager import Pager
from tocsin.watch.standing import News, Standing

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


class Provider(ChannelAdapter):
    def __init__(self, channel: Channel, *answers: Answer | Exception | None) -> None:
        self._channel = channel
        self._answers = list(answers)
        self.told: list[Message] = []

    @property
    @override
    def channel(self) -> Channel:
        return self._channel

    @override
    async def send(self, message: Message) -> Answer:
        self.told.append(message)
        answer = self._answers.pop(0) if self._answers else Sent()
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]


def standing(level: Level = Level.PAGE, subject: str = "relay") -> Standing:
    finding = Finding("worker.silent", subject, level, f"{subject}无心跳。", f"{subject} is silent.")
    return Standing(finding=finding, since=NOW, seen=NOW, told=NOW)


def config(*to: PageTo, language: str = "zh") -> WatchConfig:
    return WatchConfig.model_validate(
        {"site": "Weir", "language": language, "page": [one.model_dump() for one in to]}
    )


SMS = PageTo(channel=Channel.SMS, address="13800000000")
MAIL = PageTo(channel=Channel.SMTP, address="ops@example.org", tickets=True)


@asynccontextmanager
async def paging(
    settings: WatchConfig, *providers: ChannelAdapter, clock: ManualClock | None = None
) -> AsyncIterator[Pager]:
    adapters: dict[Channel, Sequence[ChannelAdapter]] = {}
    for one in providers:
        adapters[one.channel] = (*adapters.get(one.channel, ()), one)
    made = Pager(settings, adapters, clock or ManualClock(NOW))
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagers, "RETRY_SECONDS", (0.001, 0.001))


@pytest.mark.timeout(10)
async def test_what_is_wrong_is_told_to_everybody_at_once() -> None:
    sms, mail = Provider(Channel.SMS), Provider(Channel.SMTP)
    async with paging(config(SMS, MAIL), sms, mail) as pager:
        pager.tell(News(raised=(standing(),)))
        await until(lambda: bool(sms.told and mail.told))
    (message,) = sms.told
    assert message.title == "【值守】Weir 异常：worker.silent"
    assert message.text == "relay无心跳。"
    assert message.words == {"what": "异常：relay无心跳。", "where": "Weir"}
    assert (message.address, mail.told[0].address) == ("13800000000", "ops@example.org")
    assert message.notice != mail.told[0].notice


@pytest.mark.timeout(10)
async def test_tickets_wake_only_those_who_asked_for_them() -> None:
    sms, mail = Provider(Channel.SMS), Provider(Channel.SMTP)
    async with paging(config(SMS, MAIL), sms, mail) as pager:
        pager.tell(News(raised=(standing(Level.TICKET),)))
        await until(lambda: bool(mail.told))
    assert sms.told == []


@pytest.mark.timeout(10)
async def test_many_findings_are_one_page() -> None:
    sms = Provider(Channel.SMS)
    async with paging(config(SMS, language="en"), sms) as pager:
        pager.tell(News(raised=tuple(standing(subject=f"w{n}") for n in range(7))))
        await until(lambda: bool(sms.told))
    (message,) = sms.told
    assert message.title == "[watch] Weir WRONG: worker.silent (7)"
    assert message.text == "w0 is silent. w1 is silent. w2 is silent. w3 is silent. And 3 more."


@pytest.mark.timeout(10)
async def test_what_still_stands_and_what_is_over_is_said() -> None:
    sms = Provider(Channel.SMS)
    async with paging(config(SMS), sms) as pager:
        pager.tell(News(again=(standing(),)))
        pager.tell(News(over=(standing(),)))
        await until(lambda: len(sms.told) == 2)
    assert [one.title.split()[1].split("：")[0] for one in sms.told] == ["仍未恢复", "已恢复"]


@pytest.mark.timeout(10)
async def test_a_second_provider_is_asked_at_once() -> None:
    first, second = Provider(Channel.SMS, RefusedBy("no credit")), Provider(Channel.SMS)
    async with paging(config(SMS), first, second) as pager:
        pager.tell(News(raised=(standing(),)))
        await until(lambda: bool(second.told))
    assert len(first.told) == 1


@pytest.mark.timeout(10)
@pytest.mark.parametrize("answer", [RefusedBy("busy"), ValueError("a bug")])
async def test_what_nobody_took_is_tried_again(answer: Answer | Exception) -> None:
    sms = Provider(Channel.SMS, answer, answer)
    async with paging(config(SMS), sms) as pager:
        pager.tell(News(raised=(standing(),)))
        while len(sms.told) < 3:
            await asyncio.sleep(0.001)
    assert len({one.notice for one in sms.told}) == 1


@pytest.mark.timeout(10)
async def test_a_provider_that_hangs_holds_up_its_own_line_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagers, "TIME_LIMIT_SECONDS", 0.01)
    hole, backup, mail = Provider(Channel.SMS, None), Provider(Channel.SMS), Provider(Channel.SMTP)
    async with paging(config(SMS, MAIL), hole, backup, mail) as pager:
        pager.tell(News(raised=(standing(),)))
        await until(lambda: bool(mail.told))
        while not backup.told:
            await asyncio.sleep(0.001)


@pytest.mark.timeout(10)
async def test_a_page_that_is_too_old_is_given_up_and_said_so() -> None:
    clock = ManualClock(NOW)
    sms = Provider(Channel.SMS, *[RefusedBy("down")] * 1000)
    with capture_logs() as lines:
        async with paging(config(SMS), sms, clock=clock) as pager:
            pager.tell(News(raised=(standing(),)))
            await until(lambda: bool(sms.told))
            clock.advance(timedelta(seconds=601))
            while not [line for line in lines if line["event"] == "watch.not_paged"]:
                await asyncio.sleep(0.001)


def test_a_channel_that_is_not_set_up_is_refused_at_the_start() -> None:
    with pytest.raises(Rejected, match=r"write watch\.channels\.sms"):
        Pager(config(SMS), {}, ManualClock(NOW))


async def test_nothing_to_tell_is_told_to_nobody() -> None:
    sms = Provider(Channel.SMS)
    async with paging(config(SMS), sms) as pager:
        pager.tell(News())
        await asyncio.sleep(0)
    assert sms.told == []
