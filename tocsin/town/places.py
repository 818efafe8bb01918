"""Places as a running process knows them: the tree, and a locator that follows its changes.

The number of the tree's last change is asked each time; only when it has risen is the tree read
again, in a thread, once for all who wait.
"""

from __future__ import annotations

import asyncio

from tocsin.town.grid_ports import PlacesStore
from tocsin.town.locator import Locator


class Places:
    """Gives the store and the locator of the tree as it is now."""

    def __init__(self, store: PlacesStore) -> None:
        self.store = store
        self._locator: Locator | None = None
        self._version = -1
        self._building = asyncio.Lock()

    async def locator(self) -> Locator:
        """Give a locator of the tree as it is now."""
        version = await self.store.version()
        if self._locator is not None and version == self._version:
            return self._locator
        async with self._building:
            version = await self.store.version()  # before the tree: a change meanwhile is seen the next time
            if self._locator is None or version != self._version:
                records = await self.store.records("", outlines=True)
                self._locator = await asyncio.to_thread(Locator, records)
                self._version = version
            return self._locator
