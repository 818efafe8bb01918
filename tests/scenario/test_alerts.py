"""The whole alerts path in one process: detections in, people told, arrivals, verdicts, silence."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.site import Site, story
from tocsin.alerts.ports import RefusedBy
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis, Grade, Lateness
from tocsin.core.responders import Channel


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with story() as told:
        yield told


async def confirmed(site: Site) -> None:
    """Smoke at the barn, confirmed after 20 s; at grade III all tiers are called at once."""
    await site.at("00:00").sees("cam-1").then_nobody_is_told()
    step = site.at("00:20").confirms("ann").then_told("li", "wang", "zhao", "sun")
    await step.then_told("village", about="siren").verdicts(village=None, township=None, city=None)


async def test_all_come_in_time(site: Site) -> None:
    await confirmed(site)
    await site.at("00:30").goes("li").then_nobody_is_told()
    await site.at("00:32").goes("zhao").then_nobody_is_told()
    await site.at("00:34").goes("sun").then_nobody_is_told()
    await site.at("02:50").arrives("li").then_told("wang", about="recall").state("handling")
    await site.at("08:00").arrives("zhao")
    await site.at("20:00").arrives("sun").verdicts(village="arrived", township="arrived", city="arrived")
    await site.at("20:19").nobody_is_told()
    await site.at("20:20").told("boss", about="report_due").reports_up("ann").then_nobody_is_told()
    await site.at("25:00").is_done("li").state("handled")
    await site.at("26:00").closes("ann").state("closed")
    await site.at("99:00").nobody_is_told().verdicts(village="arrived", township="arrived", city="arrived")


async def test_the_village_comes_too_late(site: Site) -> None:
    await confirmed(site)
    for second, who in ((30, "li"), (32, "zhao"), (34, "sun")):
        await site.at(f"00:{second}").goes(who).then_nobody_is_told()
    await site.at("03:19").nobody_is_told()
    await (
        site.at("03:20")
        .told("zhao", "boss", about="missed_below")
        .verdicts(village="missed", township=None, city=None)
    )
    await site.at("05:00").arrives("li").verdicts(village="late", township=None, city=None)
    await site.at("09:00").arrives("zhao")
    await site.at("12:00").enters_arrival("ann", Tier.CITY).reports_up("ann").then_nobody_is_told()
    await (
        site.at("30:00")
        .closes("ann")
        .then_told("wang", "sun", about="recall")
        .verdicts(village="late", township="arrived", city="arrived")
    )
    await site.at("99:00").nobody_is_told()


async def test_arrival_at_the_limit_counts_and_one_second_later_does_not(site: Site) -> None:
    await confirmed(site)
    await site.at("00:30").goes("li").goes("zhao").goes("sun")
    await (
        site.at("03:19")
        .arrives("li")
        .then_told("wang", about="recall")
        .verdicts(village="arrived", township=None, city=None)
    )
    await site.at("10:21").told("sun", "boss", about="missed_below")
    await site.at("10:21").arrives("zhao").verdicts(village="arrived", township="late", city=None)
    await (
        site.at("10:22")
        .closes("ann")
        .then_told("sun", about="recall")
        .verdicts(village="arrived", township="late", city="stood_down")
    )


async def test_nobody_answers_the_phone(site: Site) -> None:
    await confirmed(site)
    await site.at("00:40").told("li", "wang", "zhao", "sun")
    assert {site.incident().calls[who].channels for who in site.incident().calls} == {
        (Channel.WECOM_BOT, Channel.SMTP)
    }
    await site.at("01:05").told("chen")
    await site.at("01:25").told("chen")
    await site.at("03:20").told("zhao", "boss", about="missed_below")
    await site.at("10:20").told("sun", "boss", about="missed_below").reports_up("ann")
    await (
        site.at("30:20")
        .told("boss", about="missed_below")
        .verdicts(village="missed", township="missed", city="missed")
    )
    await site.at("33:20").told("sun", about="nobody_there")
    await site.at("34:00").rejects("ann").then_told("li", "wang", "chen", "zhao", "sun", about="recall")
    await site.at("99:00").nobody_is_told()


async def test_one_who_refuses_is_replaced_at_once(site: Site) -> None:
    await confirmed(site)
    await site.at("00:25").goes("zhao").goes("sun").goes("wang")
    await site.at("00:27").refuses("li").then_told("chen")
    await site.at("00:30").goes("chen")
    await site.at("01:00").arrives("chen")
    await site.at("01:10").closes("ann").then_told("wang", "zhao", "sun", about="recall")


async def test_nothing_is_there(site: Site) -> None:
    await confirmed(site)
    await site.at("00:30").goes("li")
    await site.at("00:40").told("zhao", "sun")
    await site.at("01:50").finds_nothing("li").state("accepted")
    step = site.at("02:00").finds_nothing("li", proved=True).state("rejected")
    await step.then_told("wang", "zhao", "sun", about="recall").verdicts(
        village="arrived", township="stood_down", city="stood_down"
    )
    await site.at("99:00").nobody_is_told()


async def test_a_rejected_alarm_that_stays_raised_pages_nobody_again(site: Site) -> None:
    await site.at("00:00").sees("cam-1")
    await site.at("00:10").rejects("ann").state("rejected")
    await site.at("00:30").sees("cam-1").incidents(1)
    await site.at("01:00").sees_no_more("cam-1").incidents(1)
    await site.at("05:00").sees("cam-1").incidents(1)
    await site.at("06:00").sees_no_more("cam-1")
    await site.at("16:00").sees("cam-1").incidents(2)
    await site.at("16:10").rejects("ann", number=1)
    await site.at("99:00").nobody_is_told()


async def test_small_things_call_one_tier_after_the_other(site: Site) -> None:
    await site.at("00:00").sees("cam-1", severity=0.2)
    await site.at("00:10").confirms("ann").then_told("li", "wang").verdicts(village=None)
    await site.at("00:15").goes("li").then_nobody_is_told()
    await (
        site.at("03:10")
        .told("zhao")
        .told("boss", about="missed_below")
        .verdicts(village="missed", township=None)
    )
    assert site.incident().clocks[Tier.TOWNSHIP].due == site.at("10:10")._at
    await site.at("03:20").goes("zhao")
    await (
        site.at("04:00")
        .needs_help("zhao")
        .then_told("sun")
        .verdicts(village="missed", township=None, city=None)
    )
    await site.at("04:10").goes("sun")
    await site.at("09:00").arrives("zhao")
    await site.at("25:00").arrives("sun")
    await site.at("26:00").closes("ann").then_told("li", "wang", about="recall")


async def test_nobody_confirms(site: Site) -> None:
    await site.at("00:00").sees("cam-1")
    await site.at("01:00").told("boss", about="unanswered").told("li", "wang", about="look").state("received")
    await site.at("03:00").told("li", "wang", "zhao", "sun").told("village", about="siren").state("verified")
    assert site.incident().confirmed_by is Basis.UNANSWERED
    await site.at("03:05").rejects("ann").then_told("li", "wang", "zhao", "sun", about="recall")


async def test_small_things_are_never_confirmed_by_the_system(site: Site) -> None:
    await site.at("00:00").sees("cam-1", severity=0.2)
    await site.at("01:00").told("boss", about="unanswered").told("li", "wang", about="look")
    for minute in (3, 6, 9):
        await site.at(f"{minute:02}:00").told("boss", about="unanswered").state("received")
    await site.at("09:30").rejects("ann").then_told("li", "wang", about="recall").state("rejected")


async def test_the_button_calls_at_once_and_its_village_arrives_by_saying_so(site: Site) -> None:
    step = site.at("00:00").sees("button-1", "call", severity=0.5)
    await step.then_told("li", "wang", "zhao", "sun").told("village", about="siren").state("verified")
    assert site.incident().confirmed_by is Basis.AUTOMATIC
    await site.at("00:10").goes("li").goes("zhao").goes("sun")
    await site.at("01:00").arrives("li").then_told("wang", about="recall")
    await site.at("01:30").closes("ann").then_told("zhao", "sun", about="recall")


async def test_two_devices_that_agree_confirm_one_does_not(site: Site) -> None:
    await site.at("00:00").sees("cam-1").then_nobody_is_told()
    await site.at("00:05").sees("cam-1").then_nobody_is_told().incidents(1)
    step = site.at("00:10").sees("smoke-1").incidents(1).then_told("li", "wang", "zhao", "sun")
    await step.told("village", about="siren").state("verified")
    await site.at("00:20").rejects("ann", "test").then_told("li", "wang", "zhao", "sun", about="recall")


async def test_late_news_pages_nobody(site: Site) -> None:
    await site.at("00:00").sees("cam-1", age=121.0).then_nobody_is_told().state("received")
    assert site.incident().lateness is Lateness.LATE
    await site.at("02:59").nobody_is_told()
    await site.at("03:00").told("boss", about="unanswered").state("received")
    await (
        site.at("04:00").confirms("ann").then_told("li", "wang", "zhao", "sun").told("village", about="siren")
    )
    assert site.incident().clocks[Tier.VILLAGE].due == site.at("07:00")._at
    await site.at("04:10").rejects("ann").then_told("li", "wang", "zhao", "sun", about="recall")


async def test_what_was_over_before_it_was_heard_of_is_a_record_without_clocks(site: Site) -> None:
    await site.at("00:00").sees("cam-1", age=900.0, raised=False)
    assert site.incident().lateness is Lateness.RETROSPECTIVE
    await site.at("60:00").nobody_is_told().state("received")
    await site.at("60:10").closes("ann", "retrospective").verdicts()


async def test_two_late_devices_that_agree_page_nobody(site: Site) -> None:
    await site.at("00:00").sees("cam-1", age=300.0).sees("smoke-1", age=290.0).incidents(1).state("received")
    await site.at("02:59").nobody_is_told()
    await site.at("02:59").rejects("ann")


async def test_a_button_of_unknown_age_pages_and_smoke_of_unknown_age_does_not(site: Site) -> None:
    await site.at("00:00").sees("cam-1", age=None).then_nobody_is_told().state("received")
    await site.at("00:01").rejects("ann")
    step = site.at("00:02").sees("button-1", "call", age=None).then_told("li", "wang", "zhao", "sun")
    await step.told("village", about="siren")
    await site.at("00:05").rejects("ann", number=1).then_told("li", "wang", "zhao", "sun", about="recall")


async def test_the_same_act_twice_is_one_act(site: Site) -> None:
    await confirmed(site)
    await site.at("00:25").goes("li", act="tap-1").goes("zhao").goes("sun")
    before = len(site.log())
    await site.at("00:26").goes("li", act="tap-1").goes("li", act="tap-1")
    assert len(site.log()) == before
    await site.at("01:00").arrives("li", act="tap-2").then_told("wang", about="recall")
    await site.at("01:01").arrives("li", act="tap-2").then_nobody_is_told()
    assert site.events().count("arrived") == 1
    await site.at("02:00").closes("ann").then_told("zhao", "sun", about="recall")


async def test_an_arrival_claimed_from_a_dead_zone_revises_the_miss(site: Site) -> None:
    await confirmed(site)
    await site.at("00:30").goes("li").goes("zhao").goes("sun")
    await site.at("03:20").told("zhao", "boss", about="missed_below")
    await (
        site.at("06:00")
        .arrives("li", at="02:30")
        .then_told("wang", about="recall")
        .verdicts(village="arrived", township=None, city=None)
    )
    assert [event for event in site.events() if event == "verdict_given"] == ["verdict_given"] * 2
    await site.at("06:10").closes("ann").then_told("zhao", "sun", about="recall")


async def test_a_phone_that_is_elsewhere_stops_no_clock(site: Site) -> None:
    await confirmed(site)
    await site.at("00:30").goes("li").goes("zhao").goes("sun")
    await (
        site.at("01:00")
        .arrives("li", metres_away=900)
        .then_nobody_is_told()
        .verdicts(village=None, township=None, city=None)
    )
    assert site.store.tables.positions[0][1] == "li"
    await (
        site.at("03:20")
        .told("zhao", "boss", about="missed_below")
        .verdicts(village="missed", township=None, city=None)
    )
    await (
        site.at("03:30").rejects("ann").then_told("wang", "zhao", "sun", about="recall").told(about="recall")
    )


async def test_a_provider_that_refuses_hands_over_to_the_next_channel(site: Site) -> None:
    site.answers[Channel.WECOM_BOT] = lambda _: RefusedBy("errcode 93000: invalid webhook url")
    await site.at("00:00").sees("cam-1", severity=0.2)
    await site.at("00:10").confirms("ann").then_told("li", "wang")
    assert {one.channels for one in site.incident().calls.values()} == {(Channel.WECOM_BOT, Channel.SMTP)}
    assert {row.state for row in site.notices.rows.values()} == {"failed", "sent"}
    await site.at("00:20").rejects("ann").then_told("li", "wang", about="recall")


async def test_a_provider_that_is_busy_is_tried_again_until_the_notice_is_worthless(site: Site) -> None:
    tries: list[float] = []

    def busy(_: object) -> RefusedBy:
        tries.append((site.clock.now() - site.at("00:00")._at).total_seconds())
        return RefusedBy("errcode 45033: concurrency", timedelta(seconds=15))

    site.answers = {Channel.WECOM_BOT: busy, Channel.SMTP: lambda _: RefusedBy("550 no such mailbox")}
    await site.at("00:00").sees("cam-1", severity=0.2)
    await site.at("00:10").confirms("ann").then_nobody_is_told()
    await site.at("00:56").nobody_is_told()
    assert sorted(set(tries)) == [10.0, 25.0, 40.0, 55.0]
    await site.at("00:57").rejects("ann").then_nobody_is_told()


async def test_a_report_by_telephone_joins_what_a_camera_has_seen(site: Site) -> None:
    await site.at("00:00").sees("cam-1")
    await site.at("00:10").reports("ann").incidents(1)
    await site.at("00:11").reports("ann").incidents(1)
    assert len(site.incident().reports) == 1
    await site.at("00:20").rejects("ann")
    await site.at("00:30").reports("ann", act="call-2").incidents(2).reports("ann", act="call-2").incidents(2)
    await site.at("00:40").rejects("ann", number=1).then_nobody_is_told()


async def test_a_command_after_the_end_is_refused_with_the_reason(site: Site) -> None:
    await site.at("00:00").sees("cam-1")
    await site.at("00:10").rejects("ann")
    with pytest.raises(Rejected, match=r"was rejected at .* by ann"):
        await site.at("00:20").confirms("bob")


async def test_a_worse_grade_calls_everybody(site: Site) -> None:
    await site.at("00:00").sees("cam-1", severity=0.2)
    step = site.at("00:10").confirms("ann", Grade.II).then_told("li", "wang", "zhao", "sun")
    await step.told("village", about="siren")
    await site.at("00:15").rejects("ann").then_told("li", "wang", "zhao", "sun", about="recall")


async def test_after_an_outage_only_what_still_helps_is_sent(site: Site) -> None:
    """The engine stood still for an hour: verdicts keep their instants, nobody gets an hour of messages."""
    await confirmed(site)
    await site.at("00:30").goes("li").goes("zhao").goes("sun")
    site.clock.advance(timedelta(hours=1))
    await site.at("60:30").verdicts(village="missed", township="missed", city="missed")
    causes = {clock.cause.split(":")[0] for clock in site.incident().clocks.values()}
    assert causes == {"system"}
    about = {one.about for one in site.unheard}
    assert "call" not in about
    site.unheard.clear()
    await site.at("60:31").rejects("ann").then_told("wang", "li", "zhao", "sun", about="recall")
