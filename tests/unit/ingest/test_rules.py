from __future__ import annotations

import pytest

from tests.support.ingest import CountingBank
from tocsin.core.errors import Rejected
from tocsin.ingest.rules import RulesBook


def test_one_configuration_for_good_understands_only_itself() -> None:
    book = RulesBook.fixed(CountingBank, "a")
    assert book.again(book.current.data) is book.current
    with pytest.raises(Rejected, match="another configuration"):
        book.again(RulesBook.fixed(CountingBank, "b").current.data)
