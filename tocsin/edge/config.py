"""The collector's one file of configuration.

`load` reads the YAML and either gives a checked `CollectorConfig` or raises `Rejected` with every
fault at once, each as a sentence. Paths in the file are relative to the file. Secrets may stand in
files of their own and never print.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from tocsin.core.errors import Rejected
from tocsin.core.ids import SEGMENT, CollectorId, DeviceId, StreamId, stream_id
from tocsin.core.units import check_unit
from tocsin.core.wire import PARTITIONS

FILE_BYTES_MAX: Final = 1024 * 1024


def _rebase(path: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("base")
    return Path(base) / path if base is not None else path


def _segment(text: str) -> str:
    if SEGMENT.fullmatch(text) is None:
        raise ValueError("use 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit")
    return text


def _stream_name(text: str) -> str:
    try:
        stream_id(CollectorId("x"), text)
    except Rejected as error:
        raise ValueError(error.reason) from error
    if text.count("/") < 1:
        raise ValueError("a stream is device/quantity, such as `gauge-1/level`")
    return text


def _unit(text: str) -> str:
    try:
        return check_unit(text)
    except Rejected as error:
        raise ValueError(error.reason) from error


def _polygon(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if not 3 <= len(points) <= 64:
        raise ValueError("a polygon needs 3 to 64 points")
    if any(not (0 <= x <= 1 and 0 <= y <= 1) for x, y in points):
        raise ValueError("points are relative: x and y between 0 (left, top) and 1 (right, bottom)")
    return points


def _topic_filter(text: str) -> str:
    parts = text.split("/")
    if (
        not text
        or len(text) > 512
        or any(
            ("#" in p and (p != "#" or i + 1 < len(parts))) or ("+" in p and p != "+")
            for i, p in enumerate(parts)
        )
    ):
        raise ValueError(
            "not an MQTT topic filter: `+` and `#` stand alone between slashes, `#` only at the end"
        )
    return text


FilePath = Annotated[Path, AfterValidator(_rebase)]
Name = Annotated[str, AfterValidator(_segment)]
StreamName = Annotated[str, AfterValidator(_stream_name)]
Unit = Annotated[str, AfterValidator(_unit)]
RelativePolygon = Annotated[list[tuple[float, float]], AfterValidator(_polygon)]
TopicFilter = Annotated[str, AfterValidator(_topic_filter)]
Pace = Literal["original", "fast"] | Annotated[float, Field(gt=0, le=100_000)]


class Strict(BaseModel):
    """Refuse unknown keys and never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TlsConfig(Strict):
    """How the broker is trusted; its presence switches TLS on."""

    ca_file: FilePath | None = Field(
        default=None, description="Certificate authority of the broker, PEM; the system's when left out."
    )
    certificate_file: FilePath | None = Field(
        default=None, description="Certificate of this collector, PEM, for brokers that ask for one."
    )
    key_file: FilePath | None = Field(default=None, description="Private key of that certificate, PEM.")

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together: give both or neither")
        return self


class BrokerConfig(Strict):
    """Where an MQTT broker listens and how to sign in."""

    host: str = Field(
        default="127.0.0.1", min_length=1, max_length=253, description="Name or address of the broker."
    )
    port: int = Field(default=1883, ge=1, le=65535, description="TCP port; 8883 is usual with TLS.")
    username: str | None = Field(default=None, max_length=128, description="Name to sign in with.")
    password: SecretStr | None = Field(
        default=None, description="Password in the file itself; better in `password_file`."
    )
    password_file: FilePath | None = Field(default=None, description="File whose first line is the password.")
    tls: TlsConfig | None = Field(
        default=None, description="TLS; plain TCP when left out, for loopback and tests only."
    )
    keepalive_seconds: int = Field(
        default=30,
        ge=5,
        le=600,
        description="After 1.5 times this silence the broker publishes the last will.",
    )

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.password is not None and self.password_file is not None:
            raise ValueError("password and password_file are both given: keep one")
        return self

    def secret(self) -> str | None:
        """Read the password.

        Raises `Rejected` (`config.password_file`) when its file cannot be read.
        """
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_file is None:
            return None
        try:
            return self.password_file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Rejected(
                "config.password_file", f"cannot read the password from {self.password_file}: {error}"
            ) from error


class OutboxConfig(Strict):
    """Where everything waits until the centre has it."""

    path: FilePath = Field(
        default=Path("outbox.sqlite"),
        description="SQLite file; on a disk that survives power loss. Detector state is kept beside it.",
    )
    bytes_max: int = Field(
        default=2_000_000_000,
        ge=262_144,
        le=2**40,
        description="Bytes of envelopes kept; beyond it the least important are dropped and reported.",
    )
    days_max: float = Field(
        default=7.0,
        gt=0,
        le=365,
        description="Days an envelope is kept; a week without a link is the promise.",
    )


class CameraConfig(Strict):
    """What every camera has."""

    name: Name = Field(description="Device name, unique on this collector.")
    interval_seconds: float = Field(
        default=1.0, ge=0.04, le=3600, description="Shortest time between two pictures that are looked at."
    )
    masks: list[RelativePolygon] = Field(
        default_factory=list,
        max_length=32,
        description="Areas painted black before a picture leaves the camera's process.",
    )
    width_max: int = Field(
        default=1280, ge=64, le=3840, description="Wider pictures are scaled down before they are kept."
    )
    jpeg_quality: int = Field(
        default=85, ge=30, le=95, description="Of pictures that are encoded on the box (video, masked ones)."
    )

    @model_validator(mode="before")
    @classmethod
    def _detectors_stand_elsewhere(cls, given: Any) -> Any:
        moved = [key for key in ("detectors", "zones") if isinstance(given, dict) and key in given]
        if moved:
            raise ValueError(
                f"{' and '.join(moved)} of a camera stand in the file of detectors: write `detectors: detectors.yaml` here, "
                f"and there `cameras: {{{given.get('name', 'NAME')}: {{{moved[0]}: …}}}}` (docs/detectors.md)"
            )
        return given


class DecodedCamera(CameraConfig):
    """Video that a child process decodes."""

    key_frames_only: bool = Field(
        default=True,
        description="Decode key frames only: a twentieth of the work. Switch off for files with few key frames.",
    )


class FileCamera(DecodedCamera):
    """A video file, played as if it were live."""

    type: Literal["file"]
    path: FilePath = Field(description="Video file.")
    loop: bool = Field(default=False, description="Begin again at the end.")
    pace: Pace = Field(
        default="original",
        description="`original` plays in real time, `fast` as fast as it decodes, a number that many times faster.",
    )


class RtspCamera(DecodedCamera):
    """A network camera."""

    type: Literal["rtsp"]
    url: SecretStr = Field(description="rtsp://user:password@host/path; choose the camera's sub-stream.")
    transport: Literal["tcp", "udp"] = Field(
        default="tcp", description="TCP loses no packets on bad networks."
    )
    timeout_seconds: float = Field(
        default=15.0, ge=1, le=300, description="Without data for so long the connection is begun anew."
    )


class HttpCamera(CameraConfig):
    """A camera that gives one JPEG per HTTP request."""

    type: Literal["http"]
    url: SecretStr = Field(description="http://host/snapshot.jpg")
    burst_url: SecretStr | None = Field(
        default=None,
        description="Motion-JPEG stream of the same camera, for bursts of three seconds; snapshots in quick succession when left out.",
    )
    username: str | None = Field(default=None, max_length=128, description="For cameras that ask for it.")
    password: SecretStr | None = Field(default=None, description="Password of that user.")
    digest: bool = Field(default=True, description="Digest authentication; basic when false.")
    timeout_seconds: float = Field(default=10.0, ge=0.5, le=120, description="Longest wait for one picture.")


class FolderCamera(CameraConfig):
    """JPEG files of a folder in order of name; new files are taken as they appear."""

    type: Literal["folder"]
    path: FilePath = Field(description="Folder with .jpg or .jpeg files.")
    loop: bool = Field(default=False, description="Begin again at the end instead of waiting for new files.")


class MqttCamera(CameraConfig):
    """A camera that publishes bare JPEG pictures on a topic of the local broker."""

    type: Literal["mqtt"]
    topic: TopicFilter = Field(description="Topic of the pictures.")


Camera = Annotated[
    FileCamera | RtspCamera | HttpCamera | FolderCamera | MqttCamera, Field(discriminator="type")
]


class ValueColumn(Strict):
    """One quantity taken from a column or from a place in a JSON message."""

    stream: StreamName = Field(description="`device/quantity`, such as `gauge-1/level`.")
    unit: Unit = Field(default="", description="IANA SenML unit: Cel, m, %RH, mm, / …")
    factor: float = Field(default=1.0, description="The value is multiplied by this, to reach the unit.")
    offset: float = Field(default=0.0, description="Added after the factor.")


class CsvSensor(Strict):
    """A series of readings replayed from a CSV file."""

    type: Literal["csv"]
    name: Name = Field(description="Name of this replay in messages and logs.")
    path: FilePath = Field(description="CSV file with a header line.")
    time_column: str = Field(max_length=128, description="Header of the column with the time.")
    time_format: str = Field(
        default="iso",
        max_length=64,
        description="`iso`, `seconds`, `milliseconds`, `elapsed` (seconds from the beginning) or a strptime format (UTC).",
    )
    columns: dict[str, ValueColumn] = Field(
        min_length=1, max_length=256, description="Header of a column → what it measures."
    )
    delimiter: str = Field(
        default=",", min_length=1, max_length=1, description="One character between columns."
    )
    skip_lines: int = Field(default=0, ge=0, le=1000, description="Lines before the header line.")
    pace: Pace = Field(
        default="original",
        description="`original` keeps the distances in time, `fast` does not wait, a number is that many times faster.",
    )
    restamp: Literal["now", "original"] = Field(
        default="now", description="`now` gives readings the time of replay, `original` keeps theirs."
    )
    loop: bool = Field(default=False, description="Begin again at the end; only with `restamp: now`.")

    @model_validator(mode="after")
    def _no_endless_haste(self) -> Self:
        if self.loop and (self.restamp == "original" or self.pace == "fast"):
            raise ValueError(
                "loop needs `restamp: now` and a pace that is not `fast`: the same instants again would be duplicates"
            )
        if self.time_format == "elapsed" and self.restamp == "original":
            raise ValueError("elapsed seconds have no date: use `restamp: now`")
        return self


class MqttValue(Strict):
    """One quantity in a message; the stream may hold {1} for the first `+` of the topic."""

    stream: str = Field(
        max_length=256, description="`device/quantity`; {1} stands for what the first `+` matched."
    )
    unit: Unit = Field(default="", description="IANA SenML unit.")
    factor: float = Field(default=1.0, description="The value is multiplied by this.")
    offset: float = Field(default=0.0, description="Added after the factor.")
    true_values: list[str] = Field(
        default_factory=lambda: ["on", "true", "open", "yes", "alarm"],
        max_length=32,
        description="Texts that mean 1, in lower case.",
    )
    false_values: list[str] = Field(
        default_factory=lambda: ["off", "false", "closed", "no", "ok"],
        max_length=32,
        description="Texts that mean 0, in lower case.",
    )
    text: bool = Field(default=False, description="Keep texts as text instead of refusing them.")

    @model_validator(mode="after")
    def _stream_is_name(self) -> Self:
        trial = self.stream
        for number in range(1, 9):
            trial = trial.replace(f"{{{number}}}", "x")
        _stream_name(trial)
        return self


class MqttSensor(Strict):
    """Plain values or JSON on topics of the local broker."""

    type: Literal["mqtt"]
    name: Name = Field(description="Name of this mapping in messages and logs.")
    topic: TopicFilter = Field(description="Topic filter; `+` may be used in stream names as {1}, {2} ….")
    values: dict[str, MqttValue] = Field(
        min_length=1,
        max_length=128,
        description="Dotted path into the JSON (`ENERGY.Power`, `data.0.temp`) → what it measures; `.` is the whole payload.",
    )
    time_path: str | None = Field(
        default=None,
        max_length=128,
        description="Dotted path to the time of measurement; the time of receipt when left out.",
    )
    time_format: str = Field(
        default="iso",
        max_length=64,
        description="`iso`, `seconds`, `milliseconds` or a strptime format (UTC).",
    )


class SenmlSensor(Strict):
    """A device that speaks SenML (RFC 8428) in JSON or CBOR: no mapping needed."""

    type: Literal["senml"]
    name: Name = Field(description="Name in messages and logs; the device where records name none.")
    topic: TopicFilter = Field(description="Topic filter on the local broker.")
    encoding: Literal["auto", "json", "cbor"] = Field(
        default="auto", description="`auto` looks at the first byte."
    )
    device: Name | None = Field(
        default=None, description="Put every record under this device instead of the one in its name."
    )


class ButtonSensor(Strict):
    """A button to call for help; every message on the topic that matches is a press."""

    type: Literal["button"]
    name: Name = Field(description="Device name, unique on this collector.")
    topic: TopicFilter = Field(description="Topic on the local broker.")
    path: str | None = Field(
        default=None,
        max_length=128,
        description="Dotted path into a JSON payload; the whole payload when left out.",
    )
    pressed: list[str] = Field(
        default_factory=list,
        max_length=32,
        description="Values that mean pressed (`single`, `1`); any message when empty.",
    )


Sensor = Annotated[CsvSensor | MqttSensor | SenmlSensor | ButtonSensor, Field(discriminator="type")]


class SirenConfig(Strict):
    """What rings when the centre says so."""

    mqtt_topic: str | None = Field(
        default=None,
        max_length=512,
        description="Topic on the local broker that gets `{action, text, seconds}` as JSON; only logged when left out.",
    )


class CollectorConfig(Strict):
    """One collector."""

    collector: Name = Field(description="Name given at enrolment; first segment of all its devices.")
    partition: int = Field(
        default=0,
        ge=0,
        lt=PARTITIONS,
        description="Given at enrolment; decides which worker of the centre listens.",
    )
    grid: str | None = Field(
        default=None,
        pattern=r"^[0-9A-Za-z.-]{1,64}$",
        description="Code of the grid it stands in; for people, the centre knows it.",
    )
    broker: BrokerConfig = Field(default_factory=BrokerConfig, description="The centre's broker.")
    local_broker: BrokerConfig | None = Field(
        default=None, description="Broker of the sensors; the centre's when left out."
    )
    outbox: OutboxConfig = Field(default_factory=OutboxConfig, description="What waits for the link.")
    heartbeat_seconds: float = Field(default=10.0, ge=0.2, le=600, description="Between two signs of life.")
    clock: Literal["auto", "synced", "drifting", "unset"] = Field(
        default="auto", description="What to say of the time; `auto` asks the kernel."
    )
    cameras: list[Camera] = Field(default_factory=list, max_length=64, description="Cameras.")
    sensors: list[Sensor] = Field(default_factory=list, max_length=512, description="Sensors and buttons.")
    detectors: FilePath | None = Field(
        default=None,
        description="The site's `detectors.yaml`, read again whenever it changes; what is shipped when left out.",
    )
    siren: SirenConfig = Field(default_factory=SirenConfig, description="Siren and loudspeaker.")
    signing_key: FilePath | None = Field(
        default=None,
        description="Ed25519 private key (PEM) that signs pictures; made beside the outbox when left out.",
    )
    snapshot_minutes: float = Field(
        default=30.0, ge=0, le=1440, description="Between two routine pictures of a camera; 0 for none."
    )
    batch_items_max: int = Field(
        default=50,
        ge=1,
        le=1000,
        description="Readings in one envelope; more delays the first, fewer costs traffic.",
    )
    batch_seconds: float = Field(
        default=1.0, ge=0.01, le=60, description="Longest wait of a reading for its envelope."
    )
    drain_seconds: float = Field(
        default=0.0, ge=0, le=600, description="At a clean stop: how long to wait for the centre's receipts."
    )

    _revision: str = PrivateAttr("")

    @model_validator(mode="after")
    def _unique(self) -> Self:
        names = [c.name for c in self.cameras] + [s.name for s in self.sensors]
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            raise ValueError(
                f"names of cameras and sensors must differ, these stand twice: {', '.join(doubled)}"
            )
        streams = [v.stream for s in self.sensors if isinstance(s, CsvSensor) for v in s.columns.values()]
        doubled = sorted({n for n in streams if streams.count(n) > 1})
        if doubled:
            raise ValueError(f"streams must differ, these stand twice: {', '.join(doubled)}")
        return self

    @property
    def id(self) -> CollectorId:
        """The collector's name as an id."""
        return CollectorId(self.collector)

    @property
    def revision(self) -> str:
        """First 12 digits of the SHA-256 of the file, or of the values when there was none."""
        return self._revision or hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def device(self, name: str) -> DeviceId:
        """Name a device of this collector."""
        return DeviceId(f"{self.collector}/{name}")

    def stream(self, name: str) -> StreamId:
        """Name a stream of this collector; raises `Rejected` (`stream.name`)."""
        return stream_id(self.id, name)


def parse(text: str, *, base: Path | None = None) -> CollectorConfig:
    """Check a YAML document.

    Raises `Rejected` (`config.yaml`, `config.faults`): all faults at once, one sentence a line.
    """
    try:
        data: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Rejected("config.yaml", f"not YAML: {error}") from error
    if not isinstance(data, dict):
        raise Rejected(
            "config.yaml", "a collector's configuration is a mapping that begins with `collector: NAME`"
        )
    try:
        config = CollectorConfig.model_validate(data, context={"base": base})
    except ValidationError as error:
        raise Rejected("config.faults", "\n".join(_sentences(error))) from error
    config._revision = hashlib.sha256(text.encode()).hexdigest()[:12]  # noqa: SLF001 our own private attribute
    return config


def load(path: Path) -> CollectorConfig:
    """Read a collector's file; raises `Rejected` (`config.file`, `config.yaml`, `config.faults`)."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Rejected(
                "config.file", f"{path} is larger than 1 MiB: that is no collector's configuration"
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected("config.file", f"cannot read {path}: {error}") from error
    return parse(text, base=path.resolve().parent)


def _sentences(error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors(include_url=False):
        where = ""
        loc = fault["loc"]
        if loc and loc[0] in {"cameras", "sensors"}:
            # The third part is the `type` by which the model was chosen, not a key of the file.
            loc = loc[:2] + loc[3:]
        for part in loc:
            where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else str(part)
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = "is not known here: remove it or correct its spelling"
        elif fault["type"] == "missing":
            message = "is missing: write it"
        lines.append(f"{where or 'the file'}: {message}")
    return lines
