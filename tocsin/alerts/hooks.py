"""The way in for providers: receipts are kept, replies become the same acts as the tap on the page.

Each reply is dealt with once however often a provider repeats it; what we cannot attribute is counted,
logged without its number, and answered with nothing.  Receipts are written into notices by `Receipts`,
which runs beside a relay: one that comes before its notice is settled waits for it.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from tocsin.alerts import metrics, replies
from tocsin.alerts.commands import Command, SettleNotice
from tocsin.alerts.config import HookConfig
from tocsin.alerts.model import Incident
from tocsin.alerts.reach_ports import OpenCode, ReplyStore, Settling, TrialStore
from tocsin.alerts.receipts import Form, Pressed, Text, read, source, thanks
from tocsin.alerts.recorder import Item, Recorder
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import IncidentId, PersonId, derived_id
from tocsin.core.incidents import Actor, Outcome
from tocsin.core.responders import Channel

log = structlog.get_logger()

APPLY_MOST: Final = 200


class Acts(Protocol):
    """The part of `AlertService` that replies drive."""

    async def command(
        self, incident: IncidentId, command: Command, actor: Actor, *, act: str | None = None
    ) -> Incident:
        """Decide and commit; the same `act` changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Hook:
    """One configured way in, its secret read."""

    name: str
    form: Form
    provider: str
    secret: bytes

    @classmethod
    def of(cls, config: HookConfig) -> Hook:
        """Read the secret; raises `ValueError` with what to write instead."""
        return cls(config.name, config.form, config.provider, config.key())


class Hooks:
    """Take what providers send; safe in any number of processes."""

    def __init__(self, hooks: Sequence[Hook], store: ReplyStore, trials: TrialStore, acts: Acts) -> None:
        self._hooks: Mapping[str, Hook] = {hook.name: hook for hook in hooks}
        self._store = store
        self._trials = trials
        self._acts = acts

    def find(self, name: str, secret: str) -> Hook | None:
        """Find a hook by its name and secret, in a time that tells nothing about the secret."""
        hook = self._hooks.get(name)
        fits = hmac.compare_digest(secret.encode(), hook.secret if hook is not None else b"\0" * 32)
        return hook if fits else None

    async def take(self, hook: Hook, body: bytes) -> dict[str, object]:
        """Keep and act on what a request says; gives the answer that the provider expects.

        Raises `Rejected` (`hook.form`), and `Transient` when it should be sent again.
        """
        heard = read(hook.form, hook.provider, body)
        name = source(hook.form, hook.provider)
        if heard.strange:
            log.warning("hook.strange", hook=hook.name, entries=heard.strange)
        if heard.receipts:
            await self._store.keep(heard.receipts)
        for text in heard.texts:
            if await self._store.begin(name, text.reference):
                self._count(name, await self._answer(name, text))
                await self._store.done(name, text.reference)
        for pressed in heard.pressed:
            if pressed.key and await self._store.begin(name, pressed.reference):
                self._count(name, await self._key(name, pressed))
                await self._store.done(name, pressed.reference)
        return thanks(hook.form)

    def _count(self, name: str, result: str) -> None:
        metrics.REPLIES.labels(name, result).inc()
        if result in {"taken", "test"}:
            log.info("reply.taken", provider=name, result=result)
        else:
            log.warning("reply.not_taken", provider=name, reason=result)

    async def _answer(self, name: str, text: Text) -> str:
        said = replies.read(text.text)
        people = await self._store.people_of(text.sender)
        if not people:
            return "unknown_sender"
        if said is None:
            return "not_understood"
        if said.digit == replies.TEST_DIGIT:
            answered = [await self._trials.answer_of(person, Channel.SMS) for person in people]
            return "test" if any(answered) else "no_test_open"
        codes = await self._store.codes_of(text.sender)
        if not codes:
            return "no_call_open"
        code = replies.meant(said, codes)
        return "unclear" if code is None else await self._act(name, text.reference, said.digit, code)

    async def _key(self, name: str, pressed: Pressed) -> str:
        told = await self._store.told_by(name, pressed.provider_id)
        if told is None:
            # The call may be faster than the row that names it: the provider sends again in a minute.
            raise Transient("a key was pressed in a call that is not known yet")
        person, incident = told
        if incident is None:
            return "test" if await self._trials.answer_of(person, Channel.VOICE) else "no_test_open"
        return await self._do(name, pressed.reference, int(pressed.key), person, incident)

    async def _act(self, name: str, reference: str, digit: int, code: OpenCode) -> str:
        return await self._do(name, reference, digit, code.person, code.incident)

    async def _do(self, name: str, reference: str, digit: int, person: PersonId, incident: IncidentId) -> str:
        command = replies.command(digit, person)
        if command is None:
            return "not_understood"
        act = derived_id("reply", name, reference, person)
        try:
            await self._acts.command(incident, command, Actor("person", person), act=act)
        except Rejected as rejected:
            log.info("reply.refused", provider=name, incident=incident, reason=rejected.reason)
            return "refused"
        return "taken"


class Receipts:
    """Write receipts into the notices and tests that they belong to; a chore of the relay."""

    def __init__(self, store: ReplyStore, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder

    async def apply(self, _group: asyncio.TaskGroup) -> None:
        """Write what is known by now: first into the incident, then into the row, so that a crash repeats it."""
        found = await self._store.unsettled(APPLY_MOST)
        items = [_item(one) for one in found]
        async with asyncio.TaskGroup() as group:
            for item in items:
                if item is not None:
                    group.create_task(self._recorder.record(item))
        for one in found:
            await self._store.settle(one)
            outcome = "delivered" if one.receipt.delivered else "failed"
            metrics.RECEIPTS.labels(one.receipt.provider, outcome).inc()
            if one.notice is not None and not one.receipt.delivered:
                log.warning(
                    "notice.not_delivered",
                    notice=one.notice.id,
                    incident=one.notice.incident,
                    channel=one.notice.channel,
                    reason=one.receipt.reason,
                )


def _item(settling: Settling) -> Item | None:
    notice = settling.notice
    if notice is None:
        return None
    delivered = settling.receipt.delivered
    return notice, SettleNotice(
        notice=notice.id,
        person=notice.person,
        channel=notice.channel,
        outcome=Outcome.DELIVERED if delivered else Outcome.FAILED,
        reason_code="" if delivered else "not_delivered",
    )
