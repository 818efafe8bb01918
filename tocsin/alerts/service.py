"""Commands of people and machines to incidents: load, decide, commit.

The only shell around the response core besides the escalator.  Every command is one transaction; a
conflict or a passing fault is decided again, a few times.  An act of a person carries an id made where
the act was made: the same id gets the first answer again and changes nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

import structlog
from msgspec import structs

from tocsin.alerts import metrics
from tocsin.alerts.alarm import acknowledge
from tocsin.alerts.alarm_model import Turn, line_of
from tocsin.alerts.change import change_of, unsaid
from tocsin.alerts.commands import AddNote, Command, RefuteArrival, ReportUp, SettleNotice
from tocsin.alerts.exercising import Drill, begin_drill, incident_of
from tocsin.alerts.incident import fold, preview
from tocsin.alerts.intake import take_in
from tocsin.alerts.model import Incident
from tocsin.alerts.outlook import Outlook, look
from tocsin.alerts.overtaken import with_who
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import Alarm, AlertsStore, AlertsUnit, Intake, Report
from tocsin.alerts.preview import Upcoming
from tocsin.alerts.proof_ports import Challenge
from tocsin.alerts.proving import NOTHING, Shown, challenge_for, keep, prove
from tocsin.alerts.reporting import BY_DESK, Said, find_target
from tocsin.core.errors import Conflict, NotFound, Rejected, Transient
from tocsin.core.grids import Tier
from tocsin.core.ids import AlarmId, GridCode, IncidentId, PersonId, derived_id, new_id
from tocsin.core.incidents import SYSTEM, Actor, Grade, Readiness, Recorded

log = structlog.get_logger()

__all__ = ["AlertService", "PolicyBook"]

TRIES: Final = 5
RETRY_SECONDS: Final = 0.05
WORDS_CHARACTERS_MAX: Final = 4000
CALLER_CHARACTERS_MAX: Final = 64
ACT_CHARACTERS_MAX: Final = 128
REASON_CHARACTERS_MAX: Final = 500

T = TypeVar("T")
First = Callable[[AlertsUnit], Awaitable[None]]
"""What is written in the same transaction before a decision: words, a position."""
Demand = Callable[[Incident, Sequence[Recorded]], None]
"""What must hold of the state and the log that a command is decided on; raises `Rejected` otherwise."""


class AlertService:
    """Answer commands; safe to call from any number of tasks and processes."""

    def __init__(self, store: AlertsStore, policies: PolicyBook) -> None:
        self._store = store
        self.policies = policies

    async def intake(self, unit: AlertsUnit, intakes: Sequence[Intake]) -> None:
        """Take detections in, inside the transaction of an ingest flush; the caller commits.

        Raises `Conflict` when the database's net under correlation held: the flush is done again.
        """
        await take_in(unit, self.policies, intakes)

    async def command(
        self,
        incident: IncidentId,
        command: Command,
        actor: Actor,
        *,
        act: str | None = None,
        occurred: datetime | None = None,
        shown: Shown = NOTHING,
        words: str | None = None,
        demand: Demand | None = None,
    ) -> Incident:
        """Decide and commit one command; gives the incident after it.

        `occurred` is when it is claimed to have happened; the future counts as now.  `shown` and `demand` are
        checked in the same transaction, and `words` are kept in it, in an erasable row that the log refers to.
        Raises `NotFound` (`incident.unknown`), `Rejected` with the rules' reason (`note.empty`, `note.too_long`
        for words), and `Conflict` or `Transient` after the last try.
        """
        if words is None:
            return await self._command(
                incident, command, actor, act=act, occurred=occurred, shown=shown, demand=demand
            )
        person = PersonId(actor.id) if actor.kind == "person" else None
        name, kept = await self._words(incident, person, words, act)
        note: Command | None = AddNote(note=name)
        if isinstance(command, ReportUp):
            command, note = structs.replace(command, note=name), None
        return await self._command(
            incident,
            command,
            actor,
            act=act,
            occurred=occurred,
            shown=shown,
            first=kept,
            then=note,
            demand=demand,
        )

    async def refute(
        self, incident: IncidentId, tier: Tier, reason_code: str, actor: Actor, *, act: str
    ) -> Incident:
        """Take back what the proofs of a tier's arrival had stopped; raises as `command`."""

        async def mark(unit: AlertsUnit) -> None:
            await unit.refute_proofs(incident, tier)

        command = RefuteArrival(tier=tier, reason_code=reason_code)
        return await self._command(incident, command, actor, act=act, first=mark)

    async def photo_challenge(self, incident: IncidentId, person: PersonId) -> Challenge:
        """Give the code that a person's photo must show; raises as `proving.challenge_for`."""

        async def once() -> Challenge:
            async with self._store.unit() as unit:
                state = fold(await _log(unit, incident))
                policy = await self.policies.version(unit, state.policy)
                directory = await unit.directory(state.grid)
                fresh = new_id(), f"{secrets.randbelow(10_000):04}"
                return await challenge_for(unit, state, policy, directory, person=person, fresh=fresh)

        return await self.again(once)

    async def note(
        self, incident: IncidentId, person: PersonId | None, text: str, *, act: str | None = None
    ) -> Incident:
        """Write words down about an incident; raises `Rejected` (`note.empty`, `note.too_long`)."""
        name, kept = await self._words(incident, person, text, act)
        actor = Actor("person", person) if person is not None else SYSTEM
        return await self._command(incident, AddNote(note=name), actor, act=act, first=kept)

    async def _words(
        self, incident: IncidentId, person: PersonId | None, text: str, act: str | None
    ) -> tuple[str, First]:
        """Name the row that keeps words, and say how it is written; raises `Rejected` (`note.…`)."""
        words = _words(text, "note")
        if act is None:
            async with self._store.unit() as unit:
                act = unit.now.isoformat()
        name = derived_id("note", incident, person or "", act, words)

        async def keep(unit: AlertsUnit) -> None:
            await unit.store_note(name, incident, person, words)

        return name, keep

    async def report(
        self,
        report: Report,
        *,
        severity: float,
        grade: Grade | None,
        actor: Actor,
        act: str,
        said: Said = BY_DESK,
    ) -> IncidentId:
        """Take a report by hand: it joins the open incident that correlates, or opens one.

        The same act gives the same incident.  Raises `Rejected` (`report.empty`, `report.too_long`,
        `report.caller`, `report.severity`) and `NotFound` (`grid.unknown`).
        """
        _check_report(report, severity)
        _check_act(act)
        return await self.again(lambda: self._report(report, severity, grade, actor, act, said))

    async def acknowledge(self, alarm: AlarmId, person: PersonId) -> Alarm:
        """Note that a person has seen an alarm; the first one stays named.  Raises `NotFound` (`alarm.unknown`)."""

        async def once() -> Alarm:
            async with self._store.unit() as unit:
                found = await unit.alarm(alarm)
                if found is None:
                    raise NotFound("alarm.unknown", f"there is no alarm {alarm}: it may have been removed")
                seen = acknowledge(found, person)
                if seen != found:
                    await unit.save_alarms([seen])
                    await unit.journal([line_of(seen, Turn.ACKNOWLEDGED, "", unit.now, person)])
                return seen

        return await self.again(once)

    async def start_exercise(self, drill: Drill, actor: Actor) -> IncidentId:
        """Begin the incident of an exercise; again gives the same one.  Raises `NotFound` (`grid.unknown`)."""

        async def once() -> IncidentId:
            async with self._store.unit() as unit:
                change = await begin_drill(unit, self.policies, drill, actor)
                if change is not None:
                    await unit.save([change])
                    metrics.count_events([change])
            return incident_of(drill.exercise)

        return await self.again(once)

    async def set_readiness(
        self, grid: GridCode, readiness: Readiness, person: PersonId, reason: str
    ) -> None:
        """Say in what time a grid and all below it are from now on: incidents keep what they were opened in.

        Raises `NotFound` (`grid.unknown`) and `Rejected` (`readiness.reason`).
        """
        words = reason.strip()
        if not words.isprintable() or not 1 <= len(words) <= REASON_CHARACTERS_MAX:
            raise Rejected(
                "readiness.reason",
                f"say in one line of 1 to {REASON_CHARACTERS_MAX} characters why: which warning, from whom",
            )

        async def once() -> None:
            async with self._store.unit() as unit:
                await unit.grid(grid)
                await unit.set_readiness(grid, readiness, person, words)

        await self.again(once)
        log.info("readiness.changed", grid=grid, readiness=readiness.value, person=person, reason=words)

    async def preview(self, incident: IncidentId) -> tuple[Upcoming, ...]:
        """Tell what comes next unless somebody acts; raises `NotFound` (`incident.unknown`)."""
        async with self._store.unit() as unit:
            state = fold(await _log(unit, incident))
            policy = await self.policies.version(unit, state.policy)
            directory = await unit.directory(state.grid)
            now = unit.now
        return preview(state, policy, directory, now)

    async def outlook(self, incident: IncidentId) -> Outlook:
        """Tell what an incident owes and to whom, and what comes next; raises `NotFound` (`incident.unknown`)."""
        async with self._store.unit() as unit:
            state = fold(await _log(unit, incident))
            policy = await self.policies.version(unit, state.policy)
            directory = await unit.directory(state.grid)
            now = unit.now
        return look(state, policy, directory, now)

    async def settle(self, outcomes: Sequence[tuple[IncidentId, SettleNotice]]) -> None:
        """Record what became of notices, of many incidents in one transaction; repeats change nothing.

        Raises `Conflict` or `Transient` after the last try.
        """
        if outcomes:
            await self.again(lambda: self._settle(outcomes))

    async def _command(
        self,
        incident: IncidentId,
        command: Command,
        actor: Actor,
        *,
        act: str | None = None,
        occurred: datetime | None = None,
        first: First | None = None,
        shown: Shown = NOTHING,
        then: Command | None = None,
        demand: Demand | None = None,
    ) -> Incident:
        if act is not None:
            _check_act(act)

        async def once() -> Incident:
            async with self._store.unit() as unit:
                events = await _log(unit, incident)
                state = fold(events)
                if act is not None and await unit.answered(incident, act):
                    return state
                if demand is not None:
                    demand(state, events)
                policy = await self.policies.version(unit, state.policy)
                directory = await unit.directory(state.grid)
                person = PersonId(actor.id) if actor.kind == "person" else None
                proved = await prove(
                    unit, state, command, shown, person=person, key=act or unit.now.isoformat()
                )
                try:
                    change = change_of(
                        incident,
                        state,
                        [proved.command] if then is None else [proved.command, then],
                        now=unit.now,
                        policy=policy,
                        directory=directory,
                        actor=actor,
                        occurred=occurred,
                        act=act,
                    )
                except Rejected as refused:
                    raise with_who(refused, events, actor, unit.now) from refused
                if change is None:
                    return state
                if first is not None:
                    await first(unit)
                await keep(unit, change, proved)
                await unit.save([change])
            metrics.count_events([change])
            return change.incident

        return await self.again(once)

    async def _report(  # noqa: PLR0917 as `report`
        self, report: Report, severity: float, grade: Grade | None, actor: Actor, act: str, said: Said
    ) -> IncidentId:
        async with self._store.unit() as unit:
            target = await find_target(unit, self.policies, report, act, said.matter)
            if target.answered:
                return target.name
            change = change_of(
                target.name,
                target.incident,
                [target.command(report, severity, grade, unit.now, said)],
                now=unit.now,
                policy=target.policy,
                directory=await unit.directory(target.grid.code),
                actor=actor,
                act=act,
            )
            await unit.store_report(report)
            if change is not None:
                await unit.save([change])
                metrics.count_events([change])
        return target.name

    async def _settle(self, outcomes: Sequence[tuple[IncidentId, SettleNotice]]) -> None:
        wanted: dict[IncidentId, list[SettleNotice]] = defaultdict(list)
        for incident, command in outcomes:
            wanted[incident].append(command)
        async with self._store.unit() as unit:
            logs = await unit.load(sorted(wanted))
            states = {name: fold(events) for name, events in logs.items() if events}
            directories = await unit.directories(sorted({state.grid for state in states.values()}))
            changes = []
            for name, state in sorted(states.items()):
                change = change_of(
                    name,
                    state,
                    unsaid(logs[name], wanted[name]),
                    now=unit.now,
                    policy=await self.policies.version(unit, state.policy),
                    directory=directories[state.grid],
                    actor=SYSTEM,
                )
                if change is not None:
                    changes.append(change)
            if changes:
                await unit.save(changes)
        metrics.count_events(changes)

    async def again(self, once: Callable[[], Awaitable[T]]) -> T:
        """Do a transaction again after a conflict or a passing fault, a few times."""
        for number in range(1, TRIES):
            try:
                return await once()
            except (Conflict, Transient) as error:
                metrics.COMMAND_RETRIES.inc()
                log.info("command.again", reason=str(error), number=number)
                await asyncio.sleep(RETRY_SECONDS * 2 ** (number - 1))
            except Rejected as rejected:
                metrics.COMMANDS_REFUSED.labels(rejected.code).inc()
                raise
        return await once()


async def _log(unit: AlertsUnit, incident: IncidentId) -> Sequence[Recorded]:
    events = (await unit.load([incident])).get(incident)
    if not events:
        raise NotFound("incident.unknown", f"there is no incident {incident[:64]}: it may be a mistyped link")
    return events


def _words(text: str, what: str) -> str:
    words = text.strip()
    if not words:
        raise Rejected(f"{what}.empty", f"a {what} needs words: write what was seen or done")
    if len(words) > WORDS_CHARACTERS_MAX:
        raise Rejected(
            f"{what}.too_long",
            f"a {what} of {len(words)} characters exceeds the {WORDS_CHARACTERS_MAX} allowed: shorten it",
        )
    if "\x00" in words:
        raise Rejected(f"{what}.form", f"a {what} must not hold zero bytes: type it again")
    return words


def _check_report(report: Report, severity: float) -> None:
    _words(report.words, "report")
    if len(report.caller) > CALLER_CHARACTERS_MAX or "\x00" in report.caller:
        raise Rejected(
            "report.caller",
            f"a caller's number has at most {CALLER_CHARACTERS_MAX} characters: write it without words",
        )
    if not 0.0 <= severity <= 1.0:
        raise Rejected("report.severity", f"severity {severity} is not between 0 and 1")


def _check_act(act: str) -> None:
    if not 1 <= len(act) <= ACT_CHARACTERS_MAX or not act.isprintable():
        raise Rejected(
            "act.form", f"the id of an act has 1 to {ACT_CHARACTERS_MAX} printable characters: use a UUID"
        )
