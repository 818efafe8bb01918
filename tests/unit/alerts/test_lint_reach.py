from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import inf

from tests.support.incidents import DEFAULT, GRID, START, directory, responder
from tocsin.alerts.lint import lint
from tocsin.alerts.lint_model import Around, Level, Watch
from tocsin.alerts.policy import ResponsePolicy
from tocsin.core.grids import Tier
from tocsin.core.responders import Channel, Directory

H = timedelta(hours=1)
BUDGETS = {Channel.WECOM_BOT: 20.0, Channel.SMTP: 120.0, Channel.WEBHOOK: 600.0, Channel.LOG: inf}
FULL = directory(*(responder(f"{tier}-1", tier, 1) for tier in Tier))


def watched(*directories: Directory, level: int = 0) -> Around:
    return Around(
        budgets=BUDGETS,
        levels={GRID: level},
        watches=tuple(
            Watch(since=START + n * H, until=START + (n + 1) * H, directories={GRID: one})
            for n, one in enumerate(directories)
        ),
    )


def told(policy: ResponsePolicy, around: Around) -> list[tuple[str, str]]:
    return [(one.code, one.sentence) for one in lint(policy, around)]


def test_a_town_with_everybody_on_duty_is_sound() -> None:
    assert told(DEFAULT, watched(FULL)) == []


def test_a_tier_with_nobody_on_duty_is_told_with_its_hours() -> None:
    night = directory(*(one for one in FULL.responders if one.tier is not Tier.VILLAGE))
    ((code, sentence),) = told(DEFAULT, watched(FULL, night, FULL))
    assert code == "nobody_on_duty"
    assert sentence.startswith(
        f"the village of grid {GRID} has nobody on duty for 1.0 h, first at 07-14 15:03: add shifts"
    )
    assert "at any time" in told(DEFAULT, watched(night))[0][1]


def test_a_grid_of_the_township_needs_no_village() -> None:
    office = directory(*(one for one in FULL.responders if one.tier is not Tier.VILLAGE))
    assert told(DEFAULT, watched(office, level=1)) == []


def test_a_supervisor_alone_is_nobody_on_duty() -> None:
    head = directory(
        *(one for one in FULL.responders if one.tier is not Tier.TOWNSHIP),
        responder("boss", Tier.TOWNSHIP, 1, supervisor=True),
    )
    assert [code for code, _ in told(DEFAULT, watched(head))] == ["nobody_on_duty"]


def test_a_person_without_a_channel_of_the_plan_is_told_once() -> None:
    only_voice = responder("village-1", Tier.VILLAGE, 1, Channel.MQTT)
    staff = directory(only_voice, *(one for one in FULL.responders if one.tier is not Tier.VILLAGE))
    ((code, sentence),) = told(DEFAULT, watched(staff, staff))
    assert code == "person_unreachable"
    assert sentence.startswith("village-1 is on duty for the village and has mqtt")


def test_a_channel_in_the_log_alone_reaches_nobody() -> None:
    around = replace(watched(FULL), budgets={Channel.LOG: inf})
    assert {code for code, _ in told(DEFAULT, around)} == {"no_channel", "person_unreachable"}


def test_a_channel_of_somebody_that_is_not_configured_is_a_warning_while_others_are() -> None:
    budgets = {one: rate for one, rate in BUDGETS.items() if one is not Channel.SMTP}
    assert lint(DEFAULT, Around(budgets=budgets)) == []  # nobody is known to use it
    found = lint(DEFAULT, replace(watched(FULL), budgets=budgets))
    assert {(one.code, one.level) for one in found} == {("channel_missing", Level.WARNING)}
    assert len(found) == 3
    assert "have addresses for smtp, which is not configured" in found[0].sentence


def test_more_people_than_a_channel_carries_in_the_window_is_an_error() -> None:
    crowd = directory(
        *(responder(f"v{n}", Tier.VILLAGE, n) for n in range(200)),
        *(one for one in FULL.responders if one.tier is not Tier.VILLAGE),
    )
    many = replace(DEFAULT, call_together={**DEFAULT.call_together, Tier.VILLAGE: 50})
    ((code, sentence),) = told(many, watched(crowd))
    assert code == "over_capacity"
    assert sentence.startswith(
        "up to 200 people of the village are called within 3m, and one address of wecom_bot takes 20 a minute, 60 in that time"
    )
    assert told(many, watched(FULL)) == []  # nobody is there to be called
    fifteen = replace(DEFAULT, call_together={**DEFAULT.call_together, Tier.VILLAGE: 15})
    assert told(fifteen, watched(crowd)) == []  # four rounds of 15 are just 60


def test_a_channel_of_a_person_that_no_timer_reaches_is_a_warning() -> None:
    slow = replace(DEFAULT, soft=replace(DEFAULT.soft, seen=timedelta(seconds=170)))
    assert told(slow, watched(FULL)) == []  # each of them has two
    three = (Channel.WECOM_BOT, Channel.WEBHOOK, Channel.SMTP)
    staff = directory(
        responder("village-1", Tier.VILLAGE, 1, *three),
        *(one for one in FULL.responders if one.tier is not Tier.VILLAGE),
    )
    ((code, sentence),) = told(slow, watched(staff))
    assert code == "channel_unreached"
    assert "within 3m only 2 are tried: smtp would only be tried after a failure" in sentence


def test_nothing_is_said_of_what_is_not_known() -> None:
    many = replace(DEFAULT, call_together={**DEFAULT.call_together, Tier.VILLAGE: 50})
    assert told(many, Around()) == []
