"""Policies by case and by time: what an incident was opened under, it keeps."""

from datetime import timedelta

from tests.support.site import TOWNSHIP, VILLAGE, Site, story
from tocsin.alerts import commands as ask
from tocsin.alerts.incident import preview
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy_book import PolicyBook, version_of
from tocsin.core.grids import Tier
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Grade, Mode, Readiness

RULES = """
rules:
  - name: night            # noon of the story is 12:00 in China
    when: {hours: "12:30-06:00", grids: ["%s"]}
    then: {windows: {village: 5m}, call_together: {village: 3}}
  - name: flood-season
    when: {readiness: alert, kinds: [flood, smoke]}
    then: {modes: {IV: parallel}, soft: {accepted: 30s}, siren: [], automatic: {alone: [call, smoke]}}
  - name: worst
    when: {grades: [I]}
    then: {windows: {village: 2m, township: 6m}}
"""


def book(text: str) -> PolicyBook:
    return PolicyBook({"default": version_of(text)})


def ruled() -> PolicyBook:
    return book(default_text() + RULES % TOWNSHIP)


def worst() -> ask.Command:
    return ask.ChangeGrade(grade=Grade.I)


async def alert(site: Site, readiness: Readiness = Readiness.ALERT) -> None:
    await site.service.set_readiness(TOWNSHIP, readiness, PersonId("ann"), "flood warning")


def minutes(site: Site, tier: Tier = Tier.VILLAGE) -> float:
    incident = site.incident()
    assert incident.confirmed is not None
    return (incident.clocks[tier].due - incident.confirmed) / timedelta(minutes=1)


async def test_where_no_rule_holds_the_values_of_the_policy_hold() -> None:
    async with story(ruled()) as site:
        await site.at("00:00").sees("cam-1")
        step = site.at("00:20").confirms("ann").then_told("li", "wang", "zhao", "sun")
        await step.then_told("village", about="siren")
        assert minutes(site) == 3


async def test_at_night_the_village_has_longer_and_three_are_called() -> None:
    async with story(ruled()) as site:
        await site.at("31:00").sees("cam-1")
        step = site.at("31:20").confirms("ann").then_told("li", "wang", "chen", "zhao", "sun")
        await step.then_told("village", about="siren")
        assert minutes(site) == 5
        foreseen = preview(
            site.incident(),
            site.policies.for_grid(site.town.grids[VILLAGE]).policy,
            site.town.directory(VILLAGE),
            site.clock.now(),
        )
        missed = next(one for one in foreseen if one.what_code == "missed")
        assert missed.at == site.incident().clocks[Tier.VILLAGE].due


async def test_hours_are_those_of_the_opening_however_late_somebody_confirms() -> None:
    async with story(ruled()) as site:
        await site.at("29:59").sees("cam-1")
        step = site.at("30:30").confirms("ann").then_told("li", "wang", "zhao", "sun")
        await step.then_told("village", about="siren")
        assert minutes(site) == 3


async def test_on_alert_smoke_confirms_by_itself_and_the_siren_is_silent() -> None:
    async with story(ruled()) as site:
        await alert(site)
        await site.at("00:01").sees("cam-1", severity=0.1).then_told("li", "wang", "zhao", "sun")
        incident = site.incident()
        assert (incident.readiness, incident.grade, incident.mode) == (
            Readiness.ALERT,
            Grade.IV,
            Mode.PARALLEL,
        )
        await site.at("00:05").goes("zhao")
        await site.at("00:06").goes("sun")
        await site.at("00:21").told("li", "wang")
        await site.at("00:31").told("chen")


async def test_an_incident_keeps_the_time_in_which_it_was_opened() -> None:
    async with story(ruled()) as site:
        await site.at("00:00").sees("cam-1", severity=0.1)
        await alert(site)
        await site.at("00:20").confirms("ann").then_told("li", "wang")
        assert site.incident().mode is Mode.STAGED
        await alert(site, Readiness.PEACE)
        await site.at("00:25").sees("cam-2").then_nobody_is_told()


async def test_a_change_of_grade_asks_the_rules_again_and_moves_what_has_not_passed() -> None:
    async with story(ruled()) as site:
        await site.at("00:00").sees("cam-1")
        step = site.at("00:20").confirms("ann").then_told("li", "wang", "zhao", "sun")
        await step.then_told("village", about="siren")
        await site.at("00:25").goes("li")
        await site.at("00:26").goes("zhao")
        await site.at("00:27").goes("sun")
        await site.at("01:00").does(worst, "ann")
        assert (minutes(site), minutes(site, Tier.TOWNSHIP)) == (2, 6)
        await site.at("02:20").told("zhao", "boss", about="missed_below")
        await site.at("02:21").verdicts(village="missed", township=None, city=None)


async def test_who_confirms_at_another_grade_gets_the_values_of_that_grade() -> None:
    rule = (
        "rules: [{name: one-by-one, when: {grades: [I]}, then: {modes: {I: staged}, windows: {village: 2m}}}]"
    )
    async with story(book(f"{default_text()}\n{rule}\n")) as site:
        await site.at("00:00").sees("cam-1")
        step = site.at("00:20").confirms("ann", Grade.I).then_told("li", "wang")
        await step.then_told("village", about="siren")
        assert (site.incident().mode, minutes(site)) == (Mode.STAGED, 2)


async def test_a_change_of_grade_gives_nobody_a_deadline_that_has_passed() -> None:
    async with story(ruled()) as site:
        await site.at("00:00").sees("cam-1")
        step = site.at("00:20").confirms("ann").then_told("li", "wang", "zhao", "sun")
        await step.then_told("village", about="siren")
        await site.at("00:25").goes("li")
        await site.at("00:26").goes("zhao")
        await site.at("00:27").goes("sun")
        await site.at("02:30").does(worst, "ann")
        assert (minutes(site), minutes(site, Tier.TOWNSHIP)) == (3, 6)
        await site.at("03:19").nobody_is_told()
        await site.at("03:20").told("zhao", "boss", about="missed_below")


async def test_open_incidents_keep_the_policy_under_which_they_were_opened() -> None:
    async with story() as site:
        await site.at("00:00").sees("cam-1")
        old = site.incident().policy
        newer = book(default_text().replace("village: 3m", "village: 2m"))
        await newer.keep(site.store)
        site.service.policies = newer
        step = site.at("00:20").confirms("ann").then_told("li", "wang", "zhao", "sun")
        await step.then_told("village", about="siren")
        assert (site.incident().policy, minutes(site)) == (old, 3)
        assert set(site.store.tables.policies) == {old, next(iter(newer.places()))}
        step = site.at("00:30").sees("button-1", "call").then_told("li", "wang", "zhao", "sun")
        await step.then_told("village", about="siren")
        assert [site.incident(number).policy for number in (0, 1)] == [old, next(iter(newer.places()))]
