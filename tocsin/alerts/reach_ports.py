"""What reaching people needs of a database: budgets, providers' health, receipts, reply codes, trials.

All of it is shared by every relay and every API process.  No address is a key: budgets know addresses by
a keyed hash, replies find people by the contacts as they are now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.alerts.circuit import Health
from tocsin.alerts.model import Notice
from tocsin.alerts.ports import Answer
from tocsin.alerts.throttle import Admission, Ask
from tocsin.core.ids import IncidentId, PersonId
from tocsin.core.responders import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider says of a message some time after it took it."""

    provider: str
    provider_id: str
    """The provider's own name of the message; `notice:<id>` where it tells ours back."""
    delivered: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """A receipt with the notice or the trial that it belongs to."""

    receipt: Receipt
    notice: Notice | None
    trial: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCode:
    """A short number by which one person answers for one incident."""

    person: PersonId
    incident: IncidentId
    number: int
    """1 to 99."""
    alone: bool
    """It was told without the number: one digit answers for it."""
    made: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One test of one channel of one person, as a relay sends it."""

    id: str
    person: PersonId
    person_name: str
    language: str
    channel: Channel
    address: str
    asked: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One test of a channel in a list."""

    id: str
    person: PersonId
    person_name: str
    channel: Channel
    provider: str
    asked: datetime
    outcome: str | None
    """`sent`, `delivered`, `failed`; None while it waits."""
    reason: str
    settled: datetime | None
    answered: datetime | None
    score: float | None
    """Share of the last tests of this person and channel that were answered within a day; None before any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """One provider of one channel in a list."""

    channel: Channel
    provider: str
    offered: bool
    up: bool
    since: datetime
    failures: int
    last_ok: datetime | None
    reason: str
    waiting: int
    """Notices of the channel that are to be sent now or later."""
    sent_hour: int
    failed_hour: int


class ReachStore(Protocol):
    """Budgets and providers."""

    async def salt(self) -> bytes:
        """Give the key of the hashes of addresses: the same for all, as long as the database lives."""
        ...

    async def admit(self, asks: Sequence[Ask]) -> Sequence[Admission]:
        """Lock the budgets of a batch, let `throttle.admit` decide, and keep what was spent."""
        ...

    async def block(self, key: str, until: datetime) -> None:
        """Let nothing be spent under a key before an instant; never shortens a block."""
        ...

    async def healths(self) -> Sequence[Health]:
        """Give all providers that a relay ever offered."""
        ...

    async def offer(self, providers: Sequence[tuple[Channel, str]]) -> None:
        """Say which providers this relay has; new ones are taken to be well."""
        ...

    async def judge(self, channel: Channel, provider: str, answer: Answer) -> Health:
        """Let `circuit.after` decide on one answer under a row lock, and keep the health."""
        ...

    async def try_down(self, channel: Channel, provider: str) -> bool:
        """Take the right to try a provider that is down; at most one caller gets it each `TRIAL_EVERY`."""
        ...


class ReplyStore(Protocol):
    """Receipts of providers, and what people answer without a page."""

    async def keep(self, receipts: Sequence[Receipt]) -> int:
        """Keep receipts, each once; gives how many are new.

        A failure after a delivery, or the reverse, does not change the first.
        """
        ...

    async def unsettled(self, most: int) -> Sequence[Settling]:
        """Give kept receipts whose message is known by now and has no later outcome, oldest first."""
        ...

    async def settle(self, settling: Settling) -> None:
        """Write a receipt's word into its notice or trial and mark it done."""
        ...

    async def code(self, person: PersonId, incident: IncidentId, until: datetime) -> OpenCode:
        """Give the number by which a person answers for an incident, the same as before if there is one."""
        ...

    async def codes_of(self, sender: str) -> Sequence[OpenCode]:
        """Find the numbers that are open for whoever has this telephone number."""
        ...

    async def people_of(self, sender: str) -> Sequence[PersonId]:
        """Find whose telephone number this is."""
        ...

    async def told_by(self, provider: str, provider_id: str) -> tuple[PersonId, IncidentId | None] | None:
        """Find whom a message told, and of what, for keys pressed during a call; no incident for a test."""
        ...

    async def begin(self, provider: str, reference: str) -> bool:
        """Note that an answer came; False when it was dealt with before."""
        ...

    async def done(self, provider: str, reference: str) -> None:
        """Note that an answer was dealt with."""
        ...


class TrialStore(Protocol):
    """Tests of people's channels, and the subscriptions of their browsers."""

    async def ask(self, person: PersonId, channels: Sequence[Channel], by: str) -> Sequence[str]:
        """Order a test of each of a person's channels, or of those named; gives their ids.

        A channel with a test on its way gets no second one. Raises `NotFound` (`person.unknown`) and
        `Rejected` (`channel.no_contact`) when there is no address.
        """
        ...

    async def contacts(self) -> Sequence[tuple[PersonId, Channel, datetime | None]]:
        """Give every channel of everybody who may be called, with the instant of its last test."""
        ...

    async def claim(self, most: int) -> Sequence[Trial]:
        """Take tests to send; one whose relay died comes back after two minutes."""
        ...

    async def sent(self, trial: str, *, provider: str, provider_id: str) -> None:
        """Note that a provider took a test."""
        ...

    async def name_token(self, trial: str, token_hash: bytes) -> None:
        """Keep the hash of the token that is about to be sent."""
        ...

    async def failed(self, trial: str, reason: str, provider: str) -> None:
        """Note that a test could not be sent."""
        ...

    async def answer(self, token_hash: bytes) -> TrialRow | None:
        """Note that the person answered; the first answer counts. None for an unknown or old token."""
        ...

    async def answer_of(self, person: PersonId, channel: Channel) -> bool:
        """The same by SMS or key: for the person's newest test of a channel within a day."""
        ...

    async def rows(self, scope: str, person: PersonId | None, most: int) -> Sequence[TrialRow]:
        """List tests of people within a subtree, newest first."""
        ...

    async def unreachable(self, scope: str) -> Sequence[tuple[PersonId, str, str]]:
        """List people who may be called and have no working channel: (person, name, reason)."""
        ...

    async def channels(self) -> Sequence[ChannelRow]:
        """List all providers with what waits and what became of the last hour's notices."""
        ...

    async def subscribe(self, person: PersonId, address: str, most: int) -> None:
        """Keep a browser's subscription as a contact; the oldest beyond `most` goes."""
        ...

    async def unsubscribe(self, person: PersonId, endpoint: str) -> None:
        """Forget a person's subscription by its endpoint; an unknown one is no error."""
        ...
