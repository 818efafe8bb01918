"""Whatever happens in an incident's life, its CAP messages are valid, refer to each other and name nobody."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec import structs

from tests.support.cap import assert_valid
from tests.support.incidents import DEFAULT, PLACE, STAFF, Case, opening, staged
from tocsin.alerts import commands as ask
from tocsin.alerts.cap import NAMESPACE, CapPlace, CapSender, feed, messages
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, IncidentId
from tocsin.core.incidents import Actor, Basis, Grade, Mode
from tocsin.core.working_time import Terms

ANN = Actor("person", "ann")
SENDER = CapSender(id="tocsin@town", name="综治中心")
CAP = f"{{{NAMESPACE}}}"
NAMES = [one.person for one in STAFF.responders]
RING = ((30.0, 120.0), (30.0, 120.1), (30.1, 120.1), (30.0, 120.0))
COMMANDS: st.SearchStrategy[ask.Command] = st.one_of(
    st.sampled_from(Grade).map(lambda grade: ask.ChangeGrade(grade=grade)),
    st.sampled_from(Grade).map(lambda grade: ask.ConfirmGrade(grade=grade)),
    st.sampled_from(Tier).map(lambda tier: ask.Activate(tier=tier)),
    st.sampled_from(Tier).map(lambda tier: ask.Arrive(tier=tier, basis=Basis.OPERATOR)),
    st.sampled_from(NAMES).map(lambda person: ask.Accept(person=person)),
    st.sampled_from(NAMES).map(lambda person: ask.Refuse(person=person, reason_code="ill")),
    st.sampled_from(NAMES).map(lambda person: ask.ReportDone(person=person)),
    st.sampled_from(["recurred", "mistake", "wrongly_rejected", "wrongly_merged"]).map(
        lambda reason: ask.Reopen(reason_code=reason, terms=Terms())
    ),
    st.sampled_from(
        [
            ask.Confirm(),
            ask.Reject(reason_code="false_alarm"),
            ask.Close(reason_code="handled"),
            ask.Merge(into=IncidentId("7")),
            ask.HandUp(reason_code="beyond_means"),
            ask.File(matter="0401", terms=Terms()),
            ask.Evaluate(),
            ask.CallBack(reached=True, satisfaction=5),
        ]
    ),
)
STEPS = st.lists(st.tuples(st.sampled_from([0, 0.4, 5, 60, 200, 700, 2000]), COMMANDS), max_size=25)
PLACES = st.builds(
    CapPlace,
    code=st.just(GridCode("330110104201001")),
    name=st.text(min_size=1, max_size=30).map(lambda name: "村" + name),
    centre=st.sampled_from([None, PLACE]),
    radius_m=st.floats(1, 50_000),
    outline=st.sampled_from([(), RING]),
)


@settings(max_examples=150, deadline=None)
@given(
    steps=STEPS,
    place=PLACES,
    kind=st.sampled_from(Kind),
    drill=st.booleans(),
    mode=st.sampled_from(Mode),
    alarm=st.sampled_from(["alarm-1", None]),
)
def test_every_message_of_every_life_is_valid(  # noqa: PLR0917 one argument for each thing that is drawn
    steps: list[tuple[float, ask.Command]],
    place: CapPlace,
    kind: Kind,
    drill: bool,  # noqa: FBT001 drawn
    mode: Mode,
    alarm: str | None,
) -> None:
    case = Case(staged(replace(DEFAULT, plans=()), mode))
    case.do(structs.replace(opening(kind, drill=drill, alarm=alarm)))
    for seconds, command in steps:
        case.run_until((case.now - case.incident.opened).total_seconds() + seconds)
        try:
            case.do(command, ANN)
        except Rejected:
            continue
    made = messages(case.log, place, SENDER)
    known: dict[str, str] = {}
    spoken = False
    for one in made:
        root = assert_valid(one.xml)
        sent = root.findtext(f"{CAP}sent", "")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", sent)
        assert root.findtext(f"{CAP}status") == ("Exercise" if drill else "Actual")
        for reference in (root.findtext(f"{CAP}references") or "").split():
            sender, identifier, when = reference.split(",")
            assert (sender, known[identifier]) == (SENDER.id, when)
        assert (one.kind == "Alert") is not spoken, "an alert begins, what follows refers to it"
        assert bool(root.findtext(f"{CAP}references")) is (one.kind != "Alert")
        spoken = one.kind != "Cancel"
        known[one.identifier] = sent
        for name in NAMES:
            assert not re.search(rf"\b{name}\b", one.xml.decode().replace(place.name, ""))
    assert len(known) == len(made), "each has an identifier of its own"
    middle = case.log[len(case.log) // 2].recorded
    before = messages([one for one in case.log if one.recorded <= middle], place, SENDER)
    assert before == made[: len(before)], "what was told stays as it was told"
    etree.fromstring(feed(made, SENDER, "", case.now + timedelta(days=1)))
