"""How commands speak: results on standard output, refusals on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def failure(sentence: str) -> None:
    """Say what is wrong and what to do."""
    err.print("tocsin:", sentence, style="red", markup=False)


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON document and nothing else."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")
