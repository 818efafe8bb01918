"""The page on figures says what the definitions say."""

from __future__ import annotations

from tocsin.town.figure_catalogue import DEFINITIONS
from tocsin.town.figure_model import Reason
from tocsin.town.figure_page import page


def test_every_figure_and_reason_is_explained() -> None:
    text = page()
    for one in DEFINITIONS:
        assert f"`{one.name}`" in text
        assert one.zh.denominator in text
        assert one.en.excluded in text
    for reason in Reason:
        assert f"- `{reason}`: " in text


def test_tables_of_the_page_have_as_many_cells_as_their_heads() -> None:
    for line in page().splitlines():
        if line.startswith("|"):
            assert line.count("|") == 5, line
