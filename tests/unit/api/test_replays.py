"""The port's values: what a page is told of a replay."""

from __future__ import annotations

from tests.support.api import ELLA, START
from tests.support.quality import FakeReplays
from tocsin.api.replays import ReplayRun, ReplayState


def test_a_replay_begins_running_and_knows_nothing_yet() -> None:
    run = ReplayRun(id="r", person=ELLA, scope="", since=START, until=START, asked=START)

    assert (run.state, run.part, run.result, run.reason) == (ReplayState.RUNNING, 0.0, None, "")


def test_the_newest_is_listed_first() -> None:
    replays = FakeReplays()
    for _ in range(2):
        run = replays.start("x", person=ELLA, scope="", since=START, until=START, now=START)
        replays.cancel(run.id)

    assert [one.id for one in replays.runs()] == ["run-2", "run-1"]
