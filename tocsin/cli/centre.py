"""`tocsin run`, `collector`, `quarantine`, `db`, `account`: the centre."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from tocsin import logs, roles, settings, wiring
from tocsin.api.auth import hash_password
from tocsin.cli.output import err, out
from tocsin.cli.stopping import until_stopped
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.grids import Tier
from tocsin.core.ids import GridCode, IncidentId, OrganisationCode, PersonId, collector_id
from tocsin.edge import provision
from tocsin.ingest.ports import CollectorEntry
from tocsin.store import audit, migrate, tune
from tocsin.town.ports import Account, Person, Role
from tocsin.wiring import Centre

T = TypeVar("T")

collector = typer.Typer(no_args_is_help=True)
quarantine = typer.Typer(no_args_is_help=True)
database = typer.Typer(no_args_is_help=True)
account = typer.Typer(no_args_is_help=True)

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Settings of the centre (YAML).", envvar="TOCSIN_CONFIG", metavar="FILE.yaml"
    ),
]


def with_centre(config: Path | None, work: Callable[[Centre], Awaitable[T]]) -> T:
    """Do one piece of work with a connected centre; an embedded database is kept up to date by itself."""
    chosen = settings.load(config)
    logs.configure("warning", chosen.log.form)

    async def once() -> T:
        async with wiring.centre(chosen, migrating=chosen.store.connection_string() is None) as centre:
            return await work(centre)

    return asyncio.run(once())


def run(
    config: Config = None,
    role: Annotated[
        list[roles.Role] | None,
        typer.Option(help="What this process does; may be repeated. All of it when left out."),
    ] = None,
) -> None:
    """Run the centre, or some of its roles, until Ctrl-C or SIGTERM."""
    chosen = settings.load(config)
    wanted = frozenset(role or roles.Role)
    logs.configure(chosen.log.level, chosen.log.form, role="+".join(sorted(wanted)))
    asyncio.run(until_stopped(lambda stop: roles.run(chosen, wanted, stop)))


CollectorName = Annotated[str, typer.Argument(help="Name of the collector.", metavar="NAME")]


@collector.command("add")
def add(
    name: Annotated[
        str, typer.Argument(help="Name of the collector: letters, digits, . _ -", metavar="NAME")
    ],
    grid: Annotated[str, typer.Option(help="Code of the grid it stands in.")],
    config: Config = None,
    title: Annotated[str, typer.Option(help="How people call it; the name when left out.")] = "",
    partition: Annotated[
        int | None, typer.Option(help="0 to 63; chosen by the name when left out.", min=0, max=63)
    ] = None,
) -> None:
    """Make a collector known and print its YAML with credentials; save that on the box as FILE.yaml.

    The password is printed once and kept only as a hash.
    """
    chosen = settings.load(config)
    own = chosen.embedded_broker
    if name in {chosen.broker.username, own.centre if own is not None else None}:
        raise Rejected(
            "collector.reserved",
            f"{name} is the centre's own name at the broker and may do everything there: choose another",
        )
    password = provision.new_password()

    async def work(centre: Centre) -> str:
        entry = CollectorEntry(
            id=collector_id(name),
            partition=partition if partition is not None else sum(name.encode()) % 64,
            grid=GridCode(grid),
            name=title or name,
            enabled=True,
            secret_hash=hash_password(password),
        )
        await centre.admin.add_collector(entry)
        broker = centre.settings.broker
        return provision.collector_yaml(
            collector=entry.id,
            partition=entry.partition,
            grid=entry.grid,
            host=broker.host,
            port=broker.port,
            username=entry.id,
            password=password,
            tls=broker.tls,
        )

    text = with_centre(config, work)
    print(text, end="")  # noqa: T201 the file itself, for redirection
    err.print(f"save this as {name}.yaml on the box, mode 600, then: tocsin edge check {name}.yaml")
    if settings.load(config).embedded_broker is None:
        err.print(f"and give the broker the user {name} with this password: deploy/README.md shows how")


@collector.command("disable")
def disable(name: CollectorName, config: Config = None) -> None:
    """Keep a collector out: a stolen box, or one that is taken down. What it sent before stays."""
    _enable(name, config, enabled=False)


@collector.command("enable")
def enable(name: CollectorName, config: Config = None) -> None:
    """Let a collector in again."""
    _enable(name, config, enabled=True)


def _enable(name: str, config: Path | None, *, enabled: bool) -> None:
    def work(centre: Centre) -> Awaitable[bool]:
        return centre.admin.enable_collector(collector_id(name), enabled=enabled)

    new = with_centre(config, work)
    err.print(f"{name} is {'let in' if enabled else 'kept out'}{'' if new else ', as before'}")


@quarantine.command("list")
def list_quarantined(
    config: Config = None,
    state: Annotated[str, typer.Option(help="held, retried or dropped.")] = "held",
    most: Annotated[int, typer.Option(help="Rows at most.", min=1, max=1000)] = 50,
) -> None:
    """List messages that failed alone, oldest first."""
    rows = with_centre(config, lambda centre: centre.admin.quarantined(state=state, most=most))
    table = Table("id", "received", "collector", "lane", "code", "reason")
    for row in rows:
        table.add_row(
            str(row.id),
            f"{row.received:%Y-%m-%d %H:%M:%S}",
            row.collector,
            row.lane,
            row.code,
            row.reason[:160],
        )
    out.print(table if rows else f"no message is {state}")


Ids = Annotated[list[int], typer.Argument(help="Ids as `tocsin quarantine list` shows them.", metavar="ID…")]


@quarantine.command("retry")
def retry(ids: Ids, config: Config = None) -> None:
    """Feed messages to ingest again, after what was wrong has been put right."""
    out.print(with_centre(config, lambda centre: roles.retry_quarantined(centre, ids)))


@quarantine.command("drop")
def drop(ids: Ids, config: Config = None) -> None:
    """Give messages up; they stay listed as dropped."""
    count = with_centre(config, lambda centre: centre.admin.drop_quarantined(ids))
    out.print(f"{count} dropped")


def _with_database(config: Path | None, work: Callable[[str], Awaitable[T]]) -> T:
    chosen = settings.load(config)
    logs.configure("warning", chosen.log.form)

    async def once() -> T:
        async with wiring.database(chosen) as dsn:
            return await work(dsn)

    return asyncio.run(once())


@database.command("migrate")
def migrate_tables(config: Config = None) -> None:
    """Bring the tables up to date; repeatable, safe beside running processes of the version before."""
    done = _with_database(config, migrate.migrate)
    out.print("\n".join(f"applied {name}" for name in done) or "the tables are up to date")


@database.command("check")
def check_tables(config: Config = None) -> None:
    """Say what is wrong with the tables and what to do about it; exit code 1 when anything is."""
    faults = _with_database(config, tune.check)
    out.print("\n".join(faults) or "the tables are up to date", markup=False)
    raise typer.Exit(1 if faults else 0)


@database.command("tune")
def tune_tables(config: Config = None) -> None:
    """Set what only TimescaleDB's Community edition can: compression and retention policies."""
    for line in _with_database(config, tune.tune):
        out.print(line, markup=False)


@database.command("verify-chains")
def verify_chains(
    config: Config = None,
    *,
    whole: Annotated[bool, typer.Option("--all", help="Every incident there is, not a sample.")] = False,
    sample: Annotated[
        int, typer.Option(help="Open incidents, and as many that ended lately.", min=1, max=1000)
    ] = 100,
) -> None:
    """Verify the hash chains of incidents' logs; exit code 1 when one was changed, and say which."""

    async def work(dsn: str) -> tuple[int, list[IncidentId]]:
        return await audit.verify_chains(dsn, None if whole else sample)

    count, broken = _with_database(config, work)
    for incident in broken:
        err.print(f"the log of incident {incident} was changed after it was written", style="red")
    out.print(f"{count} logs verified, {len(broken)} do not prove themselves")
    raise typer.Exit(1 if broken else 0)


@account.command("add")
def add_account(
    *,
    name: Annotated[str, typer.Argument(help="Name to sign in with.", metavar="NAME")],
    role: Annotated[Role, typer.Option(help="What it may do.")],
    grid: Annotated[
        str,
        typer.Option(
            help="Root of what it may see: a grid code; without, everything, for a person who is known."
        ),
    ] = "",
    person: Annotated[
        str, typer.Option(help="Id of the member of staff; made from the name when left out.")
    ] = "",
    organisation: Annotated[
        str, typer.Option(help="Of a department's account: whose work it sees, and for whom it speaks.")
    ] = "",
    config: Config = None,
) -> None:
    """Make an account, or give it a new password, which is printed once."""
    if (role is Role.DEPARTMENT) is not bool(organisation):
        raise Rejected(
            "account.organisation",
            "an account of the role department needs --organisation CODE, and no other role has one",
        )
    password = secrets.token_urlsafe(12)

    async def work(centre: Centre) -> None:
        scope, root = "", grid
        if organisation:
            office = await centre.catalogue.organisation(OrganisationCode(organisation))
            if office is None:
                raise NotFound(
                    "organisation.unknown",
                    f"organisation {organisation} is not known: load it first with `tocsin town catalogue load`",
                )
            root = grid or office.entry.grid
        if root:
            found = await centre.town.grid(GridCode(root))
            if found is None:
                raise NotFound(
                    "grid.unknown", f"grid {root} is not known: import it first, or leave --grid out"
                )
            scope = found.path
        member = PersonId(person or name)
        if await centre.town.person(member) is None:
            if not root:
                raise Rejected(
                    "account.person",
                    f"person {member} is not known: say --grid CODE, so that they are added there and the account sees it, "
                    "or --person ID of somebody who is known",
                )
            tier = Tier.VILLAGE if role is Role.RESPONDER else None
            await centre.town.add_people([Person(id=member, name=name, grid=GridCode(root), tier=tier)], [])
        await centre.town.add_account(
            Account(
                name=name,
                person=member,
                role=role,
                scope=scope,
                password_hash=hash_password(password),
                organisation=OrganisationCode(organisation) if organisation else None,
            )
        )

    with_centre(config, work)
    out.print(f"{name} signs in with {password}", markup=False)
