"""Cases that many work on: two people at one moment, acts that come twice, who sees what, bodies that cannot be used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.api import World, live
from tests.support.database import Database
from tests.support.loops import Loops, loops
from tocsin.api.access import COOKIE


@pytest.fixture
async def town(database: Database, tmp_path: Path) -> AsyncIterator[Loops]:
    async with loops(database, tmp_path) as made:
        yield made


async def handled(town: Loops) -> None:
    """Bring a case to where the desk has to say something."""
    await town.reports("member", "垃圾", matter="0102")
    await town.says("desk", "file", matter="0102")
    await town.says("desk", "dispatch", lead="huanwei")
    await town.says("huanwei", "take-on")
    await town.says("huanwei", "finish-work")


async def both(town: Loops, path: str, first: dict[str, object], second: dict[str, object]) -> list[Any]:
    """Let two operators make a move at one moment; gives the answers, the one that won first."""
    url = f"/api/incidents/{town.incident}/{path}"
    answers = await asyncio.gather(
        town.clients["desk"].post(url, json={"act": "act-of-the-first", **first}),
        town.clients["desk2"].post(url, json={"act": "act-of-the-other", **second}),
    )
    return sorted(answers, key=lambda answer: answer.status_code)


@pytest.mark.parametrize(
    ("before", "path", "first", "second", "event"),
    [
        ("handled", "check", {"passed": True}, {"passed": False, "reason": "not_done"}, None),
        ("handled", "check", {"passed": True, "note": "好"}, {"passed": True, "note": "好"}, "checked"),
        ("checked", "close", {"reason": "handled"}, {"reason": "no_action"}, "closed"),
        ("closed", "reopen", {"reason": "mistake"}, {"reason": "recurred"}, "reopened"),
        ("evaluable", "evaluate", {"score": 80}, {"score": 20}, "evaluated"),
    ],
)
async def test_of_two_who_act_at_one_moment_one_wins_and_the_other_reads_who_and_when(  # noqa: PLR0917 a row of the table
    town: Loops,
    before: str,
    path: str,
    first: dict[str, object],
    second: dict[str, object],
    event: str | None,
) -> None:
    await handled(town)
    if before in {"checked", "closed", "evaluable"}:
        await town.says("desk", "check", passed=True)
    if before in {"closed", "evaluable"}:
        await town.says("desk", "close", reason="handled")
    won, lost = await both(town, path, first, second)
    assert (won.status_code, lost.status_code) == (200, 422), (won.text, lost.text)
    page = await town.page("desk")
    events = [line["event"]["event"] for line in page["log"]]
    if event is not None:
        assert events.count(event) == 1
    if "note" in first:
        assert len(page["notes"]) == 1, "what the other said is not kept beside a move that was not made"
    own = "first" if won.request.headers["x-csrf-token"].endswith("desk") else "other"
    winner = {"first": "desk", "other": "desk2"}[own]
    sentence = lost.json()["message"]
    assert winner in sentence, sentence
    assert "2026-05-11" in sentence, sentence


async def test_two_who_take_the_same_report_up_leave_it_taken_up_once(town: Loops) -> None:
    await town.reports("member", "垃圾", matter="0102")
    answers = await both(town, "receive", {}, {})
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await town.events()).count("received") == 1


async def test_of_two_who_give_it_to_different_organisations_from_the_same_page_one_wins(town: Loops) -> None:
    await town.reports("member", "垃圾", matter="0102")
    await town.says("desk", "file", matter="0102")
    seen = (await town.page("desk"))["incident"]["version"]
    won, lost = await both(
        town, "dispatch", {"lead": "huanwei", "seen": seen}, {"lead": "zongzhi", "seen": seen}
    )
    assert (won.status_code, lost.status_code) == (200, 422)
    assert lost.json()["code"] == "incident.moved_on"
    assert "was faster: dispatched at 2026-05-11 01:00:00 UTC" in lost.json()["message"]
    page = await town.page("desk")
    given = [line["event"]["lead"] for line in page["log"] if line["event"]["event"] == "dispatched"]
    assert given == [page["work"]["lead"]["code"]]
    await town.says("desk", "dispatch", lead="zongzhi", seen=page["incident"]["version"])
    assert (await town.page("desk"))["work"]["lead"]["code"] == "zongzhi", "who has looked may correct it"


async def test_an_act_that_comes_twice_is_answered_once_with_its_words(town: Loops) -> None:
    await handled(town)
    answers = [
        await town.says(
            "desk", "check", act="act-of-the-check", passed=False, reason="no_proof", note="无照片"
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    page = await town.page("desk")
    assert page["work"]["reworks"] == 1
    assert list(page["notes"].values()) == ["无照片"]
    at_once = await asyncio.gather(
        *(town.says("huanwei", "finish-work", act="act-of-the-work", note="补拍") for _ in range(4))
    )
    assert {one["version"] for one in at_once} == {at_once[0]["version"]}
    assert sorted((await town.page("desk"))["notes"].values()) == ["无照片", "补拍"]


async def test_a_handed_up_case_answers_a_repeated_act_of_its_former_lead(town: Loops) -> None:
    await town.reports("member", "垃圾", matter="0102")
    await town.says("desk", "file", matter="0102")
    await town.says("desk", "dispatch", lead="zongzhi")
    await town.says("zongzhi", "take-on")
    body = {"act": "act-of-handing-up", "reason": "beyond_means"}
    await town.says("zongzhi", "hand-up", **body)
    await town.says("zongzhi", "hand-up", **body)
    assert (await town.events()).count("handed_up") == 1
    refused = await town.says("zongzhi", "hand-up", reason="beyond_means", expect=422)
    assert refused["code"] == "case.not_lead"


async def test_a_department_sees_nothing_that_is_not_its_own(town: Loops) -> None:
    await town.reports("member", "纠纷", matter="0102")
    cookies = {"Cookie": f"{COOKIE}=token-of-sifa-with-padding"}
    world = cast("World", SimpleNamespace(app=town.app))
    async with live(world, cookies) as stream:
        await town.says("desk", "file", matter="0102")
        assert await town.listed("sifa") == []
        await town.page("sifa", expect=404)
        for path, body in (
            ("take-on", {}),
            ("finish-work", {}),
            ("return", {"reason": "not_ours"}),
            ("join", {"organisation": "sifa"}),
            ("hand-up", {"reason": "grade"}),
            ("note", {"text": "hm"}),
        ):
            answer = await town.says("sifa", path, expect=404, **body)
            assert answer["code"] == "incident.unknown"
        await town.says("desk", "dispatch", lead="huanwei", partners=["sifa"])
        told = await stream.incident()
        assert told.data["event"]["event"] == "dispatched", "what came before is not shown"
    assert await town.listed("sifa") == [town.incident]
    page = await town.page("sifa")
    assert page["moves"] == ["begin_work", "finish_work"] or page["moves"] == ["finish_work"]
    assert all(report["caller"] is None for report in page["reports"])
    assert await town.listed("sifa", f"?grid={page['incident']['grid']}") == [town.incident]
    assert await town.listed("sifa", "?organisation=sifa") == [], "it helps, it does not lead"


async def test_a_township_sees_nothing_of_its_neighbour(town: Loops) -> None:
    await town.reports("member", "垃圾", matter="0102")
    assert await town.listed("neighbour") == []
    await town.page("neighbour", expect=404)
    answer = await town.says("neighbour", "file", matter="0102", expect=404)
    assert answer["code"] == "incident.unknown"
    village = (await town.page("desk"))["incident"]["grid"]
    answer = await town.clients["neighbour"].get(f"/api/incidents?grid={village}")
    assert (answer.status_code, answer.json()["code"]) == (404, "grid.unknown")


async def test_who_reports_sees_what_becomes_of_it_and_nothing_else(town: Loops) -> None:
    mine = await town.reports("member", "垃圾", matter="0102")
    await town.reports("desk", "别处渣土", matter="0103")
    assert await town.listed("member") == [mine]
    town.incident = mine
    assert (await town.page("member"))["moves"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("file", {"matter": "01"}),
        ("file", {"matter": "9999"}),
        ("file", {"matter": "0102", "grade": "V"}),
        ("file", {"matter": "0102", "note": "x" * 2001}),
        ("file", {"matter": "0102", "note": " "}),
        ("file", {"matter": "0102", "note": "\x00"}),
        ("file", {"matter": "0102", "more": 1}),
        ("dispatch", {"lead": "nobody"}),
        ("dispatch", {"lead": "a b"}),
        ("dispatch", {"lead": "huanwei", "partners": ["zhifa"] * 13}),
        ("take-on", {"organisation": "huanwei"}),
        ("finish-work", {"note": "done"}),
        ("return", {"reason": "tired", "organisation": "huanwei", "note": "tel"}),
        ("join", {"organisation": "nobody"}),
        ("hand-up", {"reason": "because"}),
        ("ask-extension", {"until": "tomorrow", "reason": "weather"}),
        (
            "ask-extension",
            {"until": "2031-01-01T00:00:00Z", "reason": "weather", "organisation": "huanwei", "note": "t"},
        ),
        ("ask-extension", {"until": "2026-05-12T00:00:00", "reason": "weather"}),
        ("answer-extension", {"granted": "perhaps"}),
        ("answer-extension", {"granted": False, "reason": "weather"}),
        ("supervise", {"reason": "curious"}),
        ("check", {"passed": False}),
        ("check", {"passed": True, "reason": "not_done"}),
        ("reopen", {"reason": "mistake"}),
        ("transfer", {"service": "911", "reason": "their_task"}),
        ("call-back", {"reached": True, "satisfaction": 6}),
        ("call-back", {"reached": False, "satisfaction": 3}),
        ("evaluate", {"score": 101}),
        ("report-up", {"stage": "initial", "words": ""}),
        ("report-up", {"stage": "sometime", "words": "fire"}),
        ("confirm-grade", {"grade": 1}),
        ("tick", {"step": "../../etc"}),
        ("receive", {"act": "x"}),
    ],
)
async def test_a_body_that_cannot_be_used_changes_nothing_and_says_what_to_write(
    town: Loops, path: str, body: dict[str, object]
) -> None:
    await town.reports("member", "垃圾", matter="0102")
    await town.says("desk", "file", matter="0102")
    before = await town.events()
    answer = await town.clients["desk"].post(
        f"/api/incidents/{town.incident}/{path}", json={"act": "act-of-nobody-else", **body}
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["message"]
    page = await town.page("desk")
    assert [line["event"]["event"] for line in page["log"]] == before
    assert page["notes"] == {}
