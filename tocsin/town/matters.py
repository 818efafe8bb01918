"""The catalogue of matters (事项): what may be reported, and in what time each stage must be over.  Pure.

A code is 2 + 2 digits, its category first, and may be made finer by 2 or 4 more; a finer matter takes the
limits that it does not give itself from the coarser one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tocsin.core.detections import Kind
from tocsin.core.incident_words import Grade, Stage
from tocsin.core.working_time import Calendar, Limit, Terms, Unit
from tocsin.town.organisations import NAME_CHARACTERS_MAX, Fault

CODE: Final = re.compile(r"[0-9]{4}([0-9]{2}){0,2}")
CATEGORY_CODE: Final = re.compile(r"[0-9]{2}")
PLATFORM_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
DAY_MINUTES: Final = 24 * 60
DAYS_MAX: Final = 400
"""Most days on which a town may differ from the country, each way."""
MATTERS_MAX: Final = 5000
AMOUNT_MAX: Final[Mapping[Unit, int]] = {
    Unit.HOUR: 10_000,
    Unit.DAY: 1000,
    Unit.WORKING_HOUR: 2000,
    Unit.WORKING_DAY: 400,
}
"""Larger amounts are slips of the pen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A large class (大类)."""

    code: str
    name: str
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A queue of its own in the centre (平台): public order, enforcement, environment, services."""

    code: str
    name: str
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One matter (小类)."""

    code: str
    name: str
    name_en: str = ""
    platform: str = ""
    kinds: tuple[Kind, ...] = ()
    """Kinds of happening that stand for it."""
    grade: Grade = Grade.IV
    """Proposed where nothing else is known."""
    urgent: bool = False
    """An emergency: to be confirmed and answered by the minute, not filed."""
    limits: Mapping[Stage, Limit] = field(default_factory=dict)
    active: bool = True

    @property
    def category(self) -> str:
        """The code of its large class."""
        return self.code[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTime:
    """How a town works: its hours, its own days, and when it urges."""

    calendar: Calendar = field(default_factory=Calendar)
    warn_at: float = 0.8
    """At this part of a limit whoever it waits on is urged."""


def terms_of(matter: Matter | None, coarser: Iterable[Matter], time: WorkingTime) -> Terms:
    """Give by what a case of a matter is timed; limits that it lacks come from the coarser ones.

    A case without a matter has no limits, only the calendar.
    """
    limits: dict[Stage, Limit] = {}
    if matter is not None:
        for one in sorted((*coarser, matter), key=_length):
            limits |= one.limits
    return Terms(limits=limits, warn_at=time.warn_at, calendar=time.calendar)


def coarser_codes(code: str) -> list[str]:
    """Give the codes that a finer one stands under: `01010203` under `0101` and `010102`."""
    return [code[:length] for length in range(4, len(code), 2)]


def kinds_of(matters: Iterable[Matter]) -> tuple[tuple[Kind, str], ...]:
    """Give the matter of each kind of happening that active matters stand for, in order of kind."""
    found = {kind: one.code for one in sorted(matters, key=_code) if one.active for kind in one.kinds}
    return tuple(sorted(found.items()))


def check_matters(
    matters: Sequence[Matter],
    *,
    categories: Iterable[str],
    platforms: Iterable[str],
    known: Mapping[str, tuple[Kind, ...]],
) -> list[Fault]:
    """Find everything wrong in matters that are to be stored together.

    `known` gives the kinds of each matter that is stored already, none for one that is not active; the new word
    on one wins.
    """
    classes, works = set(categories), set(platforms)
    new = {one.code: one.kinds if one.active else () for one in matters}
    holders = _holders({**known, **new})
    faults: list[Fault] = []
    seen: set[str] = set()
    for place, one in enumerate(matters):
        where = f"matters[{place}]"
        if one.code in seen:
            faults.append(Fault(f"{where}.code", f"matter {one.code} stands twice: keep one of them"))
        seen.add(one.code)
        faults += [Fault(f"{where}.{at}", said) for at, said in _faults(one, classes, works)]
        faults += [
            Fault(f"{where}.code", f"matter {one.code} is finer than {code}, which is not known: add that")
            for code in coarser_codes(one.code)
            if code not in new and code not in known
        ]
        for kind in one.kinds if one.active else ():
            others = sorted(holders[kind] - {one.code})
            if others:
                faults.append(
                    Fault(
                        f"{where}.kinds", f"{kind} stands for {others[0]} already: leave it with one matter"
                    )
                )
    return faults


def check_named(entries: Sequence[Category | Platform], what: str, form: re.Pattern[str]) -> list[Fault]:
    """Find what is wrong in categories or platforms: codes, names, repetitions."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for place, one in enumerate(entries):
        where = f"{what}[{place}]"
        if form.fullmatch(one.code) is None:
            faults.append(Fault(f"{where}.code", f"code {one.code[:40]!r}: write {_form(form)}"))
        if one.code in seen:
            faults.append(Fault(f"{where}.code", f"{one.code} stands twice: keep one of them"))
        seen.add(one.code)
        if not _is_name(one.name):
            faults.append(Fault(f"{where}.name", _NAME))
    return faults


def check_time(time: WorkingTime) -> list[Fault]:
    """Find what is wrong in a town's working time: hours out of order, days both worked and closed."""
    faults: list[Fault] = []
    calendar, last = time.calendar, 0
    if not calendar.hours:
        faults.append(Fault("calendar.hours", "a working day needs hours: write one span at least"))
    for place, (begin, end) in enumerate(calendar.hours):
        if not last <= begin < end <= DAY_MINUTES:
            faults.append(
                Fault(f"calendar.hours[{place}]", "spans must follow each other within one day: 08:30-12:00")
            )
        last = end
    both = sorted(set(calendar.closed) & set(calendar.worked))
    if both:
        faults.append(Fault("calendar.worked", f"{both[0]} is closed and worked: leave one of them out"))
    for name, days in (("closed", calendar.closed), ("worked", calendar.worked)):
        if len(days) > DAYS_MAX:
            faults.append(Fault(f"calendar.{name}", f"at most {DAYS_MAX} days: take those of the past away"))
    if not 0.1 <= time.warn_at <= 1.0:
        faults.append(Fault("calendar.warn_at", f"warn_at {time.warn_at} is not between 0.1 and 1"))
    return faults


def _faults(one: Matter, categories: set[str], platforms: set[str]) -> Iterator[tuple[str, str]]:
    if CODE.fullmatch(one.code) is None:
        yield "code", f"code {one.code[:40]!r}: write {_form(CODE)}"
    elif one.category not in categories:
        yield "code", f"category {one.category} of {one.code} is not known: add it to the categories"
    if not _is_name(one.name):
        yield "name", _NAME
    if one.platform and one.platform not in platforms:
        known = ", ".join(sorted(platforms)) or "none that is known"
        yield "platform", f"platform {one.platform[:40]!r} is not known: use one of {known}"
    if len(set(one.kinds)) < len(one.kinds):
        yield "kinds", "a kind stands twice: keep one of them"
    for stage, limit in one.limits.items():
        most = AMOUNT_MAX[limit.unit]
        if not 1 <= limit.amount <= most:
            yield f"limits.{stage}", f"{limit.amount} {limit.unit}: write 1 to {most}"


def _holders(kinds: Mapping[str, tuple[Kind, ...]]) -> dict[Kind, set[str]]:
    found: dict[Kind, set[str]] = {}
    for code, held in kinds.items():
        for kind in held:
            found.setdefault(kind, set()).add(code)
    return found


def _form(form: re.Pattern[str]) -> str:
    words = {
        CODE: "4, 6 or 8 digits, the category first: 0101",
        CATEGORY_CODE: '2 digits in quotes: "01"',
        PLATFORM_CODE: "a word of small letters, digits and _",
    }
    return words[form]


_NAME: Final = f"a name has 1 to {NAME_CHARACTERS_MAX} printable characters"


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= NAME_CHARACTERS_MAX and name.isprintable()


def _code(one: Matter) -> str:
    return one.code


def _length(one: Matter) -> int:
    return len(one.code)
