"""Alarms that an operator can live with, told as stories: what asks for attention, what does not, and for how long."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.site import BARN, NOON, TOWNSHIP, VILLAGE, Site, story
from tocsin.alerts.alarm import state_of
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy_book import PolicyBook, version_of
from tocsin.alerts.ports import Site as Place
from tocsin.core.detections import Kind, Phase
from tocsin.core.errors import Rejected
from tocsin.core.frames import Box
from tocsin.core.ids import DeviceId, PersonId
from tocsin.core.incidents import Grade, Lateness

DEVICES = [f"sensor-{number}" for number in range(1, 37)]
"""All that a village has: thirty-six."""


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A village where nobody is called before an operator says so: the stories here are about attention."""
    text = default_text().replace("supervisor: 60s", "supervisor: 24h").replace("system: 180s", "system: 48h")
    async with story(PolicyBook({"default": version_of(text)})) as told:
        for name in DEVICES:
            device = DeviceId(f"box/{name}")
            told.town.sites[device] = Place(
                device=device, grid=told.town.grids[VILLAGE], township=TOWNSHIP, place=BARN
            )
        yield told


async def test_a_raise_shorter_than_its_on_delay_never_asks_for_attention(site: Site) -> None:
    await site.at("00:00").sees("cam-1", "video_loss").alarm_is("cam-1", "normal", "video_loss")
    await site.at("00:59").sees_no_more("cam-1", "video_loss")
    await site.at("10:00").alarm_is("cam-1", "normal", "video_loss")
    assert site.journal("cam-1", "video_loss") == []


async def test_a_raise_that_stands_asks_at_the_end_of_its_on_delay(site: Site) -> None:
    await site.at("00:00").sees("cam-1", "video_loss")
    await site.at("00:59").alarm_is("cam-1", "normal", "video_loss")
    await site.at("01:00").alarm_is("cam-1", "unacknowledged", "video_loss")
    assert site.alarm("cam-1", "video_loss").raised_at == NOON
    await (
        site.at("02:00")
        .acknowledges("ann", "cam-1", "video_loss")
        .alarm_is("cam-1", "acknowledged", "video_loss")
    )
    await site.at("03:00").sees_no_more("cam-1", "video_loss").alarm_is("cam-1", "acknowledged", "video_loss")
    await site.at("04:00").alarm_is("cam-1", "normal", "video_loss")
    assert site.journal("cam-1", "video_loss") == ["raised", "acknowledged", "returned"]


async def test_an_end_before_anybody_looked_stays_to_be_seen(site: Site) -> None:
    await site.at("00:00").sees("cam-1").alarm_is("cam-1", "unacknowledged")
    await site.at("00:30").sees_no_more("cam-1").alarm_is("cam-1", "returned_unacknowledged")
    await site.at("00:40").acknowledges("ann", "cam-1").alarm_is("cam-1", "normal")


async def test_a_chattering_alarm_asks_thrice_and_then_holds_until_it_was_quiet(site: Site) -> None:
    for second in range(0, 300, 10):
        phase = Phase.RAISE if second % 20 == 0 else Phase.CLEAR
        await site.at(f"{second // 60:02}:{second % 60:02}").sees("cam-1", phase=phase)
    assert site.annunciations() == 3
    await site.at("14:49").alarm_is("cam-1", "unacknowledged")
    await site.at("14:51").alarm_is("cam-1", "returned_unacknowledged").incidents(1)
    assert site.journal("cam-1").count("returned") == 3
    await site.at("15:00").sees("cam-1").alarm_is("cam-1", "unacknowledged")
    assert site.annunciations() == 4


async def test_a_button_pressed_in_panic_is_heard_every_time(site: Site) -> None:
    await site.at("00:00").sees("button-1", "call").then_told("li", "wang", "township", "city")
    await site.at("00:00").told("village", about="siren")
    for second in ("05", "10", "15", "18"):
        await site.at(f"00:{second}").sees_no_more("button-1", "call")
        await site.at(f"00:{second}").sees("button-1", "call").alarm_is("button-1", "unacknowledged", "call")
    assert site.journal("button-1", "call").count("raised") == 5


async def test_a_shelf_silences_and_at_its_end_what_stands_asks_again(site: Site) -> None:
    await site.at("00:00").sees("cam-1").incidents(1)
    await site.at("00:10").rejects("ann")
    await site.at("00:20").shelves("ann", "cam-1", minutes=30).alarm_is("cam-1", "shelved")
    await site.at("10:00").sees("cam-1", severity=0.95).incidents(1)
    await site.at("30:19").alarm_is("cam-1", "shelved").incidents(1)
    await site.at("30:20").alarm_is("cam-1", "unacknowledged").incidents(2)
    assert site.incident(1).grade is Grade.II
    assert site.journal("cam-1") == ["raised", "shelved", "unshelved", "raised"]


async def test_what_ended_on_the_shelf_stays_silent(site: Site) -> None:
    await site.at("00:00").sees("cam-1")
    await site.at("00:05").acknowledges("ann", "cam-1").shelves("ann", "cam-1", minutes=30)
    await site.at("10:00").sees_no_more("cam-1").alarm_is("cam-1", "shelved")
    await site.at("40:00").alarm_is("cam-1", "normal")
    assert site.annunciations() == 1
    assert site.incident().raised == ()


async def test_a_raise_under_the_shelf_opens_nothing_until_somebody_takes_it_back(site: Site) -> None:
    await site.at("00:00").sees("cam-1", "tamper")
    await site.at("01:00").sees("cam-2", severity=0.5)
    await site.at("01:10").sees_no_more("cam-2").shelves("ann", "cam-2", minutes=60)
    await site.at("01:20").rejects("ann")
    await site.at("20:00").sees("cam-2").incidents(1)
    await site.at("21:00").unshelves("ann", "cam-2").incidents(2).alarm_is("cam-2", "unacknowledged")
    lines = [one for one in site.store.tables.alarm_journal if one.what == "unshelved"]
    assert [line.actor for line in lines] == ["ann"]


async def test_a_shelved_alarm_whose_incident_is_open_comes_back_into_it(site: Site) -> None:
    await site.at("00:00").sees("cam-1")
    await site.at("00:10").shelves("ann", "cam-1", minutes=120)
    await site.at("60:00").sees("cam-1", severity=0.95)
    assert site.incident().grade is Grade.III
    await site.at("130:00").incidents(1).alarm_is("cam-1", "unacknowledged")
    assert site.incident().grade is Grade.II


@pytest.mark.parametrize("minutes", [0, 1441])
async def test_a_shelf_has_an_end_within_reason(site: Site, minutes: int) -> None:
    await site.at("00:00").sees("cam-1")
    with pytest.raises(Rejected, match="1 to 1440 minutes"):
        await site.at("00:10").shelves("ann", "cam-1", minutes=minutes)


async def test_a_call_is_never_shelved_nor_called_false_nor_its_button_out_of_service(site: Site) -> None:
    await site.at("00:00").sees("button-1", "call", age=7200).nobody_is_told()
    with pytest.raises(Rejected, match="somebody may be waiting"):
        await site.at("00:10").shelves("ann", "button-1", "call")
    with pytest.raises(Rejected, match="somebody may be waiting"):
        await site.at("00:10").maintains("ann", "box/button-1", since="00:00", until="60:00")
    alarm = site.alarm("button-1", "call").id
    with pytest.raises(Rejected, match="somebody may be waiting"):
        await site.desk.add_spot("", alarm, PersonId("ann"), whole=True, days=3, reason="again")


async def test_maintenance_of_a_subtree_silences_all_but_calls_and_ends_by_itself(site: Site) -> None:
    await site.at("00:00").sees("cam-1").alarm_is("cam-1", "unacknowledged")
    await (
        site.at("01:00")
        .maintains("ann", grid=TOWNSHIP, since="02:00", until="60:00")
        .alarm_is("cam-1", "unacknowledged")
    )
    await site.at("02:00").alarm_is("cam-1", "out_of_service")
    await site.at("20:00").sees("smoke-1").alarm_is("smoke-1", "out_of_service").incidents(1)
    await site.at("21:00").sees("cam-2").sees_no_more("cam-2")
    await site.at("30:00").sees("button-1", "call").then_told("li", "wang", "township", "city")
    await site.at("30:00").told("village", about="siren").incidents(2)
    await site.at("59:59").alarm_is("smoke-1", "out_of_service").incidents(2)
    site.unheard.clear()
    await site.at("60:00").alarm_is("smoke-1", "unacknowledged").alarm_is("cam-2", "normal").incidents(3)
    site.unheard.clear()
    assert site.journal("smoke-1") == ["out_of_service", "in_service", "raised"]


async def test_maintenance_that_is_ended_early_ends_now(site: Site) -> None:
    await site.at("00:00").maintains("ann", "box", since="00:00", until="300:00")
    await site.at("01:00").sees("cam-1").alarm_is("cam-1", "out_of_service").incidents(0)
    [window] = site.store.tables.windows
    await site.at("02:00")
    await site.desk.end_window("", window, PersonId("ann"))
    await site.at("02:00").alarm_is("cam-1", "unacknowledged").incidents(1)


async def test_what_was_called_false_at_its_spot_is_left_out_there_and_heard_elsewhere(site: Site) -> None:
    chimney, field = Box(0.40, 0.40, 0.10, 0.10), Box(0.70, 0.70, 0.10, 0.10)
    await site.at("00:00").sees("cam-1", boxes=(chimney,)).incidents(1)
    await site.at("00:10").rejects("ann")
    alarm = site.alarm("cam-1").id
    await site.desk.add_spot("", alarm, PersonId("ann"), whole=False, days=3, reason="the bakery's chimney")
    await site.at("01:00").sees_no_more("cam-1")
    await site.at("20:00").sees("cam-1", boxes=(Box(0.41, 0.39, 0.10, 0.11),)).incidents(1)
    assert site.journal("cam-1") == ["raised", "returned", "filtered"]
    await site.at("21:00").sees("cam-1", boxes=(chimney, field)).incidents(2)


async def test_a_false_spot_is_forgotten_in_time(site: Site) -> None:
    await site.at("00:00").sees("cam-1").sees_no_more("cam-1").rejects("ann")
    alarm = site.alarm("cam-1").id
    await site.desk.add_spot("", alarm, PersonId("ann"), whole=True, days=1, reason="lens")
    await site.at("1439:00").sees("cam-1").incidents(1)
    await site.at("1441:00").sees("cam-1").incidents(2)


async def test_a_growing_fire_makes_the_proposed_grade_worse(site: Site) -> None:
    await site.at("00:00").sees("cam-1", severity=0.5)
    assert site.incident().grade is Grade.III
    await site.at("40:00").sees("cam-1", severity=0.95, phase=Phase.UPDATE).incidents(1)
    assert site.incident().grade is Grade.II
    assert site.events().count("alarm_attached") == 1


async def test_a_village_without_link_is_one_incident_and_not_thirty_six(site: Site) -> None:
    """The link goes, every sensor falls silent, some before it was noticed; it comes back with its backlog."""
    await site.at("00:00").link("online").nobody_is_told()
    for number, name in enumerate(DEVICES[:6]):  # their silence is noticed first
        await site.at(f"08:0{number}").sees(name, "silence")
    await site.at("10:00").link("offline")
    await site.at("10:30").links_are_watched().incidents(0)
    assert site.annunciations() == 6
    await site.at("11:00").links_are_watched().incidents(1)
    assert site.incident().kind is Kind.LINK_LOSS
    assert site.incident().grade is Grade.IV
    assert len(site.incident().alarms) == 7
    for name in DEVICES[6:]:
        await site.at("12:00").sees(name, "silence")
    await site.at("40:00").incidents(1)
    assert site.annunciations() == 7
    states = {
        str(state_of(one, site.clock.now()))
        for one in site.store.tables.alarms.values()
        if one.kind is Kind.SILENCE
    }
    assert states == {"suppressed"}

    await site.at("41:00").link("online")
    for number, name in enumerate(DEVICES[:-1]):  # the backlog: old smoke that is over, then signs of life
        if number < 3:
            await site.at("41:05").sees(name, "smoke", age=1500, raised=False)
            await site.at("41:05").sees(name, "smoke", age=1400, raised=False, phase=Phase.CLEAR)
        await site.at("41:10").sees_no_more(name, "silence")
    await site.at("60:00").alarm_is(DEVICES[0], "returned_unacknowledged", "silence")
    await site.at("60:00").alarm_is(DEVICES[10], "normal", "silence")
    await site.at("60:00").alarm_is(DEVICES[-1], "unacknowledged", "silence")
    live = [
        row.incident for row in site.store.tables.incidents.values() if row.incident.lateness is Lateness.LIVE
    ]
    assert [one.kind for one in live] == [Kind.LINK_LOSS]
    assert live[0].raised == ()
    assert site.annunciations() == 8  # six early silences, the link, and the one sensor that stayed silent


async def test_a_flapping_link_is_one_incident(site: Site) -> None:
    await site.at("00:00").link("online")
    for minute in range(1, 9, 2):
        await site.at(f"{minute:02}:00").link("offline")
        await site.at(f"{minute + 1:02}:00").links_are_watched()
        await site.at(f"{minute + 1:02}:30").link("online")
    await site.at("20:00").incidents(1)
    assert site.annunciations() == 1


async def test_a_link_that_went_while_the_centre_was_down_has_its_grace_from_its_return(site: Site) -> None:
    await site.at("00:00").link("online")
    site.store.tables.links = {
        name: replace(one, state="offline", since=NOON + timedelta(minutes=1))
        for name, one in site.store.tables.links.items()
    }
    await site.at("30:00")
    await site.link_watch.look()  # ingest has written nothing since noon: nobody listens
    await site.at("30:00").incidents(0).links_are_watched().incidents(0)
    await site.at("30:59").links_are_watched().incidents(0)
    await site.at("31:00").links_are_watched().incidents(1)
    assert site.incident().began == NOON + timedelta(minutes=1)


async def test_power_that_goes_before_the_link_explains_it(site: Site) -> None:
    await site.at("00:00").link("online")
    await site.at("05:00").sees("cam-1", "power_loss").incidents(1)
    await site.at("06:00").link("offline")
    await site.at("07:00").links_are_watched().incidents(1)
    await site.at("08:00").sees("cam-2", "silence")
    await (
        site.at("20:00")
        .alarm_is("cam-2", "suppressed", "silence")
        .alarm_is("link", "suppressed", "link_loss")
    )
    await site.at("21:00").sees_no_more("cam-1", "power_loss")
    await site.at("22:59").alarm_is("link", "suppressed", "link_loss")
    await (
        site.at("23:00")
        .alarm_is("link", "unacknowledged", "link_loss")
        .alarm_is("cam-2", "suppressed", "silence")
    )
    await site.at("24:00").incidents(1)
