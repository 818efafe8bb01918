"""Named queries out of `.sql` files.

A file holds any number of queries, each beginning with `-- name: claim_due` and a comment line
that says what for.  `queries("field")` reads `store/queries/field.sql` and gives name → text; the
text begins with its name as a comment, so that a slow one is found in the server's log by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from tocsin.core.errors import InvariantBroken

_NAME: Final = re.compile(r"^-- name: ([a-z][a-z0-9_]*)[ \t]*$", re.MULTILINE)


@cache
def queries(file: str) -> Mapping[str, bytes]:
    """Read one file of queries by its name without `.sql`; read once per process.

    Raises `InvariantBroken` when a query stands twice, has no comment or is empty.
    """
    text = (files("tocsin.store.queries") / f"{file}.sql").read_text(encoding="utf-8")
    return MappingProxyType(parse(text, file))


def parse(text: str, file: str) -> dict[str, bytes]:
    """Take the text of a file of queries apart; raises as `queries`."""
    found: dict[str, bytes] = {}
    parts = _NAME.split(text)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        lines = body.strip("\n").split("\n")
        if not lines[0].startswith("-- "):
            raise InvariantBroken(f"{file}.sql: query {name} needs a comment line that says what for")
        statement = (
            "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip().rstrip("; \n")
        )
        if not statement:
            raise InvariantBroken(f"{file}.sql: query {name} is empty")
        if name in found:
            raise InvariantBroken(f"{file}.sql: query {name} stands twice")
        found[name] = f"/* {file}.{name} */ {statement}".encode()
    return found
