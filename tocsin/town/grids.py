"""The tree of places: whether new nodes fit into it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.core.errors import Rejected
from tocsin.core.grids import Grid
from tocsin.core.ids import GridCode


def check_tree(grids: Sequence[Grid], known: Mapping[GridCode, str]) -> None:
    """Check that every grid hangs under one that is known or stands before it.

    `known` gives the paths of grids that exist.  Raises `Rejected` (`grid.parent`) for an unknown
    parent and for a path that is not the parent's path, a full stop and the code.
    """
    paths = dict(known)
    for grid in grids:
        wanted: str = grid.code
        if grid.parent is not None:
            above = paths.get(grid.parent)
            if above is None:
                raise Rejected(
                    "grid.parent",
                    f"grid {grid.code} names the parent {grid.parent}, which does not exist: add the parent first",
                )
            wanted = f"{above}.{grid.code}"
        if grid.path != wanted:
            raise Rejected("grid.parent", f"grid {grid.code} has the path {grid.path!r}: write {wanted!r}")
        paths[grid.code] = grid.path


def within(path: str, scope: str) -> bool:
    """Say whether a path lies in the subtree of a scope; the empty scope is everywhere."""
    return scope in {"", path} or path.startswith(f"{scope}.")
