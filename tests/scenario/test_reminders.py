"""What is done and not closed: supervisors hear of it, nobody is called to a place where somebody is."""

from collections.abc import AsyncIterator

import pytest

from tests.support.site import Site, story


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with story() as told:
        yield told


async def going(site: Site) -> None:
    """Smoke at the barn, confirmed; everybody called is on the way."""
    await site.at("00:00").sees("cam-1").then_nobody_is_told()
    step = site.at("00:20").confirms("ann").then_told("li", "wang", "zhao", "sun")
    await step.then_told("village", about="siren")
    await site.at("00:30").goes("li").goes("zhao").goes("sun").then_nobody_is_told()


async def test_the_desk_forgets_to_close(site: Site) -> None:
    await going(site)
    await site.at("02:50").arrives("li").then_told("wang", about="recall")
    await site.at("08:00").arrives("zhao")
    await site.at("09:00").arrives("sun").reports_up("ann").then_nobody_is_told()
    await site.at("10:00").is_done("li").state("handled").then_nobody_is_told()
    await site.at("19:59").nobody_is_told()
    await site.at("20:00").told("boss", about="not_closed")
    await site.at("49:59").nobody_is_told()
    await site.at("50:00").told("boss", about="not_closed").state("handled")
    await site.at("51:00").closes("ann").state("closed")
    await site.at("300:00").nobody_is_told()


async def test_done_without_a_proof_of_arrival_rings_nobody_and_supervisors_hear_of_it(site: Site) -> None:
    await going(site)
    await site.at("02:00").is_done("li").state("handled").then_nobody_is_told()
    await (
        site.at("03:20")
        .told("zhao", "boss", about="missed_below")
        .verdicts(village="missed", township=None, city=None)
    )
    await site.at("10:20").told("sun", "boss", about="missed_below").reports_up("ann")
    await site.at("12:00").told("boss", about="not_closed")
    await site.at("30:20").told("boss", about="missed_below")
    await site.at("41:59").nobody_is_told()
    await site.at("42:00").told("boss", about="not_closed")
    await site.at("72:00").told("boss", about="not_closed")
    await site.at("102:00").told("boss", about="not_closed")
    await site.at("600:00").nobody_is_told().verdicts(village="missed", township="missed", city="missed")


async def test_closed_in_time_reminds_nobody(site: Site) -> None:
    await going(site)
    await site.at("02:50").arrives("li").then_told("wang", about="recall")
    await site.at("02:55").is_done("li").state("handled")
    await site.at("09:00").closes("ann").then_told("zhao", "sun", about="recall")
    await site.at("200:00").nobody_is_told()
