from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.api import (
    ANN,
    CHEN,
    FAR,
    FLOOD,
    OFFICE,
    SMOKE,
    START,
    TOWNSHIP,
    WANG,
    World,
    notice,
    recorded,
    report,
)
from tocsin.alerts.oversight import ReportDue
from tocsin.alerts.waiting import Waiting, What
from tocsin.core.grids import Tier
from tocsin.core.incidents import (
    Accepted,
    Basis,
    Closed,
    PartnerJoined,
    Source,
    Stage,
    State,
    UpStage,
    Verdict,
    VerdictGiven,
)
from tocsin.town.ports import Role


async def test_the_queue_holds_the_callers_subtree() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        body = (await client.get("/api/incidents")).json()
    assert [item["id"] for item in body["items"]] == [SMOKE]
    assert body["more"] is False
    assert body["items"][0]["clocks"][0]["due"] == "2026-11-22T14:03:10Z"


async def test_filters_reach_the_query() -> None:
    world = World()
    url = "/api/incidents?open=true&kind=smoke&grade=II&before=2026-11-22T15:00:00%2B08:00&most=7"
    async with world.signed_in(Role.OPERATOR, TOWNSHIP) as client:
        assert (await client.get(url)).status_code == 200
    (wanted,) = world.queries.wanted
    assert (wanted.scope, wanted.open, wanted.kind, wanted.grade, wanted.most) == (
        TOWNSHIP,
        True,
        "smoke",
        "II",
        8,
    )
    assert wanted.before == START - timedelta(hours=7)
    assert wanted.person is None


async def test_a_list_that_was_cut_says_so() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get("/api/incidents?most=1")).json()
    assert (len(body["items"]), body["more"]) == (1, True)


async def test_a_responder_is_listed_what_they_were_called_to() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, FAR, CHEN) as client:
        body = (await client.get("/api/incidents")).json()
    assert [item["id"] for item in body["items"]] == [FLOOD]


async def test_one_incident_holds_everything_around_it() -> None:
    world = World()
    world.logs[SMOKE].append(recorded(SMOKE, 5, Accepted(person=WANG, tier=Tier.VILLAGE), seconds=30))
    world.queries.notice_rows = [notice(WANG)]
    world.queries.reports_by_hand = [report()]
    world.queries.notes = {"note-1": "gate is open"}
    picture = world.add_picture(b"jpeg")
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get(f"/api/incidents/{SMOKE}")).json()
    assert [line["event"]["event"] for line in body["log"]] == [
        "opened", "confirmed", "tier_activated", "called", "accepted",
    ]  # fmt: skip
    assert body["standing"]["state"] == "accepted"
    assert body["calls"][0]["person"] == WANG
    assert body["calls"][0]["accepted"] == "2026-11-22T14:00:30Z"
    assert body["notices"][0]["person_name"] == "Wang"
    assert body["reports"][0]["caller"] == "13800000000"
    assert body["notes"] == {"note-1": "gate is open"}
    assert body["evidence"][0]["evidence"]["pictures"] == [picture]
    assert body["preview"][0]["what"] == "hard:village"
    assert set(body["people"]) == {"wang", "ann", "ella"}
    assert body["people"]["wang"]["name"] == "Wang"


async def test_a_responder_sees_neither_the_callers_number_nor_others_notices() -> None:
    world = World()
    world.queries.notice_rows = [notice(WANG, 1), notice(ANN, 2)]
    world.queries.reports_by_hand = [report()]
    async with world.signed_in(Role.RESPONDER, "", WANG) as client:
        answer = await client.get(f"/api/incidents/{SMOKE}")
    assert [one["id"] for one in answer.json()["notices"]] == ["notice-1"]
    assert "13800000000" not in answer.text


async def test_what_has_ended_has_no_preview() -> None:
    world = World()
    world.logs[SMOKE].append(recorded(SMOKE, 5, Closed(reason_code="handled"), seconds=60))
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.get(f"/api/incidents/{SMOKE}")).json()["preview"] == []


async def test_the_header_counts_open_incidents_and_clocks() -> None:
    world = World()
    due = START + timedelta(minutes=3, seconds=10)
    missed = VerdictGiven(tier=Tier.VILLAGE, verdict=Verdict.MISSED, at=due, basis=Basis.DEADLINE)
    world.logs[SMOKE].append(recorded(SMOKE, 5, missed, seconds=190))
    del world.logs[FLOOD][1:]
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get("/api/counts")).json()
    assert (body["open"], body["unconfirmed"], body["clocks_running"], body["clocks_overdue"]) == (2, 1, 0, 1)
    assert (body["reported"], body["overdue"]) == (0, 0)
    assert body["next_due"] is None


async def test_every_filter_reaches_the_query_under_its_name() -> None:
    world = World()
    url = (
        "/api/incidents?state=filed&state=filed&state=closed&matter=01&organisation=fire&source=hotline&level=city"
        "&stage=handle&drill=false&overdue=true&since=2026-11-01T00:00:00Z&until=2026-11-20T00:00:00Z&grid=10"
        "&reported_by=wang&before=2026-11-19T00:00:00Z&before_id=incident-flood"
    )
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.get(url)).status_code == 200
    (wanted,) = world.queries.wanted
    assert (wanted.states, wanted.matter, wanted.organisation) == ((State.FILED, State.CLOSED), "01", "fire")
    assert (wanted.source, wanted.level, wanted.stage) == (Source.HOTLINE, Tier.CITY, Stage.HANDLE)
    assert (wanted.drill, wanted.overdue, wanted.scope) == (False, True, TOWNSHIP)
    assert (wanted.since, wanted.until) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 11, 20, tzinfo=UTC),
    )
    assert (wanted.reported_by, wanted.before_id) == (WANG, FLOOD)
    assert (wanted.person, wanted.routed) == (None, None)


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "matter=x",
        "matter=123456789",
        "organisation=a.b",
        "level=moon",
        "before=yesterday",
        "most=501",
    ],
)
async def test_a_filter_that_cannot_be_is_refused(query: str) -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        assert (await client.get(f"/api/incidents?{query}")).status_code == 422
    assert not world.queries.wanted


async def test_a_grid_outside_the_scope_is_not_there() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR, FAR) as client:
        answer = await client.get("/api/incidents?grid=101")
    assert (answer.status_code, answer.json()["code"]) == (404, "grid.unknown")


async def test_a_department_is_listed_and_shown_what_is_routed_to_it_alone() -> None:
    world = World()
    world.logs[FLOOD].append(recorded(FLOOD, 5, PartnerJoined(organisation=OFFICE), seconds=20))
    world.queries.reports_by_hand = [report()]
    world.queries.notice_rows = [notice(CHEN)]
    async with world.signed_in(Role.DEPARTMENT, TOWNSHIP) as client:
        assert [one["id"] for one in (await client.get("/api/incidents")).json()["items"]] == [FLOOD]
        assert (await client.get(f"/api/incidents/{SMOKE}")).status_code == 404
        body = (await client.get(f"/api/incidents/{FLOOD}")).json()
    assert body["reports"][0]["caller"] is None
    assert body["notices"] == [], "messages to others are theirs"


async def test_an_account_of_a_department_without_an_organisation_sees_nothing_and_is_told_why() -> None:
    world = World()
    account = replace(world.account(Role.DEPARTMENT), organisation=None)
    world.town.accounts[account.name] = account
    async with world.client(world.session(account)) as client:
        answer = await client.get("/api/incidents")
        assert (answer.status_code, answer.json()["code"]) == (403, "account.organisation")
        assert (await client.get(f"/api/incidents/{SMOKE}")).status_code == 404


async def test_the_detail_says_what_it_owes_and_what_the_reader_may_do() -> None:
    world = World()
    world.alerts.waiting = (Waiting("desk", What.GRADE, START),)
    world.alerts.reports_due = (ReportDue(UpStage.INITIAL, START, START),)
    async with world.signed_in(Role.OPERATOR) as client:
        body = (await client.get(f"/api/incidents/{SMOKE}")).json()
    assert body["waits_on"] == [
        {"who": "desk", "what": "grade", "since": "2026-11-22T14:00:00Z", "due": None}
    ]
    assert body["reports_due"][0]["stage"] == "initial"
    assert {"file", "close", "transfer", "confirm_grade"} <= set(body["moves"])
    assert (body["work"], body["plan"], body["route"], body["satisfaction"]) == (None, None, [], None)
    async with world.signed_in(Role.ADMINISTRATOR) as client:
        assert (await client.get(f"/api/incidents/{SMOKE}")).json()["moves"] == []
