"""Count failed sign-ins by name and address, and say how long to wait; pure, bounded.

Given the instant, it holds no clock. One table per process: with several API processes the
limits hold per process.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

KEYS_MAX: Final = 10_000
"""Names and addresses remembered; the ones not used for longest are forgotten first."""


class FailureWindow:
    """Failures per key within a sliding window."""

    def __init__(self, *, most: int, window_seconds: float) -> None:
        self._most = most
        self._window = window_seconds
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_seconds(self, key: str, now: float) -> float:
        """Give the seconds until another attempt is allowed; 0 when it is allowed now."""
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        while failures and failures[0] <= now - self._window:
            failures.popleft()
        if not failures:
            del self._failures[key]
            return 0.0
        if len(failures) < self._most:
            return 0.0
        return failures[-self._most] + self._window - now

    def fail(self, key: str, now: float) -> None:
        """Count a failure."""
        failures = self._failures.setdefault(key, deque(maxlen=self._most))
        failures.append(now)
        self._failures.move_to_end(key)
        while len(self._failures) > KEYS_MAX:
            self._failures.popitem(last=False)

    def forgive(self, key: str) -> None:
        """Forget a key after a success."""
        self._failures.pop(key, None)

    def take_back(self, key: str) -> None:
        """Take the newest failure back: it was counted before its outcome was known."""
        failures = self._failures.get(key)
        if failures:
            failures.pop()


class SignInThrottle:
    """The two limits of sign-in: one name from one address, and one address under any name."""

    def __init__(self, *, per_name: int, per_address: int, window_seconds: float) -> None:
        self._names = FailureWindow(most=per_name, window_seconds=window_seconds)
        self._addresses = FailureWindow(most=per_address, window_seconds=window_seconds)

    def wait_seconds(self, name: str, address: str, now: float) -> float:
        """Give the seconds until this name may try again from this address."""
        return max(
            self._names.wait_seconds(_key(name, address), now), self._addresses.wait_seconds(address, now)
        )

    def fail(self, name: str, address: str, now: float) -> None:
        """Count a failed attempt; also called before the password is checked, see `forgive`."""
        self._names.fail(_key(name, address), now)
        self._addresses.fail(address, now)

    def forgive(self, name: str, address: str) -> None:
        """Forget this name's failures after a success; the address keeps those of other attempts."""
        self._names.forgive(_key(name, address))
        self._addresses.take_back(address)


def _key(name: str, address: str) -> str:
    return f"{name.casefold()}\x1f{address}"
