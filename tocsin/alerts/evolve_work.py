"""How the events of an incident as a case change its state: they only record.

On the urgent track, where clocks run, they name who has it and what was said; the state there is moved by
those who go and arrive.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeAlias

from msgspec import structs

from tocsin.alerts.model import Incident, Work
from tocsin.core import incidents as happened
from tocsin.core.ids import OrganisationCode
from tocsin.core.incidents import Recorded, Stage, State
from tocsin.core.working_time import Terms

WorkEvent: TypeAlias = (
    happened.Received
    | happened.Filed
    | happened.Dispatched
    | happened.TakenOn
    | happened.WorkBegun
    | happened.WorkDone
    | happened.Returned
    | happened.PartnerJoined
    | happened.HandedUp
    | happened.ExtensionAsked
    | happened.ExtensionAnswered
    | happened.Urged
    | happened.Supervised
    | happened.Checked
    | happened.SentBack
)
Changes: TypeAlias = dict[str, object]

_OF_A_STAGE: Final = frozenset({"extension", *(stage.value for stage in Stage)})
"""What is reminded of anew when another stage begins."""


def changes(  # noqa: C901, PLR0912 one case per event is the clearest form
    incident: Incident, event: WorkEvent, recorded: Recorded
) -> Changes:
    """Give the new values of fields."""
    at = recorded.recorded
    work = incident.work or Work(terms=Terms(), since=at)
    match event:
        case happened.Received():
            return {"state": State.RECEIVED, "asked": at, "unanswered": 0}
        case happened.Filed():
            return _filed(incident, work, event, at)
        case happened.Dispatched():
            named = structs.replace(work, lead=event.lead, partners=event.partners, level=event.level)
            if work.stage is None:
                return {"work": named}
            return _stage(incident, named, State.DISPATCHED, Stage.ACCEPT, at, event.due, event.warn)
        case happened.TakenOn():
            return _stage(incident, work, State.ACCEPTED, Stage.HANDLE, at, event.due, event.warn)
        case happened.WorkBegun():
            by_lead = event.organisation == work.lead and incident.state is State.ACCEPTED
            return {"state": State.HANDLING} if by_lead else {}
        case happened.WorkDone():
            return _done(incident, work, event, at)
        case happened.Returned():
            back = structs.replace(work, lead=None, partners=(), done=(), returns=work.returns + 1)
            return _stage(incident, back, State.FILED, Stage.DISPATCH, at, event.due, event.warn)
        case happened.PartnerJoined():
            return {"work": structs.replace(work, partners=_with(work.partners, event.organisation))}
        case happened.HandedUp():
            up = structs.replace(work, level=event.level)
            if work.stage is None:
                return {"work": up}
            up = structs.replace(up, lead=None, partners=(), done=())
            return _stage(incident, up, State.FILED, Stage.DISPATCH, at, event.due, event.warn)
        case happened.ExtensionAsked():
            asked = structs.replace(work, extension=event.until, asked=at)
            return {"work": asked, "told": _untold(incident, frozenset({"extension"}))}
        case happened.ExtensionAnswered():
            return {"work": _answered(work, event)}
        case happened.Urged():
            if work.stage is None:
                return {"told": (*_untold(incident, frozenset({"urged"})), ("urged", event.step))}
            return {"work": structs.replace(work, urged=event.step, urged_at=at)}
        case happened.Supervised():
            if work.stage is None:
                return {"told": (*_untold(incident, frozenset({"supervised"})), ("supervised", event.step))}
            overdue = event.step if event.reason_code == "overdue" else work.overdue
            return {"work": structs.replace(work, supervised=work.supervised + 1, overdue=overdue)}
        case happened.Checked():
            if work.stage is None:
                return {"state": State.CHECKED, "told": _untold(incident, _OF_A_STAGE)}
            return _stage(incident, work, State.CHECKED, Stage.CLOSE, at, event.due, event.warn)
        case happened.SentBack():
            return _sent_back(incident, work, event, at)


def files_as_case(incident: Incident) -> bool:
    """Say whether filing puts it on the working-time track: no clock has ever run, and nobody is at work."""
    if incident.state in {State.REPORTED, State.RECEIVED, State.FILED}:
        return True
    return incident.state is State.VERIFIED and not incident.clocks


def rested(work: Work | None) -> Work | None:
    """Give a case that waits on nobody any more, because it ended, or clocks run from now on."""
    if work is None:
        return None
    return structs.replace(work, stage=None, due=None, warn=None, extension=None, asked=None)


def _filed(incident: Incident, work: Work, event: happened.Filed, at: datetime) -> Changes:
    filed = structs.replace(work, terms=event.terms)
    if not files_as_case(incident):
        return {"matter": event.matter, "work": filed}
    changes = _stage(incident, filed, State.FILED, Stage.DISPATCH, at, event.due, event.warn)
    return {"matter": event.matter, **changes}


def _done(incident: Incident, work: Work, event: happened.WorkDone, at: datetime) -> Changes:
    said = structs.replace(work, done=_with(work.done, event.organisation))
    if not event.lead or work.stage is None:
        return {"work": said}
    changes = _stage(incident, said, State.HANDLED, Stage.CHECK, at, event.due, event.warn)
    return {"handled": at, **changes}


def _answered(work: Work, event: happened.ExtensionAnswered) -> Work:
    answered = structs.replace(work, extension=None, asked=None)
    if not event.granted:
        return answered
    return structs.replace(
        answered,
        due=event.due,
        warn=event.warn,
        extensions=work.extensions + 1,
        urged=0,
        urged_at=None,
        supervised=0,
        overdue=0,
    )


def _sent_back(incident: Incident, work: Work, event: happened.SentBack, at: datetime) -> Changes:
    again: Changes = {"handled": None, "reminded": 0}
    left = tuple(one for one in work.done if one != work.lead)
    back = structs.replace(work, done=left, reworks=work.reworks + 1)
    if work.stage is None:
        return again | {"state": State.HANDLING, "work": back if incident.work is not None else None}
    return again | _stage(incident, back, State.HANDLING, Stage.HANDLE, at, event.due, event.warn)


def _stage(  # noqa: PLR0917 a stage is these
    incident: Incident,
    work: Work,
    state: State,
    stage: Stage,
    since: datetime,
    due: datetime | None,
    warn: datetime | None,
) -> Changes:
    """Begin a stage: nobody was urged in it, and nothing was asked for."""
    begun = structs.replace(
        work,
        stage=stage,
        since=since,
        due=due,
        warn=warn,
        urged=0,
        urged_at=None,
        supervised=0,
        overdue=0,
        extension=None,
        asked=None,
    )
    return {"state": state, "work": begun, "told": _untold(incident, _OF_A_STAGE)}


def _untold(incident: Incident, what: frozenset[str]) -> tuple[tuple[str, int], ...]:
    return tuple(one for one in incident.told if one[0] not in what)


def _with(values: tuple[OrganisationCode, ...], value: OrganisationCode) -> tuple[OrganisationCode, ...]:
    return values if value in values else (*values, value)
