"""The documentation in step with the code: generated pages, and every command named where people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from typer.main import get_command

from tocsin.alerts.channels.config import ChannelsConfig
from tocsin.cli import application
from tocsin.docs import pages

ROOT = Path(__file__).resolve().parents[2]
READ = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "deploy").glob("*.md"))]


@pytest.mark.parametrize("page", pages())
def test_a_generated_page_is_as_it_is_made(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == pages()[page], "run make docs"


def commands(command: click.Command, name: str = "tocsin") -> Iterator[str]:
    """Every command that does something, as it is typed."""
    if isinstance(command, click.Group):
        for word, inner in command.commands.items():
            yield from commands(inner, f"{name} {word}")
    else:
        yield name


def named(command: str, text: str) -> bool:
    """Also in the form `tocsin quarantine list|retry|drop`."""
    *group, word = command.split()
    said = re.compile(rf"\b{re.escape(' '.join(group))} (?:[\w-]+\|)*{re.escape(word)}\b")
    return said.search(text) is not None


def test_every_command_is_named_where_people_read() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in READ)
    missing = [command for command in commands(get_command(application())) if not named(command, text)]
    assert not missing, "name these in README.md, docs/ or deploy/: " + ", ".join(missing)


def test_every_example_of_a_channel_is_taken_as_it_stands() -> None:
    text = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(examples) > 5
    shown = [set(ChannelsConfig.model_validate(yaml.safe_load(one)).model_fields_set) for one in examples]
    assert set().union(*shown) == set(ChannelsConfig.model_fields) - {"log"}


def test_a_command_that_is_not_named_is_found() -> None:
    assert named("tocsin quarantine drop", "`tocsin quarantine list|retry|drop`")
    assert not named("tocsin quarantine drop", "`tocsin quarantine list`, dropped")
