"""The texts of a message in the forms that providers take: bounded, plain, or in the pieces of a template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tocsin.alerts.ports import Message

PLAIN: Final = str.maketrans({"<": "＜", ">": "＞"})
"""A name with `<at …>` or `<div …>` in it must neither call a whole group nor change a card."""
SMS_FORBIDDEN: Final = str.maketrans({"【": "（", "】": "）", "[": "（", "]": "）", "\r": " ", "\n": " "})
"""Square brackets mark the signature; providers refuse them anywhere else."""


def lines(message: Message) -> str:
    """Give title, text and link, one a line, without markup."""
    return "\n".join(
        part for part in (message.title.translate(PLAIN), message.text.translate(PLAIN), message.link) if part
    )


def shorten(text: str, bytes_max: int) -> str:
    """Cut a text to a number of bytes of UTF-8, between characters, with an ellipsis."""
    raw = text.encode()
    if len(raw) <= bytes_max:
        return text
    return raw[: bytes_max - 3].decode(errors="ignore") + "…"


def pieces(message: Message) -> dict[str, str]:
    """Give the words that a registered template may ask for.

    `token` is the last part of the link: providers allow no web address in a variable, so the address
    stands in the template's fixed text and only its end is filled in.
    """
    return {
        **message.words,
        "title": message.title,
        "text": message.text,
        "link": message.link,
        "token": message.link.rstrip("/").rpartition("/")[2],
    }


def fill(message: Message, wanted: Iterable[str], characters_max: int) -> list[str] | str:
    """Give the values of the wanted words, each within its length; or the name of the first one that is empty.

    Providers refuse an empty variable, in words that nobody understands.
    """
    found = pieces(message)
    values = []
    for word in wanted:
        value = " ".join(found.get(word, "").translate(SMS_FORBIDDEN).split())
        if not value:
            return word
        values.append(value if len(value) <= characters_max else value[: characters_max - 1] + "…")
    return values
