from __future__ import annotations

from datetime import timedelta
from math import inf

from tests.support.incidents import GRID, STAFF, START
from tests.support.policies import FakePolicies
from tocsin.alerts.channels.config import ChannelsConfig, WecomBotConfig
from tocsin.alerts.lint_read import DAYS, around, budgets_of
from tocsin.core.grids import Grid, Tier
from tocsin.core.responders import Channel

VILLAGE = Grid(code=GRID, name="village", parent=None, tier=Tier.VILLAGE, path=f"1.{GRID}")


def test_only_configured_channels_have_a_budget() -> None:
    budgets = budgets_of(ChannelsConfig(wecom_bot=WecomBotConfig(per_minute=7), siren=None))
    assert budgets == {Channel.LOG: inf, Channel.WECOM_BOT: 7.0}
    assert budgets_of(ChannelsConfig(log=False, siren=None)) == {}


async def test_a_week_is_cut_where_shifts_begin_or_end() -> None:
    records = FakePolicies()
    records.staff = {GRID: STAFF}
    records.edges = [START + timedelta(days=2), START + timedelta(days=30)]
    found = await around(records, ChannelsConfig(), [VILLAGE], START)
    spans = [(one.since - START, one.until - START) for one in found.watches]
    assert spans == [
        (timedelta(), timedelta(days=2)),
        (timedelta(days=2), timedelta(days=DAYS)),
    ]
    assert found.watches[0].directories == {GRID: STAFF}
    assert (found.paths, found.levels) == ({GRID: f"1.{GRID}"}, {GRID: 0})
