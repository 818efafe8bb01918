from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from tests.support.reach import FakeTrials
from tests.support.site import Site
from tocsin.alerts.commands import Close
from tocsin.alerts.config import HookConfig
from tocsin.alerts.hooks import Hook, Hooks, Receipts
from tocsin.alerts.recorder import Recorder
from tocsin.core.detections import Phase
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import NoticeId, PersonId
from tocsin.core.incidents import Accepted, Actor, Arrived, NoticeSettled, Outcome
from tocsin.core.responders import Channel
from tocsin.store.memory.replies import MemoryReplyStore

LI = PersonId("li")
PHONE = "13800001111"
SECRET = b"a-secret-of-some-length"
SMS, VOICE = (
    Hook("sms", "aliyun_sms", "", SECRET),
    Hook("voice", "aliyun_voice", "", SECRET),
)


class World:
    """A call over SMS to one village, with its number open for Li."""

    def __init__(self) -> None:
        self.site, self.trials = Site(), FakeTrials()
        self.site.town.addresses[LI, Channel.SMS] = PHONE
        self.store = MemoryReplyStore(self.site.store)
        self.hooks = Hooks([SMS, VOICE], self.store, self.trials, self.site.service)

    async def call(self) -> None:
        await self.site.policies.keep(self.site.store)
        step = self.site.at("00:00")
        await self.site.take_in(step._intake("button-1", "call", 0.5, 0.0, Phase.RAISE, raised=True))
        incident = self.site.incident()
        await self.store.code(LI, incident.id, self.site.clock.now())

    async def texts(self, text: str, *, number: int = 1, sender: str = PHONE) -> dict[str, object]:
        body = json.dumps([{"phone_number": sender, "content": text, "sequence_id": number}])
        return await self.hooks.take(SMS, body.encode())

    def said(self, kind: type) -> list[object]:
        return [one.event for one in self.site.log() if isinstance(one.event, kind)]


@pytest.fixture
async def world() -> World:
    made = World()
    await made.call()
    return made


def test_a_hook_is_found_by_its_name_and_secret_only(world: World) -> None:
    assert world.hooks.find("sms", SECRET.decode()) is SMS
    assert world.hooks.find("sms", "wrong") is None
    assert world.hooks.find("nobody", SECRET.decode()) is None
    assert world.hooks.find("nobody", "\0" * 32) is None


async def test_a_reply_is_the_same_act_as_the_tap(world: World) -> None:
    assert await world.texts("1") == {"code": 0, "msg": "成功"}
    assert world.said(Accepted) == [Accepted(person=LI, tier=world.site.incident().calls[LI].tier)]
    assert world.site.log()[-1].actor.id == LI


async def test_the_same_reply_twice_is_answered_once(world: World) -> None:
    for _ in range(3):
        await world.texts("4")
    assert world.site.events().count("help_asked") == 1


async def test_a_reply_whose_process_died_is_dealt_with_in_the_repetition(world: World) -> None:
    command, failures = world.site.service.command, iter([Transient("gone")])

    async def flaky(*arguments: object, **named: object) -> object:
        for failure in failures:
            raise failure
        return await command(*arguments, **named)

    world.site.service.command = flaky
    with pytest.raises(Transient):
        await world.texts("1")
    await world.texts("1")
    assert len(world.said(Accepted)) == 1


async def test_a_repetition_never_answers_for_a_later_call(world: World) -> None:
    await world.texts("1")
    first = world.site.incident()
    await world.site.service.command(first.id, Close(reason_code="handled"), Actor("person", "operator"))
    world.site.clock.advance(timedelta(minutes=30))
    await world.site.take_in(
        world.site.at("30:00")._intake("button-9", "call", 0.5, 0.0, Phase.RAISE, raised=True)
    )
    second = next(row.incident for row in world.site._rows() if row.incident.id != first.id)
    await world.store.code(LI, second.id, world.site.clock.now())
    await world.texts("1")
    again = world.site.store.tables.incidents[second.id].incident
    assert again.calls[LI].accepted is None
    await world.texts("1", number=2)
    again = world.site.store.tables.incidents[second.id].incident
    assert again.calls[LI].accepted is not None, "another message is another answer"


async def test_an_arrival_by_short_message_is_declared_and_proves_nothing(world: World) -> None:
    await world.texts("2")
    (arrived,) = world.said(Arrived)
    assert (arrived.basis, arrived.accepted) == ("declared", False)


@pytest.mark.parametrize(
    ("text", "sender", "reason"),
    [
        ("1", "13900009999", "unknown_sender"),
        ("好的", PHONE, "not_understood"),
        ("188", PHONE, "unclear"),
        ("9", PHONE, "no_test_open"),
    ],
)
async def test_what_cannot_be_attributed_is_logged_without_the_number(
    world: World, text: str, sender: str, reason: str
) -> None:
    before = len(world.site.log())
    with capture_logs() as lines:
        assert await world.texts(text, sender=sender) == {"code": 0, "msg": "成功"}
    told = [line for line in lines if line["event"] == "reply.not_taken"]
    assert [line["reason"] for line in told] == [reason]
    assert sender not in str(lines)
    assert len(world.site.log()) == before


async def test_a_reply_to_nothing_says_so() -> None:
    world = World()
    with capture_logs() as lines:
        await world.texts("1")
    assert [line.get("reason") for line in lines] == ["no_call_open"]


async def test_what_the_rules_refuse_is_no_fault_of_the_hook(world: World) -> None:
    async def refuse(*_: object, **__: object) -> object:
        raise Rejected("incident.closed", "closed at 14:03")

    world.site.service.command = refuse
    with capture_logs() as lines:
        assert await world.texts("1") == {"code": 0, "msg": "成功"}
    assert [line["reason"] for line in lines if line["event"] == "reply.not_taken"] == ["refused"]


async def test_a_nine_answers_a_test(world: World) -> None:
    world.trials.open = {(LI, Channel.SMS)}
    await world.texts("9")
    assert world.trials.answers == [(LI, Channel.SMS)]


def told(world: World) -> NoticeId:
    """The notice by which Li was called, as if it had been read aloud."""
    rows = world.site.notices.rows
    return next(name for name, row in rows.items() if row.notice.person == LI)


async def presses(world: World, key: str, name: str) -> dict[str, object]:
    entry = {"call_id": "call-1", "out_id": name, "dtmf": key, "status_code": "300000"}
    return await world.hooks.take(VOICE, json.dumps([entry]).encode())


async def test_a_key_pressed_in_a_call_needs_no_number(world: World) -> None:
    await presses(world, "1", told(world))
    assert len(world.said(Accepted)) == 1


async def test_a_key_that_says_nothing_changes_nothing(world: World) -> None:
    before = len(world.site.log())
    with capture_logs() as lines:
        await presses(world, "7", told(world))
    assert [line["reason"] for line in lines] == ["not_understood"]
    assert len(world.site.log()) == before


async def test_a_key_of_a_call_that_is_not_known_yet_is_asked_for_again(world: World) -> None:
    with pytest.raises(Transient):
        await presses(world, "1", "unheard of")


async def test_strange_entries_are_told_and_thanked_for(world: World) -> None:
    with capture_logs() as lines:
        assert await world.hooks.take(SMS, b"[{}]") == {"code": 0, "msg": "成功"}
    assert [line["event"] for line in lines] == ["hook.strange"]


async def apply(world: World) -> None:
    recorder = Recorder(world.site.service)
    async with asyncio.TaskGroup() as group:
        group.create_task(recorder.run())
        await Receipts(world.store, recorder).apply(group)
        await recorder.finish()


async def receipt(world: World, name: str, *, success: bool) -> None:
    entry = {"biz_id": "b-1", "out_id": name, "success": success, "err_code": "空号"}
    await world.hooks.take(SMS, json.dumps([entry]).encode())


async def test_a_delivery_is_recorded_and_shown(world: World) -> None:
    await world.site.travel(world.site.clock.now())
    name = told(world)
    await receipt(world, name, success=True)
    await receipt(world, name, success=True)
    await apply(world)
    await apply(world)
    outcomes = [one.outcome for one in world.said(NoticeSettled) if one.notice == name]
    assert outcomes == [Outcome.SENT, Outcome.DELIVERED]
    assert world.site.notices.rows[name].state == "delivered"
    world.site.unheard.clear()


async def test_a_call_that_was_not_delivered_goes_on_by_the_next_channel(world: World) -> None:
    await world.site.travel(world.site.clock.now())
    name = told(world)
    await receipt(world, name, success=False)
    with capture_logs() as lines:
        await apply(world)
    assert "notice.not_delivered" in {line["event"] for line in lines}
    assert world.site.notices.rows[name].reason == "not_delivered: 空号"
    call = world.site.incident().calls[LI]
    assert call.failed == call.channels[:1]
    assert len(call.channels) == 2, "the next channel was called"
    world.site.unheard.clear()


async def test_a_failed_receipt_of_one_who_has_answered_calls_nobody(world: World) -> None:
    await world.site.travel(world.site.clock.now())
    await world.texts("1")
    await receipt(world, told(world), success=False)
    await apply(world)
    assert len(world.site.incident().calls[LI].channels) == 1
    world.site.unheard.clear()


async def test_a_receipt_before_the_sending_is_settled_waits_for_it(world: World) -> None:
    name = told(world)
    await receipt(world, name, success=True)
    await apply(world)
    assert world.site.notices.rows[name].state == "pending"
    await world.site.travel(world.site.clock.now())
    await apply(world)
    assert world.site.notices.rows[name].state == "delivered"
    world.site.unheard.clear()


def test_the_secret_of_a_hook_must_not_be_guessed() -> None:
    with pytest.raises(ValidationError, match="secret_file"):
        HookConfig(name="sms", form="aliyun_sms")
    with pytest.raises(ValueError, match="16 to 200"):
        Hook.of(HookConfig(name="sms", form="aliyun_sms", secret="short"))
    assert Hook.of(HookConfig(name="sms", form="aliyun_sms", secret=SECRET.decode())) == Hook(
        "sms", "aliyun_sms", "", SECRET
    )
