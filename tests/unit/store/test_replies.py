"""How numbers are chosen; what is kept and found is in the contract suite."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.ids import IncidentId
from tocsin.store.replies import choose_number

NEW = IncidentId("new")


def test_the_first_number_is_one_and_told_without_it() -> None:
    assert choose_number([], NEW) == (1, True)


def test_an_incident_keeps_its_number_while_it_is_open() -> None:
    assert choose_number([(8, "other", True, True), (7, "new", False, True)], NEW) == (7, False)
    assert choose_number([(7, "new", False, False)], NEW) == (8, True)


def test_numbers_go_round_and_pass_over_open_ones() -> None:
    assert choose_number([(99, "a", True, False)], NEW) == (1, True)
    assert choose_number([(99, "a", True, True), (1, "b", False, True)], NEW) == (2, False)


def test_when_all_are_taken_the_oldest_is_given_again() -> None:
    known = [(number, f"i-{number}", False, True) for number in range(99, 0, -1)]
    assert choose_number(known, NEW) == (1, False)


@given(st.lists(st.integers(1, 99), unique=True, max_size=98))
def test_an_open_number_is_never_given_twice(taken: list[int]) -> None:
    number, alone = choose_number([(one, f"i-{one}", False, True) for one in taken], NEW)
    assert 1 <= number <= 99
    assert number not in taken
    assert alone is not bool(taken)
