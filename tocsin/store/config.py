"""Settings of the database connection and of the picture store."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from tocsin.core.errors import Rejected


class StoreConfig(BaseModel):
    """Where the database is and how much of it one process may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dsn: SecretStr | None = Field(
        default=None,
        description="PostgreSQL connection string (`postgresql://user@host/db`). Absent: the embedded PostgreSQL in the data directory.",
    )
    dsn_file: Path | None = Field(
        default=None,
        description="File that holds the connection string, so that no password stands in the settings.",
    )
    pool_min: int = Field(
        default=2, ge=1, le=50, description="Connections kept open. Two: one flush and one question at once."
    )
    pool_max: int = Field(
        default=10,
        ge=2,
        le=200,
        description="Connections at most. Ten serve one process; the sum over processes must stay below the server's max_connections.",
    )
    acquire_seconds: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="How long to wait for a free connection before giving up and retrying; below the session lease.",
    )
    statement_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Longest single statement; a flush that takes longer is given up and sent again.",
    )
    picture_directory: Path | None = Field(
        default=None, description="Directory of pictures. Absent: `pictures` in the data directory."
    )
    reading_days: int = Field(
        default=60,
        ge=60,
        le=3660,
        description="Days for which readings and health are kept. Sixty at least: so old may a reading be that is stored under its own time.",
    )
    detection_days: int = Field(
        default=365,
        ge=60,
        le=36600,
        description="Days for which detections are kept as evidence; not below the late-data bound of 60.",
    )

    position_days: int = Field(
        default=30,
        ge=1,
        le=366,
        description=(
            "Days after an incident's end for which the positions of phones and the details of proofs are kept; the log keeps "
            "grade, distance and verdict. 30: within a month somebody who doubts a verdict has said so."
        ),
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.dsn is not None and self.dsn_file is not None:
            raise ValueError("give either dsn or dsn_file, not both")
        if self.pool_min > self.pool_max:
            raise ValueError(f"pool_min {self.pool_min} must not exceed pool_max {self.pool_max}")
        return self

    def connection_string(self) -> str | None:
        """Give the connection string, read from its file where that is set; None for the embedded server.

        Raises `Rejected` (`settings.secret`) when the file cannot be read or is empty.
        """
        if self.dsn_file is not None:
            try:
                text = self.dsn_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise Rejected(
                    "settings.secret", f"cannot read store.dsn_file {self.dsn_file}: {error}"
                ) from error
            if not text:
                raise Rejected(
                    "settings.secret",
                    f"{self.dsn_file} is empty: write `postgresql://USER:PASSWORD@HOST/DATABASE` into it",
                )
            return text
        return None if self.dsn is None else self.dsn.get_secret_value()
