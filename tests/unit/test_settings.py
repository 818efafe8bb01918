from pathlib import Path

import pytest

from tocsin.core.errors import Rejected
from tocsin.settings import Settings, load

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "settings"
SENTENCES = {
    "unknown_key.yaml": "stor: is not a setting: remove it or correct its spelling",
    "port_out_of_range.yaml": "http.port: Input should be less than or equal to 65535, not 99999",
    "two_sources_of_dsn.yaml": "store: give either dsn or dsn_file, not both",
    "not_yaml.yaml": "is not YAML",
    "a_list.yaml": "must be a mapping",
    "links_elsewhere.yaml": "alerts.relay.link_base and api.public_url differ",
    "secure_cookie_forgotten.yaml": "write `cookie_secure: true`",
    "lamp_nowhere.yaml": "watch.lamp: write webhook or mqtt, or leave lamp out",
    "disk_ticket_after_page.yaml": "disk_ticket_percent 97 must not exceed disk_page_percent 95",
    "page_by_pigeon.yaml": "watch.page.0.channel: Input should be",
}


def test_every_sample_is_named_for_its_defect_and_tested() -> None:
    assert {path.name for path in SAMPLES.glob("*.yaml")} == set(SENTENCES) | {
        "three_faults.yaml",
        "good.yaml",
    }


@pytest.mark.parametrize(("sample", "sentence"), SENTENCES.items())
def test_a_fault_is_said_as_a_sentence(sample: str, sentence: str) -> None:
    with pytest.raises(Rejected) as refusal:
        load(SAMPLES / sample, {})
    assert sentence in refusal.value.reason


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(Rejected) as refusal:
        load(SAMPLES / "three_faults.yaml", {})
    assert len(refusal.value.reason.splitlines()) == 3


def test_a_good_file_and_the_environment_agree() -> None:
    settings = load(SAMPLES / "good.yaml", {"TOCSIN__HTTP__PORT": "8800", "OTHER": "x"})
    assert (settings.http.port, settings.http.host) == (8800, "127.0.0.1")


def test_the_environment_alone_is_enough() -> None:
    assert load(None, {"TOCSIN__INGEST__SESSIONS": "2"}).ingest.sessions == 2
    assert load(None, {}) == Settings()


def test_the_environment_may_not_reach_into_a_plain_value() -> None:
    with pytest.raises(Rejected, match="reaches into"):
        load(None, {"TOCSIN__HTTP": "x", "TOCSIN__HTTP__PORT": "1"})


def test_secrets_are_not_repeated_in_a_refusal() -> None:
    with pytest.raises(Rejected) as refusal:
        load(None, {"TOCSIN__STORE__DSN": "[1, hunter2]"})
    assert "hunter2" not in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot read"):
        load(tmp_path / "none.yaml", {})
