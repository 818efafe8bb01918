"""Passwords: Argon2id, made and checked off the event loop, at most two at a time.

An unknown name costs as much time as a wrong password, so that names cannot be probed.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tocsin.core.errors import Rejected

PASSWORD_MIN: Final = 8
PASSWORD_MAX: Final = 256
PARALLEL: Final = 2
"""Hashes at one time: each takes 19 MiB and a core, and sign-in must not starve the rest."""

# OWASP's second recommendation (19 MiB, two passes, one lane): 30 ms on a small server.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Make the text that is stored; blocks for tens of milliseconds.

    Raises `Rejected` (`password.length`) for fewer than 8 or more than 256 characters.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Rejected("password.length", f"a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Say whether a password fits; with None (unknown name) it takes as long and says no."""
    try:
        _HASHER.verify(stored if stored is not None else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


class PasswordChecker:
    """Check passwords in threads, never more than `PARALLEL` at once."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(PARALLEL)

    async def fits(self, stored: str | None, password: str) -> bool:
        """Say whether a password fits, without blocking the loop."""
        async with self._free:
            return await asyncio.to_thread(verify_password, stored, password)
