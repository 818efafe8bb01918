from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tocsin.alerts.policies import default_text
from tocsin.alerts.policy import policy_id, policy_schema
from tocsin.cli import application
from tocsin.core.errors import Rejected

ROOT = Path(__file__).resolve().parents[3]


def tocsin(*words: str) -> Result:
    return CliRunner().invoke(application(), ["policy", *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "new.yaml"
    path.write_text(default_text().replace("call_together: {village: 2", "call_together: {village: 1"))
    return path


def test_the_schema_is_printed_as_it_is_published() -> None:
    done = tocsin("schema")
    assert json.loads(done.stdout) == policy_schema()
    assert done.stdout == (ROOT / "docs/policy.schema.json").read_text("utf-8")


def test_a_sound_policy_is_named(file: Path) -> None:
    done = tocsin("lint", str(file))
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{policy_id(file.read_text())} is sound\n")
    assert "were not looked at" in done.stdout


def test_keys_that_are_written_twice_are_told_beside_other_faults(file: Path) -> None:
    file.write_text(file.read_text() + "radius: 600\nraduis: 7\n")
    said = reason(tocsin("lint", str(file)))
    assert "radius: written again in line" in said
    assert "raduis: unknown" in said


def test_a_file_that_is_no_text_is_refused_with_what_to_do(file: Path) -> None:
    file.write_bytes(b"name: \xff")
    assert "save it as UTF-8" in reason(tocsin("lint", str(file)))


def test_findings_are_sentences_and_errors_give_exit_code_1(file: Path) -> None:
    file.write_text(file.read_text().replace("accepted: 45s", "accepted: 5m") + "radius: 400\n")
    done = tocsin("lint", str(file))
    assert done.exit_code == 1
    assert "nobody but the first is ever called" in done.stdout
    assert "radius: written again in line" in done.stdout
    found = json.loads(tocsin("lint", str(file), "--json").stdout)["findings"]
    assert {one["code"] for one in found} == {"accepted_after_window", "written_twice"}


def test_warnings_alone_are_no_failure(file: Path) -> None:
    file.write_text(file.read_text().replace("agreeing: [smoke", "agreeing: [tamper, smoke"))
    done = tocsin("lint", str(file))
    assert done.exit_code == 0
    assert done.stdout.startswith("warning: automatic: tamper is confirmed by itself")


@pytest.mark.parametrize("command", ["lint", "simulate"])
def test_a_policy_with_faults_or_without_a_file_is_a_sentence(command: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: bad\n")
    words = ["--generate", "5"] if command == "simulate" else []
    assert "windows.village: must be a duration" in reason(tocsin(command, str(bad), *words))
    assert "cannot read" in reason(tocsin(command, str(tmp_path / "none.yaml"), *words))


def reason(done: Result) -> str:
    assert isinstance(done.exception, Rejected)
    return done.exception.reason


def test_generated_incidents_show_what_changes_and_what_it_rests_on(file: Path) -> None:
    done = tocsin("simulate", str(file), "--generate", "60", "--seed", "4")
    assert done.exit_code == 0, done.output
    assert "of 60 incidents would have gone otherwise; seed 4" in done.stdout
    assert "assumed of the village: 75% answer" in done.stdout


def test_the_same_seed_gives_the_same_document(file: Path) -> None:
    one, other = (tocsin("simulate", str(file), "--generate", "40", "--json").stdout for _ in range(2))
    assert one == other
    found = json.loads(one)
    assert found["recorded"] is None
    assert found["after"]["tiers"][0]["people_called"] < found["before"]["tiers"][0]["people_called"]


def test_a_policy_against_itself_changes_nothing(file: Path) -> None:
    words = ("simulate", str(file), "--generate", "40", "--against", str(file), "--json")
    assert json.loads(tocsin(*words).stdout)["changed"] == 0


@pytest.mark.heavy
def test_a_centre_lists_its_versions_and_lints_with_its_town(file: Path, tmp_path: Path) -> None:
    settings = tmp_path / "centre.yaml"
    settings.write_text(f"data: {tmp_path / 'data'}\n")
    loaded = CliRunner().invoke(
        application(), ["town", "load", str(ROOT / "deploy/examples/town.yaml"), "-c", str(settings)]
    )
    assert loaded.exit_code == 0, loaded.output
    listed = tocsin("list", "-c", str(settings))
    assert policy_id(default_text()) in listed.stdout.replace("\n", "")
    shown = tocsin("show", policy_id(default_text()), "-c", str(settings))
    assert shown.stdout == default_text()
    linted = json.loads(tocsin("lint", str(file), "-c", str(settings), "--json").stdout)
    assert {one["code"] for one in linted["findings"]} >= {"no_channel"}
    empty = tocsin("simulate", str(file), "-c", str(settings))
    assert "there is no incident in that span" in empty.output
    span = tocsin("simulate", str(file), "-c", str(settings), "--from", "2026-02-01", "--to", "2026-01-01")
    assert "--from must lie before --to" in repr(span.exception)
