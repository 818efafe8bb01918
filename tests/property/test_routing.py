"""Routing, whatever the town: one answer, the nearest that may leads, what is beyond never stays below."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.grids import TIERS, Tier
from tocsin.core.ids import GridCode, OrganisationCode
from tocsin.core.incident_words import Grade
from tocsin.core.organisations import Authority
from tocsin.town.organisations import OrganisationEntry, OrganisationKind, Serving, for_directory
from tocsin.town.routing import Why, preview

GRADES = list(Grade)
CODES = ["", "01", "04", "0401", "040101", "05"]
AUTHORITIES = st.lists(
    st.builds(Authority, st.sampled_from(CODES), st.sampled_from(GRADES)),
    max_size=4,
    unique_by=lambda a: a.category,
)


@st.composite
def towns(draw: st.DrawFn) -> list[Serving]:
    made = []
    for number in range(draw(st.integers(0, 8))):
        entry = OrganisationEntry(
            code=OrganisationCode(f"o{number}"),
            name=f"o{number}",
            kind=OrganisationKind.TEAM,
            tier=draw(st.sampled_from(TIERS)),
            grid=GridCode("1"),
            handles=draw(st.booleans()),
            collects=True,
            order=draw(st.integers(1, 3)),
            active=draw(st.booleans()),
            authorities=tuple(draw(AUTHORITIES)),
        )
        made.append(Serving(entry, draw(st.integers(0, 3))))
    return made


@settings(max_examples=300, deadline=None)
@given(towns(), st.sampled_from(["0101", "0401", "04010101", "0501"]), st.sampled_from(GRADES), st.integers())
def test_routing(town: list[Serving], matter: str, grade: Grade, seed: int) -> None:
    shown = preview(matter, grade, town)
    mixed = list(town)
    random.Random(seed).shuffle(mixed)
    assert preview(matter, grade, mixed) == shown, "the order in which they are stored decides nothing"

    chosen, asked = shown.route, for_directory(town)
    named = dict(chosen.organisations)
    assert list(named) == [tier for tier in TIERS if tier in named], "nearest tier first, each once"
    tier_of = {one.code: one.tier for one in asked}
    able = [one for one in asked if one.may(matter, grade)]
    if able:
        nearest: Tier = min((one.tier for one in able), key=TIERS.index)
        assert chosen.lead is not None
        assert tier_of[chosen.lead] is nearest, "the nearest that may leads"
        assert next(one for one in asked if one.code == chosen.lead).may(matter, grade)
    else:
        assert chosen.lead is None
    if chosen.beyond:
        below = chosen.organisations[0][0]
        assert not any(one.may(matter, grade) for one in asked if one.tier is below)
        assert chosen.lead is None or TIERS.index(tier_of[chosen.lead]) > TIERS.index(below)
        assert shown.next is None or TIERS.index(tier_of[shown.next]) > TIERS.index(below)
    elif chosen.organisations:
        assert chosen.lead == chosen.organisations[0][1], "within authority it stays with the nearest"
    assert len(shown.asked) == len(asked), "every one that was looked at has its reason"
    assert sum(one.why is Why.LEADS for one in shown.asked) == (chosen.lead is not None)
    for one in shown.asked:
        assert (one.authority is None) == (one.why is Why.NO_AUTHORITY)
        assert (one.before is not None) == (one.why is Why.NOT_FIRST)
