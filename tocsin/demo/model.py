"""What a demo is told, and the secrets it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the command line says."""

    data: Path
    port: int
    speed: float
    seconds: float | None
    report: Path | None
    fresh: bool
    headless: bool


class Secrets(msgspec.Struct):
    """Made at the first start, kept beside the data, readable by the owner alone."""

    webhook: str
    accounts: dict[str, str]
    collectors: dict[str, str]
