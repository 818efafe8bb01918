"""What the linter is told beside the policy: channels and their budgets, grids, and who is on duty for a week.

The shell around `alerts.lint`; nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf
from typing import Final

from tocsin.alerts.channels.config import ChannelsConfig
from tocsin.alerts.lint_model import Around, Watch
from tocsin.alerts.policy_ports import PolicyRecords
from tocsin.core.grids import TIERS, Grid
from tocsin.core.responders import Channel

DAYS: Final = 7
SPANS_MAX: Final = 100
"""Spans between changes of shift that are looked at; more begin and end within the same hour."""


def budgets_of(config: ChannelsConfig) -> dict[Channel, float]:
    """Give the messages a minute that one address, or one account, of each configured channel takes."""
    budgets: dict[Channel, float] = {Channel.LOG: inf} if config.log else {}
    single = {
        Channel.WEBHOOK: config.webhook,
        Channel.WECOM_BOT: config.wecom_bot,
        Channel.WECOM_APP: config.wecom_app,
        Channel.DINGTALK: config.dingtalk,
        Channel.FEISHU: config.feishu,
        Channel.SMTP: config.smtp,
        Channel.WEB_PUSH: config.web_push,
        Channel.MQTT: config.siren,
    }
    budgets |= {channel: float(one.per_minute) for channel, one in single.items() if one is not None}
    for channel, providers in ((Channel.SMS, config.sms), (Channel.VOICE, config.voice)):
        if providers:
            budgets[channel] = float(sum(one.per_minute for one in providers))
    return budgets


async def around(
    records: PolicyRecords, config: ChannelsConfig, grids: Sequence[Grid], now: datetime
) -> Around:
    """Read who is on duty for the grids during the next week, by the shifts known now."""
    until = now + timedelta(days=DAYS)
    edges = [now, *list(await records.duty_changes("", now, until))[: SPANS_MAX - 1], until]
    watches = []
    for since, end in pairwise(edges):
        found = await records.directories_at([(grid.code, since) for grid in grids])
        watches.append(
            Watch(since=since, until=end, directories={grid: one for (grid, _), one in found.items()})
        )
    return Around(
        budgets=budgets_of(config),
        paths={grid.code: grid.path for grid in grids},
        levels={grid.code: TIERS.index(grid.tier) for grid in grids},
        watches=tuple(watches),
    )
