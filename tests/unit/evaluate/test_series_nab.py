from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import series_files
from tocsin.core.errors import Rejected
from tocsin.detectors.config import defaults
from tocsin.evaluate import nab, series_nab


def test_a_spike_in_its_window_is_found_and_the_rest_is_silent(tmp_path: Path) -> None:
    root = series_files.nab(tmp_path)
    files = [
        series_nab.run(file, root=root, config=defaults()) for file in sorted((root / "drawn").iterdir())
    ]
    document = series_nab.document(files, series_nab.profiles(root))
    assert (document["windows"], document["hits"], document["false_alarms"]) == (1, 1, 0)
    assert document["score"]["standard"] > 90
    assert set(document["score"]) == {profile.name for profile in nab.PROFILES}
    quiet, spike = document["files"]
    assert quiet["alarms"] == []
    assert spike["alarms"] == [7 * 144 + 30]
    json.dumps(document)


def test_the_folders_own_profiles_are_used(tmp_path: Path) -> None:
    cost = {"CostMatrix": {"tpWeight": 1, "fnWeight": 3, "fpWeight": 0.5, "tnWeight": 1}}
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "profiles.json").write_text(json.dumps({"own": cost}))
    assert series_nab.profiles(tmp_path) == (nab.Profile("own", 1, 3, 0.5),)
    (tmp_path / "config" / "profiles.json").write_text(json.dumps({"own": {}}))
    with pytest.raises(Rejected, match="needs CostMatrix"):
        series_nab.profiles(tmp_path)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({}, "no entry 'drawn/quiet.csv'"),
        ({"drawn/quiet.csv": [["2026-01-05 00:00:00", "2027-01-01 00:00:00"]]}, "no pair of instants"),
        ({"drawn/quiet.csv": ["soon"]}, "no pair of instants"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, labels: dict[str, object], said: str) -> None:
    root = series_files.nab(tmp_path, days=1)
    (root / "labels" / "combined_windows.json").write_text(json.dumps(labels))
    with pytest.raises(Rejected, match=said):
        series_nab.run(root / "drawn" / "quiet.csv", root=root, config=defaults())


def test_the_labels_are_found_above_a_file(tmp_path: Path) -> None:
    root = series_files.nab(tmp_path, days=1)
    assert series_nab.root_of(root / "drawn" / "quiet.csv") == root
    assert series_nab.root_of(Path("/nowhere/at/all.csv")) is None
