"""Telephone numbers of mainland China, as the providers of messages and calls take them."""

from __future__ import annotations

import re
from typing import Final

from tocsin.core.errors import Rejected

MOBILE: Final = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")
LANDLINE: Final = re.compile(r"(0[1-9][0-9]{1,2})-?([2-9][0-9]{6,7})")


def mobile(address: str) -> str:
    """Give the eleven digits of a mobile number; raises `Rejected` (`phone.mobile`) with what to write instead."""
    found = MOBILE.fullmatch(_plain(address))
    if found is None:
        raise Rejected(
            "phone.mobile",
            "not a mobile number of mainland China: write eleven digits that begin with 1, or +86 before them",
        )
    return found[1]


def callable_number(address: str) -> str:
    """Give a number that can be called: a mobile one, or a landline with its area code (057188886666).

    Raises `Rejected` (`phone.number`) with what to write instead.
    """
    plain = _plain(address)
    if found := MOBILE.fullmatch(plain):
        return found[1]
    if found := LANDLINE.fullmatch(plain):
        return found[1] + found[2]
    raise Rejected(
        "phone.number",
        "not a number of mainland China: write a mobile number's eleven digits, or area code and number of a landline",
    )


def _plain(address: str) -> str:
    return address.strip().replace(" ", "") if len(address) <= 40 else ""
