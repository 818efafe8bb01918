from __future__ import annotations

import asyncio

import pytest

from tocsin.api import auth
from tocsin.api.auth import PARALLEL, PasswordChecker, hash_password, verify_password
from tocsin.core.errors import Rejected


def test_the_right_password_fits_and_another_does_not() -> None:
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert verify_password(stored, "correct horse")
    assert not verify_password(stored, "Correct horse")


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password("correct horse") != hash_password("correct horse")


def test_nobody_fits_an_unknown_name_even_with_the_stand_in_password() -> None:
    assert not verify_password(None, "nobody has this password")


def test_an_unknown_name_is_hashed_like_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            asked.append((stored, password))
            return True

        def hash(self, password: str) -> str:
            return "stand-in"

    monkeypatch.setattr(auth, "_HASHER", Counting())
    auth._nobody.cache_clear()
    try:
        verify_password(None, "guess")
    finally:
        auth._nobody.cache_clear()
    assert asked == [("stand-in", "guess")]


def test_a_damaged_hash_fits_nothing() -> None:
    assert not verify_password("$argon2id$damaged", "correct horse")


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_a_password_has_bounds(password: str) -> None:
    with pytest.raises(Rejected) as refused:
        hash_password(password)
    assert refused.value.code == "password.length"


async def test_no_more_than_the_limit_are_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, gate = 0, 0, asyncio.Event()

    async def to_thread(*_: object) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1
        return True

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    checker = PasswordChecker()
    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(checker.fits("stored", "password"))
        while running < PARALLEL:
            await asyncio.sleep(0)
        gate.set()
    assert most == PARALLEL
