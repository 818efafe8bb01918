"""From an incident's log to what figures count of it: recorded events in, `Facts` out.  Pure.

It reads verdicts, limits and states as the log has them and never decides one: a clock's last verdict
counts, a stage's limit is the one frozen in the event that began it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeAlias

from msgspec import structs

from tocsin.core import incidents as happened
from tocsin.core.errors import InvariantBroken
from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import OrganisationCode, PersonId
from tocsin.core.incidents import (
    Basis,
    IncidentEvent,
    Lateness,
    Outcome,
    Recorded,
    Stage,
    State,
    Verdict,
)
from tocsin.town.facts import ClockFact, End, Facts, Judgement, StageFact

_FALSE: Final = frozenset({"false_alarm", "nothing_here"})
_REAL: Final = frozenset({"handled", "transferred"})
_Handler: TypeAlias = "Callable[[_Reader, Any, Recorded], None]"


def facts_of(events: Iterable[Recorded]) -> Facts:
    """Read a whole log, oldest first.

    Raises `InvariantBroken` when there is no event, or the first is not `Opened`.
    """
    reader: _Reader | None = None
    for recorded in events:
        event = recorded.event
        if reader is None:
            if not isinstance(event, happened.Opened):
                raise InvariantBroken(f"incident {recorded.incident} does not begin with Opened")
            reader = _Reader(event, recorded)
            continue
        reader.version = recorded.version
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(reader, event, recorded)
    if reader is None:
        raise InvariantBroken("an incident without events has no facts")
    return reader.facts()


class _Reader:
    """What was read so far; one method per event that says something."""

    __slots__ = (
        "accepted",
        "arrivals",
        "called",
        "case_level",
        "clocks",
        "lead",
        "opened",
        "past",
        "route",
        "said",
        "stages",
        "version",
    )

    def __init__(self, opened: happened.Opened, recorded: Recorded) -> None:
        self.opened = opened
        self.version = recorded.version
        self.said: dict[str, Any] = {
            "incident": recorded.incident,
            "grade": opened.grade,
            "matter": opened.matter,
            "lateness": opened.lateness,
            "opened": recorded.recorded,
        }
        """Fields of `Facts` as they stand now."""
        self.clocks: dict[Tier, ClockFact] = {}
        self.stages: list[StageFact] = []
        self.called: dict[PersonId, Tier | None] = {}
        self.accepted: datetime | None = None
        self.arrivals: dict[Tier, datetime] = {}
        self.lead: OrganisationCode | None = None
        self.route: OrganisationCode | None = None
        self.case_level: Tier | None = None
        self.past: list[ClockFact] = []
        """Clocks from before a wrong rejection was taken back."""
        if opened.reported:
            self.begin(Stage.RECEIVE, recorded, None)

    def facts(self) -> Facts:
        opened, said = self.opened, self.said
        confirmed: datetime | None = said.get("confirmed")
        going = min((at for at in (self.accepted, *self.arrivals.values()) if at is not None), default=None)
        return Facts(
            version=self.version,
            kind=opened.kind,
            source=opened.source,
            grid=opened.grid,
            path=opened.path,
            began=opened.began,
            device=opened.device,
            drill=opened.drill,
            exercise=opened.exercise,
            going=None if going is None or confirmed is None else max(going, confirmed),
            clocks=(*self.past, *[self.clocks[tier] for tier in TIERS if tier in self.clocks]),
            organisation=self.lead or self.route,
            level=self._level(),
            stages=tuple(self.stages),
            **said,
        )

    @property
    def working(self) -> bool:
        """Whether a stage of the working-time track runs."""
        return (
            bool(self.stages) and self.stages[-1].ended is None and self.stages[-1].stage is not Stage.RECEIVE
        )

    def _level(self) -> Tier | None:
        came = [clock.tier for clock in (*self.past, *self.clocks.values()) if clock.verdict in _CAME]
        if self.case_level is not None:
            came.append(self.case_level)
        return max(came, key=TIERS.index, default=None)

    def count(self, what: str) -> None:
        self.said[what] = self.said.get(what, 0) + 1

    # --- the working-time track ---

    def begin(self, stage: Stage, recorded: Recorded, due: datetime | None) -> None:
        """End the stage that runs, and begin another one."""
        self.finish(recorded)
        lead = self.lead if stage in _WAITS_ON_LEAD else None
        self.stages.append(StageFact(stage=stage, since=recorded.recorded, due=due, organisation=lead))

    def finish(self, recorded: Recorded) -> None:
        if self.stages and self.stages[-1].ended is None:
            tag = str(recorded.event.__struct_config__.tag)
            self.stages[-1] = structs.replace(self.stages[-1], ended=recorded.recorded, by=tag)

    # --- alarms, people, clocks ---

    def alarm_attached(self, event: happened.AlarmAttached, _: Recorded) -> None:
        self.said.setdefault("detector", event.kind)
        if not event.late:
            self.said["lateness"] = Lateness.LIVE

    def confirmed(self, event: happened.Confirmed, recorded: Recorded) -> None:
        self.said |= {"confirmed": event.at, "confirmed_by": event.basis, "grade": event.grade}
        if recorded.actor.kind == "person":
            self.said["judgement"] = Judgement.REAL
        if event.basis is Basis.SCENE or self.accepted is not None or self.arrivals:
            self.said["reached"] = event.at
        self.finish(recorded)

    def contact(self, at: datetime) -> None:
        """Somebody who was called is reached."""
        confirmed: datetime | None = self.said.get("confirmed")
        if confirmed is not None:
            at = max(at, confirmed)
            self.said["reached"] = min(at, self.said.get("reached", at))

    def was_called(self, event: happened.Called, _: Recorded) -> None:
        self.called[event.person] = event.tier or self.called.get(event.person)

    def notice_settled(self, event: happened.NoticeSettled, recorded: Recorded) -> None:
        if event.outcome is Outcome.DELIVERED and event.person is not None and self.called.get(event.person):
            self.contact(recorded.occurred)

    def answered(
        self,
        _: happened.Seen | happened.Refused | happened.HelpAsked | happened.NothingFound,
        recorded: Recorded,
    ) -> None:
        self.contact(recorded.occurred)

    def goes(self, _: happened.Accepted, recorded: Recorded) -> None:
        self.accepted = min(recorded.occurred, self.accepted or recorded.occurred)
        self.contact(recorded.occurred)

    def arrived(self, event: happened.Arrived, _: Recorded) -> None:
        self.arrivals[event.tier] = min(event.at, self.arrivals.get(event.tier, event.at))
        self.contact(event.at)

    def refuted(self, event: happened.ArrivalRefuted, _: Recorded) -> None:
        self.arrivals.pop(event.tier, None)
        clock = self.clocks.get(event.tier)
        if clock is not None and clock.verdict in _CAME:
            self.clocks[event.tier] = structs.replace(clock, verdict=None, at=None, basis=None, cause="")

    def activated(self, event: happened.TierActivated, _: Recorded) -> None:
        self.clocks[event.tier] = ClockFact(
            tier=event.tier,
            confirmed=self.said.get("confirmed", event.at),
            activated=event.at,
            due=event.due,
        )

    def due_changed(self, event: happened.DueChanged, _: Recorded) -> None:
        clock = self.clocks.get(event.tier)
        if clock is not None and clock.verdict is None:
            self.clocks[event.tier] = structs.replace(clock, due=event.due)

    def judged(self, event: happened.VerdictGiven, _: Recorded) -> None:
        clock = self.clocks.get(event.tier)
        if clock is None:
            raise InvariantBroken(
                f"incident {self.said['incident']}: verdict for the {event.tier}, which was never activated"
            )
        cause = {Verdict.MISSED: event.cause, Verdict.LATE: clock.cause}.get(event.verdict, "")
        self.clocks[event.tier] = structs.replace(
            clock, verdict=event.verdict, at=event.at, basis=event.basis, cause=cause
        )

    def regraded(self, event: happened.GradeChanged | happened.GradeConfirmed, _: Recorded) -> None:
        self.said["grade"] = event.grade

    # --- the life as a case ---

    def taken_up(self, _: happened.Received, recorded: Recorded) -> None:
        self.said.setdefault("received", recorded.recorded)
        self.finish(recorded)

    def as_case(self, event: happened.Filed, recorded: Recorded) -> None:
        self.said["matter"] = event.matter
        self.said.setdefault("filed", recorded.recorded)
        on_their_way = self.accepted is not None or self.arrivals or "handled" in self.said
        if self.working or not (self.clocks or ("confirmed" in self.said and on_their_way)):
            self.begin(Stage.DISPATCH, recorded, event.due)

    def routed(self, event: happened.Routed, _: Recorded) -> None:
        self.said["beyond"] = event.beyond
        self.said["matter"] = event.matter or self.said["matter"]
        self.route = event.organisations[0][1] if event.organisations else None

    def given(self, event: happened.Dispatched, recorded: Recorded) -> None:
        self.lead, self.case_level = event.lead, event.level
        self.count("dispatched")
        if self.working:
            self.begin(Stage.ACCEPT, recorded, event.due)

    def taken_on(self, event: happened.TakenOn, recorded: Recorded) -> None:
        if self.working:
            self.begin(Stage.HANDLE, recorded, event.due)

    def work_done(self, event: happened.WorkDone, recorded: Recorded) -> None:
        if event.lead:
            self.said["handled"] = recorded.recorded
            if self.working:
                self.begin(Stage.CHECK, recorded, event.due)

    def scene_done(self, _: happened.Handled, recorded: Recorded) -> None:
        self.said["handled"] = recorded.recorded

    def returned(self, event: happened.Returned, recorded: Recorded) -> None:
        self.count("returns")
        self.said.pop("handled", None)
        if self.working:
            self.begin(Stage.DISPATCH, recorded, event.due)

    def handed_up(self, event: happened.HandedUp, recorded: Recorded) -> None:
        self.count("handed_up")
        self.case_level = event.level
        if self.working:
            self.begin(Stage.DISPATCH, recorded, event.due)

    def more_time(self, event: happened.ExtensionAnswered, _: Recorded) -> None:
        if event.granted:
            self.count("extensions")
            if self.working:
                self.stages[-1] = structs.replace(self.stages[-1], due=event.due, extended=True)

    def urged(self, _: happened.Urged, __: Recorded) -> None:
        self.count("urged")

    def supervised(self, _: happened.Supervised, __: Recorded) -> None:
        self.count("supervised")

    def checked(self, event: happened.Checked, recorded: Recorded) -> None:
        self.count("checks")
        if self.working:
            self.begin(Stage.CLOSE, recorded, event.due)

    def sent_back(self, event: happened.SentBack, recorded: Recorded) -> None:
        self.count("reworks")
        self.said.pop("handled", None)
        if self.working:
            self.begin(Stage.HANDLE, recorded, event.due)

    # --- the end, and after ---

    def _end(self, end: End, recorded: Recorded, reason: str) -> None:
        self.finish(recorded)
        self.said |= {"end": end, "ended": recorded.recorded, "end_reason": reason}

    def closed(self, event: happened.Closed, recorded: Recorded) -> None:
        self._end(End.CLOSED, recorded, event.reason_code)
        if recorded.actor.kind == "person" and event.reason_code in _REAL:
            self.said["judgement"] = Judgement.REAL

    def rejected(self, event: happened.Rejected, recorded: Recorded) -> None:
        self._end(End.REJECTED, recorded, event.reason_code)
        self.said |= {"test": event.reason_code == "test", "duplicate": event.reason_code == "duplicate"}
        if recorded.actor.kind == "person" and event.reason_code in _FALSE:
            self.said["judgement"] = Judgement.FALSE

    def merged(self, _: happened.Merged, recorded: Recorded) -> None:
        self._end(End.MERGED, recorded, "")
        self.said["duplicate"] = True

    def reopened(self, event: happened.Reopened, recorded: Recorded) -> None:
        self.count("reopened")
        for what in _OF_THE_END:
            self.said.pop(what, None)
        if self.said.get("judgement") is Judgement.FALSE:
            self.said["judgement"] = Judgement.UNJUDGED
        if event.was in {State.REJECTED, State.MERGED}:
            self._anew()
        else:
            self.begin(Stage.DISPATCH, recorded, event.due)

    def _anew(self) -> None:
        """It waits to be confirmed as on the first day; clocks that had run stay in the count."""
        self.past += [clock for clock in self.clocks.values() if clock.verdict is not Verdict.STOOD_DOWN]
        self.clocks = {}
        self.accepted = None
        self.arrivals = {}
        for what in ("confirmed", "confirmed_by", "reached"):
            self.said.pop(what, None)

    def transferred(self, _: happened.TransferredOut, __: Recorded) -> None:
        self.said["transferred"] = True

    def called_back(self, event: happened.CalledBack, _: Recorded) -> None:
        self.count("calls_back")
        if event.reached:
            self.said["answered"] = True
        if event.satisfaction is not None:
            self.said["satisfaction"] = event.satisfaction

    def evaluated(self, event: happened.Evaluated, _: Recorded) -> None:
        self.said["evaluated"] = True
        if event.satisfaction is not None:
            self.said["satisfaction"] = event.satisfaction

    def told_above(self, _: happened.ReportedUp, __: Recorded) -> None:
        self.count("reported_up")


_OF_THE_END: Final = (
    *("end", "ended", "end_reason", "test", "duplicate", "handled", "evaluated"),
    *("calls_back", "answered", "satisfaction"),
)
"""Said of an end that a reopening takes back."""
_CAME: Final = frozenset({Verdict.ARRIVED, Verdict.LATE})
_WAITS_ON_LEAD: Final = frozenset({Stage.ACCEPT, Stage.HANDLE})
_HANDLERS: Final[dict[type[IncidentEvent], _Handler]] = {
    happened.AlarmAttached: _Reader.alarm_attached,
    happened.Confirmed: _Reader.confirmed,
    happened.Called: _Reader.was_called,
    happened.NoticeSettled: _Reader.notice_settled,
    happened.Seen: _Reader.answered,
    happened.Refused: _Reader.answered,
    happened.HelpAsked: _Reader.answered,
    happened.NothingFound: _Reader.answered,
    happened.Accepted: _Reader.goes,
    happened.Arrived: _Reader.arrived,
    happened.ArrivalRefuted: _Reader.refuted,
    happened.TierActivated: _Reader.activated,
    happened.DueChanged: _Reader.due_changed,
    happened.VerdictGiven: _Reader.judged,
    happened.GradeChanged: _Reader.regraded,
    happened.GradeConfirmed: _Reader.regraded,
    happened.Received: _Reader.taken_up,
    happened.Filed: _Reader.as_case,
    happened.Routed: _Reader.routed,
    happened.Dispatched: _Reader.given,
    happened.TakenOn: _Reader.taken_on,
    happened.WorkDone: _Reader.work_done,
    happened.Handled: _Reader.scene_done,
    happened.Returned: _Reader.returned,
    happened.HandedUp: _Reader.handed_up,
    happened.ExtensionAnswered: _Reader.more_time,
    happened.Urged: _Reader.urged,
    happened.Supervised: _Reader.supervised,
    happened.Checked: _Reader.checked,
    happened.SentBack: _Reader.sent_back,
    happened.Closed: _Reader.closed,
    happened.Rejected: _Reader.rejected,
    happened.Merged: _Reader.merged,
    happened.Reopened: _Reader.reopened,
    happened.TransferredOut: _Reader.transferred,
    happened.CalledBack: _Reader.called_back,
    happened.Evaluated: _Reader.evaluated,
    happened.ReportedUp: _Reader.told_above,
}
