from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from tocsin.detectors.form import Form, shown, unknown


class Inner(Form):
    size: int = Field(ge=1)


class Outer(Form):
    inner: tuple[Inner, ...] = ()
    colour: str = "red"


def said(given: object) -> dict[tuple[int | str, ...], str]:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(given)
    return {one["loc"]: one["msg"] for one in caught.value.errors()}


def test_every_fault_keeps_its_place_and_says_what_to_write() -> None:
    assert said({"inner": [{"size": 0}, {}, {"siz": 3, "size": 2}], "color": "x"}) == {
        ("inner", 0, "size"): "must be greater than or equal to 1, not 0",
        ("inner", 1, "size"): "is missing: write it",
        ("inner", 2, "siz"): "is no key here: write `size` if that is meant, or remove it",
        ("color",): "is no key here: write `colour` if that is meant, or remove it",
    }


def test_a_value_in_a_sentence_is_short_and_harms_no_sentence() -> None:
    assert len(shown("{" * 500)) <= 60
    assert "{}" in said({"inner": "{}"})[("inner",)]


def test_a_word_like_no_other_is_answered_with_all_of_them() -> None:
    assert unknown("zzz", ["b", "a"]) == "is no key here: write one of a, b, or remove it"


def test_a_list_whose_items_are_wrong_is_not_called_too_short_as_well() -> None:
    class Line(Form):
        ends: tuple[int, ...] = Field(min_length=2)

    def told(given: object) -> list[str]:
        with pytest.raises(ValidationError) as caught:
            Line.model_validate({"ends": given})
        return [one["msg"] for one in caught.value.errors()]

    assert told(["a", "b"]) == [
        f"must be a valid integer, unable to parse string as an integer, not {one!r}" for one in "ab"
    ]
    assert told([]) == ["must have at least 2 of them, not 0"]


def test_a_chinese_colon_is_named() -> None:
    assert "write it as `above: 2.8`" in unknown("above： 2.8", ["above"])
