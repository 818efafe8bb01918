"""One-tap links: an address in a notice by which one person answers for one incident.  Pure.

The token is what it says, signed: incident, person, notice, when it was issued and when it expires. Nobody
can make or change one without a key; the newest key signs, older ones are still believed, so that a key is
changed without breaking the links that are out. What a link may do, and until when, is decided by who
opens it (`api.links`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from tocsin.alerts.ports import ClaimedNotice
from tocsin.core.errors import Rejected
from tocsin.core.ids import IncidentId, NoticeId, PersonId
from tocsin.core.responders import Channel

KEY_BYTES_MIN: Final = 32
KEYS_MAX: Final = 2
"""The key in use and the one before it."""
TOKEN_CHARACTERS_MAX: Final = 400
MARK_BYTES: Final = 16
"""128 bits of the HMAC: beyond guessing, and an SMS is short."""
_TOKEN: Final = re.compile(rf"[A-Za-z0-9_-]{{40,{TOKEN_CHARACTERS_MAX}}}")
_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a token says."""

    incident: IncidentId
    person: PersonId
    notice: NoticeId
    issued: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """The keys of links, newest first."""

    keys: tuple[bytes, ...]

    def sign(self, link: Link) -> str:
        """Give the token of a link, safe in an address; instants are cut to whole seconds."""
        body = msgspec.msgpack.encode(
            (
                _VERSION,
                link.incident,
                link.person,
                link.notice,
                int(link.issued.timestamp()),
                int(link.expires.timestamp()),
            )
        )
        return _text(_mark(self.keys[0], body) + body)

    def read(self, token: str, now: datetime) -> Link | None:
        """Give what a token says; None for one that is forged, damaged or expired.

        A token is good up to and including its last second.
        """
        if _TOKEN.fullmatch(token) is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except binascii.Error:
            return None
        mark, body = raw[:MARK_BYTES], raw[MARK_BYTES:]
        # Both keys are always tried, and the text must be the one that we wrote: one token, one link.
        known = [hmac.compare_digest(mark, _mark(key, body)) for key in self.keys]
        if not any(known) or _text(raw) != token:
            return None
        link = _link(body)
        return link if link is not None and int(now.timestamp()) <= link.expires.timestamp() else None


GROUPS: Final = frozenset({Channel.WECOM_BOT, Channel.DINGTALK, Channel.FEISHU})
"""Channels whose messages a whole group reads."""


def address_of(
    claimed: ClaimedNotice,
    keys: LinkKeys | None,
    now: datetime,
    *,
    base: str,
    lasts: timedelta,
    in_groups: bool,
) -> str:
    """Give the address by which the person of a notice answers with one tap; empty where there is none.

    Sirens get none, nor do groups unless `in_groups`: whoever holds a link acts as its person.
    """
    notice = claimed.notice
    to_group = notice.channel in GROUPS and not in_groups
    if keys is None or not base or notice.person is None or to_group:
        return ""
    link = Link(
        incident=notice.incident, person=notice.person, notice=notice.id, issued=now, expires=now + lasts
    )
    return f"{base.rstrip('/')}/go/{keys.sign(link)}"


def _mark(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, b"tocsin link\x00" + body, hashlib.sha256)[:MARK_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _link(body: bytes) -> Link | None:
    try:
        version, incident, person, notice, issued, expires = msgspec.msgpack.decode(
            body, type=tuple[int, str, str, str, int, int]
        )
    except msgspec.MsgspecError:
        return None
    if version != _VERSION:
        return None
    return Link(
        incident=IncidentId(incident),
        person=PersonId(person),
        notice=NoticeId(notice),
        issued=datetime.fromtimestamp(issued, UTC),
        expires=datetime.fromtimestamp(expires, UTC),
    )


def keys_of(text: str, where: str) -> LinkKeys:
    """Read the keys of a file: a line each, newest first; `where` names it in a refusal.

    Raises `Rejected` (`link.keys`) for none, more than two, or one that is too short to be secret.
    """
    lines: Sequence[str] = [line.strip() for line in text.splitlines() if line.strip()]
    if not 1 <= len(lines) <= KEYS_MAX:
        raise Rejected(
            "link.keys",
            f"{where} holds {len(lines)} keys: write the new one into the first line and the old one, while its links "
            "are out, into the second",
        )
    if any(len(line.encode()) < KEY_BYTES_MIN for line in lines):
        raise Rejected(
            "link.keys",
            f"{where}: a key of links has at least {KEY_BYTES_MIN} characters; `openssl rand -base64 48` makes one",
        )
    return LinkKeys(tuple(line.encode() for line in lines))
