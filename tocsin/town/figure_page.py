"""The page of the documentation that says what each figure means, made of the definitions.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tocsin.town.figure_catalogue import DEFINITIONS, GROUPS
from tocsin.town.figure_model import FEW, Part, Unit
from tocsin.town.figure_words import BETTER, REASONS, TABLES, UNITS

_INTRODUCTION: Final = f"""\
# Reports: what the day, week, month, quarter and year say

Made from the code by `make docs`; do not edit. The console shows these figures under 统计, `tocsin report` prints them, `GET /api/figures`
gives them as JSON, `GET /api/figures/export.xlsx` and `.csv` as files. All of them are counted from the event log; nothing is estimated,
nothing is entered by hand, and behind each figure stand the incidents that it counts and leaves out, each with the reason.

## On the day you use it

```
tocsin report                                          the month that runs
tocsin report --period quarter --of 2026-Q4 --grid 3301101042
tocsin report --of 2026-10 --by grid --by organisation --xlsx october.xlsx
tocsin report --of 2026-10 --check                     are the facts that are kept still what the logs say?
```

- **Which incidents.** Those **opened** in the period, at a grid of the chosen place or below it, as the grid was then. What happens to them later
  still counts for that period: last month's closing rate rises while last month's cases are closed. Print it with the day on which it was made.
- **Which clock.** Days begin at midnight in Asia/Shanghai; weeks on Monday (ISO 8601); a period that runs is marked, and compared with **as much** of the
  one before and of the same one a year before, never with the whole of it. 29 February and a 53rd week may have no year before.
- **Drills and tests count nowhere.** How many there were is said. `--drill` (`drill=true`) gives the figures of drills, and of nothing else.
- **A share** stands with numerator, denominator and Wilson's bounds at 95 %. Fewer than {FEW} cases are marked: look at the bounds, and do not
  rank by them.
- **A time** is given as median (P50) and P90, each the *nearest rank*: it is the time of one of the incidents behind it, and never a mean of
  percentiles. What never ended (nobody came) counts as longer than any; where more than a tenth never ended there is no P90, and it says so.
- **Tables add up.** Each incident lies in exactly one row of a table, so numerators and denominators of the rows sum to those of the total. Percentiles
  of rows do not combine; they are counted anew for the whole.
- **Where.** Operators, supervisors and administrators see their subtree; a department sees what its own organisation leads, wherever that is.

## Two lists for the round

`GET /api/open-items` gives what is open, village by village, oldest first, with the stage it waits in and until when: the weekly list of a village.
`overdue=true` narrows it to what has overstepped its limit, `report_missing=true` to grave incidents (I to III) of which nobody above was told: the
daily look for what was not entered. Incidents of the past that lack a report are the rows of `reported_up` that are in the denominator alone.

## How it is counted

What of an incident counts is read from its log once and kept until the log goes on (table `incident_fact`). The kept copy is never the truth: it may
be emptied at any time, it is read anew wherever the log is longer, and `--check` compares all of it with the logs. Clocks count by their **last
verdict**: started = arrived + late + missed + stood down + running. A miss of ours or of a provider stays a miss in the share of arrivals and is
charged to that side, never to people. Where an incident was rejected, taken back and confirmed again, the clocks that had run before count as well.

## The figures
"""


def page() -> str:
    """Write the page."""
    return "\n".join([_INTRODUCTION, *_figures(), *_reasons(), *_tables()]) + "\n"


def _figures() -> Iterator[str]:
    for group, (zh, en) in GROUPS.items():
        yield from (f"### {en} · {zh}", "")
        yield "| figure | in the numerator | in the denominator | left out |"
        yield "| --- | --- | --- | --- |"
        for one in DEFINITIONS:
            if one.group != group:
                continue
            unit, better = UNITS[one.unit][1], BETTER[one.better][1]
            first = "time: " if one.unit is Unit.SECONDS else ""
            yield (
                f"| **{one.en.title}** · {one.zh.title}<br>`{one.name}`, {unit}, {better} "
                f"| {first}{one.en.numerator}<br>{one.zh.numerator} "
                f"| {one.en.denominator}<br>{one.zh.denominator} | {one.en.excluded}<br>{one.zh.excluded} |"
            )
        yield ""


def _reasons() -> Iterator[str]:
    yield from ("## Why a row counts, or does not", "")
    yield (
        f"Each row of `GET /api/figures/{{name}}/rows` says its part (`{Part.HIT}`, `{Part.MISS}` alone, "
        f"`{Part.OUT}`) and one of these reasons."
    )
    yield ""
    for reason, (zh, en) in REASONS.items():
        yield f"- `{reason}`: {en} · {zh}"
    yield ""


def _tables() -> Iterator[str]:
    yield from ("## Tables", "")
    named = [f"`{name}` ({en}, {zh})" for name, (zh, en) in TABLES.items()]
    yield f"By {', '.join(named)}. By `grid` are the children of the chosen place, and the place itself."
