"""What one process of the centre does: ingest, alerts, api, or all of it, until it is stopped.

Any number of each may run against one database and one broker: ingest is leased by session, the
escalator and the relay skip what others hold.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from enum import StrEnum, unique

import structlog
import uvicorn
from typing_extensions import override

from tocsin import pipeline, telemetry, wiring
from tocsin.alerts.alarm_keeper import AlarmKeeper
from tocsin.alerts.channels import registry
from tocsin.alerts.channels.http import new_client
from tocsin.alerts.escalator import Escalator
from tocsin.alerts.exercising import ExerciseStarter
from tocsin.alerts.hooks import Receipts
from tocsin.alerts.link_watch import LinkWatch
from tocsin.alerts.providers import Providers
from tocsin.alerts.quality_keeper import QualityKeeper
from tocsin.alerts.recorder import Recorder
from tocsin.alerts.relay import Chore, Relay
from tocsin.alerts.sweeper import Sweeper
from tocsin.alerts.tester import ChannelTester
from tocsin.api.app import create_app, end_streams
from tocsin.api.links import address_fault
from tocsin.broker import embedded_broker
from tocsin.core.errors import Rejected
from tocsin.core.ids import PictureHash, new_id
from tocsin.core.watch import Alive
from tocsin.ingest.mqtt import MqttTransport
from tocsin.ingest.service import IngestService
from tocsin.settings import Settings
from tocsin.store.maintenance import keep_pictures, maintain
from tocsin.town.duty_keeper import DutyKeeper
from tocsin.watch.beating import BEAT_SECONDS, keep_beating
from tocsin.wiring import Centre

log = structlog.get_logger()


@unique
class Role(StrEnum):
    """Parts of the centre that may run in processes of their own."""

    INGEST = "ingest"
    ALERTS = "alerts"
    API = "api"


async def run(settings: Settings, wanted: frozenset[Role], stop: asyncio.Event) -> None:
    """Connect and do what is wanted until `stop` is set."""
    async with wiring.centre(settings, migrating=settings.store.connection_string() is None) as centre:
        await serve(centre, wanted, stop)


async def serve(
    centre: Centre, wanted: frozenset[Role], stop: asyncio.Event, ready: asyncio.Event | None = None
) -> None:
    """Do what is wanted with a connected centre; `ready` is set when the API answers."""
    embedded = centre.settings.embedded_broker
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        if embedded is not None:
            await stack.enter_async_context(embedded_broker(embedded, centre.knows))
        _measure(centre, wanted, stack)
        group.create_task(_until(stop, centre.rules.run()))
        voice = await _ingest(centre, stack, group, stop) if Role.INGEST in wanted else None
        if Role.ALERTS in wanted:
            await _alerts(centre, stack, group, stop, voice)
        group.create_task(
            keep_beating(centre.signs, centre.watch, centre.clock, stop, places=centre.places())
        )
        if Role.API in wanted:
            group.create_task(_api(centre, stop, ready))
        elif ready is not None:
            ready.set()
        log.info("centre.started", roles=sorted(wanted))
        await stop.wait()
    log.info("centre.stopped", roles=sorted(wanted))


def _measure(centre: Centre, wanted: frozenset[Role], stack: AsyncExitStack) -> None:
    """Answer `/metrics` and the probes where the API does not do it, or where a port is set."""
    config = centre.settings.telemetry
    if config.port is None and Role.API in wanted:
        return
    loop = asyncio.get_running_loop()
    port = stack.enter_context(
        telemetry.serve(
            config.host,
            config.port or 0,
            lambda: asyncio.run_coroutine_threadsafe(centre.faults(), loop).result(5),
        )
    )
    log.info("telemetry.started", host=config.host, port=port)


async def retry_quarantined(centre: Centre, ids: Sequence[int]) -> str:
    """Feed quarantined messages to ingest again; give a sentence about what came of it."""
    held = await centre.admin.held(ids)
    if not held:
        return "none of these messages is held: see `tocsin quarantine list`"
    async with _transport(centre, speaker=f"retry-{new_id()[:8]}") as transport:
        stored = await _service(centre, transport, session=0).retry(held)
    return f"{stored} of {len(held)} stored; what failed again is quarantined anew"


def _holder() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{new_id()[:8]}"


def _transport(centre: Centre, *, session: int = 0, speaker: str = "") -> MqttTransport:
    config = centre.settings
    return MqttTransport(
        config.broker,
        clock=centre.clock,
        session=session,
        sessions=config.ingest.sessions,
        flush_messages=config.ingest.flush_messages,
        speaker=speaker,
    )


def _service(centre: Centre, transport: MqttTransport, session: int) -> IngestService:
    async def keep(complete: Sequence[PictureHash]) -> None:
        await keep_pictures(centre.pool, centre.pictures, most=max(100, len(complete)))

    return IngestService(
        transport,
        centre.flushes,
        centre.settings.ingest,
        clock=centre.clock,
        rules=centre.rules.book,
        attach=pipeline.attach(centre.alerts, wiring.unit_of),
        pictures=keep,
        holder=_holder(),
        session=session,
        alive=centre.signs.of("ingest", f"ingest-{session}"),
    )


async def _ingest(
    centre: Centre, stack: AsyncExitStack, group: asyncio.TaskGroup, stop: asyncio.Event
) -> MqttTransport:
    """Start every session's ingest; give the first transport, which others may publish by."""
    transports = []
    for session in range(centre.settings.ingest.sessions):
        transport = await stack.enter_async_context(_transport(centre, session=session))
        group.create_task(_service(centre, transport, session).run(stop))
        centre.probes.append(transport.faults)
        transports.append(transport)
    group.create_task(_until(stop, maintain(centre.pool, centre.pictures, centre.settings.store)))
    return transports[0]


async def _alerts(
    centre: Centre,
    stack: AsyncExitStack,
    group: asyncio.TaskGroup,
    stop: asyncio.Event,
    voice: MqttTransport | None,
) -> None:
    """Start escalator, relay, the keeper of alarms and the watch over links."""
    config = centre.settings.alerts
    if voice is None:
        voice = await stack.enter_async_context(_transport(centre, speaker=f"voice-{_holder()}"))
        centre.probes.append(voice.faults)
    speaking = voice

    async def publish(topic: str, payload: bytes) -> None:
        await speaking.publish(topic, payload, retain=False)

    client = await stack.enter_async_context(new_client())
    try:
        adapters = registry.build(config.channels, client=client, publish=publish, clock=centre.clock)
    except ValueError as error:  # a secret that is not where the settings say
        raise Rejected("settings.secret", f"alerts.channels: {error}") from error
    providers = Providers(adapters, centre.reach, clock=centre.clock, person=config.relay.person_rates())
    recorder = Recorder(centre.alerts)
    relay = Relay(
        centre.notices,
        recorder,
        providers,
        config=config.relay,
        clock=centre.clock,
        name=_holder(),
        wait=centre.wakeups.wait,
        alive=centre.signs.of("relay"),
        link_of=centre.link_of,
        replies=centre.replies,
        chores=_chores(centre, providers, recorder),
    )
    alive = centre.signs.of("escalator")
    escalator = Escalator(centre.alerts_store, centre.alerts, config.escalator, centre.clock, alive=alive)
    _keepers(centre, group, stop)
    if config.link.enabled:
        watch = LinkWatch(
            centre.alerts_store,
            centre.alerts,
            config.link,
            sessions=centre.settings.ingest.sessions,
            deaf=voice.faults,
        )
        group.create_task(watch.run(stop))
    group.create_task(escalator.run(stop))
    group.create_task(relay.run(stop))


def _keepers(centre: Centre, group: asyncio.TaskGroup, stop: asyncio.Event) -> None:
    """Start what keeps alarms, duty and the figures on detectors up to date."""
    keeper = AlarmKeeper(
        centre.alerts_store,
        centre.alerts.policies,
        centre.board,
        centre.settings.alerts.alarms,
        centre.clock,
        alive=centre.signs.of("alarm_keeper"),
    )
    group.create_task(keeper.run(stop))
    group.create_task(DutyKeeper(centre.duty, centre.set_up, centre.clock).run(stop))
    group.create_task(QualityKeeper(centre.quality, centre.clock).run(stop))


def _chores(centre: Centre, providers: Providers, recorder: Recorder) -> tuple[Chore, ...]:
    """Give what the relay looks after besides notices, the urgent first."""
    config = centre.settings.alerts
    base = config.relay.link_base or centre.settings.api.public_url
    starter = ExerciseStarter(centre.exercises, centre.alerts)
    sweeper = Sweeper(centre.sweep_calls, centre.alerts_store, providers, clock=centre.clock, link_base=base)
    tester = ChannelTester(centre.trials, providers, config.channel_tests, clock=centre.clock, link_base=base)
    return Receipts(centre.replies, recorder).apply, starter.turn, sweeper.turn, tester.turn


async def _api(centre: Centre, stop: asyncio.Event, ready: asyncio.Event | None) -> None:
    """Serve the API and the console until `stop`; live streams end with it."""
    listening = _listen(centre.settings.http.host, centre.settings.http.port)
    _check_address(centre)
    host, port = listening.getsockname()[:2]
    log.info("api.listening", address=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    app = create_app(centre.api_deps())
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config, ready)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve(sockets=[listening]))
        group.create_task(_sign(server, centre.signs.of("api"), stop))
        group.create_task(centre.replays.run(stop))
        group.create_task(centre.jobs.run(stop))
        await stop.wait()
        end_streams(app)
        server.should_exit = True


def _check_address(centre: Centre) -> None:
    """Say what phones will miss; not where the centre is only tried out on this machine, with all in one."""
    config = centre.settings
    tried_out = not config.api.public_url and config.store.connection_string() is None
    fault = address_fault(config.api, links=centre.links is not None)
    if fault is not None and not tried_out:
        log.warning("api.address", reason=fault)


class _Server(uvicorn.Server):
    """Uvicorn that says when it answers, and leaves signals to the command line."""

    def __init__(self, config: uvicorn.Config, ready: asyncio.Event | None) -> None:
        super().__init__(config)
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready is not None:
            self._ready.set()

    @contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield


async def _sign(server: uvicorn.Server, alive: Alive, stop: asyncio.Event) -> None:
    """Sign for the API while it answers and its loop turns."""
    while not stop.is_set():
        if server.started:
            alive()
        try:
            async with asyncio.timeout(BEAT_SECONDS / 2):
                await stop.wait()
        except TimeoutError:
            continue


def _listen(host: str, port: int) -> socket.socket:
    """Bind; raises `Rejected` (`http.port`) with what to do when the port is taken or not allowed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise Rejected(
            "http.port",
            f"cannot listen on {host}:{port} ({error.strerror}): stop the other program, or set http.port to another port",
        ) from error
    return made


async def _until(stop: asyncio.Event, work: Awaitable[None]) -> None:
    """Run endless work until `stop`."""
    task = asyncio.ensure_future(work)
    try:
        await stop.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
