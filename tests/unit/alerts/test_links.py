from __future__ import annotations

import base64
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.alerts.links import TOKEN_CHARACTERS_MAX, Link, LinkKeys, address_of, keys_of
from tocsin.alerts.model import Notice
from tocsin.alerts.ports import ClaimedNotice
from tocsin.core.detections import Kind
from tocsin.core.errors import Rejected
from tocsin.core.ids import IncidentId, NoticeId, PersonId, new_id
from tocsin.core.incidents import Grade
from tocsin.core.responders import Channel

NOW = datetime(2026, 7, 14, 4, 0, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
KEYS = LinkKeys((NEW,))
LINK = Link(
    incident=IncidentId("incident-1"),
    person=PersonId("li"),
    notice=NoticeId("notice-1"),
    issued=NOW,
    expires=NOW + timedelta(days=7),
)


def test_token_says_what_was_signed() -> None:
    assert KEYS.read(KEYS.sign(LINK), NOW) == LINK


def test_token_fits_an_address_and_a_message() -> None:
    long = replace(LINK, incident=IncidentId(new_id()), person=PersonId("p" * 64), notice=NoticeId(new_id()))
    assert len(KEYS.sign(long)) <= TOKEN_CHARACTERS_MAX
    usual = replace(long, person=PersonId("wang"))
    assert len(KEYS.sign(usual)) < 150


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (1, False)])
def test_token_is_good_up_to_its_last_second(seconds: int, *, good: bool) -> None:
    at = LINK.expires + timedelta(seconds=seconds)
    assert (KEYS.read(KEYS.sign(LINK), at) is not None) is good


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_token_with_any_byte_changed_is_worth_nothing(place: int, change: int) -> None:
    token = KEYS.sign(LINK)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[place % len(raw)] ^= change
    assert KEYS.read(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), NOW) is None


@given(st.text(max_size=420) | st.from_regex(r"[A-Za-z0-9_-]{40,400}", fullmatch=True))
def test_anything_else_is_no_token_and_raises_nothing(text: str) -> None:
    assert KEYS.read(text, NOW) is None


def test_token_in_another_spelling_of_the_same_bytes_is_refused() -> None:
    token = KEYS.sign(replace(LINK, person=PersonId("wang")))
    spellings = [token[:-1] + letter for letter in string.ascii_letters + string.digits + "-_"]
    assert [one for one in spellings if KEYS.read(one, NOW) is not None] == [token]


def test_old_key_is_believed_while_it_is_kept_and_never_signs() -> None:
    both = LinkKeys((NEW, OLD))
    before = LinkKeys((OLD,)).sign(LINK)
    assert both.read(before, NOW) == LINK
    assert KEYS.read(before, NOW) is None
    assert both.sign(LINK) == KEYS.sign(LINK) != before


@pytest.mark.parametrize("text", ["", "\n \n", "short", f"{'k' * 32}\nshort", "\n".join(["k" * 32] * 3)])
def test_file_with_bad_keys_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        keys_of(text, "api.link_key_file")
    assert caught.value.code == "link.keys"
    assert "api.link_key_file" in caught.value.reason


def test_file_of_keys_is_read_newest_first() -> None:
    assert keys_of(f"{'n' * 32}\n\n {'o' * 32} \n", "x") == LinkKeys((NEW, OLD))


CLAIMED = ClaimedNotice(
    notice=Notice(
        id=NoticeId("n-1"),
        incident=IncidentId("i-1"),
        person=PersonId("li"),
        tier=None,
        channel=Channel.SMS,
        template="call",
        step=0,
        priority=1,
        not_before=NOW,
        expires=NOW,
    ),
    attempt=1,
    address="1",
    person_name="Li",
    language="zh",
    kind=Kind.FIRE,
    grade=Grade.I,
    grid_name="x",
    place_name="",
    began=NOW,
    confirmed=NOW,
    due=None,
)


def link(
    notice: Notice, *, keys: LinkKeys | None = KEYS, base: str = "https://b/", groups: bool = False
) -> str:
    claimed = replace(CLAIMED, notice=notice)
    return address_of(claimed, keys, NOW, base=base, lasts=timedelta(days=1), in_groups=groups)


def test_notice_to_a_person_carries_their_link() -> None:
    address = link(CLAIMED.notice)
    assert address.startswith("https://b/go/")
    assert KEYS.read(address.removeprefix("https://b/go/"), NOW) == Link(
        incident=IncidentId("i-1"),
        person=PersonId("li"),
        notice=NoticeId("n-1"),
        issued=NOW,
        expires=NOW + timedelta(days=1),
    )


def test_sirens_and_places_without_keys_or_address_get_none() -> None:
    assert link(replace(CLAIMED.notice, person=None)) == ""
    assert link(CLAIMED.notice, keys=None) == ""
    assert link(CLAIMED.notice, base="") == ""


@pytest.mark.parametrize("channel", [Channel.WECOM_BOT, Channel.DINGTALK, Channel.FEISHU])
def test_groups_get_links_only_where_that_is_wanted(channel: Channel) -> None:
    to_group = replace(CLAIMED.notice, channel=channel)
    assert link(to_group) == ""
    assert link(to_group, groups=True)
