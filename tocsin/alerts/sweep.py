"""Telling people of a sweep: whom, in what words; pure, with the port of the outbox.

A person is told once for all their grids, and once more when they have not answered in time. What may have
gone out is never sent again: between "about to send" and "sent" a crash leaves it unknown, the reminder follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from tocsin.alerts.ports import Message
from tocsin.core.grids import TIERS
from tocsin.core.ids import GridCode, IncidentId, NoticeId, PersonId
from tocsin.core.responders import Channel, Directory
from tocsin.core.working_time import LOCAL

WORDS_CHARACTERS_MAX: Final = 120
"""So many of a sweep's words stand in a message; the page has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepCall:
    """One call or reminder, as a relay sends it."""

    id: str
    sweep: str
    person: PersonId
    person_name: str
    language: str
    step: int
    """1 for the call, 2 for the reminder."""
    title: str
    words: str
    drill: bool
    until: datetime
    made: datetime
    grids: int
    """How many of their grids have not answered."""
    grid_name: str
    """The first of them."""
    channel: Channel | None
    """The best that was not tried yet; None when none is left."""
    address: str
    lease: datetime
    """Names this lease: whoever holds another one has lost the call."""


class SweepCalls(Protocol):
    """The outbox of sweeps; shared by all relays."""

    async def unlooked(self, most: int) -> Sequence[tuple[str, GridCode]]:
        """Give (sweep, grid) of running sweeps for which nobody was looked for yet."""
        ...

    async def assign(self, found: Mapping[tuple[str, GridCode], PersonId | None]) -> None:
        """Note who answers for grids, and order one call for each person; who was named before stays."""
        ...

    async def remind(self) -> int:
        """Order the reminders that are due; gives how many."""
        ...

    async def settle_lost(self) -> int:
        """End what cannot be sent any more: expired, cancelled, or begun by a relay that died. Gives how many."""
        ...

    async def claim(self, most: int) -> Sequence[SweepCall]:
        """Lease calls that may be sent, oldest first; one whose relay died before sending comes back."""
        ...

    async def begin(self, call: SweepCall) -> bool:
        """Say that it is about to be sent; False when the lease is another's, or its sweep is over."""
        ...

    async def sent(self, call: SweepCall, *, provider: str, provider_id: str) -> None:
        """Note that a provider took it."""
        ...

    async def unknown(self, call: SweepCall, reason: str, *, provider: str) -> None:
        """Note that a provider did not answer: it may have gone out, so it is not sent again."""
        ...

    async def refused(self, call: SweepCall, reason: str, *, provider: str) -> None:
        """Note that it certainly did not go out by this channel: the next one is tried, or it has failed."""
        ...

    async def postpone(self, call: SweepCall, until: datetime) -> None:
        """Give a call back until an instant."""
        ...


def responsible(directory: Directory) -> PersonId | None:
    """Give who answers for a grid: the first on duty whom a channel reaches, nearest tier first.

    Somebody whom nothing reaches is named where nobody else is: the roll-call then shows that they were not told.
    """
    staff = [one for tier in TIERS for one in directory.on(tier)]
    reached = [one for one in staff if any(channel is not Channel.MQTT for channel in one.channels)]
    return next((one.person for one in [*reached, *staff]), None)


def write(call: SweepCall, link: str) -> Message:
    """Write a call or a reminder in its person's language."""
    english = call.language == "en"
    by = call.until.astimezone(LOCAL)
    words = call.words if len(call.words) <= WORDS_CHARACTERS_MAX else f"{call.words[:WORDS_CHARACTERS_MAX]}…"
    drill = ("DRILL: " if english else "【演练】") if call.drill else ""
    if english:
        what = "Reminder of a sweep" if call.step > 1 else "Sweep"
        where = call.grid_name if call.grids == 1 else f"{call.grid_name} and {call.grids - 1} more"
        text = f"{drill}{what}: {call.title}. {words} Answer for {where} by {by:%H:%M on %d %b}."
    else:
        what = "清查催办" if call.step > 1 else "清查任务"
        where = call.grid_name if call.grids == 1 else f"{call.grid_name}等{call.grids}个网格"
        text = f"{drill}{what}：{call.title}。{words}请于{by.month}月{by.day}日{by:%H:%M}前答复{where}。"
    limit = f"{by:%H:%M}"
    return Message(
        notice=NoticeId(f"sweep-{call.id}"),
        incident=IncidentId(""),
        address=call.address,
        title=f"{drill}{what}",
        text=" ".join(text.split()),
        link=link,
        template="sweep",
        seconds_left=None,
        words={
            "what": f"{drill}{call.title}",
            "where": where,
            "grade": what,
            "began": limit,
            "by": limit,
            "reply": "",
        },
    )
