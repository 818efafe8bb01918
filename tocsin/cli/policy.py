"""`tocsin policy lint|simulate|schema|list|show`: look at a policy before it is in force."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tocsin.alerts.lint import lint as look_at
from tocsin.alerts.lint_model import NOTHING_KNOWN, Around, Finding, Level
from tocsin.alerts.lint_read import around
from tocsin.alerts.policies import default_text
from tocsin.alerts.policy import parse_policy, policy_id, written_twice
from tocsin.alerts.policy_model import ResponsePolicy
from tocsin.alerts.rehearsal import rehearse, rehearse_generated
from tocsin.alerts.simulate_compare import Comparison, Figures, TierFigures
from tocsin.alerts.simulate_compare import as_json as comparison_json
from tocsin.alerts.simulate_generate import ASSUMED, sample_town
from tocsin.cli.centre import Config, with_centre
from tocsin.cli.output import failure, out, print_json
from tocsin.core.errors import Rejected
from tocsin.core.ids import PolicyId
from tocsin.docs import schema_text
from tocsin.wiring import Centre

app = typer.Typer(no_args_is_help=True)
LISTED_MAX = 200
LOAD_SHOWN = 10
DAYS_MAX = 400
GENERATED_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
GENERATED_DAYS = 30

File = Annotated[Path, typer.Argument(help="A policy (YAML).", metavar="FILE.yaml")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def schema() -> None:
    """Print the JSON Schema of policies, for editors."""
    print(schema_text(), end="")  # noqa: T201 the document itself, for redirection


@app.command("list")
def list_versions(config: Config = None) -> None:
    """List stored versions, newest first, with the open incidents that run under each."""
    rows = with_centre(config, lambda centre: centre.policy_records.policies(LISTED_MAX))
    table = Table("version", "saved (UTC)", "open incidents")
    for row in rows:
        table.add_row(row.id, f"{row.saved:%Y-%m-%d %H:%M:%S}", str(row.open_incidents))
    out.print(table)


@app.command()
def show(
    version: Annotated[str, typer.Argument(help="A version as `tocsin policy list` shows it.")],
    config: Config = None,
) -> None:
    """Print a stored version as it was written."""
    text = with_centre(config, lambda centre: centre.policy_records.policy_text(PolicyId(version)))
    print(text, end="")  # noqa: T201 the file itself, for redirection


@app.command()
def lint(file: File, config: Config = None, as_json: Json = False) -> None:  # noqa: FBT002 a command-line flag
    """Find steps that nothing reaches, tiers with nobody on duty, people without a channel, budgets too small.

    With --config the town, its shifts and the channels of that centre are looked at too. Exit code 1 on errors.
    """
    text = _read(file)
    twice = written_twice(text)
    try:
        policy = parse_policy(text)
    except Rejected as rejected:
        raise Rejected(rejected.code, "\n".join([*twice, rejected.reason])) from rejected
    findings = [
        Finding(level=Level.ERROR, code="written_twice", where=line.partition(":")[0], sentence=line)
        for line in twice
    ]
    surroundings = NOTHING_KNOWN if config is None else with_centre(config, _surroundings)
    findings += look_at(policy, surroundings)
    bad = any(one.level is Level.ERROR for one in findings)
    if as_json:
        print_json({"policy": policy_id(text), "findings": [asdict(one) for one in findings]})
    else:
        for one in findings:
            style = "red" if one.level is Level.ERROR else "yellow"
            out.print(f"{one.level}: {one.where}: {one.sentence} [{one.code}]", style=style, markup=False)
        out.print(
            f"{policy_id(text)}: {len(findings)} findings" if findings else f"{policy_id(text)} is sound",
            markup=False,
        )
        if config is None:
            out.print("people, shifts and channels were not looked at: name a centre with --config")
    raise typer.Exit(1 if bad else 0)


@app.command()
def simulate(
    file: File,
    *,
    config: Config = None,
    since: Annotated[
        datetime | None, typer.Option("--from", help="First day of the record (UTC).", formats=["%Y-%m-%d"])
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", help="Day after the last one (UTC).", formats=["%Y-%m-%d"])
    ] = None,
    days: Annotated[int, typer.Option(help="Days back from now, without --from.", min=1, max=DAYS_MAX)] = 30,
    generate: Annotated[
        int | None, typer.Option(help="Generated incidents instead of the record.", min=1, max=200_000)
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Compare generated incidents with this policy; the shipped one without."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn; the same gives the same.")] = 1,
    as_json: Json = False,
) -> None:
    """Run recorded or generated incidents under a policy and print what would have been otherwise.

    Needs --config for the record; what it can and cannot say stands in docs/policies.md.
    """
    policy = parse_policy(_read(file))
    if generate is not None:
        old = parse_policy(_read(against) if against is not None else default_text())
        result = rehearse_generated(
            old, policy, sample_town(), count=generate, seed=seed, since=GENERATED_SINCE, days=GENERATED_DAYS
        )
    else:
        result = with_centre(
            config, lambda centre: _replay(centre, policy, since=since, until=until, days=days, seed=seed)
        )
    if as_json:
        print_json(comparison_json(result))
        return
    _print(result, generated=generate is not None)


async def _replay(
    centre: Centre,
    policy: ResponsePolicy,
    *,
    since: datetime | None,
    until: datetime | None,
    days: int,
    seed: int,
) -> Comparison:
    end = until.replace(tzinfo=UTC) if until is not None else centre.clock.now()
    begin = since.replace(tzinfo=UTC) if since is not None else end - timedelta(days=days)
    if not timedelta() < end - begin <= timedelta(days=DAYS_MAX):
        raise Rejected(
            "simulate.span", f"--from must lie before --to, at most {DAYS_MAX} days: write other days"
        )
    return await rehearse(centre.policy_records, policy, scope="", since=begin, until=end, seed=seed)


async def _surroundings(centre: Centre) -> Around:
    grids = await centre.town.grids("")
    return await around(centre.policy_records, centre.settings.alerts.channels, grids, centre.clock.now())


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Rejected("policy.file", f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Rejected("policy.file", f"{file} is no UTF-8 text: save it as UTF-8") from error


def _print(result: Comparison, *, generated: bool) -> None:
    if result.before.incidents == 0:
        failure("there is no incident in that span: write other days, or --generate 1000")
        return
    columns = {"recorded": result.recorded, "old policy": result.before, "new policy": result.after}
    table = Table("tier", "", *(name for name, column in columns.items() if column is not None))
    shown = [column for column in columns.values() if column is not None]
    for place, tier in enumerate(one.tier for one in result.before.tiers):
        for name, cell in (
            ("called", lambda one: f"{one.people_called} people, {one.calls} calls"),
            ("in time", _rate),
            ("late / missed", lambda one: f"{one.late} / {one.missed}"),
            ("stood down", lambda one: str(one.stood_down)),
            ("on an assumption", lambda one: f"{one.assumed} clocks"),
        ):
            label = tier if name == "called" else ""
            table.add_row(label, name, *(cell(column.tiers[place]) for column in shown))
    out.print(table)
    out.print(_load(result.before, result.after))
    out.print(
        f"{result.changed} of {result.before.incidents} incidents would have gone otherwise; seed {result.seed}"
    )
    if result.reproduced is not None:
        out.print(
            f"the old policy, run the same way, gives {result.reproduced:.1%} of the recorded verdicts again"
        )
    if result.skipped:
        out.print(f"{result.skipped} incidents were left out: their policy or their place is not known")
    if generated:
        for tier, like in ASSUMED.items():
            out.print(
                f"assumed of the {tier}: {like.answers:.0%} answer, seen after {like.seen:g} s, going {like.going:g} s "
                f"later, there {like.arrives:g} s later (medians)"
            )
    else:
        drawn = ", ".join(f"{tier} {number}" for tier, number in result.answers.items()) or "none"
        out.print(
            f"people never called in the record answer as others of their tier did; answers to draw from: {drawn}"
        )


def _rate(one: TierFigures) -> str:
    if one.rate is None or one.rate_low is None or one.rate_high is None:
        return "-"
    return f"{one.arrived}, {one.rate:.1%} ({one.rate_low:.1%} to {one.rate_high:.1%})"


def _load(before: Figures, after: Figures) -> Table:
    were = {one.person: one for one in before.load}
    table = Table("person", "calls before", "calls after", "at night before", "at night after")
    for one in after.load[:LOAD_SHOWN]:
        was = were.get(one.person)
        table.add_row(
            one.person,
            str(was.calls if was is not None else 0),
            str(one.calls),
            str(was.night_calls if was is not None else 0),
            str(one.night_calls),
        )
    return table
