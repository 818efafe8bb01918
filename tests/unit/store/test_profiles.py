"""What `tests/contract/test_profile_store.py` does not ask: who chose, and when, is kept."""

from __future__ import annotations

from datetime import timedelta

from tests.support.database import Database
from tests.support.response import ANN, BOB, CITY, START
from tocsin.store.profiles import PgProfiles


async def test_who_chose_last_and_when_is_kept(database: Database) -> None:
    profiles = PgProfiles(database.pool)
    await profiles.choose_profile(CITY, "needs", ANN, START)
    await profiles.choose_profile(CITY, "patrol", BOB, START + timedelta(days=1))
    kept = await database.execute("select root, profile, person, chosen from display_profile")
    assert kept == [(CITY, "patrol", BOB, START + timedelta(days=1))]
