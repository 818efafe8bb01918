"""What a response policy says: plain values, every rule of response as data.

An incident pins one immutable version. `alerts.policy` reads and names versions; `alerts.incident`
is the only place that acts on them, and only on what `of` gives for the case at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import timedelta
from typing import Any, Final

from tocsin.alerts.policy_rules import Case, Rule, changed
from tocsin.core.detections import Kind
from tocsin.core.grids import Tier
from tocsin.core.incidents import Basis, Grade, Mode
from tocsin.core.responders import Channel
from tocsin.core.working_time import Limit

GRADES: tuple[Grade, ...] = (Grade.I, Grade.II, Grade.III, Grade.IV)
"""Worst first."""
_REAL: Final = frozenset({"late", "punctual", "proofs"})
"""What no speed changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Soft:
    """Timers that only call further; they never give a verdict."""

    seen: timedelta
    """Not seen after this: the person's next channel."""
    accepted: timedelta
    """Not accepted after this: the tier's next person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """What happens while nobody confirms."""

    supervisor: timedelta
    system: timedelta
    again: timedelta
    system_confirms: frozenset[Grade]


@dataclass(frozen=True, slots=True, kw_only=True)
class Automatic:
    """What is confirmed without a person."""

    alone: frozenset[Kind]
    certified: frozenset[Kind]
    agreeing: frozenset[Kind]
    sources: int
    """Distinct devices that must agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Kinds that are signs of one happening when near in time and place."""

    kinds: frozenset[Kind]
    within: timedelta
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """How long each notice is worth sending; a call expires with its clock."""

    recall: timedelta
    look: timedelta
    unanswered: timedelta
    missed: timedelta
    siren: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Age from which a detection never pages by itself."""

    bound: timedelta
    call: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long a condition must stand before it is an alarm, and be gone before it is none (ISA-18.2)."""

    on: timedelta = timedelta()
    off: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatter:
    """An alarm raised `count` times `within` a span chatters: it then stays raised until it was quiet for `hold`."""

    count: int = 3
    within: timedelta = timedelta(minutes=1)
    hold: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A root whose alarm explains others of the same collector: they are suppressed while it stands."""

    roots: frozenset[Kind]
    explains: frozenset[Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRules:
    """How alarms behave before anybody answers them."""

    delays: dict[Kind, Delays] = field(default_factory=dict)
    """Kinds without an entry have none."""
    chatter: Chatter = Chatter()
    stale: timedelta = timedelta(hours=24)
    """An alarm raised for longer is stale: it tells an operator nothing any more."""
    shelve_max: timedelta = timedelta(hours=24)
    """Longest time for which one person may shelve an alarm."""
    causes: tuple[Cause, ...] = ()

    def delays_of(self, kind: Kind) -> Delays:
        """Give the delays of a kind."""
        return self.delays.get(kind) or Delays()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """Within what bounds a proof of arrival holds."""

    position_age: timedelta = timedelta(seconds=90)
    """An older position proves nothing."""
    photo: timedelta = timedelta(minutes=5)
    """How long a challenge code is good."""
    camera: timedelta = timedelta(minutes=5)
    """How far apart a sighting and the word of somebody may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """When something that waits on somebody is said again."""

    handled: timedelta = timedelta(minutes=10)
    """From *done* until supervisors are told that nobody has closed it."""
    again: timedelta = timedelta(minutes=30)
    most: int = 4
    grade: timedelta | None = None
    """From confirmation until supervisors are told that nobody answers for the grade; None never tells."""
    evaluate: timedelta | None = None
    """From closing until supervisors are told that nobody has evaluated it, and again as often."""
    received: timedelta = timedelta(minutes=10)
    """From a report until supervisors are told that nobody has taken it up."""
    extension: timedelta = timedelta(hours=24)
    """How often it is said that somebody asked for more time and has no answer."""
    overdue: timedelta = timedelta(hours=24)
    """How often a limit that has passed is said again."""
    idle: timedelta = timedelta(hours=72)
    """How often a stage without a limit is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsUp:
    """When the level above must have been told, by grade; a grade without an entry need not be reported."""

    initial: dict[Grade, timedelta] = field(default_factory=dict)
    """From confirmation (初报)."""
    follow_up: dict[Grade, timedelta] = field(default_factory=dict)
    """From the last report, while it is open (续报)."""
    final: dict[Grade, Limit] = field(default_factory=dict)
    """From closing (终报)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One item of a plan's checklist."""

    id: str
    zh: str
    en: str
    tier: Tier | None = None
    """Whose it is; None is everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done about a kind of incident (预案), as a checklist that people tick."""

    id: str
    zh: str
    en: str
    kinds: frozenset[Kind]
    steps: tuple[Step, ...]
    grades: frozenset[Grade] = frozenset(GRADES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsePolicy:
    """One version of all rules of response."""

    name: str
    windows: dict[Tier, timedelta]
    modes: dict[Grade, Mode]
    stand_by_at: float
    soft: Soft
    call_together: dict[Tier, int]
    channels: dict[Tier, tuple[Channel, ...]]
    unanswered: Unanswered
    automatic: Automatic
    grades: dict[Kind, tuple[tuple[Grade, float], ...]]
    """Severity from which a grade holds, worst grade first."""
    opens: frozenset[Kind]
    stops: dict[Tier, frozenset[Basis]]
    radius_m: float
    accuracy_m: float
    late: Late
    claim_before: timedelta
    rearm: timedelta
    punctual: timedelta
    """A deadline that is handled later than this after its instant was delayed by us."""
    families: tuple[Family, ...]
    correlation: Family
    """For kinds in no family; its `kinds` are empty."""
    notices: Expiry
    siren: frozenset[Grade]
    alarms: AlarmRules = AlarmRules()
    proofs: Proofs = Proofs()
    reminders: Reminders = Reminders()
    reports_up: ReportsUp = ReportsUp()
    plans: tuple[Plan, ...] = ()
    """The first that is for a kind and grade is the case's."""
    rules: tuple[Rule, ...] = ()
    """What is different in some cases; empty in what `of` gives."""
    _resolved: dict[tuple[int, ...], ResponsePolicy] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """What `of` gave, by the places of the rules that hold."""

    def of(self, case: Case) -> ResponsePolicy:
        """Give the plain values that hold for a case: without rules, these."""
        if not self.rules:
            return self
        holding = tuple(place for place, rule in enumerate(self.rules) if rule.when.holds(case))
        found = self._resolved.get(holding)
        if found is None:
            found = replace(self, rules=())
            for place in holding:
                found = changed(found, self.rules[place].then)
            self._resolved[holding] = found
        return found

    def grade(self, kind: Kind, severity: float) -> Grade:
        """Propose a grade; a person confirms it."""
        steps = self.grades.get(kind) or self.grades.get(Kind.OTHER) or ()
        for grade, least in steps:
            if severity >= least:
                return grade
        return Grade.IV

    def family(self, kind: Kind) -> Family:
        """Give the kinds that correlate with one, always including itself."""
        for family in self.families:
            if kind in family.kinds:
                return family
        return replace(self.correlation, kinds=frozenset({kind}))

    def late_bound(self, kind: Kind) -> timedelta:
        """Give the age from which a detection of a kind is late."""
        return self.late.call if kind is Kind.CALL else self.late.bound


def worse(one: Grade, other: Grade) -> bool:
    """Say whether `one` is a worse grade than `other`."""
    return GRADES.index(one) < GRADES.index(other)


def scaled(policy: ResponsePolicy, factor: float) -> ResponsePolicy:
    """Divide the durations of a policy by a factor, and nothing else; for demonstrations.

    `late`, `punctual` and `proofs` stay: they measure the link, the machine and the phone, which do not get faster. Raises `ValueError` unless the factor is above 0.
    """
    if not factor > 0:
        raise ValueError(f"a policy cannot run at {factor} times its speed: use a factor above 0")
    result: ResponsePolicy = _scale(policy, factor)
    rules = tuple(
        replace(fast, then={**fast.then, **{name: rule.then[name] for name in _REAL & set(rule.then)}})
        for fast, rule in zip(result.rules, policy.rules, strict=True)
    )
    return replace(result, rules=rules, **{name: getattr(policy, name) for name in _REAL})


def _scale(value: Any, factor: float) -> Any:
    match value:
        case timedelta():
            return value / factor
        case dict():
            return {key: _scale(inner, factor) for key, inner in value.items()}
        case tuple():
            return tuple(_scale(inner, factor) for inner in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(
                value, **{f.name: _scale(getattr(value, f.name), factor) for f in fields(value) if f.init}
            )
        case _:
            return value
