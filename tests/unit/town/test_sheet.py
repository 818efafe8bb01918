from pathlib import Path

import pytest

from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.core.responders import Channel
from tocsin.town import sheet

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "examples" / "town.yaml"


def test_the_example_reads_as_it_is_written() -> None:
    town = sheet.read(EXAMPLE.read_text(encoding="utf-8"))
    assert [grid.path for grid in town.grids][2] == "330199.330199101.330199101201"
    assert town.people[0].tier is Tier.VILLAGE
    assert [(c.channel, c.rank) for c in town.contacts if c.person == "zhang-wei"] == [
        (Channel.WECOM_BOT, 1),
        (Channel.SMTP, 2),
    ]
    assert town.duty[0].since == sheet.ALWAYS
    assert town.devices[1].certified


def test_children_may_stand_before_their_parents() -> None:
    town = sheet.read(
        "grids: [{code: b, name: B, tier: village, parent: a}, {code: a, name: A, tier: township}]"
    )
    assert [grid.code for grid in town.grids] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a", "a town is a mapping"),
        ("grids: {", "not YAML"),
        ("grids: [{code: a, name: A, tier: county}]", "grids.0.tier"),
        ("grids: [{code: a, name: A, tier: village, parent: z}]", "names the parent z, which is not in the file"),
        ("grids: [{code: a, name: A, tier: city}, {code: a, name: B, tier: city}]", "code a stands twice"),
        ("grids: [{code: a, name: A, tier: city, parent: b}, {code: b, name: B, tier: city, parent: a}]", "each other's parents"),
        ("people: [{id: x, name: X, grid: a, phone: 1}]", "people.0.phone"),
        ("devices: [{device: nodevice, kind: sensor, name: X, grid: a}]", "devices.0.device"),
        ("people: [{id: x, name: X, grid: a, duty: [{since: '2026-01-01T08:00:00'}]}]", "people.0.duty"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(Rejected) as refusal:
        sheet.read(text)
    assert sentence in refusal.value.reason
