"""The figures as a whole: named once, explained in both languages, none without a rule."""

from __future__ import annotations

import re

import pytest

from tocsin.core.errors import NotFound
from tocsin.core.grids import TIERS
from tocsin.town.figure_catalogue import BY_NAME, DEFINITIONS, GROUPS, definition
from tocsin.town.figure_model import Definition, Reason
from tocsin.town.figure_words import REASONS

HAN = re.compile(r"[一-鿿]")


def test_names_are_given_once_and_can_stand_in_an_address() -> None:
    assert len(BY_NAME) == len(DEFINITIONS)
    assert all(re.fullmatch(r"[a-z0-9_]{1,40}", name) for name in BY_NAME)


@pytest.mark.parametrize("one", DEFINITIONS, ids=lambda one: one.name)
def test_a_figure_says_who_counts_in_both_languages(one: Definition) -> None:
    assert one.group in GROUPS
    for words, chinese in ((one.zh, True), (one.en, False)):
        for text in (words.title, words.numerator, words.denominator, words.excluded):
            assert text.strip() == text != ""
            assert bool(HAN.search(text)) is chinese


def test_figures_of_a_group_stand_together() -> None:
    groups = [one.group for one in DEFINITIONS]
    assert list(dict.fromkeys(groups)) == list(GROUPS)
    assert groups == sorted(groups, key=list(GROUPS).index)


def test_the_promise_has_a_figure_for_every_tier() -> None:
    for tier in TIERS:
        assert definition(f"on_scene_{tier}").tier is tier
        assert definition(f"arrival_{tier}").tier is tier


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(Reason)
    for zh, en in REASONS.values():
        assert HAN.search(zh)
        assert not HAN.search(en)


def test_an_unknown_figure_is_refused_with_where_to_look() -> None:
    with pytest.raises(NotFound, match="definitions"):
        definition("speed")
