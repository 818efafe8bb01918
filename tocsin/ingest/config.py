"""Settings of ingest and of its broker session."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class IngestConfig(BaseModel):
    """How readings are gathered, committed and answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sessions: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Broker sessions over which the 64 partitions are spread; session k owns those congruent to k. "
        "One is enough for 50,000 readings a second; every worker of a deployment must say the same number.",
    )
    flush_messages: int = Field(
        default=500,
        ge=1,
        le=5_000,
        description="Most messages in one transaction. Lowered at start to half of what the broker hands over "
        "without acknowledgement. Larger batches cost less per reading and wait longer.",
    )
    flush_seconds: float = Field(
        default=0.05,
        gt=0,
        le=1.0,
        description="Longest wait for a batch to fill after its first message, in seconds: "
        "the least part of the village's three minutes that still makes batches.",
    )
    tick_seconds: float = Field(
        default=1.0,
        ge=0.1,
        le=10.0,
        description="An empty flush follows after this many seconds without one, so that detectors see time pass.",
    )
    snapshot_seconds: float = Field(
        default=30.0,
        ge=1.0,
        le=600.0,
        description="How often the state of a partition's detectors is saved, in seconds. "
        "Everything after it is replayed at start.",
    )
    lease_seconds: float = Field(
        default=15.0,
        ge=2.0,
        le=120.0,
        description="How long a session stays with a worker that no longer answers, in seconds; "
        "as long, at most, nobody ingests after a crash.",
    )
    receipt_alarm_seconds: float = Field(
        default=0.2,
        ge=0.01,
        le=10.0,
        description="Least distance of two receipts to one collector when an alarm was committed, in seconds.",
    )
    receipt_seconds: float = Field(
        default=2.0,
        ge=0.01,
        le=60.0,
        description="Least distance of two receipts to one collector otherwise, in seconds.",
    )
    collectors_seconds: float = Field(
        default=30.0,
        ge=1.0,
        le=600.0,
        description="How often the list of known collectors is read again, in seconds; "
        "a message of an unknown one reads it at once, at most every second.",
    )
    replay_flushes: int = Field(
        default=50,
        ge=1,
        le=1_000,
        description="Stored flushes that are read at once when detectors are brought up to date; bounds the memory of a restart.",
    )
    retry_seconds_max: float = Field(
        default=5.0,
        ge=0.1,
        le=60.0,
        description="Longest wait between two attempts while the database does not answer, in seconds.",
    )


class MqttConfig(BaseModel):
    """Where the broker is and who we are there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(
        default="127.0.0.1", min_length=1, max_length=253, description="Name or address of the broker."
    )
    port: int = Field(
        default=1883, ge=1, le=65_535, description="Port of the broker; 8883 is usual with TLS."
    )
    username: str | None = Field(
        default=None,
        max_length=256,
        description="Name to sign in with; none for a broker that asks for none.",
    )
    password_file: Path | None = Field(
        default=None,
        description="File whose first line is the password; kept out of the settings so that it is never printed.",
    )
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        default="auto",
        description="`auto` speaks MQTT 5 and falls back to 3.1.1 when the broker refuses it. "
        "On 3.1.1 most brokers hand over only 20 messages at a time.",
    )
    client_id: str = Field(
        default="tocsin-ingest",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$",
        description="First part of the client id; the session's number follows. "
        "Stable, because the broker keeps what arrives meanwhile under it.",
    )
    keepalive_seconds: int = Field(
        default=20,
        ge=5,
        le=3_600,
        description="A connection silent for one and a half of this is given up by the broker.",
    )
    session_expiry_seconds: int = Field(
        default=86_400,
        ge=0,
        le=0xFFFFFFFE,
        description="How long the broker keeps the session while nobody is connected (MQTT 5). "
        "A day saves re-sending; custody never rests on it.",
    )
    receive_maximum: int = Field(
        default=1_000,
        ge=2,
        le=65_535,
        description="Messages the broker may hand over without acknowledgement (MQTT 5): twice a batch, "
        "so that one fills while the other commits.",
    )
    unacknowledged_batches: int = Field(
        default=20,
        ge=2,
        le=200,
        description="Batches without acknowledgement that drop the connection. Two would do where the broker keeps to "
        "Receive Maximum; Mosquitto 2.0 was measured to hand over six times as much while acknowledgements flow, "
        "and aMQTT knows no limit.",
    )
    tls: bool = Field(default=False, description="Whether to speak TLS; certificates are always verified.")
    ca_file: Path | None = Field(
        default=None, description="Certificates to trust instead of the system's, in PEM; only with `tls`."
    )
    certificate_file: Path | None = Field(
        default=None, description="Our certificate for a broker that asks for one, in PEM; only with `tls`."
    )
    key_file: Path | None = Field(default=None, description="Private key of `certificate_file`, in PEM.")
    connect_seconds: float = Field(
        default=10.0, gt=0, le=120.0, description="Longest wait for a connection to stand, in seconds."
    )
    reconnect_seconds_max: float = Field(
        default=15.0,
        ge=0.1,
        le=300.0,
        description="Longest wait between two attempts to connect, in seconds, jittered.",
    )
    probe: bool = Field(
        default=True,
        description="Whether to measure at start how many messages the broker hands over without acknowledgement.",
    )
