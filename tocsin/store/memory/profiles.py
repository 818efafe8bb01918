"""Display profiles in memory: the twin of `store.profiles`."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import override

from tocsin.core.ids import GridCode, PersonId
from tocsin.town.profiles import STANDARD, ProfileStore


class MemoryProfiles(ProfileStore):
    """Keeps the choice in a dictionary."""

    def __init__(self) -> None:
        self._chosen: dict[str, str] = {}

    @override
    async def profile_of(self, root: GridCode | None) -> str:
        return self._chosen.get(root or "", self._chosen.get("", STANDARD.id))

    @override
    async def choose_profile(
        self, root: GridCode | None, profile: str, person: PersonId, at: datetime
    ) -> None:
        self._chosen[root or ""] = profile
