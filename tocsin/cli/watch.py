"""`tocsin watch`: see that the centre does its work, from a process of its own."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from rich.table import Table

from tocsin import logs, settings, telemetry
from tocsin.alerts.channels import registry
from tocsin.alerts.channels.http import new_client
from tocsin.cli.centre import Config
from tocsin.cli.output import err, out
from tocsin.cli.stopping import until_stopped
from tocsin.core.clock import SystemClock
from tocsin.core.errors import Rejected
from tocsin.core.watch import Finding, Level
from tocsin.settings import Settings
from tocsin.store import embedded
from tocsin.store.watch import PgTower
from tocsin.watch.config import WatchConfig
from tocsin.watch.lamp import Lamp
from tocsin.watch.pager import Pager, sentence
from tocsin.watch.watcher import Watcher


def watch(
    config: Config = None,
    *,
    once: Annotated[
        bool,
        typer.Option(
            "--once",
            help="Look once, print what is wrong and end: exit code 1 when anything is, 0 otherwise.",
        ),
    ] = False,
) -> None:
    """Watch the centre until Ctrl-C or SIGTERM, and page when it does not do its work.

    Reads `store` (which database) and `watch` of the settings; better on another host than the centre.
    """
    chosen = settings.load(config)
    rules = chosen.watch or WatchConfig()
    if once:
        logs.configure("error", chosen.log.form, role="watch")
        findings = asyncio.run(_once(chosen, rules))
        _print(findings, rules)
        raise typer.Exit(1 if findings else 0)
    logs.configure(chosen.log.level, chosen.log.form, role="watch")
    asyncio.run(until_stopped(lambda stop: run(chosen, rules, stop)))


def tower(chosen: Settings, rules: WatchConfig) -> PgTower:
    """Make the watcher's own connection to the database of the settings; the embedded one is never started by it."""
    dsn = chosen.store.connection_string() or embedded.address(chosen.data / "postgres")
    return PgTower(dsn, SystemClock(), timeout_seconds=rules.timeout_seconds)


async def run(chosen: Settings, rules: WatchConfig, stop: asyncio.Event) -> None:
    """Watch until `stop`; raises `Rejected` for what a person must put right."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(new_client())
        try:
            adapters = registry.build(rules.channels, client=client, publish=None, clock=clock)
            lamp = Lamp(rules.lamp, client, clock) if rules.lamp is not None else None
        except ValueError as error:  # a secret that is not where the settings say
            raise Rejected("settings.secret", f"watch: {error}") from error
        if not rules.page:
            err.print("nobody is paged: write watch.page; findings are logged and kept in the database")
        watcher = Watcher(
            tower(chosen, rules),
            rules,
            clock,
            host=socket.gethostname(),
            pager=Pager(rules, adapters, clock),
            lamp=lamp,
        )
        if rules.metrics_port is not None:
            stack.enter_context(telemetry.serve(rules.metrics_host, rules.metrics_port, watcher.faults))
        await watcher.run(stop)


async def _once(chosen: Settings, rules: WatchConfig) -> list[Finding]:
    made = tower(chosen, rules)
    try:
        findings, _ = await Watcher(made, rules, SystemClock(), host=socket.gethostname()).look()
    finally:
        await made.close()
    return findings


def _print(findings: list[Finding], rules: WatchConfig) -> None:
    if not findings:
        out.print("all is well")
        return
    table = Table("level", "code", "subject", "what")
    for one in findings:
        table.add_row(
            one.level.value,
            one.code,
            one.subject,
            sentence(one, rules),
            style="red" if one.level is Level.PAGE else None,
        )
    out.print(table)
