import asyncio
from collections.abc import Sequence

import pytest

from tests.support.site import BARN, NOON, VILLAGE, Site
from tocsin.alerts import service as module
from tocsin.alerts.commands import Accept, Confirm, Reject, ReportUp, SettleNotice
from tocsin.alerts.model import Incident
from tocsin.alerts.ports import Report
from tocsin.core.detections import Kind
from tocsin.core.errors import Conflict, NotFound, Rejected, Transient
from tocsin.core.ids import AlarmId, IncidentId, NoticeId, PersonId, ReportId
from tocsin.core.incidents import Actor, NoteAdded, Outcome, Recorded, ReportedUp, UpStage
from tocsin.core.responders import Channel

ANN = Actor("person", "ann")


async def smoke() -> Site:
    site = Site()
    await site.policies.keep(site.store)
    await site.at("00:00").sees("cam-1")
    return site


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)


async def test_a_command_gives_the_incident_after_it() -> None:
    site = await smoke()
    after = await site.service.command(site.incident().id, Confirm(), ANN)
    assert after == site.incident()
    assert after.confirmed == NOON


async def test_an_unknown_incident_is_said() -> None:
    site = await smoke()
    with pytest.raises(NotFound, match="no incident"):
        await site.service.command(IncidentId("lost"), Confirm(), ANN)
    with pytest.raises(NotFound):
        await site.service.preview(IncidentId("lost"))


async def test_the_same_act_changes_nothing_even_when_it_would_be_refused_now() -> None:
    site = await smoke()
    name = site.incident().id
    await site.service.command(name, Confirm(), ANN, act="a-1")
    version = site.incident().version
    assert (await site.service.command(name, Confirm(), ANN, act="a-1")).version == version
    with pytest.raises(Rejected, match="was confirmed"):
        await site.service.command(name, Confirm(), ANN, act="a-2")


async def test_acts_at_one_moment_are_all_taken_once() -> None:
    site = await smoke()
    name = site.incident().id
    await site.service.command(name, Confirm(), ANN)
    people = ["li", "wang", "li", "wang", "li"]
    async with asyncio.TaskGroup() as group:
        for who in people:
            command = Accept(person=PersonId(who))
            group.create_task(site.service.command(name, command, Actor("person", who), act=f"going-{who}"))
    assert site.events().count("accepted") == 2


@pytest.mark.parametrize("fault", [Conflict("version"), Transient("gone")])
async def test_a_passing_fault_is_decided_again_and_a_lasting_one_is_raised(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    site = await smoke()
    async with site.store.unit() as unit:
        unit_class = type(unit)
    save, faults = unit_class.save, [fault] * 2

    async def flaky(self: object, changes: object) -> object:
        if faults:
            raise faults.pop()
        return await save(self, changes)

    monkeypatch.setattr(unit_class, "save", flaky)
    await site.service.command(site.incident().id, Confirm(), ANN)
    assert site.events().count("confirmed") == 1
    faults.extend([fault] * module.TRIES)
    with pytest.raises(type(fault)):
        await site.service.command(site.incident().id, Reject(reason_code="test"), ANN)


async def test_words_stand_in_a_row_and_the_log_only_refers_to_them() -> None:
    site = await smoke()
    await site.service.note(site.incident().id, PersonId("ann"), "  the owner is at home  ", act="n-1")
    await site.service.note(site.incident().id, PersonId("ann"), "the owner is at home", act="n-1")
    [(name, note)] = site.store.tables.notes.items()
    assert note == (site.incident().id, "ann", "the owner is at home")
    assert site.log()[-1].event.note == name
    assert "owner" not in str(site.log())


@pytest.mark.parametrize(
    ("text", "code"), [("   ", "note.empty"), ("a" * 4001, "note.too_long"), ("a\x00b", "note.form")]
)
async def test_words_have_bounds(text: str, code: str) -> None:
    site = await smoke()
    with pytest.raises(Rejected) as refused:
        await site.service.note(site.incident().id, None, text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("changes", "severity", "act", "code"),
    [
        ({"words": ""}, 0.5, "a", "report.empty"),
        ({"caller": "1" * 65}, 0.5, "a", "report.caller"),
        ({}, 1.1, "a", "report.severity"),
        ({}, float("nan"), "a", "report.severity"),
        ({}, 0.5, "", "act.form"),
        ({}, 0.5, "a" * 129, "act.form"),
    ],
)
async def test_reports_have_bounds(changes: dict[str, str], severity: float, act: str, code: str) -> None:
    site = await smoke()
    fields = {
        "id": ReportId("r"),
        "kind": Kind.SMOKE,
        "grid": VILLAGE,
        "words": "smoke",
        "caller": "",
        "place": BARN,
        "reported_by": PersonId("ann"),
        "at": NOON,
    } | changes
    with pytest.raises(Rejected) as refused:
        await site.service.report(Report(**fields), severity=severity, grade=None, actor=ANN, act=act)
    assert refused.value.code == code


async def test_an_alarm_is_acknowledged_by_the_first_who_saw_it() -> None:
    site = await smoke()
    name = site.incident().alarms[0]
    await site.service.acknowledge(name, PersonId("ann"))
    await site.service.acknowledge(name, PersonId("bob"))
    [alarm] = site.store.tables.alarms.values()
    assert (alarm.acknowledged, alarm.acknowledged_by) == (True, "ann")
    with pytest.raises(NotFound):
        await site.service.acknowledge(AlarmId("lost"), PersonId("ann"))


async def test_the_preview_says_what_comes_next_and_changes_nothing() -> None:
    site = await smoke()
    before = site.log()
    upcoming = await site.service.preview(site.incident().id)
    assert upcoming[0].what_code == "unanswered"
    assert (upcoming[0].at - NOON).total_seconds() == 60
    assert site.log() == before


async def test_outcomes_are_recorded_once_for_each_incident_that_exists() -> None:
    site = await smoke()
    settled = SettleNotice(
        notice=NoticeId("n"), person=PersonId("li"), channel=Channel.SMTP, outcome=Outcome.SENT
    )
    outcomes = [(site.incident().id, settled), (IncidentId("erased"), settled)]
    await site.service.settle(outcomes)
    await site.service.settle(outcomes)
    await site.service.settle([])
    assert site.events().count("notice_settled") == 1


async def test_words_given_with_a_command_are_kept_with_it_once() -> None:
    site = await smoke()
    name = site.incident().id
    for _ in range(2):
        await site.service.command(name, Confirm(), ANN, act="a-1", words=" the mill burns ")
    assert [text for _, _, text in site.store.tables.notes.values()] == ["the mill burns"]
    (added,) = [line for line in site.log() if isinstance(line.event, NoteAdded)]
    assert added.event.note in site.store.tables.notes
    assert added.actor == ANN


async def test_a_command_that_is_refused_keeps_no_words() -> None:
    site = await smoke()
    name = site.incident().id
    await site.service.command(name, Confirm(), ANN, act="a-1")
    with pytest.raises(Rejected, match="was confirmed"):
        await site.service.command(name, Confirm(), ANN, act="a-2", words="again")
    with pytest.raises(Rejected, match="words"):
        await site.service.command(name, Reject(reason_code="test"), ANN, act="a-3", words="  ")
    assert site.store.tables.notes == {}
    assert site.incident().state.open


async def test_the_words_of_a_report_upwards_stand_in_a_row_that_its_event_names() -> None:
    site = await smoke()
    name = site.incident().id
    await site.service.command(name, Confirm(), ANN, act="a-1")
    up = ReportUp(stage=UpStage.INITIAL)
    await site.service.command(name, up, ANN, act="a-2", words="fire at the mill, nobody hurt")
    (reported,) = [line.event for line in site.log() if isinstance(line.event, ReportedUp)]
    assert site.store.tables.notes[reported.note][2] == "fire at the mill, nobody hurt"
    assert not [line for line in site.log() if isinstance(line.event, NoteAdded)]


async def test_what_must_hold_is_asked_of_the_state_that_is_decided_on_and_not_of_a_repeated_act() -> None:
    site = await smoke()
    name = site.incident().id

    def unconfirmed(incident: Incident, log: Sequence[Recorded]) -> None:
        if incident.confirmed is not None:
            raise Rejected("test.late", "too late")

    await site.service.command(name, Confirm(), ANN, act="a-1", demand=unconfirmed)
    await site.service.command(name, Confirm(), ANN, act="a-1", demand=unconfirmed)
    with pytest.raises(Rejected, match="too late"):
        await site.service.command(name, Reject(reason_code="test"), ANN, act="a-2", demand=unconfirmed)


async def test_the_outlook_says_what_comes_next_and_on_whom_it_waits() -> None:
    site = await smoke()
    outlook = await site.service.outlook(site.incident().id)
    assert outlook.upcoming[0].what_code == "unanswered"
    assert outlook.waits_on[0].who == "desk"
    with pytest.raises(NotFound):
        await site.service.outlook(IncidentId("lost"))
