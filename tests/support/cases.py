"""Cases for tests: a town with organisations, terms, and an incident that people deal with in working time."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import structs

from tests.support.incidents import DEFAULT, GRID, STAFF, START, Case, responder
from tocsin.alerts import commands as ask
from tocsin.alerts.incident import deadlines
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import OrganisationCode, PolicyId
from tocsin.core.incidents import Actor, Grade, Lateness, Source, Stage
from tocsin.core.organisations import Authority, Organisation
from tocsin.core.responders import Channel, Directory, Responder
from tocsin.core.working_time import Limit, Terms, Unit

OFFICE = OrganisationCode("office")
"""Of the township; may deal with everything up to grade IV."""
SANITATION = OrganisationCode("sanitation")
"""Of the city; knows rubbish, up to grade II."""
WATER = OrganisationCode("water")
"""Of the city; knows drains."""
RUBBISH = "0101"
DRAIN = "0201"
ANN = Actor("person", "ann")
TERMS = Terms(
    limits={
        Stage.DISPATCH: Limit(2, Unit.WORKING_HOUR),
        Stage.ACCEPT: Limit(4, Unit.WORKING_HOUR),
        Stage.HANDLE: Limit(3, Unit.WORKING_DAY),
        Stage.CHECK: Limit(1, Unit.WORKING_DAY),
        Stage.CLOSE: Limit(1, Unit.WORKING_DAY),
    }
)


def organisation(code: OrganisationCode, tier: Tier, *authorities: tuple[str, Grade]) -> Organisation:
    return Organisation(
        code=code,
        tier=tier,
        authorities=tuple(Authority(category, highest) for category, highest in authorities),
    )


def worker(name: str, tier: Tier, order: int, code: OrganisationCode, *channels: Channel) -> Responder:
    return structs.replace(responder(name, tier, order, *channels), department=code)


TOWN = Directory(
    GRID,
    (
        *STAFF.responders,
        worker("of1", Tier.TOWNSHIP, 4, OFFICE),
        worker("sa1", Tier.CITY, 3, SANITATION),
        worker("sa2", Tier.CITY, 4, SANITATION),
        worker("sa3", Tier.CITY, 5, SANITATION),
        worker("wa1", Tier.CITY, 6, WATER),
    ),
    (
        organisation(OFFICE, Tier.TOWNSHIP, ("", Grade.IV)),
        organisation(SANITATION, Tier.CITY, ("01", Grade.II)),
        organisation(WATER, Tier.CITY, ("02", Grade.II)),
    ),
    ((Kind.FLOOD, DRAIN),),
)


class WorkCase(Case):
    """One incident as a case, driven by commands at instants of the calendar."""

    def __init__(
        self, policy: ResponsePolicy = DEFAULT, staff: Directory = TOWN, *, since: datetime | None = None
    ) -> None:
        super().__init__(policy, staff)
        if since is not None:
            self.now = since

    def reported(self, *, source: Source = Source.MEMBER, grade: Grade = Grade.IV) -> WorkCase:
        self.do(
            ask.Open(
                kind=Kind.OTHER,
                severity=0.2,
                grade=grade,
                grid=GRID,
                began=self.now,
                lateness=Lateness.LIVE,
                policy=PolicyId("default@1"),
                source=source,
                reported=True,
            )
        )
        return self

    def filed(self, matter: str = RUBBISH, terms: Terms = TERMS) -> WorkCase:
        if self.state is None:
            self.reported()
        self.do(ask.File(matter=matter, terms=terms), ANN)
        return self

    def dispatched(self, lead: OrganisationCode | None = SANITATION, *partners: OrganisationCode) -> WorkCase:
        if self.state is None:
            self.filed()
        self.do(ask.Dispatch(lead=lead, partners=partners), ANN)
        return self

    def taken_on(self, lead: OrganisationCode = SANITATION, *partners: OrganisationCode) -> WorkCase:
        self.dispatched(lead, *partners)
        self.do(ask.TakeOn(organisation=lead))
        return self

    def handled(self, lead: OrganisationCode = SANITATION, *partners: OrganisationCode) -> WorkCase:
        self.taken_on(lead, *partners)
        self.do(ask.FinishWork(organisation=lead))
        return self

    def checked(self) -> WorkCase:
        self.handled()
        self.do(ask.Check(passed=True), ANN)
        return self

    def go(self, at: datetime) -> WorkCase:
        """Go to an instant without firing any deadline."""
        self.now = at
        return self

    def until(self, at: datetime) -> list[tuple[datetime, str]]:
        """Let time pass and fire every deadline at its instant; gives what fired."""
        fired = self.run_until((at - START).total_seconds())
        return [(START + timedelta(seconds=seconds), key) for seconds, key in fired]

    def open_keys(self) -> dict[str, datetime]:
        return deadlines(self.incident, self.policy)
