from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.incidents import START
from tocsin.alerts import throttle
from tocsin.alerts.throttle import Budget, Rate, Throttle

S = timedelta(seconds=1)
BOT = (Rate(20, 60 * S),)


def test_budget_admits_so_many_and_then_names_the_instant() -> None:
    budget = Budget(BOT)
    assert [budget.admit(START + n * S) for n in range(20)] == [None] * 20
    assert budget.admit(START + 20 * S) == START + 60 * S
    assert budget.admit(START + 59.999999 * S) == START + 60 * S
    assert budget.admit(START + 60 * S) is None
    assert budget.admit(START + 60 * S) == START + 61 * S


def test_several_rates_hold_together() -> None:
    voice = Budget((Rate(1, 60 * S), Rate(5, 3600 * S)))
    at = START
    sent = []
    for _ in range(6):
        while (retry := voice.admit(at)) is not None:
            at = retry
        sent.append((at - START).total_seconds())
    assert sent == [0, 60, 120, 180, 240, 3600]


def test_block_holds_and_is_never_shortened() -> None:
    budget = Budget(BOT)
    budget.block(START + 600 * S)
    budget.block(START + 10 * S)
    assert budget.admit(START) == START + 600 * S
    assert budget.admit(START + 600 * S) is None


def test_refused_sending_costs_no_budget_anywhere() -> None:
    gate = Throttle()
    person, bot = ("person", (Rate(1, 60 * S),)), ("bot", (Rate(2, 60 * S),))
    assert gate.admit([person, bot], START) is None
    assert gate.admit([person, bot], START + S) == START + 60 * S
    assert gate.admit([bot], START + S) is None
    assert gate.admit([bot], START + 2 * S) == START + 60 * S


def test_blocked_key_keeps_its_block_when_its_rates_come_later() -> None:
    gate = Throttle()
    gate.block("bot", START + 60 * S)
    assert gate.admit([("bot", BOT)], START) == START + 60 * S


def test_idle_keys_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "KEYS_MAX", 2)
    gate = Throttle()
    gate.admit([("a", BOT)], START)
    gate.admit([("b", BOT)], START + 30 * S)
    gate.admit([("c", BOT)], START + 61 * S)
    assert set(gate._budgets) == {"b", "c"}


def test_budget_is_idle_when_nothing_of_it_matters() -> None:
    budget = Budget(BOT)
    assert budget.idle(START)
    budget.block(START + S)
    assert not budget.idle(START)
    assert budget.idle(START + S)


@given(st.lists(st.floats(0, 300), max_size=60), st.integers(1, 5), st.integers(1, 60))
def test_no_window_ever_holds_more_than_the_rate(offsets: list[float], most: int, within: int) -> None:
    budget = Budget((Rate(most, within * S),))
    sent = [at for offset in sorted(offsets) if budget.admit(at := START + offset * S) is None]
    for at in sent:
        assert sum(at <= other < at + within * S for other in sent) <= most
