"""deploy/ is what it says: files fit together, Mosquitto takes its rules and keeps them, the roles run beside it."""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
import yaml
from paho.mqtt import client as paho
from typer.main import get_command
from typer.testing import CliRunner

from tests.support.database import Database
from tests.support.edge import free_port
from tests.support.ingest import envelope
from tocsin import settings
from tocsin.bench.ingest import mosquitto
from tocsin.cli import application
from tocsin.core.clock import SystemClock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.ids import DeviceId, GridCode, StreamId
from tocsin.core.readings import Reading
from tocsin.core.wire import ENVELOPE_BYTES_MAX, Senml, seal
from tocsin.detectors import config as detectors
from tocsin.detectors.bank import StreamBank
from tocsin.edge import banks, provision
from tocsin.edge import config as edge
from tocsin.edge.adapters import sensor_adapter
from tocsin.edge.local_bus import MqttLocalBus
from tocsin.roles import Role
from tocsin.watch.config import WatchConfig

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
README = (DEPLOY / "README.md").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("migrate", "ingest", "alerts", "api")


# -- files that fit together ------------------------------------------------------------------------


def mounts() -> list[tuple[str, Path]]:
    found = []
    for name, service in COMPOSE["services"].items():
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            if source.startswith("."):
                found.append((name, Path(source)))
    return found


def test_every_mounted_file_is_here_or_is_a_secret_that_the_readme_lists() -> None:
    assert len(mounts()) > 10
    for name, source in mounts():
        if source.parts[0] == "secrets":
            assert f"`{source}" in README, f"{name} mounts {source}: say in README.md who makes it"
        else:
            assert (DEPLOY / source).exists(), f"{name} mounts {source}, which is not there"


def test_named_volumes_are_declared() -> None:
    named = {
        mount.split(":")[0]
        for service in COMPOSE["services"].values()
        for mount in service.get("volumes", ())
        if not mount.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])


def test_only_the_brokers_tls_port_is_reached_from_outside() -> None:
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert [port for port in published if not port.startswith("127.0.0.1:")] == ["8883:8883"]


def test_every_role_runs_once_with_a_health_check_on_the_port_it_answers_on() -> None:
    roles = {
        name: service["command"][3]
        for name, service in COMPOSE["services"].items()
        if service.get("command", [])[:2] == ["tocsin", "run"]
    }
    assert sorted(roles.values()) == sorted(Role)
    for name in roles:
        service = COMPOSE["services"][name]
        port = service["environment"].get("TOCSIN__TELEMETRY__PORT", "8700")
        assert f"127.0.0.1:{port}/readyz" in service["healthcheck"]["test"][-1]
        compile(service["healthcheck"]["test"][-1], name, "exec")


def test_nobody_starts_before_the_tables_are_there() -> None:
    for name in OURS[1:]:
        assert (
            COMPOSE["services"][name]["depends_on"]["migrate"]["condition"]
            == "service_completed_successfully"
        )


@pytest.mark.skipif(
    shutil.which("docker") is None
    or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0,
    reason="the docker client with compose is not here",
)
def test_docker_accepts_the_compose_file() -> None:
    done = subprocess.run(
        ["docker", "compose", "-f", DEPLOY / "compose.yaml", "--profile", "metrics", "config", "-q"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_image_makes_the_user_to_whom_the_secrets_belong() -> None:
    number = re.search(r"TOCSIN_UID:-(\d+)", (DEPLOY / "secrets.sh").read_text())
    assert number is not None
    assert f"--uid {number[1]} " in (DEPLOY / "Dockerfile").read_text()


@pytest.mark.parametrize(
    ("file", "secrets"),
    [("centre.yaml", "/run/secrets"), ("systemd/centre.yaml", "/etc/tocsin/secrets")],
)
def test_the_settings_load_and_name_only_secrets_that_are_made(file: str, secrets: str) -> None:
    loaded = settings.load(DEPLOY / file, {})
    named = {
        loaded.store.dsn_file,
        loaded.broker.password_file,
        loaded.api.link_key_file,
        loaded.alerts.channels.webhook.signing_key_file if loaded.alerts.channels.webhook else None,
    }
    script = (DEPLOY / "secrets.sh").read_text()
    for path in named:
        assert path is not None
        assert str(path.parent) == secrets
        assert f'"$root/centre/{path.name}"' in script


@pytest.mark.parametrize(
    ("file", "secrets"),
    [("watch.yaml", "/run/secrets"), ("systemd/watch.yaml", "/etc/tocsin/secrets")],
)
def test_the_watcher_pages_by_channels_and_keys_of_its_own(file: str, secrets: str) -> None:
    loaded = settings.load(DEPLOY / file, {})
    watched = settings.load(DEPLOY / file.replace("watch", "centre"), {})
    assert loaded.watch is not None
    assert loaded.watch.page
    mine, theirs = loaded.watch.channels.webhook, watched.alerts.channels.webhook
    assert mine is not None
    assert theirs is not None
    script = (DEPLOY / "secrets.sh").read_text()
    for path in (loaded.store.dsn_file, mine.signing_key_file):
        assert path is not None
        assert str(path.parent) == secrets
        assert f'"$root/centre/{path.name}"' in script
    assert mine.signing_key_file != theirs.signing_key_file


def test_the_watcher_waits_for_nobody() -> None:
    service = COMPOSE["services"]["watch"]
    assert not service["depends_on"]
    assert service["command"][:2] == ["tocsin", "watch"]
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in scraped["scrape_configs"]}
    port = WatchConfig().metrics_port
    assert jobs["tocsin-watch"] == [f"watch:{port}"]
    assert f"127.0.0.1:{port}/readyz" in service["healthcheck"]["test"][-1]


@pytest.mark.parametrize("service", OURS)
def test_the_environment_of_a_container_is_a_setting(service: str) -> None:
    environment = COMPOSE["services"][service]["environment"]
    loaded = settings.load(DEPLOY / "centre.yaml", environment)
    if "TOCSIN__TELEMETRY__PORT" in environment:
        assert loaded.telemetry.port == int(environment["TOCSIN__TELEMETRY__PORT"])
        assert loaded.telemetry.host == environment["TOCSIN__TELEMETRY__HOST"]
    with pytest.raises(Rejected, match="is not a setting"):
        settings.load(DEPLOY / "centre.yaml", {**environment, "TOCSIN__TELEMETRY__PROT": "1"})


def commands_in(text: str) -> Iterator[list[str]]:
    for line in re.findall(r"(?:^|[\s/`])tocsin ((?:[a-z-]+ ?)+)", text, re.MULTILINE):
        yield line.split()


def test_every_command_that_is_named_exists() -> None:
    tree = get_command(application())
    texts = [path.read_text() for path in sorted(DEPLOY.rglob("*")) if path.suffix in {".service", ".yml"}]
    texts.append((ROOT / "docs" / "troubleshooting.md").read_text())
    checked = set()
    for words in [words for text in texts for words in commands_in(text)] + [
        service["command"][1:3]
        for service in COMPOSE["services"].values()
        if service.get("command", [""])[0] == "tocsin"
    ]:
        group = tree.commands.get(words[0])  # type: ignore[attr-defined]  # a group, as built by typer
        if group is None and words[0] not in {"edge", "db", "run", "collector", "account", "quarantine"}:
            continue  # prose
        assert group is not None, words
        if hasattr(group, "commands") and len(words) > 1:
            assert words[1] in group.commands, words
            checked.add(" ".join(words[:2]))
    assert {"db migrate", "edge run", "edge check", "collector add", "account add"} <= checked


def test_no_collector_is_given_the_centres_own_name_at_the_broker() -> None:
    outcome = CliRunner().invoke(
        application(),
        ["collector", "add", "tocsin", "--grid", "330199", "--config", str(DEPLOY / "centre.yaml")],
    )
    assert isinstance(outcome.exception, Rejected)
    assert outcome.exception.code == "collector.reserved"


# -- Prometheus ---------------------------------------------------------------------------------------


def declared_metrics() -> dict[str, str]:
    """Names as Prometheus sees them, by kind, of every metric of the code."""
    found = {}
    for path in sorted((ROOT / "tocsin").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"Counter", "Gauge", "Histogram"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                name = str(node.args[0].value)
                ends = {"Histogram": ("_bucket", "_count", "_sum")}.get(node.func.id, ("",))
                found |= {f"{name}{end}": node.func.id for end in ends}
    return found


def rules() -> list[dict]:
    document = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def test_alerts_are_on_metrics_that_exist() -> None:
    known = declared_metrics()
    assert len(rules()) > 25
    for rule in rules():
        named = re.findall(r"\b(?:tocsin|process|node)_[a-z0-9_]+", rule["expr"])
        for name in named:
            assert name in known or name.startswith(("process_", "node_")), f"{rule['alert']}: {name}"
        assert named or "up{" in rule["expr"]
        if "increase(" in rule["expr"] or "rate(" in rule["expr"]:
            assert not [name for name in named if known.get(name) == "Gauge"], rule["alert"]


def test_every_alert_says_what_to_do_and_where_to_read_on() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert len(rule["annotations"]["summary"]) > 60, rule["alert"]
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/troubleshooting.md"
        assert anchor in anchors, f"{rule['alert']}: {anchor}"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_alerts_speak_of_jobs_that_are_scraped_where_the_roles_answer() -> None:
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in scraped["scrape_configs"]}
    for rule in rules():
        for name in re.findall(r'job="([^"]+)"', rule["expr"]):
            assert name in jobs
    for role in Role:
        port = COMPOSE["services"][role]["environment"].get("TOCSIN__TELEMETRY__PORT", "8700")
        assert jobs[f"tocsin-{role}"] == [f"{role}:{port}"]
    assert scraped["rule_files"] == ["rules.yml"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_accepts_the_rules() -> None:
    for command in (["rules", "rules.yml"], ["config", "prometheus.yml"]):
        done = subprocess.run(
            ["promtool", "check", *command],
            cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


# -- systemd ------------------------------------------------------------------------------------------

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_as_its_user_and_writes_where_it_may(unit: Path) -> None:
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys keep their capitals
    read.read(unit)
    service = read["Service"]
    assert service["User"] == "tocsin"
    assert service["ExecStart"].startswith("/opt/tocsin/.venv/bin/tocsin ")
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == "tocsin"
    assert service["WorkingDirectory"] == "/var/lib/tocsin"
    if unit.name == "tocsin-collector.service":
        # The printed outbox is relative to the file, and everything but the state directory is read-only.
        assert "edge run /var/lib/tocsin/collector.yaml" in service["ExecStart"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        # Verified without an installation: the program is one that is here.
        text = unit.read_text().replace("/opt/tocsin/.venv/bin/tocsin", sys.executable)
        text = re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE)
        (tmp_path / unit.name.replace("@", "@ingest")).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(str(path) for path in tmp_path.iterdir())],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "tocsin" in line]
    assert not ours, "\n".join(ours)
    assert done.returncode == 0, done.stderr


# -- examples -----------------------------------------------------------------------------------------


def test_the_example_of_a_collector_is_read_with_its_cameras_and_rules() -> None:
    example = edge.load(DEPLOY / "examples" / "collector.yaml")
    assert {camera.type for camera in example.cameras} == {"rtsp"}
    rules = banks.read_rules(example)
    assert [one.name for one in rules.camera(DeviceId("weir/staff")).detectors] == [
        "gauge",
        "tamper",
        "frozen",
    ]
    assert len(banks.picture_banks(example, rules)) == 2
    assert banks.stream_bank(rules) is not None


@pytest.mark.parametrize(
    ("sensor", "device", "said", "expected"),
    [
        ("levels", "river/device/g1", '{"distance_mm": 3200, "battery": 90}', ("weir/g1/level", 3.0)),
        ("rain", "rain/device/r1", '{"rain_mm_total": 120.4}', ("weir/r1/rain", 120.4)),
        ("houses", "houses/device/h7", '{"alarm": "on", "temperature": 21}', ("weir/h7/smoke", 1.0)),
    ],
)
async def test_the_example_maps_what_lorawan_sensors_say(
    sensor: str, device: str, said: str, expected: tuple[str, float]
) -> None:
    example = edge.load(DEPLOY / "examples" / "collector.yaml")
    clock = SystemClock()
    bus = MqttLocalBus(example.broker, "x", clock, chance=None)  # type: ignore[arg-type]  # never connected
    mapping = next(one for one in example.sensors if one.name == sensor)
    adapter = sensor_adapter(mapping, example, clock, bus)
    readings = adapter.read(f"application/{device}/event/up", f'{{"object": {said}}}'.encode())  # type: ignore[attr-defined]
    stream, value = expected
    assert {reading.stream: reading.value for reading in readings}[StreamId(stream)] == pytest.approx(value)


def spoken(at: str, streams: dict[str, float], *, place: detectors.Place, unit: str = "m") -> set[str]:
    rules = detectors.load((DEPLOY / "examples" / "river-village.yaml").read_text(encoding="utf-8"))
    bank = StreamBank(rules, at=place)
    us = to_us(datetime.fromisoformat(at).replace(tzinfo=UTC))
    found = []
    for minutes, scale in ((0, 0.5), (5, 1.0)):
        instant = us + minutes * 60_000_000
        found += bank.observe(
            [
                Reading(
                    stream=StreamId(name), observed_us=instant, value=value * scale, unit=unit,
                    at_us=instant, received_us=instant, corrected_us=instant,
                )
                for name, value in streams.items()
            ]
        )  # fmt: skip
    return {detection.detector for detection in found}


def test_the_river_villages_rules_speak_with_the_first_word_of_a_slow_sensor() -> None:
    assert "river-high" in spoken("2026-07-01T03:00", {"weir/g1/level": 2.9}, place="centre")
    assert "river-agreed" in spoken(
        "2026-07-01T03:00", {"weir/g1/level": 2.4, "weir/g2/level": 2.3}, place="centre"
    )
    assert "smoke" in spoken("2026-07-01T03:00", {"weir/h7/smoke": 1.0}, place="centre", unit="/")
    assert spoken("2026-07-01T03:00", {"weir/g1/level": 2.9}, place="box") == {"river-rising"}
    assert spoken("2026-07-01T03:00", {"weir/g1/level": 0.7}, place="centre") == set()


# -- Mosquitto ----------------------------------------------------------------------------------------


@dataclass
class Running:
    """A broker with the deployment's own rules, certificate and users."""

    plain: int
    tls: int
    secrets: Path
    log: Path

    def password(self) -> str:
        return (self.secrets / "centre" / "broker-password").read_text().strip()


def script(secrets: Path, *words: str) -> None:
    done = subprocess.run(
        ["bash", DEPLOY / "secrets.sh", *words],
        env={**os.environ, "TOCSIN_SECRETS": str(secrets), "TOCSIN_UID": "0", "MOSQUITTO_UID": "0"},
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def printed(name: str, password: str, directory: Path) -> Path:
    path = directory / f"{name}.yaml"
    path.write_text(
        provision.collector_yaml(
            collector=name, grid=GridCode("330199101201"), partition=3, host="h", port=1883,
            username=name, password=password,
        )
    )  # fmt: skip
    return path


@contextmanager
def broker(directory: Path) -> Iterator[Running]:
    """Start Mosquitto as deploy/README.md puts it on a host, with paths and ports of the test's own."""
    secrets = directory / "secrets"
    script(secrets, "init", "127.0.0.1")
    for name in ("weir", "mill"):
        script(secrets, "collector", str(printed(name, f"of-{name}", directory)))
    plain, tls = free_port(), free_port()
    (directory / "data").mkdir()
    text = (DEPLOY / "mosquitto" / "mosquitto.conf").read_text()
    for old, new in (
        ("/mosquitto/secrets/", f"{secrets}/broker/"),
        ("/mosquitto/config/acl", str(DEPLOY / "mosquitto" / "acl")),
        ("/mosquitto/data/", f"{directory}/data/"),
        ("listener 1883 0.0.0.0", f"listener {plain} 127.0.0.1"),
        ("listener 8883", f"listener {tls} 127.0.0.1"),
    ):
        assert old in text
        text = text.replace(old, new)
    if os.getuid() == 0:
        text += "user root\n"  # the folder of a test belongs to nobody else
    settings_file = directory / "mosquitto.conf"
    settings_file.write_text(text)
    log = directory / "mosquitto.log"
    with log.open("wb") as sink:
        process = subprocess.Popen([str(mosquitto()), "-c", settings_file], stdout=sink, stderr=sink)
        try:
            for port in (plain, tls):
                _listens(port, process, log)
            yield Running(plain, tls, secrets, log)
        finally:
            process.terminate()
            process.wait(10)


def _listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ready = threading.Event()
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        ready.wait(0.05)
    pytest.fail(f"Mosquitto does not listen on {port}: {log.read_text()}")


@dataclass
class Peer:
    """A client that remembers what it was told."""

    client: paho.Client
    connected: threading.Event = field(default_factory=threading.Event)
    code: str = ""
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    subscribed: threading.Event = field(default_factory=threading.Event)

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def listen(self, topic: str) -> None:
        self.subscribed.clear()
        self.client.subscribe(topic, 1)
        assert self.subscribed.wait(5)


@contextmanager
def peer(
    running: Running, name: str | None, password: str | None = None, *, tls: bool = False
) -> Iterator[Peer]:
    made = Peer(paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=f"test-{name}", protocol=paho.MQTTv5))

    def on_connect(_client: object, _data: object, _flags: object, code: object, _more: object) -> None:
        made.code = str(code)
        made.connected.set()

    def on_message(_client: object, _data: object, message: paho.MQTTMessage) -> None:
        made.heard.append((message.topic, bytes(message.payload)))
        made.arrived.release()

    made.client.on_connect = on_connect
    made.client.on_message = on_message
    made.client.on_subscribe = lambda *_: made.subscribed.set()
    if name is not None:
        made.client.username_pw_set(name, password)
    if tls:
        made.client.tls_set(str(running.secrets / "broker" / "ca.crt"))
    made.client.connect("127.0.0.1", running.tls if tls else running.plain)
    made.client.loop_start()
    try:
        assert made.connected.wait(5)
        yield made
    finally:
        made.client.disconnect()
        made.client.loop_stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    with broker(tmp_path_factory.mktemp("broker")) as made:
        yield made


def test_the_largest_envelope_fits_into_the_brokers_packets() -> None:
    limit = re.search(
        r"^max_packet_size (\d+)$", (DEPLOY / "mosquitto" / "mosquitto.conf").read_text(), re.MULTILINE
    )
    assert limit is not None
    assert int(limit[1]) >= ENVELOPE_BYTES_MAX + 1_024


@pytest.mark.heavy
def test_strangers_and_wrong_passwords_are_refused(running: Running) -> None:
    for name, password in ((None, None), ("weir", "of-mill"), ("tocsin", "of-weir"), ("stranger", "x")):
        with peer(running, name, password) as made:
            assert made.code == "Not authorized"
    with peer(running, "weir", "of-weir") as made:
        assert made.code == "Success"


@pytest.mark.heavy
def test_a_collector_writes_below_its_own_name_only(running: Running) -> None:
    with (
        peer(running, "tocsin", running.password()) as centre,
        peer(running, "weir", "of-weir") as weir,
    ):
        centre.listen("tocsin/v1/#")
        for topic in (
            "tocsin/v1/03/mill/data", "tocsin/v1/03/mill/state", "tocsin/v1/weir/receipt", "tocsin/v1/mill/receipt",
            "tocsin/v1/mill/command", "tocsin/v1/weir/command", "tocsin/v1/03/weir/other", "tocsin/v1/probe/x", "else",
        ):  # fmt: skip
            weir.say(topic, b"forged")
        own = [f"tocsin/v1/03/weir/{leaf}" for leaf in ("alarm", "data", "media", "health", "state")]
        for topic in own:
            weir.say(topic, b"true")
        for _ in own:
            assert centre.arrived.acquire(timeout=5)
        assert centre.heard == [(topic, b"true") for topic in own]


@pytest.mark.heavy
def test_a_collector_reads_what_is_meant_for_it_only(running: Running) -> None:
    with (
        peer(running, "tocsin", running.password()) as centre,
        peer(running, "mill", "of-mill") as mill,
    ):
        centre.say("tocsin/v1/weir/receipt", b"kept for weir", retain=True)
        for topic in ("tocsin/v1/#", "tocsin/v1/+/receipt", "tocsin/v1/weir/command", "#"):
            mill.listen(topic)
        centre.say("tocsin/v1/weir/command", b"not yours")
        centre.say("tocsin/v1/03/weir/data", b"not yours")
        centre.say("tocsin/v1/mill/receipt", b"yours")
        assert mill.arrived.acquire(timeout=5)
        assert set(mill.heard) == {("tocsin/v1/mill/receipt", b"yours")}
        centre.say("tocsin/v1/weir/receipt", b"", retain=True)


@pytest.mark.heavy
def test_the_villages_port_speaks_tls_with_the_certificate_that_was_made(running: Running) -> None:
    with peer(running, "weir", "of-weir", tls=True) as made:
        assert made.code == "Success"
        made.say("tocsin/v1/03/weir/health", b"x")
    stranger = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", running.tls)) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        stranger.wrap_socket(plain, server_hostname="127.0.0.1")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", running.tls)) as plain, old.wrap_socket(plain) as spoken_to:
        assert spoken_to.version() == "TLSv1.2"


@pytest.mark.heavy
def test_secrets_are_made_once_and_belong_to_who_reads_them(tmp_path: Path) -> None:
    if mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    script(tmp_path, "init", "mqtt.example.org")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    script(tmp_path, "init", "mqtt.example.org")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    for path in before:
        assert path.stat().st_mode & 0o077 == 0, path
    dsn = (tmp_path / "centre" / "database-dsn").read_text().strip()
    assert (
        dsn == f"postgresql://tocsin:{(tmp_path / 'database-password').read_text().strip()}@database/tocsin"
    )


# -- the roles, in processes of their own -------------------------------------------------------------


def _asks(address: str, sink: Path, process: subprocess.Popen[bytes]) -> str:
    opener = build_opener(ProxyHandler({}))
    pause = threading.Event()
    last = ""
    for _ in range(300):
        assert process.poll() is None, sink.read_text(errors="replace")[-3_000:]
        try:
            with opener.open(address, timeout=2) as answer:
                return answer.read().decode()
        except (URLError, OSError) as error:
            last = str(error)
            pause.wait(0.1)
    return pytest.fail(f"{address}: {last}\n{sink.read_text(errors='replace')[-3_000:]}")


@pytest.mark.heavy
@pytest.mark.timeout(120)
async def test_the_roles_run_apart_with_a_database_and_mosquitto(
    running: Running, database: Database, tmp_path: Path
) -> None:
    await database.execute(
        "insert into grid (code, name, parent, tier, kind, path, radius_m) values ('330199', 'City', null, 'city', 'basic', '330199', 500)"
    )
    await database.execute(
        "insert into collector (id, partition, grid, name, secret_hash) values ('weir', 3, '330199', 'Weir', '')"
    )
    (tmp_path / "dsn").write_text(database.dsn)
    ports = {role: free_port() for role in Role}
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("TOCSIN")},
        "TOCSIN_CONFIG": str(DEPLOY / "centre.yaml"),
        "TOCSIN__DATA": str(tmp_path),
        "TOCSIN__STORE__DSN_FILE": str(tmp_path / "dsn"),
        "TOCSIN__BROKER__HOST": "127.0.0.1",
        "TOCSIN__BROKER__PORT": str(running.plain),
        "TOCSIN__BROKER__PASSWORD_FILE": str(running.secrets / "centre" / "broker-password"),
        "TOCSIN__ALERTS__CHANNELS__WEBHOOK__SIGNING_KEY_FILE": str(
            running.secrets / "centre" / "webhook-key"
        ),
        "TOCSIN__API__LINK_KEY_FILE": str(running.secrets / "centre" / "link-key"),
    }
    processes = {}
    try:
        for role in Role:
            processes[role] = _start(role, ports[role], environment, tmp_path)
        for role in Role:
            said = _asks(f"http://127.0.0.1:{ports[role]}/readyz", tmp_path / f"{role}.log", processes[role])
            assert "ready" in said
        with peer(running, "weir", "of-weir") as weir:
            weir.listen("tocsin/v1/weir/receipt")
            weir.say("tocsin/v1/03/weir/data", _envelope())
            assert weir.arrived.acquire(timeout=20), (tmp_path / "ingest.log").read_text()[-3_000:]
        assert await database.execute("select value from reading") == [(1.5,)]
        figures = _asks(
            f"http://127.0.0.1:{ports[Role.INGEST]}/metrics", tmp_path / "ingest.log", processes[Role.INGEST]
        )
        assert 'tocsin_ingest_messages_total{outcome="stored"} 1.0' in figures
    finally:
        for process in processes.values():
            process.terminate()
        codes = {role: process.wait(30) for role, process in processes.items()}
    assert set(codes.values()) == {0}, codes


def _start(role: Role, port: int, environment: dict[str, str], directory: Path) -> subprocess.Popen[bytes]:
    key = "TOCSIN__HTTP__PORT" if role is Role.API else "TOCSIN__TELEMETRY__PORT"
    command = [sys.executable, "-m", "tocsin", *COMPOSE["services"][role]["command"][1:]]
    with (directory / f"{role}.log").open("wb") as sink:
        return subprocess.Popen(
            command, env={**environment, key: str(port)}, stdout=sink, stderr=sink, cwd=directory
        )


def _envelope() -> bytes:
    now = to_us(SystemClock().now())
    item = Senml(n="gauge-1/level", v=1.5, u="m", us=now)
    return seal(envelope(items=[item], sent=now, mono=now))
