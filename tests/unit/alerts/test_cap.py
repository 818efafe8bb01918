from __future__ import annotations

import re
from datetime import timedelta

import pytest
from lxml import etree
from msgspec import structs

from tests.support.cap import assert_valid
from tests.support.incidents import CLOCKS_ONLY, START, Case, opening, person, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.cap import (
    ATOM,
    NAMESPACE,
    CapMessage,
    CapPlace,
    CapSender,
    feed,
    incident_of,
    messages,
)
from tocsin.core.detections import Kind
from tocsin.core.grids import Position, Tier
from tocsin.core.ids import GridCode, IncidentId
from tocsin.core.incidents import Actor, Grade
from tocsin.core.working_time import Terms

ANN = Actor("person", "ann")
SQUARE = ((30.0, 120.0), (30.0, 120.1), (30.1, 120.1), (30.0, 120.0))
PLACE = CapPlace(code=GridCode("330110104201001"), name="东村", centre=Position(30.3, 119.9))
SENDER = CapSender(id="tocsin@town.example", name="某镇综治中心")
CAP = f"{{{NAMESPACE}}}"


def told(case: Case, place: CapPlace = PLACE) -> list[CapMessage]:
    found = messages(case.log, place, SENDER)
    for one in found:
        assert_valid(one.xml)
    return found


def value(xml: bytes, name: str) -> str | None:
    found = etree.fromstring(xml).iter(f"{CAP}{name}")
    return next((one.text for one in found), None)


def values(xml: bytes, name: str) -> list[str | None]:
    return [one.text for one in etree.fromstring(xml).iter(f"{CAP}{name}")]


def parameters(xml: bytes) -> dict[str, str]:
    info = next(etree.fromstring(xml).iter(f"{CAP}info"))
    return {
        one.findtext(f"{CAP}valueName", ""): one.findtext(f"{CAP}value", "")
        for one in info.iter(f"{CAP}parameter")
    }


def confirmed(kind: Kind = Kind.SMOKE, **details: object) -> Case:
    case = Case(CLOCKS_ONLY)
    case.open(kind, **details)
    case.at(20).confirm()
    return case


def test_what_nobody_has_confirmed_is_told_to_nobody() -> None:
    case = Case()
    case.open()
    assert told(case) == []
    case.do(ask.Reject(reason_code="false_alarm"), ANN)
    assert told(case) == []


def test_confirmation_is_an_alert_in_both_languages() -> None:
    (one,) = told(confirmed())
    assert (one.kind, one.sent) == ("Alert", START + timedelta(seconds=20))
    assert value(one.xml, "sent") == "2026-07-14T14:03:20+08:00"
    assert value(one.xml, "status") == "Actual"
    assert values(one.xml, "language") == ["zh-CN", "en-US"]
    assert values(one.xml, "event") == ["烟雾", "Smoke"]
    assert values(one.xml, "category") == ["Fire", "Fire"]
    assert value(one.xml, "references") is None
    assert value(one.xml, "incidents") == "42"
    assert one.headline == "东村烟雾"
    assert incident_of(one.identifier) == "42"


@pytest.mark.parametrize(
    ("grade", "severity"),
    [(Grade.I, "Extreme"), (Grade.II, "Severe"), (Grade.III, "Moderate"), (Grade.IV, "Minor")],
)
def test_grades_are_severities(grade: Grade, severity: str) -> None:
    (one,) = told(confirmed(grade=grade))
    assert values(one.xml, "severity") == [severity, severity]


def test_tiers_that_are_called_have_their_deadlines_in_it() -> None:
    (one,) = told(confirmed())
    said = parameters(one.xml)
    assert said["deadline:village"] == "2026-07-14T14:06:20+08:00"
    assert {"deadline:township", "deadline:city"} <= set(said)
    assert (said["grade"], said["gradeConfirmed"]) == ("III", "true")


def test_a_tier_that_is_called_later_is_an_update_that_refers_to_all_before() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.run_until(180)
    first, second = told(case)
    assert (first.kind, second.kind) == ("Alert", "Update")
    assert value(second.xml, "references") == f"{SENDER.id},{first.identifier},2026-07-14T14:03:00+08:00"
    assert parameters(second.xml)["verdict:village"] == "missed"
    case.run_until(600)
    *_, third = told(case)
    assert value(third.xml, "references") == " ".join(
        f"{SENDER.id},{one.identifier},{value(one.xml, 'sent')}" for one in (first, second)
    )


def test_a_hand_up_is_an_update() -> None:
    case = Case(staged())
    case.open()
    case.confirm()
    case.at(30).do(ask.HandUp(reason_code="beyond_means"), ANN)
    assert [one.kind for one in told(case)] == ["Alert", "Update"]


def test_another_grade_is_an_update_and_the_same_words_again_are_none() -> None:
    case = confirmed(grade=Grade.III)
    case.at(30).do(ask.See(person=person("ve1")))
    case.at(31).do(ask.Accept(person=person("ve1")))
    assert len(told(case)) == 1
    case.at(40).do(ask.ChangeGrade(grade=Grade.II), ANN)
    *_, update = told(case)
    assert (update.kind, value(update.xml, "severity")) == ("Update", "Severe")


def test_a_false_alarm_is_cancelled() -> None:
    case = confirmed()
    case.at(90).do(ask.Reject(reason_code="false_alarm"), ANN)
    alert, cancel = told(case)
    assert (cancel.kind, value(cancel.xml, "note")) == ("Cancel", "false alarm")
    assert alert.identifier in (value(cancel.xml, "references") or "")
    assert value(cancel.xml, "responseType") == "AllClear"
    assert value(cancel.xml, "urgency") == "Past"


def test_what_was_merged_is_cancelled_too() -> None:
    case = confirmed()
    case.at(90).do(ask.Merge(into=IncidentId("7")), ANN)
    *_, cancel = told(case)
    assert (cancel.kind, value(cancel.xml, "note")) == ("Cancel", "merged into another incident")


def test_the_end_is_an_update_that_gives_the_all_clear_once() -> None:
    case = confirmed()
    case.at(600).do(ask.Close(reason_code="handled"), ANN)
    case.at(700).do(ask.Evaluate(), ANN)
    _, end = told(case)
    assert (end.kind, value(end.xml, "responseType"), value(end.xml, "urgency")) == (
        "Update", "AllClear", "Past",
    )  # fmt: skip


def test_a_reopening_is_an_update_and_after_a_cancel_a_new_alert_without_references() -> None:
    case = confirmed()
    case.at(600).do(ask.Close(reason_code="handled"), ANN)
    case.at(700).do(ask.Reopen(reason_code="recurred", terms=Terms()), ANN)
    assert [one.kind for one in told(case)] == ["Alert", "Update", "Update"]
    case = confirmed()
    case.at(100).do(ask.Reject(reason_code="false_alarm"), ANN)
    case.at(200).do(ask.Reopen(reason_code="wrongly_rejected", terms=Terms()), ANN)
    case.at(210).confirm()
    *_, again = told(case)
    assert [one.kind for one in told(case)] == ["Alert", "Cancel", "Alert"]
    assert value(again.xml, "references") is None


def test_a_drill_says_so_in_its_status_and_in_its_words() -> None:
    (one,) = told(confirmed(drill=True))
    assert value(one.xml, "status") == "Exercise"
    assert values(one.xml, "headline") == ["【演练】东村烟雾", "DRILL: Smoke at 东村"]


def test_the_place_is_that_of_the_device_or_the_outline_or_the_middle_of_the_grid() -> None:
    (by_device,) = told(confirmed())
    assert value(by_device.xml, "circle") == "30.300000,119.900000 0.500"
    drawn = CapPlace(code=GridCode("1"), name="x", outline=SQUARE)
    (by_outline,) = told(confirmed(alarm=None), drawn)
    assert value(by_outline.xml, "polygon") == (
        "30.000000,120.000000 30.000000,120.100000 30.100000,120.100000 30.000000,120.000000"
    )
    (by_middle,) = told(confirmed(alarm=None))
    assert value(by_middle.xml, "circle") == "30.300000,119.900000 0.500"
    (nowhere,) = told(confirmed(alarm=None), CapPlace(code=GridCode("1"), name="x"))
    assert value(nowhere.xml, "circle") is None
    assert value(nowhere.xml, "valueName") is not None
    for one in (by_device, by_outline, by_middle, nowhere):
        geocode = next(etree.fromstring(one.xml).iter(f"{CAP}geocode"))
        assert geocode.findtext(f"{CAP}valueName") == "GRID"


@pytest.mark.parametrize("kind", [Kind.CALL, Kind.FALL])
def test_somebodys_home_is_not_told(kind: Kind) -> None:
    case = Case(CLOCKS_ONLY)
    case.do(structs.replace(opening(kind), place=Position(30.123456, 119.654321)))
    case.confirm() if case.incident.confirmed is None else None
    (one,) = told(case)
    assert b"30.123456" not in one.xml


def test_nobody_is_named() -> None:
    case = confirmed()
    case.at(30).do(ask.Accept(person=person("ve1")))
    case.at(40).do(ask.Close(reason_code="handled"), ANN)
    for one in told(case):
        assert not re.search(rb"ve1|ve2|to1|ci1|ann|boss", one.xml)


def test_names_with_marks_and_control_characters_stay_well_formed() -> None:
    place = CapPlace(code=GridCode("1"), name='<&>"\x00\x0b 村')
    (one,) = told(confirmed(), place)
    assert value(one.xml, "areaDesc") == '<&>" 村'


def test_identifiers_hold_nothing_that_is_forbidden_in_references() -> None:
    case = confirmed()
    odd = [structs.replace(one, incident=IncidentId("a b,c<d&e")) for one in case.log]
    (one,) = messages(odd, PLACE, SENDER)
    assert one.identifier.startswith("a_b_c_d_e-")


def test_the_feed_lists_messages_newest_first_with_their_addresses() -> None:
    case = confirmed()
    case.at(90).do(ask.Reject(reason_code="false_alarm"), ANN)
    root = etree.fromstring(feed(told(case), SENDER, "https://bell.example", START))
    entries = root.findall(f"{{{ATOM}}}entry")
    assert [one.find(f"{{{ATOM}}}category").get("term") for one in entries] == ["Cancel", "Alert"]  # type: ignore[union-attr]
    link = entries[0].find(f"{{{ATOM}}}link")
    assert link is not None
    assert re.fullmatch(r"https://bell\.example/api/cap/42-\d+\.xml", link.get("href") or "")
    assert root.findtext(f"{{{ATOM}}}updated") == "2026-07-14T14:04:30+08:00"


def test_an_empty_feed_is_a_feed() -> None:
    root = etree.fromstring(feed([], SENDER, "", START))
    assert root.findall(f"{{{ATOM}}}entry") == []
    assert root.findtext(f"{{{ATOM}}}updated") == "2026-07-14T14:03:00+08:00"


def test_verdicts_of_several_tiers_stand_beside_each_other() -> None:
    case = confirmed()
    case.at(100).arrives(tier=Tier.VILLAGE)
    case.at(700).run_until(700)
    case.at(800).do(ask.Close(reason_code="handled"), ANN)
    *_, end = told(case)
    said = parameters(end.xml)
    assert said["verdict:township"] == "missed"
    assert said["verdict:city"] == "stood_down"
