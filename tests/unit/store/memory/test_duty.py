"""What the memory twin adds to its contract: gaps that a test looks at."""

from datetime import timedelta

from tests.support.people import staffed
from tests.support.response import START, VILLAGE
from tocsin.store.memory.duty import MemoryDutyStore
from tocsin.town.coverage import Gap, GapCode


async def test_the_newest_gaps_are_kept() -> None:
    gap = Gap(grid=VILLAGE, code=GapCode.NOBODY, since=START, until=START + timedelta(hours=1))
    async with staffed("memory", str) as site:
        assert isinstance(site.duty, MemoryDutyStore)
        await site.duty.keep_gaps([gap], 6, gap.until)
        assert site.duty.gaps == (gap,)
        await site.duty.keep_gaps([], 6, gap.until)
        assert site.duty.gaps == ()
