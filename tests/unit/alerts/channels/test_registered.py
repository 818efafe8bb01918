from collections.abc import Callable

import pytest

from tocsin.alerts.channels.phone_config import NamedTemplate, OrderedTemplate
from tocsin.alerts.channels.registered import fill_in
from tocsin.alerts.ports import Message, RefusedBy

Make = Callable[..., Message]
CALL = OrderedTemplate(code="1", parameters=("what",))
OTHER = OrderedTemplate(code="2", parameters=("where",))
WORDS = {"what": "烟雾", "where": "粮仓"}


def test_our_own_template_goes_before_the_one_for_all_others(message: Make) -> None:
    templates = {"*": OTHER, "call": CALL}
    assert fill_in(templates, message("x", words=WORDS), lambda one: one.parameters, 35) == (CALL, ["烟雾"])
    assert fill_in(templates, message("x", words=WORDS, template="help"), lambda one: one.parameters, 35) == (
        OTHER,
        ["粮仓"],
    )


@pytest.mark.parametrize("name", ["recall", "test"])
def test_a_recall_and_a_test_are_sent_in_words_of_their_own_or_not_at_all(message: Make, name: str) -> None:
    asked = message("x", words=WORDS, template=name)
    assert isinstance(fill_in({"*": OTHER}, asked, lambda one: one.parameters, 35), RefusedBy)
    assert fill_in({"*": OTHER, name: CALL}, asked, lambda one: one.parameters, 35) == (CALL, ["烟雾"])


def test_what_is_mapped_nowhere_is_for_another_provider(message: Make) -> None:
    named = {"call": NamedTemplate(code="SMS_1")}
    answer = fill_in(named, message("x", template="recall"), lambda one: one.parameters.values(), 35)
    assert isinstance(answer, RefusedBy)
    assert (answer.elsewhere, answer.by_account, answer.retry_after) == (True, False, None)
