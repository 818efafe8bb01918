from __future__ import annotations

import pytest

from tocsin.core.errors import Rejected
from tocsin.core.grids import Tier
from tocsin.town.codes import CodeRule, misfit, numbered, region_of, rule_of, tier_of

VILLAGE = "370102001003"


@pytest.mark.parametrize(
    ("code", "rule", "region", "tier"),
    [
        ("3701", CodeRule.DIVISION, "370100000000", Tier.CITY),
        ("370102", CodeRule.DIVISION, "370102000000", Tier.CITY),
        ("370102001", CodeRule.DIVISION, "370102001000", Tier.TOWNSHIP),
        (VILLAGE, CodeRule.DIVISION, VILLAGE, Tier.VILLAGE),
        (f"{VILLAGE}007", CodeRule.GRID, VILLAGE, Tier.VILLAGE),
        (f"010203{VILLAGE}02", CodeRule.COMMUNITY, VILLAGE, Tier.VILLAGE),
        ("990102001003007", CodeRule.GIVEN, "", None),
        ("weir-1", CodeRule.GIVEN, "", None),
        ("101", CodeRule.GIVEN, "", None),
        ("三七〇一〇二", CodeRule.GIVEN, "", None),
    ],
)
def test_a_code_says_its_rule_place_and_tier(
    code: str, rule: CodeRule, region: str, tier: Tier | None
) -> None:
    assert (rule_of(code), region_of(code), tier_of(code)) == (rule, region, tier)


@pytest.mark.parametrize(
    ("code", "parent", "fits"),
    [
        (f"{VILLAGE}001", VILLAGE, True),
        (f"{VILLAGE}001", "370102001", True),
        ("370102001004001", VILLAGE, False),
        (f"010203{VILLAGE}02", VILLAGE, True),
        (f"010203{VILLAGE}02", "370102001004", False),
        ("weir", VILLAGE, True),
        (f"{VILLAGE}001", "town", True),
        (VILLAGE, VILLAGE, False),
    ],
)
def test_by_rule_a_child_begins_with_its_parent(code: str, parent: str, *, fits: bool) -> None:
    assert (misfit(code, parent) is None) is fits


def test_grids_are_numbered_as_one_reads_a_map() -> None:
    places = [(36.00, 117.01), (36.01, 117.01), (36.0101, 117.00), (36.0002, 117.00), None]
    assert [code[-3:] for code in numbered(VILLAGE, places, ())] == ["004", "002", "001", "003", "005"]


def test_numbers_that_were_ever_given_are_left_alone() -> None:
    taken = {f"{VILLAGE}001", f"{VILLAGE}003", "370102001004002"}
    assert numbered(VILLAGE, [None, None], taken) == [f"{VILLAGE}002", f"{VILLAGE}004"]


@pytest.mark.parametrize(("parent", "count"), [("370102001", 1), ("weir", 1), (VILLAGE, 1000)])
def test_codes_are_made_below_villages_only_and_up_to_999(parent: str, count: int) -> None:
    with pytest.raises(Rejected) as refused:
        numbered(parent, [None] * count, ())
    assert refused.value.code == "grid.code"
