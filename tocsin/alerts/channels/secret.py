"""What the settings of all channels share: secrets by file, time limits, hosts that may be called."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

SECRET_BYTES_MAX = 4096


class Config(BaseModel):
    """Settings of a component: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_secret(name: str, value: SecretStr | None, file: Path | None) -> str | None:
    """Read a secret from its value or its file, without surrounding white space; None when neither is set.

    Raises `ValueError` with a sentence when the file cannot be read, is empty or too large.
    """
    if value is not None:
        return value.get_secret_value()
    if file is None:
        return None
    try:
        with file.open("rb") as opened:
            raw = opened.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise ValueError(
            f"{name}_file: {file} cannot be read ({error.strerror}): write the secret into it"
        ) from error
    if len(raw) > SECRET_BYTES_MAX:
        raise ValueError(
            f"{name}_file: {file} is larger than {SECRET_BYTES_MAX} bytes: it should hold one secret"
        )
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name}_file: {file} is not UTF-8 text: write the secret into it as text"
        ) from error
    if not text:
        raise ValueError(f"{name}_file: {file} is empty: write the secret into it")
    return text


def one_of(name: str, value: SecretStr | None, file: Path | None) -> None:
    """Refuse a secret that is given twice."""
    if value is not None and file is not None:
        raise ValueError(f"give {name} or {name}_file, not both")


def needed(name: str, value: SecretStr | None, file: Path | None) -> str:
    """Read a secret that must be there; raises `ValueError` with a sentence when it is not."""
    secret = read_secret(name, value, file)
    if secret is None:
        raise ValueError(f"{name}: set {name}_file, a file that holds it")
    return secret


class HttpChannel(Config):
    """What every provider that is called over HTTP has."""

    time_limit_seconds: float = Field(
        default=8.0,
        gt=0,
        le=30.0,
        description="Longest a sending may take; a village has 180 s, of which one hanging provider may take this.",
    )
    allow: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        description="Hosts (`host` or `host:port`) that may be called although they are neither https nor loopback, or are private addresses.",
    )
