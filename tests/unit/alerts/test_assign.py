import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.site import BARN, NOON, TOWNSHIP, VILLAGE, Site
from tocsin.alerts.assign import Located, assign, lateness_of, source_of
from tocsin.alerts.commands import AttachAlarm, ClearAlarm, Open
from tocsin.alerts.ports import OpenIncident
from tocsin.core.detections import Kind, Phase
from tocsin.core.ids import DeviceId, IncidentId
from tocsin.core.incidents import Lateness, Source

SITE = Site()


def located(
    device: str,
    kind: str = "smoke",
    *,
    second: float = 0.0,
    age: float | None = 0.0,
    phase: Phase = Phase.RAISE,
) -> Located:
    SITE.clock.jump(NOON + timedelta(seconds=second))
    intake = SITE.at("00:00")._intake(device, kind, 0.5, age, phase, raised=phase is Phase.RAISE)
    place = SITE.town.sites[intake.detection.device]
    return Located(intake, place, SITE.policies.for_grid(place.grid))


def waiting(name: str = "i-1") -> OpenIncident:
    return OpenIncident(
        id=IncidentId(name),
        kind=Kind.SMOKE,
        grid=VILLAGE,
        place=BARN,
        began=NOON,
        last_alarm=NOON,
        devices=(DeviceId("box/cam-9"),),
    )


def test_signs_of_one_happening_in_one_batch_make_one_incident() -> None:
    batch = [located("cam-1", second=1), located("smoke-1", second=2), located("cam-2", "fire", second=3)]
    assigned = assign(batch, {}, {})
    [(name, commands)] = assigned.commands.items()
    assert [type(command) for command in commands] == [Open, AttachAlarm, AttachAlarm]
    assert {alarm.incident for alarm in assigned.alarms.values()} == {name}
    assert not any(alarm.armed for alarm in assigned.alarms.values())
    assert assigned.touched == []


def test_the_order_of_messages_changes_nothing() -> None:
    batch = [located("cam-1", second=1), located("smoke-1", second=2), located("button-1", "call", second=2)]
    results = [assign(order, {}, {}) for order in itertools.permutations(batch)]
    assert all(one.commands == results[0].commands and one.alarms == results[0].alarms for one in results)


def test_an_open_incident_nearby_takes_the_alarm_in() -> None:
    assigned = assign([located("cam-1", second=5)], {}, {(Kind.SMOKE, TOWNSHIP): [waiting()]})
    assert assigned.touched == ["i-1"]
    assert isinstance(assigned.commands[IncidentId("i-1")][0], AttachAlarm)


def test_one_that_ended_meanwhile_takes_nothing_in() -> None:
    candidates = {(Kind.SMOKE, TOWNSHIP): [waiting()]}
    assigned = assign([located("cam-1", second=5)], {}, candidates, frozenset({IncidentId("i-1")}))
    assert assigned.touched == []
    assert len(assigned.opened) == 1


def test_a_clear_is_told_to_the_alarms_own_incident_only_while_it_lives() -> None:
    first = assign([located("cam-1", second=1)], {}, {})
    clear = located("cam-1", second=9, phase=Phase.CLEAR)
    again = assign([clear], first.alarms, {})
    [(name, commands)] = again.commands.items()
    assert name in first.opened
    assert isinstance(commands[0], ClearAlarm)
    assert assign([clear], first.alarms, {}, frozenset({name})).commands == {}


def test_the_end_of_what_never_began_leaves_no_trace() -> None:
    assigned = assign([located("cam-1", phase=Phase.CLEAR)], {}, {})
    assert (assigned.alarms, assigned.commands, assigned.effects) == ({}, {}, {"ignored": 1})


def test_a_kind_that_opens_nothing_is_an_alarm_only() -> None:
    assigned = assign([located("cam-1", "tamper")], {}, {})
    assert len(assigned.alarms) == 1
    assert assigned.commands == {}


def test_a_record_of_the_past_takes_no_present_alarm_in() -> None:
    past = located("cam-1", second=0, age=900)
    past = Located(
        type(past.intake)(
            detection=past.intake.detection,
            age=past.intake.age,
            raised=False,
            grid=past.intake.grid,
            began=past.intake.began,
        ),
        past.site,
        past.version,
    )
    assert lateness_of(past) is Lateness.RETROSPECTIVE
    assigned = assign([past, located("smoke-1", second=0)], {}, {})
    assert len(assigned.opened) == 2


@pytest.mark.parametrize(
    ("kind", "device_kind", "source"),
    [
        (Kind.SMOKE, "camera", Source.VIDEO),
        (Kind.SMOKE, "sensor", Source.SENSOR),
        (Kind.SMOKE, "", Source.SENSOR),
        (Kind.CALL, "", Source.BUTTON),
        (Kind.OTHER, "button", Source.BUTTON),
    ],
)
def test_an_incident_says_by_what_kind_of_device_it_was_heard_of(
    kind: Kind, device_kind: str, source: Source
) -> None:
    one = located("cam-1", kind.value)
    site = replace(one.site, device_kind=device_kind)
    assert source_of(kind, site) is source
    assigned = assign([replace(one, site=site)], {}, {})
    for commands in assigned.commands.values():
        assert isinstance(commands[0], Open)
        assert commands[0].source is source
