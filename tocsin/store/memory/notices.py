"""The outbox of notices in memory, over the tables of `MemoryAlertsStore`.

The same promises as the database: a lease that ran out is up for taking again, what is cancelled or
over is never given out, and only the holder may settle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from typing_extensions import override

from tocsin.alerts.model import Notice
from tocsin.alerts.ports import OUTAGE, ClaimedNotice, NoticeStore
from tocsin.core.ids import NoticeId, PersonId, collector_of
from tocsin.core.incidents import Outcome
from tocsin.core.responders import Channel
from tocsin.store.memory.alerts import LIVE_STATES, MemoryAlertsStore, StoredNotice


class MemoryNoticeStore(NoticeStore):
    """Lease, settle and expire what `MemoryAlertsStore` put into the outbox."""

    def __init__(self, store: MemoryAlertsStore) -> None:
        self._store = store

    @property
    def rows(self) -> dict[NoticeId, StoredNotice]:
        """All notices by name; tests read them."""
        return self._store.tables.notices

    @override
    async def claim(self, relay: str, most: int, lease: timedelta) -> Sequence[ClaimedNotice]:
        now = self._store.clock.now()
        ready = [
            (row.notice.priority, row.ready_at, name)
            for name, row in self.rows.items()
            if row.ready_at is not None
            and row.ready_at <= now
            and not row.cancelled
            and row.notice.expires > now
        ]
        claimed = []
        for _, _, name in sorted(ready)[:most]:
            row = replace(
                self.rows[name],
                state="leased",
                holder=relay,
                attempt=self.rows[name].attempt + 1,
                ready_at=now + lease,
            )
            self.rows[name] = row
            claimed.append(self._addressed(row))
        return claimed

    def _addressed(self, row: StoredNotice) -> ClaimedNotice:
        notice, town = row.notice, self._store.town
        incident = self._store.tables.incidents[notice.incident].incident
        clock = incident.clocks.get(notice.tier) if notice.tier is not None else None
        person = notice.person or PersonId("")
        address = town.addresses.get((person, notice.channel), "")
        if notice.channel is Channel.MQTT and not address and incident.device is not None:
            address = collector_of(incident.device)
        return ClaimedNotice(
            notice=notice,
            attempt=row.attempt,
            address=address or (person if notice.channel is Channel.LOG else ""),
            person_name=town.names.get(person, person),
            language="zh",
            kind=incident.kind,
            grade=incident.grade,
            grid_name=town.grid(incident.grid).name,
            place_name=incident.device or "",
            began=incident.began,
            confirmed=incident.confirmed,
            due=(incident.work and incident.work.due) or (clock.due if clock is not None else None),
            provider=row.provider,
        )

    @override
    async def settle(
        self,
        notice: NoticeId,
        relay: str,
        outcome: Outcome,
        *,
        reason: str,
        provider_id: str,
        provider: str = "",
    ) -> bool:
        row = self.rows.get(notice)
        if row is None or row.holder != relay:
            return False
        if row.state != "leased" and not (row.state == "sent" and outcome is Outcome.DELIVERED):
            return False
        self.rows[notice] = replace(
            row,
            state=outcome.value,
            ready_at=None,
            reason=reason,
            provider_id=provider_id or row.provider_id,
            provider=provider or row.provider,
        )
        return True

    @override
    async def postpone(
        self,
        notice: NoticeId,
        relay: str,
        until: datetime,
        reason: str,
        *,
        tried: bool = True,
        provider: str = "",
    ) -> bool:
        row = self.rows.get(notice)
        if row is None or row.holder != relay or row.state != "leased":
            return False
        state, ready_at = ("cancelled", None) if row.cancelled else ("pending", until)
        attempt = row.attempt if tried else row.attempt - 1
        self.rows[notice] = replace(
            row,
            state=state,
            ready_at=ready_at,
            reason=reason,
            attempt=attempt,
            provider=provider or row.provider,
        )
        return True

    @override
    async def forget(self, channel: Channel, address: str) -> None:
        addresses = self._store.town.addresses
        for key in [key for key, known in addresses.items() if key[1] is channel and known == address]:
            del addresses[key]

    @override
    async def expire(self, most: int) -> Sequence[Notice]:
        now = self._store.clock.now()
        over = [
            row
            for row in sorted(self.rows.values(), key=lambda row: row.notice.expires)
            if row.state in LIVE_STATES
            and row.notice.expires <= now
            and (row.state == "pending" or (row.ready_at is not None and row.ready_at <= now))
        ][:most]
        for row in over:
            state, reason = ("cancelled", row.reason) if row.cancelled else ("expired", _late(row, now))
            self.rows[row.notice.id] = replace(row, state=state, ready_at=None, reason=reason)
        return [row.notice for row in over if not row.cancelled]

    @override
    async def next_send(self) -> tuple[datetime, datetime] | None:
        ready = [row.ready_at for row in self.rows.values() if row.ready_at is not None and not row.cancelled]
        return (self._store.clock.now(), min(ready)) if ready else None


def _late(row: StoredNotice, now: datetime) -> str:
    why = "outage" if row.notice.expires <= now - OUTAGE else "not_sent_in_time"
    return f"{why}, last {row.reason}"[:500] if row.reason else why
