"""Tests of channels in memory, for what drives them; the lists are SQL and are tested on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from typing_extensions import override

from tocsin.alerts.reach_ports import ChannelRow, Trial, TrialRow, TrialStore
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel


@dataclass
class FakeTrials(TrialStore):
    """Notes what it is asked; gives what a test put in."""

    waiting: list[Trial] = field(default_factory=list)
    known: list[tuple[PersonId, Channel, datetime | None]] = field(default_factory=list)
    ordered: list[tuple[PersonId, tuple[Channel, ...], str]] = field(default_factory=list)
    tokens: dict[str, bytes] = field(default_factory=dict)
    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Trial → (provider, what became of it)."""
    answers: list[tuple[PersonId, Channel]] = field(default_factory=list)
    open: set[tuple[PersonId, Channel]] = field(default_factory=set)
    listed: list[TrialRow] = field(default_factory=list)
    silent: list[tuple[PersonId, str, str]] = field(default_factory=list)
    providers: list[ChannelRow] = field(default_factory=list)
    subscribed: list[tuple[PersonId, str]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)

    @override
    async def ask(self, person: PersonId, channels: Sequence[Channel], by: str) -> Sequence[str]:
        self.ordered.append((person, tuple(channels), by))
        return [f"test-{len(self.ordered)}"]

    @override
    async def contacts(self) -> Sequence[tuple[PersonId, Channel, datetime | None]]:
        return self.known

    @override
    async def claim(self, most: int) -> Sequence[Trial]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    @override
    async def name_token(self, trial: str, token_hash: bytes) -> None:
        self.tokens[trial] = token_hash

    @override
    async def sent(self, trial: str, *, provider: str, provider_id: str) -> None:
        self.outcomes[trial] = provider, f"sent {provider_id}"

    @override
    async def failed(self, trial: str, reason: str, provider: str) -> None:
        self.outcomes[trial] = provider, reason

    @override
    async def answer(self, token_hash: bytes) -> TrialRow | None:
        known = [trial for trial, token in self.tokens.items() if token == token_hash]
        return next((row for row in self.listed if row.id in known), None)

    @override
    async def answer_of(self, person: PersonId, channel: Channel) -> bool:
        self.answers.append((person, channel))
        return (person, channel) in self.open

    @override
    async def rows(self, scope: str, person: PersonId | None, most: int) -> Sequence[TrialRow]:
        self.scopes.append(scope)
        return [row for row in self.listed if person in {None, row.person}][:most]

    @override
    async def unreachable(self, scope: str) -> Sequence[tuple[PersonId, str, str]]:
        return self.silent

    @override
    async def channels(self) -> Sequence[ChannelRow]:
        return self.providers

    @override
    async def subscribe(self, person: PersonId, address: str, most: int) -> None:
        self.subscribed = [*self.subscribed, (person, address)][-most:]

    @override
    async def unsubscribe(self, person: PersonId, endpoint: str) -> None:
        self.subscribed = [one for one in self.subscribed if one[0] != person or endpoint not in one[1]]


def trial(number: int = 1, channel: Channel = Channel.SMS, address: str = "13800001111") -> Trial:
    """A test that was ordered."""
    return Trial(
        id=f"t-{number}",
        person=PersonId(f"person-{number}"),
        person_name="王强",
        language="zh",
        channel=channel,
        address=address,
        asked=datetime(2026, 5, 6, 4, 0, tzinfo=UTC),
    )
