"""How commands speak: results on standard output, refusals on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.table import Column

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def code_column(title: str) -> Column:
    """Make a column of codes: they are typed again elsewhere, so a narrow terminal never cuts them."""
    return Column(title, no_wrap=True, overflow="fold")


def failure(sentence: str) -> None:
    """Say what is wrong and what to do."""
    err.print("tocsin:", sentence, style="red", markup=False)


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON document and nothing else."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")
