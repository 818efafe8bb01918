"""Settings of the HTTP face."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ApiConfig(BaseModel):
    """How people reach the product and how long they stay signed in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_url: str = Field(
        default="",
        max_length=200,
        pattern=r"^(https?://[^/\s]+)?$",
        description=(
            "Address at which browsers reach the console, without a path: `https://bell.example.org`. Empty accepts "
            "the address of the request itself. Links in notices and positions of phones need it, with TLS."
        ),
    )
    cookie_secure: bool = Field(
        default=False,
        description=(
            "Send the session cookie over TLS only. Off by default because the embedded default runs on loopback "
            "without TLS; must be on when `public_url` begins with https."
        ),
    )
    link_key_file: Path | None = Field(
        default=None,
        description=(
            "File with the key that signs one-tap links, the same for every process of the centre; at least 32 "
            "characters. To change it, write the new key into the first line and leave the old one in the second for "
            "`link_days`. Absent: with the embedded database one is made in the data directory, else there are no such links."
        ),
    )
    link_days: float = Field(
        default=7.0,
        gt=0,
        le=31,
        description="Days after which a one-tap link ends whatever became of its incident. 7: an incident that is open longer is worked on from the desk.",
    )
    links_in_groups: bool = Field(
        default=True,
        description=(
            "Put one-tap links also into messages of group bots, where the whole group can tap them. On, because "
            "in a small village the group is the team and no link proves a place by itself; off, such messages carry the plain address, which asks for a sign-in."
        ),
    )
    cap_token_file: Path | None = Field(
        default=None,
        description=(
            "File with the token by which another system reads all incidents as CAP messages (`Authorization: Bearer …`); "
            "at least 32 characters. Absent: only people who are signed in read them."
        ),
    )
    cap_sender: str = Field(
        default="tocsin",
        pattern=r"^[^\s,<&]{1,100}$",
        description="How CAP messages name who sends them, worldwide unique: `tocsin@town.example.org`. Without space, comma, `<` and `&`.",
    )
    cap_sender_name: str = Field(
        default="Tocsin",
        min_length=1,
        max_length=100,
        description="Name of the authority in CAP messages, for people.",
    )
    session_hours: float = Field(
        default=12.0,
        gt=0,
        le=24 * 31,
        description="Hours a sign-in lasts. 12: one shift with its hand-over. At most 31 days.",
    )
    body_bytes_max: int = Field(
        default=65_536,
        ge=1_024,
        le=1_048_576,
        description="Largest request body in bytes. 64 KiB holds the longest report by hand thirty times.",
    )
    sign_in_failures_max: int = Field(
        default=5,
        ge=1,
        le=100,
        description="Failed sign-ins of one name from one address within the window before both must wait.",
    )
    sign_in_address_failures_max: int = Field(
        default=40,
        ge=1,
        le=1_000,
        description="Failed sign-ins from one address under any name within the window. 40: a whole office behind one address.",
    )
    sign_in_window_seconds: float = Field(
        default=300.0,
        ge=1,
        le=86_400,
        description="Length of the window in which failed sign-ins are counted, seconds.",
    )
    live_streams_max: int = Field(
        default=4,
        ge=1,
        le=32,
        description="Live streams one session may hold. The console needs one per browser; 4 leaves room for reloads.",
    )
    expose_metrics: bool = Field(
        default=True,
        description="Answer `/metrics`. Names nobody; a reverse proxy towards the internet should still not pass it.",
    )

    @model_validator(mode="after")
    def _secure_with_tls(self) -> Self:
        if not self.cookie_secure and self.public_url.startswith("https://"):
            raise ValueError("write `cookie_secure: true`: public_url begins with https")
        return self
