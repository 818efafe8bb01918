from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alerts.throttle import SPENT_MAX, Ask, Budget, Choice, Rate, admit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
S = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def ask(name: str, *wants: tuple[str, tuple[Rate, ...]], urgency: int = 0, person: str = "") -> Ask:
    return Ask(name, urgency, NOW, (Choice("p", wants),), person)


def test_what_fits_is_sent_now_and_spent() -> None:
    [answer], changed = admit([ask("a", ("k", (Rate(1, MINUTE),)))], {}, NOW)
    assert (answer.provider, answer.until) == ("p", None)
    assert changed == {"k": Budget((NOW,))}


def test_what_does_not_fit_waits_for_the_instant_at_which_it_does_and_spends_nothing() -> None:
    spent = Budget((NOW - 50 * S, NOW - 20 * S))
    [answer], changed = admit([ask("a", ("k", (Rate(2, MINUTE),)))], {"k": spent}, NOW)
    assert answer.until == NOW + 10 * S
    assert changed == {}


def test_the_limit_itself_is_outside_the_span() -> None:
    rates = (Rate(1, MINUTE),)
    [answer], _ = admit([ask("a", ("k", rates))], {"k": Budget((NOW - MINUTE,))}, NOW)
    assert answer.until is None
    [answer], _ = admit(
        [ask("a", ("k", rates))], {"k": Budget((NOW - MINUTE + timedelta(microseconds=1),))}, NOW
    )
    assert answer.until == NOW + timedelta(microseconds=1)


def test_all_rates_of_a_key_hold_at_once() -> None:
    rates = (Rate(1, MINUTE), Rate(2, timedelta(hours=1)))
    spent = Budget((NOW - 30 * MINUTE, NOW - 10 * S))
    [answer], _ = admit([ask("a", ("k", rates))], {"k": spent}, NOW)
    assert answer.until == NOW + 30 * MINUTE


def test_all_keys_must_have_room_and_none_is_spent_otherwise() -> None:
    wants = (("account", (Rate(10, MINUTE),)), ("address", (Rate(1, MINUTE),)))
    [answer], changed = admit([ask("a", *wants)], {"address": Budget((NOW - 5 * S,))}, NOW)
    assert answer.until == NOW + 55 * S
    assert changed == {}


def test_the_more_urgent_takes_the_last_place_whatever_the_order_of_asking() -> None:
    wants = ("k", (Rate(1, MINUTE),))
    answers, _ = admit([ask("a-later", wants, urgency=4), ask("b-first", wants, urgency=0)], {}, NOW)
    assert [one.until for one in answers] == [NOW + MINUTE, None]


def test_among_equals_the_person_least_recently_contacted_goes_first() -> None:
    wants = ("k", (Rate(1, MINUTE),))
    asks = [ask("often", wants, person="ann"), ask("never", wants, person="bob")]
    answers, changed = admit(asks, {"ann": Budget((NOW - S,))}, NOW)
    assert [one.until for one in answers] == [NOW + MINUTE, None]
    assert changed["bob"].spent == (NOW,)


def test_those_who_wait_get_instants_of_their_own() -> None:
    wants = ("k", (Rate(2, MINUTE),))
    answers, changed = admit([ask(str(n), wants) for n in range(6)], {"k": Budget((NOW - 30 * S,))}, NOW)
    waits = [None if one.until is None else (one.until - NOW) / S for one in answers]
    assert waits == [None, 30, 60, 90, 120, 150]
    assert changed["k"].spent == (NOW - 30 * S, NOW), "what was planned is not spent"


def test_the_second_provider_takes_what_the_first_has_no_room_for() -> None:
    both = (Choice("one", (("1", (Rate(1, MINUTE),)),)), Choice("two", (("2", (Rate(1, MINUTE),)),)))
    asks = [Ask(name, 0, NOW, both) for name in "abc"]
    answers, _ = admit(asks, {}, NOW)
    assert [(one.provider, one.until) for one in answers[:2]] == [("one", None), ("two", None)]
    assert answers[2].until == NOW + MINUTE


def test_a_block_holds_whatever_is_spent() -> None:
    [answer], _ = admit([ask("a", ("k", ()))], {"k": Budget((), NOW + 9 * S)}, NOW)
    assert answer.until == NOW + 9 * S


def test_a_faster_rate_is_kept_over_a_shorter_span() -> None:
    assert Rate(2 * SPENT_MAX, MINUTE).bounded() == Rate(SPENT_MAX, MINUTE / 2)
    assert Rate(20, MINUTE).bounded() == Rate(20, MINUTE)


def test_an_ask_without_provider_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no provider"):
        admit([Ask("a", 0, NOW, ())], {}, NOW)


@given(
    most=st.integers(1, 5),
    gaps=st.lists(st.integers(0, 40), max_size=25),
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=5),
)
def test_no_span_ever_holds_more_than_the_rate(most: int, gaps: list[int], sizes: list[int]) -> None:
    rate, budgets, at, sent, number = Rate(most, MINUTE), dict[str, Budget](), NOW, list[datetime](), 0
    for turn, gap in enumerate(gaps):
        at += gap * S
        asks = []
        for _ in range(sizes[turn % len(sizes)]):
            number += 1
            asks.append(ask(str(number), ("k", (rate,))))
        answers, changed = admit(asks, budgets, at)
        budgets |= changed
        sent += [at for one in answers if one.until is None]
        assert all(one.until is None or one.until > at for one in answers)
        assert len(budgets.get("k", Budget()).spent) <= most
    assert all(sum(one <= other < one + MINUTE for other in sent) <= most for one in sent)


def test_what_the_longest_of_several_rates_must_know_is_kept() -> None:
    rates = (Rate(2, timedelta(hours=1)), Rate(10, S))
    book: dict[str, Budget] = {}
    told = []
    for minute in (0, 10, 20):
        [answer], changed = admit([ask("a", ("k", rates))], book, NOW + minute * MINUTE)
        book |= changed
        told.append(answer.until)
    assert told == [None, None, NOW + timedelta(hours=1)]
