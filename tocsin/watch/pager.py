"""Tells people what the watcher found, by channels of its own; never holds up the next look.

Everybody is told at once.  Each address has a short line of its own: a provider that hangs holds up
its own line only, and what is not taken is tried again until it is too old to be worth it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from tocsin.alerts.ports import Answer, ChannelAdapter, Message, RefusedBy, Sent, Unknown
from tocsin.core.clock import Clock
from tocsin.core.errors import Rejected
from tocsin.core.ids import IncidentId, NoticeId, derived_id
from tocsin.core.responders import Channel
from tocsin.core.watch import Finding, Level
from tocsin.watch import metrics
from tocsin.watch.config import PageTo, WatchConfig
from tocsin.watch.standing import News, Standing

log = structlog.get_logger()

WAITING_MOST: Final = 20
"""Pages in one line; the oldest gives way: what stands is said again anyway."""
WORTH_SECONDS: Final = 600.0
TIME_LIMIT_SECONDS: Final = 20.0
"""Over the adapter's own limit: an adapter that keeps none must not keep the line."""
RETRY_SECONDS: Final = (2.0, 60.0)
NAMED: Final = 4
"""Findings that are written out in one page; of the rest the number is said."""


@dataclass(frozen=True, slots=True)
class Page:
    """One message to everybody."""

    title: str
    text: str
    what: str
    """The same in one piece for a registered template: whether it began or ended, and what."""
    urgent: bool
    """False for what is told only to those who asked for tickets."""
    made: float


class Line:
    """What waits to be told to one address."""

    def __init__(self, to: PageTo, providers: Sequence[ChannelAdapter], clock: Clock, site: str = "") -> None:
        self.to = to
        self._site = site
        self._providers = providers
        self._clock = clock
        self._waiting: deque[Page] = deque(maxlen=WAITING_MOST)
        self._bell = asyncio.Event()

    def put(self, page: Page) -> None:
        """Add a page; returns at once."""
        self._waiting.append(page)
        self._bell.set()

    async def run(self) -> None:
        """Send for ever, oldest first."""
        pause = RETRY_SECONDS[0]
        while True:
            if not self._waiting:
                self._bell.clear()
                await self._bell.wait()
            page = self._waiting[0]
            if self._clock.monotonic() - page.made > WORTH_SECONDS:
                log.error("watch.not_paged", channel=self.to.channel, title=page.title)
                self._drop(page)
                continue
            if await self._send(page):
                self._drop(page)
                pause = RETRY_SECONDS[0]
                continue
            await asyncio.sleep(pause)
            pause = min(pause * 2, RETRY_SECONDS[1])

    def _drop(self, page: Page) -> None:
        if self._waiting and self._waiting[0] is page:
            self._waiting.popleft()

    async def _send(self, page: Page) -> bool:
        """Try each provider of the channel once; say whether one took it."""
        message = Message(
            notice=NoticeId(
                derived_id("watch", self.to.channel, self.to.address, page.title, f"{page.made:.6f}")
            ),
            incident=IncidentId("watch"),
            address=self.to.address,
            title=page.title,
            text=page.text,
            link="",
            template="watch",
            seconds_left=None,
            words={"what": page.what, "where": self._site},
        )
        for provider in self._providers:
            answer = await _try(provider, message)
            metrics.PAGES.labels(self.to.channel, type(answer).__name__).inc()
            if isinstance(answer, Sent):
                return True
            log.warning(
                "watch.page_refused",
                channel=self.to.channel,
                provider=provider.provider,
                reason=answer.reason,
            )
        return False


async def _try(provider: ChannelAdapter, message: Message) -> Answer:
    try:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            return await provider.send(message)
    except TimeoutError:
        return Unknown("the adapter kept no time limit")
    except Exception as error:  # noqa: BLE001 a bug of one adapter must not end the others' lines
        return RefusedBy(f"the adapter failed: {type(error).__name__}: {error}")


class Pager:
    """Turn news into pages and put them into everybody's line."""

    def __init__(
        self, config: WatchConfig, adapters: Mapping[Channel, Sequence[ChannelAdapter]], clock: Clock
    ) -> None:
        """Raise `Rejected` (`watch.channel`) when somebody is to be paged by a channel that is not set up."""
        missing = sorted({one.channel.value for one in config.page if not adapters.get(one.channel)})
        if missing:
            raise Rejected(
                "watch.channel",
                f"watch.page names {', '.join(missing)}, which is not set up: write watch.channels.{missing[0]}",
            )
        self._config = config
        self._clock = clock
        self.lines = [Line(one, adapters[one.channel], clock, config.site) for one in config.page]

    async def run(self) -> None:
        """Send for ever."""
        async with asyncio.TaskGroup() as group:
            for line in self.lines:
                group.create_task(line.run())

    def tell(self, news: News) -> None:
        """Put what is new, still so, or over into the lines; returns at once."""
        chinese = self._config.language == "zh"
        for marks, standings in (
            (("异常", "WRONG"), news.raised),
            (("仍未恢复", "STILL WRONG"), news.again),
            (("已恢复", "OVER"), news.over),
        ):
            for level in Level:
                chosen = [one for one in standings if one.finding.level is level]
                if chosen and not (level is Level.TICKET and standings is news.again):
                    page = self._page(marks[0] if chinese else marks[1], chosen, urgent=level is Level.PAGE)
                    for line in self.lines:
                        if page.urgent or line.to.tickets:
                            line.put(page)

    def _page(self, mark: str, chosen: Sequence[Standing], *, urgent: bool) -> Page:
        chinese = self._config.language == "zh"
        first = chosen[0].finding
        more = len(chosen) - NAMED
        text = " ".join(sentence(one.finding, self._config) for one in chosen[:NAMED])
        if more > 0:
            text += f" 另有{more}项。" if chinese else f" And {more} more."
        number = f"（{len(chosen)}项）" if chinese else f" ({len(chosen)})"
        count = number if len(chosen) > 1 else ""
        title = f"【值守】{self._config.site} {mark}：{first.code}{count}"
        if not chinese:
            title = f"[watch] {self._config.site} {mark}: {first.code}{count}"
        what = f"{mark}：{text}" if chinese else f"{mark}: {text}"
        return Page(title, text, what, urgent, self._clock.monotonic())


def sentence(finding: Finding, config: WatchConfig) -> str:
    """Say a finding in the language of the settings."""
    return finding.chinese if config.language == "zh" else finding.english
