"""The broker inside: aMQTT on loopback, for one machine without Mosquitto.

Who signs in as a collector may publish below its own name only and read its own receipt,
configuration and commands only; the centre may do everything. Known weaknesses of aMQTT 0.12 and
what answers them: it speaks MQTT 3.1.1 only (ingest falls back), forgets what was not acknowledged
when a socket drops (the box sends again until a receipt names it), sends every retained message to
every client that connects (corrected here), and holds everything in memory (about 4,000 messages a
second; a township wants Mosquitto, see `deploy/README.md`).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import structlog
from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action, BaseContext
from amqtt.errors import BrokerError
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.ids import SEGMENT

log = structlog.get_logger()

Verify: TypeAlias = Callable[[str, str], Awaitable[bool]]
"""Say whether a name and a password belong together; asked only for names that the configuration does not have."""

READABLE: Final = frozenset({"receipt", "config", "command", "+"})
"""What a collector may read below its own name."""
WRITABLE: Final = frozenset({"alarm", "data", "media", "health", "state"})
REMEMBERED_MAX: Final = 10_000
"""Sign-ins that are not computed again: Argon2 is slow on purpose, and boxes on bad links come often."""


class EmbeddedBrokerConfig(BaseModel):
    """The broker that runs inside the centre."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        max_length=253,
        description="Address to listen on. Loopback: without TLS nothing else may reach it.",
    )
    port: int = Field(default=1883, ge=0, le=65_535, description="Port; 0 takes a free one.")
    users: dict[str, SecretStr] = Field(
        default_factory=dict, max_length=1_000, description="Names and passwords, for tests and the demo."
    )
    password_file: Path | None = Field(
        default=None,
        description="File with one `name:argon2-hash` per line, as `tocsin collector add` prints them.",
    )
    centre: str = Field(
        default="tocsin",
        min_length=1,
        max_length=64,
        description="Name of the user that may read and write everything: ingest and the siren channel.",
    )
    anonymous: bool = Field(
        default=False,
        description="Whether everybody may do everything without a password; for trying things out on loopback only.",
    )


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """Where the broker listens."""

    host: str
    port: int


def allowed(user: str, topic: str, action: Action, centre: str) -> bool:
    """Say whether a user may publish to, subscribe to or receive a topic."""
    if user == centre:
        return True
    parts = topic.split("/")
    if parts[:2] != ["tocsin", "v1"]:
        return False
    if action is Action.PUBLISH:
        return len(parts) == 5 and parts[3] == user and parts[4] in WRITABLE
    return len(parts) == 4 and parts[2] == user and parts[3] in READABLE


@dataclass(slots=True)
class Access:
    """Who may sign in."""

    config: EmbeddedBrokerConfig
    verify: Verify | None = None
    _hashes: Mapping[str, str] = field(default_factory=dict)
    _remembered: dict[bytes, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._hashes = _read_hashes(self.config.password_file)

    async def signs_in(self, name: str | None, password: str | None) -> bool:
        """Check a name and a password."""
        if self.config.anonymous:
            return True
        if not name or password is None or (name != self.config.centre and SEGMENT.fullmatch(name) is None):
            return False
        static = self.config.users.get(name)
        if static is not None:
            return static.get_secret_value() == password
        digest = hashlib.sha256(f"{name}\0{password}".encode()).digest()
        if digest in self._remembered:
            return True
        known = self._hashes.get(name)
        if known is not None:
            right = await asyncio.to_thread(_matches, known, password)
        else:
            right = self.verify is not None and await self.verify(name, password)
        if right:
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[digest] = None
        return right


def _read_hashes(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(
            "broker.password_file", f"cannot read the broker's password file {path}: {error}"
        ) from error
    hashes: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, known = line.strip().partition(":")
        if not colon or not known.startswith("$argon2"):
            raise Rejected(
                "broker.password_file", f"{path} line {number}: write `name:$argon2id$...`, one user per line"
            )
        hashes[name] = known
    return hashes


def _matches(known: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


_registry: dict[str, Access] = {}
"""aMQTT makes plugins by name and gives them plain settings only; this is how they find theirs."""


class SignIn(BaseAuthPlugin):  # type: ignore[misc]  # amqtt has no annotations that mypy may use
    """aMQTT's question who may connect."""

    @dataclass
    class Config:
        """Name of the entry in the registry."""

        key: str = ""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._access = _registry[self.config.key]

    @override
    async def authenticate(self, *, session: Session) -> bool:
        right = await self._access.signs_in(session.username, session.password)
        if not right:
            log.warning(
                "broker.sign_in_refused", user=str(session.username)[:64], client=str(session.client_id)[:64]
            )
        return right


class Rights(BaseTopicPlugin):  # type: ignore[misc]  # as above
    """aMQTT's question what a client may do."""

    @dataclass
    class Config:
        """Name of the entry in the registry."""

        key: str = ""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        config = _registry[self.config.key].config
        self._centre = config.centre
        self._anonymous = config.anonymous

    @override
    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        if self._anonymous:
            return True
        if session is None or topic is None or action is None:
            return False
        may = allowed(session.username or "", topic, action, self._centre)
        if not may and action is not Action.RECEIVE:
            log.warning(
                "broker.forbidden", user=str(session.username)[:64], action=action.value, topic=topic[:120]
            )
        return may


class _Standing(dict[Any, Any]):
    """A dictionary that may change while somebody walks over it."""

    @override
    def items(self) -> Any:
        return list(super().items())


class _Broker(Broker):  # type: ignore[misc]  # as above
    """aMQTT with retained messages kept to those who asked for them, and without noise when a peer leaves."""

    @override
    async def _client_connected(
        self, listener_name: str, reader: ReaderAdapter, writer: WriterAdapter
    ) -> None:
        task = asyncio.current_task()
        self._clients.add(task)
        try:
            await super()._client_connected(listener_name, reader, writer)
        except OSError as error:  # it closes a socket that the peer has closed already
            log.debug("broker.peer_gone", reason=str(error))
        finally:
            self._clients.discard(task)
            # It leaves sockets open whose peer sent nonsense, or left while it was being told goodbye.
            writer._writer.close()  # noqa: SLF001 - the adapter's own close gives up at the first error

    async def end_clients(self) -> None:
        """End what still serves a client after `shutdown`, so that no socket outlives the broker."""
        left = list(self._clients)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._clients: set[Any] = set()
        # A box that subscribes during a broadcast would end the broadcast with a RuntimeError.
        self._subscriptions: dict[Any, Any] = _Standing()

    @override
    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        # Called at connect for the filters of *all* clients, with QoS 0: only the session's own are meant.
        subscribers = self._subscriptions.get(subscription[0], [])
        if any(known.client_id == session.client_id for known, _ in subscribers):
            await super()._publish_retained_messages_for_subscription(subscription, session)


@asynccontextmanager
async def embedded_broker(
    config: EmbeddedBrokerConfig, verify: Verify | None = None
) -> AsyncIterator[RunningBroker]:
    """Run the broker inside the block.

    Raises `Rejected`: `broker.password_file`, `broker.port` when the address cannot be listened on.
    """
    for name in ("amqtt", "transitions"):
        # aMQTT tells every packet at INFO and every clumsy client at WARNING.
        logging.getLogger(name).setLevel(logging.ERROR)
    access = Access(config, verify)
    key = str(id(access))
    _registry[key] = access
    settings: dict[str, Any] = {
        "listeners": {"default": {"type": "tcp", "bind": f"{config.host}:{config.port}"}},
        "plugins": {"tocsin.broker.SignIn": {"key": key}, "tocsin.broker.Rights": {"key": key}},
    }
    try:
        broker = _Broker(settings)
        try:
            await broker.start()
        except BrokerError as error:
            raise Rejected(
                "broker.port",
                f"cannot listen on {config.host}:{config.port} for MQTT ({error}): choose another port or stop the other program",
            ) from error
        try:
            port = broker._servers["default"].instance.sockets[0].getsockname()[1]  # noqa: SLF001 - the only way to learn a free port
            log.info("broker.started", host=config.host, port=port)
            yield RunningBroker(config.host, port)
        finally:
            await broker.shutdown()
            await broker.end_clients()
    finally:
        _registry.pop(key, None)
