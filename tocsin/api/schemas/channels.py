"""Providers of channels, tests of people's channels, subscriptions of browsers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from tocsin.api.schemas.base import Schema
from tocsin.core.responders import Channel

Key = Annotated[str, StringConstraints(min_length=8, max_length=200, pattern=r"^[A-Za-z0-9_=-]+$")]


class ChannelView(Schema):
    """One provider of one channel."""

    channel: Channel
    """Which channel."""
    provider: str
    """Its name in the settings; the channel's own where there is only one."""
    offered: bool
    """Whether a relay that runs now has it."""
    up: bool
    """Whether it takes what is sent, judged by the last sendings and probes."""
    since: datetime
    """Since when it is up or down."""
    failures: int
    """Sendings in a row that it did not take."""
    last_ok: datetime | None
    """When it last took something; renewed every half minute."""
    reason: str
    """What it said, or did not say, last; empty while it works."""
    waiting: int
    """Notices of the channel that wait to be sent."""
    sent_hour: int
    """Notices of the last hour that it took."""
    failed_hour: int
    """Notices of the last hour that failed with it."""


class ChannelList(Schema):
    """All providers."""

    items: list[ChannelView]
    """By channel, then by name."""
    now: datetime
    """The server's time."""


class ChannelTestBody(Schema):
    """Which channel to test."""

    channel: Channel | None = None
    """Absent for all channels of the person."""


class ChannelTestsOrdered(Schema):
    """The tests that were ordered."""

    tests: list[str]
    """Their ids; a channel whose test is on its way has none."""


class ChannelTestView(Schema):
    """One test of one channel of one person."""

    id: str
    """The test's id."""
    person: str
    """Whose channel."""
    person_name: str
    """Their name."""
    channel: Channel
    """Which channel."""
    provider: str
    """Which provider took it; empty before."""
    asked: datetime
    """When it was ordered."""
    outcome: str | None
    """`sent`, `delivered` or `failed`; absent while it waits."""
    reason: str
    """Why it failed; may be empty."""
    settled: datetime | None
    """When the provider answered."""
    answered: datetime | None
    """When the person answered."""
    score: float | None
    """Part of the last eight tests of this person and channel that were answered within a day, 0 to 1."""


class Unreachable(Schema):
    """Somebody who may be called and cannot be reached."""

    person: str
    """Who."""
    person_name: str
    """Their name."""
    reason: str
    """`no_contact`, or `tests_failed` when the last test of each of their channels failed."""


class ChannelTestList(Schema):
    """Tests of people's channels."""

    items: list[ChannelTestView]
    """Newest first."""
    unreachable: list[Unreachable]
    """Everybody in the caller's scope who may be called and has no working channel, at most 1000."""
    now: datetime
    """The server's time."""


class AnswerTestBody(Schema):
    """The token of the test's link."""

    token: Annotated[str, StringConstraints(min_length=8, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
    """Last part of the address."""


class PushKey(Schema):
    """The key by which browsers subscribe."""

    key: str
    """The server's public key (VAPID, base64url)."""


class PushKeys(Schema):
    """A browser's keys (RFC 8291)."""

    p256dh: Key
    """Its public key, base64url."""
    auth: Key
    """Its secret for us, base64url."""


class PushBody(Schema):
    """A browser's subscription, as it gives it."""

    endpoint: Annotated[str, StringConstraints(min_length=12, max_length=1000, pattern=r"^https://[^\s]+$")]
    """Address at the browser's push service."""
    keys: PushKeys
    """Its keys."""
    expirationTime: Annotated[int, Field(ge=0, le=4_102_444_800_000)] | None = None  # noqa: N815 the browser's own name
    """When it ends by itself, milliseconds since 1970; browsers send null."""


class PushEndpoint(Schema):
    """Which subscription to forget."""

    endpoint: Annotated[str, StringConstraints(min_length=12, max_length=1000, pattern=r"^https://[^\s]+$")]
    """Address at the browser's push service."""
