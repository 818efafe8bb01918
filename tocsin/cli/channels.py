"""`tocsin channels list|test`: how people are reached, and whether they can be."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer
from rich.table import Table

from tocsin.alerts.reach_ports import ChannelRow, TrialRow
from tocsin.cli.centre import Config, with_centre
from tocsin.cli.output import out
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel
from tocsin.wiring import Centre

app = typer.Typer(no_args_is_help=True)
LISTED_MAX: Final = 500
LOOK_SECONDS: Final = 0.5
EVERYWHERE: Final = ""


@app.command("list")
def list_channels(config: Config = None) -> None:
    """List the providers with their health, the score of everybody's channels, and who cannot be reached."""

    async def work(
        centre: Centre,
    ) -> tuple[list[ChannelRow], list[TrialRow], list[tuple[PersonId, str, str]]]:
        return (
            list(await centre.trials.channels()),
            list(await centre.trials.rows(EVERYWHERE, None, LISTED_MAX)),
            list(await centre.trials.unreachable(EVERYWHERE)),
        )

    providers, tests, silent = with_centre(config, work)
    out.print(_providers(providers))
    if tests:
        out.print(_tests(tests))
    for person, name, reason in silent:
        why = "has no contact" if reason == "no_contact" else "answered on none: every last test failed"
        out.print(f"nobody can reach {name} ({person}): {why}", style="yellow", markup=False)


@app.command("test")
def order_test(
    person: Annotated[str, typer.Argument(help="Id of the person.", metavar="PERSON")],
    channel: Annotated[
        Channel | None, typer.Option(help="Only this channel; all of theirs when left out.")
    ] = None,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for what the providers say.", min=0, max=600)
    ] = 30.0,
    config: Config = None,
) -> None:
    """Test a person's channels; a relay that runs sends the tests, within its budgets.

    Exit code 1 when one failed or was not sent in time.
    """

    async def work(centre: Centre) -> list[TrialRow]:
        ordered = await centre.trials.ask(PersonId(person), [] if channel is None else [channel], "cli")
        rows: list[TrialRow] = []
        for _ in range(max(1, int(wait / LOOK_SECONDS) + 1)):
            found = await centre.trials.rows(EVERYWHERE, PersonId(person), LISTED_MAX)
            rows = [row for row in found if row.id in ordered]
            if all(row.outcome is not None for row in rows):
                break
            await asyncio.sleep(min(LOOK_SECONDS, wait))
        return rows

    rows = with_centre(config, work)
    if not rows:
        out.print("a test of every channel is on its way already: see `tocsin channels list`")
        return
    out.print(_tests(rows))
    if any(row.outcome in {None, "failed"} for row in rows):
        raise typer.Exit(1)


def _providers(rows: list[ChannelRow]) -> Table:
    table = Table("channel", "provider", "state", "since (UTC)", "waiting", "sent/h", "failed/h", "said last")
    for row in rows:
        state = ("up" if row.up else "down") if row.offered else "not offered now"
        table.add_row(
            row.channel,
            row.provider,
            state,
            f"{row.since:%m-%d %H:%M:%S}",
            str(row.waiting),
            str(row.sent_hour),
            str(row.failed_hour),
            row.reason,
        )
    return table


def _tests(rows: list[TrialRow]) -> Table:
    """Show the newest test of each person and channel."""
    table = Table("person", "channel", "tested (UTC)", "outcome", "answered", "score", "reason")
    shown = set()
    for row in rows:
        if (row.person, row.channel) in shown:
            continue
        shown.add((row.person, row.channel))
        table.add_row(
            row.person_name,
            row.channel,
            f"{row.asked:%m-%d %H:%M}",
            row.outcome or "not sent yet",
            "no" if row.answered is None else f"{row.answered:%m-%d %H:%M}",
            "" if row.score is None else f"{row.score:.0%}",
            row.reason,
        )
    return table
