"""Every route for every role and scope: the table says who may, the code must agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from tests.support.api import (
    ALARM,
    CHEN,
    FAR,
    FLOOD,
    MILL,
    SMOKE,
    TOWNSHIP,
    WANG,
    WEIR,
    World,
    live,
)
from tocsin.api.access import within
from tocsin.api.app import PUBLIC, routes
from tocsin.town.ports import Role

ACT = "act-00000001"
SHA = "a" * 64
INCIDENT = f"/api/incidents/{SMOKE}"
SUBSCRIPTION: dict[str, object] = {
    "endpoint": "https://push.example/send/1",
    "keys": {"p256dh": "B" * 87, "auth": "A" * 22},
}
EVERYBODY, FIELD = (
    "operator responder department supervisor engineer administrator",
    "operator supervisor engineer administrator",
)
FIELD_KEEPER = "operator engineer administrator"
DESK, KEEPER = "operator supervisor administrator", "operator administrator"
SEES_INCIDENTS = "operator responder department supervisor administrator"
HANDLER, OVERSEER = "operator department", "operator supervisor"
TUNER = "engineer administrator"
SCORED = "operator responder supervisor administrator"
FOR_OFFICE: dict[str, object] = {"act": ACT, "organisation": "office", "note": "they telephoned"}
CLERKS = "operator department supervisor administrator"
FOLLOWERS = "operator supervisor administrator responder"
LEADERS = "operator supervisor administrator"
EXERCISE: dict[str, object] = {
    "act": ACT,
    "title": "夜间火情",
    "kind": "fire",
    "grade": "II",
    "grid": "101",
    "participants": [WANG],
}
SWEEP: dict[str, object] = {"act": ACT, "grid": "10", "kind": "hazard", "title": "查违规电线"}
ORGANISATION: dict[str, object] = {
    "name": "消防队",
    "kind": "team",
    "tier": "township",
    "grid": "10",
    "handles": True,
}

ROSTER: dict[str, object] = {
    "grid": "101",
    "name": "Nights",
    "groups": [{"name": "a", "people": [WANG]}],
    "slots": [{"begins": "20:00", "ends": "08:00", "order": ["a"]}],
}

TABLE: dict[str, tuple[str, str, dict[str, object] | None, str]] = {
    "getSession": ("GET", "/api/session", None, EVERYBODY),
    "signOut": ("DELETE", "/api/session", None, EVERYBODY),
    "listIncidents": ("GET", "/api/incidents", None, SEES_INCIDENTS),
    "getIncident": ("GET", INCIDENT, None, SEES_INCIDENTS),
    "getCounts": ("GET", "/api/counts", None, DESK),
    "confirmIncident": ("POST", f"{INCIDENT}/confirm", {"act": ACT}, "operator"),
    "rejectIncident": ("POST", f"{INCIDENT}/reject", {"act": ACT, "reason": "test"}, "operator"),
    "changeGrade": ("POST", f"{INCIDENT}/grade", {"act": ACT, "grade": "II"}, "operator"),
    "activateTier": ("POST", f"{INCIDENT}/activate", {"act": ACT, "tier": "city"}, "operator"),
    "closeIncident": ("POST", f"{INCIDENT}/close", {"act": ACT, "reason": "handled"}, "operator"),
    "mergeIncident": ("POST", f"{INCIDENT}/merge", {"act": ACT, "into": FLOOD}, "operator"),
    "addNote": ("POST", f"{INCIDENT}/note", {"act": ACT, "text": "seen"}, HANDLER),
    "arriveAtScene": ("POST", f"{INCIDENT}/arrive", {"act": ACT}, "operator responder"),
    "receiveReport": ("POST", f"{INCIDENT}/receive", {"act": ACT}, "operator"),
    "fileCase": ("POST", f"{INCIDENT}/file", {"act": ACT, "matter": "0101"}, "operator"),
    "dispatchCase": ("POST", f"{INCIDENT}/dispatch", {"act": ACT}, "operator"),
    "takeOnCase": ("POST", f"{INCIDENT}/take-on", FOR_OFFICE, HANDLER),
    "beginWork": ("POST", f"{INCIDENT}/begin-work", FOR_OFFICE, HANDLER),
    "finishWork": ("POST", f"{INCIDENT}/finish-work", FOR_OFFICE, HANDLER),
    "returnCase": ("POST", f"{INCIDENT}/return", FOR_OFFICE | {"reason": "not_ours"}, HANDLER),
    "joinCase": ("POST", f"{INCIDENT}/join", {"act": ACT, "organisation": "office"}, HANDLER),
    "handUpCase": ("POST", f"{INCIDENT}/hand-up", {"act": ACT, "reason": "beyond_means"}, HANDLER),
    "askExtension": (
        "POST",
        f"{INCIDENT}/ask-extension",
        FOR_OFFICE | {"until": "2026-11-24T00:00:00Z", "reason": "weather"},
        HANDLER,
    ),
    "answerExtension": ("POST", f"{INCIDENT}/answer-extension", {"act": ACT, "granted": True}, OVERSEER),
    "urgeCase": ("POST", f"{INCIDENT}/urge", {"act": ACT}, OVERSEER),
    "superviseCase": ("POST", f"{INCIDENT}/supervise", {"act": ACT, "reason": "important"}, OVERSEER),
    "checkCase": ("POST", f"{INCIDENT}/check", {"act": ACT, "passed": True}, "operator"),
    "reopenCase": ("POST", f"{INCIDENT}/reopen", {"act": ACT, "reason": "mistake"}, OVERSEER),
    "transferIncident": (
        "POST",
        f"{INCIDENT}/transfer",
        {"act": ACT, "service": "119", "reason": "their_task"},
        "operator",
    ),
    "callBack": ("POST", f"{INCIDENT}/call-back", {"act": ACT, "reached": False}, "operator"),
    "evaluateCase": ("POST", f"{INCIDENT}/evaluate", {"act": ACT}, "operator"),
    "reportUp": (
        "POST",
        f"{INCIDENT}/report-up",
        {"act": ACT, "stage": "initial", "words": "fire"},
        "operator",
    ),
    "confirmGrade": ("POST", f"{INCIDENT}/confirm-grade", {"act": ACT, "grade": "II"}, OVERSEER),
    "tickStep": ("POST", f"{INCIDENT}/tick", {"act": ACT, "step": "call-119"}, "operator responder"),
    "seeCall": ("POST", f"{INCIDENT}/see", {"act": ACT}, "responder"),
    "acceptCall": ("POST", f"{INCIDENT}/accept", {"act": ACT}, "responder"),
    "refuseCall": ("POST", f"{INCIDENT}/refuse", {"act": ACT, "reason": "ill"}, "responder"),
    "askHelp": ("POST", f"{INCIDENT}/help", {"act": ACT}, "responder"),
    "reportDone": ("POST", f"{INCIDENT}/done", {"act": ACT}, "responder"),
    "sayReal": ("POST", f"{INCIDENT}/real", {"act": ACT}, "responder"),
    "sayNothingHere": ("POST", f"{INCIDENT}/nothing-here", {"act": ACT}, "responder"),
    "listAlarms": ("GET", "/api/alarms", None, FIELD),
    "acknowledgeAlarm": ("POST", f"/api/alarms/{ALARM}/acknowledge", None, "operator"),
    "listCollectors": ("GET", "/api/collectors", None, FIELD),
    "listDevices": ("GET", "/api/devices", None, FIELD),
    "listLatest": ("GET", "/api/readings/latest", None, FIELD),
    "getReadings": ("GET", "/api/readings?stream=weir/gauge-1/level", None, FIELD),
    "listPictures": ("GET", "/api/pictures?camera=weir/camera-1", None, FIELD),
    "getPicture": ("GET", f"/api/pictures/{SHA}", None, EVERYBODY),
    "listGrids": ("GET", "/api/grids", None, EVERYBODY),
    "listPeople": ("GET", "/api/people", None, DESK),
    "getPerson": ("GET", f"/api/people/{WANG}", None, DESK),
    "importPeople": ("POST", "/api/people/import", None, "administrator"),
    "exportPeople": ("GET", "/api/people/export.csv", None, DESK),
    "createPerson": ("POST", "/api/people", {"name": "Li", "grid": "101"}, "administrator"),
    "changePerson": ("PUT", f"/api/people/{WANG}", {"name": "Wang", "grid": "101"}, "administrator"),
    "readContacts": ("POST", f"/api/people/{WANG}/contacts", {"reason": "drill"}, "administrator"),
    "listReadings": ("GET", f"/api/people/{WANG}/readings", None, "administrator"),
    "listAppointments": ("GET", "/api/appointments", None, DESK),
    "appoint": (
        "POST",
        "/api/appointments",
        {"person": WANG, "grid": "102", "role": "cadre"},
        "administrator",
    ),
    "endAppointment": ("DELETE", "/api/appointments/main.wang", None, "administrator"),
    "listDuty": ("GET", "/api/duty", None, DESK),
    "addShift": (
        "POST",
        "/api/duty",
        {"person": WANG, "grid": "101", "since": "2026-11-22T16:00:00Z"},
        "operator administrator",
    ),
    "endShift": (
        "DELETE",
        "/api/duty?person=wang&grid=101&since=2026-11-22T16:00:00Z",
        None,
        "operator administrator",
    ),
    "getCoverage": ("GET", "/api/coverage", None, DESK),
    "listRosters": ("GET", "/api/rosters", None, DESK),
    "saveRoster": ("POST", "/api/rosters", ROSTER, "administrator"),
    "changeRoster": (
        "POST",
        "/api/rosters/nights/changes",
        {
            "act": ACT,
            "kind": "absence",
            "person": WANG,
            "since": "2026-11-22T16:00:00Z",
            "until": "2026-11-23T16:00:00Z",
        },
        "operator administrator",
    ),
    "endRoster": ("DELETE", "/api/rosters/nights", None, "administrator"),
    "createReport": (
        "POST",
        "/api/reports",
        {"act": ACT, "kind": "fire", "words": "smoke", "grid": "101"},
        "operator responder department supervisor",
    ),
    "listChannels": ("GET", "/api/channels", None, FIELD),
    "testChannels": ("POST", f"/api/people/{WANG}/channel-test", {}, KEEPER),
    "listChannelTests": ("GET", "/api/channel-tests", None, DESK),
    "pushKey": ("GET", "/api/push/key", None, EVERYBODY),
    "subscribePush": ("POST", "/api/push", SUBSCRIPTION, EVERYBODY),
    "unsubscribePush": ("DELETE", "/api/push", {"endpoint": "https://push.example/send/1"}, EVERYBODY),
    "listQuarantine": ("GET", "/api/quarantine", None, FIELD),
    "shelveAlarm": ("POST", f"/api/alarms/{ALARM}/shelve", {"reason": "pump test", "minutes": 5}, "operator"),
    "unshelveAlarm": ("POST", f"/api/alarms/{ALARM}/unshelve", None, "operator"),
    "alarmJournal": ("GET", f"/api/alarms/{ALARM}/journal", None, FIELD),
    "alarmLoad": ("GET", "/api/alarm-load", None, DESK),
    "listMaintenance": ("GET", "/api/maintenance", None, FIELD),
    "addMaintenance": (
        "POST",
        "/api/maintenance",
        {
            "device": "weir/camera-1",
            "since": "2026-07-14T04:00:00Z",
            "until": "2026-07-14T05:00:00Z",
            "reason": "new pole",
        },
        "operator",
    ),
    "endMaintenance": ("POST", "/api/maintenance/window-1/end", None, "operator"),
    "listFalseSpots": ("GET", "/api/false-spots", None, FIELD),
    "addFalseSpot": ("POST", "/api/false-spots", {"alarm": ALARM, "reason": "a chimney"}, "operator"),
    "endFalseSpot": ("POST", "/api/false-spots/spot-1/end", None, "operator"),
    "listPolicies": ("GET", "/api/policies", None, DESK),
    "getPolicy": ("GET", "/api/policies/default@0123456789ab", None, DESK),
    "simulatePolicy": ("POST", "/api/policies/simulate", {"text": "name: x"}, KEEPER),
    "listReadiness": ("GET", "/api/readiness", None, DESK),
    "setReadiness": (
        "POST",
        "/api/readiness",
        {"grid": "101", "readiness": "alert", "reason": "flood warning"},
        KEEPER,
    ),
    "photoChallenge": ("POST", f"{INCIDENT}/photo-challenge", {}, "responder"),
    "arriveByPhoto": ("POST", f"{INCIDENT}/arrive-photo", {}, "responder"),
    "listProofs": ("GET", f"{INCIDENT}/proofs", None, DESK),
    "refuteArrival": (
        "POST",
        f"{INCIDENT}/refute",
        {"act": ACT, "tier": "village", "reason": "mistake"},
        "operator",
    ),
    "listTags": ("GET", "/api/tags", None, FIELD),
    "addTag": ("POST", "/api/tags", {"grid": "101", "name": "east gate"}, FIELD_KEEPER),
    "revokeTag": ("POST", "/api/tags/tag-1/revoke", None, FIELD_KEEPER),
    "addPhone": ("POST", "/api/phones", {"public_key": "A" * 120, "name": "phone"}, "responder"),
    "endPhone": ("DELETE", "/api/phones/phone-1", None, "responder administrator"),
    "watchStatus": ("GET", "/api/watch", None, FIELD),
    "getFigures": ("GET", "/api/figures", None, CLERKS),
    "listFigureDefinitions": ("GET", "/api/figures/definitions", None, CLERKS),
    "exportFigures": ("GET", "/api/figures/export.csv", None, CLERKS),
    "listFigureRows": ("GET", "/api/figures/on_scene_village/rows", None, CLERKS),
    "listOpenItems": ("GET", "/api/open-items", None, CLERKS),
    "getQuality": ("GET", "/api/quality", None, FIELD),
    "listJudged": ("GET", "/api/quality/incidents", None, FIELD),
    "listDrills": ("GET", "/api/quality/drills", None, FIELD),
    "addDrill": (
        "POST",
        "/api/quality/drills",
        {
            "act": ACT,
            "device": "weir/camera-1",
            "kind": "smoke",
            "since": "2026-11-22T15:00:00Z",
            "until": "2026-11-22T16:00:00Z",
            "reason": "smoke cartridge",
        },
        FIELD_KEEPER,
    ),
    "withdrawDrill": ("POST", "/api/quality/drills/drill-0001/withdraw", None, FIELD_KEEPER),
    "checkDetectors": ("POST", "/api/replays/check", {"text": "detectors: []"}, TUNER),
    "listReplays": ("GET", "/api/replays", None, TUNER),
    "importGrids": ("POST", "/api/grids/import", None, "administrator"),
    "checkGrids": ("POST", "/api/grids/check", None, "administrator"),
    "exportGrids": ("GET", "/api/grids/export.csv", None, "operator supervisor administrator"),
    "getGrid": ("GET", "/api/grids/101", None, EVERYBODY),
    "changeGrid": ("PATCH", "/api/grids/101", {"name": "weir", "reason": "new sign"}, "administrator"),
    "listGridLevels": ("GET", "/api/grid-levels", None, EVERYBODY),
    "setGridLevels": ("PUT", "/api/grid-levels", {"root": "1", "items": []}, "administrator"),
    "locate": ("GET", "/api/locate?latitude=30.2&longitude=120.0", None, EVERYBODY),
    "listKeyPlaces": ("GET", "/api/key-places", None, "operator supervisor engineer administrator"),
    "addKeyPlace": (
        "POST",
        "/api/key-places",
        {
            "act": ACT,
            "kind": "water",
            "name": "pond",
            "grid": "101",
            "place": {"latitude": 30, "longitude": 120},
        },
        "operator administrator",
    ),
    "endKeyPlace": ("DELETE", "/api/key-places/place-1", None, "operator administrator"),
    "listJobs": ("GET", "/api/jobs", None, "operator supervisor administrator"),
    "getJob": ("GET", "/api/jobs/job-1", None, "operator supervisor administrator"),
    "cancelJob": ("POST", "/api/jobs/job-1/cancel", None, "operator supervisor administrator"),
    "getJobResult": ("GET", "/api/jobs/job-1/result", None, "operator supervisor administrator"),
    "startReplay": (
        "POST",
        "/api/replays",
        {"text": "detectors: []", "since": "2026-11-21T00:00:00Z", "until": "2026-11-22T00:00:00Z"},
        TUNER,
    ),
    "getReplay": ("GET", "/api/replays/run-1", None, TUNER),
    "cancelReplay": ("POST", "/api/replays/run-1/cancel", None, TUNER),
    "listOrganisations": ("GET", "/api/organisations", None, CLERKS),
    "addOrganisation": ("POST", "/api/organisations", {"code": "fire", **ORGANISATION}, "administrator"),
    "saveOrganisation": ("PUT", "/api/organisations/fire", ORGANISATION, "administrator"),
    "previewRoute": ("GET", "/api/route?matter=0401&grid=101", None, CLERKS),
    "listMatters": ("GET", "/api/matters", None, EVERYBODY),
    "saveMatter": ("PUT", "/api/matters/0401", {"name": "火情"}, "administrator"),
    "getWorkingTime": ("GET", "/api/working-time", None, EVERYBODY),
    "saveWorkingTime": ("PUT", "/api/working-time", {"hours": [[480, 720]]}, "administrator"),
    "listProfiles": ("GET", "/api/profiles", None, EVERYBODY),
    "chooseProfile": ("PUT", "/api/profiles/current", {"profile": "patrol"}, "administrator"),
    "importMatters": ("POST", "/api/matters/import", None, "administrator"),
    "importOrganisations": ("POST", "/api/organisations/import", None, "administrator"),
    "exportMatters": ("GET", "/api/matters/export.csv", None, LEADERS),
    "exportOrganisations": ("GET", "/api/organisations/export.csv", None, LEADERS),
    "listSweeps": ("GET", "/api/sweeps", None, FOLLOWERS),
    "startSweep": ("POST", "/api/sweeps", SWEEP, "operator supervisor"),
    "getSweep": ("GET", "/api/sweeps/sweep-1", None, FOLLOWERS),
    "answerSweep": (
        "POST",
        "/api/sweeps/sweep-1/answer",
        {"act": ACT, "grid": "101", "answer": "clear"},
        "operator responder",
    ),
    "endSweep": ("POST", "/api/sweeps/sweep-1/end", None, "operator supervisor"),
    "listScores": ("GET", "/api/scores?month=2026-11&grid=101", None, SCORED),
    "getScoreRows": ("GET", f"/api/scores/{WANG}/rows?month=2026-11", None, SCORED),
    "publishScores": (
        "POST",
        "/api/scores/publish",
        {"act": ACT, "grid": "101", "month": "2026-10"},
        "administrator",
    ),
    "getScoreWeights": ("GET", "/api/score-weights?grid=101", None, "administrator"),
    "setScoreWeights": (
        "PUT",
        "/api/score-weights",
        {
            "act": ACT,
            "grid": "101",
            "items": [
                {"indicator": one, "points": 20, "full": 10}
                for one in ("sign_in", "upkeep", "report", "patrol", "handling")
            ],
        },
        "administrator",
    ),
    "listContests": ("GET", "/api/contests", None, DESK),
    "fixContest": (
        "POST",
        "/api/contests",
        {"act": ACT, "grid": "101", "quarter": "2026-Q3"},
        "administrator",
    ),
    "checkIn": ("POST", "/api/patrols", {"act": ACT, "tag": "t" * 32}, "responder"),
    "listPoints": ("GET", "/api/points", None, SCORED),
    "givePoints": (
        "POST",
        "/api/points",
        {"act": ACT, "holder": WANG, "category": "volunteering", "points": 5, "reason": "dyke"},
        DESK,
    ),
    "redeemPoints": (
        "POST",
        "/api/points/redeem",
        {"act": ACT, "holder": WANG, "points": 5, "reason": "soap"},
        KEEPER,
    ),
    "getBalance": ("GET", "/api/points/balance", None, SCORED),
    "approvePoints": ("POST", "/api/points/entry-1/approve", {"act": ACT}, "supervisor administrator"),
    "listExercises": ("GET", "/api/exercises", None, LEADERS),
    "prepareExercise": ("POST", "/api/exercises", EXERCISE, "operator supervisor"),
    "getExercise": ("GET", "/api/exercises/drill-1", None, LEADERS),
    "startExercise": ("POST", "/api/exercises/drill-1/start", None, "operator supervisor"),
    "cancelExercise": ("POST", "/api/exercises/drill-1/cancel", None, "operator supervisor"),
    "live": ("GET", "/api/live", None, SEES_INCIDENTS),
}
"""Operation → method, address, body, roles that may."""

OF_ONE_INCIDENT = [name for name, row in TABLE.items() if row[1].startswith(INCIDENT)]


async def ask(client: httpx.AsyncClient, operation: str) -> httpx.Response:
    method, url, body, _ = TABLE[operation]
    if operation == "arriveByPhoto":
        form = {"act": ACT, "challenge": "challenge-1"}
        return await client.post(
            url, data=form, files={"photo": ("photo.jpg", b"\xff\xd8\xff", "image/jpeg")}
        )
    return await client.request(method, url, json=body)


def test_the_table_names_every_operation() -> None:
    assert set(TABLE) | PUBLIC == {route.operation_id for route in routes()}


@pytest.mark.parametrize("operation", TABLE)
async def test_only_the_named_roles_pass(operation: str) -> None:
    allowed = set(TABLE[operation][3].split())
    for role in Role:
        world = World()
        if operation == "live" and role.value in allowed:
            async with live(world, world.session(world.account(role))) as stream:
                assert await stream.message() is not None
                assert stream.status == 200
            continue
        async with world.signed_in(role) as client:
            answer = await ask(client, operation)
        if role.value in allowed:
            assert answer.status_code not in {401, 403}, (role, answer.text)
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "role.forbidden"), role
            assert not world.alerts.asked


@pytest.mark.parametrize("operation", TABLE)
async def test_nobody_passes_without_a_session(operation: str) -> None:
    world = World()
    async with world.client({"Cookie": "tocsin_session=guessed-guessed-guessed"}) as client:
        answer = await ask(client, operation)
    assert (answer.status_code, answer.json()["code"]) == (401, "session.missing")


@pytest.mark.parametrize("operation", OF_ONE_INCIDENT)
async def test_an_incident_outside_the_scope_does_not_exist(operation: str) -> None:
    for role in TABLE[operation][3].split():
        world = World()
        person = CHEN if role == "responder" else None
        async with world.signed_in(Role(role), FAR, person) as client:
            answer = await ask(client, operation)
        assert (answer.status_code, answer.json()["code"]) == (404, "incident.unknown"), role
        assert not world.alerts.asked
        assert not world.alerts.notes


@pytest.mark.parametrize(
    "operation", [name for name, row in TABLE.items() if row[0] != "GET" and name != "signOut"]
)
async def test_an_unsafe_request_without_the_token_changes_nothing(operation: str) -> None:
    for role in TABLE[operation][3].split():
        world = World()
        headers = world.session(world.account(Role(role)))
        async with world.client(headers | {"X-CSRF-Token": "guessed"}) as client:
            answer = await ask(client, operation)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf.mismatch")
        assert not (world.alerts.asked)
        assert not (world.alerts.notes)
        assert not (world.alerts.reports)
        assert not (world.alerts.acknowledged)


@pytest.mark.parametrize(
    "operation", [name for name, row in TABLE.items() if row[0] == "GET" and name != "live"]
)
async def test_a_crawlers_get_changes_nothing(operation: str) -> None:
    for role in TABLE[operation][3].split():
        world = World()
        headers = world.session(world.account(Role(role)))
        sessions = dict(world.town.sessions)
        async with world.client(headers) as client:
            await ask(client, operation)
        assert not (world.alerts.asked)
        assert not (world.alerts.notes)
        assert not (world.alerts.reports)
        assert not (world.alerts.acknowledged)
        assert world.town.sessions == sessions


@pytest.mark.parametrize("operation", [name for name, row in TABLE.items() if row[0] == "POST"])
async def test_an_act_is_no_link(operation: str) -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER) as client:
        answer = await client.get(TABLE[operation][1])
    # A list and its addition share an address; `simulate` reads as the name of a policy, `check` as that of a replay,
    # `import` as that of a person.
    lists = {row[1] for row in TABLE.values() if row[0] == "GET"} | {
        "/api/people/import",
        "/api/policies/simulate",
        "/api/replays/check",
    }
    named = TABLE[operation][1] in {"/api/grids/import", "/api/grids/check"}  # read as the code of a grid
    assert answer.status_code in ({404} if named else {200, 403} if TABLE[operation][1] in lists else {405})
    assert not world.alerts.asked


async def test_a_responder_sees_a_call_outside_their_own_village() -> None:
    world = World()
    async with world.signed_in(Role.RESPONDER, MILL, WANG) as client:
        assert (await ask(client, "getIncident")).status_code == 200


async def test_an_expired_session_is_none() -> None:
    world = World()
    async with world.signed_in(Role.OPERATOR) as client:
        world.clock.advance(timedelta(hours=12))
        assert (await ask(client, "getSession")).status_code == 401


async def test_a_closed_account_is_out_at_once() -> None:
    world = World()
    account = world.account(Role.OPERATOR)
    async with world.client(world.session(account)) as client:
        world.town.accounts[account.name] = replace(account, active=False)
        assert (await ask(client, "getSession")).status_code == 401


@pytest.mark.parametrize(
    ("scope", "path", "inside"),
    [
        ("", WEIR, True),
        (TOWNSHIP, WEIR, True),
        (WEIR, WEIR, True),
        (WEIR, TOWNSHIP, False),
        ("1.1", TOWNSHIP, False),
    ],
)
def test_a_scope_is_a_subtree(scope: str, path: str, inside: bool) -> None:  # noqa: FBT001 a row of the table
    assert within(scope, path) is inside
