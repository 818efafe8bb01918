"""Who may be called for a place, as the response core sees them: a value, taken at one instant.

It holds no names and no telephone numbers: a channel address is a reference that the relay
resolves at the moment of sending, so that nothing personal enters an event.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum, unique

import msgspec
from msgspec import structs

from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, PersonId
from tocsin.core.organisations import Organisation


@unique
class Channel(StrEnum):
    """Ways to reach a person or a device."""

    LOG = "log"
    WEBHOOK = "webhook"
    MQTT = "mqtt"
    """Siren or loudspeaker of the village's collector."""
    SMTP = "smtp"
    WECOM_BOT = "wecom_bot"
    WECOM_APP = "wecom_app"
    """Message of an application of the enterprise to one member (企业微信应用消息)."""
    DINGTALK = "dingtalk"
    """Group bot of DingTalk (钉钉)."""
    FEISHU = "feishu"
    """Group bot of Feishu (飞书)."""
    SMS = "sms"
    VOICE = "voice"
    """A call that reads the text aloud and takes one key."""
    WEB_PUSH = "web_push"

    __hash__ = str.__hash__
    """As the text that it is: channels are looked up for every call."""


class Responder(msgspec.Struct, frozen=True, kw_only=True):
    """One person on duty for one tier of one place."""

    person: PersonId
    tier: Tier
    grid: GridCode
    order: int
    """Rank within the tier: 1 is called first."""
    channels: tuple[Channel, ...]
    """Channels with a working address, best first."""
    supervisor: bool = False
    """Called when an incident is not confirmed in time."""
    department: str = ""
    """For the city tier: the department's code; empty elsewhere."""


class Directory(msgspec.Struct, frozen=True):
    """Everybody on duty for one grid at one instant, sorted by tier and order."""

    grid: GridCode
    responders: tuple[Responder, ...]
    organisations: tuple[Organisation, ...] = ()
    """Those that answer for this grid, with what they may deal with."""
    matters: tuple[tuple[Kind, str], ...] = ()
    """Matters of the catalogue that stand for a kind of happening."""

    def on(self, tier: Tier) -> tuple[Responder, ...]:
        """Give the responders of a tier in order of call, supervisors excluded."""
        return tuple(r for r in self.responders if r.tier is tier and not r.supervisor)

    def supervisors(self) -> tuple[Responder, ...]:
        """Give those who are called when nobody confirms."""
        return tuple(r for r in self.responders if r.supervisor)

    def only(self, participants: Collection[PersonId]) -> Directory:
        """Give it with only some people, supervisors included: a drill's; all of them when none is named."""
        if not participants:
            return self
        named = frozenset(participants)
        mine = tuple(one for one in self.responders if one.person in named)
        return structs.replace(self, responders=mine)
