"""From when on something is wrong: the limits of the watcher's checks, which need nothing else of its settings."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class LimitsConfig(BaseModel):
    """From when on something is wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    overdue_seconds: float = Field(
        default=5.0,
        ge=1,
        le=600,
        description="A deadline that came so long ago and did not fire. An escalator fires within milliseconds; five seconds are a fault.",
    )
    unsent_seconds: float = Field(
        default=10.0,
        ge=1,
        le=600,
        description="An urgent notice (priority 0 or 1) that may be sent and was not. Ten seconds are 6 % of a village's three minutes.",
    )
    tick_seconds: float = Field(
        default=5.0,
        ge=2,
        le=600,
        description="Time since the last round of a worker that beats every second.",
    )
    flush_seconds: float = Field(
        default=10.0,
        ge=2,
        le=600,
        description="Time since the last flush of an ingest session; it flushes every second even without messages.",
    )
    skew_seconds: float = Field(
        default=1.0,
        ge=0.1,
        le=60,
        description="Difference between a host's clock and the database's. One second: verdicts are given to the second.",
    )
    collector_seconds: float = Field(
        default=180.0,
        ge=20,
        le=86_400,
        description="Silence after which a collector is gone; a heartbeat comes every ten seconds, links of villages hiccup for minutes.",
    )
    collectors_share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Share of a township's collectors from which on it is one fault of the township (link, power, broker) and is paged.",
    )
    collectors_few: int = Field(
        default=3,
        ge=1,
        le=1000,
        description="Fewer collectors than this in a township are reported one by one, whatever their share.",
    )
    disk_ticket_percent: float = Field(
        default=85.0,
        ge=10,
        le=100,
        description="Used share of a disk from which somebody should see to it by day.",
    )
    disk_page_percent: float = Field(
        default=95.0, ge=10, le=100, description="Used share of a disk from which somebody is paged."
    )
    disk_page_bytes: int = Field(
        default=1_000_000_000,
        ge=0,
        le=10**14,
        description="Free bytes below which somebody is paged whatever the share; one gigabyte is an hour of a busy township.",
    )
    box_free_bytes: int = Field(
        default=500_000_000,
        ge=0,
        le=10**13,
        description="Free bytes on a collector's disk below which a ticket is written; its outbox needs room for a week without a link.",
    )
    quarantine_more: int = Field(
        default=20,
        ge=1,
        le=1_000_000,
        description="Messages put aside within ten minutes from which on something systematic is wrong.",
    )

    @model_validator(mode="after")
    def _ticket_comes_first(self) -> Self:
        if self.disk_ticket_percent > self.disk_page_percent:
            raise ValueError(
                f"disk_ticket_percent {self.disk_ticket_percent:g} must not exceed disk_page_percent {self.disk_page_percent:g}"
            )
        return self
