from __future__ import annotations

import pytest

from tocsin.core.errors import Rejected
from tocsin.core.marked_yaml import Marked, line_of, read_marked


def read(text: str, characters_max: int = 1000) -> Marked:
    return read_marked(text, what="the file", code="file.form", begins="`a:`", characters_max=characters_max)


def test_everything_knows_its_line_and_what_is_missing_the_line_above_it() -> None:
    read_back = read("# head\na:\n- {b: 1}\n- c:\n    d: [1,\n        2]\n")
    lines = read_back.lines
    assert read_back.tree == {"a": [{"b": 1}, {"c": {"d": [1, 2]}}]}
    assert [lines["a"], lines["a[0].b"], lines["a[1].c"], lines["a[1].c.d[1]"]] == [2, 3, 4, 6]
    assert line_of(lines, "a[1].c.nothing[3].here") == 4
    assert line_of(lines, "nothing") is None


def test_a_key_written_twice_is_named_with_the_line_that_holds() -> None:
    read_back = read("a: 1\nb:\n  c: 1\n  c: 2\n")
    assert read_back.twice == {"b.c": 4}
    assert read_back.tree["b"] == {"c": 2}


def test_on_and_off_are_words() -> None:
    assert read("on: off\nb: true").tree == {"on": "off", "b": True}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: [1", "not YAML.*line 1"),
        ("a: \0", "not YAML.*special characters"),
        ("- 1", "must be a YAML mapping that begins with `a:`"),
        ("", "must be a YAML mapping"),
        ("a: " + "9" * 30, "a number too large"),
        ("a: b" + " " * 2000, "exceeds the 1000 allowed"),
        ("a：\n  - b: c", "write `:` for the Chinese `：` in line 1"),
        ("a: {b: 1，c: 2: 3}", "write `,` for the Chinese `，` in line 1"),
        ("a:\n\t- b", "line 2.*indent with spaces"),
        ("# 说明：\na: [1", r"column 6\)$"),
        ("a: &a [1, *a]\nb: !!python/object:os.system x", "not YAML"),
        ("x0: &x0 [1, 1]\n" + "".join(f"x{i + 1}: &x{i + 1} [*x{i}, *x{i}]\n" for i in range(30)), "aliases"),
    ],
)
def test_what_is_no_file_of_ours_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence) as caught:
        read(text)
    assert caught.value.code == "file.form"
