"""The kinds of error, one per thing the caller can do about it.

Driver exceptions are translated into these in the adapter that met them, once, `from` the cause.
"""

from __future__ import annotations


class TocsinError(Exception):
    """Be the base of every error that we raise on purpose."""


class Transient(TocsinError):
    """Say that the same call may succeed later: the caller retries with back-off."""


class Rejected(TocsinError):
    """Say that the input is wrong and will stay wrong; a person reads the reason.

    `code` is stable and machine-readable (`incident.closed`, `envelope.too_large`); `reason` is
    one English sentence that says what to do instead.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class NotFound(Rejected):
    """Say that the thing asked for does not exist, or not within the caller's scope."""


class Conflict(TocsinError):
    """Say that somebody else was faster: the caller loads again and decides again."""


class LeaseLost(TocsinError):
    """Say that another worker took the session over: nothing more may be committed under it."""


class InvariantBroken(TocsinError):
    """Say that the program is wrong; the process dies and a supervisor starts it again."""
