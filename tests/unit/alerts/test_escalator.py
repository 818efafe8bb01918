import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.support.site import NOON, Site, until
from tocsin.alerts import escalator as module
from tocsin.alerts.config import EscalatorConfig
from tocsin.alerts.escalator import Escalator, Fired, first
from tocsin.core.detections import Phase
from tocsin.core.errors import InvariantBroken, Transient
from tocsin.core.ids import IncidentId
from tocsin.core.incidents import SYSTEM, NoteAdded, Recorded


async def waiting(number: int = 1) -> Site:
    """Some smoke incidents that nobody has confirmed; after a minute each is due."""
    site = Site()
    await site.policies.keep(site.store)
    kinds = ("smoke", "flood", "gas", "intrusion", "crowding")[:number]
    for kind in kinds:
        intake = site.at("00:00")._intake("cam-1", kind, 0.5, 0.0, Phase.RAISE, raised=True)
        await site.take_in(intake)
    return site


def due(site: Site) -> list[float]:
    rows = site.store.tables.incidents.values()
    return sorted((at - NOON).total_seconds() for row in rows for at in row.deadlines.values())


async def test_nothing_is_fired_before_its_instant() -> None:
    site = await waiting()
    site.clock.advance(timedelta(seconds=60) - timedelta(microseconds=1))
    assert (await site.escalator.fire()).incidents == 0
    site.clock.advance(timedelta(microseconds=1))
    assert (await site.escalator.fire()).deadlines == 1
    assert (await site.escalator.fire()).incidents == 0
    assert site.events()[-4] == "confirmation_overdue"


async def test_lateness_is_told_from_the_instant_of_the_deadline() -> None:
    site, told = await waiting(2), list[Fired]()
    made = Escalator(site.store, site.service, EscalatorConfig(), site.clock, on_fired=told.append)
    site.clock.advance(timedelta(seconds=60.25))
    await made.fire()
    assert told[0].lateness_seconds == (0.25, 0.25)
    assert (told[0].incidents, told[0].failed) == (2, 0)


async def test_a_batch_holds_no_more_than_configured_and_the_rest_follows() -> None:
    site = await waiting(5)
    made = Escalator(site.store, site.service, EscalatorConfig(batch=2), site.clock)
    site.clock.advance(timedelta(seconds=60))
    assert [(await made.fire()).incidents for _ in range(4)] == [2, 2, 1, 0]


async def test_one_that_cannot_be_decided_is_pushed_back_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = await waiting(3)
    poison = site.incident(1).id
    change_of = module.change_of

    def decide(name: IncidentId, *arguments: object, **details: object) -> object:
        if name == poison:
            raise ZeroDivisionError("a bug")
        return change_of(name, *arguments, **details)

    monkeypatch.setattr(module, "change_of", decide)
    site.clock.advance(timedelta(seconds=60))
    with capture_logs() as lines:
        fired = await site.escalator.fire()
        assert (fired.incidents, fired.failed) == (3, 1)
        assert due(site) == [65.0, 180.0, 180.0]
        site.clock.advance(timedelta(seconds=5))
        assert (await site.escalator.fire()).failed == 1
        assert due(site)[0] == 75.0
    assert [line["incident"] for line in lines] == [poison, poison]
    assert "ZeroDivisionError: a bug" in lines[0]["reason"]
    monkeypatch.undo()
    site.clock.advance(timedelta(seconds=10))
    assert (await site.escalator.fire()).failed == 0
    assert due(site) == [180.0, 180.0, 180.0]


async def test_one_that_cannot_be_saved_is_found_and_pushed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    site = await waiting(3)
    poison = site.incident(2).id
    unit_class = type(await _a_unit(site))
    save = unit_class.save

    async def broken(self: object, changes: list) -> object:
        if any(change.incident.id == poison for change in changes):
            raise InvariantBroken("the database does not understand us")
        return await save(self, changes)

    monkeypatch.setattr(unit_class, "save", broken)
    site.clock.advance(timedelta(seconds=60))
    with capture_logs() as lines:
        assert (await site.escalator.fire()).failed == 1
        assert due(site) == [65.0, 180.0, 180.0]
        site.clock.advance(timedelta(seconds=5))
        assert (await site.escalator.fire()).failed == 1
    assert due(site)[0] == 75.0  # the pause grows
    assert [line["event"] for line in lines] == [
        "escalator.batch_failed",
        "deadline.undecidable",
        "deadline.undecidable",
    ]


async def test_a_batch_with_one_at_fault_costs_twice_a_sound_one_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = await waiting(5)
    poison, sizes = site.incident(4).id, list[int]()
    unit_class = type(await _a_unit(site))
    save = unit_class.save

    async def broken(self: object, changes: list) -> object:
        sizes.append(len(changes))
        if any(change.incident.id == poison for change in changes):
            raise InvariantBroken("the database does not understand us")
        return await save(self, changes)

    monkeypatch.setattr(unit_class, "save", broken)
    site.clock.advance(timedelta(seconds=60))
    with capture_logs():
        assert (await site.escalator.fire()).failed == 1
    assert due(site) == [65.0, 180.0, 180.0, 180.0, 180.0]
    assert sizes[0] == 5
    assert sum(sizes) <= 5 + 2 * 5 + 1


async def _a_unit(site: Site) -> object:
    async with site.store.unit() as unit:
        return unit


async def test_a_store_that_is_away_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    site = await waiting()
    site.clock.advance(timedelta(seconds=60))
    unit_class = type(await _a_unit(site))

    async def away(*_: object) -> None:
        raise Transient("gone")

    monkeypatch.setattr(unit_class, "save", away)
    with pytest.raises(Transient):
        await site.escalator.fire()
    assert due(site) == [60.0]
    monkeypatch.undo()
    assert (await site.escalator.fire()).deadlines == 1


async def test_a_stale_row_is_replaced_by_what_holds_now() -> None:
    site = await waiting()
    async with site.store.unit() as unit:
        await unit.push_back(site.incident().id, NOON)
    row = site.store.tables.incidents[site.incident().id]
    site.store.tables.incidents[site.incident().id] = type(row)(
        incident=row.incident,
        events=row.events,
        deadlines={"tier:village": NOON},
        acts=row.acts,
        last_alarm=NOON,
    )
    before = site.events()
    assert (await site.escalator.fire()).deadlines == 1
    assert site.events() == before
    assert due(site) == [60.0]


async def test_it_runs_until_told_to_stop_and_survives_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    site, stop = await waiting(5), asyncio.Event()
    made = Escalator(site.store, site.service, EscalatorConfig(batch=2), site.clock)
    monkeypatch.setattr(module, "BACK_OFF_SECONDS", (0.001, 0.001))
    fire, failures = made.fire, iter([OSError("gone")])

    async def flaky(*, on_full: Callable[[], None] | None = None) -> Fired:
        for failure in failures:
            raise failure
        return await fire(on_full=on_full)

    monkeypatch.setattr(made, "fire", flaky)
    site.clock.advance(timedelta(seconds=60))
    with capture_logs() as lines:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(made.run(stop))
            await until(lambda: due(site) == [180.0] * 5)
            stop.set()
            site.store.written.set()
    assert [(line["event"], line["reason"]) for line in lines] == [("escalator.failed", "gone")]


async def test_only_a_round_that_did_its_work_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    site, stop, said = await waiting(), asyncio.Event(), list[str]()
    made = Escalator(
        site.store, site.service, EscalatorConfig(), site.clock, alive=lambda: said.append("alive")
    )
    monkeypatch.setattr(module, "BACK_OFF_SECONDS", (0.001, 0.001))
    fire = made.fire

    async def flaky(*, on_full: Callable[[], None] | None = None) -> Fired:
        if said.count("failed") < 2:
            said.append("failed")
            raise Transient("gone")
        return await fire(on_full=on_full)

    monkeypatch.setattr(made, "fire", flaky)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(made.run(stop))
        await until(lambda: "alive" in said)
        stop.set()
        site.store.written.set()
    assert said[:3] == ["failed", "failed", "alive"]


async def test_a_full_claim_is_told_before_its_commit() -> None:
    site = await waiting(3)
    made = Escalator(site.store, site.service, EscalatorConfig(batch=2), site.clock)
    site.clock.advance(timedelta(seconds=60))
    told: list[list[float]] = []
    for _ in range(2):  # the second claim takes less than a batch holds
        await made.fire(on_full=lambda: told.append(due(site)))
    assert told == [[60.0]]  # claimed and not yet decided: the others get their next instant at the commit


def test_an_incident_that_does_not_begin_with_its_opening_is_a_bug() -> None:
    note = Recorded(
        incident=IncidentId("1"),
        version=1,
        event=NoteAdded(note="n"),
        actor=SYSTEM,
        occurred=NOON,
        recorded=NOON,
    )
    with pytest.raises(InvariantBroken, match="NoteAdded"):
        first([note])


async def test_what_came_due_since_an_empty_claim_is_taken_without_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site, waits = await waiting(), []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(site.store, "wait", wait)
    assert (await site.escalator.fire()).incidents == 0
    site.clock.advance(timedelta(seconds=60))
    await site.escalator._sleep(idle=True)
    assert waits == []
    await site.escalator._sleep(idle=True)  # the claim found nothing again: another escalator holds it
    assert waits == [module.OTHERS_AT_WORK_SECONDS]


async def test_a_deadline_that_is_due_again_at_once_is_pushed_back_and_not_spun_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = await waiting()
    change_of = module.change_of

    def stuck(*arguments: object, **details: object) -> object:
        made = change_of(*arguments, **details)
        return replace(made, deadlines={"confirm:1": NOON + timedelta(seconds=60)})

    monkeypatch.setattr(module, "change_of", stuck)
    site.clock.advance(timedelta(seconds=60))
    with capture_logs() as lines:
        assert (await site.escalator.fire()).failed == 1
    assert "due again right after it was decided" in lines[0]["reason"]
    assert due(site) == [65.0]
