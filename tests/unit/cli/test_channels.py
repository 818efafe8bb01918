from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tocsin.alerts.reach_ports import ChannelRow, TrialRow
from tocsin.cli import application
from tocsin.cli.channels import _providers, _tests
from tocsin.core.ids import PersonId
from tocsin.core.responders import Channel

ROOT = Path(__file__).resolve().parents[3]


NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def shown(table: object) -> str:
    console = Console(width=200, record=True, file=StringIO())
    console.print(table)
    return console.export_text()


def test_a_provider_that_is_down_says_since_when_and_why() -> None:
    row = ChannelRow(
        channel=Channel.SMS, provider="aliyun", offered=True, up=False, since=NOW, failures=3, last_ok=None,
        reason="no answer within 8 s", waiting=7, sent_hour=1, failed_hour=4,
    )  # fmt: skip
    text = shown(_providers([row]))
    assert "down" in text
    assert "no answer within 8 s" in text


def test_the_newest_test_of_each_channel_is_shown_with_its_score() -> None:
    old, new = (
        TrialRow(
            id=name, person=PersonId("li"), person_name="Li", channel=Channel.SMS, provider="aliyun", asked=NOW,
            outcome=outcome, reason="", settled=NOW, answered=None, score=0.25,
        )
        for name, outcome in (("1", "failed"), ("2", "delivered"))
    )  # fmt: skip
    text = shown(_tests([new, old]))
    assert "delivered" in text
    assert "failed" not in text
    assert "25%" in text


@pytest.mark.heavy
def test_channels_are_tested_and_listed(tmp_path: Path) -> None:
    settings = tmp_path / "centre.yaml"
    settings.write_text(f"data: {tmp_path / 'data'}\n")

    def run(*words: str) -> tuple[int, str, BaseException | None]:
        done = CliRunner(env={"COLUMNS": "200"}).invoke(application(), [*words, "-c", str(settings)])
        return done.exit_code, done.stdout, done.exception

    people = (ROOT / "deploy/examples/town.yaml").read_text()
    town = tmp_path / "town.yaml"
    town.write_text(people)
    assert run("town", "load", str(town))[0] == 0
    code, text, _ = run("channels", "list")
    assert code == 0
    assert "provider" in text
    _, _, error = run("channels", "test", "nobody", "--wait", "0")
    assert isinstance(error, BaseExceptionGroup)
    assert "no active person" in str(error.exceptions)
    code, text, _ = run("channels", "test", "zhang-wei", "--wait", "0")
    assert code == 1, "no relay runs"
    assert "not sent yet" in text
    code, text, _ = run("channels", "test", "zhang-wei", "--wait", "0")
    assert code == 0
    assert "on its way already" in text
    assert "not sent yet" in run("channels", "list")[1]
