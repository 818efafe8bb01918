"""A picture of which a part was lost on its way.

A decoder fills what it never received with one exact middle grey from a row downwards. No sensor
gives that: a living picture has noise. Such a picture is neither smoke nor a cover, so the bank
counts it and no detector sees it. Damage that decodes to other colours is not recognised here.
"""

from __future__ import annotations

from typing import Final

from tocsin.core.frames import Image

_FILLED: Final = 128
_ROWS_LEAST: Final = 16
_SHARE: Final = 1 / 12
"""Less than this at the lower edge hides nothing that matters."""


def half_decoded(image: Image) -> bool:
    """Say whether the lower part of a picture was never received."""
    height = image.shape[0]
    if height < _ROWS_LEAST:
        return False
    tail = image[height - max(8, round(height * _SHARE)) :]
    # The last row first: on almost every picture it ends here.
    return bool((tail[-1] == _FILLED).all()) and bool((tail == _FILLED).all())
