"""Adapters put into ports: one `Centre` per process, from the settings.

Nothing else makes an adapter. Roles (`tocsin.roles`) take what they need from here.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from tocsin.alerts.alarm_desk import AlarmDesk
from tocsin.alerts.channels.vapid import vapid_keys
from tocsin.alerts.hooks import Hook, Hooks
from tocsin.alerts.links import LinkKeys, address_of, keys_of
from tocsin.alerts.lint_read import budgets_of
from tocsin.alerts.policy_book import PolicyBook
from tocsin.alerts.ports import AlertsUnit, ClaimedNotice
from tocsin.alerts.service import AlertService
from tocsin.api.auth import verify_password
from tocsin.api.deps import ApiDeps
from tocsin.core.clock import Clock, SystemClock
from tocsin.core.errors import InvariantBroken, Rejected
from tocsin.core.ids import CollectorId, new_id
from tocsin.core.responders import Channel
from tocsin.detectors.config import DetectorsConfig
from tocsin.ingest.ports import Flush
from tocsin.replays import ChildReplays
from tocsin.rules import CentreRules
from tocsin.settings import Settings
from tocsin.store import embedded
from tocsin.store.alarms import PgAlarmQueries
from tocsin.store.alert_queries import PgAlertQueries
from tocsin.store.alerts import PgAlertsStore, PgAlertsUnit
from tocsin.store.cap import PgCap
from tocsin.store.catalogue import PgCatalogue
from tocsin.store.connect import Pool, pool
from tocsin.store.duty import PgDutyStore
from tocsin.store.evaluation import PgEvaluation
from tocsin.store.exercises import PgExercises
from tocsin.store.field import PgFlush, PgFlushStore
from tocsin.store.field_queries import PgFieldAdmin, PgFieldQueries
from tocsin.store.figures import PgFigureStore
from tocsin.store.jobs import PgJobStore
from tocsin.store.migrate import migrate, pending
from tocsin.store.notices import PgNoticeStore
from tocsin.store.people import PgPeopleStore
from tocsin.store.pictures import DirectoryPictures
from tocsin.store.places import PgPlacesStore
from tocsin.store.policies import PgPolicyRecords
from tocsin.store.profiles import PgProfiles
from tocsin.store.proofs import PgProofStore
from tocsin.store.quality import PgQuality
from tocsin.store.reach import PgReachStore
from tocsin.store.replies import PgReplyStore
from tocsin.store.sweeps import PgSweepCalls, PgSweeps
from tocsin.store.town import PgTownStore
from tocsin.store.trials import PgTrialStore
from tocsin.store.wakeups import Wakeups
from tocsin.store.watch import PgWatchStore
from tocsin.town.evaluating import Evaluation
from tocsin.town.job_runner import JobRunner
from tocsin.town.places import Places
from tocsin.town.reporting import Reporting
from tocsin.watch.beating import Signs

CAP_TOKEN_LEAST: Final = 32
CONSOLE: Final = Path(__file__).resolve().parent / "api" / "static"
"""Where `make console` puts the web client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """Every adapter of one process of the centre."""

    settings: Settings
    clock: Clock
    dsn: str
    pool: Pool
    wakeups: Wakeups
    flushes: PgFlushStore
    field_queries: PgFieldQueries
    admin: PgFieldAdmin
    pictures: DirectoryPictures
    town: PgTownStore
    people: PgPeopleStore
    duty: PgDutyStore
    catalogue: PgCatalogue
    sweeps: PgSweeps
    sweep_calls: PgSweepCalls
    exercises: PgExercises
    policy_records: PgPolicyRecords
    alerts_store: PgAlertsStore
    notices: PgNoticeStore
    reach: PgReachStore
    replies: PgReplyStore
    trials: PgTrialStore
    queries: PgAlertQueries
    board: PgAlarmQueries
    alerts: AlertService
    desk: AlarmDesk
    rules: CentreRules
    """The detectors and the file they come from."""
    proofs: PgProofStore
    profiles: PgProfiles
    links: LinkKeys | None
    """Keys of one-tap links; None where none are made."""
    watch: PgWatchStore
    quality: PgQuality
    replays: ChildReplays
    evaluation: Evaluation
    cap_token: str
    reporting: Reporting
    jobs: JobRunner
    grids: Places
    signs: Signs
    """What the workers of this process sign with."""
    probes: list[Callable[[], list[str]]] = field(default_factory=list)
    """What the roles of this process add to its readiness."""

    def places(self) -> dict[str, Path]:
        """Name the folders that this process writes to: their disks are watched."""
        pictures = self.settings.store.picture_directory or self.settings.data / "pictures"
        return {"data": self.settings.data, "pictures": pictures}

    @property
    def set_up(self) -> frozenset[Channel]:
        """The channels that reach people and are set up: a siren reaches nobody in particular.

        A log reaches nobody either, but where nothing else is set up the centre is being tried out.
        """
        offered = frozenset(budgets_of(self.settings.alerts.channels)) - {Channel.MQTT}
        return offered - {Channel.LOG} or offered

    @property
    def detectors(self) -> DetectorsConfig:
        """The detectors in force."""
        return self.rules.config

    def api_deps(self) -> ApiDeps:
        """Give the HTTP face what it needs."""
        return ApiDeps(
            alerts=self.alerts,
            desk=self.desk,
            queries=self.queries,
            board=self.board,
            field=self.field_queries,
            admin=self.admin,
            pictures=self.pictures,
            town=self.town,
            people=self.people,
            duty=self.duty,
            set_up=self.set_up,
            catalogue=self.catalogue,
            sweeps=self.sweeps,
            exercises=self.exercises,
            clock=self.clock,
            ready=self.faults,
            config=self.settings.api,
            proofs=self.proofs,
            policies=self.policy_records,
            policy_places=self.alerts.policies.places(),
            profiles=self.profiles,
            links=self.links,
            watch=self.watch,
            watched=None if self.settings.watch is None else self.settings.watch.language,
            trials=self.trials,
            hooks=Hooks(read_hooks(self.settings), self.replies, self.trials, self.alerts),
            push_key=read_push_key(self.settings),
            quality=self.quality,
            replays=self.replays,
            cap=PgCap(self.pool),
            cap_token=self.cap_token,
            evaluation=self.evaluation,
            reporting=self.reporting,
            jobs=self.jobs,
            places=self.grids,
            console=CONSOLE if CONSOLE.is_dir() else None,
        )

    def link_of(self, claimed: ClaimedNotice) -> str:
        """Give the one-tap link of a notice; empty where there is none."""
        api = self.settings.api
        return address_of(
            claimed,
            self.links,
            self.clock.now(),
            base=api.public_url,
            lasts=timedelta(days=api.link_days),
            in_groups=api.links_in_groups,
        )

    async def knows(self, name: str, password: str) -> bool:
        """Say whether a collector may sign in at the embedded broker."""
        entry = (await self.flushes.collectors()).get(CollectorId(name))
        return (
            entry is not None
            and entry.enabled
            and await asyncio.to_thread(verify_password, entry.secret_hash, password)
        )

    async def faults(self) -> list[str]:
        """Say what keeps this process from working; empty when it is ready."""
        missing = [sentence for probe in self.probes for sentence in probe()]
        try:
            async with asyncio.timeout(2), self.pool.connection() as database:
                await database.execute("select 1")
        except Exception as error:  # noqa: BLE001 a probe reports whatever it meets
            missing.append(f"the database does not answer: {error}")
        if not self.wakeups.listening.is_set():
            missing.append("not yet listening to the database: deadlines are met by asking every second")
        return missing


def with_own_broker(settings: Settings) -> Settings:
    """Point `broker` at the embedded one, where there is one, with a password of its own beside the data.

    Raises `Rejected` (`settings.data`) when the password cannot be written there.
    """
    own = settings.embedded_broker
    if own is None:
        return settings
    path = settings.data / "broker.secret"
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24) + "\n", encoding="utf-8")
        password = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Rejected(
            "settings.data",
            f"cannot keep the broker's password in {path}: {error.strerror}; set `data` to a folder of ours",
        ) from error
    users = {**own.users, own.centre: SecretStr(password)}
    return settings.model_copy(
        update={
            "embedded_broker": own.model_copy(update={"users": users}),
            "broker": settings.broker.model_copy(
                update={"host": own.host, "port": own.port, "username": own.centre, "password_file": path}
            ),
        }
    )


def read_hooks(settings: Settings) -> list[Hook]:
    """Read the secrets of the hooks; raises `Rejected` (`settings.secret`) when one is not there."""
    try:
        return [Hook.of(hook) for hook in settings.alerts.hooks]
    except ValueError as error:
        raise Rejected("settings.secret", f"alerts.hooks: {error}") from error


def read_push_key(settings: Settings) -> str:
    """Read the public key of pushes to browsers, or make it; empty where they are not set up.

    Raises `Rejected` (`settings.secret`) when its file holds something else.
    """
    push = settings.alerts.channels.web_push
    try:
        return "" if push is None else vapid_keys(push.key_file).public
    except ValueError as error:
        raise Rejected("settings.secret", f"alerts.channels.web_push: {error}") from error


def with_own_links(settings: Settings) -> Settings:
    """Make a key for one-tap links beside the data, where the whole centre is one process with its own database.

    Several processes must share one key, which only a person can give them. Raises `Rejected` (`settings.data`).
    """
    if settings.api.link_key_file is not None or settings.store.connection_string() is not None:
        return settings
    path = settings.data / "link.key"
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48) + "\n", encoding="utf-8")
    except OSError as error:
        raise Rejected(
            "settings.data",
            f"cannot keep the key of links in {path}: {error.strerror}; set `data` to a folder of ours",
        ) from error
    return settings.model_copy(update={"api": settings.api.model_copy(update={"link_key_file": path})})


def read_link_keys(settings: Settings) -> LinkKeys | None:
    """Read the keys of one-tap links; None where none are set. Raises `Rejected` (`settings.secret`, `link.keys`)."""
    path = settings.api.link_key_file
    if path is None:
        return None
    try:
        return keys_of(path.read_text(encoding="utf-8"), f"api.link_key_file {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(
            "settings.secret", f"cannot read api.link_key_file {path}: {error}; write a key into it"
        ) from error


def read_cap_token(settings: Settings) -> str:
    """Read the token of other systems; empty where none is set. Raises `Rejected` (`settings.secret`)."""
    path = settings.api.cap_token_file
    if path is None:
        return ""
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(
            "settings.secret", f"cannot read api.cap_token_file {path}: {error}; write a token into it"
        ) from error
    if len(token) < CAP_TOKEN_LEAST:
        raise Rejected(
            "settings.secret",
            f"the token in api.cap_token_file {path} is too short: write at least {CAP_TOKEN_LEAST} random characters",
        )
    return token


def unit_of(flush: Flush) -> AlertsUnit:
    """Make the alerts' view of a flush's own transaction."""
    if not isinstance(flush, PgFlush):
        raise InvariantBroken(f"a flush of {type(flush).__name__} reached the wiring of PostgreSQL")
    return PgAlertsUnit(flush.connection, flush.at)


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """Give the DSN; the embedded server runs inside the block unless it ran before.

    Raises `Rejected` when the embedded server cannot start.
    """
    named = settings.store.connection_string()
    if named is not None:
        yield named
        return
    directory = settings.data / "postgres"
    joined = await asyncio.to_thread(embedded.running, directory)
    server = await asyncio.to_thread(embedded.start, directory)
    try:
        yield server.dsn
    finally:
        if not joined:
            await asyncio.to_thread(embedded.stop, directory)


@asynccontextmanager
async def centre(
    settings: Settings, *, clock: Clock | None = None, migrating: bool = False
) -> AsyncIterator[Centre]:
    """Connect everything; `migrating` brings the tables up to date first, else old tables are refused.

    Raises `Rejected` with a sentence for whatever a person must put right.
    """
    settings = with_own_links(with_own_broker(settings))
    rules = await asyncio.to_thread(
        CentreRules, settings.detectors, settings.data / "detectors-last-good.yaml"
    )
    policies = PolicyBook.read(settings.alerts.policy)
    async with (
        database(settings) as dsn,
        _connected(settings, dsn, rules, policies, clock or SystemClock(), migrating=migrating) as made,
    ):
        yield made


@asynccontextmanager
async def _connected(
    settings: Settings,
    dsn: str,
    rules: CentreRules,
    policies: PolicyBook,
    time: Clock,
    *,
    migrating: bool,
) -> AsyncIterator[Centre]:
    if migrating:
        await migrate(dsn)
    elif names := await pending(dsn):
        raise Rejected("database.pending", f"the database lacks {', '.join(names)}: run `tocsin db migrate`")
    async with pool(dsn, settings.store) as connections, asyncio.TaskGroup() as group:
        wakeups = Wakeups(dsn)
        listening = group.create_task(wakeups.run())
        alerts_store = PgAlertsStore(connections, wakeups)
        await policies.keep(alerts_store)
        alerts = AlertService(alerts_store, policies)
        try:
            yield Centre(
                settings=settings,
                clock=time,
                dsn=dsn,
                pool=connections,
                wakeups=wakeups,
                flushes=PgFlushStore(connections),
                field_queries=PgFieldQueries(connections),
                admin=PgFieldAdmin(connections),
                pictures=DirectoryPictures(settings.store.picture_directory or settings.data / "pictures"),
                town=PgTownStore(connections),
                people=PgPeopleStore(connections),
                duty=PgDutyStore(connections),
                catalogue=PgCatalogue(connections),
                sweeps=PgSweeps(connections),
                sweep_calls=PgSweepCalls(connections),
                exercises=PgExercises(connections),
                policy_records=PgPolicyRecords(connections),
                alerts_store=alerts_store,
                notices=PgNoticeStore(connections),
                reach=PgReachStore(connections),
                replies=PgReplyStore(connections),
                trials=PgTrialStore(connections),
                queries=PgAlertQueries(connections, wakeups, time),
                board=PgAlarmQueries(connections),
                alerts=alerts,
                desk=AlarmDesk(alerts_store, alerts),
                rules=rules,
                proofs=PgProofStore(connections),
                profiles=PgProfiles(connections),
                links=read_link_keys(settings),
                watch=PgWatchStore(connections),
                quality=PgQuality(connections),
                replays=ChildReplays(settings, dsn, time),
                evaluation=Evaluation(PgEvaluation(connections), time),
                cap_token=read_cap_token(settings),
                reporting=Reporting(PgFigureStore(connections), time),
                grids=Places(PgPlacesStore(connections)),
                jobs=JobRunner(
                    PgJobStore(connections), f"{socket.gethostname()}-{os.getpid()}-{new_id()[:8]}"
                ),
                signs=Signs(socket.gethostname()),
            )
        finally:
            listening.cancel()
