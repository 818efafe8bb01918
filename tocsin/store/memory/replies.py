"""Receipts and people's answers in memory, over the tables of `MemoryAlertsStore`: the twin of `store.replies`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from typing_extensions import override

from tocsin.alerts.reach_ports import OpenCode, Receipt, ReplyStore, Settling
from tocsin.alerts.receipts import OF_NOTICE
from tocsin.alerts.replies import digits
from tocsin.core.ids import IncidentId, PersonId
from tocsin.core.responders import Channel
from tocsin.store.memory.alerts import LIVE_STATES, MemoryAlertsStore, StoredNotice
from tocsin.store.replies import choose_number


@dataclass(frozen=True, slots=True)
class _Kept:
    receipt: Receipt
    at: datetime
    settled: bool = False


class MemoryReplyStore(ReplyStore):
    """Keeps receipts, numbers and answers in dictionaries."""

    def __init__(self, store: MemoryAlertsStore) -> None:
        self._store = store
        self._receipts: dict[tuple[str, str], _Kept] = {}
        self._codes: dict[tuple[PersonId, int], tuple[OpenCode, datetime]] = {}
        self._answers: dict[tuple[str, str], bool] = {}

    @override
    async def keep(self, receipts: Sequence[Receipt]) -> int:
        before = len(self._receipts)
        for one in receipts:
            self._receipts.setdefault((one.provider, one.provider_id), _Kept(one, self._store.clock.now()))
        return len(self._receipts) - before

    @override
    async def unsettled(self, most: int) -> Sequence[Settling]:
        found = []
        for key, kept in self._receipts.items():
            if kept.settled:
                continue
            if self._store.clock.now() - kept.at > timedelta(minutes=10):
                self._receipts[key] = replace(kept, settled=True)
                continue
            row = self._row_of(kept.receipt.provider, kept.receipt.provider_id)
            if row is not None and row.state not in LIVE_STATES:
                notice = row.notice if row.state == "sent" else None
                found.append(Settling(receipt=kept.receipt, notice=notice, trial=None))
        return found[:most]

    @override
    async def settle(self, settling: Settling) -> None:
        receipt = settling.receipt
        if settling.notice is not None:
            row = self._store.tables.notices[settling.notice.id]
            if row.state == "sent":
                state = "delivered" if receipt.delivered else "failed"
                reason = receipt.reason if receipt.delivered else f"not_delivered: {receipt.reason}"
                self._store.tables.notices[settling.notice.id] = replace(row, state=state, reason=reason)
        key = receipt.provider, receipt.provider_id
        self._receipts[key] = replace(self._receipts[key], settled=True)

    @override
    async def code(self, person: PersonId, incident: IncidentId, until: datetime) -> OpenCode:
        own = [one for one, _ in self._codes.values() if one.person == person]
        own.sort(key=lambda one: (one.made, one.number), reverse=True)
        known = [(one.number, one.incident, one.alone, self._open(one)) for one in own]
        number, alone = choose_number(known, incident)
        before = self._codes.get((person, number))
        until += timedelta(hours=2)
        if before is not None and before[0].incident == incident:
            self._codes[person, number] = replace(before[0], alone=alone), max(before[1], until)
        else:
            made = OpenCode(
                person=person, incident=incident, number=number, alone=alone, made=self._store.clock.now()
            )
            self._codes[person, number] = made, until
        return self._codes[person, number][0]

    @override
    async def codes_of(self, sender: str) -> Sequence[OpenCode]:
        people = await self.people_of(sender)
        found = [one for one, _ in self._codes.values() if one.person in people and self._open(one)]
        return sorted(found, key=lambda one: (one.person, one.number))

    @override
    async def people_of(self, sender: str) -> Sequence[PersonId]:
        plain = digits(sender)
        return sorted(
            {
                person
                for (person, channel), address in self._store.town.addresses.items()
                if channel in {Channel.SMS, Channel.VOICE} and plain and digits(address) == plain
            }
        )

    @override
    async def told_by(self, provider: str, provider_id: str) -> tuple[PersonId, IncidentId | None] | None:
        row = self._row_of(provider, provider_id)
        if row is None or row.notice.person is None:
            return None
        return row.notice.person, row.notice.incident

    @override
    async def begin(self, provider: str, reference: str) -> bool:
        return not self._answers.setdefault((provider, reference), False)

    @override
    async def done(self, provider: str, reference: str) -> None:
        self._answers[provider, reference] = True

    def _row_of(self, provider: str, provider_id: str) -> StoredNotice | None:
        channel, _, name = provider.partition("/")
        for row in self._store.tables.notices.values():
            theirs = (row.notice.channel, row.provider, row.provider_id) == (channel, name, provider_id)
            if theirs or f"{OF_NOTICE}{row.notice.id}" == provider_id:
                return row
        return None

    def _open(self, code: OpenCode) -> bool:
        _, expires = self._codes[code.person, code.number]
        incident = self._store.tables.incidents[code.incident].incident
        return expires > self._store.clock.now() and incident.ended is None
