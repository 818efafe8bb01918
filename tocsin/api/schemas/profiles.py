"""What the steps of a case are called."""

from __future__ import annotations

from tocsin.api.schemas.base import Code, Identifier, Schema
from tocsin.core.incidents import State


class NameView(Schema):
    """A name in both languages."""

    zh: str
    """In Chinese."""
    en: str
    """In English."""


class StepNameView(NameView):
    """What a state is called; consecutive states with the same name are one step."""

    state: State
    """The state."""


class MoveNameView(NameView):
    """What a move is called."""

    move: str
    """Tag of the command: `take_on`."""


class ProfileView(Schema):
    """The names of one loop."""

    id: str
    """Its id."""
    title: NameView
    """Its title."""
    loop: list[str]
    """The steps as the town writes them, in order, in Chinese."""
    steps: list[StepNameView]
    """All states in the order of a life."""
    moves: list[MoveNameView]
    """The moves that have buttons at a desk."""
    note: NameView
    """What to know of these names; may be empty."""


class ProfileList(Schema):
    """Display profiles."""

    items: list[ProfileView]
    """All of them, the standard first."""
    current: str
    """Id of the one in force for the reader."""


class ProfileBody(Schema):
    """Which profile is in force."""

    root: Identifier | None = None
    """Code of the root of a tree; absent for all trees that have chosen none."""
    profile: Code
    """Id of the profile."""
