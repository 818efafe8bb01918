"""Runs the past, or generated incidents, under another policy: reads what is needed, then thinks.

The shell around `alerts.simulate`: the same call serves the command line and the API.  Thinking leaves
the event loop; nothing is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from tocsin.alerts.policy_book import run as read_version
from tocsin.alerts.policy_book import speed_of
from tocsin.alerts.policy_model import ResponsePolicy, scaled
from tocsin.alerts.policy_ports import PolicyRecords
from tocsin.alerts.simulate import Answers, Script, run
from tocsin.alerts.simulate_compare import (
    CHANGED_MOST,
    Comparison,
    differences,
    figures,
    reproduced,
)
from tocsin.alerts.simulate_generate import assumed_answers, generate
from tocsin.alerts.simulate_record import Fact, fact_of, observed, script_of
from tocsin.core.errors import NotFound, Rejected
from tocsin.core.ids import PolicyId
from tocsin.core.incidents import Opened, Recorded
from tocsin.core.responders import Directory

INCIDENTS_MAX: Final = 100_000
"""Recorded incidents of one rehearsal; about a year of a city."""


async def rehearse(
    records: PolicyRecords,
    policy: ResponsePolicy,
    *,
    scope: str,
    since: datetime,
    until: datetime,
    seed: int,
    most: int = INCIDENTS_MAX,
) -> Comparison:
    """Run the recorded incidents of a span under another policy; drills and open ones are left out.

    Where the record ran faster than its policy was written (a demonstration), the other one does, too.
    """
    logs = await records.logs(scope, since, until, most)
    versions = await _versions(records, logs)
    policy = scaled(policy, max((speed for _, speed in versions.values()), default=1.0))
    places = [(one[0].event.grid, one[0].recorded) for one in logs if isinstance(one[0].event, Opened)]
    directories = await records.directories_at(places)
    known: list[tuple[Sequence[Recorded], ResponsePolicy, Directory]] = []
    for log in logs:
        first = log[0].event
        if not isinstance(first, Opened):
            continue
        old, directory = versions.get(first.policy), directories.get((first.grid, log[0].recorded))
        if old is not None and directory is not None:
            known.append((log, old[0], directory))
    return await asyncio.to_thread(_compare, known, policy, seed, len(logs) - len(known))


def rehearse_generated(
    before: ResponsePolicy,
    after: ResponsePolicy,
    town: Mapping[str, Directory],
    *,
    count: int,
    seed: int,
    since: datetime,
    days: int,
) -> Comparison:
    """Run generated incidents under two policies; every answer is assumed and counted as such."""
    scripts = generate(count, seed, before, town, since=since, days=days)
    answers = Answers(assumed_answers(seed), seed)
    return _finish(scripts, [before] * count, after, answers, seed)


async def _versions(
    records: PolicyRecords, logs: Sequence[Sequence[Recorded]]
) -> dict[PolicyId, tuple[ResponsePolicy, float]]:
    """Read the versions that logs pin, as they ran, with their speed."""
    pinned = {log[0].event.policy for log in logs if isinstance(log[0].event, Opened)}
    found = {}
    for name in sorted(pinned):
        try:
            text = await records.policy_text(name)
            found[name] = read_version(text), speed_of(text)
        except (NotFound, Rejected):
            continue  # counted as skipped
    return found


def _compare(
    known: Sequence[tuple[Sequence[Recorded], ResponsePolicy, Directory]],
    policy: ResponsePolicy,
    seed: int,
    skipped: int,
) -> Comparison:
    scripts = [script_of(log, directory, old) for log, old, directory in known]
    logs = [log for log, _, _ in known]
    answers = Answers(observed(scripts, logs), seed)
    facts = [fact_of(log) for log in logs]
    return _finish(scripts, [old for _, old, _ in known], policy, answers, seed, facts=facts, skipped=skipped)


def _finish(
    scripts: Sequence[Script],
    old: Sequence[ResponsePolicy],
    policy: ResponsePolicy,
    answers: Answers,
    seed: int,
    *,
    facts: Sequence[Fact] | None = None,
    skipped: int = 0,
) -> Comparison:
    before = [run(script, own, answers) for script, own in zip(scripts, old, strict=True)]
    after = [run(script, policy, answers) for script in scripts]
    changed = differences(before, after)
    return Comparison(
        seed=seed,
        recorded=None if facts is None else figures(facts),
        before=figures(before, [one.assumed for one in before]),
        after=figures(after, [one.assumed for one in after]),
        reproduced=None if facts is None else reproduced(facts, before),
        changed=len(changed),
        incidents=changed[:CHANGED_MOST],
        answers={str(tier): number for tier, number in sorted(answers.counted().items())},
        skipped=skipped,
    )
