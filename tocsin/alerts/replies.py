"""Answers without a page: one digit by SMS or telephone key, and how a notice says so.  Pure.

1 going, 2 arrived, 3 cannot go, 4 need help, 5 nothing here.  Who has one open call answers with the digit
alone; the notice of a second one is told with its number, and the digit with that number behind it
(`17`: going, call 7) answers for it.  The first digit is the act, so nothing has to be separated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.alerts.commands import Accept, Arrive, AskHelp, Command, Refuse, SayNothingHere
from tocsin.alerts.model import Notice
from tocsin.alerts.reach_ports import OpenCode
from tocsin.core.ids import PersonId
from tocsin.core.incidents import Basis
from tocsin.core.responders import Channel

ANSWERABLE: Final = frozenset({"call", "look", "nobody_there"})
"""Templates that ask somebody to go."""
TEST_DIGIT: Final = 9
"""Answers a test of the channel."""
NUMBER_MAX: Final = 99
REPLY_CHARACTERS_MAX: Final = 500

_WORDS: Final = {
    "前往": 1, "马上去": 1, "going": 1,
    "到达": 2, "已到": 2, "到了": 2, "arrived": 2,
    "不能去": 3, "去不了": 3, "cannot": 3,
    "求援": 4, "需要支援": 4, "help": 4,
    "现场无事": 5, "误报": 5, "nothing": 5,
}  # fmt: skip
_FORM: Final = re.compile(r"([1-59])\D{0,3}([1-9]\d?)?")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody answered."""

    digit: int
    number: int | None
    """Which of their calls; None for the one that was told without a number."""


def read(text: str) -> Said | None:
    """Read an answer; full-width digits, blanks and stops are nothing. None when it says none of our words."""
    plain = unicodedata.normalize("NFKC", text[:REPLY_CHARACTERS_MAX])
    plain = "".join(c for c in plain if not c.isspace()).strip("。.!?,，、“”\"'#*").casefold()
    if plain in _WORDS:
        return Said(_WORDS[plain], None)
    found = _FORM.fullmatch(plain)
    if found is None:
        return None
    return Said(int(found[1]), int(found[2]) if found[2] else None)


def meant(said: Said, codes: Sequence[OpenCode]) -> OpenCode | None:
    """Find which open call an answer is about; None when it is about none, or could be about two."""
    if said.number is not None:
        fits = [code for code in codes if code.number == said.number]
    else:
        fits = [code for code in codes if code.alone] or list(codes)
    if said.number is None and len(fits) > 1 and len({code.person for code in fits}) == 1:
        # The digit alone was told for both, one after the other: the later text is the one on the screen.
        fits = [max(fits, key=lambda code: code.made)] if all(code.alone for code in fits) else fits
    return fits[0] if len(fits) == 1 else None


def command(digit: int, person: PersonId) -> Command | None:
    """Give the act of a digit, the same as the tap on the page; an arrival is declared, not proved."""
    match digit:
        case 1:
            return Accept(person=person)
        case 2:
            return Arrive(person=person, basis=Basis.DECLARED)
        case 3:
            return Refuse(person=person, reason_code="other")
        case 4:
            return AskHelp(person=person)
        case 5:
            return SayNothingHere(person=person)
        case _:
            return None


def answerable(notice: Notice) -> bool:
    """Say whether a notice tells how to answer without a page."""
    return (
        notice.channel in {Channel.SMS, Channel.VOICE}
        and notice.template in ANSWERABLE
        and notice.tier is not None
    )


def hint(notice: Notice, code: OpenCode | None, *, english: bool) -> str:
    """Say how to answer; `code` is None for a call, whose keys need no number."""
    number = "" if code is None or code.alone else str(code.number)
    look = notice.template == "look"
    if notice.channel is Channel.VOICE:
        if english:
            last = ", 5 for nothing here" if look else ""
            return f"Press 1 for going, 2 for arrived, 3 for cannot, 4 for help{last}."
        return "前往请按1，已到达请按2，不能去请按3，需要支援请按4" + ("，现场无事请按5。" if look else "。")
    words = ("going", "arrived", "cannot", "help", "nothing") if english else _ZH
    acts = [f"{digit}{number}{' ' if english else ''}{word}" for digit, word in enumerate(words, 1)]
    acts = acts if look else acts[:4]
    return f"Reply {', '.join(acts)}." if english else f"回复{' '.join(acts)}"


def trial_hint(channel: Channel, *, english: bool) -> str:
    """Say how to answer a test."""
    if channel is Channel.VOICE:
        return "Press 9 to confirm." if english else "听到请按9。"
    return "Reply 9 to confirm." if english else "收到请回复9"


def digits(number: str) -> str:
    """Give a telephone number as it is compared: digits only, without the country's 86."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", number) if c.isdigit())
    return plain[2:] if plain.startswith("86") and len(plain) == 13 else plain.removeprefix("0086")


_ZH: Final = ("前往", "到达", "不能去", "求援", "无事")
