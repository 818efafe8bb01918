"""What providers of registered texts have in common: which template stands for ours, its values, the budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from tocsin.alerts.channels.http import DAY, HOUR, MINUTE
from tocsin.alerts.channels.phone_config import (
    ANY_OTHER,
    AliyunSmsConfig,
    AliyunVoiceConfig,
    CallTemplate,
    NamedTemplate,
    OrderedTemplate,
)
from tocsin.alerts.channels.wording import fill
from tocsin.alerts.ports import Message, Rates, RefusedBy
from tocsin.alerts.throttle import Rate

OWN_WORDS: Final = frozenset({"recall", "test", "sweep"})
"""Ours that `*` never stands for: "please act" instead of "stand down", for a test or a sweep would send people out."""
T = TypeVar("T", NamedTemplate, CallTemplate, OrderedTemplate)


def fill_in(
    templates: Mapping[str, T], message: Message, words: Callable[[T], Iterable[str]], characters_max: int
) -> tuple[T, list[str]] | RefusedBy:
    """Give the registered template that stands for the message's, and its values in the order of `words`."""
    template = templates.get(message.template)
    if template is None and message.template not in OWN_WORDS:
        template = templates.get(ANY_OTHER)
    if template is None:
        return RefusedBy(
            f"no registered template stands for {message.template}: map it under `templates`", elsewhere=True
        )
    values = fill(message, words(template), characters_max)
    if isinstance(values, str):
        return RefusedBy(f"template {template.code} asks for `{values}`, which is empty here", elsewhere=True)
    return template, values


def aliyun_rates(config: AliyunSmsConfig | AliyunVoiceConfig) -> Rates:
    """Give the budgets of an account and of one number."""
    return Rates(
        account=(Rate(config.per_minute, MINUTE),),
        address=(
            Rate(config.number_per_minute, MINUTE),
            Rate(config.number_per_hour, HOUR),
            Rate(config.number_per_day, DAY),
        ),
    )
