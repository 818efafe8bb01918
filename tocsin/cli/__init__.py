"""The command line: `tocsin --help` lists everything.

A refusal is one sentence on standard error and exit code 2 (wrong input) or 1 (something is not
well); a traceback is a defect.
"""

from __future__ import annotations

import sys

import typer

from tocsin.cli import detectors, edge
from tocsin.cli.output import failure
from tocsin.core.errors import Rejected, Transient


def application(*, box_only: bool = False) -> typer.Typer:
    """Make the command line; `box_only` loads nothing of the centre, for small boxes."""
    app = typer.Typer(
        help="Tocsin: an alarm bell for villages.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.add_typer(edge.app, name="edge", help="The box in the village.")
    app.add_typer(detectors.app, name="detectors", help="What watches readings and pictures.")
    if box_only:
        return app
    from tocsin.cli import (  # noqa: PLC0415 a box has no memory to spare for these
        bench,
        centre,
        channels,
        demo,
        docs,
        duty,
        evaluate,
        grid,
        policy,
        replay,
        report,
        town,
        watch,
    )
    from tocsin.cli import evaluate_series as series  # noqa: PLC0415 the same
    from tocsin.cli import evaluate_stills as stills  # noqa: PLC0415 the same

    app.command("demo")(demo.demo)
    app.command("run")(centre.run)
    app.command("watch")(watch.watch)
    app.command("replay")(replay.replay_command)
    app.command("report")(report.report)
    app.command("eval")(evaluate.evaluate)
    app.command("eval-series")(series.evaluate_series)
    app.command("eval-stills")(stills.evaluate_stills)
    app.add_typer(policy.app, name="policy", help="Look at a policy before it is in force.")
    app.add_typer(channels.app, name="channels", help="How people are reached, and whether they can be.")
    app.add_typer(grid.app, name="grid", help="The tree of places.")
    app.add_typer(duty.app, name="duty", help="Who is on duty, and where nobody is.")
    app.add_typer(town.app, name="town", help="Places, people and devices.")
    app.add_typer(centre.collector, name="collector", help="Make collectors known.")
    app.add_typer(centre.quarantine, name="quarantine", help="Messages that failed alone.")
    app.add_typer(centre.database, name="db", help="The database's tables.")
    app.add_typer(centre.account, name="account", help="Who may sign in.")
    app.add_typer(bench.app, name="bench", help="Measure on this machine.")
    app.add_typer(docs.app, name="docs", help="Generated pages of the documentation.")
    return app


def main() -> None:
    """Run the command line; the entry point of the package."""
    try:
        application(box_only=sys.argv[1:2] in (["edge"], ["detectors"]))()
    except Rejected as refusal:
        failure(refusal.reason)
        sys.exit(2)
    except Transient as away:
        failure(f"{away}; try again")
        sys.exit(1)
    except BaseExceptionGroup as group:
        # A task group wraps what its block raises; a refusal from inside is still one sentence.
        told, unforeseen = group.split((Rejected, Transient))
        if told is None or unforeseen is not None:
            raise
        leaf = _leaf(told)
        failure(leaf.reason if isinstance(leaf, Rejected) else f"{leaf}; try again")
        sys.exit(2 if isinstance(leaf, Rejected) else 1)
    except KeyboardInterrupt:
        sys.exit(130)


def _leaf(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
