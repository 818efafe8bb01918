"""From other people's values and times to ours; pure.

Numbers, numerals, booleans and words like `on` become floats; what is no number says so. Times
become microseconds since 1970 and are refused outside the years 1 to 9999.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tocsin.core.clock import to_us
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Quality, Reading

TEXT_MAX = 256
TRUE_WORDS = ("on", "true", "open", "yes", "alarm")
FALSE_WORDS = ("off", "false", "closed", "no", "ok")


def number(raw: Any, *, true: Sequence[str] = TRUE_WORDS, false: Sequence[str] = FALSE_WORDS) -> float | None:
    """Read a value as a number; None when it is none. NaN and infinities come through."""
    if isinstance(raw, bool):
        return 1.0 if raw else 0.0
    if isinstance(raw, int | float):
        try:
            return float(raw)
        except OverflowError:
            return math.inf
    if isinstance(raw, str):
        word = raw.strip()
        if word.lower() in true:
            return 1.0
        if word.lower() in false:
            return 0.0
        try:
            return float(word)
        except ValueError:
            return None
    return None


def reading(
    stream: StreamId, value: float | None, observed_us: int, *, unit: str = "", text: str | None = None
) -> Reading:
    """Make a reading; a value that is no finite number is marked and kept as absent."""
    quality = Quality.GOOD
    if value is not None and not math.isfinite(value):
        value, quality = None, Quality.NOT_A_NUMBER
    elif value is None and text is None:
        quality = Quality.NOT_A_NUMBER
    return Reading(
        stream=stream,
        observed_us=observed_us,
        value=value,
        unit=unit,
        text=text[:TEXT_MAX] if text is not None else None,
        quality=int(quality),
    )


def instant_us(raw: Any, form: str) -> int:
    """Read a time by its format: `iso`, `seconds`, `milliseconds` or strptime (UTC when it has no zone).

    Raises `Rejected` (`time.form`) with the format that was expected.
    """
    try:
        if form in {"seconds", "milliseconds"}:
            number_ = float(raw)
            if not math.isfinite(number_) or abs(number_) > 4e14:
                raise ValueError("out of range")  # noqa: TRY301 translated below, with the others
            return round(number_ * (1e6 if form == "seconds" else 1e3))
        text = str(raw).strip()
        when = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007 the zone is added below
        return to_us(when if when.tzinfo is not None else when.replace(tzinfo=UTC))
    except (ValueError, TypeError, OverflowError) as error:
        raise Rejected("time.form", f"time {str(raw)[:64]!r} does not fit the format {form!r}") from error


def dig(document: Any, path: str) -> Any:
    """Follow a dotted path through objects and lists; None where it leads nowhere. `.` is the whole."""
    if path in {"", "."}:
        return document
    here = document
    for part in path.split("."):
        if isinstance(here, dict):
            here = here.get(part)
        elif isinstance(here, list) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        else:
            return None
    return here
